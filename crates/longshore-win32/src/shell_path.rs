//! The path functions of `shlwapi`: text mostly, with a look at the disk here and there.

use crate::character::{Character, copy_out, units};
use crate::file_facts::Facts;
use crate::last_error::{SetLastError, Win32Error};
use crate::path::{locate_string, text_of};
use crate::text::WCHAR;
use libc::c_char;
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, MAX_PATH};
use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_DIRECTORY;

fn is_separator<C: Character>(unit: C) -> bool {
    unit == C::ascii(b'\\') || unit == C::ascii(b'/')
}

/// Where the last part begins.
fn file_at<C: Character>(path: &[C]) -> usize {
    // A separator at the very end belongs to the part before it.
    let body = path.len().saturating_sub(1);
    let cut = |unit: &C| is_separator(*unit) || *unit == C::ascii(b':');
    path[..body].iter().rposition(cut).map_or(0, |at| at + 1)
}

/// Where the extension begins, its dot included; the end if there is none.
fn extension_at<C: Character>(path: &[C]) -> usize {
    let file = path.iter().rposition(|&unit| is_separator(unit)).map_or(0, |at| at + 1);
    path[file..].iter().rposition(|&unit| unit == C::ascii(b'.')).map_or(path.len(), |at| file + at)
}

/// How much of a path is its root: `C:\`, `\`, `C:`.
fn root_length<C: Character>(path: &[C]) -> usize {
    let drive = if path.get(1) == Some(&C::ascii(b':')) { 2 } else { 0 };
    drive + usize::from(path.get(drive).is_some_and(|&unit| is_separator(unit)))
}

/// # Safety
/// `path` is NULL or a string ended by NUL.
unsafe fn attributes<C: Character>(path: *const C) -> Option<u32> {
    // SAFETY: the caller's promise.
    let located = unsafe { locate_string(path) };
    let found = located.and_then(|path| Facts::of_path(&path).map_err(|_| Win32Error(ERROR_FILE_NOT_FOUND)));
    match found {
        Ok(facts) => Some(facts.attributes),
        Err(Win32Error(error)) => {
            SetLastError(error);
            None
        }
    }
}

/// # Safety
/// `path` is NULL or a string ended by NUL.
unsafe fn is_directory<C: Character>(path: *const C) -> i32 {
    // SAFETY: the caller's promise.
    let found = unsafe { attributes(path) };
    found.map_or(0, |attributes| (attributes & FILE_ATTRIBUTE_DIRECTORY) as i32)
}

/// # Safety
/// `path` is NULL or a string ended by NUL.
unsafe fn is_relative<C: Character>(path: *const C) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(root_length(unsafe { units(path) }) == 0)
}

/// # Safety
/// `path` is NULL or a string ended by NUL.
unsafe fn find_at<C: Character>(path: *const C, place: fn(&[C]) -> usize) -> *mut C {
    // SAFETY: the caller's promise.
    let at = place(unsafe { units(path) });
    path.wrapping_add(at).cast_mut()
}

/// # Safety
/// `path` is NULL or a writable string ended by NUL.
unsafe fn cut_at<C: Character>(path: *mut C, place: fn(&[C]) -> usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        let string = units(path);
        let (at, length) = (place(string), string.len());
        if at < length {
            path.add(at).write(C::default());
        }
        i32::from(at < length)
    }
}

/// Where the directory ends: before the separator and the last part, but not within the root.
fn directory_end<C: Character>(path: &[C]) -> usize {
    let root = root_length(path);
    path[root..].iter().rposition(|&unit| is_separator(unit)).map_or(root, |at| root + at)
}

/// # Safety
/// `path` is NULL or a string ended by NUL with room for `MAX_PATH` units.
unsafe fn add_separator<C: Character>(path: *mut C) -> *mut C {
    // SAFETY: the caller's promise.
    let length = unsafe { units(path) }.len();
    // SAFETY: as above; the string is not empty when its last unit is read.
    unsafe {
        if length > 0 && is_separator(path.add(length - 1).read()) {
            return path.add(length);
        }
        if path.is_null() || length + 1 >= MAX_PATH as usize {
            return std::ptr::null_mut();
        }
        path.add(length).write(C::ascii(b'\\'));
        path.add(length + 1).write(C::default());
        path.add(length + 1)
    }
}

/// Two paths joined, with `.` and `..` taken out; the second alone if it begins at a root.
fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    let root = root_length::<c_char>(&c_char::encode(second));
    let whole = match (root, second.is_empty()) {
        (_, true) => first.to_vec(),
        (0, _) => [first, b"\\", second].concat(),
        // A root without a drive is the first path's.
        (1, _) if first.get(1) == Some(&b':') => [&first[..2], second].concat(),
        _ => second.to_vec(),
    };
    let root = root_length::<c_char>(&c_char::encode(&whole));
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in whole[root..].split(|&byte| byte == b'\\' || byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    [whole[..root].to_vec(), parts.join(&b'\\')].concat()
}

/// # Safety
/// The paths are NULL or strings ended by NUL; `result` is NULL or has room for `MAX_PATH` units.
unsafe fn combine<C: Character>(result: *mut C, first: *const C, second: *const C) -> bool {
    // SAFETY: the caller's promise.
    let texts = unsafe { text_of(first).and_then(|first| Ok((first, text_of(second)?))) };
    let Ok((first, second)) = texts else { return false };
    // SAFETY: the caller's promise.
    unsafe { copy_out(&C::encode(&joined(&first, &second)), result, MAX_PATH as usize) }
}

