//! The command line, which on Linux is a list of arguments: joined by Windows' rules of
//! quoting, and taken apart by the same.

use crate::abi::argument::{Out, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::memory::local_memory;
use libc::c_char;
use longshore_win32_macros::export;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::System::Threading::{STARTF_USESTDHANDLES, STARTUPINFOA, STARTUPINFOW};

/// An argument as it must be written to be taken apart again: quoted if it has to be, with the backslashes
/// that precede a quotation mark doubled.
fn quoted(argument: &[u8], first: bool) -> Vec<u8> {
    let needs_quotes = argument.is_empty() || argument.iter().any(|byte| b" \t\n\x0B\"".contains(byte));
    if !needs_quotes {
        return argument.to_vec();
    }
    let mut out = vec![b'"'];
    let mut backslashes = 0;
    for &byte in argument {
        match byte {
            // The program's name ends at the next quotation mark: there is no way to write one in it.
            _ if first => out.extend((byte != b'"').then_some(byte)),
            b'\\' => {
                backslashes += 1;
                out.push(byte);
            }
            b'"' => {
                out.resize(out.len() + backslashes + 1, b'\\');
                out.push(byte);
                backslashes = 0;
            }
            _ => {
                backslashes = 0;
                out.push(byte);
            }
        }
    }
    if !first {
        out.resize(out.len() + backslashes, b'\\');
    }
    out.push(b'"');
    out
}

fn joined<'a>(arguments: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let quoted: Vec<_> =
        arguments.enumerate().map(|(index, argument)| quoted(argument, index == 0)).collect();
    quoted.join(&b' ')
}

fn command_line() -> Vec<u8> {
    // The list is the kernel's, because in a C program Rust's library need not have seen `main`'s arguments.
    let line = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    joined(line.strip_suffix(b"\0").unwrap_or(&line).split(|&byte| byte == 0))
}

/// Takes a command line apart by the rules of `CommandLineToArgvW`.
fn split(line: &[WCHAR]) -> Vec<Vec<WCHAR>> {
    const QUOTE: WCHAR = b'"' as WCHAR;
    const BACKSLASH: WCHAR = b'\\' as WCHAR;
    let blank = |&unit: &WCHAR| unit == WCHAR::from(b' ') || unit == WCHAR::from(b'\t');
    // The program's name: to the closing quotation mark, or to the first blank;
    // backslashes are nothing special.
    let (mut rest, name) = match line.split_first() {
        Some((&QUOTE, tail)) => {
            let end = tail.iter().position(|&unit| unit == QUOTE).unwrap_or(tail.len());
            (tail.get(end + 1..).unwrap_or_default(), &tail[..end])
        }
        _ => {
            let end = line.iter().position(blank).unwrap_or(line.len());
            (&line[end..], &line[..end])
        }
    };
    let mut arguments = vec![name.to_vec()];
    loop {
        let start = rest.iter().position(|unit| !blank(unit));
        let Some(start) = start else { return arguments };
        rest = &rest[start..];
        let (mut argument, mut inside) = (Vec::new(), false);
        while let Some((&unit, tail)) = rest.split_first() {
            if blank(&unit) && !inside {
                break;
            }
            let backslashes = rest.iter().take_while(|&&unit| unit == BACKSLASH).count();
            if backslashes > 0 {
                let quote_follows = rest.get(backslashes) == Some(&QUOTE);
                let kept = if quote_follows { backslashes / 2 } else { backslashes };
                argument.resize(argument.len() + kept, BACKSLASH);
                rest = &rest[backslashes..];
                if quote_follows && backslashes % 2 == 1 {
                    argument.push(QUOTE);
                    rest = &rest[1..];
                }
                continue;
            }
            rest = tail;
            if unit != QUOTE {
                argument.push(unit);
            } else if inside && rest.first() == Some(&QUOTE) {
                // Two marks inside a quotation are one.
                argument.push(QUOTE);
                rest = &rest[1..];
            } else {
                inside = !inside;
            }
        }
        arguments.push(argument);
    }
}

fn ended<C: Character>(text: &[u8]) -> Box<[C]> {
    let mut string = C::encode(text);
    string.push(C::default());
    string.into()
}

/// The command line of the process.
#[export]
pub fn GetCommandLineA() -> *const c_char {
    static LINE: OnceLock<Box<[c_char]>> = OnceLock::new();
    LINE.get_or_init(|| ended(&command_line())).as_ptr()
}

