//! printf with Microsoft's formats, for narrow (UTF-8) and wide (UTF-32) text.
//!
//! glibc's own printf does not fit a program written for Windows in four places, which is why there is an
//! engine here and not a translation of formats: `%s` and `%S` mean the format's own width and the other one;
//! `l` on an integer is 32 bits, because LONG and DWORD are and `%lu` is how programs print them; `I64`,
//! `I32`, `I` and `w` are sizes; and strings are UTF-8 whatever the locale, with width and precision counted
//! in the output's characters. Digits of floating point are the C library's.
//!
//! Not supported on purpose: `%n` (Microsoft disables it: its argument is taken and nothing is stored), and
//! positional arguments (the headers leave such formats to glibc).

use crate::abi::argument::{CStrArg, Callback, Context, In, Out, WStrArg};
use crate::abi::fault::Fault;
use crate::crt::arguments::{Argument, Arguments, CallArguments, Kind, NextArgument};
use crate::crt::cursor::{Format, Size};
use crate::crt::units::{Unit, WideUnit, narrow_to_wide, wide_to_narrow};
use longshore_win32_macros::export;
use smallvec::SmallVec;
use std::ffi::{c_char, c_int};

/// Units that are written to the caller's buffer at a time.
const CHUNK: usize = 256;

/// The caller's buffer: what fits is written, everything is counted.
struct Output<'a, U> {
    buffer: Out<'a, U>,
    /// 0 once a write has failed.
    size: usize,
    length: usize,
    /// The last units that fit. They are not written yet.
    pending: SmallVec<[U; CHUNK]>,
    /// How many were written.
    written: usize,
    result: Result<(), Fault>,
}

impl<'a, U: Unit> Output<'a, U> {
    fn new(buffer: Out<'a, U>, size: usize) -> Self {
        Output { buffer, size, length: 0, pending: SmallVec::new(), written: 0, result: Ok(()) }
    }

    fn put(&mut self, unit: U) {
        // The last place is the terminator's.
        if self.length + 1 < self.size {
            self.pending.push(unit);
            if self.pending.len() == CHUNK {
                self.flush();
            }
        }
        self.length += 1;
    }

    fn flush(&mut self) {
        let written = self.buffer.at(self.written).write_all(&self.pending);
        self.written += self.pending.len();
        self.pending.clear();
        self.note(written);
    }

    fn note(&mut self, result: Result<(), Fault>) {
        if result.is_err() {
            self.result = result;
            self.size = 0;
        }
    }

    fn put_ascii(&mut self, text: &[u8]) {
        for &byte in text {
            self.put(U::from_ascii(byte));
        }
    }

    fn fill(&mut self, byte: u8, count: usize) {
        for _ in 0..count {
            self.put(U::from_ascii(byte));
        }
    }

    /// `text` in a field of `width`.
    fn field(&mut self, text: &[U], width: usize, left: bool, zeros: bool) {
        let padding = width.saturating_sub(text.len());
        if !left {
            self.fill(if zeros { b'0' } else { b' ' }, padding);
        }
        for &unit in text {
            self.put(unit);
        }
        if left {
            self.fill(b' ', padding);
        }
    }

    fn finish(mut self) -> Result<c_int, Fault> {
        if self.size > 0 {
            self.pending.push(U::default()); // In its place, since the others are all that fits before it.
            self.flush();
        }
        self.result?;
        Ok(c_int::try_from(self.length).unwrap_or(-1))
    }
}

/// One `%...` of a format.
#[derive(Clone, Copy, Debug, Default)]
struct Specification {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
    size: Size,
    conversion: u8,
}

impl<U: Unit> Format<'_, U> {
    /// What follows a `%`; `*` takes its argument at once.
    fn specification(&mut self, arguments: &mut impl Arguments) -> Specification {
        let mut found = Specification::default();
        loop {
            match self.peek(0) {
                b'-' => found.left = true,
                b'+' => found.plus = true,
                b' ' => found.space = true,
                b'#' => found.alternate = true,
                b'0' => found.zeros = true,
                _ => break,
            }
            self.at += 1;
        }
        if self.accept(b"*") {
            let width = arguments.take(Kind::Int).integer as i32;
            found.left |= width < 0;
            found.width = width.unsigned_abs() as usize;
        } else {
            found.width = self.number().unwrap_or(0);
        }
        if self.accept(b".") {
            found.precision = if self.accept(b"*") {
                usize::try_from(arguments.take(Kind::Int).integer as i32).ok()
            } else {
                Some(self.number().unwrap_or(0))
            };
        }
        // Not Microsoft's, but glibc's.
        found.size = if self.accept(b"q") { Size::Bits64 } else { self.size() };
        found.conversion = self.peek(0);
        if self.at < self.units.len() {
            self.at += 1;
        }
        found
    }
}

