//! `MultiByteToWideChar` and `WideCharToMultiByte`.
//!
//! A wide character is four bytes and holds any character; counts are counts of those. Text
//! that was written for UTF-16 may hold surrogates: a pair of them is taken for the character
//! it stands for, one alone is none.

use crate::abi::argument::{CStrArg, In, Out, OutBuffer, StrArg, WStrArg, WriteIfAsked};
use crate::abi::character::Character;
use crate::abi::fault::Fault;
use crate::abi::fault::copy::Unit;
use crate::abi::last_error::Win32Error;
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
fn source<C: Unit>(string: Option<StrArg<'_, C>>, length: i32) -> Result<&[C], Win32Error> {
    let string = string.filter(|_| length != 0 && length >= -1).ok_or(INVALID)?;
    let units = string.units(length)?;
    if length > 0 {
        return Ok(units);
    }
    Ok(string.units(i32::try_from(units.len() + 1).map_err(|_| INVALID)?)?)
}

/// Whether a place for the result is missing, or is the text itself.
fn misplaced<S, T>(source: Option<StrArg<S>>, target: *mut T, room: i32) -> bool {
    let source = source.map_or(std::ptr::null(), StrArg::as_ptr);
    room < 0 || (room > 0 && target.is_null()) || source.cast() == target.cast_const()
}

/// Writes a result of so many units, as many as there is room for, or counts it if no room is given.
fn deliver(
    length: usize,
    room: i32,
    write: impl FnOnce(usize) -> Result<(), Fault>,
) -> Result<i32, Win32Error> {
    let length = i32::try_from(length).map_err(|_| INVALID)?;
    if room == 0 {
        return Ok(length);
    }
    write(length.min(room) as usize)?;
    if length > room { Err(Win32Error(ERROR_INSUFFICIENT_BUFFER)) } else { Ok(length) }
}

fn to_wide(number: u32, flags: u32, bytes: &[u8]) -> Result<Vec<WCHAR>, Win32Error> {
    let code_page = CodePage::of(number).ok_or(INVALID)?;
    let known = match number {
        // Composition is a matter of legacy code pages. CP_ACP is one on most Windows machines, so programs
        // that ask for it there are not refused here.
        CP_UTF8 | 54936 => MB_ERR_INVALID_CHARS,
        _ => MB_ERR_INVALID_CHARS | MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS,
    };
    if flags & !known != 0 {
        return Err(Win32Error(ERROR_INVALID_FLAGS));
    }
    let (text, valid) = code_page.decode(bytes);
    if !valid && flags & MB_ERR_INVALID_CHARS != 0 {
        return Err(Win32Error(ERROR_NO_UNICODE_TRANSLATION));
    }
    Ok(text.chars().map(|character| character as WCHAR).collect())
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

/// The bytes of wide text, and whether the default byte took the place of a character.
fn to_bytes(number: u32, flags: u32, wide: &[WCHAR], default: u8) -> Result<(Vec<u8>, bool), Win32Error> {
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
            bytes.push(default);
            default_used = true;
        }
    }
    Ok((bytes, default_used))
}

/// Converts narrow text to wide; returns the count of wide characters, or with no room the count it takes.
///
/// # Errors
/// 0 with `ERROR_INSUFFICIENT_BUFFER`, what fits being written; `ERROR_INVALID_PARAMETER`,
/// `ERROR_INVALID_FLAGS`, `ERROR_NO_UNICODE_TRANSLATION`; `ERROR_NOACCESS` for a bad pointer.
///
/// Source: Windows documentation, `MultiByteToWideChar`.
#[export]
pub unsafe fn MultiByteToWideChar(
    code_page: u32,
    flags: u32,
    bytes: Option<CStrArg>,
    length: i32,
    target: Out<WCHAR>,
    room: i32,
) -> Result<i32, Win32Error> {
    if misplaced(bytes, target.as_ptr(), room) {
        return Err(INVALID);
    }
    let bytes = c_char::decode(source(bytes, length)?);
    let wide = to_wide(code_page, flags, &bytes)?;
    deliver(wide.len(), room, |count| target.write_all(&wide[..count]))
}

/// Converts wide text to narrow; returns the count of bytes, or with no room the count it takes. A character
/// the code page does not have becomes the default one; there is no best fit.
///
/// # Errors
/// As of [`MultiByteToWideChar`]. A default for UTF-8, which has all characters, is
/// `ERROR_INVALID_PARAMETER`.
///
/// Source: Windows documentation, `WideCharToMultiByte`.
#[export]
pub unsafe fn WideCharToMultiByte(
    code_page: u32,
    flags: u32,
    wide: Option<WStrArg>,
    length: i32,
    target: OutBuffer<c_char>,
    room: i32,
    default: Option<In<c_char>>,
    default_used: Option<Out<i32>>,
) -> Result<i32, Win32Error> {
    if misplaced(wide, target.as_ptr(), room) {
        return Err(INVALID);
    }
    if code_page == CP_UTF8 && (default.is_some() || default_used.is_some()) {
        return Err(INVALID);
    }
    let wide = source(wide, length)?;
    let default = default.map_or(Ok(b'?' as c_char), In::read)? as u8;
    let (bytes, replaced) = to_bytes(code_page, flags, wide, default)?;
    default_used.write_if_asked(replaced.into())?;
    deliver(bytes.len(), room, |count| target.write(&bytes[..count]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;
    use std::ptr::{null, null_mut};
    use windows_sys::Win32::Foundation::ERROR_NOACCESS;

    #[test]
    fn a_bad_pointer_is_an_error() {
        let (nowhere, text, wide) = (64 as *mut c_char, c"ab".as_ptr(), [0x61 as WCHAR, 0].as_ptr());
        let mut out = [0 as c_char; 8];
        let out = out.as_mut_ptr();
        // SAFETY: strings, a local with room, and places where nothing is.
        unsafe {
            let failed = [
                MultiByteToWideChar(CP_UTF8, 0, nowhere, -1, null_mut(), 0),
                MultiByteToWideChar(CP_UTF8, 0, nowhere, 5, null_mut(), 0),
                MultiByteToWideChar(CP_UTF8, 0, text, -1, nowhere.cast(), 8),
                WideCharToMultiByte(CP_UTF8, 0, nowhere.cast(), -1, null_mut(), 0, null(), null_mut()),
                WideCharToMultiByte(CP_UTF8, 0, wide, -1, nowhere, 8, null(), null_mut()),
                WideCharToMultiByte(1252, 0, wide, -1, out, 8, nowhere, null_mut()),
                WideCharToMultiByte(1252, 0, wide, -1, out, 8, null(), nowhere.cast()),
            ];
            assert_eq!((failed, GetLastError()), ([0; 7], ERROR_NOACCESS));
            assert_eq!(MultiByteToWideChar(CP_UTF8, 0, null(), -1, null_mut(), 0), 0);
            assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
            assert_eq!(MultiByteToWideChar(CP_UTF8, 0, text, -1, nowhere.cast(), 0), 3, "no room, no place");
        }
    }
}
