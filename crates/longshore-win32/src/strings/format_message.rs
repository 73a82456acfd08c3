//! `FormatMessage`: the text of an error code, and the template language behind it.

use crate::abi::argument::{Argument, CStrArg, In, OptionalText, OutBuffer, StrArg, TextBuffer, WStrArg};
use crate::abi::character::Character;
use crate::abi::fault::Fault;
use crate::abi::last_error::Win32Error;
use crate::abi::messages::message;
use crate::abi::text::WCHAR;
use crate::abi::va_list::Arguments;
use crate::memory::local_memory;
use crate::strings::conversion::Conversion;
use libc::c_char;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_MR_MID_NOT_FOUND,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    FORMAT_MESSAGE_ALLOCATE_BUFFER, FORMAT_MESSAGE_ARGUMENT_ARRAY, FORMAT_MESSAGE_FROM_HMODULE,
    FORMAT_MESSAGE_FROM_STRING, FORMAT_MESSAGE_FROM_SYSTEM, FORMAT_MESSAGE_IGNORE_INSERTS,
};
use windows_sys::Win32::System::WindowsProgramming::FORMAT_MESSAGE_MAX_WIDTH_MASK;

/// Inserts are numbered 1 to 99.
const INSERT_MAX: usize = 99;

/// How a template is turned into text.
struct Template<'a> {
    text: &'a [u8],
    /// `FORMAT_MESSAGE_IGNORE_INSERTS`: `%1` stays as it is.
    keep_inserts: bool,
    /// 0: line breaks are kept. The mask itself: they become spaces, and only `%n` breaks a line.
    width: usize,
}

struct Inserts<'a> {
    arguments: Arguments<'a>,
    /// The words taken so far. A `va_list` can only be read from front to back, inserts come in any order.
    words: Vec<usize>,
}

impl Inserts<'_> {
    /// Appends insert `number`, counted from 1. A `*` takes the insert before it as width.
    fn render<C: Character>(
        &mut self,
        number: usize,
        conversion: &Conversion,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        const WIDTH_AND_PRECISION: usize = 2;
        // A list holds only what the template uses, so no word is taken before it is needed; an array can be
        // read in place.
        let mut arguments = match &mut self.arguments {
            Arguments::Array(array) => Arguments::Array(array.at(number - 1)),
            taken => {
                let needed = (number + conversion.arguments() - 1).min(INSERT_MAX + WIDTH_AND_PRECISION);
                while self.words.len() < needed {
                    self.words.push(taken.next()?);
                }
                Arguments::Words(&self.words[number - 1..])
            }
        };
        conversion.render::<C>(&mut arguments, out)
    }
}

