//! `GetPrivateProfileString` and its relatives: initialisation files as programs ask for them.

use crate::abi::argument::{CStrArg, OptionalText, OutBuffer, StrArg, TextBuffer, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::text::WCHAR;
use crate::path::windows_path::locate;
use crate::sync::lock::Lock;
use crate::system::ini::Ini;
use libc::c_char;
use longshore_win32_macros::export;
use std::path::PathBuf;
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_NOACCESS};

/// One change at a time: a change reads the file first.
static CHANGING: Lock<()> = Lock::last("a change of a profile", ());

/// The text of a string; `None` for NULL.
fn text<C: Character>(string: Option<StrArg<C>>) -> Result<Option<String>, Win32Error> {
    let lossy = |string: StrArg<C>| Ok(String::from_utf8_lossy(string.text()?.as_bytes()).into_owned());
    string.map(lossy).transpose()
}

/// The file of a name. A bare name is a file of the current directory: there is no
/// Windows directory to look in.
fn file<C: Character>(name: Option<StrArg<C>>) -> Result<PathBuf, Win32Error> {
    let name = name.text()?;
    if name.is_empty() { Err(Win32Error(ERROR_INVALID_PARAMETER)) } else { locate(name.as_bytes()) }
}

/// The content of a file. If there is none, that is the last error, and the content is empty.
fn content<C: Character>(name: Option<StrArg<C>>) -> Result<Ini, Win32Error> {
    match file(name) {
        Err(fault @ Win32Error(ERROR_NOACCESS)) => Err(fault),
        Ok(path) if path.is_file() => Ok(Ini::read(&path)),
        _ => {
            SetLastError(ERROR_FILE_NOT_FOUND);
            Ok(Ini::default())
        }
    }
}

/// Copies a string, cut if it must be; returns the length without the NUL.
fn deliver<C: Character>(string: &str, buffer: Option<OutBuffer<C>>, room: u32) -> Result<u32, Win32Error> {
    let mut units = C::encode(string.as_bytes());
    units.truncate((room as usize).saturating_sub(1));
    Ok(if buffer.put(&units, room as usize)? { units.len() as u32 } else { 0 })
}

/// Copies a list: each string with its NUL, and one more. Returns the length without the last NUL, or if the
/// list had to be cut, the room less two.
fn deliver_list<C: Character>(
    list: impl Iterator<Item = impl AsRef<str>>,
    buffer: Option<OutBuffer<C>>,
    room: u32,
) -> Result<u32, Win32Error> {
    let mut units: Vec<C> = Vec::new();
    for string in list {
        units.extend(C::encode(string.as_ref().as_bytes()));
        units.push(C::default());
    }
    if buffer.is_none() || room < 2 {
        return Ok(0);
    }
    let mut length = units.len() as u32;
    if units.len() >= room as usize {
        length = room - 2;
        units.truncate(room as usize - 2);
        units.push(C::default());
    } else if units.is_empty() {
        units.push(C::default()); // The empty list is two NULs.
    }
    buffer.put(&units, room as usize)?;
    Ok(length)
}

