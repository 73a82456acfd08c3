//! Names of files asked for: `GetFullPathName`, `SearchPath`, `GetFinalPathNameByHandle` and their like.

use crate::abi::character::{Character, copy_or_ask};
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::text::WCHAR;
use crate::directory::move_entry::facts_of;
use crate::file::disk_file;
use crate::file::open_files::path_of;
use crate::object::handles::HANDLE;
use crate::path::windows_path::{full_name, locate, text_of, to_windows};
use libc::c_char;
use std::path::PathBuf;
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::Storage::FileSystem::{VOLUME_NAME_NONE, VOLUME_NAME_NT};

/// What a function returns for which 0 is a failure.
pub(crate) fn or_zero(result: Result<u32, Win32Error>) -> u32 {
    result.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        0
    })
}

/// # Safety
/// `name` is NULL or a string ended by NUL; `buffer` is NULL or has room for `room` units, `part` NULL or writable.
unsafe fn full<C: Character>(name: *const C, room: u32, buffer: *mut C, part: *mut *mut C) -> u32 {
    // SAFETY: the caller's promise.
    or_zero(unsafe { text_of(name) }.and_then(|name| {
        let mut full = full_name(&name)?;
        // What ends like a directory keeps its end.
        if (name.ends_with(b"\\") || name.ends_with(b"/")) && !full.ends_with(b"\\") {
            full.push(b'\\');
        }
        // SAFETY: the caller's promise.
        unsafe {
            let length = copy_or_ask(&full, buffer, room);
            if !part.is_null() {
                let file = full.iter().rposition(|&byte| byte == b'\\').map_or(0, |at| at + 1);
                let there = file < full.len() && length < room;
                let at = C::encode(&full[..file]).len();
                part.write_unaligned(if there { buffer.add(at) } else { std::ptr::null_mut() });
            }
            Ok(length)
        }
    }))
}

/// The same name, if there is such a file: Linux has no short names.
///
/// # Safety
/// `name` is NULL or a string ended by NUL; `buffer` is NULL or has room for `room` units.
unsafe fn same<C: Character>(name: *const C, buffer: *mut C, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    or_zero(unsafe { text_of(name) }.and_then(|name| {
        facts_of(&locate(&name)?)?;
        // SAFETY: the caller's promise.
        Ok(unsafe { copy_or_ask(&name, buffer, room) })
    }))
}

/// The directories a file is looked for in, without a path of the caller's: the program's own, the current one, `PATH`.
fn usual_places() -> Vec<PathBuf> {
    let own = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    own.into_iter().chain([PathBuf::from(".")]).chain(std::env::split_paths(&path)).collect()
}

/// # Safety
/// As for [`full`].
unsafe fn search<C: Character>(
    path: *const C,
    name: *const C,
    extension: *const C,
    room: u32,
    buffer: *mut C,
    part: *mut *mut C,
) -> u32 {
    // SAFETY: the caller's promise.
    let found = unsafe { text_of(path) }.and_then(|path| {
        // SAFETY: the caller's promise.
        let (mut name, extension) = unsafe { (text_of(name)?, text_of(extension)?) };
        if name.is_empty() {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        if !name.rsplit(|byte| matches!(byte, b'\\' | b'/')).next().is_some_and(|last| last.contains(&b'.')) {
            name.extend_from_slice(&extension);
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
        let candidates =
            places.iter().map(|place| crate::path::windows_path::settle_case(place.join(&as_named)));
        candidates.into_iter().find(|path| path.exists()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))
    });
    or_zero(found.and_then(|found| {
        let whole = std::path::absolute(&found).map_err(|_| Win32Error(ERROR_FILE_NOT_FOUND))?;
        let name = C::encode(&to_windows(&whole)).into_iter().chain([C::default()]).collect::<Vec<C>>();
        // SAFETY: a string of this function's, and the caller's promise.
        Ok(unsafe { full(name.as_ptr(), room, buffer, part) })
    }))
}

/// # Safety
/// `buffer` is NULL or has room for `room` units.
unsafe fn final_name<C: Character>(file: HANDLE, buffer: *mut C, room: u32, flags: u32) -> u32 {
    or_zero(disk_file::get(file).and_then(|file| {
        let path = path_of(&file.descriptor()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
        let name = to_windows(&path);
        let name = match flags & (VOLUME_NAME_NONE | VOLUME_NAME_NT) {
            VOLUME_NAME_NONE => name[2..].to_vec(),
            VOLUME_NAME_NT => [b"\\Device\\HarddiskVolume1", &name[2..]].concat(),
            _ => [b"\\\\?\\", name.as_slice()].concat(),
        };
        // SAFETY: the caller's promise.
        Ok(unsafe { copy_or_ask(&name, buffer, room) })
    }))
}

/// The whole name of a file, which need not exist; `part` is set to its last part.
///
/// # Errors
/// 0 with `ERROR_PATH_NOT_FOUND`, ... ; otherwise the length, or the room it takes.
///
/// # Safety
/// `name` is NULL or a string ended by NUL; `buffer` is NULL or has room for `room` units, `part` is NULL or writable.
///
/// Source: Windows documentation, `GetFullPathName`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFullPathNameA(
    name: *const c_char,
    room: u32,
    buffer: *mut c_char,
    part: *mut *mut c_char,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { full(name, room, buffer, part) }
}

/// As [`GetFullPathNameA`].
///
/// # Safety
/// As for [`GetFullPathNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFullPathNameW(
    name: *const WCHAR,
    room: u32,
    buffer: *mut WCHAR,
    part: *mut *mut WCHAR,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { full(name, room, buffer, part) }
}

