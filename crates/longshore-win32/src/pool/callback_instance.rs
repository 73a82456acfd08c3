//! What a callback of the thread pool may ask for while it runs.

use crate::lock::critical_section::CRITICAL_SECTION;
use crate::object::event::Event;
use crate::object::handles::{self, HANDLE};
use crate::object::mutex::Mutex;
use crate::object::semaphore::Semaphore;
use crate::pool::outstanding::Running;
use crate::pool::worker_pool;
use std::cell::RefCell;

/// `PTP_CALLBACK_INSTANCE`: one call.
pub struct TP_CALLBACK_INSTANCE {
    running: Running,
    at_return: RefCell<Vec<AtReturn>>,
}

impl TP_CALLBACK_INSTANCE {
    pub(crate) fn new(running: Running) -> Self {
        TP_CALLBACK_INSTANCE { running, at_return: RefCell::default() }
    }

    /// The callback has returned.
    pub(crate) fn returned(self) {
        self.at_return.take().into_iter().for_each(AtReturn::happen);
    }
}

/// What a callback has asked to happen when it has returned.
enum AtReturn {
    SetEvent(HANDLE),
    ReleaseSemaphore(HANDLE, u32),
    ReleaseMutex(HANDLE),
    LeaveCriticalSection(*mut CRITICAL_SECTION),
}

impl AtReturn {
    fn happen(self) {
        match self {
            AtReturn::SetEvent(event) => {
                if let Ok(event) = handles::get::<Event>(event) {
                    event.set();
                }
            }
            AtReturn::ReleaseSemaphore(semaphore, posts) => {
                let _ = handles::get::<Semaphore>(semaphore).map(|semaphore| semaphore.release(posts));
            }
            AtReturn::ReleaseMutex(mutex) => {
                let _ = handles::get::<Mutex>(mutex).map(|mutex| mutex.release());
            }
            // SAFETY: the callback promised that it is a section that it is in.
            AtReturn::LeaveCriticalSection(section) => unsafe { &*section }.leave(),
        }
    }
}

/// The calling callback may take long: others need not wait for it.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CallbackMayRunLong(_instance: *const TP_CALLBACK_INSTANCE) -> i32 {
    worker_pool::may_run_long();
    1
}

/// The calling callback counts as over from here on for those who wait for it, but not for its cleanup group (TP5).
///
/// Source: Windows documentation, `DisassociateCurrentThreadFromCallback`.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DisassociateCurrentThreadFromCallback(instance: *const TP_CALLBACK_INSTANCE) {
    // SAFETY: the caller's promise.
    unsafe { &*instance }.running.disassociate();
}

/// # Safety
/// `instance` is the calling callback's.
unsafe fn at_return(instance: *const TP_CALLBACK_INSTANCE, what: AtReturn) {
    // SAFETY: the caller's promise.
    unsafe { &*instance }.at_return.borrow_mut().push(what);
}

/// Signals an event when the calling callback has returned.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetEventWhenCallbackReturns(instance: *const TP_CALLBACK_INSTANCE, event: HANDLE) {
    // SAFETY: the caller's promise.
    unsafe { at_return(instance, AtReturn::SetEvent(event)) };
}

/// Adds to a semaphore when the calling callback has returned.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSemaphoreWhenCallbackReturns(
    instance: *const TP_CALLBACK_INSTANCE,
    semaphore: HANDLE,
    posts: u32,
) {
    // SAFETY: the caller's promise.
    unsafe { at_return(instance, AtReturn::ReleaseSemaphore(semaphore, posts)) };
}

/// Gives a mutex back when the calling callback has returned.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseMutexWhenCallbackReturns(
    instance: *const TP_CALLBACK_INSTANCE,
    mutex: HANDLE,
) {
    // SAFETY: the caller's promise.
    unsafe { at_return(instance, AtReturn::ReleaseMutex(mutex)) };
}

/// Leaves a section when the calling callback has returned.
///
/// # Safety
/// `instance` is the callback's, which is in the section.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LeaveCriticalSectionWhenCallbackReturns(
    instance: *const TP_CALLBACK_INSTANCE,
    section: *mut CRITICAL_SECTION,
) {
    // SAFETY: the caller's promise.
    unsafe { at_return(instance, AtReturn::LeaveCriticalSection(section)) };
}

/// Nothing: a library that was loaded stays.
#[unsafe(no_mangle)]
pub extern "C" fn FreeLibraryWhenCallbackReturns(_: *const TP_CALLBACK_INSTANCE, _module: HANDLE) {}
