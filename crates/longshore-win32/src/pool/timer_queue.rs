//! Timer queues. Callbacks run on the process's pool, or, if the program asks for it, one after the other on
//! one thread.

use crate::abi::argument::{Callback, Context, Out};
use crate::abi::last_error::Win32Error;
use crate::object::handles::{self, HANDLE, Handle};
use crate::object::{HandleCount, Object};
use crate::pool::outstanding::{Outstanding, Ticket};
use crate::pool::registered_wait::{WAITORTIMERCALLBACK, finish};
use crate::pool::worker_pool;
use crate::sync::futex::INFINITE;
use crate::sync::lock::Lock;
use crate::timer::alarm::{ALARMS, CALLBACKS, Ticker};
use longshore_win32_macros::export;
use std::sync::{Arc, OnceLock, Weak};
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Threading::{
    WT_EXECUTEINTIMERTHREAD, WT_EXECUTELONGFUNCTION, WT_EXECUTEONLYONCE,
};

/// A queue: the timers to delete with it.
pub struct TimerQueue {
    handles: HandleCount,
    timers: Lock<Vec<(HandleValue, Arc<QueueTimer>)>>,
}

impl Default for TimerQueue {
    fn default() -> Self {
        TimerQueue { handles: HandleCount::default(), timers: Lock::last("a queue's timers", Vec::new()) }
    }
}

/// A handle as a number.
type HandleValue = usize;

/// A timer of a queue.
pub struct QueueTimer {
    handles: HandleCount,
    queue: Weak<TimerQueue>,
    callback: Callback<WAITORTIMERCALLBACK>,
    parameter: Context,
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
            // SAFETY: what the page of WaitOrTimerCallback says it is called with.
            unsafe { self.callback.call(self.parameter.value(), 1) };
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
fn queue(handle: Handle<TimerQueue>) -> Result<Arc<TimerQueue>, Win32Error> {
    static DEFAULT: OnceLock<Arc<TimerQueue>> = OnceLock::new();
    match handle.value().is_null() {
        true => Ok(DEFAULT.get_or_init(Arc::default).clone()),
        false => handle.get(),
    }
}

/// The timer a handle names, if it is of this queue.
fn timer(
    queue_handle: Handle<TimerQueue>,
    handle: Handle<QueueTimer>,
) -> Result<(Arc<TimerQueue>, Arc<QueueTimer>), Win32Error> {
    let queue = queue(queue_handle)?;
    let timer = handle.get()?;
    if !std::ptr::eq(timer.queue.as_ptr(), Arc::as_ptr(&queue)) {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    Ok((queue, timer))
}

/// Makes a timer queue.
///
/// Source: Windows documentation, `CreateTimerQueue`.
#[export]
pub fn CreateTimerQueue() -> Result<HANDLE, Win32Error> {
    handles::insert(Arc::<TimerQueue>::default())
}

/// Makes a timer: its callback is called after `due_ms`, then every `period_ms`, if that is not 0.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_INVALID_PARAMETER` (no callback, no place for the handle) or
/// `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `CreateTimerQueueTimer`.
#[export]
pub unsafe fn CreateTimerQueueTimer(
    handle: Option<Out<HANDLE>>,
    queue_handle: Handle<TimerQueue>,
    callback: Option<Callback<WAITORTIMERCALLBACK>>,
    parameter: Context,
    due_ms: u32,
    period_ms: u32,
    flags: u32,
) -> Result<(), Win32Error> {
    let queue = queue(queue_handle)?;
    let (Some(callback), Some(handle)) = (callback, handle) else {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    };
    handle.probe()?;
    worker_pool::default_pool()?;
    let alarms = if flags & WT_EXECUTEINTIMERTHREAD != 0 { &CALLBACKS } else { &ALARMS };
    let timer = Arc::new_cyclic(|this: &Weak<QueueTimer>| QueueTimer {
        handles: HandleCount::new(),
        queue: Arc::downgrade(&queue),
        callback,
        parameter,
        flags,
        ticker: Ticker::of(this, alarms, |timer| timer.clone().tick()),
        outstanding: Arc::default(),
    });
    let value = handles::insert(timer.clone())?;
    queue.timers.lock().push((value as usize, timer.clone()));
    handle.write(value)?; // Before the callback can ask for it.
    timer.set(due_ms, period_ms);
    Ok(())
}

/// Sets a timer again. A timer for one call that has gone off is not changed.
///
/// Source: Windows documentation, `ChangeTimerQueueTimer`.
#[export]
pub fn ChangeTimerQueueTimer(
    queue_handle: Handle<TimerQueue>,
    handle: Handle<QueueTimer>,
    due_ms: u32,
    period_ms: u32,
) -> Result<(), Win32Error> {
    let (_, timer) = timer(queue_handle, handle)?;
    if timer.ticker.is_set() {
        timer.set(due_ms, period_ms);
    }
    Ok(())
}

/// Deletes a timer; for `completion` see [`crate::pool::registered_wait::UnregisterWaitEx`].
#[export]
pub fn DeleteTimerQueueTimer(
    queue_handle: Handle<TimerQueue>,
    handle: Handle<QueueTimer>,
    completion: HANDLE,
) -> Result<(), Win32Error> {
    let (queue, timer) = timer(queue_handle, handle)?;
    handles::close(handle.value())?;
    timer.ticker.stop();
    let mut timers = queue.timers.lock();
    timers.retain(|(_, other)| !Arc::ptr_eq(other, &timer));
    drop(timers);
    finish(std::slice::from_ref(&timer.outstanding), completion)
}

/// Deletes a queue with its timers; for `completion` see [`crate::pool::registered_wait::UnregisterWaitEx`].
#[export]
pub fn DeleteTimerQueueEx(handle: Handle<TimerQueue>, completion: HANDLE) -> Result<(), Win32Error> {
    delete(handle, completion)
}

/// Deletes a queue with its timers, and does not wait.
#[export]
pub fn DeleteTimerQueue(handle: Handle<TimerQueue>) -> Result<(), Win32Error> {
    delete(handle, std::ptr::null_mut())
}

fn delete(handle: Handle<TimerQueue>, completion: HANDLE) -> Result<(), Win32Error> {
    let queue = handle.get()?;
    handles::close(handle.value())?;
    let timers = std::mem::take(&mut *queue.timers.lock());
    for (value, timer) in &timers {
        timer.ticker.stop();
        let _ = handles::close(*value as HANDLE);
    }
    let outstanding: Vec<_> = timers.iter().map(|(_, timer)| timer.outstanding.clone()).collect();
    finish(&outstanding, completion)
}
