//! Whether a program's buffer is there, asked before an operation starts (F11).
//!
//! Windows looks at the whole buffer inside the call and refuses what is partly bad. Here the first and the last page
//! are looked at: that finds NULL, freed memory and lengths that run past the end, for the price of two short system
//! calls, a fifth of a cached read of one page. What they do not see (a hole in the middle, memory that may not be
//! written) the kernel finds later, and the operation ends with the same error then.
//!
//! The call that looks is `rt_sigprocmask` with an operation that does not exist: it reads the eight bytes of its
//! set before anything else, so that it tells `EFAULT` from `EINVAL` and changes nothing.

use longshore_engine::Errno;
use std::ffi::c_void;

/// How much the system call reads; aligned to it, it never touches a second page.
const SET_BYTES: usize = 8;
/// No architecture has smaller pages.
const PAGE_BYTES_MIN: usize = 4096;

fn is_there(address: usize) -> bool {
    if address < PAGE_BYTES_MIN {
        return false; // NULL would mean "no set", and nothing is ever mapped there.
    }
    let set = (address & !(SET_BYTES - 1)) as *const c_void;
    let nothing = std::ptr::null_mut::<c_void>();
    // SAFETY: the kernel checks the address; no signal mask is changed, for the operation does not exist.
    let result = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, i32::MAX, set, nothing, SET_BYTES) };
    result == 0 || Errno::last().0 != libc::EFAULT
}

/// Whether the first and the last page of a buffer are there. An empty buffer always is, even at NULL (F9, F10).
pub(crate) fn is_plausible(start: *const c_void, length: usize) -> bool {
    let Some(last) = length.checked_sub(1) else {
        return true;
    };
    let start = start as usize;
    let Some(end) = start.checked_add(last) else {
        return false;
    };
    is_there(start) && (start / PAGE_BYTES_MIN == end / PAGE_BYTES_MIN || is_there(end))
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
