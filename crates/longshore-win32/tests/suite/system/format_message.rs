//! What `FormatMessage` promises.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use libc::c_char;
use longshore_win32::testing::{
    FormatMessageA, FormatMessageW, GetLastError, LocalFree, LocalSize, SetLastError, WCHAR, to_wide,
    wvsprintfA, wvsprintfW,
};
use std::ffi::{CStr, CString, c_void};
use std::ptr::null;
use windows_sys::Win32::System::Diagnostics::Debug::*;

fn expand(flags: u32, template: &str, words: &[usize]) -> Result<String, u32> {
    let template = CString::new(template).unwrap();
    let mut out = [0x55 as c_char; 256];
    let flags = flags | FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY;
    let arguments = words.as_ptr().cast::<c_void>();
    let length =
        unsafe { FormatMessageA(flags, template.as_ptr().cast(), 0, 0, out.as_mut_ptr(), 256, arguments) };
    if length == 0 && out[0] != 0 {
        return Err(GetLastError());
    }
    let text = unsafe { CStr::from_ptr(out.as_ptr()) }.to_str().unwrap().to_owned();
    assert_eq!(text.len(), length as usize, "the length leaves the NUL out");
    Ok(text)
}

#[test]
fn the_system_has_a_text_for_errors_and_ends_it_with_a_line_break() {
    let mut out = [0 as c_char; 256];
    for code in [2, 64, 87, 258, 735, 995, 997, 1225, 10054, 10061] {
        let flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
        let length = unsafe { FormatMessageA(flags, null(), code, 0x409, out.as_mut_ptr(), 256, null()) };
        assert!(length > 5);
        let text = unsafe { CStr::from_ptr(out.as_ptr()) }.to_str().unwrap();
        assert!(text.ends_with(".\r\n"), "{text:?}");
    }
    let length = unsafe {
        FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, null(), 0x3FFF_FFFF, 0, out.as_mut_ptr(), 256, null())
    };
    assert_eq!((length, GetLastError()), (0, 317), "ERROR_MR_MID_NOT_FOUND");
}

#[test]
fn an_allocated_buffer_is_freed_by_local_free() {
    let mut buffer: *mut WCHAR = std::ptr::null_mut();
    let flags = FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    let length = unsafe { FormatMessageW(flags, null(), 5, 0, (&raw mut buffer).cast(), 0, null()) } as usize;
    let text = unsafe { std::slice::from_raw_parts(buffer, length + 1) };
    assert_eq!(text[length - 2..], [13, 10, 0]);
    unsafe {
        assert_eq!(LocalSize(buffer.cast()), (length + 1) * 4);
        assert!(LocalFree(buffer.cast()).is_null());
    }
    SetLastError(0xDEAD);
    let length = unsafe { FormatMessageW(flags, null(), 5, 0, std::ptr::null_mut(), 0, null()) };
    assert_eq!((length, GetLastError()), (0, 87));
}

#[test]
fn a_buffer_without_room_is_an_error() {
    let mut out = [0 as c_char; 4];
    let length =
        unsafe { FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, null(), 5, 0, out.as_mut_ptr(), 4, null()) };
    assert_eq!((length, GetLastError()), (0, 122), "ERROR_INSUFFICIENT_BUFFER");
    let length = unsafe { FormatMessageA(0, null(), 5, 0, out.as_mut_ptr(), 4, null()) };
    assert_eq!((length, GetLastError()), (0, 87), "no source");
}

#[test]
fn inserts_are_numbered_and_typed() {
    let word = c"port".as_ptr() as usize;
    assert_eq!(expand(0, "%2!u!: %1%n", &[word, 8080]).unwrap(), "8080: port\r\n");
    assert_eq!(expand(0, "%1!6s!|%1!-6s!|%2!04x!", &[word, 0x2A]).unwrap(), "  port|port  |002a");
    assert_eq!(expand(0, "%1!*.*s!", &[6, 2, word]).unwrap(), "    po");
    assert_eq!(expand(0, "100%% of %1%! %.%0 unseen", &[word]).unwrap(), "100% of port! .");
    assert_eq!(expand(FORMAT_MESSAGE_IGNORE_INSERTS, "%1 %2!d!", &[]).unwrap(), "%1 %2!d!");
    assert_eq!(expand(0, "%1!u", &[1]), Err(87), "an insert without its end");
}

#[test]
fn line_breaks_are_kept_or_made_spaces_or_made_anew() {
    assert_eq!(expand(0, "a\nb\r\nc\rd", &[]).unwrap(), "a\r\nb\r\nc\r\nd");
    assert_eq!(expand(0xFF, "a\nb%nc", &[]).unwrap(), "a b\r\nc");
    assert_eq!(expand(9, "one two three four", &[]).unwrap(), "one two\r\nthree\r\nfour");
}