/// The length of the whole text. If an argument is not there, the text ends before it.
fn format<U: Unit>(
    buffer: Out<U>,
    size: usize,
    units: &[U],
    arguments: &mut impl Arguments,
) -> Result<c_int, Fault> {
    let mut output = Output::new(buffer, size);
    let mut format = Format::new(units);
    while let Some(&unit) = units.get(format.at) {
        format.at += 1;
        if unit.ascii() != b'%' {
            output.put(unit);
            continue;
        }
        if format.accept(b"%") {
            output.put_ascii(b"%");
            continue;
        }
        let wanted = format.specification(arguments);
        match wanted.conversion {
            b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => integer(&mut output, wanted, arguments),
            b'p' => {
                let value = arguments.take(Kind::Pointer).pointer as u64;
                let prefix = if wanted.alternate { "0X" } else { "" };
                let text = format!("{prefix}{value:016X}");
                let text: Vec<U> = text.bytes().map(U::from_ascii).collect();
                output.field(&text, wanted.width, wanted.left, false);
            }
            b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A' => real(&mut output, wanted, arguments),
            b'c' | b'C' => character(&mut output, wanted, arguments),
            b's' | b'S' => {
                let argument = arguments.take(Kind::Pointer);
                match string::<U>(&argument, is_wide::<U>(&wanted), wanted.precision) {
                    Ok(text) => {
                        output.field(&text, wanted.width, wanted.left, wanted.zeros && !wanted.left);
                    }
                    Err(fault) => return output.finish().and(Err(fault)),
                }
            }
            b'n' | b'Z' => {
                arguments.take(Kind::Pointer);
            }
            // Not a conversion: Microsoft prints the letter.
            other => output.put_ascii(&[other][..usize::from(other != 0)]),
        }
    }
    output.finish()
}

/// Whether a character or string argument is wide: its own size first, then the format's kind.
fn is_wide<U: Unit>(wanted: &Specification) -> bool {
    match wanted.size {
        Size::Long | Size::Wide => true,
        Size::Short => false,
        _ => U::WIDE == wanted.conversion.is_ascii_lowercase(),
    }
}

fn integer<U: Unit>(output: &mut Output<U>, wanted: Specification, arguments: &mut impl Arguments) {
    let signed = matches!(wanted.conversion, b'd' | b'i');
    let kind = if wanted.size == Size::Bits64 { Kind::LongLong } else { Kind::Int };
    let value = arguments.take(kind).integer;
    // The argument is as wide as its size says; the upper bits of the register are undefined.
    let value = match (wanted.size, signed) {
        (Size::Bits64, _) => value,
        (Size::Byte, true) => i64::from(value as i8),
        (Size::Byte, false) => i64::from(value as u8),
        (Size::Short, true) => i64::from(value as i16),
        (Size::Short, false) => i64::from(value as u16),
        (_, true) => i64::from(value as i32),
        (_, false) => i64::from(value as u32),
    };
    let magnitude = if signed { value.unsigned_abs() } else { value as u64 };
    let mut digits = match wanted.conversion {
        b'x' => format!("{magnitude:x}"),
        b'X' => format!("{magnitude:X}"),
        b'o' => format!("{magnitude:o}"),
        _ => magnitude.to_string(),
    };
    if magnitude == 0 && wanted.precision == Some(0) {
        digits.clear();
    }
    if wanted.conversion == b'o' && wanted.alternate && !digits.starts_with('0') {
        digits.insert(0, '0');
    }
    let prefix: &[u8] = match wanted.conversion {
        _ if signed && value < 0 => b"-",
        _ if signed && wanted.plus => b"+",
        _ if signed && wanted.space => b" ",
        b'x' if wanted.alternate && magnitude != 0 => b"0x",
        b'X' if wanted.alternate && magnitude != 0 => b"0X",
        _ => b"",
    };
    let mut leading = wanted.precision.unwrap_or(0).saturating_sub(digits.len());
    let padding = wanted.width.saturating_sub(prefix.len() + leading + digits.len());
    // With a precision the zero flag is ignored.
    let zeros = wanted.zeros && !wanted.left && wanted.precision.is_none();
    if zeros {
        leading = padding;
    } else if !wanted.left {
        output.fill(b' ', padding);
    }
    output.put_ascii(prefix);
    output.fill(b'0', leading);
    output.put_ascii(digits.as_bytes());
    if wanted.left {
        output.fill(b' ', padding);
    }
}

