//! `CharUpper`, `CharNext` and their relatives.
//!
//! Letters change one for one, as on Windows: those whose other case is several characters, or in UTF-8 of another
//! length, stay as they are.

use crate::abi::character::{Character, units};
use crate::abi::text::WCHAR;
use libc::c_char;
use longshore_win32_macros::export;

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
trait InPlace: Character {
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

/// Changes a string, or a character in place of its address.
unsafe fn change<C: InPlace>(string: *mut C, map: fn(char) -> char) -> *mut C {
    let value = string as usize;
    if value < CHARACTERS_END {
        let letter = char::from_u32(value as u32);
        return letter.map_or(string, |letter| map(letter) as usize as *mut C);
    }
    // SAFETY: the caller's promise.
    unsafe { change_counted(string, units(string.cast_const()).len(), map) };
    string
}

unsafe fn change_counted<C: InPlace>(string: *mut C, length: usize, map: fn(char) -> char) -> u32 {
    if string.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise: that many units, writable.
    C::map(unsafe { std::slice::from_raw_parts_mut(string, length) }, map);
    length as u32
}

/// Changes a string to capitals; an argument that is no address is a character, and its capital is returned.
#[export]
pub unsafe fn CharUpperA(string: *mut c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { change(string, upper_char) }
}

/// Changes a string to capitals: [`CharUpperA`] with wide characters.
#[export]
pub unsafe fn CharUpperW(string: *mut WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { change(string, upper_char) }
}

/// Changes a string to small letters; an argument that is no address is a character.
#[export]
pub unsafe fn CharLowerA(string: *mut c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { change(string, lower_char) }
}

/// Changes a string to small letters: [`CharLowerA`] with wide characters.
#[export]
pub unsafe fn CharLowerW(string: *mut WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { change(string, lower_char) }
}

/// Changes counted text to capitals; returns the count.
#[export]
pub unsafe fn CharUpperBuffA(text: *mut c_char, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { change_counted(text, length as usize, upper_char) }
}

/// Changes counted text to capitals; returns the count.
#[export]
pub unsafe fn CharUpperBuffW(text: *mut WCHAR, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { change_counted(text, length as usize, upper_char) }
}

/// Changes counted text to small letters; returns the count.
#[export]
pub unsafe fn CharLowerBuffA(text: *mut c_char, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { change_counted(text, length as usize, lower_char) }
}

/// Changes counted text to small letters; returns the count.
#[export]
pub unsafe fn CharLowerBuffW(text: *mut WCHAR, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { change_counted(text, length as usize, lower_char) }
}

/// Whether a byte continues a character of UTF-8.
fn continues(unit: c_char) -> bool {
    unit as u8 & 0xC0 == 0x80
}

/// The character after the one at an address; at the NUL, the same address.
#[export]
pub unsafe fn CharNextA(string: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise: readable up to the NUL, which continues nothing.
    unsafe {
        let mut next = string;
        if !next.is_null() && *next != 0 {
            next = next.add(1);
            while continues(*next) {
                next = next.add(1);
            }
        }
        next.cast_mut()
    }
}

/// The character after the one at an address; at the NUL, the same address.
#[export]
pub unsafe fn CharNextW(string: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    let more = !string.is_null() && unsafe { *string } != 0;
    string.wrapping_add(usize::from(more)).cast_mut()
}

/// The character before the one at an address; at the start, the same address.
#[export]
pub unsafe fn CharPrevA(start: *const c_char, current: *const c_char) -> *mut c_char {
    let mut previous = current;
    // SAFETY: the caller's promise: everything from the start on can be read.
    unsafe {
        while previous > start {
            previous = previous.sub(1);
            if !continues(*previous) {
                break;
            }
        }
    }
    previous.cast_mut()
}

/// The character before the one at an address; at the start, the same address.
#[export]
pub unsafe fn CharPrevW(start: *const WCHAR, current: *const WCHAR) -> *mut WCHAR {
    current.wrapping_sub(usize::from(current > start)).cast_mut()
}

/// Whether a byte is a letter: of ASCII, since the others are parts of characters.
#[export]
pub fn IsCharAlphaA(character: c_char) -> i32 {
    i32::from((character as u8).is_ascii_alphabetic())
}

/// Whether a character is a letter.
#[export]
pub fn IsCharAlphaW(character: WCHAR) -> i32 {
    i32::from(char::from_u32(character as u32).is_some_and(char::is_alphabetic))
}

/// Whether a byte is a letter or a digit of ASCII.
#[export]
pub fn IsCharAlphaNumericA(character: c_char) -> i32 {
    i32::from((character as u8).is_ascii_alphanumeric())
}

/// Whether a character is a letter or a digit.
#[export]
pub fn IsCharAlphaNumericW(character: WCHAR) -> i32 {
    i32::from(char::from_u32(character as u32).is_some_and(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

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
