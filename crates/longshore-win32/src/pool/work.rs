//! Work: callbacks that the program submits.

use crate::abi::argument::{Callback, Context, In};
use crate::abi::last_error::Win32Error;
use crate::pool::callback_environment::TP_CALLBACK_ENVIRON;
use crate::pool::object::{PoolCallback, SimpleCallback, TP_OBJECT, WorkCallback};
use crate::pool::reference::Reference;
use longshore_win32_macros::export;
use std::sync::Arc;

/// Has a function called by a thread of a pool.
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` (no callback) or `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `TrySubmitThreadpoolCallback`.
#[export]
pub unsafe fn TrySubmitThreadpoolCallback(
    callback: Option<Callback<SimpleCallback>>,
    context: Context,
    environment: Option<In<TP_CALLBACK_ENVIRON>>,
) -> Result<(), Win32Error> {
    TP_OBJECT::new(callback.map(PoolCallback::Simple), context, environment)?.call_soon(0);
    Ok(())
}

/// Makes a work object.
///
/// # Errors
/// NULL with `ERROR_INVALID_PARAMETER` (no callback) or `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `CreateThreadpoolWork`.
#[export]
pub unsafe fn CreateThreadpoolWork(
    callback: Option<Callback<WorkCallback>>,
    context: Context,
    environment: Option<In<TP_CALLBACK_ENVIRON>>,
) -> Result<*const TP_OBJECT, Win32Error> {
    TP_OBJECT::new(callback.map(PoolCallback::Work), context, environment).map(Arc::into_raw)
}

/// Has the callback called once more.
#[export]
pub unsafe fn SubmitThreadpoolWork(work: Reference<TP_OBJECT>) {
    work.share().call_soon(0);
}

/// Waits until no callback is outstanding; with `cancel`, those that have not begun do not.
#[export]
pub unsafe fn WaitForThreadpoolWorkCallbacks(work: Reference<TP_OBJECT>, cancel: bool) {
    work.share().wait_for_callbacks(cancel); // A callback may close it.
}

/// Closes a work object: at once, or when its callbacks have ended.
#[export]
pub unsafe fn CloseThreadpoolWork(work: Reference<TP_OBJECT>) {
    work.share().give_up();
}
