//! Work: callbacks that the program submits.

use crate::abi::last_error::{SetLastError, Win32Error};
use crate::pool::callback_environment::{TP_CALLBACK_ENVIRON, made, share};
use crate::pool::object::{Callback, SimpleCallback, TP_OBJECT, WorkCallback};
use std::ffi::c_void;

/// Has a function called by a thread of a pool.
///
/// Source: Windows documentation, `TrySubmitThreadpoolCallback`.
///
/// # Safety
/// The function may be called with `context`; `environment` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TrySubmitThreadpoolCallback(
    callback: Option<SimpleCallback>,
    context: *mut c_void,
    environment: *const TP_CALLBACK_ENVIRON,
) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { TP_OBJECT::new(callback.map(Callback::Simple), context, environment) } {
        Ok(object) => {
            object.call_soon(0);
            1
        }
        Err(Win32Error(error)) => {
            SetLastError(error);
            0
        }
    }
}

/// Makes a work object.
///
/// Source: Windows documentation, `CreateThreadpoolWork`.
///
/// # Safety
/// As for [`TrySubmitThreadpoolCallback`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThreadpoolWork(
    callback: Option<WorkCallback>,
    context: *mut c_void,
    environment: *const TP_CALLBACK_ENVIRON,
) -> *const TP_OBJECT {
    // SAFETY: the caller's promise.
    made(unsafe { TP_OBJECT::new(callback.map(Callback::Work), context, environment) })
}

/// Has the callback called once more.
///
/// # Safety
/// `work` is a work object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SubmitThreadpoolWork(work: *const TP_OBJECT) {
    // SAFETY: the caller's promise.
    unsafe { share(work) }.call_soon(0);
}

/// Waits until no callback is outstanding; with `cancel`, those that have not begun do not.
///
/// # Safety
/// `work` is a work object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForThreadpoolWorkCallbacks(work: *const TP_OBJECT, cancel: i32) {
    // SAFETY: the caller's promise.
    unsafe { share(work) }.wait_for_callbacks(cancel != 0);
}

/// Closes a work object: at once, or when its callbacks have ended.
///
/// # Safety
/// `work` is a work object, and not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpoolWork(work: *const TP_OBJECT) {
    // SAFETY: the caller's promise.
    unsafe { TP_OBJECT::close(work) };
}
