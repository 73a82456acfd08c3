//! File names: those of Windows as paths of Linux, and back.
//!
//! - Backslashes and slashes are the same. `.` and `..` are taken out of the name itself,
//!   before anything is looked up.
//! - A drive letter stands for the directory in `LONGSHORE_DRIVE_C` (and so on); if that is not set, for `/`.
//!   So `C:\tmp\x` is `/tmp/x`, and so are `\tmp\x` and `/tmp/x`. `C:x` is relative like `x`.
//! - `\\?\` and `\\.\` before a drive letter are dropped. Other names behind `\\.\` are devices: the console,
//!   `NUL`, named pipes; disks by number and network shares (`\\server\share`) are not supported.
//! - If a file exists with the case as written, it is taken; otherwise, component by component,
//!   one that differs only in case.
//! - In the other direction a path begins with the drive whose directory it is in; without any, with `C:`,
//!   or, if that stands for something else, with the last letter that stands for `/`.

use crate::abi::argument::{OptionalText, StrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use windows_sys::Win32::Foundation::{
    ERROR_BAD_NETPATH, ERROR_FILE_NOT_FOUND, ERROR_INVALID_NAME, ERROR_PATH_NOT_FOUND,
};

/// What a name names.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// A file or directory, whether it exists or not; case as written.
    Path(PathBuf),
    /// `NUL`.
    Null,
    /// `CON`: input or output, depending on the access.
    Console,
    /// `CONIN$`.
    ConsoleInput,
    /// `CONOUT$`.
    ConsoleOutput,
    /// A named pipe, by what follows `\\.\pipe\`.
    Pipe(Vec<u8>),
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// The directory a drive letter stands for.
pub(crate) fn drive(letter: u8) -> Option<PathBuf> {
    let variable = format!("LONGSHORE_DRIVE_{}", char::from(letter.to_ascii_uppercase()));
    std::env::var_os(variable).filter(|directory| !directory.is_empty()).map(PathBuf::from)
}

/// The letter before a colon at the start, and the rest.
fn split_drive(name: &[u8]) -> (Option<u8>, &[u8]) {
    match name {
        [letter, b':', rest @ ..] if letter.is_ascii_alphabetic() => (Some(*letter), rest),
        _ => (None, name),
    }
}

/// The rest after `\\?\` or `\\.\`, and whether it was `\\?\`.
fn split_device(name: &[u8]) -> Option<(bool, &[u8])> {
    match name {
        [a, b, kind @ (b'?' | b'.'), d, rest @ ..] if [a, b, d].iter().all(|&&byte| is_separator(byte)) => {
            Some((*kind == b'?', rest))
        }
        _ => None,
    }
}

fn device(name: &[u8]) -> Option<Target> {
    let name = name.strip_suffix(b":").unwrap_or(name);
    Some(match name.to_ascii_uppercase().as_slice() {
        b"NUL" => Target::Null,
        b"CON" => Target::Console,
        b"CONIN$" => Target::ConsoleInput,
        b"CONOUT$" => Target::ConsoleOutput,
        _ => return None,
    })
}

/// What a name names.
///
/// # Errors
/// `ERROR_PATH_NOT_FOUND` for an empty name, `ERROR_INVALID_NAME` for one with wildcards, `ERROR_BAD_NETPATH`
/// for a share, `ERROR_FILE_NOT_FOUND` for a device that does not exist.
pub(crate) fn target(name: &[u8]) -> Result<Target, Win32Error> {
    if name.is_empty() {
        return Err(Win32Error(ERROR_PATH_NOT_FOUND));
    }
    if let Some(device) = device(name) {
        return Ok(device);
    }
    let rest = match split_device(name) {
        None => name,
        Some((literal, rest)) => {
            if let Some(device) = device(rest) {
                return Ok(device);
            }
            let is_pipe = |(head, rest): &(&[u8], &[u8])| {
                head.eq_ignore_ascii_case(b"pipe") && is_separator(rest[0]) && rest.len() > 1
            };
            if let Some((_, pipe)) = rest.split_at_checked(4).filter(is_pipe) {
                return Ok(Target::Pipe(pipe[1..].to_vec()));
            }
            if literal && rest.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"UNC\\")) {
                return Err(Win32Error(ERROR_BAD_NETPATH));
            }
            match split_drive(rest) {
                (Some(_), [first, ..]) if is_separator(*first) => rest,
                (None, [first, ..]) if is_separator(*first) => rest,
                // A disk, a volume, a serial line.
                _ => return Err(Win32Error(ERROR_FILE_NOT_FOUND)),
            }
        }
    };
    if rest.iter().any(|byte| matches!(byte, b'*' | b'?')) {
        return Err(Win32Error(ERROR_INVALID_NAME));
    }
    to_path(rest).map(Target::Path)
}

