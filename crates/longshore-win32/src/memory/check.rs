//! `IsBadReadPtr` and its relatives, and copying memory that may not be there.
//!
//! None of them touches the memory in question itself: the kernel is asked, which answers instead of faulting. As on
//! Windows the answer may be out of date when it arrives.

use crate::abi::character::Character;
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::out::put;
use crate::abi::text::WCHAR;
use crate::memory::map::covered;
use crate::object::handles::{HANDLE, INVALID_HANDLE_VALUE};
use libc::c_char;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_NOACCESS, ERROR_PARTIAL_COPY};

/// Whether a range cannot be read.
#[export]
pub fn IsBadReadPtr(address: *const c_void, size: usize) -> i32 {
    i32::from(size != 0 && !covered(address as usize, size, |mapping| mapping.read))
}

/// Whether a range cannot be written.
#[export]
pub fn IsBadWritePtr(address: *mut c_void, size: usize) -> i32 {
    i32::from(size != 0 && !covered(address as usize, size, |mapping| mapping.write))
}

/// Whether an address cannot be executed.
#[export]
pub fn IsBadCodePtr(address: *const c_void) -> i32 {
    i32::from(!covered(address as usize, 1, |mapping| mapping.execute))
}

/// Whether a string cannot be read up to its NUL or `length_max`.
fn bad_string<C: Character>(string: *const C, length_max: usize) -> i32 {
    const CHUNK: usize = 256;
    let mut chunk = [C::default(); CHUNK];
    let mut length = 0;
    while length < length_max {
        let address = string.wrapping_add(length);
        // Up to the end of the page only, so that one page that is missing does not hide the one before it.
        let to_page_end = (4096 - address as usize % 4096).div_ceil(size_of::<C>());
        let count = CHUNK.min(length_max - length).min(to_page_end);
        let bytes = count * size_of::<C>();
        if copy(address as usize, chunk.as_mut_ptr() as usize, bytes, Direction::Read) != bytes {
            return 1;
        }
        if chunk[..count].contains(&C::default()) {
            return 0;
        }
        length += count;
    }
    0
}

/// Whether a string cannot be read.
#[export]
pub fn IsBadStringPtrA(string: *const c_char, length_max: usize) -> i32 {
    bad_string(string, length_max)
}

/// Whether a wide string cannot be read.
#[export]
pub fn IsBadStringPtrW(string: *const WCHAR, length_max: usize) -> i32 {
    bad_string(string, length_max)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Read,
    Write,
}

/// Copies between doubtful memory and the caller's; returns how many bytes arrived.
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

unsafe fn process_memory(
    process: HANDLE,
    doubtful: usize,
    own: usize,
    size: usize,
    copied: *mut usize,
    direction: Direction,
) -> i32 {
    if process != INVALID_HANDLE_VALUE {
        SetLastError(ERROR_INVALID_HANDLE);
        return 0;
    }
    let count = copy(doubtful, own, size, direction);
    if !copied.is_null() {
        // SAFETY: the caller's promise.
        let _ = unsafe { put(copied, count) };
    }
    to_bool(match (count == size, direction) {
        (true, _) => Ok(()),
        (false, Direction::Read) => Err(Win32Error(ERROR_PARTIAL_COPY)),
        (false, Direction::Write) => Err(Win32Error(ERROR_NOACCESS)),
    })
}

/// Reads memory of a process, which must be the current one, without faulting.
#[export]
pub unsafe fn ReadProcessMemory(
    process: HANDLE,
    address: *const c_void,
    buffer: *mut c_void,
    size: usize,
    copied: *mut usize,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { process_memory(process, address as usize, buffer as usize, size, copied, Direction::Read) }
}

/// Writes memory of a process, which must be the current one, without faulting.
#[export]
pub unsafe fn WriteProcessMemory(
    process: HANDLE,
    address: *mut c_void,
    buffer: *const c_void,
    size: usize,
    copied: *mut usize,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { process_memory(process, address as usize, buffer as usize, size, copied, Direction::Write) }
}
