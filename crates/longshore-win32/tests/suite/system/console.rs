//! What the console functions promise, tried on a terminal of the test's own.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use libc::c_char;
use longshore_win32::testing::{
    FlushConsoleInputBuffer, GetConsoleCursorInfo, GetConsoleMode, GetConsoleScreenBufferInfo, GetLastError,
    GetStdHandle, HANDLE, INVALID_HANDLE_VALUE, KeyRecord, PeekConsoleInputW, ReadConsoleA,
    ReadConsoleInputW, ReadConsoleW, SetConsoleCursorInfo, SetConsoleMode, SetConsoleTextAttribute,
    SetStdHandle, Stream, WCHAR, WriteConsoleA, WriteConsoleW, handles, to_wide,
};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, IntoRawFd};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use windows_sys::Win32::System::Console::*;

struct Terminal {
    /// The user's side.
    user: File,
    input: HANDLE,
    output: HANDLE,
}

fn terminal() -> Terminal {
    let (mut user, mut program) = (0, 0);
    let opened = unsafe { libc::openpty(&mut user, &mut program, null_mut(), null(), null()) };
    assert_eq!(opened, 0);
    let stream = |input| handles::insert(Arc::new(Stream::new(program, input))).unwrap();
    Terminal { user: unsafe { File::from_raw_fd(user) }, input: stream(true), output: stream(false) }
}

fn output_of(terminal: &mut Terminal, length: usize) -> String {
    let mut bytes = vec![0; length];
    terminal.user.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Keys are read in one place of the process, so the tests of input are one.
#[test]
fn input_is_lines_with_cr_and_lf_or_single_keys() {
    let mut terminal = terminal();
    let mut mode = 0;
    unsafe {
        assert_eq!(GetConsoleMode(terminal.input, &mut mode), 1);
        let usual = ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT;
        assert_eq!(mode & usual, usual);

        terminal.user.write_all("grüß\nab".as_bytes()).unwrap();
        let (mut wide, mut length) = ([0 as WCHAR; 64], 0);
        let buffer = wide.as_mut_ptr().cast();
        assert_eq!(ReadConsoleW(terminal.input, buffer, 64, &mut length, null()), 1);
        assert_eq!(wide[..length as usize], to_wide("grüß\r\n".as_bytes()));
        terminal.user.write_all(b"c\n").unwrap();
        let (mut narrow, mut length) = ([0 as c_char; 4], 0);
        assert_eq!(ReadConsoleA(terminal.input, narrow.as_mut_ptr().cast(), 4, &mut length, null()), 1);
        assert_eq!(narrow[..length as usize].iter().map(|&byte| byte as u8).collect::<Vec<_>>(), b"abc");
        assert_eq!(ReadConsoleA(terminal.input, narrow.as_mut_ptr().cast(), 4, &mut length, null()), 1);
        assert_eq!((length, narrow[0], narrow[1]), (2, 13, 10), "the rest of the line, in one piece");

        assert_eq!(SetConsoleMode(terminal.input, mode & !ENABLE_LINE_INPUT), 0, "echo needs lines");
        assert_eq!(GetLastError(), 87);
        assert_eq!(SetConsoleMode(terminal.input, mode & !(ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT)), 1);
        let mut now = 0;
        assert_eq!(GetConsoleMode(terminal.input, &mut now), 1);
        assert_eq!(now, mode & !(ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT));
        terminal.user.write_all(b"xy").unwrap();
        let (mut records, mut count) = ([0u8; 4 * size_of::<KeyRecord>()], 0);
        let buffer = records.as_mut_ptr().cast();
        assert_eq!(ReadConsoleInputW(terminal.input, buffer, 1, &mut count), 1);
        assert_eq!((count, records[16]), (1, b'x'));
        assert_eq!(PeekConsoleInputW(terminal.input, buffer, 4, &mut count), 1);
        assert_eq!((count, records[16]), (1, b'y'), "still there");
        assert_eq!(FlushConsoleInputBuffer(terminal.input), 1);
        assert_eq!(PeekConsoleInputW(terminal.input, buffer, 4, &mut count), 1);
        assert_eq!(count, 0);
        assert_eq!(ReadConsoleW(terminal.output, wide.as_mut_ptr().cast(), 4, &mut length, null()), 0);
        assert_eq!(GetLastError(), 6, "output is not input");
    }
}

#[test]
fn text_and_colours_reach_the_terminal() {
    let mut terminal = terminal();
    let (mut written, wide) = (0, to_wide("zwölf".as_bytes()));
    unsafe {
        let text = wide.as_ptr().cast();
        assert_eq!(WriteConsoleW(terminal.output, text, 5, &mut written, null_mut()), 1);
        assert_eq!(written, 5, "characters, not bytes");
        assert_eq!(output_of(&mut terminal, 6), "zwölf");
        assert_eq!(SetConsoleTextAttribute(terminal.output, FOREGROUND_GREEN | FOREGROUND_INTENSITY), 1);
        assert_eq!(output_of(&mut terminal, 7), "\x1B[0;92m");
        assert_eq!(WriteConsoleA(terminal.output, null(), 3, &mut written, null_mut()), 0);
        assert_eq!(GetLastError(), 87);
        assert_eq!(WriteConsoleA(null_mut(), c"x".as_ptr().cast(), 1, &mut written, null_mut()), 0);
        assert_eq!(GetLastError(), 6);
    }
}

#[test]
fn what_is_no_terminal_has_no_mode_but_takes_text() {
    let mut file = tempfile();
    let handle =
        handles::insert(Arc::new(Stream::new(file.try_clone().unwrap().into_raw_fd(), false))).unwrap();
    let (mut mode, mut written) = (0, 0);
    unsafe {
        assert_eq!((GetConsoleMode(handle, &mut mode), GetLastError()), (0, 6));
        assert_eq!((SetConsoleTextAttribute(handle, 4), GetLastError()), (0, 6));
        assert_eq!(WriteConsoleA(handle, c"abc".as_ptr().cast(), 3, &mut written, null_mut()), 1);
    }
    let mut text = String::new();
    std::io::Seek::rewind(&mut file).unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "abc");
}

