//! scanf with Microsoft's formats, for narrow (UTF-8) and wide (UTF-32) input.
//!
//! Besides what [`crt_format`](crate::crt::format) says of sizes and of `%s` and `%S`: the bounded functions
//! take, after the pointer of every `%s`, `%c` and `%[`, the size of the buffer as an unsigned int. A field
//! that does not fit empties the buffer and ends the scan, so that nothing is ever written beyond it.
//!
//! `l` on an integer has 32 bits, as in printf and on Windows, where it names DWORD and `long` alike. Where
//! the call passes the address of a `long` of this compiler, the headers see its type and say so, and it gets
//! 64 bits (`longshore/crt/stdio/scan_types.h`).

use crate::abi::argument::{
    Argument as _, CStrArg, Callback, Context, In, Out, WStrArg, WriteIfAsked, plain,
};
use crate::abi::fault::Fault;
use crate::crt::arguments::{Argument, Arguments, CallArguments, Kind, NextArgument};
use crate::crt::cursor::{Format, Size};
use crate::crt::units::{Unit, WideUnit, narrow_to_wide, wide_to_narrow};
use longshore_win32_macros::export;
use std::ffi::{c_int, c_uint, c_void};

type Get = unsafe extern "C-unwind" fn(*mut c_void) -> c_int;
type Unget = unsafe extern "C-unwind" fn(*mut c_void, c_int);

/// `struct longshore_source` of `longshore/crt/stdio/scan.h`: units one at a time, -1 at the end.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Source {
    get: Option<Get>,
    unget: Option<Unget>,
    state: *mut c_void,
}

plain!(Source);

/// LONGSHORE_SCAN_BOUNDED.
const BOUNDED: c_uint = 1;

/// The input with one unit of look-ahead, which goes back to the source at the end.
struct Input {
    get: Callback<Get>,
    unget: Callback<Unget>,
    state: *mut c_void,
    ahead: Option<c_int>,
    consumed: usize,
}

impl Input {
    fn of(source: In<Source>) -> Result<Input, Fault> {
        let Source { get, unget, state } = source.read()?;
        // SAFETY: what C promises of a source is what these types state.
        let (get, unget) = unsafe { (Option::<Callback<Get>>::from_c(get), Option::from_c(unget)) };
        let (get, unget) = get.zip(unget).ok_or(Fault::Access)?;
        Ok(Input { get, unget, state, ahead: None, consumed: 0 })
    }

