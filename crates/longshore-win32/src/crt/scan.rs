//! scanf with Microsoft's formats, for narrow (UTF-8) and wide (UTF-32) input.
//!
//! Besides what [`crt_format`](crate::crt::format) says of sizes and of `%s` and `%S`: the bounded functions
//! take, after the pointer of every `%s`, `%c` and `%[`, the size of the buffer as an unsigned int. A field
//! that does not fit empties the buffer and ends the scan, so that nothing is ever written beyond it.
//!
//! `l` on an integer has 32 bits, as in printf and on Windows, where it names DWORD and `long` alike. Where
//! the call passes the address of a `long` of this compiler, the headers see its type and say so, and it gets
//! 64 bits (`longshore/crt/stdio/scan_types.h`).

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

use crate::crt::arguments::{Arguments, CallArguments, Kind, NextArgument};
use crate::crt::cursor::{Format, Size};
use crate::crt::units::{Unit, WideUnit, narrow_to_wide, wide_to_narrow};

/// `struct longshore_source` of `longshore/crt/stdio/scan.h`: units one at a time, -1 at the end.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Source {
    get: unsafe extern "C" fn(*mut c_void) -> c_int,
    unget: unsafe extern "C" fn(*mut c_void, c_int),
    state: *mut c_void,
}

/// LONGSHORE_SCAN_BOUNDED.
const BOUNDED: c_uint = 1;

/// The input with one unit of look-ahead, which goes back to the source at the end.
struct Input {
    source: Source,
    ahead: Option<c_int>,
    consumed: usize,
}

impl Input {
    fn peek(&mut self) -> c_int {
        // SAFETY: the C caller promises a source whose functions may be called with its state.
        *self.ahead.get_or_insert_with(|| unsafe { (self.source.get)(self.source.state) })
    }

    fn skip(&mut self) {
        self.ahead = None;
        self.consumed += 1;
    }

    fn skip_spaces(&mut self) {
        while is_space(self.peek()) {
            self.skip();
        }
    }

    /// The unit ahead as ASCII, 0 for everything else.
    fn ascii(&mut self) -> u8 {
        u8::try_from(self.peek()).ok().filter(u8::is_ascii).unwrap_or(0)
    }

    /// Takes the unit ahead into `token` when it is one of `set` and `room` is left.
    fn take_one_of(&mut self, set: &[u8], token: &mut Vec<u8>, room: usize) -> bool {
        let unit = self.ascii();
        let taken = unit != 0 && token.len() < room && set.contains(&unit.to_ascii_lowercase());
        if taken {
            token.push(unit);
            self.skip();
        }
        taken
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        if let Some(unit) = self.ahead.filter(|&unit| unit != -1) {
            // SAFETY: as in `peek`; exactly one unit goes back.
            unsafe { (self.source.unget)(self.source.state, unit) };
        }
    }
}

fn is_space(unit: c_int) -> bool {
    matches!(unit, 0x20 | 0x09..=0x0D)
}

/// Why a conversion gave nothing.
enum Stop {
    /// The input ended before a match: EOF if nothing was stored yet.
    End,
    /// The input does not match the format, or the field does not fit into its buffer.
    Mismatch,
}

/// The characters `%[` accepts.
struct Set {
    inverted: bool,
    ranges: Vec<(u32, u32)>,
}

impl Set {
    fn contains(&self, code: u32) -> bool {
        self.ranges.iter().any(|&(first, last)| (first..=last).contains(&code)) != self.inverted
    }
}

struct Scan<'f, U> {
    format: Format<'f, U>,
    input: Input,
    bounded: bool,
    fields: c_int,
}

