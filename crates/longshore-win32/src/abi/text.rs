//! Text at the boundary: UTF-8 bytes (`A` functions) and `wchar_t` (`W` functions).

use crate::abi::last_error::Win32Error;
use libc::wchar_t;
use std::ffi::CString;
use windows_sys::Win32::Foundation::ERROR_NO_UNICODE_TRANSLATION;

/// `WCHAR`: the compiler's own, four bytes.
pub type WCHAR = wchar_t;

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