/// The path of a name without a device prefix; wildcards are let through.
fn to_path(name: &[u8]) -> Result<PathBuf, Win32Error> {
    let (letter, rest) = split_drive(name);
    if letter.is_none() && matches!(rest, [b'\\', b'\\', _, ..]) {
        return Err(Win32Error(ERROR_BAD_NETPATH));
    }
    let mut path = PathBuf::new();
    if rest.first().is_some_and(|&byte| is_separator(byte)) {
        path.push(letter.and_then(drive).unwrap_or_else(|| PathBuf::from("/")));
    }
    let floor = path.components().count();
    for part in rest.split(|&byte| is_separator(byte)) {
        match part {
            b"" | b"." => {}
            b".." if path.components().count() > floor && path.file_name().is_some() => {
                path.pop();
            }
            b".." if path.has_root() => {}
            _ => path.push(OsStr::from_bytes(part)),
        }
    }
    if path.as_os_str().is_empty() {
        path.push(".");
    }
    Ok(path)
}

/// As [`target`], for calls that work on files and directories only; case is settled.
///
/// # Errors
/// Those of [`target`]; `ERROR_FILE_NOT_FOUND` for a device.
pub(crate) fn locate(name: &[u8]) -> Result<PathBuf, Win32Error> {
    match target(name)? {
        Target::Path(path) => Ok(settle_case(path)),
        _ => Err(Win32Error(ERROR_FILE_NOT_FOUND)),
    }
}

/// [`locate`] for a pattern: the directory, and the last component as written.
///
/// # Errors
/// Those of [`target`].
pub(crate) fn locate_pattern(name: &[u8]) -> Result<(PathBuf, Vec<u8>), Win32Error> {
    let name = match split_device(name) {
        Some((_, rest)) => rest,
        None => name,
    };
    let cut = name.iter().rposition(|&byte| is_separator(byte) || byte == b':').map_or(0, |at| at + 1);
    let (directory, pattern) = name.split_at(cut);
    if pattern.is_empty() {
        return Err(Win32Error(ERROR_FILE_NOT_FOUND));
    }
    let directory = if directory.is_empty() { b"." } else { directory };
    Ok((locate(directory)?, pattern.to_vec()))
}

/// [`locate`] for a string of the program's; NULL is an empty name.
///
/// # Errors
/// Those of [`locate`].
pub(crate) fn locate_string<C: Character>(name: Option<StrArg<C>>) -> Result<PathBuf, Win32Error> {
    locate(&text_of(name)?)
}

/// The text of a name; empty for NULL.
///
/// # Errors
/// `ERROR_NO_UNICODE_TRANSLATION`.
pub(crate) fn text_of<C: Character>(name: Option<StrArg<C>>) -> Result<Vec<u8>, Win32Error> {
    name.bytes_or_none()
}

/// The path as it is spelled on disk, as far as it exists.
pub(crate) fn settle_case(path: PathBuf) -> PathBuf {
    if path.symlink_metadata().is_ok() {
        return path;
    }
    let mut settled = PathBuf::new();
    let mut components = path.components();
    while let Some(component) = components.next() {
        let next = settled.join(component);
        let Component::Normal(name) = component else {
            settled = next;
            continue;
        };
        if next.symlink_metadata().is_ok() {
            settled = next;
        } else if let Some(found) = find_in_any_case(&settled, name) {
            settled.push(found);
        } else {
            settled.push(name);
            settled.extend(components);
            break;
        }
    }
    settled
}

fn find_in_any_case(directory: &Path, name: &OsStr) -> Option<std::ffi::OsString> {
    let wanted = name.to_str()?.to_lowercase();
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let matches =
        |found: &std::ffi::OsString| found.to_str().is_some_and(|found| found.to_lowercase() == wanted);
    std::fs::read_dir(directory).ok()?.filter_map(|entry| Some(entry.ok()?.file_name())).find(matches)
}

