//! The two kinds of text the CRT engines work on: bytes of UTF-8 and wide characters of UTF-32.

pub(crate) use crate::abi::text::{WCHAR as WideUnit, to_wide as narrow_to_wide};

/// A unit of narrow or wide text.
pub trait Unit: Copy + Default + PartialEq {
    /// Whether this is `wchar_t`.
    const WIDE: bool;
    /// The unit of an ASCII character.
    fn from_ascii(byte: u8) -> Self;
    /// The unit itself when it is ASCII, else 0xFF, which no format knows; 0 for the terminator.
    fn ascii(self) -> u8;
    /// A byte of narrow text. In wide text it stands for the character of that number.
    fn from_byte(byte: u8) -> Self;
    /// A character. In narrow text only its low byte.
    fn from_code(code: u32) -> Self;
    /// The unit as a number without sign.
    fn code(self) -> u32;
}

impl Unit for u8 {
    const WIDE: bool = false;
    fn from_ascii(byte: u8) -> Self {
        byte
    }
    fn ascii(self) -> u8 {
        if self < 0x80 { self } else { 0xFF }
    }
    fn from_byte(byte: u8) -> Self {
        byte
    }
    fn from_code(code: u32) -> Self {
        code as u8
    }
    fn code(self) -> u32 {
        u32::from(self)
    }
}

impl Unit for WideUnit {
    const WIDE: bool = true;
    fn from_ascii(byte: u8) -> Self {
        WideUnit::from(byte)
    }
    fn ascii(self) -> u8 {
        u8::try_from(self).ok().filter(u8::is_ascii).unwrap_or(0xFF)
    }
    fn from_byte(byte: u8) -> Self {
        WideUnit::from(byte)
    }
    fn from_code(code: u32) -> Self {
        code as WideUnit
    }
    fn code(self) -> u32 {
        self as u32
    }
}

/// UTF-8; what is no character becomes U+FFFD.
pub(crate) fn wide_to_narrow(units: &[WideUnit]) -> Vec<u8> {
    units
        .iter()
        .map(|&unit| char::from_u32(unit as u32).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect::<String>()
        .into()
}
