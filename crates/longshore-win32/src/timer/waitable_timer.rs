//! Waitable timers.
//!
//! An absolute due time is converted to a relative one when the timer is set. Setting
//! the clock later does not move it.

use crate::abi::argument::{CStrArg, Callback, Context, Ignored, In, WStrArg};
use crate::abi::last_error::Win32Error;
use crate::object::handles::{HANDLE, Handle};
use crate::object::names::{self, Name};
use crate::object::thread::{self, Thread};
use crate::object::wait::{Waitable, apc};
use crate::object::{HandleCount, Object};
use crate::sync::lock::Lock;
use crate::sync::rank::nothing_is_held;
use crate::timer::alarm::{ALARMS, Ticker};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::System::Threading::CREATE_WAITABLE_TIMER_MANUAL_RESET;

/// The completion routine of a timer: its argument, and when the timer was signaled
/// (a FILETIME in two halves).
pub type PTIMERAPCROUTINE = unsafe extern "C-unwind" fn(*mut c_void, u32, u32);

/// From 1601 to 1970, in 100 ns.
const EPOCH: u64 = 116_444_736_000_000_000;

/// A timer, as `CreateWaitableTimer` makes it.
pub struct WaitableTimer {
    handles: HandleCount,
    waitable: Waitable,
    name: Name,
    ticker: Arc<Ticker>,
    routine: Lock<Option<Routine>>,
}

#[derive(Clone)]
struct Routine {
    thread: Arc<Thread>,
    routine: Callback<PTIMERAPCROUTINE>,
    argument: Context,
}

impl Object for WaitableTimer {
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

/// The time of day as a FILETIME: 100 ns since 1601.
fn file_time_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| (since.as_nanos() / 100) as u64) + EPOCH
}

/// The time from now until a due time (a FILETIME, or a negative relative time, in 100 ns), in nanoseconds.
pub(crate) fn distance_ns(due: i64) -> u64 {
    let distance = if due < 0 { due.unsigned_abs() } else { (due as u64).saturating_sub(file_time_now()) };
    // So far in the future that it is the same as never.
    distance.saturating_mul(100).min(u64::MAX / 4)
}

