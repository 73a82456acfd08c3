//! `GetPrivateProfileString` and its relatives: initialisation files as programs ask for them.

use crate::abi::character::{Character, copy_out};
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::path::windows_path::locate;
use crate::system::ini::Ini;
use libc::c_char;
use longshore_win32_macros::export;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER};

/// One change at a time: a change reads the file first.
static CHANGING: Mutex<()> = Mutex::new(());

unsafe fn text<C: Character>(string: *const C) -> Option<String> {
    // SAFETY: the caller's promise.
    let text = unsafe { C::text(string) }.ok()?;
    Some(String::from_utf8_lossy(text.as_bytes()).into_owned())
}

/// The file of a name. A bare name is a file of the current directory: there is no
/// Windows directory to look in.
unsafe fn file<C: Character>(name: *const C) -> Result<PathBuf, Win32Error> {
    // SAFETY: the caller's promise.
    let name = unsafe { C::text(name) }?;
    if name.is_empty() { Err(Win32Error(ERROR_INVALID_PARAMETER)) } else { locate(name.as_bytes()) }
}

/// The content of a file, and whether there is one.
unsafe fn content<C: Character>(name: *const C) -> Ini {
    // SAFETY: the caller's promise.
    match unsafe { file(name) } {
        Ok(path) if path.is_file() => Ini::read(&path),
        _ => {
            SetLastError(ERROR_FILE_NOT_FOUND);
            Ini::default()
        }
    }
}

/// Copies a string, cut if it must be; returns the length without the NUL.
unsafe fn deliver<C: Character>(string: &str, buffer: *mut C, room: u32) -> u32 {
    let mut units = C::encode(string.as_bytes());
    units.truncate((room as usize).saturating_sub(1));
    // SAFETY: the caller's promise.
    if unsafe { copy_out(&units, buffer, room as usize) } { units.len() as u32 } else { 0 }
}

/// Copies a list: each string with its NUL, and one more. Returns the length without the last NUL, or if the
/// list had to be cut, the room less two.
unsafe fn deliver_list<C: Character>(list: impl Iterator<Item = String>, buffer: *mut C, room: u32) -> u32 {
    let mut units: Vec<C> = Vec::new();
    for string in list {
        units.extend(C::encode(string.as_bytes()));
        units.push(C::default());
    }
    if buffer.is_null() || room < 2 {
        return 0;
    }
    let room = room as usize;
    let cut = units.len() >= room;
    if cut {
        units.truncate(room - 2);
        units.push(C::default());
    } else if units.is_empty() {
        // The empty list is two NULs.
        units.push(C::default());
        // SAFETY: the caller's promise, and at least two.
        unsafe { copy_out(&units, buffer, room) };
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe { copy_out(&units, buffer, room) };
    if cut { room as u32 - 2 } else { units.len() as u32 }
}

unsafe fn get_string<C: Character>(
    section: *const C,
    key: *const C,
    default: *const C,
    buffer: *mut C,
    room: u32,
    name: *const C,
) -> u32 {
    // SAFETY: the caller's promise, here and below.
    let (section, key, default) = unsafe { (text(section), text(key), text(default)) };
    // SAFETY: as above.
    let ini = unsafe { content(name) };
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>().into_iter();
    match (section, key) {
        // SAFETY: as above.
        (None, _) => unsafe { deliver_list(owned(ini.sections()), buffer, room) },
        (Some(section), None) => {
            let keys = ini.entries(&section).into_iter().map(|(key, _)| key).collect();
            // SAFETY: as above.
            unsafe { deliver_list(owned(keys), buffer, room) }
        }
        (Some(section), Some(key)) => {
            let default = default.unwrap_or_default();
            // Blanks at the end of the default do not count.
            let value = ini.value(&section, &key).unwrap_or(default.trim_end_matches(' '));
            // SAFETY: as above.
            unsafe { deliver(value, buffer, room) }
        }
    }
}

/// The number at the start of a value, as Windows reads it: decimal or `0x`, with a sign.
fn number(value: &str) -> u32 {
    let value = value.trim_start();
    let (negative, digits) = match value.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(rest) => (16, rest),
        None => (10, digits),
    };
    let number = digits
        .chars()
        .map_while(|digit| digit.to_digit(radix))
        .fold(0u32, |number, digit| number.wrapping_mul(radix).wrapping_add(digit));
    if negative { number.wrapping_neg() } else { number }
}

unsafe fn get_int<C: Character>(section: *const C, key: *const C, default: i32, name: *const C) -> u32 {
    // SAFETY: the caller's promise.
    let (section, key, ini) = unsafe { (text(section), text(key), content(name)) };
    let value = section.zip(key).and_then(|(section, key)| Some(number(ini.value(&section, &key)?)));
    value.unwrap_or(default as u32)
}

