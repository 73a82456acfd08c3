//! Regions as Linux' system calls take them.

use super::Regions;
use longshore_types::Region;
use std::io::{IoSlice, IoSliceMut};
use std::slice::{from_raw_parts, from_raw_parts_mut};

// A region is an iovec, and so is an `IoSlice`, by the documentation of both.
const _: () = {
    assert!(
        size_of::<Region>() == size_of::<libc::iovec>() && align_of::<Region>() == align_of::<libc::iovec>()
    );
    assert!(
        size_of::<Region>() == size_of::<IoSlice<'_>>() && align_of::<Region>() == align_of::<IoSlice<'_>>()
    );
};

/// What one call can take of a list of regions, as rustix takes it.
///
/// What an `IoSlice` says of the memory is for the caller to know: the payload's author promised it (`unsafe impl
/// Payload`), or the kernel, to which alone the list is passed, refuses an address that is none.
pub(crate) trait IoSlices {
    /// For what a call reads.
    fn as_io_slices(&self) -> &[IoSlice<'_>];

    /// For what a call writes.
    fn as_io_slices_mut(&mut self) -> &mut [IoSliceMut<'_>];
}

impl IoSlices for Regions {
    #[inline]
    fn as_io_slices(&self) -> &[IoSlice<'_>] {
        let regions = self.per_call();
        // SAFETY: the same layout and the same count; see above.
        unsafe { from_raw_parts(regions.as_ptr().cast(), regions.len()) }
    }

    #[inline]
    fn as_io_slices_mut(&mut self) -> &mut [IoSliceMut<'_>] {
        let regions = self.per_call_mut();
        // SAFETY: the same layout and the same count; see above.
        unsafe { from_raw_parts_mut(regions.as_mut_ptr().cast(), regions.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_iovecs_and_io_slices() {
        let mut memory = *b"harbour";
        let start = memory.as_mut_ptr();
        let mut regions = Regions::new();
        regions.push(start, 3);
        regions.push(start.wrapping_add(3), 4);
        // SAFETY: a region is an iovec; that is the promise.
        let second = unsafe { *regions.per_call().as_ptr().cast::<libc::iovec>().add(1) };
        assert_eq!((second.iov_base, second.iov_len), (start.wrapping_add(3).cast(), 4));
        let slices = regions.as_io_slices();
        assert_eq!((&*slices[0], &*slices[1]), (&b"har"[..], &b"bour"[..]));
        assert_eq!(&*regions.as_io_slices_mut()[1], b"bour");
    }
}
