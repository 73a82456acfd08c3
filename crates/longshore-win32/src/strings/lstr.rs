//! `lstrlen`, `lstrcpy` and their relatives, which accept NULL where the C library's do not.

use crate::abi::argument::{In, InOut, Plain};
use crate::abi::character::Character;
use crate::abi::fault::Fault;
use crate::abi::fault::copy::Unit;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::strings::compare::collate;
use libc::c_char;
use longshore_win32_macros::export;
use smallvec::SmallVec;

/// A string of the program's, of which up to this many units need no memory.
type Text<C> = SmallVec<[C; 256]>;

fn length<C: Unit>(string: In<C>) -> Result<usize, Fault> {
    C::length(string.as_ptr())
}

fn read<C: Unit + Plain>(string: In<C>) -> Result<Text<C>, Fault> {
    string.array(length(string)?)
}

/// Copies a string behind `offset` units of another, at most `room` units with the
/// NUL. The strings may overlap.
fn copy<C: Unit + Plain + Default>(
    target: InOut<C>,
    offset: usize,
    source: In<C>,
    room: usize,
) -> Result<*mut C, Fault> {
    let text = read(source)?;
    if room > 0 {
        let place = target.as_out().at(offset);
        let count = text.len().min(room - 1);
        place.write_all(&text[..count])?;
        place.at(count).write(C::default())?;
    }
    Ok(target.as_ptr())
}

/// The target, or NULL if a pointer is bad.
fn copied<C: Unit + Plain + Default>(
    target: Option<InOut<C>>,
    append: bool,
    source: In<C>,
    room: usize,
) -> *mut C {
    let copied = target.map(|target| {
        let offset = if append { length(target.as_in())? } else { 0 };
        copy(target, offset, source, room)
    });
    copied.and_then(Result::ok).unwrap_or(std::ptr::null_mut())
}

fn compare<C: Character + Unit + Plain>(
    first: Option<In<C>>,
    second: Option<In<C>>,
    ignore_case: bool,
) -> Result<i32, Win32Error> {
    // NULL comes before every string.
    Ok(match (first, second) {
        (None, None) => 0,
        (None, Some(_)) => -1,
        (Some(_), None) => 1,
        (Some(first), Some(second)) => collate(&read(first)?, &read(second)?, ignore_case) as i32,
    })
}

/// The length of a string; 0 for NULL, and for one that is not there.
#[export]
pub unsafe fn lstrlenA(string: In<c_char>) -> i32 {
    length(string).map_or(0, |length| length as i32)
}

/// The length of a string; 0 for NULL, and for one that is not there.
#[export]
pub unsafe fn lstrlenW(string: In<WCHAR>) -> i32 {
    length(string).map_or(0, |length| length as i32)
}

/// Copies a string; NULL if either is NULL or is not there.
#[export]
pub unsafe fn lstrcpyA(target: Option<InOut<c_char>>, source: In<c_char>) -> *mut c_char {
    copied(target, false, source, usize::MAX)
}

/// Copies a string; NULL if either is NULL or is not there.
#[export]
pub unsafe fn lstrcpyW(target: Option<InOut<WCHAR>>, source: In<WCHAR>) -> *mut WCHAR {
    copied(target, false, source, usize::MAX)
}

/// Copies a string, cut to the room, which includes the NUL. NULL if either is NULL or is not there.
#[export]
pub unsafe fn lstrcpynA(target: Option<InOut<c_char>>, source: In<c_char>, room: i32) -> *mut c_char {
    copied(target, false, source, usize::try_from(room).unwrap_or(0))
}

/// Copies a string, cut to the room, which includes the NUL. NULL if either is NULL or is not there.
#[export]
pub unsafe fn lstrcpynW(target: Option<InOut<WCHAR>>, source: In<WCHAR>, room: i32) -> *mut WCHAR {
    copied(target, false, source, usize::try_from(room).unwrap_or(0))
}

/// Appends a string; NULL if either is NULL or is not there.
#[export]
pub unsafe fn lstrcatA(target: Option<InOut<c_char>>, source: In<c_char>) -> *mut c_char {
    copied(target, true, source, usize::MAX)
}