impl<U: Unit> Scan<'_, U> {
    /// # Safety
    /// The arguments agree with the format: every pointer is writable for what its conversion stores.
    unsafe fn run(mut self, arguments: &mut impl Arguments) -> c_int {
        while let Some(&unit) = self.format.units.get(self.format.at) {
            self.format.at += 1;
            let step = if is_space(unit.code() as c_int) {
                self.input.skip_spaces();
                Ok(())
            } else if unit.ascii() != b'%' || self.format.peek(0) == b'%' {
                if unit.ascii() == b'%' {
                    self.format.at += 1;
                    self.input.skip_spaces();
                }
                self.literal(unit)
            } else {
                // SAFETY: by the function's promise.
                unsafe { self.conversion(arguments) }
            };
            match step {
                Ok(()) => {}
                Err(Stop::End) if self.fields == 0 => return -1,
                Err(_) => break,
            }
        }
        self.fields
    }

    fn literal(&mut self, unit: U) -> Result<(), Stop> {
        match self.input.peek() {
            -1 => Err(Stop::End),
            found if found as u32 == unit.code() => {
                self.input.skip();
                Ok(())
            }
            _ => Err(Stop::Mismatch),
        }
    }

    /// # Safety
    /// As for `run`.
    unsafe fn conversion(&mut self, arguments: &mut impl Arguments) -> Result<(), Stop> {
        let suppressed = self.format.accept(b"*");
        let width = self.format.number().unwrap_or(0);
        let size = self.format.size();
        let conversion = self.format.peek(0);
        self.format.at += 1;
        let set = (conversion == b'[').then(|| self.set());
        if !matches!(conversion, b'c' | b'C' | b'[' | b'n') {
            self.input.skip_spaces();
        }
        if conversion != b'n' && self.input.peek() == -1 {
            return Err(Stop::End);
        }
        let mut pointer =
            || if suppressed { std::ptr::null_mut() } else { arguments.take(Kind::Pointer).pointer };
        match conversion {
            b'd' | b'i' | b'u' | b'x' | b'X' | b'o' | b'p' => {
                let value = self.integer(conversion, width)?;
                let size = if conversion == b'p' { Size::Bits64 } else { size };
                let (place, size) =
                    if suppressed { (std::ptr::null_mut(), size) } else { place(arguments, size) };
                // SAFETY: by the function's promise.
                unsafe { store_integer(place, size, value) };
            }
            b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A' => {
                let value = self.real(width)?;
                // SAFETY: by the function's promise.
                unsafe { store_real(pointer(), size, value) };
            }
            b's' | b'S' | b'c' | b'C' | b'[' => {
                let wide = match size {
                    Size::Long | Size::Wide => true,
                    Size::Short => false,
                    _ => U::WIDE != matches!(conversion, b'S' | b'C'),
                };
                let destination = pointer();
                let room = if suppressed || !self.bounded {
                    usize::MAX
                } else {
                    // An unsigned int: a size_t argument arrives as one as well.
                    arguments.take(Kind::Int).integer as u32 as usize
                };
                // SAFETY: by the function's promise, `room` units at `destination`.
                return unsafe { self.text(conversion, set, width, wide, destination, room) };
            }
            b'n' => {
                let value = self.input.consumed as i64;
                let (place, size) =
                    if suppressed { (std::ptr::null_mut(), size) } else { place(arguments, size) };
                // SAFETY: by the function's promise.
                unsafe { store_integer(place, size, value) };
                return Ok(());
            }
            _ => return Err(Stop::Mismatch),
        }
        self.fields += c_int::from(!suppressed);
        Ok(())
    }

    /// Up to the `]`; one that comes first belongs to the set.
    fn set(&mut self) -> Set {
        let mut set = Set { inverted: self.format.accept(b"^"), ranges: Vec::new() };
        let start = self.format.at;
        while let Some(&unit) = self.format.units.get(self.format.at) {
            if unit.ascii() == b']' && self.format.at > start {
                self.format.at += 1;
                break;
            }
            let first = unit.code();
            self.format.at += 1;
            let last = match (self.format.peek(0), self.format.units.get(self.format.at + 1)) {
                (b'-', Some(last)) if last.ascii() != b']' => last.code(),
                _ => first,
            };
            if last != first {
                self.format.at += 2;
            }
            set.ranges.push((first.min(last), first.max(last)));
        }
        set
    }

    fn integer(&mut self, conversion: u8, width: usize) -> Result<i64, Stop> {
        let room = if width == 0 { usize::MAX } else { width };
        let mut token = Vec::new();
        let input = &mut self.input;
        input.take_one_of(b"+-", &mut token, room);
        let negative = token == b"-";
        let mut radix = match conversion {
            b'x' | b'X' | b'p' => 16,
            b'o' => 8,
            b'i' => 0,
            _ => 10,
        };
        let mut any = false;
        if matches!(radix, 0 | 16) && input.take_one_of(b"0", &mut token, room) {
            any = true;
            if input.take_one_of(b"x", &mut token, room) {
                radix = 16;
                any = false;
            } else if radix == 0 {
                radix = 8;
            }
        }
        let radix = if radix == 0 { 10 } else { radix };
        let mut value = 0u64;
        while token.len() < room {
            let Some(digit) = char::from(input.ascii()).to_digit(radix) else { break };
            token.push(0);
            input.skip();
            any = true;
            value = value.saturating_mul(u64::from(radix)).saturating_add(u64::from(digit));
        }
        if !any {
            return Err(Stop::Mismatch);
        }
        let signed = matches!(conversion, b'd' | b'i');
        Ok(match (negative, signed) {
            (true, _) => 0i64.wrapping_sub_unsigned(if signed { value.min(1 << 63) } else { value }),
            (false, true) => i64::try_from(value).unwrap_or(i64::MAX),
            (false, false) => value as i64,
        })
    }

    fn real(&mut self, width: usize) -> Result<f64, Stop> {
        let room = if width == 0 { usize::MAX } else { width };
        let mut token = Vec::new();
        let input = &mut self.input;
        input.take_one_of(b"+-", &mut token, room);
        let sign = token.len();
        if matches!(input.ascii().to_ascii_lowercase(), b'i' | b'n') {
            while input.take_one_of(b"infatyINFATY", &mut token, room) {}
        } else {
            let hexadecimal =
                input.take_one_of(b"0", &mut token, room) && input.take_one_of(b"x", &mut token, room);
            let digits: &[u8] = if hexadecimal { b"0123456789abcdef" } else { b"0123456789" };
            while input.take_one_of(digits, &mut token, room) {}
            if input.take_one_of(b".", &mut token, room) {
                while input.take_one_of(digits, &mut token, room) {}
            }
            let exponent: &[u8] = if hexadecimal { b"p" } else { b"e" };
            if token.len() > sign && input.take_one_of(exponent, &mut token, room) {
                input.take_one_of(b"+-", &mut token, room);
                while input.take_one_of(b"0123456789", &mut token, room) {}
            }
        }
        token.push(0);
        let mut end = std::ptr::null_mut();
        // SAFETY: a terminated token; strtod leaves `end` within it.
        let value = unsafe { libc::strtod(token.as_ptr().cast(), &mut end) };
        if end.cast_const().cast::<u8>() == token.as_ptr() { Err(Stop::Mismatch) } else { Ok(value) }
    }

    /// # Safety
    /// `destination` is null or writable for `room` units of its kind.
    unsafe fn text(
        &mut self,
        conversion: u8,
        set: Option<Set>,
        width: usize,
        wide: bool,
        destination: *mut c_void,
        room: usize,
    ) -> Result<(), Stop> {
        let single = matches!(conversion, b'c' | b'C');
        let most = match (width, single) {
            (0, true) => 1,
            (0, false) => usize::MAX,
            _ => width,
        };
        let mut found: Vec<U> = Vec::new();
        // One unit more than the room shows that the field does not fit; the rest is not stored.
        while found.len() < most && found.len() <= room {
            let unit = self.input.peek();
            let fits = match &set {
                Some(set) => set.contains(unit as u32),
                None => single || !is_space(unit),
            };
            if unit == -1 || !fits {
                break;
            }
            found.push(U::from_code(unit as u32));
            self.input.skip();
        }
        if found.is_empty() || (single && found.len() < most && self.input.peek() == -1) {
            return Err(if self.input.peek() == -1 { Stop::End } else { Stop::Mismatch });
        }
        if destination.is_null() {
            return Ok(());
        }
        let stored = if wide {
            // SAFETY: by the function's promise.
            unsafe { store_text::<WideUnit>(destination.cast(), &to_wide_units(&found), !single, room) }
        } else {
            // SAFETY: by the function's promise.
            unsafe { store_text::<u8>(destination.cast(), &to_narrow_units(&found), !single, room) }
        };
        if !stored {
            return Err(Stop::Mismatch);
        }
        self.fields += 1;
        Ok(())
    }
}

