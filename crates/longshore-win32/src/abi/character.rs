//! What lets one implementation serve both spellings of a function, `A` and `W`.

use crate::abi::argument::StrArg;
use crate::abi::last_error::Win32Error;
use crate::abi::text::{WCHAR, narrow, to_wide, wide};
use libc::c_char;
use std::ffi::CString;

/// A unit of a string: a byte of UTF-8 (`A`) or a wide character (`W`).
pub trait Character: Copy + Default + PartialEq + 'static {
    /// A text in these units, without a NUL.
    fn encode(text: &[u8]) -> Vec<Self>;

    /// The text of these units. What is not a character becomes U+FFFD.
    fn decode(units: &[Self]) -> Vec<u8>;

    /// The text of a string ended by NUL.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for NULL; `ERROR_NO_UNICODE_TRANSLATION` for what is not a character.
    ///
    /// # Safety
    /// `string` is NULL or points to a string ended by NUL.
    unsafe fn text(string: *const Self) -> Result<CString, Win32Error>;

    /// The text of a string that the program passed.
    ///
    /// # Errors
    /// Those of [`StrArg::text`].
    fn string(string: StrArg<Self>) -> Result<CString, Win32Error>;

    /// The unit of an ASCII character.
    fn ascii(character: u8) -> Self;
}

impl Character for c_char {
    fn encode(text: &[u8]) -> Vec<Self> {
        text.iter().map(|&byte| byte as c_char).collect()
    }

    fn decode(units: &[Self]) -> Vec<u8> {
        units.iter().map(|&unit| unit as u8).collect()
    }

    unsafe fn text(string: *const Self) -> Result<CString, Win32Error> {
        // SAFETY: the caller's promise.
        unsafe { narrow(string) }
    }

    fn string(string: StrArg<Self>) -> Result<CString, Win32Error> {
        Ok(string.get()?.to_owned())
    }

    fn ascii(character: u8) -> Self {
        character as c_char
    }
}

impl Character for WCHAR {
    fn encode(text: &[u8]) -> Vec<Self> {
        to_wide(text)
    }

    fn decode(units: &[Self]) -> Vec<u8> {
        let character = |&unit: &WCHAR| char::from_u32(unit as u32).unwrap_or(char::REPLACEMENT_CHARACTER);
        units.iter().map(character).collect::<String>().into_bytes()
    }

    unsafe fn text(string: *const Self) -> Result<CString, Win32Error> {
        // SAFETY: the caller's promise.
        unsafe { wide(string) }
    }

    fn string(string: StrArg<Self>) -> Result<CString, Win32Error> {
        string.to_text()
    }

    fn ascii(character: u8) -> Self {
        WCHAR::from(character)
    }
}

/// The units of a string ended by NUL, without it; empty for NULL.
///
/// # Safety
/// `string` is NULL or points to a string ended by NUL that outlives the result unchanged.
pub(crate) unsafe fn units<'a, C: Character>(string: *const C) -> &'a [C] {
    if string.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise: readable up to the NUL, at which this stops.
    let length = (0..).take_while(|&index| unsafe { *string.add(index) } != C::default()).count();
    // SAFETY: `length` units were just read.
    unsafe { std::slice::from_raw_parts(string, length) }
}

/// Copies a string and its NUL to a buffer if it has room.
///
/// # Safety
/// `buffer` is NULL or has room for `room` units.
pub(crate) unsafe fn copy_out<C: Character>(string: &[C], buffer: *mut C, room: usize) -> bool {
    if buffer.is_null() || string.len() >= room {
        return false;
    }
    // SAFETY: there is room for the string and one more, by the caller's promise and the check above; a
    // buffer that is being filled is not the string read from, which is this library's own.
    unsafe {
        buffer.copy_from_nonoverlapping(string.as_ptr(), string.len());
        buffer.add(string.len()).write(C::default());
    }
    true
}

/// The convention of `GetEnvironmentVariable` and its like: the length without the NUL if the buffer had
/// room, else the room it takes, which includes the NUL.
///
/// # Safety
/// `buffer` is NULL or has room for `room` units.
pub(crate) unsafe fn copy_or_ask<C: Character>(text: &[u8], buffer: *mut C, room: u32) -> u32 {
    let string = C::encode(text);
    // SAFETY: the caller's promise.
    let copied = unsafe { copy_out(&string, buffer, room as usize) };
    string.len() as u32 + u32::from(!copied)
}

/// The convention of `GetComputerName` and its like: `*room` is the buffer's size on the way in, and on the
/// way out the length, or the size it takes if the call fails with `too_small`.
///
/// # Errors
/// `too_small`; `ERROR_INVALID_PARAMETER` if `room` is NULL.
///
/// # Safety
/// `room` is NULL or points to a valid size, and `buffer` is NULL or has that much room.
pub(crate) unsafe fn copy_or_fail<C: Character>(
    text: &[u8],
    buffer: *mut C,
    room: *mut u32,
    too_small: u32,
) -> Result<(), Win32Error> {
    if room.is_null() {
        return Err(Win32Error(windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER));
    }
    let string = C::encode(text);
    // SAFETY: the caller's promise, and not NULL.
    unsafe {
        let copied = copy_out(&string, buffer, *room as usize);
        *room = string.len() as u32 + u32::from(!copied);
        if copied { Ok(()) } else { Err(Win32Error(too_small)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_does_not_fit_asks_for_room_for_its_nul() {
        let mut buffer = [7 as WCHAR; 4];
        // SAFETY: the buffer has room for as many units as stated.
        unsafe {
            assert_eq!(copy_or_ask("añb".as_bytes(), buffer.as_mut_ptr(), 3), 4);
            assert_eq!(buffer, [7; 4], "nothing is written then");
            assert_eq!(copy_or_ask("añb".as_bytes(), buffer.as_mut_ptr(), 4), 3);
        }
        assert_eq!(buffer, [0x61, 0xF1, 0x62, 0]);
    }

    #[test]
    fn bytes_and_wide_characters_round_trip() {
        let text = "Grüße, 세계".as_bytes();
        assert_eq!(WCHAR::decode(&WCHAR::encode(text)), text);
        assert_eq!(c_char::decode(&c_char::encode(b"\xFF\x80")), b"\xFF\x80", "bytes stay as they are");
    }
}
