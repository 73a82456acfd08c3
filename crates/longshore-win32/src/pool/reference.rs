//! The pointers that the thread pool hands out: `PTP_WORK`, `PTP_POOL`, and the others.

use crate::abi::argument::{Argument, Shared};
use std::ops::Deref;
use std::sync::Arc;

/// A `PTP_...`: the program's reference to an object of the pool. It has one from `Create...`, and gives it
/// back by `Close...`; callbacks that are still to come hold their own.
///
/// C's promise: `Create...` returned it, and it was not passed to `Close...` before. As on Windows nothing of
/// that is checked, and NULL is an access violation.
#[repr(transparent)]
pub struct Reference<'a, T>(Shared<'a, T>);

impl<T> Reference<'_, T> {
    /// Another reference, which outlives the program's.
    pub(crate) fn share(&self) -> Arc<T> {
        // SAFETY: C's promise: from `Arc::into_raw`, and not given back.
        unsafe {
            Arc::increment_strong_count(self.0.as_ptr());
            Arc::from_raw(self.0.as_ptr())
        }
    }

    /// The program's own reference, for a function that closes what it was given.
    pub(crate) fn give_back(self) -> Arc<T> {
        // SAFETY: C's promise, as above. It does not use the pointer after this.
        unsafe { Arc::from_raw(self.0.as_ptr()) }
    }
}

impl<T> Deref for Reference<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

// SAFETY: C's promise, as the type states it.
unsafe impl<T> Argument for Reference<'_, T> {
    type C = *const T;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: *const T) -> Self {
        // SAFETY: an object of an `Arc` is aligned and stays where it is.
        Reference(unsafe { Shared::from_c(value) })
    }
}

/// NULL is `None`.
// SAFETY: as above.
unsafe impl<T> Argument for Option<Reference<'_, T>> {
    type C = *const T;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: *const T) -> Self {
        // SAFETY: as above.
        unsafe { Option::<Shared<T>>::from_c(value) }.map(Reference)
    }
}
