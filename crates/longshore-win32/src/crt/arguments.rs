//! The variable arguments of a C call, taken one at a time.
//!
//! Rust cannot walk a `va_list`; the headers can. They hand the engines of [`crt_format`](crate::crt::format)
//! and [`crt_scan`](crate::crt::scan) a callback that takes the next argument of a given kind
//! (`longshore_take_argument` in `longshore/crt/stdio/format.h`, whose struct and enum these mirror).

use crate::abi::argument::{Argument as _, Callback, Context, In, Out};
use std::ffi::{c_int, c_void};

/// One argument; which field counts follows from the [`Kind`] it was asked as.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// For [`Kind::Int`] (sign-extended) and [`Kind::LongLong`]; for [`Kind::LongPointer`] the size in bytes.
    pub integer: i64,
    /// For [`Kind::Double`] and [`Kind::LongDouble`].
    pub real: f64,
    /// For [`Kind::Pointer`] and [`Kind::LongPointer`].
    pub pointer: *mut c_void,
}

impl Default for Argument {
    fn default() -> Self {
        Self { integer: 0, real: 0.0, pointer: std::ptr::null_mut() }
    }
}

/// What C promises of an argument that its format calls a pointer is what these types state.
impl Argument {
    /// What the argument points to, to be read; `None` for NULL.
    pub(crate) fn source<T>(&self) -> Option<In<'_, T>> {
        // SAFETY: C's promise.
        unsafe { Option::<In<T>>::from_c(self.pointer.cast()) }
    }

    /// What the argument points to, to be written; `None` for NULL.
    pub(crate) fn place<T>(&self) -> Option<Out<'_, T>> {
        // SAFETY: C's promise.
        unsafe { Option::<Out<T>>::from_c(self.pointer.cast()) }
    }
}

/// How the caller passed an argument.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An `int`, and everything C promotes to it. Windows' `long` too.
    Int = 0,
    /// Anything of 64 bits that is no pointer.
    LongLong = 1,
    /// A `double`.
    Double = 2,
    /// A `long double`; it arrives as a double.
    LongDouble = 3,
    /// Any pointer.
    Pointer = 4,
    /// A pointer to an integer of size `l`, from scanf; [`Argument::integer`] says how many bytes it has.
    LongPointer = 5,
}

/// Where arguments come from.
pub trait Arguments {
    /// The next argument, which the caller of the C function passed as `kind`.
    fn take(&mut self, kind: Kind) -> Argument;
}

/// The headers' callback.
pub type NextArgument = unsafe extern "C-unwind" fn(state: *mut c_void, kind: c_int, argument: *mut Argument);

/// The arguments of a C call.
pub struct CallArguments {
    next: Callback<NextArgument>,
    state: Context,
}

impl CallArguments {
    /// The arguments that a callback takes.
    pub fn new(next: Callback<NextArgument>, state: Context) -> Self {
        Self { next, state }
    }
}

impl Arguments for CallArguments {
    fn take(&mut self, kind: Kind) -> Argument {
        let mut argument = Argument::default();
        // SAFETY: what the headers' callback is called with.
        unsafe { self.next.call(self.state.value(), kind as c_int, &raw mut argument) };
        argument
    }
}