/// An absolute path as Windows would write it.
pub fn to_windows(path: &Path) -> Vec<u8> {
    let letters = b'A'..=b'Z';
    let within = letters.clone().filter_map(|letter| Some((letter, drive(letter)?)));
    let best = within
        .filter(|(_, directory)| path.starts_with(directory))
        .max_by_key(|(_, directory)| directory.components().count());
    let (letter, rest) = match &best {
        Some((letter, directory)) => (*letter, path.strip_prefix(directory).unwrap_or(path)),
        None => (root_drive(), path),
    };
    let mut name = vec![letter, b':'];
    for component in rest.components() {
        if let Component::Normal(part) = component {
            name.push(b'\\');
            name.extend_from_slice(part.as_bytes());
        }
    }
    if name.len() == 2 {
        name.push(b'\\');
    }
    name
}

/// The letter that stands for `/`.
fn root_drive() -> u8 {
    if drive(b'C').is_none() {
        return b'C';
    }
    (b'A'..=b'Z').rev().find(|&letter| drive(letter).is_none()).unwrap_or(b'C')
}

/// The drives that are there, bit 0 for `A`.
pub(crate) fn drives() -> u32 {
    let set = (b'A'..=b'Z').filter(|&letter| drive(letter).is_some());
    set.chain([root_drive()]).fold(0, |drives, letter| drives | 1 << (letter - b'A'))
}

/// The whole path of a name, which need not exist, as Windows would write it.
///
/// # Errors
/// Those of [`target`].
pub fn full_name(name: &[u8]) -> Result<Vec<u8>, Win32Error> {
    match target(name) {
        Ok(Target::Path(path)) => absolute(&path).map(|path| to_windows(&path)),
        Ok(Target::Null) => Ok(b"\\\\.\\NUL".to_vec()),
        Ok(_) => Ok([b"\\\\.\\", name].concat()),
        // Names with wildcards have a full name, too.
        Err(Win32Error(ERROR_INVALID_NAME)) => absolute(&to_path(name)?).map(|path| to_windows(&path)),
        Err(error) => Err(error),
    }
}

/// The same path from the root.
fn absolute(path: &Path) -> Result<PathBuf, Win32Error> {
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let current = std::env::current_dir().map_err(|_| Win32Error(ERROR_PATH_NOT_FOUND))?;
    let mut whole = current;
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            component => whole.push(component),
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> PathBuf {
        match target(name.as_bytes()) {
            Ok(Target::Path(path)) => path,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn names_of_windows_become_paths() {
        assert_eq!(path("C:\\tmp\\x"), Path::new("/tmp/x"));
        assert_eq!(path("\\\\?\\C:\\tmp\\x"), Path::new("/tmp/x"));
        assert_eq!(path("\\\\.\\c:\\"), Path::new("/"));
        assert_eq!(path("/tmp/x"), Path::new("/tmp/x"));
        assert_eq!(path("a\\b/c"), Path::new("a/b/c"));
        assert_eq!(path("C:x"), Path::new("x"));
        assert_eq!(path("."), Path::new("."));
        assert_eq!(path("nowhere\\..\\x"), Path::new("x"), "taken out before anything is looked up");
        assert_eq!(path("..\\..\\x"), Path::new("../../x"));
        assert_eq!(path("\\..\\x"), Path::new("/x"));
    }

    #[test]
    fn what_is_no_file_is_told_apart() {
        assert_eq!(target(b"nul"), Ok(Target::Null));
        assert_eq!(target(b"\\\\.\\NUL"), Ok(Target::Null));
        assert_eq!(target(b"CONOUT$"), Ok(Target::ConsoleOutput));
        assert_eq!(target(b"\\\\.\\pipe\\a\\b"), Ok(Target::Pipe(b"a\\b".to_vec())));
        assert_eq!(target(b"\\\\.\\PhysicalDrive0"), Err(Win32Error(2)));
        assert_eq!(target(b"\\\\server\\share\\x"), Err(Win32Error(53)));
        assert_eq!(target(b""), Err(Win32Error(3)));
        assert_eq!(target(b"a*"), Err(Win32Error(123)));
    }

    #[test]
    fn paths_become_names_of_windows() {
        assert_eq!(to_windows(Path::new("/tmp/x")), b"C:\\tmp\\x");
        assert_eq!(to_windows(Path::new("/")), b"C:\\");
        assert_eq!(full_name(b"/a/./b/../c").unwrap(), b"C:\\a\\c");
    }
}
