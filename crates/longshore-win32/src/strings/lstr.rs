//! `lstrlen`, `lstrcpy` and their relatives, which accept NULL where the C library's do not.

use crate::abi::character::{Character, units};
use crate::abi::text::WCHAR;
use crate::strings::compare::collate;
use libc::c_char;
use longshore_win32_macros::export;

unsafe fn length<C: Character>(string: *const C) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { units(string) }.len() as i32
}

/// Copies a string behind `offset` units of another, at most `room` units with the NUL.
unsafe fn copy<C: Character>(target: *mut C, offset: usize, source: *const C, room: usize) -> *mut C {
    if target.is_null() || source.is_null() {
        return std::ptr::null_mut();
    }
    if room > 0 {
        // SAFETY: the caller's promise; the strings may overlap.
        unsafe {
            let count = units(source).len().min(room - 1);
            let place = target.add(offset);
            place.copy_from(source, count);
            place.add(count).write(C::default());
        }
    }
    target
}

unsafe fn compare<C: Character>(first: *const C, second: *const C, ignore_case: bool) -> i32 {
    // NULL comes before every string.
    match (first.is_null(), second.is_null()) {
        (true, true) => 0,
        (true, false) => -1,
        (false, true) => 1,
        // SAFETY: the caller's promise.
        (false, false) => unsafe { collate(units(first), units(second), ignore_case) as i32 },
    }
}

/// The length of a string; 0 for NULL.
#[export]
pub unsafe fn lstrlenA(string: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { length(string) }
}

/// The length of a string; 0 for NULL.
#[export]
pub unsafe fn lstrlenW(string: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { length(string) }
}

/// Copies a string; NULL if either is NULL.
#[export]
pub unsafe fn lstrcpyA(target: *mut c_char, source: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { copy(target, 0, source, usize::MAX) }
}

/// Copies a string; NULL if either is NULL.
#[export]
pub unsafe fn lstrcpyW(target: *mut WCHAR, source: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { copy(target, 0, source, usize::MAX) }
}

/// Copies a string, cut to the room, which includes the NUL.
#[export]
pub unsafe fn lstrcpynA(target: *mut c_char, source: *const c_char, room: i32) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { copy(target, 0, source, usize::try_from(room).unwrap_or(0)) }
}

/// Copies a string, cut to the room, which includes the NUL.
#[export]
pub unsafe fn lstrcpynW(target: *mut WCHAR, source: *const WCHAR, room: i32) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { copy(target, 0, source, usize::try_from(room).unwrap_or(0)) }
}

/// Appends a string; NULL if either is NULL.
#[export]
pub unsafe fn lstrcatA(target: *mut c_char, source: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { copy(target, units(target).len(), source, usize::MAX) }
}

/// Appends a string; NULL if either is NULL.
#[export]
pub unsafe fn lstrcatW(target: *mut WCHAR, source: *const WCHAR) -> *mut WCHAR {
    // SAFETY: the caller's promise.
    unsafe { copy(target, units(target).len(), source, usize::MAX) }
}

/// Compares strings as a dictionary does: below zero, zero, above zero.
#[export]
pub unsafe fn lstrcmpA(first: *const c_char, second: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { compare(first, second, false) }
}

/// Compares strings as a dictionary does.
#[export]
pub unsafe fn lstrcmpW(first: *const WCHAR, second: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { compare(first, second, false) }
}

/// Compares strings as a dictionary does, whatever their case.
#[export]
pub unsafe fn lstrcmpiA(first: *const c_char, second: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { compare(first, second, true) }
}

/// Compares strings as a dictionary does, whatever their case.
#[export]
pub unsafe fn lstrcmpiW(first: *const WCHAR, second: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { compare(first, second, true) }
}

#[cfg(test)]
mod tests {
    use super::*;
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
