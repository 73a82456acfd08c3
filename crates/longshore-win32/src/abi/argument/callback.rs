//! Functions of the program.

use super::Argument;
use crate::abi::door::unwinding;
use std::ffi::c_void;

/// A function of the program, of the type `F`: `unsafe extern "C-unwind" fn(...)`.
///
/// C's promise: it may be called as the documentation of the exported function says, on that thread and that
/// often. The program decides what the function does. Two things are handled at the call:
///
/// - It may end the thread (`ExitThread`). That unwinds the calling frames, so these may hold
///   nothing without a destructor.
/// - An exception that leaves it ends the process with a message, as an unhandled exception does on Windows.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback<F>(F);

impl<F: Copy> Callback<F> {
    /// The function itself.
    pub fn function(self) -> F {
        self.0
    }
}

macro_rules! callback {
    ($($name:ident: $kind:ident),*) => {
        impl<R, $($kind),*> Callback<unsafe extern "C-unwind" fn($($kind),*) -> R> {
            /// Calls the function.
            ///
            /// # Safety
            /// The arguments are as documented for this callback.
            #[inline]
            #[allow(clippy::too_many_arguments)]
            pub unsafe fn call(self, $($name: $kind),*) -> R {
                // SAFETY: the C program's promise, and the caller's.
                unwinding::call(|| unsafe { (self.0)($($name),*) })
            }
        }

        // SAFETY: C's promise, as the type states it.
        unsafe impl<R, $($kind),*> Argument for Option<Callback<unsafe extern "C-unwind" fn($($kind),*) -> R>> {
            type C = Option<unsafe extern "C-unwind" fn($($kind),*) -> R>;
            const PROMISE: bool = true;

            #[inline(always)]
            unsafe fn from_c(value: Self::C) -> Self {
                value.map(Callback)
            }
        }
    };
}

callback!();
callback!(a: A);
callback!(a: A, b: B);
callback!(a: A, b: B, c: C);
callback!(a: A, b: B, c: C, d: D);
callback!(a: A, b: B, c: C, d: D, e: E);
callback!(a: A, b: B, c: C, d: D, e: E, f: F);
callback!(a: A, b: B, c: C, d: D, e: E, f: F, g: G);
callback!(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H);
callback!(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I);

/// A value that is passed back to the program in a callback. Usually it is a
/// pointer; this library never follows it.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context(*mut c_void);

impl Context {
    /// What the program passed.
    #[must_use]
    pub fn value(self) -> *mut c_void {
        self.0
    }
}

// SAFETY: it is a number here; whether another thread may use what it points to is the program's affair.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

// SAFETY: nothing is done with it.
unsafe impl Argument for Context {
    type C = *mut c_void;
    const PROMISE: bool = false;

    #[inline(always)]
    unsafe fn from_c(value: *mut c_void) -> Context {
        Context(value)
    }
}
