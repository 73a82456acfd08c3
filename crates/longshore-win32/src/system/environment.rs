//! Environment variables.
//!
//! The environment is the one of the C library, so that `getenv` and child processes see what is set here.
//! Names are found whatever their case is, as on Windows, if none fits exactly.

use crate::abi::character::{Character, copy_or_ask, copy_out};
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::memory::local_memory::{LocalAlloc, LocalFree};
use libc::c_char;
use longshore_win32_macros::export;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use windows_sys::Win32::Foundation::{
    ERROR_ENVVAR_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY,
};

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

unsafe fn name<C: Character>(name: *const C) -> Result<OsString, Win32Error> {
    // SAFETY: the caller's promise.
    Ok(OsString::from_vec(unsafe { C::text(name) }?.into_bytes()))
}

unsafe fn get<C: Character>(variable: *const C, buffer: *mut C, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    let found = unsafe { name(variable) }.ok().and_then(|name| find(&name));
    let Some((_, value)) = found else {
        SetLastError(ERROR_ENVVAR_NOT_FOUND);
        return 0;
    };
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(value.as_bytes(), buffer, room) }
}

unsafe fn set<C: Character>(variable: *const C, value: *const C) -> Result<(), Win32Error> {
    // SAFETY: the caller's promise.
    let name = unsafe { name(variable) }?;
    // A leading = names the current directory of a drive on Windows.
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let known = find(&name).map(|(known, _)| known);
    if value.is_null() {
        let known = known.ok_or(Win32Error(ERROR_ENVVAR_NOT_FOUND))?;
        // SAFETY: whoever changes the environment of a process with threads answers for it; Windows' own
        // environment has a lock, and this library's calls share std's.
        unsafe { std::env::remove_var(known) };
        return Ok(());
    }
    // SAFETY: the caller's promise.
    let value = unsafe { C::text(value) }?.into_bytes();
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

unsafe fn expand<C: Character>(source: *const C, buffer: *mut C, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    let source = match unsafe { C::text(source) } {
        Ok(source) => source,
        Err(Win32Error(error)) => {
            SetLastError(error);
            return 0;
        }
    };
    let string = C::encode(&expanded(source.as_bytes()));
    // SAFETY: the caller's promise. Unlike its relatives, this function always counts the NUL.
    unsafe { copy_out(&string, buffer, room as usize) };
    string.len() as u32 + 1
}

/// A block of `NAME=value` strings, ended by an empty one.
fn block<C: Character>() -> *mut C {
    let mut string = Vec::new();
    for (name, value) in std::env::vars_os() {
        string.extend(C::encode(&[name.as_bytes(), b"=", value.as_bytes()].concat()));
        string.push(C::default());
    }
    let room = string.len() + 1;
    let block = LocalAlloc(0, room * size_of::<C>()).cast::<C>();
    if block.is_null() {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return block;
    }
    // SAFETY: just allocated with that much room.
    unsafe { copy_out(&string, block, room) };
    block
}

/// Reads a variable: its length, or the room it takes if there is too little.
#[export]
pub unsafe fn GetEnvironmentVariableA(name: *const c_char, buffer: *mut c_char, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { get(name, buffer, room) }
}

/// Reads a variable: [`GetEnvironmentVariableA`] with wide characters.
#[export]
pub unsafe fn GetEnvironmentVariableW(name: *const WCHAR, buffer: *mut WCHAR, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { get(name, buffer, room) }
}

/// Sets a variable, or with NULL removes it.
#[export]
pub unsafe fn SetEnvironmentVariableA(name: *const c_char, value: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { set(name, value) })
}

/// Sets a variable: [`SetEnvironmentVariableA`] with wide characters.
#[export]
pub unsafe fn SetEnvironmentVariableW(name: *const WCHAR, value: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { set(name, value) })
}

/// Replaces every `%NAME%` of a text; returns the length with the NUL, also if there is too little room.
#[export]
pub unsafe fn ExpandEnvironmentStringsA(source: *const c_char, buffer: *mut c_char, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { expand(source, buffer, room) }
}

/// Replaces every `%NAME%` of a text: [`ExpandEnvironmentStringsA`] with wide characters.
#[export]
pub unsafe fn ExpandEnvironmentStringsW(source: *const WCHAR, buffer: *mut WCHAR, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { expand(source, buffer, room) }
}

/// A copy of the whole environment. The name has no A on Windows either.
#[export]
pub fn GetEnvironmentStrings() -> *mut c_char {
    block()
}

/// [`GetEnvironmentStrings`] under the name the macro gives it.
#[export]
pub fn GetEnvironmentStringsA() -> *mut c_char {
    block()
}

/// A copy of the whole environment, in wide characters.
#[export]
pub fn GetEnvironmentStringsW() -> *mut WCHAR {
    block()
}

/// Frees a copy of the environment.
#[export]
pub unsafe fn FreeEnvironmentStringsA(block: *mut c_char) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(unsafe { LocalFree(block.cast()) }.is_null())
}

/// Frees a copy of the environment.
#[export]
pub unsafe fn FreeEnvironmentStringsW(block: *mut WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(unsafe { LocalFree(block.cast()) }.is_null())
}
