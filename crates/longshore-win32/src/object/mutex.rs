//! Mutexes: one thread's at a time, as often as it takes them, and abandoned if it ends (`WAIT_ABANDONED`).

use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::object::handles::{self, HANDLE};
use crate::object::names::{self, Name};
use crate::object::wait::{self, Waitable};
use crate::object::{HandleCount, Object};
use libc::c_char;
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::Foundation::ERROR_NOT_OWNER;
use windows_sys::Win32::System::Threading::CREATE_MUTEX_INITIAL_OWNER;

/// A mutex, as `CreateMutex` makes it.
pub struct Mutex {
    handles: HandleCount,
    waitable: Waitable,
    name: Name,
}

impl Mutex {
    /// Gives it back, once.
    ///
    /// # Errors
    /// `ERROR_NOT_OWNER` if it is not the calling thread's.
    pub fn release(&self) -> Result<(), Win32Error> {
        self.waitable.release().map_err(|wait::NotOwner| Win32Error(ERROR_NOT_OWNER))
    }
}

impl Object for Mutex {
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

fn create(owned: bool, name: Result<Name, Win32Error>) -> HANDLE {
    let make = |name| {
        let mutex = Arc::new(Mutex { handles: HandleCount::new(), waitable: Waitable::mutant(), name });
        if owned {
            let object: Arc<dyn Object> = mutex.clone();
            wait::wait_one(&object, 0, false);
        }
        mutex
    };
    names::created(name.and_then(|name| names::create(name, make)))
}

/// Makes a mutex, or opens the one of that name, which then does not become the caller's.
///
/// Source: Windows documentation, `CreateMutex`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexA(_: *const c_void, owned: i32, name: *const c_char) -> HANDLE {
    // SAFETY: the caller's promise.
    create(owned != 0, unsafe { names::narrow(name) })
}

/// As [`CreateMutexA`].
///
/// # Safety
/// `name` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexW(_: *const c_void, owned: i32, name: *const WCHAR) -> HANDLE {
    // SAFETY: the caller's promise.
    create(owned != 0, unsafe { names::wide(name) })
}

/// As [`CreateMutexA`], with flags.
///
/// # Safety
/// As for [`CreateMutexA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexExA(
    _: *const c_void,
    name: *const c_char,
    flags: u32,
    _access: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create(flags & CREATE_MUTEX_INITIAL_OWNER != 0, unsafe { names::narrow(name) })
}

/// As [`CreateMutexA`], with flags.
///
/// # Safety
/// As for [`CreateMutexW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexExW(
    _: *const c_void,
    name: *const WCHAR,
    flags: u32,
    _access: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create(flags & CREATE_MUTEX_INITIAL_OWNER != 0, unsafe { names::wide(name) })
}

/// Opens a mutex by its name.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenMutexA(_access: u32, _inherit: i32, name: *const c_char) -> HANDLE {
    // SAFETY: the caller's promise.
    names::opened(unsafe { names::narrow(name) }.and_then(names::open::<Mutex>))
}

/// As [`OpenMutexA`].
///
/// # Safety
/// `name` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenMutexW(_access: u32, _inherit: i32, name: *const WCHAR) -> HANDLE {
    // SAFETY: the caller's promise.
    names::opened(unsafe { names::wide(name) }.and_then(names::open::<Mutex>))
}

/// Gives a mutex back, once. Fails with `ERROR_NOT_OWNER`.
#[unsafe(no_mangle)]
pub extern "C" fn ReleaseMutex(mutex: HANDLE) -> i32 {
    to_bool(handles::get::<Mutex>(mutex).and_then(|mutex| mutex.release()))
}