impl Template<'_> {
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for an insert that is not well formed; `ERROR_NOACCESS`.
    fn expand<C: Character>(&self, inserts: &mut Inserts) -> Result<Vec<u8>, Win32Error> {
        let mut out = Vec::new();
        let mut rest = self.text;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'\r' | b'\n' => {
                    if byte == b'\r' && rest.first() == Some(&b'\n') {
                        rest = &rest[1..];
                    }
                    out.extend_from_slice(if self.width == 0 { b"\r\n" } else { b" " });
                }
                b'%' => {
                    let Some((&escape, tail)) = rest.split_first() else {
                        return Err(Win32Error(ERROR_INVALID_PARAMETER));
                    };
                    match escape {
                        // Ends the message without a line break.
                        b'0' => return Ok(out),
                        b'1'..=b'9' => {
                            let taken = self.insert::<C>(rest, inserts, &mut out)?;
                            rest = &rest[taken..];
                            continue;
                        }
                        b'n' => out.extend_from_slice(b"\r\n"),
                        b'r' => out.push(b'\r'),
                        b't' => out.push(b'\t'),
                        other => out.push(other),
                    }
                    rest = tail;
                }
                _ => out.push(byte),
            }
        }
        Ok(out)
    }

    /// One insert, after its `%`: its length in the template.
    fn insert<C: Character>(
        &self,
        rest: &[u8],
        inserts: &mut Inserts,
        out: &mut Vec<u8>,
    ) -> Result<usize, Win32Error> {
        let digits = 1 + usize::from(rest.get(1).is_some_and(u8::is_ascii_digit));
        let number = rest[..digits].iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
        let mut taken = digits;
        let mut conversion = Conversion::text();
        if rest.get(digits) == Some(&b'!') {
            let inner = &rest[digits + 1..];
            let end = inner.iter().position(|&byte| byte == b'!');
            let inner = &inner[..end.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?];
            taken += inner.len() + 2;
            if let Some((parsed, _)) = Conversion::parse(inner) {
                conversion = parsed;
            }
        }
        if !self.keep_inserts && matches!(inserts.arguments, Arguments::None) {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        if self.keep_inserts {
            out.push(b'%');
            out.extend_from_slice(&rest[..taken]);
        } else {
            inserts.render::<C>(number, &conversion, out)?;
        }
        Ok(taken)
    }

    /// Breaks lines at spaces, where a line would be longer than the width asked for.
    fn wrap(&self, text: Vec<u8>) -> Vec<u8> {
        if self.width == 0 || self.width == FORMAT_MESSAGE_MAX_WIDTH_MASK as usize {
            return text;
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut lines = Vec::new();
        for paragraph in text.split("\r\n") {
            let mut line = String::new();
            for word in paragraph.split(' ') {
                if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > self.width {
                    lines.push(std::mem::take(&mut line));
                } else if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            lines.push(line);
        }
        lines.join("\r\n").into_bytes()
    }
}

/// Both spellings' implementation; the text's length in `C`s.
fn format_message<C: Character>(
    flags: u32,
    source: Option<StrArg<C>>,
    code: u32,
    buffer: Option<OutBuffer<C>>,
    size: u32,
    arguments: *const c_void,
) -> Result<u32, Win32Error> {
    let buffer = buffer.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let from_table = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE;
    let template = if flags & FORMAT_MESSAGE_FROM_STRING != 0 {
        source.text()?.into_bytes()
    } else if flags & from_table != 0 {
        let text = message(code).ok_or(Win32Error(ERROR_MR_MID_NOT_FOUND))?;
        format!("{text}\r\n").into_bytes()
    } else {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    };
    let template = Template {
        text: &template,
        keep_inserts: flags & FORMAT_MESSAGE_IGNORE_INSERTS != 0,
        width: (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) as usize,
    };
    // With this flag the inserts are not looked at, and need not be there.
    let arguments = if template.keep_inserts { Arguments::None } else { inserts_at(arguments, flags)? };
    let text = template.expand::<C>(&mut Inserts { arguments, words: Vec::new() })?;
    let string = C::encode(&template.wrap(text));
    if flags & FORMAT_MESSAGE_ALLOCATE_BUFFER == 0 {
        let had_room = Some(buffer).put(&string, size as usize)?;
        return had_room.then_some(string.len() as u32).ok_or(Win32Error(ERROR_INSUFFICIENT_BUFFER));
    }
    // The buffer is the place for a pointer then.
    buffer.probe(size_of::<*mut C>())?;
    let room = (string.len() + 1).max(size as usize);
    let allocated = local_memory::allocate(0, room * size_of::<C>())?;
    // SAFETY: just allocated with that much room.
    unsafe { Option::<OutBuffer<C>>::from_c(allocated.cast()) }.put(&string, room)?;
    buffer.write(&(allocated as usize).to_ne_bytes())?;
    Ok(string.len() as u32)
}

/// The inserts of a template: an array, or a `va_list`.
fn inserts_at<'a>(place: *const c_void, flags: u32) -> Result<Arguments<'a>, Fault> {
    // SAFETY: the promise of an `In` is no more than that C means the address.
    let (array, list) = unsafe { (Option::<In<usize>>::from_c(place.cast()), Option::from_c(place.cast())) };
    match flags & FORMAT_MESSAGE_ARGUMENT_ARRAY {
        0 => Arguments::of_list(list),
        _ => Ok(array.map_or(Arguments::None, Arguments::Array)),
    }
}

/// Formats a message. The language is not looked at.
///
/// # Errors
/// 0 with `ERROR_MR_MID_NOT_FOUND` for a code that nobody knows, `ERROR_INVALID_PARAMETER`,
/// `ERROR_INSUFFICIENT_BUFFER`, `ERROR_NOT_ENOUGH_MEMORY`, `ERROR_NO_UNICODE_TRANSLATION`; `ERROR_NOACCESS`,
/// also for an insert.
///
/// Source: Windows documentation, `FormatMessage`.
#[export]
pub unsafe fn FormatMessageA(
    flags: u32,
    source: Option<CStrArg>,
    code: u32,
    _language: u32,
    buffer: Option<OutBuffer<c_char>>,
    size: u32,
    arguments: *const c_void,
) -> Result<u32, Win32Error> {
    format_message(flags, source, code, buffer, size, arguments)
}

/// Formats a message: [`FormatMessageA`] with wide characters.
#[export]
pub unsafe fn FormatMessageW(
    flags: u32,
    source: Option<WStrArg>,
    code: u32,
    _language: u32,
    buffer: Option<OutBuffer<WCHAR>>,
    size: u32,
    arguments: *const c_void,
) -> Result<u32, Win32Error> {
    format_message(flags, source, code, buffer, size, arguments)
}
