//! Semaphores.

use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::object::handles::{self, HANDLE};
use crate::object::names::{self, Name};
use crate::object::wait::{self, Waitable};
use crate::object::{HandleCount, Object};
use libc::c_char;
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_TOO_MANY_POSTS};

/// A semaphore, as `CreateSemaphore` makes it.
pub struct Semaphore {
    handles: HandleCount,
    waitable: Waitable,
    name: Name,
}

impl Semaphore {
    /// Adds to the count, and says what it was.
    ///
    /// # Errors
    /// `ERROR_TOO_MANY_POSTS` if it would exceed the limit; it is unchanged then.
    pub fn release(&self, posts: u32) -> Result<u32, Win32Error> {
        self.waitable.post(posts).map_err(|wait::TooManyPosts| Win32Error(ERROR_TOO_MANY_POSTS))
    }
}

impl Object for Semaphore {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn last_handle_closed(self: Arc<Self>) {
        names::forget(&self.name, &*self);
    }

    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.waitable)
    }
}

fn create(count: i32, max: i32, name: Result<Name, Win32Error>) -> HANDLE {
    let valid = max > 0 && (0..=max).contains(&count);
    let make = |name| {
        let waitable = Waitable::semaphore(count as u32, max as u32);
        Arc::new(Semaphore { handles: HandleCount::new(), waitable, name })
    };
    names::created(match valid {
        true => name.and_then(|name| names::create(name, make)),
        false => Err(Win32Error(ERROR_INVALID_PARAMETER)),
    })
}

/// Makes a semaphore, or opens the one of that name.
///
/// Source: Windows documentation, `CreateSemaphore`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreA(
    _: *const c_void,
    count: i32,
    max: i32,
    name: *const c_char,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create(count, max, unsafe { names::narrow(name) })
}

/// As [`CreateSemaphoreA`].
///
/// # Safety
/// `name` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreW(
    _: *const c_void,
    count: i32,
    max: i32,
    name: *const WCHAR,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create(count, max, unsafe { names::wide(name) })
}

/// As [`CreateSemaphoreA`].
///
/// # Safety
/// As for [`CreateSemaphoreA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreExA(
    attributes: *const c_void,
    count: i32,
    max: i32,
    name: *const c_char,
    _flags: u32,
    _access: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    unsafe { CreateSemaphoreA(attributes, count, max, name) }
}

/// As [`CreateSemaphoreA`].
///
/// # Safety
/// As for [`CreateSemaphoreW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreExW(
    attributes: *const c_void,
    count: i32,
    max: i32,
    name: *const WCHAR,
    _flags: u32,
    _access: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    unsafe { CreateSemaphoreW(attributes, count, max, name) }
}

/// Opens a semaphore by its name.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenSemaphoreA(_access: u32, _inherit: i32, name: *const c_char) -> HANDLE {
    // SAFETY: the caller's promise.
    names::opened(unsafe { names::narrow(name) }.and_then(names::open::<Semaphore>))
}

/// As [`OpenSemaphoreA`].
///
/// # Safety
/// `name` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenSemaphoreW(_access: u32, _inherit: i32, name: *const WCHAR) -> HANDLE {
    // SAFETY: the caller's promise.
    names::opened(unsafe { names::wide(name) }.and_then(names::open::<Semaphore>))
}

/// Adds to a semaphore's count. Fails with `ERROR_TOO_MANY_POSTS`, changing nothing.
///
/// # Safety
/// `previous` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSemaphore(semaphore: HANDLE, posts: i32, previous: *mut i32) -> i32 {
    let released = handles::get::<Semaphore>(semaphore).and_then(|semaphore| {
        let posts = u32::try_from(posts).ok().filter(|&posts| posts > 0);
        semaphore.release(posts.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?)
    });
    to_bool(released.map(|count| {
        if !previous.is_null() {
            // SAFETY: the caller's promise.
            unsafe { previous.write(count as i32) };
        }
    }))
}
