//! Comparing and mapping text: `CompareString`, `LCMapString`.
//!
//! There is one locale. Its order is a dictionary's in outline: punctuation, digits, letters,
//! whatever their case; of two equal words the one with small letters is first. Programs that need
//! a language's own order need ICU.

use crate::abi::argument::{CStrArg, Out, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::fault::copy::Unit;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use libc::c_char;
use longshore_win32_macros::export;
use std::cmp::Ordering;
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_FLAGS, ERROR_INVALID_PARAMETER,
};
use windows_sys::Win32::Globalization::{
    CSTR_EQUAL, LCMAP_LOWERCASE, LCMAP_UPPERCASE, LINGUISTIC_IGNORECASE, NORM_IGNORECASE,
};

/// A character's place in the order, its case left out.
fn weight(character: char) -> (u8, char) {
    let class = if character.is_alphabetic() { 2 } else { u8::from(character.is_numeric()) };
    (class, character.to_lowercase().next().unwrap_or(character))
}

/// Compares text as a dictionary does.
pub(crate) fn collate<C: Character>(first: &[C], second: &[C], ignore_case: bool) -> Ordering {
    let text = |units: &[C]| String::from_utf8_lossy(&C::decode(units)).into_owned();
    let (first, second) = (text(first), text(second));
    let by_letters = first.chars().map(weight).cmp(second.chars().map(weight));
    if ignore_case {
        return by_letters;
    }
    // Capitals have smaller numbers, and come last.
    by_letters.then_with(|| second.chars().cmp(first.chars()))
}

/// The units of an argument; a negative length stands for a string that ends with a NUL.
fn argument<C: Unit>(string: Option<StrArg<'_, C>>, length: i32) -> Result<&[C], Win32Error> {
    Ok(string.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.units(length)?)
}

fn answer(ordering: Ordering) -> i32 {
    CSTR_EQUAL + ordering as i32
}

fn compare<C: Character + Unit>(
    flags: u32,
    first: Option<StrArg<C>>,
    first_length: i32,
    second: Option<StrArg<C>>,
    second_length: i32,
) -> Result<i32, Win32Error> {
    let ignore_case = flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE) != 0;
    let (first, second) = (argument(first, first_length)?, argument(second, second_length)?);
    Ok(answer(collate(first, second, ignore_case)))
}

/// Compares text: 1 for less, 2 for equal, 3 for greater.
///
/// # Errors
/// 0 with `ERROR_INVALID_PARAMETER` for NULL, `ERROR_NOACCESS` for another bad pointer.
#[export]
pub unsafe fn CompareStringA(
    _locale: u32,
    flags: u32,
    first: Option<CStrArg>,
    first_length: i32,
    second: Option<CStrArg>,
    second_length: i32,
) -> Result<i32, Win32Error> {
    compare(flags, first, first_length, second, second_length)
}

/// Compares text: [`CompareStringA`] with wide characters.
#[export]
pub unsafe fn CompareStringW(
    _locale: u32,
    flags: u32,
    first: Option<WStrArg>,
    first_length: i32,
    second: Option<WStrArg>,
    second_length: i32,
) -> Result<i32, Win32Error> {
    compare(flags, first, first_length, second, second_length)
}

/// Compares text by the numbers of its characters, in capitals if case does not count.
///
/// # Errors
/// 0 with `ERROR_INVALID_PARAMETER` for NULL, `ERROR_NOACCESS` for another bad pointer.
#[export]
pub unsafe fn CompareStringOrdinal(
    first: Option<WStrArg>,
    first_length: i32,
    second: Option<WStrArg>,
    second_length: i32,
    ignore_case: bool,
) -> Result<i32, Win32Error> {
    let capital = |&unit: &WCHAR| if ignore_case { crate::strings::letter_case::upper(unit) } else { unit };
    let (first, second) = (argument(first, first_length)?, argument(second, second_length)?);
    Ok(answer(first.iter().map(capital).cmp(second.iter().map(capital))))
}

fn map<C: Character + Unit>(
    flags: u32,
    source: Option<StrArg<C>>,
    length: i32,
    target: Option<Out<C>>,
    room: i32,
) -> Result<i32, Win32Error> {
    let text = String::from_utf8_lossy(&C::decode(argument(source, length)?)).into_owned();
    let mapped = match flags & (LCMAP_LOWERCASE | LCMAP_UPPERCASE) {
        LCMAP_LOWERCASE => text.to_lowercase(),
        LCMAP_UPPERCASE => text.chars().map(crate::strings::letter_case::upper_char).collect(),
        _ => return Err(Win32Error(ERROR_INVALID_FLAGS)),
    };
    let mut mapped = C::encode(mapped.as_bytes());
    if length < 0 {
        mapped.push(C::default());
    }
    if room != 0 {
        let target = target.filter(|_| usize::try_from(room).is_ok_and(|room| mapped.len() <= room));
        target.ok_or(Win32Error(ERROR_INSUFFICIENT_BUFFER))?.write_all(&mapped)?;
    }
    Ok(mapped.len() as i32)
}