fn tempfile() -> File {
    unsafe { File::from_raw_fd(libc::memfd_create(c"console".as_ptr(), 0)) }
}

#[test]
fn standard_handles_stay_the_same_until_they_are_set() {
    let output = GetStdHandle(STD_OUTPUT_HANDLE);
    assert_eq!(output, GetStdHandle(STD_OUTPUT_HANDLE));
    assert_ne!(output, GetStdHandle(STD_ERROR_HANDLE));
    assert_eq!(Stream::of(output).unwrap().fd(), 1);
    assert_eq!(SetStdHandle(STD_OUTPUT_HANDLE, 0x1234 as HANDLE), 1);
    assert_eq!(GetStdHandle(STD_OUTPUT_HANDLE), 0x1234 as HANDLE);
    assert_eq!(SetStdHandle(STD_OUTPUT_HANDLE, output), 1);
    assert_eq!((GetStdHandle(0), GetLastError()), (INVALID_HANDLE_VALUE, 6));
}

#[test]
fn places_that_are_not_there_are_errors() {
    let terminal = terminal();
    for (address, error) in [(0, 87), (8, 998)] {
        unsafe {
            assert_eq!((GetConsoleMode(terminal.input, address as *mut u32), GetLastError()), (0, error));
            let place = address as *mut CONSOLE_CURSOR_INFO;
            assert_eq!((GetConsoleCursorInfo(terminal.output, place), GetLastError()), (0, error));
            assert_eq!((SetConsoleCursorInfo(terminal.output, place), GetLastError()), (0, error));
            let place = address as *mut CONSOLE_SCREEN_BUFFER_INFO;
            assert_eq!((GetConsoleScreenBufferInfo(terminal.output, place), GetLastError()), (0, error));
        }
    }
}
