//! Moving, replacing and removing files; links.

use crate::abi::argument::{CStrArg, Callback, Context, Ignored, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::directory::copy::{self, Progress, ProgressRoutine};
use crate::file::create::error_at;
use crate::file::facts::{Facts, c_path};
use crate::file::open_files::{check_delete, check_replace};
use crate::path::windows_path::{Target, locate_string, settle_case, target, text_of};
use longshore_engine::{Errno, blocking};
use longshore_win32_macros::export;
use std::path::{Path, PathBuf};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_FILE_NOT_FOUND, ERROR_NOT_SAME_DEVICE,
    ERROR_NOT_SUPPORTED,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_READONLY, MOVEFILE_COPY_ALLOWED, MOVEFILE_DELAY_UNTIL_REBOOT, MOVEFILE_REPLACE_EXISTING,
};

/// Whether a move may replace another file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replace {
    /// One without an open.
    Yes,
    /// Also one with opens, if all of them share deletion: `ReplaceFile`, and renames with POSIX semantics.
    Shared,
    No,
}

pub(crate) fn facts_of(path: &Path) -> Result<Facts, Win32Error> {
    Facts::of_path(path).map_err(|errno| error_at(path, errno))
}

/// The file at the target, if it is not the file that moves.
fn obstacle(from: &Facts, to: &Path) -> Option<Facts> {
    Facts::of_path(to).ok().filter(|found| found.file_id() != from.file_id() || found.links > 1)
}

/// rename(2), with Windows' condition: every open of the file must share deletion.
pub(crate) fn rename(from: &Path, to: &Path, replace: Replace) -> Result<(), Win32Error> {
    check_delete(facts_of(from)?.file_id())?;
    rename_open(from, to, replace)
}

/// The same for a caller that has the file open with the right to delete. Every other open shares that right,
/// so nothing is checked again.
pub(crate) fn rename_open(from: &Path, to: &Path, replace: Replace) -> Result<(), Win32Error> {
    let source = facts_of(from)?;
    if let Some(found) = obstacle(&source, to) {
        if replace == Replace::No {
            return Err(Win32Error(ERROR_ALREADY_EXISTS));
        }
        if found.is_directory() || found.attributes & FILE_ATTRIBUTE_READONLY != 0 {
            return Err(Win32Error(ERROR_ACCESS_DENIED));
        }
        match replace {
            Replace::Shared => check_delete(found.file_id())?,
            _ => check_replace(found.file_id())?, // F26
        }
    }
    let failed = |errno| error_at(to, errno);
    let (from_name, to_name) = (c_path(from).map_err(failed)?, c_path(to).map_err(failed)?);
    let moves_onto_itself = Facts::of_path(to).is_ok_and(|found| found.file_id() == source.file_id());
    let flags = match replace {
        Replace::No if !moves_onto_itself => libc::RENAME_NOREPLACE,
        _ => 0,
    };
    let (here, old, new) = (libc::AT_FDCWD, from_name.as_ptr(), to_name.as_ptr());
    // SAFETY: strings ended by NUL.
    let renamed = blocking(|| unsafe {
        match libc::renameat2(here, old, here, new, flags) {
            // Not every file system supports the flag; the target has been checked before.
            -1 if flags != 0 && Errno::last() == Errno(libc::EINVAL) => libc::rename(old, new),
            result => result,
        }
    });
    match renamed {
        0 => Ok(()),
        _ => Err(match Errno::last() {
            Errno(libc::EXDEV) => Win32Error(ERROR_NOT_SAME_DEVICE),
            Errno(libc::EEXIST) => Win32Error(ERROR_ALREADY_EXISTS),
            Errno(libc::EINVAL) => Win32Error(windows_sys::Win32::Foundation::ERROR_SHARING_VIOLATION),
            errno => failed(errno),
        }),
    }
}

/// The path a new name stands for: its directory as it is spelled, the last part as written, so
/// that a move can change its case.
pub(crate) fn new_path<C: Character>(name: Option<StrArg<C>>) -> Result<PathBuf, Win32Error> {
    let Target::Path(path) = target(&text_of(name)?)? else {
        return Err(Win32Error(ERROR_FILE_NOT_FOUND));
    };
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
            Ok(settle_case(parent.to_owned()).join(name))
        }
        _ => Ok(path),
    }
}