fn get_string<C: Character>(
    section: Option<StrArg<C>>,
    key: Option<StrArg<C>>,
    default: Option<StrArg<C>>,
    buffer: Option<OutBuffer<C>>,
    room: u32,
    name: Option<StrArg<C>>,
) -> Result<u32, Win32Error> {
    let (section, key, default) = (text(section)?, text(key)?, text(default)?);
    let ini = content(name)?;
    match (section, key) {
        (None, _) => deliver_list(ini.sections().into_iter(), buffer, room),
        (Some(section), None) => {
            let keys = ini.entries(&section).into_iter().map(|(key, _)| key);
            deliver_list(keys, buffer, room)
        }
        (Some(section), Some(key)) => {
            let default = default.unwrap_or_default();
            // Blanks at the end of the default do not count.
            let value = ini.value(&section, &key).unwrap_or(default.trim_end_matches(' '));
            deliver(value, buffer, room)
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

fn get_int<C: Character>(
    section: Option<StrArg<C>>,
    key: Option<StrArg<C>>,
    default: i32,
    name: Option<StrArg<C>>,
) -> Result<u32, Win32Error> {
    let (section, key, ini) = (text(section)?, text(key)?, content(name)?);
    let value = section.zip(key).and_then(|(section, key)| Some(number(ini.value(&section, &key)?)));
    Ok(value.unwrap_or(default as u32))
}

fn get_section<C: Character>(
    section: Option<StrArg<C>>,
    buffer: Option<OutBuffer<C>>,
    room: u32,
    name: Option<StrArg<C>>,
) -> Result<u32, Win32Error> {
    let (section, ini) = (text(section)?, content(name)?);
    let entries = section.as_ref().map(|section| ini.entries(section)).unwrap_or_default();
    deliver_list(entries.into_iter().map(|(key, value)| format!("{key}={value}")), buffer, room)
}

fn write<C: Character>(
    section: Option<StrArg<C>>,
    key: Option<StrArg<C>>,
    value: Option<StrArg<C>>,
    name: Option<StrArg<C>>,
) -> Result<(), Win32Error> {
    let (path, section, key, value) = (file(name)?, text(section)?, text(key)?, text(value)?);
    let Some(section) = section else {
        // The older systems' request to write a cache out.
        return Ok(());
    };
    let one_line = |text: &str| !text.contains(['\n', '\r']);
    if ![Some(&section), key.as_ref(), value.as_ref()].into_iter().flatten().all(|text| one_line(text)) {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let _changing = CHANGING.lock();
    let mut ini = Ini::read(&path);
    ini.set(&section, key.as_deref(), value.as_deref());
    ini.write(&path)
}

/// Reads a value; the default if there is none. Without a key, lists the keys, and
/// without a section, the sections.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` or, for a string that is not text, `ERROR_NO_UNICODE_TRANSLATION`. A file that is not
/// there gives the default and `ERROR_FILE_NOT_FOUND`.
///
/// Source: Windows documentation, `GetPrivateProfileString`.
#[export]
pub unsafe fn GetPrivateProfileStringA(
    section: Option<CStrArg>,
    key: Option<CStrArg>,
    default: Option<CStrArg>,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
    name: Option<CStrArg>,
) -> Result<u32, Win32Error> {
    get_string(section, key, default, buffer, room, name)
}

/// Reads a value: [`GetPrivateProfileStringA`] with wide characters.
#[export]
pub unsafe fn GetPrivateProfileStringW(
    section: Option<WStrArg>,
    key: Option<WStrArg>,
    default: Option<WStrArg>,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
    name: Option<WStrArg>,
) -> Result<u32, Win32Error> {
    get_string(section, key, default, buffer, room, name)
}

/// Reads a number; the default if there is none.
///
/// # Errors
/// As for [`GetPrivateProfileStringA`].
#[export]
pub unsafe fn GetPrivateProfileIntA(
    section: Option<CStrArg>,
    key: Option<CStrArg>,
    default: i32,
    name: Option<CStrArg>,
) -> Result<u32, Win32Error> {
    get_int(section, key, default, name)
}

/// Reads a number: [`GetPrivateProfileIntA`] with wide characters.
#[export]
pub unsafe fn GetPrivateProfileIntW(
    section: Option<WStrArg>,
    key: Option<WStrArg>,
    default: i32,
    name: Option<WStrArg>,
) -> Result<u32, Win32Error> {
    get_int(section, key, default, name)
}

/// Lists the keys and values of a section.
///
/// # Errors
/// As for [`GetPrivateProfileStringA`].
#[export]
pub unsafe fn GetPrivateProfileSectionA(
    section: Option<CStrArg>,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
    name: Option<CStrArg>,
) -> Result<u32, Win32Error> {
    get_section(section, buffer, room, name)
}

/// Lists the keys and values of a section, in wide characters.
#[export]
pub unsafe fn GetPrivateProfileSectionW(
    section: Option<WStrArg>,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
    name: Option<WStrArg>,
) -> Result<u32, Win32Error> {
    get_section(section, buffer, room, name)
}

/// Lists the sections.
///
/// # Errors
/// As for [`GetPrivateProfileStringA`].
#[export]
pub unsafe fn GetPrivateProfileSectionNamesA(
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
    name: Option<CStrArg>,
) -> Result<u32, Win32Error> {
    get_string(None, None, None, buffer, room, name)
}

/// Lists the sections, in wide characters.
#[export]
pub unsafe fn GetPrivateProfileSectionNamesW(
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
    name: Option<WStrArg>,
) -> Result<u32, Win32Error> {
    get_string(None, None, None, buffer, room, name)
}

/// Writes a value; with NULL removes the key, and with NULL for the key removes the section.
///
/// # Errors
/// Those of the file; `ERROR_INVALID_PARAMETER` for a line end in a text. A string that is not there
/// (`ERROR_NOACCESS`) or not text (`ERROR_NO_UNICODE_TRANSLATION`) changes nothing.
#[export]
pub unsafe fn WritePrivateProfileStringA(
    section: Option<CStrArg>,
    key: Option<CStrArg>,
    value: Option<CStrArg>,
    name: Option<CStrArg>,
) -> Result<(), Win32Error> {
    write(section, key, value, name)
}

/// Writes a value: [`WritePrivateProfileStringA`] with wide characters.
#[export]
pub unsafe fn WritePrivateProfileStringW(
    section: Option<WStrArg>,
    key: Option<WStrArg>,
    value: Option<WStrArg>,
    name: Option<WStrArg>,
) -> Result<(), Win32Error> {
    write(section, key, value, name)
}