/// Writes text in capitals or in small letters; returns the length, or with no room the length it takes.
///
/// # Errors
/// 0 with `ERROR_INVALID_PARAMETER` for NULL, `ERROR_INVALID_FLAGS` for another mapping,
/// `ERROR_INSUFFICIENT_BUFFER`, `ERROR_NOACCESS`.
#[export]
pub unsafe fn LCMapStringA(
    _locale: u32,
    flags: u32,
    source: Option<CStrArg>,
    length: i32,
    target: Option<Out<c_char>>,
    room: i32,
) -> Result<i32, Win32Error> {
    map(flags, source, length, target, room)
}

/// Writes text in capitals or in small letters: [`LCMapStringA`] with wide characters.
#[export]
pub unsafe fn LCMapStringW(
    _locale: u32,
    flags: u32,
    source: Option<WStrArg>,
    length: i32,
    target: Option<Out<WCHAR>>,
    room: i32,
) -> Result<i32, Win32Error> {
    map(flags, source, length, target, room)
}

/// The number of the locale: English of the United States.
const LOCALE: u32 = 0x0409;

/// The user's locale.
#[export]
pub fn GetUserDefaultLCID() -> u32 {
    LOCALE
}

/// The system's locale.
#[export]
pub fn GetSystemDefaultLCID() -> u32 {
    LOCALE
}

/// The thread's locale.
#[export]
pub fn GetThreadLocale() -> u32 {
    LOCALE
}

/// There is one locale; another cannot be set, which no program minds.
#[export]
pub fn SetThreadLocale(_locale: u32) -> i32 {
    1
}

/// The user's language.
#[export]
pub fn GetUserDefaultLangID() -> u16 {
    LOCALE as u16
}

/// The system's language.
#[export]
pub fn GetSystemDefaultLangID() -> u16 {
    LOCALE as u16
}

/// The language of the user's screens.
#[export]
pub fn GetUserDefaultUILanguage() -> u16 {
    LOCALE as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    #[test]
    fn comparison_answers_one_two_or_three() {
        // SAFETY: literals, as long as stated.
        unsafe {
            let compare = |first: &std::ffi::CStr, second: &std::ffi::CStr, flags| {
                CompareStringA(LOCALE, flags, first.as_ptr(), -1, second.as_ptr(), -1)
            };
            assert_eq!(compare(c"alpha", c"Beta", 0), 1);
            assert_eq!(compare(c"ALPHA", c"alpha", NORM_IGNORECASE), 2);
            assert_eq!(compare(c"ALPHA", c"alpha", 0), 3);
            assert_eq!(CompareStringA(LOCALE, 0, c"abX".as_ptr(), 2, c"abY".as_ptr(), 2), 2);
            assert_eq!(CompareStringA(LOCALE, 0, std::ptr::null(), -1, c"".as_ptr(), -1), 0);
            assert_eq!(GetLastError(), 87);
            assert_eq!(CompareStringA(LOCALE, 0, c"".as_ptr(), -1, 64 as *const c_char, 3), 0);
            assert_eq!(GetLastError(), 998);
            let (small, capital) = (WCHAR::encode("äb".as_bytes()), WCHAR::encode("ÄB".as_bytes()));
            assert_eq!(CompareStringOrdinal(small.as_ptr(), 2, capital.as_ptr(), 2, 1), 2);
            assert_eq!(CompareStringOrdinal(small.as_ptr(), 2, capital.as_ptr(), 2, 0), 3);
        }
    }

    #[test]
    fn mapped_text_counts_its_nul_if_the_source_did() {
        let mut out = [7 as c_char; 8];
        // SAFETY: literals and a local with room.
        unsafe {
            let source = c"Ab1".as_ptr();
            assert_eq!(LCMapStringA(LOCALE, LCMAP_UPPERCASE, source, -1, std::ptr::null_mut(), 0), 4);
            assert_eq!(LCMapStringA(LOCALE, LCMAP_UPPERCASE, source, -1, out.as_mut_ptr(), 8), 4);
            assert_eq!(out[..5], [0x41, 0x42, 0x31, 0, 7]);
            assert_eq!(LCMapStringA(LOCALE, LCMAP_LOWERCASE, source, 3, out.as_mut_ptr(), 2), 0);
            assert_eq!(GetLastError(), 122);
            assert_eq!(LCMapStringA(LOCALE, LCMAP_LOWERCASE, source, 3, 64 as *mut c_char, 8), 0);
            assert_eq!(GetLastError(), 998);
        }
    }
}
