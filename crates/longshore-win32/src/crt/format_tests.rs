use std::collections::VecDeque;
use std::ffi::{CStr, c_char, c_void};

use super::*;
use crate::abi::argument::Argument as _;

enum Value {
    Int(i32),
    Wide(i64),
    Real(f64),
    Text(&'static [u8]),
    WideText(Vec<WideUnit>),
    Null,
    Nowhere,
}

struct Values(VecDeque<Value>);

impl Arguments for Values {
    fn take(&mut self, kind: Kind) -> Argument {
        let mut argument = Argument::default();
        match (self.0.pop_front().expect("the format takes no more than it was given"), kind) {
            // The bits of a register above an int are undefined: garbage here.
            (Value::Int(value), Kind::Int) => argument.integer = i64::from(value) ^ (0x5A << 40),
            (Value::Wide(value), Kind::LongLong) => argument.integer = value,
            (Value::Real(value), Kind::Double | Kind::LongDouble) => argument.real = value,
            (Value::Text(text), Kind::Pointer) => argument.pointer = text.as_ptr() as *mut c_void,
            (Value::WideText(text), Kind::Pointer) => argument.pointer = text.leak().as_mut_ptr().cast(),
            (Value::Null, Kind::Pointer) => {}
            (Value::Nowhere, Kind::Pointer) => argument.pointer = 8 as *mut c_void,
            (_, kind) => panic!("asked as {kind:?}"),
        }
        argument
    }
}

fn wide(text: &str) -> Vec<WideUnit> {
    text.chars().map(|character| character as WideUnit).chain([0]).collect()
}

/// What the engine writes to so many units of a buffer.
fn format_into<U: Unit>(buffer: &mut [U], units: &[U], values: Vec<Value>) -> Result<c_int, Fault> {
    // SAFETY: the buffer is there.
    let place = unsafe { Out::from_c(buffer.as_mut_ptr()) };
    format(place, buffer.len(), units, &mut Values(values.into()))
}

fn narrow_format(text: &str, values: Vec<Value>) -> String {
    let mut buffer = [0u8; 256];
    let length = format_into(&mut buffer, text.as_bytes(), values).unwrap();
    String::from_utf8(buffer[..length as usize].to_vec()).unwrap()
}

fn wide_format(text: &str, values: Vec<Value>) -> String {
    let mut buffer = [0 as WideUnit; 256];
    let mut units = wide(text);
    units.pop();
    let length = format_into(&mut buffer, &units, values).unwrap();
    buffer[..length as usize].iter().map(|&unit| char::from_u32(unit as u32).unwrap()).collect()
}

#[test]
fn s_is_the_formats_own_width_and_capital_s_the_other() {
    assert_eq!(narrow_format("%s|%S", vec![Value::Text(b"n\0"), Value::WideText(wide("w한"))]), "n|w한");
    assert_eq!(
        wide_format("%s|%S", vec![Value::WideText(wide("w한")), Value::Text("n글\0".as_bytes())]),
        "w한|n글"
    );
    assert_eq!(wide_format("%c%C", vec![Value::Int(0xAC00), Value::Int(0x41)]), "가A");
    assert_eq!(narrow_format("%c%C", vec![Value::Int(0x41), Value::Int(0xAC00)]), "A가");
}

#[test]
fn a_size_before_s_overrules_the_format() {
    for text in ["%hs %ls %ws", "%hS %lS %wS"] {
        let values = || vec![Value::Text(b"a\0"), Value::WideText(wide("b")), Value::WideText(wide("c"))];
        assert_eq!(narrow_format(text, values()), "a b c");
        assert_eq!(wide_format(text, values()), "a b c");
    }
}

#[test]
fn long_integers_have_the_32_bits_of_windows_and_ignore_the_rest_of_the_register() {
    assert_eq!(
        narrow_format("%lu %ld %lx", vec![Value::Int(-1), Value::Int(-1), Value::Int(-1)]),
        "4294967295 -1 ffffffff"
    );
    assert_eq!(narrow_format("%d %u", vec![Value::Int(-5), Value::Int(-1)]), "-5 4294967295");
    assert_eq!(narrow_format("%hd %hhu", vec![Value::Int(0x18000), Value::Int(0x1FF)]), "-32768 255");
}

#[test]
fn sixty_four_bit_sizes() {
    let big = -1234567890123i64;
    for size in ["I64", "ll", "j", "t", "z", "I"] {
        assert_eq!(narrow_format(&format!("%{size}d"), vec![Value::Wide(big)]), big.to_string());
    }
    assert_eq!(wide_format("%I64X", vec![Value::Wide(-1)]), "FFFFFFFFFFFFFFFF");
    assert_eq!(narrow_format("%I32d", vec![Value::Int(-7)]), "-7");
}

#[test]
fn flags_width_and_precision_of_integers() {
    let one = |format: &str, value| narrow_format(format, vec![Value::Int(value)]);
    assert_eq!(one("[%5d]", 42), "[   42]");
    assert_eq!(one("[%-5d]", 42), "[42   ]");
    assert_eq!(one("[%05d]", -42), "[-0042]");
    assert_eq!(one("[%+d]", 42), "[+42]");
    assert_eq!(one("[% d]", 42), "[ 42]");
    assert_eq!(one("[%8.4d]", 42), "[    0042]");
    assert_eq!(one("[%08.4d]", 42), "[    0042]");
    assert_eq!(one("[%#x]", 255), "[0xff]");
    assert_eq!(one("[%#010X]", 255), "[0X000000FF]");
    assert_eq!(one("[%#o]", 8), "[010]");
    assert_eq!(one("[%.0d]", 0), "[]");
    assert_eq!(narrow_format("[%*d]", vec![Value::Int(-4), Value::Int(7)]), "[7   ]");
    assert_eq!(narrow_format("[%.*d]", vec![Value::Int(3), Value::Int(7)]), "[007]");
}

#[test]
fn real_numbers_are_the_c_librarys() {
    assert_eq!(
        narrow_format("%.2f %8.3e %g", vec![Value::Real(2.5), Value::Real(-1234.5), Value::Real(0.1)]),
        "2.50 -1.234e+03 0.1"
    );
    assert_eq!(wide_format("[%-10.1lf]", vec![Value::Real(2.25)]), "[2.2       ]");
    assert_eq!(narrow_format("%.200f", vec![Value::Real(1.0)]).len(), 202);
}

#[test]
fn string_width_and_precision_count_characters_in_wide_text_and_never_split_one_in_narrow() {
    assert_eq!(
        wide_format("[%5s][%.1s]", vec![Value::WideText(wide("한글")), Value::WideText(wide("한글"))]),
        "[   한글][한]"
    );
    assert_eq!(narrow_format("[%.4S]", vec![Value::WideText(wide("한글"))]), "[한]");
    assert_eq!(wide_format("[%.1S]", vec![Value::Text("한글\0".as_bytes())]), "[한]");
    // Without a terminator, only what the precision allows may be read.
    assert_eq!(narrow_format("%.3s", vec![Value::Text(b"abc")]), "abc");
}

#[test]
fn a_null_string_prints_as_null() {
    assert_eq!(narrow_format("%s", vec![Value::Null]), "(null)");
    assert_eq!(wide_format("%8s", vec![Value::Null]), "  (null)");
}

#[test]
fn pointers_are_sixteen_upper_case_digits() {
    assert_eq!(narrow_format("%p", vec![Value::Null]), "0000000000000000");
}

#[test]
fn percent_and_unknown_letters_take_no_argument() {
    assert_eq!(narrow_format("100%% %y %", vec![]), "100% y ");
}

#[test]
fn what_does_not_fit_is_cut_counted_and_terminated() {
    let mut buffer = [b'x'; 8];
    let length = format_into(&mut buffer[..4], b"abcdef", vec![]);
    assert_eq!((length, &buffer), (Ok(6), b"abc\0xxxx"));
    // SAFETY: no byte is given away.
    let nowhere = unsafe { Out::<u8>::from_c(std::ptr::null_mut()) };
    assert_eq!(format(nowhere, 0, b"abc", &mut Values(VecDeque::new())), Ok(3));
    for size in [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 1000] {
        let mut buffer = vec![b'x'; size + 1];
        assert_eq!(format_into(&mut buffer[..size], b"%700d", vec![Value::Int(1)]), Ok(700));
        let fits = size.min(701) - 1;
        assert_eq!((buffer[fits], buffer[size]), (0, b'x'), "{size}");
        assert!(!buffer[..fits].iter().any(|unit| *unit != b' ' && *unit != b'1'), "{size}");
    }
}

#[test]
fn what_is_not_there_is_a_failure_and_the_text_ends_before_it() {
    for nowhere in [std::ptr::null_mut(), 8 as *mut u8] {
        // SAFETY: nothing is there.
        let place = unsafe { Out::<u8>::from_c(nowhere) };
        assert_eq!(format(place, 8, b"abc", &mut Values(VecDeque::new())), Err(Fault::Access));
        assert_eq!(format(place, 8, &[b'a'; 1000], &mut Values(VecDeque::new())), Err(Fault::Access));
    }
    let mut buffer = [b'x'; 8];
    let bad = || vec![Value::Nowhere];
    for conversion in [&b"ab%scd"[..], b"ab%Scd", b"ab%.3s"] {
        assert_eq!(format_into(&mut buffer, conversion, bad()), Err(Fault::Access));
        assert_eq!(&buffer, b"ab\0xxxxx");
    }
    let wide_units = wide("%S%.2S");
    assert_eq!(format_into(&mut [0; 8], &wide_units[..2], bad()), Err(Fault::Access));
    assert_eq!(format_into(&mut [0; 8], &wide_units[2..6], bad()), Err(Fault::Access));
}

#[test]
fn the_exported_function_takes_its_arguments_through_the_callback() {
    unsafe extern "C-unwind" fn next(state: *mut c_void, kind: c_int, argument: *mut Argument) {
        // SAFETY: the state is the counter below; the argument is the engine's.
        unsafe {
            let count = &mut *state.cast::<i64>();
            *count += 1;
            assert_eq!(kind, Kind::Int as c_int);
            (*argument).integer = *count;
        }
    }
    let mut count = 0i64;
    let mut buffer = [0 as c_char; 16];
    // SAFETY: a terminated format whose two arguments the callback gives.
    let length = unsafe {
        longshore_crt_format_a(
            buffer.as_mut_ptr(),
            buffer.len(),
            c"%d-%d".as_ptr(),
            Some(next),
            (&raw mut count).cast(),
        )
    };
    assert_eq!(length, 3);
    // SAFETY: the engine terminates the buffer.
    assert_eq!(unsafe { CStr::from_ptr(buffer.as_ptr()) }, c"1-2");
}
