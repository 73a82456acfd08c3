//! The shell's functions for path names: `PathFindFileName` and its relatives. Most only look at the text.

use crate::abi::character::{Character, units};
use crate::abi::last_error::SetLastError;
use crate::abi::text::WCHAR;
use crate::path::windows_path::locate;
use libc::c_char;
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

unsafe fn place<C: Character>(path: *const C, at: fn(&[C]) -> usize) -> *mut C {
    if path.is_null() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller's promise.
    path.wrapping_add(at(unsafe { units(path) })).cast_mut()
}

/// Where to cut so that the last component is gone, and the root is not.
fn directory_end<C: Character>(path: &[C]) -> usize {
    let drive = path.get(1).is_some_and(|&unit| unit == C::ascii(b':'));
    let after_drive = if drive { 2 } else { 0 };
    let rooted = path.get(after_drive).is_some_and(|&unit| is_separator(unit));
    let root = after_drive + usize::from(rooted);
    let last = path.iter().rposition(|&unit| is_separator(unit)).unwrap_or(0);
    last.max(root).min(path.len())
}

unsafe fn remove_file_spec<C: Character>(path: *mut C) -> i32 {
    if path.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    let text = unsafe { units(path.cast_const()) };
    let (length, end) = (text.len(), directory_end(text));
    if end == length {
        return 0;
    }
    // SAFETY: within the string.
    unsafe { path.add(end).write(C::default()) };
    1
}

unsafe fn append<C: Character>(path: *mut C, more: *const C) -> i32 {
    if path.is_null() || more.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    let (mut joined, more) = unsafe { (units(path.cast_const()).to_vec(), units(more)) };
    if joined.last().is_some_and(|&unit| !is_separator(unit)) {
        joined.push(C::ascii(b'\\'));
    }
    let skipped = more.iter().take_while(|&&unit| is_separator(unit)).count();
    joined.extend_from_slice(&more[skipped..]);
    // SAFETY: the caller's promise: room for MAX_PATH.
    i32::from(unsafe { crate::abi::character::copy_out(&joined, path, MAX_PATH) })
}

unsafe fn located<C: Character>(path: *const C) -> Option<PathBuf> {
    // SAFETY: the caller's promise.
    let found = unsafe { C::text(path) }.ok().and_then(|name| locate(name.as_bytes()).ok());
    let found = found.filter(|path| path.exists());
    if found.is_none() {
        SetLastError(ERROR_FILE_NOT_FOUND);
    }
    found
}

unsafe fn is_directory<C: Character>(path: *const C) -> i32 {
    // SAFETY: the caller's promise.
    let directory = unsafe { located(path) }.is_some_and(|path| path.is_dir());
    if directory { FILE_ATTRIBUTE_DIRECTORY as i32 } else { 0 }
}

/// Appends a path, with a separator between if there is none; FALSE if it would be too long.
///
/// # Safety
/// The strings are NULL or end with a NUL; `path` has room for 260 units.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathAppendA(path: *mut c_char, more: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { append(path, more) }
}

/// Appends a path: [`PathAppendA`] with wide characters.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathAppendW(path: *mut WCHAR, more: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { append(path, more) }
}

/// Whether there is such a file or directory.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFileExistsA(path: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(unsafe { located(path) }.is_some())
}

/// Whether there is such a file or directory.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFileExistsW(path: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(unsafe { located(path) }.is_some())
}

/// Whether there is such a directory: nonzero, the attribute's bit.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsDirectoryA(path: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { is_directory(path) }
}

/// Whether there is such a directory: nonzero, the attribute's bit.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsDirectoryW(path: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { is_directory(path) }
}

/// The extension with its dot; the end of the string if there is none.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindExtensionA(path: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { place(path, extension_at) }
}

/// The extension with its dot; the end of the string if there is none.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindExtensionW(path: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { place(path, extension_at) }
}

/// The last component.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindFileNameA(path: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { place(path, file_name_at) }
}

/// The last component.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindFileNameW(path: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { place(path, file_name_at) }
}

/// Cuts the last component off, and the separator before it; FALSE if there was none.
///
/// # Safety
/// `path` is NULL or a writable string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveFileSpecA(path: *mut c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { remove_file_spec(path) }
}

/// Cuts the last component off: [`PathRemoveFileSpecA`] with wide characters.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveFileSpecW(path: *mut WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { remove_file_spec(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, act: impl FnOnce(&mut [c_char])) -> String {
        let mut path = [0 as c_char; MAX_PATH];
        path[..text.len()].copy_from_slice(&c_char::encode(text.as_bytes()));
        act(&mut path);
        // SAFETY: ended by a NUL.
        String::from_utf8(c_char::decode(unsafe { units(path.as_ptr()) })).expect("UTF-8")
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
                unsafe { remove_file_spec(path.as_mut_ptr()) };
            })
        };
        assert_eq!(
            (cut(r"C:\srv\a.exe"), cut(r"C:\a.exe"), cut(r"C:\"), cut("a")),
            (r"C:\srv".into(), r"C:\".into(), r"C:\".into(), String::new())
        );
        let join = |text: &str, more: &std::ffi::CStr| {
            with(text, |path| {
                // SAFETY: a buffer of MAX_PATH units, ended by a NUL.
                unsafe { append(path.as_mut_ptr(), more.as_ptr()) };
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
