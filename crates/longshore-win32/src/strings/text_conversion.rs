//! `MultiByteToWideChar` and `WideCharToMultiByte`.
//!
//! A wide character is four bytes and holds any character; counts are counts of those. Text that was written for
//! UTF-16 may hold surrogates: a pair of them is taken for the character it stands for, one alone is none.

use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::text::WCHAR;
use crate::strings::code_page::CodePage;
use libc::c_char;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_FLAGS, ERROR_INVALID_PARAMETER, ERROR_NO_UNICODE_TRANSLATION,
};
use windows_sys::Win32::Globalization::{
    CP_UTF8, MB_COMPOSITE, MB_ERR_INVALID_CHARS, MB_PRECOMPOSED, MB_USEGLYPHCHARS, WC_COMPOSITECHECK,
    WC_DEFAULTCHAR, WC_DISCARDNS, WC_ERR_INVALID_CHARS, WC_NO_BEST_FIT_CHARS, WC_SEPCHARS,
};

const INVALID: Win32Error = Win32Error(ERROR_INVALID_PARAMETER);

/// The units of an argument: -1 stands for a string that ends with a NUL, which then counts.
unsafe fn source<'a, C: crate::abi::character::Character>(
    string: *const C,
    length: i32,
) -> Result<&'a [C], Win32Error> {
    if string.is_null() || length == 0 || length < -1 {
        return Err(INVALID);
    }
    let length = match usize::try_from(length) {
        Ok(length) => length,
        // SAFETY: the caller's promise.
        Err(_) => unsafe { crate::abi::character::units(string) }.len() + 1,
    };
    // SAFETY: the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(string, length) })
}

/// Writes a result, or counts it if no room is given.
unsafe fn deliver<C: Copy>(result: &[C], target: *mut C, room: i32) -> Result<i32, Win32Error> {
    let length = i32::try_from(result.len()).map_err(|_| INVALID)?;
    if room == 0 {
        return Ok(length);
    }
    let written = result.len().min(room as usize);
    // SAFETY: the caller's promise: room for `room` units; checked not to be NULL.
    unsafe { target.copy_from_nonoverlapping(result.as_ptr(), written) };
    if length > room { Err(Win32Error(ERROR_INSUFFICIENT_BUFFER)) } else { Ok(length) }
}

fn length_or_error(result: Result<i32, Win32Error>) -> i32 {
    result.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        0
    })
}

unsafe fn to_wide(
    number: u32,
    flags: u32,
    bytes: *const c_char,
    length: i32,
    target: *mut WCHAR,
    room: i32,
) -> Result<i32, Win32Error> {
    if room < 0 || (room > 0 && target.is_null()) || bytes.cast::<WCHAR>() == target {
        return Err(INVALID);
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { source(bytes, length) }?;
    let code_page = CodePage::of(number).ok_or(INVALID)?;
    let known = match number {
        // Composition is a matter of legacy code pages. CP_ACP is one on most Windows machines, so programs that
        // ask for it there are not refused here.
        CP_UTF8 | 54936 => MB_ERR_INVALID_CHARS,
        _ => MB_ERR_INVALID_CHARS | MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS,
    };
    if flags & !known != 0 {
        return Err(Win32Error(ERROR_INVALID_FLAGS));
    }
    // SAFETY: a slice of the same length in bytes.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast::<u8>(), bytes.len()) };
    let (text, valid) = code_page.decode(bytes);
    if !valid && flags & MB_ERR_INVALID_CHARS != 0 {
        return Err(Win32Error(ERROR_NO_UNICODE_TRANSLATION));
    }
    let wide: Vec<WCHAR> = text.chars().map(|character| character as WCHAR).collect();
    // SAFETY: the caller's promise.
    unsafe { deliver(&wide, target, room) }
}

/// The characters of wide text; `None` for what is no character.
fn characters(wide: &[WCHAR]) -> Vec<Option<char>> {
    let mut characters = Vec::with_capacity(wide.len());
    let mut rest = wide;
    while let Some((&unit, tail)) = rest.split_first() {
        rest = tail;
        let (unit, next) = (unit as u32, rest.first().map_or(0, |&next| next as u32));
        if (0xD800..0xDC00).contains(&unit) && (0xDC00..0xE000).contains(&next) {
            characters.push(char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (next - 0xDC00)));
            rest = &rest[1..];
        } else {
            characters.push(char::from_u32(unit));
        }
    }
    characters
}

