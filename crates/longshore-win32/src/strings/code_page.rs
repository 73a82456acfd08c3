//! Code pages: the encodings of narrow text.
//!
//! The process's own, which `CP_ACP` and `CP_OEMCP` stand for and every `A` function uses, is UTF-8. Others
//! convert through `encoding_rs`, whose legacy encodings are those Windows has in its code pages.

use crate::abi::argument::Out;
use crate::abi::last_error::Win32Error;
use encoding_rs::Encoding;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::Globalization::{CP_ACP, CP_MACCP, CP_OEMCP, CP_THREAD_ACP, CP_UTF8, CPINFO};

/// An encoding that can be converted.
#[derive(Clone, Copy)]
pub enum CodePage {
    /// UTF-8.
    Utf8,
    /// ISO 8859-1: bytes are the first 256 characters.
    Latin1,
    /// ASCII.
    Ascii,
    /// One of the encodings of the WHATWG standard.
    Legacy(&'static Encoding),
}

impl CodePage {
    /// The encoding of a number; `None` for one that is not known here.
    pub fn of(number: u32) -> Option<CodePage> {
        use encoding_rs::*;
        Some(CodePage::Legacy(match number {
            CP_ACP | CP_OEMCP | CP_THREAD_ACP | CP_UTF8 => return Some(CodePage::Utf8),
            28591 => return Some(CodePage::Latin1),
            20127 => return Some(CodePage::Ascii),
            866 => IBM866,
            874 => WINDOWS_874,
            932 => SHIFT_JIS,
            936 => GBK,
            949 | 51949 => EUC_KR,
            950 => BIG5,
            1250 => WINDOWS_1250,
            1251 => WINDOWS_1251,
            1252 => WINDOWS_1252,
            1253 => WINDOWS_1253,
            1254 => WINDOWS_1254,
            1255 => WINDOWS_1255,
            1256 => WINDOWS_1256,
            1257 => WINDOWS_1257,
            1258 => WINDOWS_1258,
            CP_MACCP | 10000 => MACINTOSH,
            20866 => KOI8_R,
            21866 => KOI8_U,
            28592 => ISO_8859_2,
            28593 => ISO_8859_3,
            28594 => ISO_8859_4,
            28595 => ISO_8859_5,
            28596 => ISO_8859_6,
            28597 => ISO_8859_7,
            28598 => ISO_8859_8,
            28603 => ISO_8859_13,
            28605 => ISO_8859_15,
            20932 | 51932 => EUC_JP,
            54936 => GB18030,
            _ => return None,
        }))
    }

    /// The characters of bytes, and whether all of them were characters; U+FFFD takes the place of others.
    pub fn decode(self, bytes: &[u8]) -> (String, bool) {
        match self {
            CodePage::Utf8 => match String::from_utf8_lossy(bytes) {
                std::borrow::Cow::Borrowed(text) => (text.to_owned(), true),
                std::borrow::Cow::Owned(text) => (text, false),
            },
            CodePage::Latin1 => (bytes.iter().map(|&byte| char::from(byte)).collect(), true),
            CodePage::Ascii => {
                let character =
                    |&byte: &u8| if byte < 0x80 { char::from(byte) } else { char::REPLACEMENT_CHARACTER };
                (bytes.iter().map(character).collect(), bytes.is_ascii())
            }
            CodePage::Legacy(encoding) => {
                let (text, bad) = encoding.decode_without_bom_handling(bytes);
                (text.into_owned(), !bad)
            }
        }
    }

    /// Appends the bytes of a character; false if the encoding does not have it.
    pub fn encode(self, character: char, out: &mut Vec<u8>) -> bool {
        let mut buffer = [0; 4];
        let text = character.encode_utf8(&mut buffer);
        match self {
            CodePage::Utf8 => out.extend_from_slice(text.as_bytes()),
            CodePage::Latin1 | CodePage::Ascii => {
                let last = if matches!(self, CodePage::Ascii) { 0x7F } else { 0xFF };
                match u8::try_from(character) {
                    Ok(byte) if byte <= last => out.push(byte),
                    _ => return false,
                }
            }
            CodePage::Legacy(encoding) => {
                let (bytes, _, bad) = encoding.encode(text);
                if bad {
                    return false;
                }
                out.extend_from_slice(&bytes);
            }
        }
        true
    }

    /// How many bytes a character takes at most.
    pub fn bytes_max(self) -> u32 {
        match self {
            CodePage::Utf8 => 4,
            CodePage::Latin1 | CodePage::Ascii => 1,
            CodePage::Legacy(encoding) if encoding.is_single_byte() => 1,
            CodePage::Legacy(encoding) if encoding == encoding_rs::GB18030 => 4,
            CodePage::Legacy(encoding) if encoding == encoding_rs::EUC_JP => 3,
            CodePage::Legacy(_) => 2,
        }
    }

    /// The ranges of bytes that begin a character of two.
    fn lead_bytes(self) -> &'static [[u8; 2]] {
        match self {
            CodePage::Legacy(encoding) if encoding == encoding_rs::SHIFT_JIS => &[[0x81, 0x9F], [0xE0, 0xFC]],
            CodePage::Legacy(_) if self.bytes_max() == 2 => &[[0x81, 0xFE]],
            _ => &[],
        }
    }
}

/// The code page of `A` functions: UTF-8.
#[export]
pub fn GetACP() -> u32 {
    CP_UTF8
}

/// The code page of consoles and old file systems: UTF-8 too.
#[export]
pub fn GetOEMCP() -> u32 {
    CP_UTF8
}

/// Whether a code page can be converted.
#[export]
pub fn IsValidCodePage(number: u32) -> bool {
    // The numbers that stand for others are no code pages themselves.
    number > CP_THREAD_ACP && CodePage::of(number).is_some()
}

fn known(number: u32) -> Result<CodePage, Win32Error> {
    CodePage::of(number).ok_or(Win32Error(ERROR_INVALID_PARAMETER))
}

/// Whether a byte begins a character of two bytes in a code page. In UTF-8 no byte counts as such.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a code page that is not known.
#[export]
pub fn IsDBCSLeadByteEx(number: u32, byte: u8) -> Result<bool, Win32Error> {
    let ranges = known(number)?.lead_bytes();
    Ok(ranges.iter().any(|[first, last]| (first..=last).contains(&&byte)))
}

/// Whether a byte begins a character of two bytes in the process's code page: never.
#[export]
pub fn IsDBCSLeadByte(_byte: u8) -> bool {
    false
}

/// Describes a code page.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a code page that is not known, and for NULL; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetCPInfo(number: u32, info: Option<Out<CPINFO>>) -> Result<(), Win32Error> {
    let code_page = known(number)?;
    let mut described = CPINFO { MaxCharSize: code_page.bytes_max(), ..CPINFO::default() };
    described.DefaultChar[0] = b'?';
    for (place, byte) in described.LeadByte.iter_mut().zip(code_page.lead_bytes().as_flattened()) {
        *place = *byte;
    }
    Ok(info.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(described)?)
}