/// Appends a string; NULL if either is NULL or is not there.
#[export]
pub unsafe fn lstrcatW(target: Option<InOut<WCHAR>>, source: In<WCHAR>) -> *mut WCHAR {
    copied(target, true, source, usize::MAX)
}

/// Compares strings as a dictionary does: below zero, zero, above zero.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` for a string that is not there.
#[export]
pub unsafe fn lstrcmpA(first: Option<In<c_char>>, second: Option<In<c_char>>) -> Result<i32, Win32Error> {
    compare(first, second, false)
}

/// Compares strings as a dictionary does: below zero, zero, above zero.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` for a string that is not there.
#[export]
pub unsafe fn lstrcmpW(first: Option<In<WCHAR>>, second: Option<In<WCHAR>>) -> Result<i32, Win32Error> {
    compare(first, second, false)
}

/// Compares strings as a dictionary does, whatever their case.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` for a string that is not there.
#[export]
pub unsafe fn lstrcmpiA(first: Option<In<c_char>>, second: Option<In<c_char>>) -> Result<i32, Win32Error> {
    compare(first, second, true)
}

/// Compares strings as a dictionary does, whatever their case.
///
/// # Errors
/// 0 with `ERROR_NOACCESS` for a string that is not there.
#[export]
pub unsafe fn lstrcmpiW(first: Option<In<WCHAR>>, second: Option<In<WCHAR>>) -> Result<i32, Win32Error> {
    compare(first, second, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;
    use std::ptr::{null, null_mut};

    #[test]
    fn null_is_an_empty_string_or_an_error_but_never_a_crash() {
        // SAFETY: NULL, literals and a local with room.
        unsafe {
            let mut out = [0x55 as c_char; 8];
            assert_eq!((lstrlenA(null()), lstrlenA(c"abc".as_ptr())), (0, 3));
            assert!(lstrcpyA(null_mut(), c"x".as_ptr()).is_null());
            assert!(lstrcpyA(out.as_mut_ptr(), null()).is_null());
            assert_eq!(lstrcpynA(out.as_mut_ptr(), c"abcdef".as_ptr(), 4), out.as_mut_ptr());
            assert_eq!(out[..5], [0x61, 0x62, 0x63, 0, 0x55]);
            lstrcatA(out.as_mut_ptr(), c"xyz".as_ptr());
            assert_eq!(out[..7], [0x61, 0x62, 0x63, 0x78, 0x79, 0x7A, 0]);
            assert_eq!((lstrcmpA(null(), c"".as_ptr()), lstrcmpA(null(), null())), (-1, 0));
            let nowhere = 64 as *mut c_char;
            assert_eq!((lstrlenA(nowhere), lstrlenW(nowhere.cast())), (0, 0));
            assert!(lstrcpyA(nowhere, c"x".as_ptr()).is_null());
            assert!(lstrcpyA(out.as_mut_ptr(), nowhere).is_null());
            assert!(lstrcatA(nowhere, c"x".as_ptr()).is_null());
            assert_eq!((lstrcmpA(nowhere, c"x".as_ptr()), GetLastError()), (0, 998));
            let middle = out.as_mut_ptr().add(1);
            assert_eq!(lstrcpyA(middle, out.as_ptr()), middle, "strings may overlap");
            assert_eq!(out[..8], [0x61, 0x61, 0x62, 0x63, 0x78, 0x79, 0x7A, 0]);
        }
    }

    #[test]
    fn a_dictionary_puts_small_letters_before_capitals_of_the_same_word() {
        // SAFETY: literals.
        let compared = |a: &std::ffi::CStr, b: &std::ffi::CStr| unsafe { lstrcmpA(a.as_ptr(), b.as_ptr()) };
        assert_eq!(compared(c"a", c"A"), -1);
        assert_eq!(compared(c"B", c"a"), 1, "unlike strcmp");
        assert_eq!(compared(c"1", c"a"), -1);
        assert_eq!(compared(c"same", c"same"), 0);
        // SAFETY: literals.
        assert_eq!(unsafe { lstrcmpiA(c"\xC3\x84x".as_ptr(), c"\xC3\xA4X".as_ptr()) }, 0);
    }
}
