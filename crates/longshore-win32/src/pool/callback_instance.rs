//! What a callback of the thread pool may request while it runs.

use crate::abi::argument::Shared;
use crate::lock::critical_section::CRITICAL_SECTION;
use crate::object::event::Event;
use crate::object::handles::{HANDLE, Handle};
use crate::object::mutex::Mutex;
use crate::object::semaphore::Semaphore;
use crate::pool::outstanding::Running;
use crate::pool::worker_pool;
use longshore_win32_macros::export;
use std::cell::RefCell;

/// `PTP_CALLBACK_INSTANCE`: one call. Only the thread that makes it may ask for something.
pub struct TP_CALLBACK_INSTANCE {
    running: Running,
    at_return: RefCell<Vec<AtReturn>>,
}

impl TP_CALLBACK_INSTANCE {
    pub(crate) fn new(running: Running) -> Self {
        TP_CALLBACK_INSTANCE { running, at_return: RefCell::default() }
    }

    fn at_return(&self, what: AtReturn) {
        self.at_return.borrow_mut().push(what);
    }

    /// The callback has returned.
    pub(crate) fn returned(self) {
        self.at_return.take().into_iter().for_each(AtReturn::happen);
    }
}

/// What a callback has asked to happen when it has returned.
enum AtReturn {
    SetEvent(Handle<Event>),
    ReleaseSemaphore(Handle<Semaphore>, u32),
    ReleaseMutex(Handle<Mutex>),
    LeaveCriticalSection(*const CRITICAL_SECTION),
}

impl AtReturn {
    fn happen(self) {
        match self {
            AtReturn::SetEvent(event) => {
                if let Ok(event) = event.get() {
                    event.set();
                }
            }
            AtReturn::ReleaseSemaphore(semaphore, posts) => {
                let _ = semaphore.get().map(|semaphore| semaphore.release(posts));
            }
            AtReturn::ReleaseMutex(mutex) => {
                let _ = mutex.get().map(|mutex| mutex.release());
            }
            // SAFETY: the callback promised that it is a section that it is in, until now.
            AtReturn::LeaveCriticalSection(section) => unsafe { &*section }.leave(),
        }
    }
}

/// The calling callback may take long: others need not wait for it.
#[export]
pub unsafe fn CallbackMayRunLong(_instance: Shared<TP_CALLBACK_INSTANCE>) -> bool {
    worker_pool::may_run_long();
    true
}

/// The calling callback counts as over from here on for those who wait for it, but not for its cleanup group
/// (TP5).
///
/// Source: Windows documentation, `DisassociateCurrentThreadFromCallback`.
#[export]
pub unsafe fn DisassociateCurrentThreadFromCallback(instance: Shared<TP_CALLBACK_INSTANCE>) {
    instance.running.disassociate();
}

/// Signals an event when the calling callback has returned.
#[export]
pub unsafe fn SetEventWhenCallbackReturns(instance: Shared<TP_CALLBACK_INSTANCE>, event: Handle<Event>) {
    instance.at_return(AtReturn::SetEvent(event));
}

/// Adds to a semaphore when the calling callback has returned.
#[export]
pub unsafe fn ReleaseSemaphoreWhenCallbackReturns(
    instance: Shared<TP_CALLBACK_INSTANCE>,
    semaphore: Handle<Semaphore>,
    posts: u32,
) {
    instance.at_return(AtReturn::ReleaseSemaphore(semaphore, posts));
}

/// Releases a mutex when the calling callback has returned.
#[export]
pub unsafe fn ReleaseMutexWhenCallbackReturns(instance: Shared<TP_CALLBACK_INSTANCE>, mutex: Handle<Mutex>) {
    instance.at_return(AtReturn::ReleaseMutex(mutex));
}

/// Leaves a section, in which the calling callback is, when it has returned.
#[export]
pub unsafe fn LeaveCriticalSectionWhenCallbackReturns(
    instance: Shared<TP_CALLBACK_INSTANCE>,
    section: Shared<CRITICAL_SECTION>,
) {
    instance.at_return(AtReturn::LeaveCriticalSection(section.as_ptr()));
}

/// Nothing: a library that was loaded stays.
#[export]
pub unsafe fn FreeLibraryWhenCallbackReturns(_: Shared<TP_CALLBACK_INSTANCE>, _module: HANDLE) {}
