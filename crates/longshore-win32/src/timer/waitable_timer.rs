//! Waitable timers.
//!
//! A due time on the calendar is taken as a distance from now when the timer is set; a clock that is set later does
//! not move it.

use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::object::handles::{self, HANDLE};
use crate::object::names::{self, Name};
use crate::object::suspend::Lock;
use crate::object::thread::{self, Thread};
use crate::object::wait::{Waitable, apc};
use crate::object::{HandleCount, Object};
use crate::timer::alarm::{ALARMS, Ticker};
use libc::c_char;
use std::ffi::c_void;
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_NOACCESS};
use windows_sys::Win32::System::Threading::CREATE_WAITABLE_TIMER_MANUAL_RESET;

/// The completion routine of a timer: its argument, and when the timer was signaled (a FILETIME in two halves).
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
    routine: PTIMERAPCROUTINE,
    argument: usize,
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

/// How far a due time is from now: a FILETIME, or the negative of a distance, in 100 ns; the result in nanoseconds.
pub(crate) fn distance_ns(due: i64) -> u64 {
    let distance = if due < 0 { due.unsigned_abs() } else { (due as u64).saturating_sub(file_time_now()) };
    // Nobody lives to see the difference to never.
    distance.saturating_mul(100).min(u64::MAX / 4)
}

impl WaitableTimer {
    fn mark(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    fn new(waitable: Waitable, name: Name) -> Arc<WaitableTimer> {
        Arc::new_cyclic(|this: &Weak<WaitableTimer>| {
            let this = this.clone();
            let tick = move || {
                if let Some(timer) = this.upgrade() {
                    timer.expire();
                }
                None
            };
            WaitableTimer {
                handles: HandleCount::new(),
                waitable,
                name,
                ticker: Ticker::new(&ALARMS, tick),
                routine: Lock::new(None),
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
                // SAFETY: the caller of SetWaitableTimer promises that it may be called so.
                unsafe { routine(argument as *mut c_void, signaled as u32, (signaled >> 32) as u32) }
            });
            apc::queue_marked(&thread, self.mark(), apc);
        }
    }

    /// Stops the timer, and takes its routine back if it has not run. Its signal stays as it is.
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

fn flags(manual: i32) -> u32 {
    if manual != 0 { CREATE_WAITABLE_TIMER_MANUAL_RESET } else { 0 }
}

/// Makes a timer, or opens the one of that name.
///
/// Source: Windows documentation, `CreateWaitableTimer`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerA(_: *const c_void, manual: i32, name: *const c_char) -> HANDLE {
    // SAFETY: the caller's promise.
    create(flags(manual), unsafe { names::narrow(name) })
}

/// As [`CreateWaitableTimerA`].
///
/// # Safety
/// `name` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerW(_: *const c_void, manual: i32, name: *const WCHAR) -> HANDLE {
    // SAFETY: the caller's promise.
    create(flags(manual), unsafe { names::wide(name) })
}

/// As [`CreateWaitableTimerA`], with flags. Every timer is of high resolution.
///
/// # Safety
/// As for [`CreateWaitableTimerA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerExA(
    _: *const c_void,
    name: *const c_char,
    flags: u32,
    _access: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create(flags, unsafe { names::narrow(name) })
}

/// As [`CreateWaitableTimerA`], with flags. Every timer is of high resolution.
///
/// # Safety
/// As for [`CreateWaitableTimerW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerExW(
    _: *const c_void,
    name: *const WCHAR,
    flags: u32,
    _access: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create(flags, unsafe { names::wide(name) })
}

/// Opens a timer by its name.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenWaitableTimerA(_access: u32, _inherit: i32, name: *const c_char) -> HANDLE {
    // SAFETY: the caller's promise.
    names::opened(unsafe { names::narrow(name) }.and_then(names::open::<WaitableTimer>))
}

/// As [`OpenWaitableTimerA`].
///
/// # Safety
/// `name` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenWaitableTimerW(_access: u32, _inherit: i32, name: *const WCHAR) -> HANDLE {
    // SAFETY: the caller's promise.
    names::opened(unsafe { names::wide(name) }.and_then(names::open::<WaitableTimer>))
}

/// Sets a timer: when it is signaled first (a FILETIME, or the negative of a distance, in 100 ns), and how often then
/// (in ms; 0 for once). The routine runs in an alertable wait of the calling thread.
///
/// Source: Windows documentation, `SetWaitableTimer`.
///
/// # Safety
/// `due` is NULL or readable; the routine may be called with `argument`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetWaitableTimer(
    timer: HANDLE,
    due: *const i64,
    period_ms: i32,
    routine: Option<PTIMERAPCROUTINE>,
    argument: *mut c_void,
    _resume: i32,
) -> i32 {
    to_bool(handles::get::<WaitableTimer>(timer).and_then(|timer| {
        let period_ms = u32::try_from(period_ms).map_err(|_| Win32Error(ERROR_INVALID_PARAMETER))?;
        if due.is_null() {
            return Err(Win32Error(ERROR_NOACCESS));
        }
        // SAFETY: the caller's promise.
        let due = unsafe { due.read_unaligned() };
        let routine = routine.map(|routine| Routine {
            thread: thread::current(),
            routine,
            argument: argument as usize,
        });
        timer.set(distance_ns(due), period_ms, routine);
        Ok(())
    }))
}

/// As [`SetWaitableTimer`]; the timer may be late, and is not.
///
/// # Safety
/// As for [`SetWaitableTimer`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetWaitableTimerEx(
    timer: HANDLE,
    due: *const i64,
    period_ms: i32,
    routine: Option<PTIMERAPCROUTINE>,
    argument: *mut c_void,
    _reason: *const c_void,
    _tolerable_ms: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { SetWaitableTimer(timer, due, period_ms, routine, argument, 0) }
}

/// Stops a timer. Its signal stays as it is.
#[unsafe(no_mangle)]
pub extern "C" fn CancelWaitableTimer(timer: HANDLE) -> i32 {
    to_bool(handles::get::<WaitableTimer>(timer).map(|timer| timer.cancel()))
}