fn real<U: Unit>(output: &mut Output<U>, wanted: Specification, arguments: &mut impl Arguments) {
    let kind = if wanted.size == Size::LongDouble { Kind::LongDouble } else { Kind::Double };
    let value = arguments.take(kind).real;
    let flags = [(wanted.left, b'-'), (wanted.plus, b'+'), (wanted.space, b' '), (wanted.alternate, b'#')];
    let mut pattern = vec![b'%'];
    pattern.extend(flags.iter().filter(|(set, _)| *set).map(|&(_, flag)| flag));
    if wanted.zeros {
        pattern.push(b'0');
    }
    pattern.extend_from_slice(b"*.*");
    pattern.extend_from_slice(&[wanted.conversion, 0]);
    let width = c_int::try_from(wanted.width).unwrap_or(c_int::MAX);
    let precision = wanted.precision.map_or(-1, |digits| c_int::try_from(digits).unwrap_or(c_int::MAX));
    let mut text = vec![0u8; 128];
    loop {
        // SAFETY: a terminated pattern of "%*.*f" form with exactly its three
        // arguments, and a buffer of the size given.
        let length = unsafe {
            libc::snprintf(
                text.as_mut_ptr().cast(),
                text.len(),
                pattern.as_ptr().cast(),
                width,
                precision,
                value,
            )
        };
        match usize::try_from(length) {
            Ok(length) if length < text.len() => break output.put_ascii(&text[..length]),
            Ok(length) => text.resize(length + 1, 0),
            Err(_) => break,
        }
    }
}

fn character<U: Unit>(output: &mut Output<U>, wanted: Specification, arguments: &mut impl Arguments) {
    let value = arguments.take(Kind::Int).integer;
    let text: Vec<U> = match (U::WIDE, is_wide::<U>(&wanted)) {
        (true, true) => vec![U::from_code(value as u32)],
        (true, false) => vec![U::from_code(u32::from(value as u8))],
        (false, true) => wide_to_narrow(&[value as WideUnit]).into_iter().map(U::from_byte).collect(),
        (false, false) => vec![U::from_byte(value as u8)],
    };
    output.field(&text, wanted.width, wanted.left, false);
}

/// A string argument as output units, at most `precision` of them and never part of a character. With a
/// precision it need not have a terminator.
fn string<U: Unit>(argument: &Argument, wide: bool, precision: Option<usize>) -> Result<Vec<U>, Fault> {
    let most = precision.unwrap_or(usize::MAX);
    let (Some(narrow_text), Some(wide_text)) = (argument.source::<u8>(), argument.source::<WideUnit>())
    else {
        return Ok(b"(null)".iter().take(most).map(|&byte| U::from_ascii(byte)).collect());
    };
    if wide {
        let units = wide_text.string(most)?;
        if U::WIDE {
            return Ok(units.iter().map(|&unit| U::from_code(unit as u32)).collect());
        }
        let mut bytes = wide_to_narrow(&units);
        if bytes.len() > most {
            let mut cut = most;
            while cut > 0 && bytes[cut] & 0xC0 == 0x80 {
                cut -= 1;
            }
            bytes.truncate(cut);
        }
        return Ok(bytes.into_iter().map(U::from_byte).collect());
    }
    if U::WIDE {
        let units = narrow_to_wide(&characters(narrow_text, most)?);
        return Ok(units.into_iter().take(most).map(|unit| U::from_code(unit as u32)).collect());
    }
    Ok(narrow_text.string(most)?.into_iter().map(U::from_byte).collect())
}

/// The bytes of a string that ends at its terminator or after `most` characters of UTF-8.
fn characters(text: In<u8>, most: usize) -> Result<Vec<u8>, Fault> {
    if most == usize::MAX {
        return text.string(most);
    }
    let mut bytes = Vec::new();
    for _ in 0..most {
        let first = text.at(bytes.len()).read()?;
        if first == 0 {
            break;
        }
        bytes.push(first);
        for _ in 0..first.leading_ones().saturating_sub(1).min(3) {
            // The character goes on, or the terminator is here.
            match text.at(bytes.len()).read()? {
                next if next & 0xC0 == 0x80 => bytes.push(next),
                _ => break,
            }
        }
    }
    Ok(bytes)
}

/// `vsnprintf` with Microsoft's narrow formats: what fits and a terminator are written, the whole length is
/// the answer, -1 a failure: what C passes is not there, or is too long to be counted.
#[export(callbacks, failure = -1)]
pub unsafe fn longshore_crt_format_a(
    buffer: Out<c_char>,
    size: usize,
    format: CStrArg,
    next: Option<Callback<NextArgument>>,
    state: Context,
) -> c_int {
    let (Some(next), Ok(units)) = (next, format.bytes(-1)) else { return -1 };
    self::format(buffer.field::<u8>(0), size, units, &mut CallArguments::new(next, state)).unwrap_or(-1)
}

/// The same for wide formats; sizes and lengths count wide characters.
#[export(callbacks, failure = -1)]
pub unsafe fn longshore_crt_format_w(
    buffer: Out<WideUnit>,
    size: usize,
    format: WStrArg,
    next: Option<Callback<NextArgument>>,
    state: Context,
) -> c_int {
    let (Some(next), Ok(units)) = (next, format.units(-1)) else { return -1 };
    self::format(buffer, size, units, &mut CallArguments::new(next, state)).unwrap_or(-1)
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
