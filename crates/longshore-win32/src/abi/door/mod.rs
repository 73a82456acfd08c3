//! The door: what stands between a C caller and the body of an exported function.
//!
//! [`export`](longshore_win32_macros::export) puts it there. A call goes this way:
//!
//! 1. Each parameter is taken as what C passes and becomes its argument type ([`super::argument`]).
//! 2. The body runs, in safe code, and returns a value or an error.
//! 3. [`Answer`] turns that into what C gets: the value, or the failure value and the last error.
//! 4. A panic is caught here. The caller gets the failure value and `ERROR_INTERNAL_ERROR`
//!    (Winsock: `WSASYSCALLFAILURE`), and the log gets a line. A panic is a bug of this
//!    library and must not end a server.
//!
//! No other exceptions arrive here: those of the program's callbacks are handled where the
//! callback is called ([`unwinding`]).

pub(crate) mod unwinding;

use crate::abi::last_error::{SetLastError, Win32Error};
use std::any::Any;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use windows_sys::Win32::Foundation::ERROR_INTERNAL_ERROR;

/// What the body of an exported function returns, and what C gets for it.
pub trait Answer {
    /// What C gets.
    type C;
    /// What a function returns that failed, unless it says another value.
    const FAILURE: Self::C;
    /// The last error after a panic.
    const PANICKED: u32 = ERROR_INTERNAL_ERROR;

    /// What C gets; an error becomes the last error and `failure`.
    fn to_c(self, failure: Self::C) -> Self::C;
}

/// A value that means success or failure by itself.
macro_rules! plain {
    ($($value:ty = $failure:expr;)*) => {$(
        impl Answer for $value {
            type C = $value;
            const FAILURE: $value = $failure;

            #[inline]
            fn to_c(self, _failure: $value) -> $value {
                self
            }
        }

        impl Success for $value {
            type C = $value;
            const FAILURE: $value = $failure;

            #[inline]
            fn to_c(self) -> $value {
                self
            }
        }
    )*};
}

plain! {
    i8 = 0; u8 = 0; i16 = 0; u16 = 0; i32 = 0; u32 = 0; i64 = 0; u64 = 0; isize = 0; usize = 0; f64 = 0.0;
}

impl Answer for () {
    type C = ();
    const FAILURE: () = ();

    #[inline]
    fn to_c(self, _failure: ()) {}
}

/// `BOOL`.
impl Answer for bool {
    type C = i32;
    const FAILURE: i32 = 0;

    #[inline]
    fn to_c(self, _failure: i32) -> i32 {
        self.into()
    }
}

macro_rules! pointer {
    ($($pointer:ty = $null:expr;)*) => {$(
        impl<T> Answer for $pointer {
            type C = $pointer;
            const FAILURE: $pointer = $null;

            #[inline]
            fn to_c(self, _failure: $pointer) -> $pointer {
                self
            }
        }

        impl<T> Success for $pointer {
            type C = $pointer;
            const FAILURE: $pointer = $null;

            #[inline]
            fn to_c(self) -> $pointer {
                self
            }
        }
    )*};
}

pointer! {
    *const T = std::ptr::null();
    *mut T = std::ptr::null_mut();
    Option<T> = None; // Of a function.
}

/// What a function returns that did what it should.
pub trait Success {
    /// What C gets.
    type C;
    /// What C gets if it failed, unless the function says another value.
    const FAILURE: Self::C;

    /// What C gets.
    fn to_c(self) -> Self::C;
}

/// TRUE; FALSE is the failure.
impl Success for () {
    type C = i32;
    const FAILURE: i32 = 0;

    #[inline]
    fn to_c(self) -> i32 {
        1
    }
}

/// TRUE from Winsock's functions of type `BOOL`, where `()` would be 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct True;

/// TRUE or FALSE, where FALSE can be a success.
impl Success for bool {
    type C = i32;
    const FAILURE: i32 = 0;

    #[inline]
    fn to_c(self) -> i32 {
        self.into()
    }
}

/// Success leaves the last error alone (F6, G4).
impl<T: Success> Answer for Result<T, Win32Error> {
    type C = T::C;
    const FAILURE: T::C = T::FAILURE;

    #[inline]
    fn to_c(self, failure: T::C) -> T::C {
        match self {
            Ok(value) => value.to_c(),
            Err(Win32Error(error)) => {
                SetLastError(error);
                failure
            }
        }
    }
}

/// Runs the body of an exported function.
#[inline(always)]
pub(crate) fn enter<R: Answer>(name: &'static str, failure: R::C, body: impl FnOnce() -> R) -> R::C {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => answer.to_c(failure),
        Err(panic) => {
            panicked(name, R::PANICKED, panic);
            failure
        }
    }
}

/// As [`enter`], for a body that calls functions of the program. They may end the
/// thread, which unwinds this frame.
#[inline(always)]
pub(crate) fn enter_unwound<R: Answer>(name: &'static str, failure: R::C, body: impl FnOnce() -> R) -> R::C {
    match unwinding::catch_panic(body) {
        Ok(answer) => answer.to_c(failure),
        Err(panic) => {
            panicked(name, R::PANICKED, panic);
            failure
        }
    }
}

#[cold]
fn panicked(name: &'static str, error: u32, panic: Box<dyn Any + Send>) {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("");
    // A panic of the log's subscriber or of the payload's destructor must not get further.
    let report =
        AssertUnwindSafe(|| tracing::error!(function = name, "a call failed inside the library: {text}"));
    if let Err(second) = catch_unwind(report) {
        std::mem::forget(second);
    }
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(second);
    }
    SetLastError(error);
}

/// Writes a last line to stderr, which may be closed or full.
#[cold]
pub(crate) fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "longshore: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    fn entered<R: Answer>(body: impl FnOnce() -> R) -> (R::C, u32) {
        SetLastError(77);
        let answer = enter("Test", R::FAILURE, body);
        (answer, GetLastError())
    }

    #[test]
    fn an_error_is_the_failure_value_and_the_last_error_and_success_leaves_it_alone() {
        assert_eq!(entered(|| Ok::<(), Win32Error>(())), (1, 77));
        assert_eq!(entered(|| Err::<(), _>(Win32Error(5))), (0, 5));
        assert_eq!(entered(|| Ok::<bool, Win32Error>(false)), (0, 77));
        assert_eq!(entered(|| Err::<*mut u8, _>(Win32Error(6))), (std::ptr::null_mut(), 6));
        assert_eq!(enter("Test", u32::MAX, || Err::<u32, _>(Win32Error(6))), u32::MAX);
        assert_eq!(entered(|| 3_u32), (3, 77));
        assert_eq!(entered(|| ()), ((), 77));
    }

    #[test]
    fn a_panic_is_an_internal_error_and_nothing_more() {
        assert_eq!(entered(|| -> Result<(), Win32Error> { panic!("on purpose") }), (0, ERROR_INTERNAL_ERROR));
        assert_eq!(enter("Test", 9_u32, || -> u32 { panic!("on {}", "purpose") }), 9);
        assert_eq!(enter_unwound("Test", 8_u32, || -> u32 { panic!("on purpose") }), 8);
        assert!(!std::thread::panicking());
        struct Spiteful;
        impl Drop for Spiteful {
            fn drop(&mut self) {
                panic!("while the panic is dropped");
            }
        }
        assert_eq!(enter("Test", 7_u32, || -> u32 { std::panic::panic_any(Spiteful) }), 7);
        assert!(!std::thread::panicking());
    }
}