impl WaitableTimer {
    fn mark(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    fn new(waitable: Waitable, name: Name) -> Arc<WaitableTimer> {
        Arc::new_cyclic(|this: &Weak<WaitableTimer>| {
            let tick = |timer: &Arc<WaitableTimer>| {
                timer.expire();
                None
            };
            WaitableTimer {
                handles: HandleCount::new(),
                waitable,
                name,
                ticker: Ticker::of(this, &ALARMS, tick),
                routine: Lock::last("a timer's routine", None),
            }
        })
    }

    fn set(&self, distance_ns: u64, period_ms: u32, routine: Option<Routine>) {
        self.cancel();
        self.waitable.clear();
        *self.routine.lock() = routine;
        self.ticker.set(distance_ns, period_ms);
    }

    fn expire(&self) {
        self.waitable.set();
        let routine = self.routine.lock().clone();
        if let Some(Routine { thread, routine, argument }) = routine {
            let signaled = file_time_now();
            let apc = Box::new(move || {
                // SAFETY: what the page of TimerAPCProc says it is called with.
                unsafe { routine.call(argument.value(), signaled as u32, (signaled >> 32) as u32) }
            });
            apc::queue_marked(&thread, self.mark(), apc);
        }
    }

    /// Stops the timer, and removes its routine from the queue if it has not run.
    /// The timer stays signaled or not.
    fn cancel(&self) {
        self.ticker.stop();
        let routine = self.routine.lock().take();
        if let Some(Routine { thread, .. }) = routine {
            apc::withdraw(&thread, self.mark());
        }
    }
}

impl Drop for WaitableTimer {
    fn drop(&mut self) {
        nothing_is_held("the end of a timer");
        self.cancel();
    }
}

fn create(flags: u32, name: Result<Name, Win32Error>) -> HANDLE {
    let make = |name| {
        let waitable = match flags & CREATE_WAITABLE_TIMER_MANUAL_RESET {
            0 => Waitable::synchronization(false),
            _ => Waitable::notification(false),
        };
        WaitableTimer::new(waitable, name)
    };
    names::created(name.and_then(|name| names::create(name, make)))
}

fn flags(manual: bool) -> u32 {
    if manual { CREATE_WAITABLE_TIMER_MANUAL_RESET } else { 0 }
}

/// Makes a timer, or opens the one of that name.
///
/// Source: Windows documentation, `CreateWaitableTimer`.
#[export]
pub unsafe fn CreateWaitableTimerA(_: Ignored, manual: bool, name: Option<CStrArg>) -> HANDLE {
    create(flags(manual), names::narrow(name))
}

/// As [`CreateWaitableTimerA`].
#[export]
pub unsafe fn CreateWaitableTimerW(_: Ignored, manual: bool, name: Option<WStrArg>) -> HANDLE {
    create(flags(manual), names::wide(name))
}

/// As [`CreateWaitableTimerA`], with flags. Every timer is of high resolution.
#[export]
pub unsafe fn CreateWaitableTimerExA(_: Ignored, name: Option<CStrArg>, flags: u32, _access: u32) -> HANDLE {
    create(flags, names::narrow(name))
}

/// As [`CreateWaitableTimerA`], with flags. Every timer is of high resolution.
#[export]
pub unsafe fn CreateWaitableTimerExW(_: Ignored, name: Option<WStrArg>, flags: u32, _access: u32) -> HANDLE {
    create(flags, names::wide(name))
}

/// Opens a timer by its name.
#[export]
pub unsafe fn OpenWaitableTimerA(_access: u32, _inherit: bool, name: Option<CStrArg>) -> HANDLE {
    names::opened(names::narrow(name).and_then(names::open::<WaitableTimer>))
}

/// As [`OpenWaitableTimerA`].
#[export]
pub unsafe fn OpenWaitableTimerW(_access: u32, _inherit: bool, name: Option<WStrArg>) -> HANDLE {
    names::opened(names::wide(name).and_then(names::open::<WaitableTimer>))
}

/// Sets a timer: when it is signaled first (a FILETIME, or the negative of a distance, in 100 ns), and how
/// often then (in ms; 0 for once). The routine runs in an alertable wait of the calling thread.
///
/// Source: Windows documentation, `SetWaitableTimer`.
#[export]
pub unsafe fn SetWaitableTimer(
    timer: Handle<WaitableTimer>,
    due: In<i64>,
    period_ms: i32,
    routine: Option<Callback<PTIMERAPCROUTINE>>,
    argument: Context,
    _resume: bool,
) -> Result<(), Win32Error> {
    set(timer, due, period_ms, routine, argument)
}

/// As [`SetWaitableTimer`]; the tolerable delay is ignored.
#[export]
pub unsafe fn SetWaitableTimerEx(
    timer: Handle<WaitableTimer>,
    due: In<i64>,
    period_ms: i32,
    routine: Option<Callback<PTIMERAPCROUTINE>>,
    argument: Context,
    _reason: Ignored,
    _tolerable_ms: u32,
) -> Result<(), Win32Error> {
    set(timer, due, period_ms, routine, argument)
}

fn set(
    timer: Handle<WaitableTimer>,
    due: In<'_, i64>,
    period_ms: i32,
    routine: Option<Callback<PTIMERAPCROUTINE>>,
    argument: Context,
) -> Result<(), Win32Error> {
    let timer = timer.get()?;
    let period_ms = u32::try_from(period_ms).map_err(|_| Win32Error(ERROR_INVALID_PARAMETER))?;
    let due = due.read()?;
    let routine = routine.map(|routine| Routine { thread: thread::current(), routine, argument });
    timer.set(distance_ns(due), period_ms, routine);
    Ok(())
}

/// Stops a timer. It stays signaled or not.
#[export]
pub fn CancelWaitableTimer(timer: Handle<WaitableTimer>) -> Result<(), Win32Error> {
    timer.get()?.cancel();
    Ok(())
}
