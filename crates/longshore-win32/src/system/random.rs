//! Random numbers, all from the kernel's generator.

use crate::abi::last_error::{SetLastError, to_bool};
use crate::abi::out::put;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, NTE_BAD_UID, STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
};

/// Fills a buffer with random bytes.
pub(crate) fn fill(buffer: &mut [u8]) {
    let mut rest = buffer;
    while !rest.is_empty() {
        // SAFETY: a live buffer. The call fails only when a signal interrupts it; without the call (it came
        // with Linux 3.17) nothing here runs.
        let length = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        let filled = usize::try_from(length).unwrap_or(0);
        rest = &mut std::mem::take(&mut rest)[filled..];
    }
}

unsafe fn fill_raw(buffer: *mut c_void, length: usize) -> bool {
    if buffer.is_null() {
        return length == 0;
    }
    // SAFETY: the caller's promise: that many writable bytes.
    fill(unsafe { std::slice::from_raw_parts_mut(buffer.cast(), length) });
    true
}

/// Fills a buffer with random bytes: `RtlGenRandom`, by the name it is exported with.
#[export]
pub unsafe fn SystemFunction036(buffer: *mut c_void, length: u32) -> u8 {
    // SAFETY: the caller's promise.
    u8::from(unsafe { fill_raw(buffer, length as usize) })
}

/// Fills a buffer with random bytes, whatever algorithm is asked for; returns an `NTSTATUS`.
#[export]
pub unsafe fn BCryptGenRandom(_algorithm: *mut c_void, buffer: *mut u8, length: u32, _flags: u32) -> i32 {
    // SAFETY: the caller's promise.
    if unsafe { fill_raw(buffer.cast(), length as usize) } {
        STATUS_SUCCESS
    } else {
        STATUS_INVALID_PARAMETER
    }
}

/// The handle of the only provider there is.
const PROVIDER: usize = 1;

/// Opens a provider of cryptography, of which only random numbers work. The strings are not looked at.
#[export]
pub unsafe fn CryptAcquireContextW(
    provider: *mut usize,
    _container: *const c_void,
    _name: *const c_void,
    _kind: u32,
    _flags: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { put(provider, PROVIDER) })
}

/// Opens a provider of cryptography: [`CryptAcquireContextW`].
#[export]
pub unsafe fn CryptAcquireContextA(
    provider: *mut usize,
    container: *const c_void,
    name: *const c_void,
    kind: u32,
    flags: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { CryptAcquireContextW(provider, container, name, kind, flags) }
}

/// Fills a buffer with random bytes.
#[export]
pub unsafe fn CryptGenRandom(provider: usize, length: u32, buffer: *mut u8) -> i32 {
    // SAFETY: the caller's promise.
    if provider == PROVIDER && unsafe { fill_raw(buffer.cast(), length as usize) } {
        return 1;
    }
    SetLastError(ERROR_INVALID_PARAMETER);
    0
}

/// Closes a provider.
#[export]
pub fn CryptReleaseContext(provider: usize, _flags: u32) -> i32 {
    if provider == PROVIDER {
        return 1;
    }
    SetLastError(NTE_BAD_UID as u32);
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_fill_the_whole_buffer_and_differ() {
        let (mut first, mut second) = ([0u8; 1000], [0u8; 1000]);
        // SAFETY: buffers of that size.
        unsafe {
            assert_eq!(SystemFunction036(first.as_mut_ptr().cast(), 1000), 1);
            assert_eq!(BCryptGenRandom(std::ptr::null_mut(), second.as_mut_ptr(), 1000, 2), 0);
            assert_eq!(SystemFunction036(std::ptr::null_mut(), 4), 0);
        }
        assert_ne!(first, second);
        assert!(first[900..].iter().any(|&byte| byte != 0));
    }
}
