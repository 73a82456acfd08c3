//! Structures of this library in the program's memory: locks, list heads.

use super::Argument;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// A structure of this library that the program keeps, and that its threads share.
///
/// C's promise: it was initialised (or is all zeros, where that is allowed), it is aligned as its type
/// requires, and it does not move during a call. As on Windows nothing of that is checked: these calls are
/// too short, and most of them cannot report a failure. NULL is an access violation.
#[repr(transparent)]
#[derive(Debug)]
pub struct Shared<'a, T>(NonNull<T>, PhantomData<&'a T>);

impl<T> Clone for Shared<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    /// The structure, for as long as the call lasts.
    #[inline(always)]
    pub fn get(self) -> &'a T {
        // SAFETY: C's promise. Fields that other threads change at the same time are atomic, or
        // protected by the structure's own rules.
        unsafe { self.0.as_ref() }
    }

    /// The address.
    #[must_use]
    pub fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T> Deref for Shared<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.get()
    }
}

// SAFETY: C's promise, as the type states it.
unsafe impl<T> Argument for Shared<'_, T> {
    type C = *const T;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: *const T) -> Self {
        match NonNull::new(value.cast_mut()) {
            Some(value) => Shared(value, PhantomData),
            None => null_followed(),
        }
    }
}

/// NULL is `None`.
// SAFETY: as above.
unsafe impl<T> Argument for Option<Shared<'_, T>> {
    type C = *const T;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: *const T) -> Self {
        NonNull::new(value.cast_mut()).map(|value| Shared(value, PhantomData))
    }
}

/// The access violation that following NULL is.
#[cold]
#[inline(never)]
fn null_followed() -> ! {
    // SAFETY: nothing is read: the access is meant to fault.
    unsafe { std::ptr::null::<u8>().read_volatile() };
    std::process::abort() // A handler of the program resumed after the exception; NULL still cannot be followed.
}
