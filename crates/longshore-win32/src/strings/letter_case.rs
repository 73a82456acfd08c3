//! `CharUpper`, `CharNext` and their relatives.
//!
//! Letters change one for one, as on Windows: those whose other case is several characters, or in UTF-8 of
//! another length, stay as they are.

use crate::abi::argument::{In, InOut, Plain};
use crate::abi::character::Character;
use crate::abi::fault::Fault;
use crate::abi::fault::copy::Unit;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use libc::c_char;
use longshore_win32_macros::export;
use smallvec::SmallVec;

/// An argument below this is a single character and not an address: nothing is mapped there.
const CHARACTERS_END: usize = 0x11_0000;

fn single(mut mapped: impl Iterator<Item = char>, letter: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(other), None) => other,
        _ => letter,
    }
}

/// The capital of a letter.
pub(crate) fn upper_char(letter: char) -> char {
    single(letter.to_uppercase(), letter)
}

fn lower_char(letter: char) -> char {
    single(letter.to_lowercase(), letter)
}

fn mapped(unit: WCHAR, map: fn(char) -> char) -> WCHAR {
    char::from_u32(unit as u32).map_or(unit, |letter| map(letter) as WCHAR)
}

/// The capital of a wide letter.
pub(crate) fn upper(unit: WCHAR) -> WCHAR {
    mapped(unit, upper_char)
}

/// Changes text in place.
trait InPlace: Character + Unit + Plain {
    fn map(units: &mut [Self], map: fn(char) -> char);
}

impl InPlace for WCHAR {
    fn map(units: &mut [Self], map: fn(char) -> char) {
        units.iter_mut().for_each(|unit| *unit = mapped(*unit, map));
    }
}

impl InPlace for c_char {
    fn map(units: &mut [Self], map: fn(char) -> char) {
        let bytes = Self::decode(units);
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            for letter in chunk.valid().chars() {
                let (mut old, mut new) = ([0; 4], [0; 4]);
                let (old, new) = (letter.encode_utf8(&mut old), map(letter).encode_utf8(&mut new));
                if old.len() == new.len() {
                    units[at..at + old.len()].copy_from_slice(&Self::encode(new.as_bytes()));
                }
                at += old.len();
            }
            at += chunk.invalid().len();
        }
    }
}

/// Changes so many units.
fn change_units<C: InPlace>(text: InOut<C>, length: usize, map: fn(char) -> char) -> Result<(), Fault> {
    let mut units: SmallVec<[C; 256]> = text.as_in().array(length)?;
    C::map(&mut units, map);
    text.as_out().write_all(&units)
}

/// Changes a string, or a character in place of its address.
fn change<C: InPlace>(string: InOut<C>, map: fn(char) -> char) -> Result<*mut C, Win32Error> {
    let address = string.as_ptr();
    if (address as usize) < CHARACTERS_END {
        let letter = char::from_u32(address as usize as u32);
        return Ok(letter.map_or(address, |letter| map(letter) as usize as *mut C));
    }
    change_units(string, C::length(address)?, map)?;
    Ok(address)
}

fn change_counted<C: InPlace>(
    text: Option<InOut<C>>,
    length: u32,
    map: fn(char) -> char,
) -> Result<u32, Win32Error> {
    let Some(text) = text else { return Ok(0) };
    change_units(text, length as usize, map)?;
    Ok(length)
}

/// Changes a string to capitals; an argument that is no address is a character, and its capital is returned.
///
/// # Errors
/// NULL with `ERROR_NOACCESS` for text that is not there.
#[export]
pub unsafe fn CharUpperA(string: InOut<c_char>) -> Result<*mut c_char, Win32Error> {
    change(string, upper_char)
}

/// Changes a string to capitals: [`CharUpperA`] with wide characters.
#[export]
pub unsafe fn CharUpperW(string: InOut<WCHAR>) -> Result<*mut WCHAR, Win32Error> {
    change(string, upper_char)
}

/// Changes a string to small letters; an argument that is no address is a character.
///
/// # Errors
/// NULL with `ERROR_NOACCESS` for text that is not there.
#[export]
pub unsafe fn CharLowerA(string: InOut<c_char>) -> Result<*mut c_char, Win32Error> {
    change(string, lower_char)
}

/// Changes a string to small letters: [`CharLowerA`] with wide characters.
#[export]
pub unsafe fn CharLowerW(string: InOut<WCHAR>) -> Result<*mut WCHAR, Win32Error> {
    change(string, lower_char)
}

/// Changes counted text to capitals; returns the count.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` for text that is not there.
#[export]
pub unsafe fn CharUpperBuffA(text: Option<InOut<c_char>>, length: u32) -> Result<u32, Win32Error> {
    change_counted(text, length, upper_char)
}

/// Changes counted text to capitals; returns the count.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` for text that is not there.
#[export]
pub unsafe fn CharUpperBuffW(text: Option<InOut<WCHAR>>, length: u32) -> Result<u32, Win32Error> {
    change_counted(text, length, upper_char)
}

