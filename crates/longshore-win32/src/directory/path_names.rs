//! Questions about names of files: `GetFullPathName`, `SearchPath`, `GetFinalPathNameByHandle` and similar.

use crate::abi::argument::{CStrArg, Out, OutBuffer, StrArg, TextBuffer, WStrArg, WriteIfAsked};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::directory::move_entry::facts_of;
use crate::file::disk_file;
use crate::file::open_files::path_of;
use crate::object::handles::HANDLE;
use crate::path::windows_path::{full_name, locate, settle_case, text_of, to_windows};
use libc::c_char;
use longshore_win32_macros::export;
use std::path::PathBuf;
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::Storage::FileSystem::{VOLUME_NAME_NONE, VOLUME_NAME_NT};

fn full<C: Character>(
    name: &[u8],
    room: u32,
    buffer: Option<OutBuffer<C>>,
    part: Option<Out<*mut C>>,
) -> Result<u32, Win32Error> {
    let mut full = full_name(name)?;
    // A name that ends with a separator keeps it.
    if (name.ends_with(b"\\") || name.ends_with(b"/")) && !full.ends_with(b"\\") {
        full.push(b'\\');
    }
    let length = buffer.put_or_ask(&full, room)?;
    let file = full.iter().rposition(|&byte| byte == b'\\').map_or(0, |at| at + 1);
    let there = buffer.filter(|_| file < full.len() && length < room);
    let at = size_of::<C>() * C::encode(&full[..file]).len();
    part.write_if_asked(there.map_or(std::ptr::null_mut(), |buffer| buffer.from(at).as_ptr()))?;
    Ok(length)
}

/// Returns the same name, if the file exists: Linux has no short names.
fn same<C: Character>(
    name: Option<StrArg<C>>,
    buffer: Option<OutBuffer<C>>,
    room: u32,
) -> Result<u32, Win32Error> {
    let name = text_of(name)?;
    facts_of(&locate(&name)?)?;
    Ok(buffer.put_or_ask(&name, room)?)
}

/// The directories that are searched if the caller names none: the program's own, the current one, `PATH`.
fn usual_places() -> Vec<PathBuf> {
    let own = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    own.into_iter().chain([PathBuf::from(".")]).chain(std::env::split_paths(&path)).collect()
}

/// Searches a file.
fn found(path: &[u8], mut name: Vec<u8>, extension: &[u8]) -> Result<PathBuf, Win32Error> {
    if name.is_empty() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    if !name.rsplit(|byte| matches!(byte, b'\\' | b'/')).next().is_some_and(|last| last.contains(&b'.')) {
        name.extend_from_slice(extension);
    }
    let as_named = locate(&name)?;
    if as_named.is_absolute() {
        return facts_of(&as_named).map(|_| as_named);
    }
    let places: Vec<PathBuf> = match path.is_empty() {
        true => usual_places(),
        false => path
            .split(|&byte| byte == b';')
            .filter(|place| !place.is_empty())
            .map(locate)
            .collect::<Result<_, _>>()?,
    };
    let candidates = places.iter().map(|place| settle_case(place.join(&as_named)));
    candidates.into_iter().find(|path| path.exists()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))
}

fn search<C: Character>(
    path: Option<StrArg<C>>,
    name: Option<StrArg<C>>,
    extension: Option<StrArg<C>>,
    room: u32,
    buffer: Option<OutBuffer<C>>,
    part: Option<Out<*mut C>>,
) -> Result<u32, Win32Error> {
    let found = found(&text_of(path)?, text_of(name)?, &text_of(extension)?)?;
    let whole = std::path::absolute(&found).map_err(|_| Win32Error(ERROR_FILE_NOT_FOUND))?;
    full(&to_windows(&whole), room, buffer, part)
}

