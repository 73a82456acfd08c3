//! The arguments of exported functions: what C passes, and what it promises by passing it.
//!
//! Each type here is one promise, stated once, with every allowed way to use it. A body with such arguments
//! is safe code: if something is wrong with an argument, using it returns an error.
//!
//! | C passes | the parameter is | NULL | a bad pointer |
//! |---|---|---|---|
//! | a number, a HANDLE to look up | the number; [`Handle<T>`](crate::object::handles::Handle) | | |
//! | `T const *` it wants read | [`In<T>`] | error | error |
//! | `T *` it wants written, read and written | [`Out<T>`], [`InOut<T>`] | error | error |
//! | any of these, or NULL for "absent" | `Option<...>` | `None` | error |
//! | an array and its length | [`In<T>::array`], [`Out<T>::at`] | error, unless empty | error |
//! | a range of bytes and its length | [`InBuffer`], [`OutBuffer`] | error, unless empty | error |
//! | a string ended by NUL | [`CStrArg`], [`WStrArg`] | error | error |
//! | one of our own structures (a lock) | [`Shared<T>`] | a fault | a fault |
//! | a function to call back | [`Callback`] | `None` of an `Option` | |
//! | a value that only goes back to the program | [`Context`] | | |
//! | anything it need not have passed; what has to be NULL | [`Ignored`]; `Option<Ignored>` | `None` | |
//! | a structure that the kernel or another thread writes later (OVERLAPPED) | the raw pointer | the body's | the body's |
//!
//! The C program upholds the promise by calling. In Rust an argument is made by [`Argument::from_c`], which
//! is unsafe for that reason, or by a function that checks. An argument cannot be kept after the call: those
//! that are pointers have the call's lifetime.
//!
//! "Error" is [`Fault`](super::fault::Fault), which `?` turns into 998 (`ERROR_NOACCESS`) or `WSAEFAULT`.
//! Where Windows has another error for NULL, the parameter is an `Option` and the body says which. The body
//! decides the order of the checks: Windows checks the socket before the buffer, and so on.

mod buffer;
mod callback;
mod pointer;
mod shared;
mod string;

pub use buffer::{InBuffer, OutBuffer, TextBuffer};
pub use callback::{Callback, Context};
pub use pointer::{In, InOut, Out, WriteIfAsked};
pub use shared::Shared;
pub use string::{CStrArg, OptionalText, StrArg, WStrArg};

use std::ffi::c_void;

/// A parameter of an exported function.
///
/// # Safety
/// `from_c` relies on nothing but what the type's documentation says that C promises.
pub unsafe trait Argument: Sized {
    /// What C passes.
    type C;
    /// Whether C promises something by passing the value.
    const PROMISE: bool;

    /// The argument that C passed.
    ///
    /// # Safety
    /// What the type promises holds for `value`, until the exported function returns.
    unsafe fn from_c(value: Self::C) -> Self;
}

/// A type of which every pattern of bytes is a value, so that it can be copied from the program's memory.
///
/// # Safety
/// It has no references, no enums, no `bool` and no `char` in it. Raw pointers and
/// `Option` of functions are numbers here.
pub unsafe trait Plain: Copy + 'static {}

/// Declares structures to be [`Plain`].
macro_rules! plain {
    ($($kind:ty),* $(,)?) => {$(
        // SAFETY: C structures of numbers and pointers.
        unsafe impl $crate::abi::argument::Plain for $kind {}
    )*};
}
pub(crate) use plain;

plain!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize, f32, f64);

// SAFETY: addresses are numbers.
unsafe impl<T: 'static> Plain for *const T {}
// SAFETY: as above.
unsafe impl<T: 'static> Plain for *mut T {}
// SAFETY: every byte or word is a value, and so is any number of them.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

macro_rules! value {
    ($($kind:ty),*) => {$(
        // SAFETY: a number promises nothing.
        unsafe impl Argument for $kind {
            type C = $kind;
            const PROMISE: bool = false;

            #[inline(always)]
            unsafe fn from_c(value: $kind) -> $kind {
                value
            }
        }
    )*};
}

value!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize, f32, f64);

macro_rules! raw_pointer {
    ($($kind:ty),*) => {$(
        // SAFETY: a pointer that is only a value promises nothing. The code that follows it says why it may.
        unsafe impl<T> Argument for $kind {
            type C = $kind;
            const PROMISE: bool = false;

            #[inline(always)]
            unsafe fn from_c(value: $kind) -> $kind {
                value
            }
        }
    )*};
}

raw_pointer!(*const T, *mut T);

/// `BOOL`: anything but 0 is TRUE.
// SAFETY: a number promises nothing.
unsafe impl Argument for bool {
    type C = i32;
    const PROMISE: bool = false;

    #[inline(always)]
    unsafe fn from_c(value: i32) -> bool {
        value != 0
    }
}

/// A pointer that this library ignores: security attributes, reserved parameters.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Ignored(*const c_void);

// SAFETY: nothing is done with it.
unsafe impl Argument for Ignored {
    type C = *const c_void;
    const PROMISE: bool = false;

    #[inline(always)]
    unsafe fn from_c(value: *const c_void) -> Ignored {
        Ignored(value)
    }
}

/// For a parameter that has to be NULL.
// SAFETY: as above.
unsafe impl Argument for Option<Ignored> {
    type C = *const c_void;
    const PROMISE: bool = false;

    #[inline(always)]
    unsafe fn from_c(value: *const c_void) -> Option<Ignored> {
        (!value.is_null()).then_some(Ignored(value))
    }
}
