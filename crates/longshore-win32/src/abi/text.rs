//! Strings at the boundary: UTF-8 bytes (`A` functions) and `wchar_t` (`W` functions), both ended by NUL.

use crate::abi::last_error::Win32Error;
use libc::{c_char, wchar_t};
use std::ffi::{CStr, CString};
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_NO_UNICODE_TRANSLATION};

/// `WCHAR`: the compiler's own, four bytes.
pub type WCHAR = wchar_t;

/// The text of a narrow string.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL.
///
/// # Safety
/// `string` is NULL or points to a string ended by NUL.
pub(crate) unsafe fn narrow(string: *const c_char) -> Result<CString, Win32Error> {
    if string.is_null() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { CStr::from_ptr(string) }.to_owned())
}

/// The text of a wide string, in UTF-8.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL; `ERROR_NO_UNICODE_TRANSLATION` for what is not a character.
///
/// # Safety
/// `string` is NULL or points to a wide string ended by NUL.
pub(crate) unsafe fn wide(string: *const WCHAR) -> Result<CString, Win32Error> {
    if string.is_null() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    // SAFETY: the caller's promise: readable up to the NUL, which is where the length stops.
    let units = unsafe {
        std::slice::from_raw_parts(string, (0..).take_while(|&index| *string.add(index) != 0).count())
    };
    from_wide(units)
}

/// The text of wide characters, in UTF-8.
///
/// # Errors
/// `ERROR_NO_UNICODE_TRANSLATION` for what is not a character.
pub fn from_wide(units: &[WCHAR]) -> Result<CString, Win32Error> {
    let untranslatable = Win32Error(ERROR_NO_UNICODE_TRANSLATION);
    let mut text = String::with_capacity(units.len() + 1);
    for &unit in units {
        text.push(char::from_u32(unit as u32).ok_or(untranslatable)?);
    }
    CString::new(text).map_err(|_| untranslatable)
}

/// A text as wide characters, without a NUL. Bytes that are not UTF-8 become U+FFFD.
pub fn to_wide(text: &[u8]) -> Vec<WCHAR> {
    String::from_utf8_lossy(text).chars().map(|character| character as WCHAR).collect()
}
