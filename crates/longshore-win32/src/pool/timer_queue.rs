//! Timer queues. Callbacks run on the process's pool, or, if the program asks for it, one after the other on one thread.

use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::object::handles::{self, HANDLE};
use crate::object::suspend::Lock;
use crate::object::{HandleCount, Object};
use crate::pool::outstanding::{Outstanding, Ticket};
use crate::pool::registered_wait::{WAITORTIMERCALLBACK, finish};
use crate::pool::worker_pool;
use crate::sync::futex::INFINITE;
use crate::timer::alarm::{ALARMS, CALLBACKS, Ticker};
use std::ffi::c_void;
use std::sync::{Arc, OnceLock, Weak};
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Threading::{
    WT_EXECUTEINTIMERTHREAD, WT_EXECUTELONGFUNCTION, WT_EXECUTEONLYONCE,
};

/// A queue: the timers to delete with it.
#[derive(Default)]
struct TimerQueue {
    handles: HandleCount,
    timers: Lock<Vec<(HandleValue, Arc<QueueTimer>)>>,
}

/// A handle as a number.
type HandleValue = usize;

/// A timer of a queue.
struct QueueTimer {
    handles: HandleCount,
    queue: Weak<TimerQueue>,
    callback: WAITORTIMERCALLBACK,
    parameter: usize,
    flags: u32,
    ticker: Arc<Ticker>,
    outstanding: Arc<Outstanding>,
}

impl Object for TimerQueue {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }
}

impl Object for QueueTimer {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }
}

impl QueueTimer {
    fn call(&self, ticket: Ticket) {
        if let Some(running) = ticket.redeem() {
            // SAFETY: who made the timer promised that it may be called so.
            unsafe { (self.callback)(self.parameter as *mut c_void, 1) };
            drop(running);
        }
    }

    fn tick(self: Arc<Self>) -> Option<worker_pool::Work> {
        let ticket = self.outstanding.expect();
        if self.flags & WT_EXECUTEINTIMERTHREAD != 0 {
            return Some(Box::new(move || self.call(ticket)));
        }
        // There is a pool, or there would be no timer.
        let _ = worker_pool::submit(Box::new(move || {
            if self.flags & WT_EXECUTELONGFUNCTION != 0 {
                worker_pool::may_run_long();
            }
            self.call(ticket);
        }));
        None
    }

    fn set(&self, due_ms: u32, period_ms: u32) {
        let period_ms = if self.flags & WT_EXECUTEONLYONCE != 0 { 0 } else { period_ms };
        if due_ms == INFINITE {
            self.ticker.stop();
        } else {
            self.ticker.set(u64::from(due_ms) * 1_000_000, period_ms);
        }
    }
}

/// The queue a handle names; NULL is the process's own.
fn queue(handle: HANDLE) -> Result<Arc<TimerQueue>, Win32Error> {
    static DEFAULT: OnceLock<Arc<TimerQueue>> = OnceLock::new();
    match handle.is_null() {
        true => Ok(DEFAULT.get_or_init(Arc::default).clone()),
        false => handles::get::<TimerQueue>(handle),
    }
}

/// The timer a handle names, if it is of this queue.
fn timer(queue_handle: HANDLE, handle: HANDLE) -> Result<(Arc<TimerQueue>, Arc<QueueTimer>), Win32Error> {
    let queue = queue(queue_handle)?;
    let timer = handles::get::<QueueTimer>(handle)?;
    if !std::ptr::eq(timer.queue.as_ptr(), Arc::as_ptr(&queue)) {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    Ok((queue, timer))
}

/// Makes a timer queue.
///
/// Source: Windows documentation, `CreateTimerQueue`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateTimerQueue() -> HANDLE {
    handles::insert(Arc::<TimerQueue>::default()).unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        std::ptr::null_mut()
    })
}

/// Makes a timer: its callback is called after `due_ms`, then every `period_ms`, if that is not 0.
///
/// Source: Windows documentation, `CreateTimerQueueTimer`.
///
/// # Safety
/// The function may be called with `parameter`; `handle` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateTimerQueueTimer(
    handle: *mut HANDLE,
    queue_handle: HANDLE,
    callback: Option<WAITORTIMERCALLBACK>,
    parameter: *mut c_void,
    due_ms: u32,
    period_ms: u32,
    flags: u32,
) -> i32 {
    to_bool(queue(queue_handle).and_then(|queue| {
        let (Some(callback), false) = (callback, handle.is_null()) else {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        };
        worker_pool::default_pool()?;
        let alarms = if flags & WT_EXECUTEINTIMERTHREAD != 0 { &CALLBACKS } else { &ALARMS };
        let timer = Arc::new_cyclic(|this: &Weak<QueueTimer>| QueueTimer {
            handles: HandleCount::new(),
            queue: Arc::downgrade(&queue),
            callback,
            parameter: parameter as usize,
            flags,
            ticker: Ticker::of(this, alarms, |timer| timer.clone().tick()),
            outstanding: Arc::default(),
        });
        let value = handles::insert(timer.clone())?;
        queue.timers.lock().push((value as usize, timer.clone()));
        // SAFETY: the caller's promise. Before the callback can ask for it.
        unsafe { handle.write(value) };
        timer.set(due_ms, period_ms);
        Ok(())
    }))
}

/// Sets a timer anew. One that was to go off once, and has, stays as it is.
#[unsafe(no_mangle)]
pub extern "C" fn ChangeTimerQueueTimer(
    queue_handle: HANDLE,
    handle: HANDLE,
    due_ms: u32,
    period_ms: u32,
) -> i32 {
    to_bool(timer(queue_handle, handle).map(|(_, timer)| {
        if timer.ticker.is_set() {
            timer.set(due_ms, period_ms);
        }
    }))
}

/// Deletes a timer; for `completion` see [`crate::pool::registered_wait::UnregisterWaitEx`].
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueueTimer(queue_handle: HANDLE, handle: HANDLE, completion: HANDLE) -> i32 {
    to_bool(timer(queue_handle, handle).and_then(|(queue, timer)| {
        handles::close(handle)?;
        timer.ticker.stop();
        let mut timers = queue.timers.lock();
        timers.retain(|(_, other)| !Arc::ptr_eq(other, &timer));
        drop(timers);
        finish(std::slice::from_ref(&timer.outstanding), completion)
    }))
}

/// Deletes a queue with its timers; for `completion` see [`crate::pool::registered_wait::UnregisterWaitEx`].
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueueEx(handle: HANDLE, completion: HANDLE) -> i32 {
    to_bool(handles::get::<TimerQueue>(handle).and_then(|queue| {
        handles::close(handle)?;
        let timers = std::mem::take(&mut *queue.timers.lock());
        for (value, timer) in &timers {
            timer.ticker.stop();
            let _ = handles::close(*value as HANDLE);
        }
        let outstanding: Vec<_> = timers.iter().map(|(_, timer)| timer.outstanding.clone()).collect();
        finish(&outstanding, completion)
    }))
}

/// Deletes a queue with its timers, and does not wait.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueue(handle: HANDLE) -> i32 {
    DeleteTimerQueueEx(handle, std::ptr::null_mut())
}
