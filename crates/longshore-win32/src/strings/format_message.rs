//! `FormatMessage`: the text of an error code, and the template language behind it.

use crate::abi::character::{Character, copy_out};
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::messages::message;
use crate::abi::text::WCHAR;
use crate::abi::va_list::{Arguments, VaList};
use crate::memory::local_memory::LocalAlloc;
use crate::strings::conversion::Conversion;
use libc::c_char;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_MR_MID_NOT_FOUND, ERROR_NOT_ENOUGH_MEMORY,
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

struct Inserts {
    arguments: Arguments,
    /// The words taken so far. A `va_list` can only be read from front to back, inserts come in any order.
    words: Vec<usize>,
}

impl Inserts {
    /// Appends insert `number`, counted from 1. A `*` takes the insert before it as width.
    unsafe fn render<C: Character>(&mut self, number: usize, conversion: &Conversion, out: &mut Vec<u8>) {
        const WIDTH_AND_PRECISION: usize = 2;
        // A list holds only what the template uses, so no word is taken before it is needed; an array can be
        // read in place.
        let place = match self.arguments {
            Arguments::Array(array) if array.is_null() => std::ptr::null(),
            // SAFETY: the caller gave as many words as the template uses.
            Arguments::Array(array) => unsafe { array.add(number - 1) },
            Arguments::List(_) => {
                let needed = (number + conversion.arguments() - 1).min(INSERT_MAX + WIDTH_AND_PRECISION);
                while self.words.len() < needed {
                    // SAFETY: as above.
                    self.words.push(unsafe { self.arguments.next() });
                }
                &raw const self.words[number - 1]
            }
        };
        // SAFETY: as above.
        unsafe { conversion.render::<C>(&mut Arguments::Array(place), out) };
    }
}

impl Template<'_> {
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for an insert that is not well formed.
    ///
    /// # Safety
    /// The inserts are what the template says.
    unsafe fn expand<C: Character>(&self, inserts: &mut Inserts) -> Result<Vec<u8>, Win32Error> {
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
                            // SAFETY: the caller's promise.
                            let taken = unsafe { self.insert::<C>(rest, inserts, &mut out) }?;
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
    unsafe fn insert<C: Character>(
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
        if !self.keep_inserts && inserts.arguments.is_null() {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        if self.keep_inserts {
            out.push(b'%');
            out.extend_from_slice(&rest[..taken]);
        } else {
            // SAFETY: the caller's promise.
            unsafe { inserts.render::<C>(number, &conversion, out) };
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
unsafe fn format_message<C: Character>(
    flags: u32,
    source: *const c_void,
    code: u32,
    buffer: *mut C,
    size: u32,
    arguments: *const c_void,
) -> Result<u32, Win32Error> {
    if buffer.is_null() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let from_table = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE;
    let template = if flags & FORMAT_MESSAGE_FROM_STRING != 0 {
        // SAFETY: the caller's promise: the source is a string.
        unsafe { C::text(source.cast()) }?.into_bytes()
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
    let arguments = if flags & FORMAT_MESSAGE_ARGUMENT_ARRAY != 0 {
        Arguments::Array(arguments.cast())
    } else {
        Arguments::List(arguments.cast::<VaList>().cast_mut())
    };
    // SAFETY: the caller's promise: the arguments are what the template says.
    let text = unsafe { template.expand::<C>(&mut Inserts { arguments, words: Vec::new() }) }?;
    let string = C::encode(&template.wrap(text));
    if flags & FORMAT_MESSAGE_ALLOCATE_BUFFER == 0 {
        // SAFETY: the caller's promise: room for `size`.
        return if unsafe { copy_out(&string, buffer, size as usize) } {
            Ok(string.len() as u32)
        } else {
            Err(Win32Error(ERROR_INSUFFICIENT_BUFFER))
        };
    }
    let room = (string.len() + 1).max(size as usize);
    let allocated = LocalAlloc(0, room * size_of::<C>()).cast::<C>();
    if allocated.is_null() {
        return Err(Win32Error(ERROR_NOT_ENOUGH_MEMORY));
    }
    // SAFETY: just allocated with that much room; and with this flag `buffer` points to a pointer.
    unsafe {
        copy_out(&string, allocated, room);
        buffer.cast::<*mut C>().write_unaligned(allocated);
    }
    Ok(string.len() as u32)
}

fn length_or_error(result: Result<u32, Win32Error>) -> u32 {
    result.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        0
    })
}

/// Formats a message. A code nobody knows is `ERROR_MR_MID_NOT_FOUND`; the language is not looked at.
///
/// Source: Windows documentation, `FormatMessage`.
#[export]
pub unsafe fn FormatMessageA(
    flags: u32,
    source: *const c_void,
    code: u32,
    _language: u32,
    buffer: *mut c_char,
    size: u32,
    arguments: *const c_void,
) -> u32 {
    // SAFETY: the caller's promise.
    length_or_error(unsafe { format_message(flags, source, code, buffer, size, arguments) })
}

/// Formats a message: [`FormatMessageA`] with wide characters.
#[export]
pub unsafe fn FormatMessageW(
    flags: u32,
    source: *const c_void,
    code: u32,
    _language: u32,
    buffer: *mut WCHAR,
    size: u32,
    arguments: *const c_void,
) -> u32 {
    // SAFETY: the caller's promise.
    length_or_error(unsafe { format_message(flags, source, code, buffer, size, arguments) })
}
