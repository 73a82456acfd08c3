//! Whether a program's buffer is there, asked before an operation starts (F11).
//!
//! Windows checks the whole buffer inside the call and refuses it if a part is bad. Here only the first and
//! the last page are touched (`abi/fault/copy.rs`). That finds NULL, freed memory and lengths that run past
//! the end, and costs two loads. The kernel finds the rest later (a hole in the middle, memory that must not
//! be written); the operation ends with the same error then.

use crate::abi::argument::{Argument, InBuffer};
use std::ffi::c_void;

/// Whether the first and the last page of a buffer are there. An empty buffer always
/// is, even at NULL (F9, F10).
pub(crate) fn is_plausible(start: *const c_void, length: usize) -> bool {
    // SAFETY: the type promises nothing; the bytes are only touched.
    unsafe { InBuffer::from_c(start) }.probe(length).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_at_both_ends_are_looked_at() {
        // SAFETY: a fresh mapping, whose second page is taken away.
        let pages = unsafe {
            let read_write = libc::PROT_READ | libc::PROT_WRITE;
            let anonymous = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let pages = libc::mmap(std::ptr::null_mut(), 2 * 4096, read_write, anonymous, -1, 0);
            assert_ne!(pages, libc::MAP_FAILED);
            libc::mprotect(pages.byte_add(4096), 4096, libc::PROT_NONE);
            pages
        };
        assert!(is_plausible(pages, 4096));
        assert!(!is_plausible(pages, 4097), "one byte too many");
        assert!(!is_plausible(pages.wrapping_byte_add(4096), 1));
        assert!(!is_plausible(std::ptr::null(), 1) && is_plausible(std::ptr::null(), 0));
        assert!(!is_plausible(usize::MAX as *const c_void, 2), "past the end of all addresses");
        // SAFETY: mapped above.
        unsafe { libc::munmap(pages, 2 * 4096) };
    }
}