struct Replacement {
    bytes: Vec<u8>,
    used: *mut i32,
}

unsafe fn to_bytes(
    number: u32,
    flags: u32,
    wide: &[WCHAR],
    default: &Replacement,
) -> Result<Vec<u8>, Win32Error> {
    let code_page = CodePage::of(number).ok_or(INVALID)?;
    let known = match number {
        CP_UTF8 | 54936 => WC_ERR_INVALID_CHARS,
        _ => {
            WC_ERR_INVALID_CHARS
                | WC_NO_BEST_FIT_CHARS
                | WC_COMPOSITECHECK
                | WC_DISCARDNS
                | WC_SEPCHARS
                | WC_DEFAULTCHAR
        }
    };
    if flags & !known != 0 {
        return Err(Win32Error(ERROR_INVALID_FLAGS));
    }
    let mut bytes = Vec::with_capacity(wide.len());
    let mut default_used = false;
    for character in characters(wide) {
        if character.is_none() && flags & WC_ERR_INVALID_CHARS != 0 {
            return Err(Win32Error(ERROR_NO_UNICODE_TRANSLATION));
        }
        let replaced = match code_page {
            CodePage::Utf8 => character.or(Some(char::REPLACEMENT_CHARACTER)),
            _ => character,
        };
        if !replaced.is_some_and(|character| code_page.encode(character, &mut bytes)) {
            bytes.extend_from_slice(&default.bytes);
            default_used = true;
        }
    }
    if !default.used.is_null() {
        // SAFETY: the caller's promise: a writable BOOL.
        unsafe { default.used.write(i32::from(default_used)) };
    }
    Ok(bytes)
}

/// Converts narrow text to wide; returns the count of wide characters, or with no room the count it takes.
///
/// Source: Windows documentation, `MultiByteToWideChar`.
#[export]
pub unsafe fn MultiByteToWideChar(
    code_page: u32,
    flags: u32,
    bytes: *const c_char,
    length: i32,
    target: *mut WCHAR,
    room: i32,
) -> i32 {
    // SAFETY: the caller's promise.
    length_or_error(unsafe { to_wide(code_page, flags, bytes, length, target, room) })
}

/// Converts wide text to narrow; returns the count of bytes, or with no room the count it takes. A character the
/// code page does not have becomes the default one; there is no best fit.
///
/// Source: Windows documentation, `WideCharToMultiByte`.
#[export]
pub unsafe fn WideCharToMultiByte(
    code_page: u32,
    flags: u32,
    wide: *const WCHAR,
    length: i32,
    target: *mut c_char,
    room: i32,
    default: *const c_char,
    default_used: *mut i32,
) -> i32 {
    let convert = || {
        if room < 0 || (room > 0 && target.is_null()) || wide.cast::<c_char>() == target.cast_const() {
            return Err(INVALID);
        }
        if code_page == CP_UTF8 && !(default.is_null() && default_used.is_null()) {
            return Err(INVALID);
        }
        // SAFETY: the caller's promise.
        let wide = unsafe { source(wide, length) }?;
        // SAFETY: the caller's promise: one byte.
        let byte = if default.is_null() { b'?' } else { unsafe { *default as u8 } };
        let default = Replacement { bytes: vec![byte], used: default_used };
        // SAFETY: the caller's promise.
        let bytes = unsafe { to_bytes(code_page, flags, wide, &default) }?;
        // SAFETY: the caller's promise.
        unsafe { deliver(&bytes, target.cast::<u8>(), room) }
    };
    length_or_error(convert())
}