/// Whether there is such a file or directory.
///
/// # Safety
/// `path` is NULL or a string ended by NUL.
///
/// Source: Windows documentation, `PathFileExists`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFileExistsA(path: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(unsafe { attributes(path) }.is_some())
}

/// As [`PathFileExistsA`].
///
/// # Safety
/// As for [`PathFileExistsA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFileExistsW(path: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(unsafe { attributes(path) }.is_some())
}

/// Whether it is a directory.
///
/// # Safety
/// `path` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsDirectoryA(path: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { is_directory(path) }
}

/// As [`PathIsDirectoryA`].
///
/// # Safety
/// As for [`PathIsDirectoryA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsDirectoryW(path: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { is_directory(path) }
}

/// Whether it does not begin at a root.
///
/// # Safety
/// `path` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsRelativeA(path: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { is_relative(path) }
}

/// As [`PathIsRelativeA`].
///
/// # Safety
/// As for [`PathIsRelativeA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathIsRelativeW(path: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { is_relative(path) }
}

/// The last part of a path.
///
/// # Safety
/// `path` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindFileNameA(path: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { find_at(path, file_at) }
}

/// As [`PathFindFileNameA`].
///
/// # Safety
/// As for [`PathFindFileNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindFileNameW(path: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { find_at(path, file_at) }
}

/// The extension with its dot, or the end.
///
/// # Safety
/// `path` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindExtensionA(path: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { find_at(path, extension_at) }
}

/// As [`PathFindExtensionA`].
///
/// # Safety
/// As for [`PathFindExtensionA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathFindExtensionW(path: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { find_at(path, extension_at) }
}

/// Cuts the last part off; TRUE if there was something to cut.
///
/// # Safety
/// `path` is NULL or a writable string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveFileSpecA(path: *mut c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { cut_at(path, directory_end) }
}

/// As [`PathRemoveFileSpecA`].
///
/// # Safety
/// As for [`PathRemoveFileSpecA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveFileSpecW(path: *mut WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { cut_at(path, directory_end) }
}

/// Cuts the extension off.
///
/// # Safety
/// `path` is NULL or a writable string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveExtensionA(path: *mut c_char) {
    // SAFETY: the caller's promise.
    unsafe { cut_at(path, extension_at) };
}

/// As [`PathRemoveExtensionA`].
///
/// # Safety
/// As for [`PathRemoveExtensionA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathRemoveExtensionW(path: *mut WCHAR) {
    // SAFETY: the caller's promise.
    unsafe { cut_at(path, extension_at) };
}

/// Adds a separator if there is none at the end; returns the new end, or NULL for want of room.
///
/// # Safety
/// `path` is NULL or a string ended by NUL with room for `MAX_PATH` units.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathAddBackslashA(path: *mut c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { add_separator(path) }
}

/// As [`PathAddBackslashA`].
///
/// # Safety
/// As for [`PathAddBackslashA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathAddBackslashW(path: *mut WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { add_separator(path) }
}

/// Joins two paths; NULL if there is no room.
///
/// # Safety
/// The paths are NULL or strings ended by NUL; `result` is NULL or has room for `MAX_PATH` units.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathCombineA(
    result: *mut c_char,
    first: *const c_char,
    second: *const c_char,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    if unsafe { combine(result, first, second) } { result } else { std::ptr::null_mut() }
}

/// As [`PathCombineA`].
///
/// # Safety
/// As for [`PathCombineA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathCombineW(
    result: *mut WCHAR,
    first: *const WCHAR,
    second: *const WCHAR,
) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    if unsafe { combine(result, first, second) } { result } else { std::ptr::null_mut() }
}

/// Adds to a path.
///
/// # Safety
/// `path` is NULL or a string ended by NUL with room for `MAX_PATH` units; `more` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathAppendA(path: *mut c_char, more: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(unsafe { combine(path, path, more) })
}

/// As [`PathAppendA`].
///
/// # Safety
/// As for [`PathAppendA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PathAppendW(path: *mut WCHAR, more: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    i32::from(unsafe { combine(path, path, more) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str, place: fn(&[c_char]) -> usize) -> &str {
        &path[place(&c_char::encode(path.as_bytes()))..]
    }

    #[test]
    fn paths_are_taken_apart() {
        assert_eq!(place("C:\\a\\b.txt", file_at), "b.txt");
        assert_eq!(place("C:\\a\\b\\", file_at), "b\\");
        assert_eq!(place("name", file_at), "name");
        assert_eq!(place("C:\\a.b\\c", extension_at), "");
        assert_eq!(place("C:\\a.b\\c.d.e", extension_at), ".e");
        let directory = |path: &str| path[..directory_end(&c_char::encode(path.as_bytes()))].to_owned();
        assert_eq!(directory("C:\\a\\b"), "C:\\a");
        assert_eq!(directory("C:\\a"), "C:\\");
        assert_eq!(directory("a"), "");
    }

    #[test]
    fn paths_are_put_together() {
        assert_eq!(joined(b"C:\\a", b"b\\..\\c"), b"C:\\a\\c");
        assert_eq!(joined(b"C:\\a\\", b"\\b"), b"C:\\b");
        assert_eq!(joined(b"C:\\a", b"D:\\b"), b"D:\\b");
        assert_eq!(joined(b"C:\\a", b""), b"C:\\a");
        assert_eq!(joined(b"C:\\", b"..\\.."), b"C:\\");
    }
}
