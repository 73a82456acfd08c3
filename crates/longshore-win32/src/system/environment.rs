//! Environment variables.
//!
//! The environment is the one of the C library, so that `getenv` and child processes see what is set here.
//! Names are found whatever their case is, as on Windows, if none fits exactly.

use crate::abi::argument::{CStrArg, OptionalText, OutBuffer, StrArg, TextBuffer, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::memory::local_memory::LocalFree;
use crate::system::block_of;
use libc::c_char;
use longshore_win32_macros::export;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use windows_sys::Win32::Foundation::{ERROR_ENVVAR_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_NOACCESS};

/// The variable's name as the environment has it, and its value.
fn find(name: &OsStr) -> Option<(OsString, OsString)> {
    if name.is_empty() {
        return None;
    }
    match std::env::var_os(name) {
        Some(value) => Some((name.to_owned(), value)),
        None => std::env::vars_os().find(|(known, _)| known.eq_ignore_ascii_case(name)),
    }
}

fn name<C: Character>(name: Option<StrArg<C>>) -> Result<OsString, Win32Error> {
    Ok(OsString::from_vec(name.text()?.into_bytes()))
}

fn get<C: Character>(
    variable: Option<StrArg<C>>,
    buffer: Option<OutBuffer<C>>,
    room: u32,
) -> Result<u32, Win32Error> {
    let found = match name(variable) {
        Err(fault @ Win32Error(ERROR_NOACCESS)) => return Err(fault),
        // No variable has no name, or one that is not text.
        name => name.ok().and_then(|name| find(&name)),
    };
    let (_, value) = found.ok_or(Win32Error(ERROR_ENVVAR_NOT_FOUND))?;
    Ok(buffer.put_or_ask(value.as_bytes(), room)?)
}

fn set<C: Character>(variable: Option<StrArg<C>>, value: Option<StrArg<C>>) -> Result<(), Win32Error> {
    let name = name(variable)?;
    // A leading = names the current directory of a drive on Windows.
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let known = find(&name).map(|(known, _)| known);
    let Some(value) = value else {
        let known = known.ok_or(Win32Error(ERROR_ENVVAR_NOT_FOUND))?;
        // SAFETY: whoever changes the environment of a process with threads answers for it; Windows' own
        // environment has a lock, and this library's calls share std's.
        unsafe { std::env::remove_var(known) };
        return Ok(());
    };
    let value = value.text()?.into_bytes();
    // SAFETY: as above.
    unsafe { std::env::set_var(known.unwrap_or(name), OsStr::from_bytes(&value)) };
    Ok(())
}

/// A text with every `%NAME%` replaced. What names no variable stays as it is.
fn expanded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.iter().position(|&byte| byte == b'%') {
        out.extend_from_slice(&rest[..start]);
        let inner = &rest[start + 1..];
        let end = inner.iter().position(|&byte| byte == b'%');
        let value = end.and_then(|end| Some((end, find(OsStr::from_bytes(&inner[..end]))?.1)));
        match value {
            Some((end, value)) => {
                out.extend_from_slice(value.as_bytes());
                rest = &inner[end + 1..];
            }
            None => {
                out.push(b'%');
                rest = inner;
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

fn expand<C: Character>(
    source: Option<StrArg<C>>,
    buffer: Option<OutBuffer<C>>,
    room: u32,
) -> Result<u32, Win32Error> {
    let string = C::encode(&expanded(source.text()?.as_bytes()));
    buffer.put(&string, room as usize)?;
    Ok(string.len() as u32 + 1) // Unlike its relatives, this function always counts the NUL.
}

/// A block of `NAME=value` strings, ended by an empty one.
fn block<C: Character>() -> Result<*mut C, Win32Error> {
    let mut string = Vec::new();
    for (name, value) in std::env::vars_os() {
        string.extend(C::encode(&[name.as_bytes(), b"=", value.as_bytes()].concat()));
        string.push(C::default());
    }
    string.push(C::default());
    block_of(&string)
}

/// Reads a variable: its length, or the room it takes if there is too little.
#[export]
pub unsafe fn GetEnvironmentVariableA(
    name: Option<CStrArg>,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
) -> Result<u32, Win32Error> {
    get(name, buffer, room)
}

/// Reads a variable: [`GetEnvironmentVariableA`] with wide characters.
#[export]
pub unsafe fn GetEnvironmentVariableW(
    name: Option<WStrArg>,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
) -> Result<u32, Win32Error> {
    get(name, buffer, room)
}

/// Sets a variable, or with NULL removes it.
#[export]
pub unsafe fn SetEnvironmentVariableA(
    name: Option<CStrArg>,
    value: Option<CStrArg>,
) -> Result<(), Win32Error> {
    set(name, value)
}

/// Sets a variable: [`SetEnvironmentVariableA`] with wide characters.
#[export]
pub unsafe fn SetEnvironmentVariableW(
    name: Option<WStrArg>,
    value: Option<WStrArg>,
) -> Result<(), Win32Error> {
    set(name, value)
}

/// Replaces every `%NAME%` of a text; returns the length with the NUL, also if there is too little room.
#[export]
pub unsafe fn ExpandEnvironmentStringsA(
    source: Option<CStrArg>,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
) -> Result<u32, Win32Error> {
    expand(source, buffer, room)
}

/// Replaces every `%NAME%` of a text: [`ExpandEnvironmentStringsA`] with wide characters.
#[export]
pub unsafe fn ExpandEnvironmentStringsW(
    source: Option<WStrArg>,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
) -> Result<u32, Win32Error> {
    expand(source, buffer, room)
}

/// A copy of the whole environment. The name has no A on Windows either.
#[export]
pub fn GetEnvironmentStrings() -> Result<*mut c_char, Win32Error> {
    block()
}

/// [`GetEnvironmentStrings`] under the name the macro gives it.
#[export]
pub fn GetEnvironmentStringsA() -> Result<*mut c_char, Win32Error> {
    block()
}

/// A copy of the whole environment, in wide characters.
#[export]
pub fn GetEnvironmentStringsW() -> Result<*mut WCHAR, Win32Error> {
    block()
}

/// Frees a copy of the environment.
#[export]
pub unsafe fn FreeEnvironmentStringsA(block: *mut c_char) -> i32 {
    // SAFETY: C's promise: a block of this module's.
    i32::from(unsafe { LocalFree(block.cast()) }.is_null())
}

/// Frees a copy of the environment.
#[export]
pub unsafe fn FreeEnvironmentStringsW(block: *mut WCHAR) -> i32 {
    // SAFETY: C's promise: a block of this module's.
    i32::from(unsafe { LocalFree(block.cast()) }.is_null())
}
