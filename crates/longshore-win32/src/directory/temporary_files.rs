//! Temporary files: their directory, and names for them.

use crate::abi::argument::{CStrArg, OutBuffer, StrArg, TextBuffer, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::file::create::error_at;
use crate::path::windows_path::{locate, text_of, to_windows};
use libc::c_char;
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use windows_sys::Win32::Foundation::{
    ERROR_BUFFER_OVERFLOW, ERROR_DIRECTORY, ERROR_FILE_EXISTS, ERROR_INVALID_PARAMETER, MAX_PATH,
};

/// The directory for temporary files, with the separator at its end.
fn temporary() -> Vec<u8> {
    let mut name = to_windows(&std::env::temp_dir());
    if !name.ends_with(b"\\") {
        name.push(b'\\');
    }
    name
}

/// A new name in a directory: the first three characters of the prefix, the number, `.TMP`. Without a number
/// the file is made, so that no other process gets the name.
fn temporary_name(directory: &Path, prefix: &str, unique: u32) -> Result<(PathBuf, u32), Win32Error> {
    if !directory.is_dir() {
        return Err(Win32Error(ERROR_DIRECTORY));
    }
    let prefix: String = prefix.chars().take(3).collect();
    let path = |number: u32| directory.join(format!("{prefix}{number:X}.TMP"));
    if unique as u16 != 0 {
        return Ok((path(unique as u16 as u32), unique));
    }
    let start =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |time| time.subsec_nanos());
    for number in (0..=u16::MAX).map(|step| (start as u16).wrapping_add(step)).filter(|&number| number != 0) {
        let path = path(number.into());
        match std::fs::File::create_new(&path) {
            Ok(_) => return Ok((path, number.into())),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error_at(&path, Errno::from(error))),
        }
    }
    Err(Win32Error(ERROR_FILE_EXISTS))
}

fn temporary_file<C: Character>(
    directory: Option<StrArg<C>>,
    prefix: Option<StrArg<C>>,
    unique: u32,
    buffer: Option<OutBuffer<C>>,
) -> Result<u32, Win32Error> {
    let (directory, prefix) = (text_of(directory)?, text_of(prefix)?);
    let located = locate(&directory)?;
    let (path, number) = temporary_name(&located, &String::from_utf8_lossy(&prefix), unique)?;
    // With the caller's spelling of the directory.
    let mut name = directory;
    if !name.ends_with(b"\\") && !name.ends_with(b"/") {
        name.push(b'\\');
    }
    name.extend_from_slice(path.file_name().unwrap_or_default().as_encoded_bytes());
    if buffer.put(&C::encode(&name), MAX_PATH as usize)? {
        return Ok(number);
    }
    if unique as u16 == 0 {
        let _ = std::fs::remove_file(path);
    }
    Err(Win32Error(if buffer.is_none() { ERROR_INVALID_PARAMETER } else { ERROR_BUFFER_OVERFLOW }))
}

/// The directory for temporary files.
///
/// Source: Windows documentation, `GetTempPath`.
#[export]
pub unsafe fn GetTempPathA(room: u32, buffer: Option<OutBuffer<c_char>>) -> Result<u32, Win32Error> {
    Ok(buffer.put_or_ask(&temporary(), room)?)
}

/// As [`GetTempPathA`].
#[export]
pub unsafe fn GetTempPathW(room: u32, buffer: Option<OutBuffer<WCHAR>>) -> Result<u32, Win32Error> {
    Ok(buffer.put_or_ask(&temporary(), room)?)
}

/// As [`GetTempPathA`].
#[export]
pub unsafe fn GetTempPath2A(room: u32, buffer: Option<OutBuffer<c_char>>) -> Result<u32, Win32Error> {
    Ok(buffer.put_or_ask(&temporary(), room)?)
}

/// As [`GetTempPathA`].
#[export]
pub unsafe fn GetTempPath2W(room: u32, buffer: Option<OutBuffer<WCHAR>>) -> Result<u32, Win32Error> {
    Ok(buffer.put_or_ask(&temporary(), room)?)
}

/// A name for a temporary file; with 0 for the number a file of that name is made.
///
/// # Errors
/// 0 with `ERROR_DIRECTORY`, `ERROR_BUFFER_OVERFLOW`, `ERROR_ACCESS_DENIED`; otherwise the number.
///
/// Source: Windows documentation, `GetTempFileName`.
#[export]
pub unsafe fn GetTempFileNameA(
    directory: Option<CStrArg>,
    prefix: Option<CStrArg>,
    unique: u32,
    buffer: Option<OutBuffer<c_char>>,
) -> Result<u32, Win32Error> {
    temporary_file(directory, prefix, unique, buffer)
}

/// As [`GetTempFileNameA`].
#[export]
pub unsafe fn GetTempFileNameW(
    directory: Option<WStrArg>,
    prefix: Option<WStrArg>,
    unique: u32,
    buffer: Option<OutBuffer<WCHAR>>,
) -> Result<u32, Win32Error> {
    temporary_file(directory, prefix, unique, buffer)
}
