//! The memory of one attempt: a short list of `(address, length)` pairs in the shape the kernel takes.

use smallvec::SmallVec;
use std::io::{IoSlice, IoSliceMut};

/// Memory an operation reads from or writes to, in order. Empty regions are allowed and skipped.
pub struct Regions {
    list: SmallVec<[libc::iovec; 4]>,
}

impl Regions {
    /// The kernel's limit on regions in one call (`IOV_MAX`); longer lists are worked off in parts.
    pub const PER_CALL_MAX: usize = 1024;

    pub(crate) fn new() -> Self {
        Regions { list: SmallVec::new() }
    }

    /// Adds a region. The promise that it is valid is the caller's `unsafe impl Payload`.
    #[inline]
    pub fn push(&mut self, address: *mut u8, length: usize) {
        if length > 0 {
            self.list.push(libc::iovec { iov_base: address.cast(), iov_len: length });
        }
    }

    /// Total length in bytes.
    pub fn len(&self) -> usize {
        self.list.iter().map(|region| region.iov_len).sum()
    }

    /// Length in bytes of what one system call can take.
    pub(crate) fn len_per_call(&self) -> usize {
        self.as_iovecs().iter().map(|region| region.iov_len).sum()
    }

    /// No bytes at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Drops the first `bytes` bytes: they have been transferred.
    #[inline]
    pub(crate) fn advance(&mut self, bytes: usize) {
        if bytes > 0 {
            self.drop_front(bytes);
        }
    }

    fn drop_front(&mut self, mut bytes: usize) {
        let mut whole = 0;
        for region in &mut self.list {
            if bytes < region.iov_len {
                region.iov_base = region.iov_base.cast::<u8>().wrapping_add(bytes).cast();
                region.iov_len -= bytes;
                break;
            }
            bytes -= region.iov_len;
            whole += 1;
        }
        self.list.drain(..whole);
    }

    /// Keeps only the first `bytes` bytes.
    pub(crate) fn truncate(&mut self, mut bytes: usize) {
        let mut keep = 0;
        for region in &mut self.list {
            if bytes == 0 {
                break;
            }
            region.iov_len = region.iov_len.min(bytes);
            bytes -= region.iov_len;
            keep += 1;
        }
        self.list.truncate(keep);
    }

    /// What one system call can take.
    pub(crate) fn as_iovecs(&self) -> &[libc::iovec] {
        &self.list[..self.list.len().min(Self::PER_CALL_MAX)]
    }

    /// The same, as rustix takes what a call reads. `IoSlice` is an iovec by its documentation. What it says
    /// of the memory is for the caller to know: the payload's author promised it (`unsafe impl Payload`), or
    /// the kernel, to which alone the list is passed, refuses an address that is none.
    pub(crate) fn as_io_slices(&self) -> &[IoSlice<'_>] {
        let iovecs = self.as_iovecs();
        // SAFETY: the same layout and the same count; see above.
        unsafe { std::slice::from_raw_parts(iovecs.as_ptr().cast(), iovecs.len()) }
    }

    /// As [`Regions::as_io_slices`], for what a call writes.
    pub(crate) fn as_io_slices_mut(&mut self) -> &mut [IoSliceMut<'_>] {
        let iovecs = self.as_iovecs_mut();
        // SAFETY: the same layout and the same count; see `as_io_slices`.
        unsafe { std::slice::from_raw_parts_mut(iovecs.as_mut_ptr().cast(), iovecs.len()) }
    }

    pub(crate) fn as_iovecs_mut(&mut self) -> &mut [libc::iovec] {
        let end = self.list.len().min(Self::PER_CALL_MAX);
        &mut self.list[..end]
    }

    /// The only region, when there is exactly one: most operations, and a cheaper system call.
    pub(crate) fn single(&self) -> Option<libc::iovec> {
        match self.list.as_slice() {
            [region] => Some(*region),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(regions: &Regions) -> Vec<usize> {
        regions.list.iter().map(|region| region.iov_len).collect()
    }

    #[test]
    fn advance_splits_a_region_and_drops_the_ones_before_it() {
        let mut memory = [0u8; 10];
        let mut regions = Regions::new();
        regions.push(memory.as_mut_ptr(), 4);
        regions.push(memory.as_mut_ptr(), 0);
        regions.push(memory.as_mut_ptr().wrapping_add(4), 6);
        assert_eq!(lengths(&regions), [4, 6]);
        regions.advance(4);
        assert_eq!(lengths(&regions), [6]);
        regions.advance(2);
        assert_eq!(regions.single().unwrap().iov_base as usize, memory.as_ptr() as usize + 6);
        regions.advance(4);
        assert!(regions.is_empty());
        assert_eq!(regions.len(), 0);
    }
}