fn final_name<C: Character>(
    file: HANDLE,
    buffer: Option<OutBuffer<C>>,
    room: u32,
    flags: u32,
) -> Result<u32, Win32Error> {
    let file = disk_file::get(file)?;
    let path = path_of(&file.descriptor()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
    let name = to_windows(&path);
    let name = match flags & (VOLUME_NAME_NONE | VOLUME_NAME_NT) {
        VOLUME_NAME_NONE => name[2..].to_vec(),
        VOLUME_NAME_NT => [b"\\Device\\HarddiskVolume1", &name[2..]].concat(),
        _ => [b"\\\\?\\", name.as_slice()].concat(),
    };
    Ok(buffer.put_or_ask(&name, room)?)
}

/// The whole name of a file, which need not exist; `part` is set to its last part.
///
/// # Errors
/// 0 with `ERROR_PATH_NOT_FOUND`, ... ; otherwise the length, or the room it takes.
///
/// Source: Windows documentation, `GetFullPathName`.
#[export]
pub unsafe fn GetFullPathNameA(
    name: Option<CStrArg>,
    room: u32,
    buffer: Option<OutBuffer<c_char>>,
    part: Option<Out<*mut c_char>>,
) -> Result<u32, Win32Error> {
    full(&text_of(name)?, room, buffer, part)
}

/// As [`GetFullPathNameA`].
#[export]
pub unsafe fn GetFullPathNameW(
    name: Option<WStrArg>,
    room: u32,
    buffer: Option<OutBuffer<WCHAR>>,
    part: Option<Out<*mut WCHAR>>,
) -> Result<u32, Win32Error> {
    full(&text_of(name)?, room, buffer, part)
}

/// The name in its long form, which is the only one.
///
/// # Errors
/// 0 with `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`.
///
/// Source: Windows documentation, `GetLongPathName`.
#[export]
pub unsafe fn GetLongPathNameA(
    name: Option<CStrArg>,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
) -> Result<u32, Win32Error> {
    same(name, buffer, room)
}

/// As [`GetLongPathNameA`].
#[export]
pub unsafe fn GetLongPathNameW(
    name: Option<WStrArg>,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
) -> Result<u32, Win32Error> {
    same(name, buffer, room)
}

/// The name in its short form: the same, as on a volume without short names.
///
/// # Errors
/// As for [`GetLongPathNameA`].
///
/// Source: Windows documentation, `GetShortPathName`.
#[export]
pub unsafe fn GetShortPathNameA(
    name: Option<CStrArg>,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
) -> Result<u32, Win32Error> {
    same(name, buffer, room)
}

/// As [`GetShortPathNameA`].
#[export]
pub unsafe fn GetShortPathNameW(
    name: Option<WStrArg>,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
) -> Result<u32, Win32Error> {
    same(name, buffer, room)
}

/// Looks for a file in directories: those named, divided by semicolons, or the usual ones.
///
/// # Errors
/// 0 with `ERROR_FILE_NOT_FOUND`; otherwise the length, or the room it takes.
///
/// Source: Windows documentation, `SearchPath`.
#[export]
pub unsafe fn SearchPathA(
    path: Option<CStrArg>,
    name: Option<CStrArg>,
    extension: Option<CStrArg>,
    room: u32,
    buffer: Option<OutBuffer<c_char>>,
    part: Option<Out<*mut c_char>>,
) -> Result<u32, Win32Error> {
    search(path, name, extension, room, buffer, part)
}

/// As [`SearchPathA`].
#[export]
pub unsafe fn SearchPathW(
    path: Option<WStrArg>,
    name: Option<WStrArg>,
    extension: Option<WStrArg>,
    room: u32,
    buffer: Option<OutBuffer<WCHAR>>,
    part: Option<Out<*mut WCHAR>>,
) -> Result<u32, Win32Error> {
    search(path, name, extension, room, buffer, part)
}

/// The name of an open file as it is now.
///
/// # Errors
/// 0 with `ERROR_INVALID_HANDLE`, `ERROR_FILE_NOT_FOUND`; otherwise the length, or the room it takes.
///
/// Source: Windows documentation, `GetFinalPathNameByHandle`.
#[export]
pub unsafe fn GetFinalPathNameByHandleA(
    file: HANDLE,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
    flags: u32,
) -> Result<u32, Win32Error> {
    final_name(file, buffer, room, flags)
}

/// As [`GetFinalPathNameByHandleA`].
#[export]
pub unsafe fn GetFinalPathNameByHandleW(
    file: HANDLE,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
    flags: u32,
) -> Result<u32, Win32Error> {
    final_name(file, buffer, room, flags)
}
