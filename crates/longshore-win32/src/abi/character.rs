//! What lets one implementation serve both spellings of a function, `A` and `W`.

use crate::abi::argument::StrArg;
use crate::abi::last_error::Win32Error;
use crate::abi::text::{WCHAR, to_wide};
use libc::c_char;
use std::ffi::CString;

/// A unit of a string: a byte of UTF-8 (`A`) or a wide character (`W`).
pub trait Character: Copy + Default + PartialEq + 'static {
    /// A text in these units, without a NUL.
    fn encode(text: &[u8]) -> Vec<Self>;

    /// The text of these units. What is not a character becomes U+FFFD.
    fn decode(units: &[Self]) -> Vec<u8>;

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

    fn string(string: StrArg<Self>) -> Result<CString, Win32Error> {
        string.to_text()
    }

    fn ascii(character: u8) -> Self {
        WCHAR::from(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_wide_characters_round_trip() {
        let text = "Grüße, 세계".as_bytes();
        assert_eq!(WCHAR::decode(&WCHAR::encode(text)), text);
        assert_eq!(c_char::decode(&c_char::encode(b"\xFF\x80")), b"\xFF\x80", "bytes stay as they are");
    }
}
