//! `IsBadReadPtr` and its relatives, and copying memory that may not be there.
//!
//! None of them touches the memory: the kernel is asked, which returns an error instead of a fault. As on
//! Windows the answer may be out of date when it arrives.

use crate::abi::argument::{InBuffer, Out, OutBuffer, WriteIfAsked};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::memory::map::covered;
use crate::object::handles::{HANDLE, INVALID_HANDLE_VALUE};
use libc::c_char;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_NOACCESS, ERROR_PARTIAL_COPY};

/// Whether a range cannot be read.
#[export]
pub fn IsBadReadPtr(address: *const c_void, size: usize) -> bool {
    size != 0 && !covered(address as usize, size, |mapping| mapping.read)
}

/// Whether a range cannot be written.
#[export]
pub fn IsBadWritePtr(address: *mut c_void, size: usize) -> bool {
    size != 0 && !covered(address as usize, size, |mapping| mapping.write)
}

/// Whether an address cannot be executed.
#[export]
pub fn IsBadCodePtr(address: *const c_void) -> bool {
    !covered(address as usize, 1, |mapping| mapping.execute)
}

/// Whether a string cannot be read up to its NUL or `length_max`.
fn bad_string<C: Character>(string: *const C, length_max: usize) -> bool {
    const CHUNK: usize = 256;
    let mut chunk = [C::default(); CHUNK];
    let mut length = 0;
    while length < length_max {
        let address = string.wrapping_add(length);
        // Only up to the end of the page, so that a missing page does not affect the one before it.
        let to_page_end = (4096 - address as usize % 4096).div_ceil(size_of::<C>());
        let count = CHUNK.min(length_max - length).min(to_page_end);
        let bytes = count * size_of::<C>();
        if copy(address as usize, chunk.as_mut_ptr() as usize, bytes, Direction::Read) != bytes {
            return true;
        }
        if chunk[..count].contains(&C::default()) {
            return false;
        }
        length += count;
    }
    false
}

/// Whether a string cannot be read.
#[export]
pub fn IsBadStringPtrA(string: *const c_char, length_max: usize) -> bool {
    bad_string(string, length_max)
}

/// Whether a wide string cannot be read.
#[export]
pub fn IsBadStringPtrW(string: *const WCHAR, length_max: usize) -> bool {
    bad_string(string, length_max)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Read,
    Write,
}

/// Copies between memory that may not be there and the caller's; returns how many bytes were copied.
fn copy(doubtful: usize, own: usize, size: usize, direction: Direction) -> usize {
    let doubtful = libc::iovec { iov_base: doubtful as *mut c_void, iov_len: size };
    let own = libc::iovec { iov_base: own as *mut c_void, iov_len: size };
    // SAFETY: the kernel checks both ranges.
    let copied = unsafe {
        let process = libc::getpid();
        match direction {
            Direction::Read => libc::process_vm_readv(process, &own, 1, &doubtful, 1, 0),
            Direction::Write => libc::process_vm_writev(process, &own, 1, &doubtful, 1, 0),
        }
    };
    if copied >= 0 {
        return copied as usize;
    }
    // A seccomp profile may refuse the call. Then the list of mappings decides, and the copy is made here.
    let refused = matches!(
        std::io::Error::last_os_error().raw_os_error(),
        Some(libc::ENOSYS | libc::EPERM | libc::EACCES)
    );
    let (from, to) = match direction {
        Direction::Read => (doubtful, own),
        Direction::Write => (own, doubtful),
    };
    let usable = covered(from.iov_base as usize, size, |mapping| mapping.read)
        && covered(to.iov_base as usize, size, |mapping| mapping.write);
    if !refused || !usable {
        return 0;
    }
    // SAFETY: both ranges are mapped for it.
    unsafe { std::ptr::copy(from.iov_base.cast::<u8>(), to.iov_base.cast::<u8>(), size) };
    size
}

fn process_memory(
    process: HANDLE,
    doubtful: usize,
    own: usize,
    size: usize,
    copied: Option<Out<usize>>,
    direction: Direction,
) -> Result<(), Win32Error> {
    if process != INVALID_HANDLE_VALUE {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    if let Some(copied) = copied {
        copied.probe()?; // Checked before anything is copied, because the program could not be told the count.
    }
    let count = copy(doubtful, own, size, direction);
    copied.write_if_asked(count)?;
    match (count == size, direction) {
        (true, _) => Ok(()),
        (false, Direction::Read) => Err(Win32Error(ERROR_PARTIAL_COPY)),
        (false, Direction::Write) => Err(Win32Error(ERROR_NOACCESS)),
    }
}

/// Reads memory of a process, which must be the current one, without faulting.
///
/// # Errors
/// `ERROR_PARTIAL_COPY` if not all of it could be read, or the buffer could not be
/// written; `ERROR_INVALID_HANDLE` for another process; `ERROR_NOACCESS`, copying nothing,
/// if the count cannot be written.
#[export]
pub unsafe fn ReadProcessMemory(
    process: HANDLE,
    address: *const c_void,
    buffer: OutBuffer,
    size: usize,
    copied: Option<Out<usize>>,
) -> Result<(), Win32Error> {
    let (address, buffer) = (address as usize, buffer.as_ptr() as usize);
    process_memory(process, address, buffer, size, copied, Direction::Read)
}

/// Writes memory of a process, which must be the current one, without faulting.
///
/// # Errors
/// `ERROR_NOACCESS` if not all of it could be written, or the buffer could not be read, and, copying nothing,
/// if the count cannot be written; `ERROR_INVALID_HANDLE` for another process.
#[export]
pub unsafe fn WriteProcessMemory(
    process: HANDLE,
    address: OutBuffer,
    buffer: InBuffer,
    size: usize,
    copied: Option<Out<usize>>,
) -> Result<(), Win32Error> {
    let (address, buffer) = (address.as_ptr() as usize, buffer.as_ptr() as usize);
    process_memory(process, address, buffer, size, copied, Direction::Write)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    #[test]
    fn a_copy_that_fails_says_how_much_arrived_and_one_that_could_not_say_it_is_not_made() {
        let (mut here, nowhere) = (*b"abc", 64 as *mut c_void);
        let (mut to, mut copied) = ([0_u8; 3], 7_usize);
        let (address, out) = ((&raw mut here).cast::<c_void>(), (&raw mut to).cast::<c_void>());
        // SAFETY: locals, and places where nothing is.
        unsafe {
            assert_eq!(ReadProcessMemory(INVALID_HANDLE_VALUE, nowhere, out, 3, &mut copied), 0);
            assert_eq!((GetLastError(), copied), (ERROR_PARTIAL_COPY, 0));
            assert_eq!(WriteProcessMemory(INVALID_HANDLE_VALUE, nowhere, address, 3, &mut copied), 0);
            assert_eq!(GetLastError(), ERROR_NOACCESS);
            assert_eq!(ReadProcessMemory(INVALID_HANDLE_VALUE, address, out, 3, nowhere.cast()), 0);
            assert_eq!((GetLastError(), to), (ERROR_NOACCESS, [0; 3]));
            assert_eq!(ReadProcessMemory(std::ptr::null_mut(), address, out, 3, &mut copied), 0);
            assert_eq!(GetLastError(), ERROR_INVALID_HANDLE);
            assert_eq!(ReadProcessMemory(INVALID_HANDLE_VALUE, address, out, 3, &mut copied), 1);
        }
        assert_eq!((to, copied), (*b"abc", 3));
    }
}
