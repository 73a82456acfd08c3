//! Temporary files: where they go, and names for them.

use crate::abi::character::{Character, copy_or_ask, copy_out};
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::directory::path_names::or_zero;
use crate::file::create::error_at;
use crate::path::windows_path::{locate, text_of, to_windows};
use libc::c_char;
use longshore_engine::Errno;
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

/// A name in a directory that nobody has: the prefix's first three characters, the number, `.TMP`. Without a number
/// the file is made, so that it stays nobody else's.
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

/// # Safety
/// The names are NULL or strings ended by NUL; `buffer` has room for `MAX_PATH` units.
unsafe fn temporary_file<C: Character>(
    directory: *const C,
    prefix: *const C,
    unique: u32,
    buffer: *mut C,
) -> u32 {
    let make = || -> Result<u32, Win32Error> {
        // SAFETY: the caller's promise.
        let (directory, prefix) = unsafe { (text_of(directory)?, text_of(prefix)?) };
        let located = locate(&directory)?;
        let (path, number) = temporary_name(&located, &String::from_utf8_lossy(&prefix), unique)?;
        // Spelled as the directory was.
        let mut name = directory;
        if !name.ends_with(b"\\") && !name.ends_with(b"/") {
            name.push(b'\\');
        }
        name.extend_from_slice(path.file_name().unwrap_or_default().as_encoded_bytes());
        // SAFETY: the caller's promise.
        if unsafe { copy_out(&C::encode(&name), buffer, MAX_PATH as usize) } {
            return Ok(number);
        }
        if unique as u16 == 0 {
            let _ = std::fs::remove_file(path);
        }
        Err(Win32Error(if buffer.is_null() { ERROR_INVALID_PARAMETER } else { ERROR_BUFFER_OVERFLOW }))
    };
    or_zero(make())
}

/// The directory for temporary files.
///
/// # Safety
/// `buffer` is NULL or has room for `room` units.
///
/// Source: Windows documentation, `GetTempPath`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPathA(room: u32, buffer: *mut c_char) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(&temporary(), buffer, room) }
}

/// As [`GetTempPathA`].
///
/// # Safety
/// As for [`GetTempPathA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPathW(room: u32, buffer: *mut WCHAR) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(&temporary(), buffer, room) }
}

/// As [`GetTempPathA`].
///
/// # Safety
/// As for [`GetTempPathA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPath2A(room: u32, buffer: *mut c_char) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(&temporary(), buffer, room) }
}

/// As [`GetTempPathA`].
///
/// # Safety
/// As for [`GetTempPathA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPath2W(room: u32, buffer: *mut WCHAR) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(&temporary(), buffer, room) }
}

/// A name for a temporary file; with 0 for the number a file of that name is made.
///
/// # Errors
/// 0 with `ERROR_DIRECTORY`, `ERROR_BUFFER_OVERFLOW`, `ERROR_ACCESS_DENIED`; otherwise the number.
///
/// # Safety
/// The names are NULL or strings ended by NUL; `buffer` is NULL or has room for `MAX_PATH` units.
///
/// Source: Windows documentation, `GetTempFileName`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempFileNameA(
    directory: *const c_char,
    prefix: *const c_char,
    unique: u32,
    buffer: *mut c_char,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { temporary_file(directory, prefix, unique, buffer) }
}

/// As [`GetTempFileNameA`].
///
/// # Safety
/// As for [`GetTempFileNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempFileNameW(
    directory: *const WCHAR,
    prefix: *const WCHAR,
    unique: u32,
    buffer: *mut WCHAR,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { temporary_file(directory, prefix, unique, buffer) }
}