unsafe fn get_section<C: Character>(section: *const C, buffer: *mut C, room: u32, name: *const C) -> u32 {
    // SAFETY: the caller's promise.
    let (section, ini) = unsafe { (text(section), content(name)) };
    let entries = section.map(|section| {
        let line = |(key, value): (&str, &str)| format!("{key}={value}");
        ini.entries(&section).into_iter().map(line).collect::<Vec<_>>()
    });
    // SAFETY: the caller's promise.
    unsafe { deliver_list(entries.unwrap_or_default().into_iter(), buffer, room) }
}

unsafe fn write<C: Character>(section: *const C, key: *const C, value: *const C, name: *const C) -> i32 {
    let change = || {
        // SAFETY: the caller's promise.
        let (path, section, key, value) = unsafe { (file(name)?, text(section), text(key), text(value)) };
        let Some(section) = section else {
            // The older systems' request to write a cache out.
            return Ok(());
        };
        let one_line = |text: &Option<String>| text.as_ref().is_none_or(|text| !text.contains(['\n', '\r']));
        if !one_line(&Some(section.clone())) || !one_line(&key) || !one_line(&value) {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        let _changing = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ini = Ini::read(&path);
        ini.set(&section, key.as_deref(), value.as_deref());
        ini.write(&path)
    };
    to_bool(change())
}

/// Reads a value; the default if there is none. Without a key, lists the keys, and
/// without a section, the sections.
///
/// Source: Windows documentation, `GetPrivateProfileString`.
#[export]
pub unsafe fn GetPrivateProfileStringA(
    section: *const c_char,
    key: *const c_char,
    default: *const c_char,
    buffer: *mut c_char,
    room: u32,
    name: *const c_char,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { get_string(section, key, default, buffer, room, name) }
}

/// Reads a value: [`GetPrivateProfileStringA`] with wide characters.
#[export]
pub unsafe fn GetPrivateProfileStringW(
    section: *const WCHAR,
    key: *const WCHAR,
    default: *const WCHAR,
    buffer: *mut WCHAR,
    room: u32,
    name: *const WCHAR,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { get_string(section, key, default, buffer, room, name) }
}

/// Reads a number; the default if there is none.
#[export]
pub unsafe fn GetPrivateProfileIntA(
    section: *const c_char,
    key: *const c_char,
    default: i32,
    name: *const c_char,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { get_int(section, key, default, name) }
}

/// Reads a number: [`GetPrivateProfileIntA`] with wide characters.
#[export]
pub unsafe fn GetPrivateProfileIntW(
    section: *const WCHAR,
    key: *const WCHAR,
    default: i32,
    name: *const WCHAR,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { get_int(section, key, default, name) }
}

/// Lists the keys and values of a section.
#[export]
pub unsafe fn GetPrivateProfileSectionA(
    section: *const c_char,
    buffer: *mut c_char,
    room: u32,
    name: *const c_char,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { get_section(section, buffer, room, name) }
}

/// Lists the keys and values of a section, in wide characters.
#[export]
pub unsafe fn GetPrivateProfileSectionW(
    section: *const WCHAR,
    buffer: *mut WCHAR,
    room: u32,
    name: *const WCHAR,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { get_section(section, buffer, room, name) }
}

/// Lists the sections.
#[export]
pub unsafe fn GetPrivateProfileSectionNamesA(buffer: *mut c_char, room: u32, name: *const c_char) -> u32 {
    let none = std::ptr::null();
    // SAFETY: the caller's promise.
    unsafe { get_string(none, none, none, buffer, room, name) }
}

/// Lists the sections, in wide characters.
#[export]
pub unsafe fn GetPrivateProfileSectionNamesW(buffer: *mut WCHAR, room: u32, name: *const WCHAR) -> u32 {
    let none = std::ptr::null();
    // SAFETY: the caller's promise.
    unsafe { get_string(none, none, none, buffer, room, name) }
}

/// Writes a value; with NULL removes the key, and with NULL for the key removes the section.
#[export]
pub unsafe fn WritePrivateProfileStringA(
    section: *const c_char,
    key: *const c_char,
    value: *const c_char,
    name: *const c_char,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { write(section, key, value, name) }
}

/// Writes a value: [`WritePrivateProfileStringA`] with wide characters.
#[export]
pub unsafe fn WritePrivateProfileStringW(
    section: *const WCHAR,
    key: *const WCHAR,
    value: *const WCHAR,
    name: *const WCHAR,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { write(section, key, value, name) }
}