/// The command line of the process, in wide characters.
#[export]
pub fn GetCommandLineW() -> *const WCHAR {
    static LINE: OnceLock<Box<[WCHAR]>> = OnceLock::new();
    LINE.get_or_init(|| ended(&command_line())).as_ptr()
}

/// Takes a command line apart. The result is one block that `LocalFree` frees. For the empty line it is the
/// program's path.
///
/// # Errors
/// NULL with `ERROR_INVALID_PARAMETER` if the line or the place of the count is NULL; `ERROR_NOACCESS`;
/// `ERROR_NOT_ENOUGH_MEMORY`.
///
/// Source: Windows documentation, `CommandLineToArgvW`.
#[export]
pub unsafe fn CommandLineToArgvW(
    line: Option<WStrArg>,
    count: Option<Out<i32>>,
) -> Result<*mut *mut WCHAR, Win32Error> {
    let (line, count) = line.zip(count).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let arguments = match line.units(-1)? {
        [] => {
            let program = std::env::current_exe().unwrap_or_default();
            vec![WCHAR::encode(program.as_os_str().as_bytes())]
        }
        line => split(line),
    };
    count.write(arguments.len() as i32)?;
    table_of(&arguments)
}

/// A table of strings, ended by NULL, in one block with them that `LocalFree` frees.
fn table_of(strings: &[Vec<WCHAR>]) -> Result<*mut *mut WCHAR, Win32Error> {
    let table_bytes = (strings.len() + 1) * size_of::<*mut WCHAR>();
    let text_units: usize = strings.iter().map(|string| string.len() + 1).sum();
    let block = local_memory::allocate(0, table_bytes + text_units * size_of::<WCHAR>())?;
    let table = block.cast::<*mut WCHAR>();
    // SAFETY: the block has room for the table with its NULL, and behind it for the texts with their NULs.
    unsafe {
        let mut text = table.byte_add(table_bytes).cast::<WCHAR>();
        for (index, string) in strings.iter().enumerate() {
            table.add(index).write(text);
            text.copy_from_nonoverlapping(string.as_ptr(), string.len());
            text.add(string.len()).write(0);
            text = text.add(string.len() + 1);
        }
        table.add(strings.len()).write(std::ptr::null_mut());
    }
    Ok(table)
}

/// How the process was started: with these standard handles.
fn startup() -> STARTUPINFOW {
    use crate::console::standard_handles::{
        GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
    };
    STARTUPINFOW {
        cb: size_of::<STARTUPINFOW>() as u32,
        dwFlags: STARTF_USESTDHANDLES,
        hStdInput: GetStdHandle(STD_INPUT_HANDLE),
        hStdOutput: GetStdHandle(STD_OUTPUT_HANDLE),
        hStdError: GetStdHandle(STD_ERROR_HANDLE),
        ..STARTUPINFOW::default()
    }
}

/// The start-up information of the process: the standard handles.
#[export]
pub unsafe fn GetStartupInfoW(information: Out<STARTUPINFOW>) {
    let _ = information.write(startup()); // There is no way to report a bad pointer.
}

/// How the process was started: the structure has the same layout, its strings are NULL.
#[export]
pub unsafe fn GetStartupInfoA(information: Out<STARTUPINFOA>) {
    let _ = information.field(0).write(startup()); // As above.
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<String> {
        let text = |argument: Vec<WCHAR>| String::from_utf8(WCHAR::decode(&argument)).unwrap();
        split(&WCHAR::encode(line.as_bytes())).into_iter().map(text).collect()
    }

    #[test]
    fn backslashes_are_special_before_a_quotation_mark_only() {
        assert_eq!(
            arguments(r#"server "a b" c\d "e\\" "f\"g" \\h"#),
            ["server", "a b", r"c\d", r"e\", "f\"g", r"\\h"]
        );
        assert_eq!(arguments(r#""C:\my server.exe"  -p 80"#), [r"C:\my server.exe", "-p", "80"]);
        assert_eq!(arguments(r#"x "" """a""""#), ["x", "", "\"a\""]);
        assert_eq!(arguments("x  \t "), ["x"]);
    }

    #[test]
    fn what_is_joined_comes_apart_again() {
        let list: [&[u8]; 7] = [b"/opt/my server", b"", b"a b", b"\\", b"q\"q", b"x\\\\\"", b"tab\there\\"];
        let line = joined(list.iter().copied());
        let apart = arguments(std::str::from_utf8(&line).unwrap());
        assert_eq!(apart.iter().map(|argument| argument.as_bytes()).collect::<Vec<_>>(), list);
    }
}
