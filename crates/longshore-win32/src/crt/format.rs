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

use std::ffi::{CStr, c_char, c_int, c_void};

use crate::crt::arguments::{Arguments, CallArguments, Kind, NextArgument};
use crate::crt::cursor::{Format, Size};
use crate::crt::units::{Unit, WideUnit, narrow_to_wide, wide_to_narrow};

/// The caller's buffer: what fits is written, everything is counted.
struct Output<U> {
    buffer: *mut U,
    size: usize,
    length: usize,
}

impl<U: Unit> Output<U> {
    fn put(&mut self, unit: U) {
        // The last place is the terminator's.
        if self.length + 1 < self.size {
            // SAFETY: the C caller promises `size` units at `buffer`, and the index is below it.
            unsafe { self.buffer.add(self.length).write(unit) };
        }
        self.length += 1;
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

    fn finish(self) -> c_int {
        if self.size > 0 {
            // SAFETY: as in `put`; the index is at most `size - 1`.
            unsafe { self.buffer.add(self.length.min(self.size - 1)).write(U::default()) };
        }
        c_int::try_from(self.length).unwrap_or(-1)
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

/// # Safety
/// `buffer` is writable for `size` units; the arguments agree with the format.
unsafe fn format<U: Unit>(buffer: *mut U, size: usize, units: &[U], arguments: &mut impl Arguments) -> c_int {
    let mut output = Output { buffer, size, length: 0 };
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
                let text = arguments.take(Kind::Pointer).pointer;
                // SAFETY: the C caller promises a string of the kind its format says.
                let text = unsafe { string::<U>(text, is_wide::<U>(&wanted), wanted.precision) };
                output.field(&text, wanted.width, wanted.left, wanted.zeros && !wanted.left);
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

/// A string argument as output units, at most `precision` of them and never part of a character.
///
/// # Safety
/// `text` is null, or readable up to its terminator or, with a precision, for as many units as that.
unsafe fn string<U: Unit>(text: *const c_void, wide: bool, precision: Option<usize>) -> Vec<U> {
    let most = precision.unwrap_or(usize::MAX);
    if text.is_null() {
        return b"(null)".iter().take(most).map(|&byte| U::from_ascii(byte)).collect();
    }
    if wide {
        let text: *const WideUnit = text.cast();
        // SAFETY: by the function's promise.
        let length = (0..most).find(|&at| unsafe { *text.add(at) } == 0).unwrap_or(most);
        // SAFETY: `length` units were just read.
        let units = unsafe { std::slice::from_raw_parts(text, length) };
        if U::WIDE {
            return units.iter().map(|&unit| U::from_code(unit as u32)).collect();
        }
        let mut bytes = wide_to_narrow(units);
        if bytes.len() > most {
            let mut cut = most;
            while cut > 0 && bytes[cut] & 0xC0 == 0x80 {
                cut -= 1;
            }
            bytes.truncate(cut);
        }
        bytes.into_iter().map(U::from_byte).collect()
    } else {
        let text: *const u8 = text.cast();
        // SAFETY: by the function's promise; the walk ends at the terminator or the
        // last unit the precision allows.
        let length = unsafe { if U::WIDE { bytes_of_characters(text, most) } else { bytes_of(text, most) } };
        // SAFETY: `length` bytes were just read.
        let bytes = unsafe { std::slice::from_raw_parts(text, length) };
        if U::WIDE {
            return narrow_to_wide(bytes)
                .into_iter()
                .take(most)
                .map(|unit| U::from_code(unit as u32))
                .collect();
        }
        bytes.iter().map(|&byte| U::from_byte(byte)).collect()
    }
}

/// # Safety
/// `text` is readable up to its terminator or for `most` bytes.
unsafe fn bytes_of(text: *const u8, most: usize) -> usize {
    // SAFETY: by the function's promise.
    (0..most).find(|&at| unsafe { *text.add(at) } == 0).unwrap_or(most)
}

/// # Safety
/// `text` is readable up to its terminator or for `most` characters of UTF-8.
unsafe fn bytes_of_characters(text: *const u8, most: usize) -> usize {
    let mut at = 0;
    for _ in 0..most {
        // SAFETY: by the function's promise.
        let first = unsafe { *text.add(at) };
        if first == 0 {
            break;
        }
        at += 1;
        for _ in 0..first.leading_ones().saturating_sub(1).min(3) {
            // SAFETY: the character goes on, or the terminator is here and ends the loop.
            if unsafe { *text.add(at) } & 0xC0 != 0x80 {
                break;
            }
            at += 1;
        }
    }
    at
}

/// `vsnprintf` with Microsoft's narrow formats: what fits and a terminator are written, the whole
/// length is the answer, -1 a failure.
///
/// # Safety
/// `buffer` is writable for `size` bytes (or `size` is 0), `format` is a C string, and `next` with `state`
/// gives arguments that agree with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_crt_format_a(
    buffer: *mut c_char,
    size: usize,
    format: *const c_char,
    next: NextArgument,
    state: *mut c_void,
) -> c_int {
    // SAFETY: by this function's own promise.
    unsafe {
        let mut arguments = CallArguments::new(next, state);
        self::format(buffer.cast::<u8>(), size, CStr::from_ptr(format).to_bytes(), &mut arguments)
    }
}

/// The same for wide formats; sizes and lengths count wide characters.
///
/// # Safety
/// As for [`longshore_crt_format_a`], in wide characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_crt_format_w(
    buffer: *mut WideUnit,
    size: usize,
    format: *const WideUnit,
    next: NextArgument,
    state: *mut c_void,
) -> c_int {
    // SAFETY: by this function's own promise; wcslen stays within the terminated format.
    unsafe {
        let mut arguments = CallArguments::new(next, state);
        let units = std::slice::from_raw_parts(format, libc::wcslen(format));
        self::format(buffer, size, units, &mut arguments)
    }
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
