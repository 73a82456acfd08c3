//! Semaphores.

use crate::abi::argument::{CStrArg, Ignored, Out, WStrArg, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use crate::object::handles::{HANDLE, Handle};
use crate::object::names::{self, Name};
use crate::object::wait::{self, Waitable};
use crate::object::{HandleCount, Object};
use longshore_win32_macros::export;
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
#[export]
pub unsafe fn CreateSemaphoreA(_: Ignored, count: i32, max: i32, name: Option<CStrArg>) -> HANDLE {
    create(count, max, names::narrow(name))
}

/// As [`CreateSemaphoreA`].
#[export]
pub unsafe fn CreateSemaphoreW(_: Ignored, count: i32, max: i32, name: Option<WStrArg>) -> HANDLE {
    create(count, max, names::wide(name))
}

/// As [`CreateSemaphoreA`].
#[export]
pub unsafe fn CreateSemaphoreExA(
    _: Ignored,
    count: i32,
    max: i32,
    name: Option<CStrArg>,
    _flags: u32,
    _access: u32,
) -> HANDLE {
    create(count, max, names::narrow(name))
}

/// As [`CreateSemaphoreA`].
#[export]
pub unsafe fn CreateSemaphoreExW(
    _: Ignored,
    count: i32,
    max: i32,
    name: Option<WStrArg>,
    _flags: u32,
    _access: u32,
) -> HANDLE {
    create(count, max, names::wide(name))
}

/// Opens a semaphore by its name.
#[export]
pub unsafe fn OpenSemaphoreA(_access: u32, _inherit: bool, name: Option<CStrArg>) -> HANDLE {
    names::opened(names::narrow(name).and_then(names::open::<Semaphore>))
}

/// As [`OpenSemaphoreA`].
#[export]
pub unsafe fn OpenSemaphoreW(_access: u32, _inherit: bool, name: Option<WStrArg>) -> HANDLE {
    names::opened(names::wide(name).and_then(names::open::<Semaphore>))
}

/// Adds to a semaphore's count. Fails with `ERROR_TOO_MANY_POSTS`, changing nothing.
#[export]
pub unsafe fn ReleaseSemaphore(
    semaphore: Handle<Semaphore>,
    posts: i32,
    previous: Option<Out<i32>>,
) -> Result<(), Win32Error> {
    let semaphore = semaphore.get()?;
    let posts = u32::try_from(posts).ok().filter(|&posts| posts > 0);
    let count = semaphore.release(posts.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?)?;
    Ok(previous.write_if_asked(count as i32)?)
}
