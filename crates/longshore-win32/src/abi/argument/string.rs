//! Strings ended by NUL, in both widths.

use super::{Argument, In, Plain};
use crate::abi::character::Character;
use crate::abi::fault::Fault;
use crate::abi::fault::copy::Unit;
use crate::abi::last_error::Win32Error;
use crate::abi::text::{self, WCHAR};
use libc::c_char;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;

/// A string ended by NUL, of either kind of character.
///
/// C's promise: the string does not change while the call lasts.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct StrArg<'a, C>(*const C, PhantomData<&'a [C]>);

/// A narrow string: UTF-8.
pub type CStrArg<'a> = StrArg<'a, c_char>;

/// A wide string: units of the compiler's `wchar_t`.
pub type WStrArg<'a> = StrArg<'a, WCHAR>;

impl<C> StrArg<'_, C> {
    /// The address.
    #[must_use]
    pub fn as_ptr(self) -> *const C {
        self.0
    }
}

impl<'a, C: Unit> StrArg<'a, C> {
    /// The string's units without the NUL, or as many as the program says. (A negative
    /// count means that there is a NUL.)
    ///
    /// # Errors
    /// [`Fault::Access`].
    pub fn units(self, count: i32) -> Result<&'a [C], Fault> {
        // SAFETY: C's promise.
        unsafe { units(self.0, usize::try_from(count).ok()) }
    }
}

impl<C: Character> StrArg<'_, C> {
    /// The text, in UTF-8.
    ///
    /// # Errors
    /// `ERROR_NO_UNICODE_TRANSLATION` for what is not a character, `ERROR_NOACCESS` for what is not there.
    pub fn text(self) -> Result<CString, Win32Error> {
        C::string(self)
    }
}

/// Strings that may be NULL.
pub trait OptionalText {
    /// The text.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for NULL; those of [`StrArg::text`].
    fn text(self) -> Result<CString, Win32Error>;

    /// The text's bytes; none for NULL.
    ///
    /// # Errors
    /// Those of [`StrArg::text`].
    fn bytes_or_none(self) -> Result<Vec<u8>, Win32Error>;
}

impl<C: Character> OptionalText for Option<StrArg<'_, C>> {
    fn text(self) -> Result<CString, Win32Error> {
        self.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.text()
    }

    fn bytes_or_none(self) -> Result<Vec<u8>, Win32Error> {
        self.map_or(Ok(Vec::new()), |string| Ok(string.text()?.into_bytes()))
    }
}

impl<T: Unit + Plain + Default> In<'_, T> {
    /// The units of a string that ends at its NUL, or after so many units if that is earlier: no more is
    /// read.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn string(self, length_max: usize) -> Result<Vec<T>, Fault> {
        if length_max == usize::MAX {
            return Ok(self.array::<0>(T::length(self.as_ptr())?)?.into_vec());
        }
        let mut units = Vec::new();
        while units.len() < length_max {
            match self.at(units.len()).read()? {
                end if end == T::default() => break,
                unit => units.push(unit),
            }
        }
        Ok(units)
    }
}

/// The units before the NUL, or as many as the program says.
///
/// # Safety
/// C's promise: what is there does not change.
unsafe fn units<'a, T: Unit>(start: *const T, count: Option<usize>) -> Result<&'a [T], Fault> {
    let count = match count {
        Some(0) => return Ok(&[]),
        Some(count) => {
            let bytes = count.checked_mul(size_of::<T>()).ok_or(Fault::Access)?;
            // SAFETY: only looked at.
            unsafe { super::InBuffer::from_c(start) }.probe(bytes)?;
            count
        }
        None => T::length(start)?,
    };
    if !start.is_aligned() {
        return Err(Fault::Access);
    }
    // SAFETY: readable, as was just found; the caller's promise that it stays as it is.
    Ok(unsafe { std::slice::from_raw_parts(start, count) })
}

