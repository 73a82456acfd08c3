//! The attributes of files by name: `GetFileAttributes`, `GetFileAttributesEx`, `SetFileAttributes`.

use crate::abi::character::Character;
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::out::put;
use crate::abi::text::WCHAR;
use crate::file::create::error_at;
use crate::file::facts::{Facts, set_attributes};
use crate::path::windows_path::locate_string;
use crate::time::system_time::to_file_time;
use libc::c_char;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::Storage::FileSystem::{
    GetFileExInfoStandard, INVALID_FILE_ATTRIBUTES, WIN32_FILE_ATTRIBUTE_DATA,
};

/// # Safety
/// `name` is NULL or a string ended by NUL.
unsafe fn facts<C: Character>(name: *const C) -> Result<Facts, Win32Error> {
    // SAFETY: the caller's promise.
    let path = unsafe { locate_string(name) }?;
    Facts::of_path(&path).map_err(|errno| error_at(&path, errno))
}

/// # Safety
/// `name` is NULL or a string ended by NUL.
unsafe fn attributes<C: Character>(name: *const C) -> u32 {
    // SAFETY: the caller's promise.
    match unsafe { facts(name) } {
        Ok(facts) => facts.attributes,
        Err(Win32Error(error)) => {
            SetLastError(error);
            INVALID_FILE_ATTRIBUTES
        }
    }
}

/// # Safety
/// `name` is NULL or a string ended by NUL; `data` is NULL or writable.
unsafe fn attributes_ex<C: Character>(
    name: *const C,
    level: i32,
    data: *mut c_void,
) -> Result<(), Win32Error> {
    if level != GetFileExInfoStandard {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    // SAFETY: the caller's promise.
    let facts = unsafe { facts(name) }?;
    let found = WIN32_FILE_ATTRIBUTE_DATA {
        dwFileAttributes: facts.attributes,
        ftCreationTime: to_file_time(facts.created),
        ftLastAccessTime: to_file_time(facts.accessed),
        ftLastWriteTime: to_file_time(facts.written),
        nFileSizeHigh: (facts.shown_size() >> 32) as u32,
        nFileSizeLow: facts.shown_size() as u32,
    };
    // SAFETY: the caller's promise.
    unsafe { put(data.cast(), found) }
}

/// # Safety
/// `name` is NULL or a string ended by NUL.
unsafe fn set<C: Character>(name: *const C, attributes: u32) -> Result<(), Win32Error> {
    // SAFETY: the caller's promise.
    let path = unsafe { locate_string(name) }?;
    set_attributes(&path, attributes).map_err(|errno| error_at(&path, errno))
}

/// The attributes of a file or directory; of a link, its own.
///
/// # Errors
/// `INVALID_FILE_ATTRIBUTES` with `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`, `ERROR_ACCESS_DENIED`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
///
/// Source: Windows documentation, `GetFileAttributes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesA(name: *const c_char) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { attributes(name) }
}

/// As [`GetFileAttributesA`].
///
/// # Safety
/// As for [`GetFileAttributesA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesW(name: *const WCHAR) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { attributes(name) }
}

/// Attributes, times and size.
///
/// # Errors
/// FALSE with those of [`GetFileAttributesA`], `ERROR_INVALID_PARAMETER`.
///
/// # Safety
/// As for [`GetFileAttributesA`]; `data` is NULL or writable.
///
/// Source: Windows documentation, `GetFileAttributesEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesExA(name: *const c_char, level: i32, data: *mut c_void) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { attributes_ex(name, level, data) })
}

/// As [`GetFileAttributesExA`].
///
/// # Safety
/// As for [`GetFileAttributesExA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesExW(name: *const WCHAR, level: i32, data: *mut c_void) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { attributes_ex(name, level, data) })
}

/// Sets the attributes that can be set; read-only is a matter of permissions.
///
/// # Errors
/// FALSE with those of [`GetFileAttributesA`].
///
/// # Safety
/// As for [`GetFileAttributesA`].
///
/// Source: Windows documentation, `SetFileAttributes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileAttributesA(name: *const c_char, attributes: u32) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { set(name, attributes) })
}

/// As [`SetFileAttributesA`].
///
/// # Safety
/// As for [`SetFileAttributesA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileAttributesW(name: *const WCHAR, attributes: u32) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { set(name, attributes) })
}
