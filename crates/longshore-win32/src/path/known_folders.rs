//! The shell's functions for path names: `PathFindFileName` and its relatives. Most only look at the text.

use crate::abi::argument::{CStrArg, InOut, Plain, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::fault::Fault;
use crate::abi::fault::copy::Unit;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::path::windows_path::locate;
use libc::c_char;
use longshore_win32_macros::export;
use smallvec::SmallVec;
use std::path::PathBuf;
use windows_sys::Win32::Foundation::ERROR_FILE_NOT_FOUND;
use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_DIRECTORY;

/// A path these functions make has at most this many units, the NUL included;
/// buffers are that large by contract.
const MAX_PATH: usize = 260;

fn is_separator<C: Character>(unit: C) -> bool {
    unit == C::ascii(b'\\') || unit == C::ascii(b'/')
}

/// Where the last component begins. A separator at the very end belongs to it.
fn file_name_at<C: Character>(path: &[C]) -> usize {
    let begins = |at: usize| {
        let before = path[at - 1];
        (is_separator(before) || before == C::ascii(b':')) && !is_separator(path[at])
    };
    (1..path.len()).rev().find(|&at| begins(at)).unwrap_or(0)
}

/// Where the extension begins, with its dot; the end if there is none.
fn extension_at<C: Character>(path: &[C]) -> usize {
    let stop = |&&unit: &&C| !is_separator(unit) && unit != C::ascii(b' ');
    let tail = path.iter().rev().take_while(stop).count();
    let start = path.len() - tail;
    path[start..].iter().rposition(|&unit| unit == C::ascii(b'.')).map_or(path.len(), |dot| start + dot)
}

/// A place in a path; NULL in NULL.
fn place<C: Character + Unit>(path: Option<StrArg<C>>, at: fn(&[C]) -> usize) -> Result<*mut C, Win32Error> {
    let Some(path) = path else { return Ok(std::ptr::null_mut()) };
    Ok(path.as_ptr().wrapping_add(at(path.units(-1)?)).cast_mut())
}

/// Where to cut to remove the last component but not the root.
fn directory_end<C: Character>(path: &[C]) -> usize {
    let drive = path.get(1).is_some_and(|&unit| unit == C::ascii(b':'));
    let after_drive = if drive { 2 } else { 0 };
    let rooted = path.get(after_drive).is_some_and(|&unit| is_separator(unit));
    let root = after_drive + usize::from(rooted);
    let last = path.iter().rposition(|&unit| is_separator(unit)).unwrap_or(0);
    last.max(root).min(path.len())
}

/// A path that is changed in place.
fn read<C: Character + Unit + Plain>(path: InOut<C>) -> Result<SmallVec<[C; 256]>, Fault> {
    path.as_in().array(C::length(path.as_ptr())?)
}

fn remove_file_spec<C: Character + Unit + Plain>(path: Option<InOut<C>>) -> Result<bool, Win32Error> {
    let Some(path) = path else { return Ok(false) };
    let text = read(path)?;
    let end = directory_end(&text);
    if end == text.len() {
        return Ok(false);
    }
    path.as_out().at(end).write(C::default())?;
    Ok(true)
}

fn append<C: Character + Unit + Plain>(
    path: Option<InOut<C>>,
    more: Option<StrArg<C>>,
) -> Result<bool, Win32Error> {
    let (Some(path), Some(more)) = (path, more) else { return Ok(false) };
    let mut joined = read(path)?;
    if joined.last().is_some_and(|&unit| !is_separator(unit)) {
        joined.push(C::ascii(b'\\'));
    }
    let more = more.units(-1)?.iter().copied();
    joined.extend(more.skip_while(|&unit| is_separator(unit)));
    if joined.len() >= MAX_PATH {
        return Ok(false);
    }
    joined.push(C::default());
    path.as_out().write_all(&joined)?;
    Ok(true)
}

/// The file that a path names.
fn located<C: Character>(path: Option<StrArg<C>>) -> Result<PathBuf, Win32Error> {
    const NOT_THERE: Win32Error = Win32Error(ERROR_FILE_NOT_FOUND);
    let name = path.ok_or(NOT_THERE).and_then(StrArg::text)?;
    let found = locate(name.as_bytes()).ok().filter(|path| path.exists());
    found.ok_or(NOT_THERE)
}

fn exists<C: Character>(path: Option<StrArg<C>>) -> Result<(), Win32Error> {
    located(path).map(drop)
}

fn is_directory<C: Character>(path: Option<StrArg<C>>) -> Result<i32, Win32Error> {
    let directory = located(path)?.is_dir();
    Ok(if directory { FILE_ATTRIBUTE_DIRECTORY as i32 } else { 0 })
}

/// Appends a path, with a separator between if there is none; FALSE if it would be too long. `path` has room
/// for 260 units.
///
/// # Errors
/// FALSE with `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `PathAppend`.
#[export]
pub unsafe fn PathAppendA(path: Option<InOut<c_char>>, more: Option<CStrArg>) -> Result<bool, Win32Error> {
    append(path, more)
}

/// Appends a path: [`PathAppendA`] with wide characters.
#[export]
pub unsafe fn PathAppendW(path: Option<InOut<WCHAR>>, more: Option<WStrArg>) -> Result<bool, Win32Error> {
    append(path, more)
}

/// Whether there is such a file or directory.
///
/// # Errors
/// FALSE with `ERROR_FILE_NOT_FOUND`, `ERROR_NOACCESS`, `ERROR_NO_UNICODE_TRANSLATION`.
///
/// Source: Windows documentation, `PathFileExists`.
#[export]
pub unsafe fn PathFileExistsA(path: Option<CStrArg>) -> Result<(), Win32Error> {
    exists(path)
}

/// Whether there is such a file or directory: [`PathFileExistsA`] with wide characters.
#[export]
pub unsafe fn PathFileExistsW(path: Option<WStrArg>) -> Result<(), Win32Error> {
    exists(path)
}

/// Whether there is such a directory: nonzero, the attribute's bit.
///
/// # Errors
/// FALSE with those of [`PathFileExistsA`].
///
/// Source: Windows documentation, `PathIsDirectory`.
#[export]
pub unsafe fn PathIsDirectoryA(path: Option<CStrArg>) -> Result<i32, Win32Error> {
    is_directory(path)
}

/// Whether there is such a directory: [`PathIsDirectoryA`] with wide characters.
#[export]
pub unsafe fn PathIsDirectoryW(path: Option<WStrArg>) -> Result<i32, Win32Error> {
    is_directory(path)
}

/// The extension with its dot; the end of the string if there is none.
///
/// # Errors
/// NULL for NULL; NULL with `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `PathFindExtension`.
#[export]
pub unsafe fn PathFindExtensionA(path: Option<CStrArg>) -> Result<*mut c_char, Win32Error> {
    place(path, extension_at)
}

/// The extension with its dot: [`PathFindExtensionA`] with wide characters.
#[export]
pub unsafe fn PathFindExtensionW(path: Option<WStrArg>) -> Result<*mut WCHAR, Win32Error> {
    place(path, extension_at)
}

/// The last component.
///
/// # Errors
/// As for [`PathFindExtensionA`].
///
/// Source: Windows documentation, `PathFindFileName`.
#[export]
pub unsafe fn PathFindFileNameA(path: Option<CStrArg>) -> Result<*mut c_char, Win32Error> {
    place(path, file_name_at)
}

/// The last component: [`PathFindFileNameA`] with wide characters.
#[export]
pub unsafe fn PathFindFileNameW(path: Option<WStrArg>) -> Result<*mut WCHAR, Win32Error> {
    place(path, file_name_at)
}

/// Cuts the last component off, and the separator before it; FALSE if there was none.
///
/// # Errors
/// FALSE with `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `PathRemoveFileSpec`.
#[export]
pub unsafe fn PathRemoveFileSpecA(path: Option<InOut<c_char>>) -> Result<bool, Win32Error> {
    remove_file_spec(path)
}

/// Cuts the last component off: [`PathRemoveFileSpecA`] with wide characters.
#[export]
pub unsafe fn PathRemoveFileSpecW(path: Option<InOut<WCHAR>>) -> Result<bool, Win32Error> {
    remove_file_spec(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, act: impl FnOnce(&mut [c_char])) -> String {
        let mut path = [0 as c_char; MAX_PATH];
        path[..text.len()].copy_from_slice(&c_char::encode(text.as_bytes()));
        act(&mut path);
        let end = path.iter().position(|&unit| unit == 0).expect("a NUL");
        String::from_utf8(c_char::decode(&path[..end])).expect("UTF-8")
    }

    #[test]
    fn the_last_component_is_found_cut_off_and_appended() {
        let name = |text: &str| text[file_name_at(&c_char::encode(text.as_bytes()))..].to_owned();
        assert_eq!(
            (name(r"C:\srv\a.exe"), name("a.exe"), name("C:a"), name(r"C:\srv\")),
            ("a.exe".into(), "a.exe".into(), "a".into(), r"srv\".into())
        );
        let cut = |text: &str| {
            with(text, |path| {
                // SAFETY: a buffer of MAX_PATH units, ended by a NUL.
                unsafe { PathRemoveFileSpecA(path.as_mut_ptr()) };
            })
        };
        assert_eq!(
            (cut(r"C:\srv\a.exe"), cut(r"C:\a.exe"), cut(r"C:\"), cut("a")),
            (r"C:\srv".into(), r"C:\".into(), r"C:\".into(), String::new())
        );
        let join = |text: &str, more: &std::ffi::CStr| {
            with(text, |path| {
                // SAFETY: a buffer of MAX_PATH units, ended by a NUL.
                unsafe { PathAppendA(path.as_mut_ptr(), more.as_ptr()) };
            })
        };
        assert_eq!(
            (join(r"C:\srv", c"x.ini"), join("C:\\", c"\\x")),
            (r"C:\srv\x.ini".into(), r"C:\x".into())
        );
        let long = "x".repeat(MAX_PATH - 3);
        assert_eq!(join(&long, c"yyy"), long, "no room: nothing is written");
    }

    #[test]
    fn an_extension_is_that_of_the_last_component() {
        let extension = |text: &str| text[extension_at(&c_char::encode(text.as_bytes()))..].to_owned();
        assert_eq!(
            (extension(r"C:\v1.2\log"), extension("a.tar.gz"), extension("a.b c")),
            (String::new(), ".gz".into(), String::new())
        );
    }
}
