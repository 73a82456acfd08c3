//! Timers of the thread pool.

use crate::abi::argument::{Callback, Context, In, Shared};
use crate::abi::last_error::Win32Error;
use crate::pool::callback_environment::TP_CALLBACK_ENVIRON;
use crate::pool::object::{PoolCallback, TP_OBJECT, WorkCallback};
use crate::pool::reference::Reference;
use crate::timer::waitable_timer::distance_ns;
use longshore_win32_macros::export;
use std::sync::Arc;
use windows_sys::Win32::Foundation::FILETIME;

/// How far a due time of the thread pool is from now, in nanoseconds: as [`distance_ns`].
pub(crate) fn distance_to(due: &FILETIME) -> u64 {
    distance_ns(i64::from(due.dwHighDateTime as i32) << 32 | i64::from(due.dwLowDateTime))
}

/// Makes a timer that is not set.
///
/// # Errors
/// NULL with `ERROR_INVALID_PARAMETER` (no callback) or `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `CreateThreadpoolTimer`.
#[export]
pub unsafe fn CreateThreadpoolTimer(
    callback: Option<Callback<WorkCallback>>,
    context: Context,
    environment: Option<In<TP_CALLBACK_ENVIRON>>,
) -> Result<*const TP_OBJECT, Win32Error> {
    TP_OBJECT::new(callback.map(PoolCallback::Work), context, environment).map(Arc::into_raw)
}

/// Sets a timer, or stops it (NULL): its callback is called at `due` (a FILETIME, or the negative of a
/// distance, in 100 ns), then every `period_ms`, if that is not 0.
///
/// Source: Windows documentation, `SetThreadpoolTimer`.
#[export]
pub unsafe fn SetThreadpoolTimer(
    timer: Reference<TP_OBJECT>,
    due: Option<Shared<FILETIME>>,
    period_ms: u32,
    _window_ms: u32,
) {
    set(&timer, due, period_ms);
}

/// As [`SetThreadpoolTimer`]; says whether the timer was set before.
#[export]
pub unsafe fn SetThreadpoolTimerEx(
    timer: Reference<TP_OBJECT>,
    due: Option<Shared<FILETIME>>,
    period_ms: u32,
    _window_ms: u32,
) -> bool {
    set(&timer, due, period_ms)
}

fn set(timer: &TP_OBJECT, due: Option<Shared<FILETIME>>, period_ms: u32) -> bool {
    match due {
        None => timer.ticker.stop(),
        Some(due) => timer.ticker.set(distance_to(&due), period_ms),
    }
}

/// Whether a timer is set.
#[export]
pub unsafe fn IsThreadpoolTimerSet(timer: Reference<TP_OBJECT>) -> bool {
    timer.ticker.is_set()
}

/// Waits until no callback is outstanding; with `cancel`, those that have not begun do not.
#[export]
pub unsafe fn WaitForThreadpoolTimerCallbacks(timer: Reference<TP_OBJECT>, cancel: bool) {
    timer.share().wait_for_callbacks(cancel); // A callback may close it.
}

/// Stops and closes a timer.
#[export]
pub unsafe fn CloseThreadpoolTimer(timer: Reference<TP_OBJECT>) {
    timer.share().give_up();
}