    fn peek(&mut self) -> c_int {
        // SAFETY: what a source's functions are called with.
        *self.ahead.get_or_insert_with(|| unsafe { self.get.call(self.state) })
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
            unsafe { self.unget.call(self.state, unit) };
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
    /// An argument's place is not there.
    Nowhere,
}

impl From<Fault> for Stop {
    fn from(_: Fault) -> Stop {
        Stop::Nowhere
    }
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
    /// The number of fields.
    fn run(mut self, arguments: &mut impl Arguments) -> c_int {
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
                self.conversion(arguments)
            };
            match step {
                Ok(()) => {}
                Err(Stop::End) if self.fields == 0 => return -1,
                Err(Stop::Nowhere) => return -1,
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

    fn conversion(&mut self, arguments: &mut impl Arguments) -> Result<(), Stop> {
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
        // What is suppressed has no argument, and goes nowhere.
        let mut pointer = || if suppressed { Argument::default() } else { arguments.take(Kind::Pointer) };
        match conversion {
            b'd' | b'i' | b'u' | b'x' | b'X' | b'o' | b'p' => {
                let value = self.integer(conversion, width)?;
                let size = if conversion == b'p' { Size::Bits64 } else { size };
                let (place, size) =
                    if suppressed { (Argument::default(), size) } else { place(arguments, size) };
                store_integer(&place, size, value)?;
            }
            b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A' => {
                let value = self.real(width)?;
                store_real(&pointer(), size, value)?;
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
                return self.text(conversion, set, width, wide, &destination, room);
            }
            b'n' => {
                let value = self.input.consumed as i64;
                let (place, size) =
                    if suppressed { (Argument::default(), size) } else { place(arguments, size) };
                return Ok(store_integer(&place, size, value)?);
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

    fn text(
        &mut self,
        conversion: u8,
        set: Option<Set>,
        width: usize,
        wide: bool,
        destination: &Argument,
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
        let (Some(narrow), Some(wider)) = (destination.place(), destination.place()) else { return Ok(()) };
        let stored = if wide {
            store_text::<WideUnit>(wider, to_wide_units(&found), !single, room)?
        } else {
            store_text::<u8>(narrow, to_narrow_units(&found), !single, room)?
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
fn store_text<V: Unit>(
    place: Out<V>,
    mut text: Vec<V>,
    terminated: bool,
    room: usize,
) -> Result<bool, Fault> {
    if terminated {
        text.push(V::default());
    }
    let fits = text.len() <= room;
    if fits {
        place.write_all(&text)?;
    } else if room > 0 {
        place.write(V::default())?;
    }
    Ok(fits)
}

/// Where an integer goes, and its size in bits.
fn place(arguments: &mut impl Arguments, size: Size) -> (Argument, Size) {
    if size != Size::Long {
        return (arguments.take(Kind::Pointer), size);
    }
    let argument = arguments.take(Kind::LongPointer);
    (argument, if argument.integer == 8 { Size::Bits64 } else { Size::Bits32 })
}

fn store_integer(argument: &Argument, size: Size, value: i64) -> Result<(), Fault> {
    match size {
        Size::Byte => argument.place().write_if_asked(value as i8),
        Size::Short => argument.place().write_if_asked(value as i16),
        Size::Plain | Size::Long | Size::Bits32 | Size::Wide => argument.place().write_if_asked(value as i32),
        Size::Bits64 | Size::LongDouble => argument.place().write_if_asked(value),
    }
}

fn store_real(argument: &Argument, size: Size, value: f64) -> Result<(), Fault> {
    match size {
        Size::Plain => argument.place().write_if_asked(value as f32),
        Size::LongDouble => argument.place().write_if_asked(LongDouble::of(value)),
        _ => argument.place().write_if_asked(value),
    }
}

/// A `long double`, which is not a type of Rust's.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct LongDouble([u8; 16]);

impl LongDouble {
    fn of(value: f64) -> LongDouble {
        let mut converted = LongDouble([0; 16]);
        let text = format!("{value:e}\0");
        // SAFETY: a terminated text, and a long double of the C library's.
        unsafe { libc::sscanf(text.as_ptr().cast(), c"%Lf".as_ptr(), &raw mut converted) };
        converted
    }
}

fn scan<U: Unit>(
    source: In<Source>,
    format: Result<&[U], Fault>,
    flags: c_uint,
    next: Option<Callback<NextArgument>>,
    state: Context,
) -> Result<c_int, Fault> {
    let mut arguments = CallArguments::new(next.ok_or(Fault::Access)?, state);
    let (format, input) = (Format::new(format?), Input::of(source)?);
    Ok(Scan { format, input, bounded: flags & BOUNDED != 0, fields: 0 }.run(&mut arguments))
}

/// Scans narrow input; answers the number of fields stored, or -1 when the input ended before the first, or
/// what C passes is not there.
#[export(callbacks, failure = -1)]
pub unsafe fn longshore_crt_scan_a(
    source: In<Source>,
    format: CStrArg,
    flags: c_uint,
    next: Option<Callback<NextArgument>>,
    state: Context,
) -> c_int {
    scan(source, format.bytes(-1), flags, next, state).unwrap_or(-1)
}

/// The same for wide input.
#[export(callbacks, failure = -1)]
pub unsafe fn longshore_crt_scan_w(
    source: In<Source>,
    format: WStrArg,
    flags: c_uint,
    next: Option<Callback<NextArgument>>,
    state: Context,
) -> c_int {
    scan(source, format.units(-1), flags, next, state).unwrap_or(-1)
}
