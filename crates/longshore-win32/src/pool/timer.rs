//! Timers of the thread pool.

use crate::pool::callback_environment::{TP_CALLBACK_ENVIRON, made};
use crate::pool::object::{Callback, TP_OBJECT, WorkCallback};
use crate::timer::waitable_timer::distance_ns;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::FILETIME;

/// Makes a timer that is not set.
///
/// Source: Windows documentation, `CreateThreadpoolTimer`.
///
/// # Safety
/// The function may be called with `context`; `environment` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThreadpoolTimer(
    callback: Option<WorkCallback>,
    context: *mut c_void,
    environment: *const TP_CALLBACK_ENVIRON,
) -> *const TP_OBJECT {
    // SAFETY: the caller's promise.
    made(unsafe { TP_OBJECT::new(callback.map(Callback::Work), context, environment) })
}

/// Sets a timer, or stops it (NULL): its callback is called at `due` (a FILETIME, or the negative of a distance, in
/// 100 ns), then every `period_ms`, if that is not 0.
///
/// # Safety
/// `timer` is a timer; `due` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolTimer(
    timer: *const TP_OBJECT,
    due: *const FILETIME,
    period_ms: u32,
    window_ms: u32,
) {
    // SAFETY: the caller's promise.
    unsafe { SetThreadpoolTimerEx(timer, due, period_ms, window_ms) };
}

/// As [`SetThreadpoolTimer`]; says whether the timer was set before.
///
/// # Safety
/// As for [`SetThreadpoolTimer`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolTimerEx(
    timer: *const TP_OBJECT,
    due: *const FILETIME,
    period_ms: u32,
    _window_ms: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    let (timer, due) = unsafe { (&*timer, due.as_ref()) };
    let was_set = match due {
        None => timer.ticker.stop(),
        Some(due) => {
            let due = i64::from(due.dwHighDateTime as i32) << 32 | i64::from(due.dwLowDateTime);
            timer.ticker.set(distance_ns(due), period_ms)
        }
    };
    was_set.into()
}

/// Whether a timer is set.
///
/// # Safety
/// `timer` is a timer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsThreadpoolTimerSet(timer: *const TP_OBJECT) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { &*timer }.ticker.is_set().into()
}

/// Waits until no callback is outstanding; with `cancel`, those that have not begun do not.
///
/// # Safety
/// `timer` is a timer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForThreadpoolTimerCallbacks(timer: *const TP_OBJECT, cancel: i32) {
    // SAFETY: the caller's promise.
    unsafe { &*timer }.wait_for_callbacks(cancel != 0);
}

/// Stops and closes a timer.
///
/// # Safety
/// `timer` is a timer, and not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpoolTimer(timer: *const TP_OBJECT) {
    // SAFETY: the caller's promise.
    unsafe { TP_OBJECT::close(timer) };
}