/// Changes counted text to small letters; returns the count.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` for text that is not there.
#[export]
pub unsafe fn CharLowerBuffA(text: Option<InOut<c_char>>, length: u32) -> Result<u32, Win32Error> {
    change_counted(text, length, lower_char)
}

/// Changes counted text to small letters; returns the count.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` for text that is not there.
#[export]
pub unsafe fn CharLowerBuffW(text: Option<InOut<WCHAR>>, length: u32) -> Result<u32, Win32Error> {
    change_counted(text, length, lower_char)
}

/// Whether a byte continues a character of UTF-8.
fn continues(unit: c_char) -> bool {
    unit as u8 & 0xC0 == 0x80
}

/// The character after the one at an address; at the NUL, the same address, as where nothing is.
#[export]
pub unsafe fn CharNextA(string: In<c_char>) -> *mut c_char {
    let mut next = string;
    if string.read().is_ok_and(|unit| unit != 0) {
        next = next.at(1);
        while next.read().is_ok_and(continues) {
            next = next.at(1);
        }
    }
    next.as_ptr().cast_mut()
}

/// The character after the one at an address; at the NUL, the same address, as where nothing is.
#[export]
pub unsafe fn CharNextW(string: In<WCHAR>) -> *mut WCHAR {
    let more = string.read().is_ok_and(|unit| unit != 0);
    string.at(usize::from(more)).as_ptr().cast_mut()
}

/// The character before the one at an address; at the start, the same address.
#[export]
pub unsafe fn CharPrevA(start: In<c_char>, current: In<c_char>) -> *mut c_char {
    let bytes = current.as_ptr().addr().saturating_sub(start.as_ptr().addr());
    if bytes == 0 {
        return current.as_ptr().cast_mut();
    }
    let begins = |&offset: &usize| !start.at(offset).read().is_ok_and(continues);
    start.at((0..bytes).rev().find(begins).unwrap_or(0)).as_ptr().cast_mut()
}

/// The character before the one at an address; at the start, the same address.
#[export]
pub fn CharPrevW(start: *const WCHAR, current: *const WCHAR) -> *mut WCHAR {
    current.wrapping_sub(usize::from(current > start)).cast_mut()
}

/// Whether a byte is a letter: of ASCII, since the others are parts of characters.
#[export]
pub fn IsCharAlphaA(character: c_char) -> bool {
    (character as u8).is_ascii_alphabetic()
}

/// Whether a character is a letter.
#[export]
pub fn IsCharAlphaW(character: WCHAR) -> bool {
    char::from_u32(character as u32).is_some_and(char::is_alphabetic)
}

/// Whether a byte is a letter or a digit of ASCII.
#[export]
pub fn IsCharAlphaNumericA(character: c_char) -> bool {
    (character as u8).is_ascii_alphanumeric()
}

/// Whether a character is a letter or a digit.
#[export]
pub fn IsCharAlphaNumericW(character: WCHAR) -> bool {
    char::from_u32(character as u32).is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    #[test]
    fn letters_change_in_place_and_keep_their_length() {
        let mut narrow = c_char::encode("aäßÿ1\0".as_bytes());
        let mut wide = WCHAR::encode("AÄß\0".as_bytes());
        // SAFETY: writable strings that end with a NUL.
        unsafe {
            CharUpperA(narrow.as_mut_ptr());
            assert_eq!(c_char::decode(&narrow), "AÄßŸ1\0".as_bytes(), "ß has no single capital");
            CharLowerW(wide.as_mut_ptr());
            assert_eq!(wide, WCHAR::encode("aäß\0".as_bytes()));
            assert_eq!(CharUpperW(b'x' as usize as *mut WCHAR) as usize, usize::from(b'X'));
            assert_eq!(CharUpperBuffA(narrow.as_mut_ptr(), 0), 0);
            assert_eq!(CharLowerBuffA(narrow.as_mut_ptr(), 3), 3);
            assert_eq!(c_char::decode(&narrow), "aäßŸ1\0".as_bytes());
            let nowhere = usize::MAX / 2;
            assert!(CharUpperA(nowhere as *mut c_char).is_null());
            assert_eq!((CharUpperBuffW(64 as *mut WCHAR, 1), GetLastError()), (0, 998));
            assert_eq!(CharNextW(64 as *const WCHAR), 64 as *mut WCHAR);
        }
    }

    #[test]
    fn a_step_is_a_whole_character() {
        let text = "aé漢\0";
        let start = text.as_ptr().cast::<c_char>();
        // SAFETY: a string that ends with a NUL, and addresses in it.
        unsafe {
            let mut places = vec![start];
            for _ in 0..4 {
                places.push(CharNextA(places[places.len() - 1]));
            }
            let offsets: Vec<isize> = places.iter().map(|place| place.offset_from(start)).collect();
            assert_eq!(offsets, [0, 1, 3, 6, 6]);
            assert_eq!(CharPrevA(start, places[3]), places[2].cast_mut());
            assert_eq!(CharPrevA(start, start), start.cast_mut());
        }
    }
}
