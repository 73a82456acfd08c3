//! Results that go through a caller's pointer.

use crate::abi::last_error::Win32Error;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;

/// Writes a result where the caller wants it.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL.
///
/// # Safety
/// `place` is NULL or points to a writable `T`, aligned or not.
pub(crate) unsafe fn put<T>(place: *mut T, value: T) -> Result<(), Win32Error> {
    if place.is_null() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    // SAFETY: the caller's promise, and not NULL.
    unsafe { place.write_unaligned(value) };
    Ok(())
}

/// Reads what a caller's pointer points to.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL.
///
/// # Safety
/// `place` is NULL or points to a readable `T`, aligned or not.
pub(crate) unsafe fn take<T: Copy>(place: *const T) -> Result<T, Win32Error> {
    if place.is_null() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    // SAFETY: the caller's promise, and not NULL.
    Ok(unsafe { place.read_unaligned() })
}
