//! Making, removing and changing directories.

use crate::abi::character::{Character, copy_or_ask};
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::directory::move_entry::facts_of;
use crate::file::create::error_at;
use crate::file::open_files::check_delete;
use crate::path::windows_path::{locate_string, to_windows};
use libc::c_char;
use longshore_engine::Errno;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_DIRECTORY, ERROR_PATH_NOT_FOUND};

/// # Safety
/// `name` is NULL or a string ended by NUL.
unsafe fn create<C: Character>(name: *const C) -> Result<(), Win32Error> {
    // SAFETY: the caller's promise.
    let path = unsafe { locate_string(name) }?;
    std::fs::create_dir(&path).map_err(|error| match Errno::from(error) {
        Errno(libc::ENOENT) => Win32Error(ERROR_PATH_NOT_FOUND),
        errno => error_at(&path, errno),
    })
}

/// # Safety
/// `name` is NULL or a string ended by NUL.
unsafe fn remove<C: Character>(name: *const C) -> Result<(), Win32Error> {
    // SAFETY: the caller's promise.
    let path = unsafe { locate_string(name) }?;
    let facts = facts_of(&path)?;
    if !facts.is_directory() {
        return Err(Win32Error(ERROR_DIRECTORY));
    }
    check_delete(facts.file_id())?;
    let removed = match facts.is_link() {
        true => std::fs::remove_file(&path),
        false => std::fs::remove_dir(&path),
    };
    removed.map_err(|error| match Errno::from(error) {
        Errno(libc::EBUSY) => Win32Error(ERROR_ACCESS_DENIED),
        errno => error_at(&path, errno),
    })
}

/// # Safety
/// `name` is NULL or a string ended by NUL.
unsafe fn enter<C: Character>(name: *const C) -> Result<(), Win32Error> {
    // SAFETY: the caller's promise.
    let path = unsafe { locate_string(name) }?;
    if path.is_file() {
        return Err(Win32Error(ERROR_DIRECTORY));
    }
    std::env::set_current_dir(&path).map_err(|error| error_at(&path, Errno::from(error)))
}

/// # Safety
/// `buffer` is NULL or has room for `room` units.
unsafe fn current<C: Character>(buffer: *mut C, room: u32) -> u32 {
    match std::env::current_dir() {
        // SAFETY: the caller's promise.
        Ok(path) => unsafe { copy_or_ask(&to_windows(&path), buffer, room) },
        Err(_) => {
            SetLastError(ERROR_PATH_NOT_FOUND);
            0
        }
    }
}

/// Makes a directory.
///
/// # Errors
/// FALSE with `ERROR_ALREADY_EXISTS`, `ERROR_PATH_NOT_FOUND`, `ERROR_ACCESS_DENIED`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
///
/// Source: Windows documentation, `CreateDirectory`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateDirectoryA(name: *const c_char, _security: *const c_void) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { create(name) })
}

/// As [`CreateDirectoryA`].
///
/// # Safety
/// As for [`CreateDirectoryA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateDirectoryW(name: *const WCHAR, _security: *const c_void) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { create(name) })
}

/// As [`CreateDirectoryA`]. Of the directory that serves as a model nothing is taken over.
///
/// # Safety
/// As for [`CreateDirectoryA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateDirectoryExA(
    _model: *const c_char,
    name: *const c_char,
    _security: *const c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { create(name) })
}

/// As [`CreateDirectoryExA`].
///
/// # Safety
/// As for [`CreateDirectoryA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateDirectoryExW(
    _model: *const WCHAR,
    name: *const WCHAR,
    _security: *const c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { create(name) })
}

/// Removes an empty directory, or a link to one.
///
/// # Errors
/// FALSE with `ERROR_DIR_NOT_EMPTY`, `ERROR_DIRECTORY` for a file, `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`,
/// `ERROR_SHARING_VIOLATION`, `ERROR_ACCESS_DENIED`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
///
/// Source: Windows documentation, `RemoveDirectory`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RemoveDirectoryA(name: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { remove(name) })
}

/// As [`RemoveDirectoryA`].
///
/// # Safety
/// As for [`RemoveDirectoryA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RemoveDirectoryW(name: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { remove(name) })
}

/// The current directory; the length, or the room it takes.
///
/// # Safety
/// `buffer` is NULL or has room for `room` units.
///
/// Source: Windows documentation, `GetCurrentDirectory`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCurrentDirectoryA(room: u32, buffer: *mut c_char) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { current(buffer, room) }
}

/// As [`GetCurrentDirectoryA`].
///
/// # Safety
/// As for [`GetCurrentDirectoryA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCurrentDirectoryW(room: u32, buffer: *mut WCHAR) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { current(buffer, room) }
}

/// Changes the current directory, of the whole process.
///
/// # Errors
/// FALSE with `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`, `ERROR_DIRECTORY` for a file, `ERROR_ACCESS_DENIED`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
///
/// Source: Windows documentation, `SetCurrentDirectory`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCurrentDirectoryA(name: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { enter(name) })
}

/// As [`SetCurrentDirectoryA`].
///
/// # Safety
/// As for [`SetCurrentDirectoryA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCurrentDirectoryW(name: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { enter(name) })
}