#[test]
fn wide_templates_take_wide_inserts() {
    let template = to_wide("%1 %2!hs!\0".as_bytes());
    let wide = to_wide("größer\0".as_bytes());
    let words = [wide.as_ptr() as usize, c"narrow".as_ptr() as usize];
    let mut out = [0 as WCHAR; 64];
    let flags = FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY;
    let arguments = words.as_ptr().cast();
    let length =
        unsafe { FormatMessageW(flags, template.as_ptr().cast(), 0, 0, out.as_mut_ptr(), 64, arguments) };
    assert_eq!(out[..length as usize], to_wide("größer narrow".as_bytes()));
}

#[test]
fn a_text_of_the_system_takes_inserts() {
    let format = |code, flags, arguments: *const c_void| {
        let mut out = [0 as c_char; 256];
        let flags = FORMAT_MESSAGE_FROM_SYSTEM | flags;
        let length = unsafe { FormatMessageA(flags, null(), code, 0, out.as_mut_ptr(), 256, arguments) };
        let text = unsafe { CStr::from_ptr(out.as_ptr()) }.to_str().unwrap().to_owned();
        if length == 0 { Err(GetLastError()) } else { Ok(text) }
    };
    let words = [c"prog.exe".as_ptr()];
    for code in [182, 190, 192, 193] {
        let kept = format(code, FORMAT_MESSAGE_IGNORE_INSERTS, null()).unwrap();
        assert!(kept.contains("%1"), "{kept}");
        let filled = format(code, FORMAT_MESSAGE_ARGUMENT_ARRAY, words.as_ptr().cast()).unwrap();
        assert_eq!(filled, kept.replace("%1", "prog.exe"));
        assert_eq!(format(code, 0, null()), Err(87), "nothing to insert");
        assert_eq!(format(code, FORMAT_MESSAGE_ARGUMENT_ARRAY, null()), Err(87));
    }
}

#[test]
fn what_is_not_there_is_an_error() {
    let mut out = [0x55 as c_char; 16];
    let format = |flags, source: *const c_char, buffer, arguments: *const c_void| {
        let length = unsafe { FormatMessageA(flags, source, 5, 0, buffer, 256, arguments) };
        (length, GetLastError())
    };
    let (bad, system) = (8 as *mut c_char, FORMAT_MESSAGE_FROM_SYSTEM);
    let string = FORMAT_MESSAGE_FROM_STRING;
    assert_eq!(format(system, null(), bad, null()), (0, 998));
    assert_eq!(format(system | FORMAT_MESSAGE_ALLOCATE_BUFFER, null(), bad, null()), (0, 998));
    SetLastError(0);
    assert_eq!(format(string, bad, out.as_mut_ptr(), null()), (0, 998));
    assert_eq!(format(string, null(), out.as_mut_ptr(), null()), (0, 87));
    for array in [0, FORMAT_MESSAGE_ARGUMENT_ARRAY] {
        let template = c"%1".as_ptr();
        assert_eq!(format(string | array, template, out.as_mut_ptr(), bad.cast()), (0, 998), "no inserts");
        let kept =
            format(string | array | FORMAT_MESSAGE_IGNORE_INSERTS, template, out.as_mut_ptr(), bad.cast());
        assert_eq!(kept.0, 2, "nobody looks at them");
    }
    assert_eq!(expand(0, "%1", &[8]), Err(998), "an insert that points nowhere");
}

#[test]
fn a_list_of_arguments_that_is_not_there_is_an_error() {
    let (mut out, mut wide) = ([0; 1024], [0; 1024]);
    let format = to_wide(b"%d\0");
    let bad = 8 as *mut c_void;
    unsafe {
        assert_eq!((wvsprintfA(out.as_mut_ptr(), c"%d".as_ptr(), bad.cast()), GetLastError()), (0, 998));
        assert_eq!((wvsprintfW(wide.as_mut_ptr(), format.as_ptr(), bad.cast()), GetLastError()), (0, 998));
        assert_eq!((wvsprintfA(bad.cast(), c"a".as_ptr(), null()), GetLastError()), (0, 998));
        assert_eq!((wvsprintfA(out.as_mut_ptr(), bad.cast(), null()), GetLastError()), (0, 998));
        assert_eq!((wvsprintfA(out.as_mut_ptr(), null(), null()), GetLastError()), (0, 87));
        assert_eq!(wvsprintfA(out.as_mut_ptr(), c"%d".as_ptr(), null()), 1, "none at all: zeros");
    }
    assert_eq!((out[0], out[1], wide[0]), (b'0' as c_char, 0, 0));
}
