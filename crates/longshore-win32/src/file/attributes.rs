//! The attributes of files by name: `GetFileAttributes`, `GetFileAttributesEx`, `SetFileAttributes`.

use crate::abi::argument::{CStrArg, Out, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::file::create::error_at;
use crate::file::facts::{Facts, set_attributes};
use crate::path::windows_path::locate_string;
use crate::time::system_time::to_file_time;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::Storage::FileSystem::{
    GetFileExInfoStandard, INVALID_FILE_ATTRIBUTES, WIN32_FILE_ATTRIBUTE_DATA,
};

fn facts<C: Character>(name: Option<StrArg<C>>) -> Result<Facts, Win32Error> {
    let path = locate_string(name)?;
    Facts::of_path(&path).map_err(|errno| error_at(&path, errno))
}

fn attributes<C: Character>(name: Option<StrArg<C>>) -> u32 {
    match facts(name) {
        Ok(facts) => facts.attributes,
        Err(Win32Error(error)) => {
            SetLastError(error);
            INVALID_FILE_ATTRIBUTES
        }
    }
}

fn attributes_ex<C: Character>(
    name: Option<StrArg<C>>,
    level: i32,
    data: Option<Out<WIN32_FILE_ATTRIBUTE_DATA>>,
) -> Result<(), Win32Error> {
    if level != GetFileExInfoStandard {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let facts = facts(name)?;
    let found = WIN32_FILE_ATTRIBUTE_DATA {
        dwFileAttributes: facts.attributes,
        ftCreationTime: to_file_time(facts.created),
        ftLastAccessTime: to_file_time(facts.accessed),
        ftLastWriteTime: to_file_time(facts.written),
        nFileSizeHigh: (facts.shown_size() >> 32) as u32,
        nFileSizeLow: facts.shown_size() as u32,
    };
    Ok(data.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(found)?)
}

fn set<C: Character>(name: Option<StrArg<C>>, attributes: u32) -> Result<(), Win32Error> {
    let path = locate_string(name)?;
    set_attributes(&path, attributes).map_err(|errno| error_at(&path, errno))
}

/// The attributes of a file or directory; of a link, its own.
///
/// # Errors
/// `INVALID_FILE_ATTRIBUTES` with `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `GetFileAttributes`.
#[export(failure = INVALID_FILE_ATTRIBUTES)]
pub unsafe fn GetFileAttributesA(name: Option<CStrArg>) -> u32 {
    attributes(name)
}

/// As [`GetFileAttributesA`].
#[export(failure = INVALID_FILE_ATTRIBUTES)]
pub unsafe fn GetFileAttributesW(name: Option<WStrArg>) -> u32 {
    attributes(name)
}

/// Attributes, times and size.
///
/// # Errors
/// FALSE with those of [`GetFileAttributesA`], `ERROR_INVALID_PARAMETER`.
///
/// Source: Windows documentation, `GetFileAttributesEx`.
#[export]
pub unsafe fn GetFileAttributesExA(
    name: Option<CStrArg>,
    level: i32,
    data: Option<Out<WIN32_FILE_ATTRIBUTE_DATA>>,
) -> Result<(), Win32Error> {
    attributes_ex(name, level, data)
}

/// As [`GetFileAttributesExA`].
#[export]
pub unsafe fn GetFileAttributesExW(
    name: Option<WStrArg>,
    level: i32,
    data: Option<Out<WIN32_FILE_ATTRIBUTE_DATA>>,
) -> Result<(), Win32Error> {
    attributes_ex(name, level, data)
}

/// Sets the attributes that can be set; read-only is a matter of permissions.
///
/// # Errors
/// FALSE with those of [`GetFileAttributesA`].
///
/// Source: Windows documentation, `SetFileAttributes`.
#[export]
pub unsafe fn SetFileAttributesA(name: Option<CStrArg>, attributes: u32) -> Result<(), Win32Error> {
    set(name, attributes)
}

/// As [`SetFileAttributesA`].
#[export]
pub unsafe fn SetFileAttributesW(name: Option<WStrArg>, attributes: u32) -> Result<(), Win32Error> {
    set(name, attributes)
}
