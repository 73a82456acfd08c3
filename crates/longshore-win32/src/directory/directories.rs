//! Making, removing and changing directories.

use crate::abi::argument::{CStrArg, Ignored, OutBuffer, StrArg, TextBuffer, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::directory::move_entry::facts_of;
use crate::file::create::error_at;
use crate::file::open_files::check_delete;
use crate::path::windows_path::{locate_string, to_windows};
use libc::c_char;
use longshore_engine::Errno;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_DIRECTORY, ERROR_PATH_NOT_FOUND};

fn create<C: Character>(name: Option<StrArg<C>>) -> Result<(), Win32Error> {
    let path = locate_string(name)?;
    std::fs::create_dir(&path).map_err(|error| match Errno::from(error) {
        Errno(libc::ENOENT) => Win32Error(ERROR_PATH_NOT_FOUND),
        errno => error_at(&path, errno),
    })
}

fn remove<C: Character>(name: Option<StrArg<C>>) -> Result<(), Win32Error> {
    let path = locate_string(name)?;
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

fn enter<C: Character>(name: Option<StrArg<C>>) -> Result<(), Win32Error> {
    let path = locate_string(name)?;
    if path.is_file() {
        return Err(Win32Error(ERROR_DIRECTORY));
    }
    std::env::set_current_dir(&path).map_err(|error| error_at(&path, Errno::from(error)))
}

fn current<C: Character>(buffer: Option<OutBuffer<C>>, room: u32) -> Result<u32, Win32Error> {
    let path = std::env::current_dir().map_err(|_| Win32Error(ERROR_PATH_NOT_FOUND))?;
    Ok(buffer.put_or_ask(&to_windows(&path), room)?)
}

/// Makes a directory.
///
/// # Errors
/// FALSE with `ERROR_ALREADY_EXISTS`, `ERROR_PATH_NOT_FOUND`, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `CreateDirectory`.
#[export]
pub unsafe fn CreateDirectoryA(name: Option<CStrArg>, _: Ignored) -> Result<(), Win32Error> {
    create(name)
}

/// As [`CreateDirectoryA`].
#[export]
pub unsafe fn CreateDirectoryW(name: Option<WStrArg>, _: Ignored) -> Result<(), Win32Error> {
    create(name)
}

/// As [`CreateDirectoryA`]. The template directory is ignored.
#[export]
pub unsafe fn CreateDirectoryExA(
    _model: Option<CStrArg>,
    name: Option<CStrArg>,
    _: Ignored,
) -> Result<(), Win32Error> {
    create(name)
}

/// As [`CreateDirectoryExA`].
#[export]
pub unsafe fn CreateDirectoryExW(
    _model: Option<WStrArg>,
    name: Option<WStrArg>,
    _: Ignored,
) -> Result<(), Win32Error> {
    create(name)
}

/// Removes an empty directory, or a link to one.
///
/// # Errors
/// FALSE with `ERROR_DIR_NOT_EMPTY`, `ERROR_DIRECTORY` for a file, `ERROR_FILE_NOT_FOUND`,
/// `ERROR_PATH_NOT_FOUND`, `ERROR_SHARING_VIOLATION`, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `RemoveDirectory`.
#[export]
pub unsafe fn RemoveDirectoryA(name: Option<CStrArg>) -> Result<(), Win32Error> {
    remove(name)
}

/// As [`RemoveDirectoryA`].
#[export]
pub unsafe fn RemoveDirectoryW(name: Option<WStrArg>) -> Result<(), Win32Error> {
    remove(name)
}

/// The current directory; the length, or the room it takes.
///
/// Source: Windows documentation, `GetCurrentDirectory`.
#[export]
pub unsafe fn GetCurrentDirectoryA(room: u32, buffer: Option<OutBuffer<c_char>>) -> Result<u32, Win32Error> {
    current(buffer, room)
}

/// As [`GetCurrentDirectoryA`].
#[export]
pub unsafe fn GetCurrentDirectoryW(room: u32, buffer: Option<OutBuffer<WCHAR>>) -> Result<u32, Win32Error> {
    current(buffer, room)
}

/// Changes the current directory, of the whole process.
///
/// # Errors
/// FALSE with `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`, `ERROR_DIRECTORY` for
/// a file, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `SetCurrentDirectory`.
#[export]
pub unsafe fn SetCurrentDirectoryA(name: Option<CStrArg>) -> Result<(), Win32Error> {
    enter(name)
}

/// As [`SetCurrentDirectoryA`].
#[export]
pub unsafe fn SetCurrentDirectoryW(name: Option<WStrArg>) -> Result<(), Win32Error> {
    enter(name)
}
