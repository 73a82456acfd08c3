//! `QueueUserWorkItem` and `RegisterWaitForSingleObject`: the thread pool before Windows Vista.
//!
//! A registered wait that repeats (TP4) waits again as soon as its callback begins, if a wait takes the
//! object's signal; otherwise, since the signal stays, when the callback has returned.

use crate::abi::argument::{Callback, Context, Out};
use crate::abi::last_error::Win32Error;
use crate::abi::reserve;
use crate::object::event::Event;
use crate::object::handles::{self, HANDLE, Handle, INVALID_HANDLE_VALUE};
use crate::object::{HandleCount, Object};
use crate::pool::outstanding::Outstanding;
use crate::pool::wait::PendingWait;
use crate::pool::worker_pool;
use crate::sync::futex::INFINITE;
use crate::sync::lock::Lock;
use crate::sync::rank::Rank;
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_IO_PENDING, WAIT_FAILED, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::Threading::{WT_EXECUTELONGFUNCTION, WT_EXECUTEONLYONCE};

/// What a registered wait or a queue's timer calls: with TRUE for a timer, or a wait that took too long.
pub type WAITORTIMERCALLBACK = unsafe extern "C-unwind" fn(*mut c_void, u8);
/// What [`QueueUserWorkItem`] queues.
pub type WorkItem = unsafe extern "C-unwind" fn(*mut c_void) -> u32;

/// A registered wait.
pub struct Registration {
    handles: HandleCount,
    object: Arc<dyn Object>,
    callback: Callback<WAITORTIMERCALLBACK>,
    context: Context,
    timeout_ms: u32,
    flags: u32,
    outstanding: Arc<Outstanding>,
    /// `None` once it is unregistered.
    wait: Lock<Option<PendingWait>>,
}

impl Object for Registration {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }
}

impl Registration {
    fn begin(self: &Arc<Self>) {
        let mut wait = self.wait.lock();
        if let Some(wait) = wait.as_mut() {
            let this = self.clone();
            let distance = (self.timeout_ms != INFINITE).then(|| u64::from(self.timeout_ms) * 1_000_000);
            let former = wait.take();
            *wait = PendingWait::begin(&self.object, distance, move |result| {
                if result != WAIT_FAILED {
                    this.call_soon(result);
                }
            });
            former.end();
        }
    }

    fn call_soon(self: Arc<Self>, result: u32) {
        let ticket = self.outstanding.expect();
        let submitted = worker_pool::submit(Box::new(move || {
            if let Some(running) = ticket.redeem() {
                self.call(result);
                drop(running);
            }
        }));
        // There is a pool, or there would be no registration.
        debug_assert!(submitted.is_ok());
    }

    fn call(self: &Arc<Self>, result: u32) {
        let repeats = self.flags & WT_EXECUTEONLYONCE == 0;
        let takes = self.object.waitable().is_some_and(|waitable| waitable.is_taken_by_waits());
        if self.flags & WT_EXECUTELONGFUNCTION != 0 {
            worker_pool::may_run_long();
        }
        if repeats && takes {
            self.begin();
        }
        // SAFETY: what the page of WaitOrTimerCallback says it is called with.
        unsafe { self.callback.call(self.context.value(), (result == WAIT_TIMEOUT).into()) };
        if repeats && !takes {
            self.begin();
        }
    }

    fn end(&self) {
        let wait = self.wait.lock().take();
        if let Some(wait) = wait {
            wait.end();
        }
    }
}

/// Ends the use of an object with callbacks, in the way that the last argument says. NULL: at once. INVALID:
/// when nothing is outstanding. An event: at once, and it is signaled when nothing is outstanding. Fails with
/// `ERROR_IO_PENDING` if it does not wait, and something is outstanding.
pub(crate) fn finish(outstanding: &[Arc<Outstanding>], completion: HANDLE) -> Result<(), Win32Error> {
    if completion == INVALID_HANDLE_VALUE {
        outstanding.iter().for_each(|outstanding| outstanding.wait());
        return Ok(());
    }
    let busy = outstanding.iter().any(|outstanding| outstanding.is_busy());
    if !completion.is_null() {
        let event = Arc::new(SetWhenDropped(handles::get::<Event>(completion)?));
        for outstanding in outstanding {
            let event = event.clone();
            outstanding.then(move || drop(event));
        }
    }
    if busy { Err(Win32Error(ERROR_IO_PENDING)) } else { Ok(()) }
}

struct SetWhenDropped(Arc<Event>);

impl Drop for SetWhenDropped {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Has a function called by a thread of the process's pool.
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` (no function).
///
/// Source: Windows documentation, `QueueUserWorkItem`.
#[export]
pub unsafe fn QueueUserWorkItem(
    function: Option<Callback<WorkItem>>,
    context: Context,
    flags: u32,
) -> Result<(), Win32Error> {
    let function = function.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    reserve::admit()?;
    worker_pool::submit(Box::new(move || {
        if flags & WT_EXECUTELONGFUNCTION != 0 {
            worker_pool::may_run_long();
        }
        // SAFETY: what the page of the function says it is called with.
        unsafe { function.call(context.value()) };
    }))
}

/// Has a function called by a thread of the process's pool when the object is signaled, or not for so long.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_INVALID_PARAMETER` (no callback, no place for the handle) or
/// `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `RegisterWaitForSingleObject`.
#[export]
pub unsafe fn RegisterWaitForSingleObject(
    wait: Option<Out<HANDLE>>,
    object: Handle<dyn Object>,
    callback: Option<Callback<WAITORTIMERCALLBACK>>,
    context: Context,
    timeout_ms: u32,
    flags: u32,
) -> Result<(), Win32Error> {
    let object = object.get()?;
    let (Some(callback), Some(wait)) = (callback, wait) else {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    };
    if object.waitable().is_none() {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    wait.probe()?;
    worker_pool::default_pool()?;
    let registration = Arc::new(Registration {
        handles: HandleCount::new(),
        object,
        callback,
        context,
        timeout_ms,
        flags,
        outstanding: Arc::default(),
        wait: Lock::new(Rank::POOL_WAIT, Some(PendingWait::default())),
    });
    wait.write(handles::insert(registration.clone())?)?; // Before the callback can ask for it.
    registration.begin();
    Ok(())
}

/// Ends a registered wait. Fails with `ERROR_IO_PENDING`, but ends it, if its callback is outstanding (TP4).
///
/// Source: Windows documentation, `UnregisterWait`.
#[export]
pub fn UnregisterWait(wait: Handle<Registration>) -> Result<(), Win32Error> {
    unregister(wait, std::ptr::null_mut())
}

/// As [`UnregisterWait`]; with INVALID_HANDLE_VALUE for the event it waits until nothing is outstanding, and
/// an event is signaled then.
#[export]
pub fn UnregisterWaitEx(wait: Handle<Registration>, completion: HANDLE) -> Result<(), Win32Error> {
    unregister(wait, completion)
}

fn unregister(wait: Handle<Registration>, completion: HANDLE) -> Result<(), Win32Error> {
    let registration = wait.get()?;
    handles::close(wait.value())?;
    registration.end();
    finish(std::slice::from_ref(&registration.outstanding), completion)
}