fn move_to<C: Character>(
    from: Option<StrArg<C>>,
    to: Option<StrArg<C>>,
    flags: u32,
    progress: Option<Progress>,
) -> Result<(), Win32Error> {
    if flags & MOVEFILE_DELAY_UNTIL_REBOOT != 0 {
        return Err(Win32Error(ERROR_NOT_SUPPORTED));
    }
    let (from, mut to) = (locate_string(from)?, new_path(to)?);
    let source = facts_of(&from)?;
    // Another file whose name differs in case only is the target, too; the file itself is not.
    let settled = settle_case(to.clone());
    if settled != to && obstacle(&source, &settled).is_some() {
        to = settled;
    }
    let replace = if flags & MOVEFILE_REPLACE_EXISTING != 0 { Replace::Yes } else { Replace::No };
    match rename(&from, &to, replace) {
        Err(Win32Error(ERROR_NOT_SAME_DEVICE))
            if flags & MOVEFILE_COPY_ALLOWED != 0 && !source.is_directory() =>
        {
            copy::copy(&from, &to, replace == Replace::No, progress, None)?;
            remove_file(&from)
        }
        result => result,
    }
}

/// unlink(2), with Windows' conditions.
pub(crate) fn remove_file(path: &Path) -> Result<(), Win32Error> {
    let facts = facts_of(path)?;
    let is_link = facts.is_link();
    if (facts.is_directory() && !is_link) || facts.attributes & FILE_ATTRIBUTE_READONLY != 0 {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    check_delete(facts.file_id())?;
    blocking(|| std::fs::remove_file(path)).map_err(|error| error_at(path, Errno::from(error)))
}

fn replace<C: Character>(
    to: Option<StrArg<C>>,
    from: Option<StrArg<C>>,
    backup: Option<StrArg<C>>,
) -> Result<(), Win32Error> {
    let (to, from) = (locate_string(to)?, locate_string(from)?);
    let (old, new) = (facts_of(&to)?, facts_of(&from)?);
    if old.is_directory() || new.is_directory() {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    if backup.is_some() {
        let backup = locate_string(backup)?;
        rename(&to, &backup, Replace::Shared)?;
        return rename(&from, &to, Replace::No).inspect_err(|_| {
            // The call must change everything or nothing.
            let _ = rename(&backup, &to, Replace::No);
        });
    }
    rename(&from, &to, Replace::Shared)
}

fn hard_link<C: Character>(name: Option<StrArg<C>>, existing: Option<StrArg<C>>) -> Result<(), Win32Error> {
    let (name, existing) = (locate_string(name)?, locate_string(existing)?);
    facts_of(&existing)?;
    std::fs::hard_link(&existing, &name).map_err(|error| error_at(&name, Errno::from(error)))
}

fn symbolic_link<C: Character>(name: Option<StrArg<C>>, to: Option<StrArg<C>>) -> Result<(), Win32Error> {
    let (name, to) = (locate_string(name)?, target(&text_of(to)?)?);
    let Target::Path(to) = to else {
        return Err(Win32Error(ERROR_FILE_NOT_FOUND));
    };
    std::os::unix::fs::symlink(to, &name).map_err(|error| error_at(&name, Errno::from(error)))
}

fn to_boolean(result: Result<(), Win32Error>) -> u8 {
    match result {
        Ok(()) => 1,
        Err(Win32Error(error)) => {
            SetLastError(error);
            0
        }
    }
}

/// Removes a file.
///
/// # Errors
/// FALSE with `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`, `ERROR_ACCESS_DENIED` for a directory and for a
/// read-only file, `ERROR_SHARING_VIOLATION` if an open of this process does not share deleting.
///
/// Source: Windows documentation, `DeleteFile`.
#[export]
pub unsafe fn DeleteFileA(name: Option<CStrArg>) -> Result<(), Win32Error> {
    locate_string(name).and_then(|path| remove_file(&path))
}

/// As [`DeleteFileA`].
#[export]
pub unsafe fn DeleteFileW(name: Option<WStrArg>) -> Result<(), Win32Error> {
    locate_string(name).and_then(|path| remove_file(&path))
}

/// Moves a file or directory; files also from one file system to another.
///
/// # Errors
/// FALSE with `ERROR_ALREADY_EXISTS`, and those of [`DeleteFileA`].
///
/// Source: Windows documentation, `MoveFile`.
#[export]
pub unsafe fn MoveFileA(from: Option<CStrArg>, to: Option<CStrArg>) -> Result<(), Win32Error> {
    move_to(from, to, MOVEFILE_COPY_ALLOWED, None)
}

/// As [`MoveFileA`].
#[export]
pub unsafe fn MoveFileW(from: Option<WStrArg>, to: Option<WStrArg>) -> Result<(), Win32Error> {
    move_to(from, to, MOVEFILE_COPY_ALLOWED, None)
}

/// As [`MoveFileA`], with flags: to replace, to copy. Moving at the next start of
/// the system is not supported.
///
/// # Errors
/// Those of [`MoveFileA`]; `ERROR_NOT_SAME_DEVICE`, `ERROR_NOT_SUPPORTED`.
///
/// Source: Windows documentation, `MoveFileEx`.
#[export]
pub unsafe fn MoveFileExA(from: Option<CStrArg>, to: Option<CStrArg>, flags: u32) -> Result<(), Win32Error> {
    move_to(from, to, flags, None)
}

/// As [`MoveFileExA`].
#[export]
pub unsafe fn MoveFileExW(from: Option<WStrArg>, to: Option<WStrArg>, flags: u32) -> Result<(), Win32Error> {
    move_to(from, to, flags, None)
}

/// As [`MoveFileExA`]; the routine is told of the progress of a copy.
#[export(callbacks)]
pub unsafe fn MoveFileWithProgressA(
    from: Option<CStrArg>,
    to: Option<CStrArg>,
    routine: Option<Callback<ProgressRoutine>>,
    data: Context,
    flags: u32,
) -> Result<(), Win32Error> {
    move_to(from, to, flags, routine.map(|routine| Progress { routine, data }))
}

/// As [`MoveFileWithProgressA`].
#[export(callbacks)]
pub unsafe fn MoveFileWithProgressW(
    from: Option<WStrArg>,
    to: Option<WStrArg>,
    routine: Option<Callback<ProgressRoutine>>,
    data: Context,
    flags: u32,
) -> Result<(), Win32Error> {
    move_to(from, to, flags, routine.map(|routine| Progress { routine, data }))
}

/// Replaces one file by another. The replaced file is kept under a third name or removed.
///
/// # Errors
/// FALSE with those of [`MoveFileA`].
///
/// Source: Windows documentation, `ReplaceFile`.
#[export]
pub unsafe fn ReplaceFileA(
    replaced: Option<CStrArg>,
    replacement: Option<CStrArg>,
    backup: Option<CStrArg>,
    _flags: u32,
    _: Ignored,
    _: Ignored,
) -> Result<(), Win32Error> {
    replace(replaced, replacement, backup)
}

/// As [`ReplaceFileA`].
#[export]
pub unsafe fn ReplaceFileW(
    replaced: Option<WStrArg>,
    replacement: Option<WStrArg>,
    backup: Option<WStrArg>,
    _flags: u32,
    _: Ignored,
    _: Ignored,
) -> Result<(), Win32Error> {
    replace(replaced, replacement, backup)
}

/// Gives a file another name.
///
/// # Errors
/// FALSE with `ERROR_ALREADY_EXISTS`, `ERROR_NOT_SAME_DEVICE`, `ERROR_FILE_NOT_FOUND`, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `CreateHardLink`.
#[export]
pub unsafe fn CreateHardLinkA(
    name: Option<CStrArg>,
    existing: Option<CStrArg>,
    _: Ignored,
) -> Result<(), Win32Error> {
    hard_link(name, existing)
}

/// As [`CreateHardLinkA`].
#[export]
pub unsafe fn CreateHardLinkW(
    name: Option<WStrArg>,
    existing: Option<WStrArg>,
    _: Ignored,
) -> Result<(), Win32Error> {
    hard_link(name, existing)
}

/// Makes a symbolic link. The flag for directories has no meaning on Linux.
///
/// # Errors
/// FALSE (a BOOLEAN) with `ERROR_ALREADY_EXISTS`, `ERROR_PATH_NOT_FOUND`, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `CreateSymbolicLink`.
#[export]
pub unsafe fn CreateSymbolicLinkA(name: Option<CStrArg>, to: Option<CStrArg>, _flags: u32) -> u8 {
    to_boolean(symbolic_link(name, to))
}

/// As [`CreateSymbolicLinkA`].
#[export]
pub unsafe fn CreateSymbolicLinkW(name: Option<WStrArg>, to: Option<WStrArg>, _flags: u32) -> u8 {
    to_boolean(symbolic_link(name, to))
}