fn to_wide_units<U: Unit>(found: &[U]) -> Vec<WideUnit> {
    if U::WIDE {
        found.iter().map(|unit| unit.code() as WideUnit).collect()
    } else {
        narrow_to_wide(&found.iter().map(|unit| unit.code() as u8).collect::<Vec<_>>())
    }
}

fn to_narrow_units<U: Unit>(found: &[U]) -> Vec<u8> {
    if U::WIDE {
        wide_to_narrow(&found.iter().map(|unit| unit.code() as WideUnit).collect::<Vec<_>>())
    } else {
        found.iter().map(|unit| unit.code() as u8).collect()
    }
}

/// Returns whether it fitted; otherwise the buffer is empty.
///
/// # Safety
/// `destination` is writable for `room` units, or for what is stored when `room` is unbounded.
unsafe fn store_text<V: Unit>(destination: *mut V, text: &[V], terminated: bool, room: usize) -> bool {
    let fits = text.len() + usize::from(terminated) <= room;
    // SAFETY: no more than `room` units are written.
    unsafe {
        if fits {
            std::ptr::copy_nonoverlapping(text.as_ptr(), destination, text.len());
            if terminated {
                destination.add(text.len()).write(V::default());
            }
        } else if room > 0 {
            destination.write(V::default());
        }
    }
    fits
}

