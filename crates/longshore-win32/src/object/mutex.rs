//! Mutexes: one thread owns a mutex, may acquire it several times, and abandons it
//! if it ends (`WAIT_ABANDONED`).

use crate::abi::argument::{CStrArg, Ignored, WStrArg};
use crate::abi::last_error::Win32Error;
use crate::object::handles::{HANDLE, Handle};
use crate::object::names::{self, Name};
use crate::object::wait::{self, Waitable};
use crate::object::{HandleCount, Object};
use longshore_win32_macros::export;
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
    /// Releases it once.
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
#[export]
pub unsafe fn CreateMutexA(_: Ignored, owned: bool, name: Option<CStrArg>) -> HANDLE {
    create(owned, names::narrow(name))
}

/// As [`CreateMutexA`].
#[export]
pub unsafe fn CreateMutexW(_: Ignored, owned: bool, name: Option<WStrArg>) -> HANDLE {
    create(owned, names::wide(name))
}

/// As [`CreateMutexA`], with flags.
#[export]
pub unsafe fn CreateMutexExA(_: Ignored, name: Option<CStrArg>, flags: u32, _access: u32) -> HANDLE {
    create(flags & CREATE_MUTEX_INITIAL_OWNER != 0, names::narrow(name))
}

/// As [`CreateMutexA`], with flags.
#[export]
pub unsafe fn CreateMutexExW(_: Ignored, name: Option<WStrArg>, flags: u32, _access: u32) -> HANDLE {
    create(flags & CREATE_MUTEX_INITIAL_OWNER != 0, names::wide(name))
}

/// Opens a mutex by its name.
#[export]
pub unsafe fn OpenMutexA(_access: u32, _inherit: bool, name: Option<CStrArg>) -> HANDLE {
    names::opened(names::narrow(name).and_then(names::open::<Mutex>))
}

/// As [`OpenMutexA`].
#[export]
pub unsafe fn OpenMutexW(_access: u32, _inherit: bool, name: Option<WStrArg>) -> HANDLE {
    names::opened(names::wide(name).and_then(names::open::<Mutex>))
}

/// Releases a mutex once. Fails with `ERROR_NOT_OWNER`.
#[export]
pub fn ReleaseMutex(mutex: Handle<Mutex>) -> Result<(), Win32Error> {
    mutex.get()?.release()
}
