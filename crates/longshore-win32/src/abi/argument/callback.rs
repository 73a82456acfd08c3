//! Functions of the program.

use super::Argument;
use crate::abi::door::unwinding;
use std::ffi::c_void;

/// A function of the program, of the type `F`: `unsafe extern "C-unwind" fn(...)`.
///
/// C's promise: it may be called as the documentation of the exported function says, in the thread and as
/// often as it says. What the function does is the program's; two things end there, at the call:
///
/// - It may end the thread (`ExitThread`), which unwinds the frames it was called through: nothing may be
///   held there that has no destructor.
/// - An exception that leaves it ends the process with a line that says so, as one that
///   nobody handles does on Windows.
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
            /// The arguments are what the program was promised.
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

/// A value of the program's that goes back to it, with a callback: usually a pointer,
/// which this library never follows.
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