impl<'a> CStrArg<'a> {
    /// The string.
    ///
    /// # Errors
    /// [`Fault::Access`] if memory ends before the string does, and for NULL.
    pub fn get(self) -> Result<&'a CStr, Fault> {
        let bytes = c_char::length(self.0)? + 1;
        // SAFETY: measured just now, NUL included; C's promise that it stays as it is.
        let bytes = unsafe { std::slice::from_raw_parts(self.0.cast(), bytes) };
        CStr::from_bytes_with_nul(bytes).map_err(|_| Fault::Access) // The string was changed during the call, against the promise.
    }

    /// The string's bytes without the NUL; or so many bytes, if the program says how many. (A negative
    /// count says that there is a NUL.)
    ///
    /// # Errors
    /// [`Fault::Access`].
    pub fn bytes(self, count: i32) -> Result<&'a [u8], Fault> {
        // SAFETY: C's promise.
        unsafe { units(self.0.cast(), usize::try_from(count).ok()) }
    }
}

impl WStrArg<'_> {
    /// The string in UTF-8.
    ///
    /// # Errors
    /// `ERROR_NO_UNICODE_TRANSLATION` for what is not a character, `ERROR_NOACCESS` for what is not there.
    pub fn to_text(self) -> Result<CString, Win32Error> {
        text::from_wide(self.units(-1)?)
    }
}

// SAFETY: C's promise, as the type states it.
unsafe impl<C> Argument for StrArg<'_, C> {
    type C = *const C;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: *const C) -> Self {
        StrArg(value, PhantomData)
    }
}

/// NULL is `None`.
// SAFETY: as above.
unsafe impl<C> Argument for Option<StrArg<'_, C>> {
    type C = *const C;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: *const C) -> Self {
        (!value.is_null()).then_some(StrArg(value, PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::Foundation::{ERROR_NO_UNICODE_TRANSLATION, ERROR_NOACCESS};

    #[test]
    fn a_narrow_string_ends_at_its_nul_or_where_the_program_says() {
        let text = c"longshore";
        // SAFETY: a string.
        let string = unsafe { CStrArg::from_c(text.as_ptr()) };
        assert_eq!(string.get(), Ok(text));
        assert_eq!((string.bytes(-1), string.bytes(4)), (Ok(&b"longshore"[..]), Ok(&b"long"[..])));
        // SAFETY: nothing is there.
        let nowhere = unsafe { CStrArg::from_c(std::ptr::null()) };
        assert_eq!((nowhere.get(), nowhere.bytes(0)), (Err(Fault::Access), Ok(&[][..])));
        assert_eq!(nowhere.bytes(1), Err(Fault::Access));
        // SAFETY: NULL.
        assert!(unsafe { Option::<CStrArg>::from_c(std::ptr::null()) }.is_none());
    }

    #[test]
    fn no_more_of_a_string_is_read_than_its_length_allows() {
        let string = |text: &[u8], length_max| {
            // SAFETY: what the tests own.
            unsafe { In::from_c(text.as_ptr()) }.string(length_max)
        };
        assert_eq!(string(b"ab\0cd", usize::MAX), Ok(b"ab".to_vec()));
        assert_eq!(string(b"ab\0cd", 4), Ok(b"ab".to_vec()));
        assert_eq!(string(b"abc", 3), Ok(b"abc".to_vec()), "there is no NUL");
        // SAFETY: nothing is there.
        let nowhere = unsafe { In::<u8>::from_c(8 as *const u8) };
        assert_eq!((nowhere.string(0), nowhere.string(1)), (Ok(vec![]), Err(Fault::Access)));
        assert_eq!(nowhere.string(usize::MAX), Err(Fault::Access));
    }

    #[test]
    fn a_wide_string_becomes_text_or_an_error() {
        let wide = |units: &'static [WCHAR]| {
            // SAFETY: the tests' strings end by NUL.
            unsafe { WStrArg::from_c(units.as_ptr()) }
        };
        assert_eq!(wide(&[0x61, 0x20AC, 0]).to_text().unwrap().as_bytes(), "a€".as_bytes());
        assert_eq!(wide(&[0x61, 0x62, 0]).units(1), Ok(&[0x61][..]));
        assert_eq!(wide(&[0xD800, 0]).to_text(), Err(Win32Error(ERROR_NO_UNICODE_TRANSLATION)));
        // SAFETY: nothing is there.
        let nowhere = unsafe { WStrArg::from_c(8 as *const WCHAR) };
        assert_eq!(nowhere.to_text(), Err(Win32Error(ERROR_NOACCESS)));
    }
}