/// The name in its long form, which is the only one.
///
/// # Errors
/// 0 with `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL; `buffer` is NULL or has room for `room` units.
///
/// Source: Windows documentation, `GetLongPathName`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLongPathNameA(name: *const c_char, buffer: *mut c_char, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { same(name, buffer, room) }
}

/// As [`GetLongPathNameA`].
///
/// # Safety
/// As for [`GetLongPathNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLongPathNameW(name: *const WCHAR, buffer: *mut WCHAR, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { same(name, buffer, room) }
}

/// The name in its short form: the same, as on a volume without short names.
///
/// # Errors
/// As for [`GetLongPathNameA`].
///
/// # Safety
/// As for [`GetLongPathNameA`].
///
/// Source: Windows documentation, `GetShortPathName`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetShortPathNameA(name: *const c_char, buffer: *mut c_char, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { same(name, buffer, room) }
}

/// As [`GetShortPathNameA`].
///
/// # Safety
/// As for [`GetLongPathNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetShortPathNameW(name: *const WCHAR, buffer: *mut WCHAR, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { same(name, buffer, room) }
}

/// Looks for a file in directories: those named, divided by semicolons, or the usual ones.
///
/// # Errors
/// 0 with `ERROR_FILE_NOT_FOUND`; otherwise the length, or the room it takes.
///
/// # Safety
/// The names are NULL or strings ended by NUL; the rest as for [`GetFullPathNameA`].
///
/// Source: Windows documentation, `SearchPath`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SearchPathA(
    path: *const c_char,
    name: *const c_char,
    extension: *const c_char,
    room: u32,
    buffer: *mut c_char,
    part: *mut *mut c_char,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { search(path, name, extension, room, buffer, part) }
}

/// As [`SearchPathA`].
///
/// # Safety
/// As for [`SearchPathA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SearchPathW(
    path: *const WCHAR,
    name: *const WCHAR,
    extension: *const WCHAR,
    room: u32,
    buffer: *mut WCHAR,
    part: *mut *mut WCHAR,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { search(path, name, extension, room, buffer, part) }
}

/// The name of an open file as it is now.
///
/// # Errors
/// 0 with `ERROR_INVALID_HANDLE`, `ERROR_FILE_NOT_FOUND`; otherwise the length, or the room it takes.
///
/// # Safety
/// `buffer` is NULL or has room for `room` units.
///
/// Source: Windows documentation, `GetFinalPathNameByHandle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFinalPathNameByHandleA(
    file: HANDLE,
    buffer: *mut c_char,
    room: u32,
    flags: u32,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { final_name(file, buffer, room, flags) }
}

/// As [`GetFinalPathNameByHandleA`].
///
/// # Safety
/// As for [`GetFinalPathNameByHandleA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFinalPathNameByHandleW(
    file: HANDLE,
    buffer: *mut WCHAR,
    room: u32,
    flags: u32,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { final_name(file, buffer, room, flags) }
}