/// Where an integer goes, and its size in bits.
fn place(arguments: &mut impl Arguments, size: Size) -> (*mut c_void, Size) {
    if size != Size::Long {
        return (arguments.take(Kind::Pointer).pointer, size);
    }
    let argument = arguments.take(Kind::LongPointer);
    (argument.pointer, if argument.integer == 8 { Size::Bits64 } else { Size::Bits32 })
}

/// # Safety
/// `pointer` is null or writable for an integer of `size`.
unsafe fn store_integer(pointer: *mut c_void, size: Size, value: i64) {
    if pointer.is_null() {
        return;
    }
    // SAFETY: by the function's promise; an unaligned address is the program's right on this platform.
    unsafe {
        match size {
            Size::Byte => pointer.cast::<i8>().write_unaligned(value as i8),
            Size::Short => pointer.cast::<i16>().write_unaligned(value as i16),
            Size::Plain | Size::Long | Size::Bits32 | Size::Wide => {
                pointer.cast::<i32>().write_unaligned(value as i32)
            }
            Size::Bits64 | Size::LongDouble => pointer.cast::<i64>().write_unaligned(value),
        }
    }
}

/// # Safety
/// `pointer` is null or writable for a floating-point number of `size`.
unsafe fn store_real(pointer: *mut c_void, size: Size, value: f64) {
    if pointer.is_null() {
        return;
    }
    // SAFETY: by the function's promise.
    unsafe {
        match size {
            Size::Plain => pointer.cast::<f32>().write_unaligned(value as f32),
            Size::LongDouble => {
                // A long double is not a type of Rust's: the C library converts.
                let text = format!("{value:e}\0");
                libc::sscanf(text.as_ptr().cast(), c"%Lf".as_ptr(), pointer);
            }
            _ => pointer.cast::<f64>().write_unaligned(value),
        }
    }
}

/// # Safety
/// As for the exported functions.
unsafe fn scan<U: Unit>(
    source: *const Source,
    format: &[U],
    flags: c_uint,
    next: NextArgument,
    state: *mut c_void,
) -> c_int {
    // SAFETY: by the exported functions' promise.
    unsafe {
        let input = Input { source: *source, ahead: None, consumed: 0 };
        let mut arguments = CallArguments::new(next, state);
        Scan { format: Format::new(format), input, bounded: flags & BOUNDED != 0, fields: 0 }
            .run(&mut arguments)
    }
}

/// Scans narrow input; answers the number of fields stored, or -1 when the input ended before the first.
///
/// # Safety
/// `source` points to a source that may be used, `format` is a C string, and `next` with `state`
/// gives arguments that agree with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_crt_scan_a(
    source: *const Source,
    format: *const c_char,
    flags: c_uint,
    next: NextArgument,
    state: *mut c_void,
) -> c_int {
    // SAFETY: by this function's own promise.
    unsafe { scan(source, CStr::from_ptr(format).to_bytes(), flags, next, state) }
}

/// The same for wide input.
///
/// # Safety
/// As for [`longshore_crt_scan_a`], with a wide format.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_crt_scan_w(
    source: *const Source,
    format: *const WideUnit,
    flags: c_uint,
    next: NextArgument,
    state: *mut c_void,
) -> c_int {
    // SAFETY: by this function's own promise; wcslen stays within the terminated format.
    unsafe { scan(source, std::slice::from_raw_parts(format, libc::wcslen(format)), flags, next, state) }
}
