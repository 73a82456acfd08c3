//! Waits of the thread pool: a callback when an object is signaled. No thread waits meanwhile.

use crate::abi::last_error::{SetLastError, Win32Error};
use crate::object::handles::{self, HANDLE};
use crate::object::wait::{WaitBlock, wait_in_background};
use crate::object::{Object, thread};
use crate::pool::callback_environment::{TP_CALLBACK_ENVIRON, made, share};
use crate::pool::object::{Callback, TP_OBJECT, WaitCallback};
use crate::timer::alarm::{ALARMS, AlarmId};
use crate::timer::waitable_timer::distance_ns;
use std::ffi::c_void;
use std::sync::{Arc, Weak};
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, FILETIME, WAIT_FAILED, WAIT_TIMEOUT};

/// A wait in the background, and its end in time.
#[derive(Default)]
pub(crate) struct PendingWait {
    block: Option<Arc<WaitBlock>>,
    timeout: Option<AlarmId>,
}

impl PendingWait {
    /// Waits for the object, and calls the function with the result: `WAIT_FAILED` if [`PendingWait::end`] came
    /// first. Without a distance there is no end in time.
    ///
    /// Called with the place locked where the result is kept, so that what the function does with it comes after.
    pub(crate) fn begin(
        object: &Arc<dyn Object>,
        distance_ns: Option<u64>,
        call: impl FnOnce(u32) + Send + 'static,
    ) -> PendingWait {
        match wait_in_background(object, &thread::current(), call) {
            Ok(block) => {
                let weak = Arc::downgrade(&block);
                let timeout = distance_ns.map(|distance_ns| {
                    ALARMS.at(crate::sync::futex::now_ns() + distance_ns, move |_| {
                        if let Some(block) = Weak::upgrade(&weak) {
                            block.end(WAIT_TIMEOUT);
                        }
                    })
                });
                PendingWait { block: Some(block), timeout }
            }
            Err((result, call)) => {
                call(result);
                PendingWait::default()
            }
        }
    }

    pub(crate) fn take(&mut self) -> PendingWait {
        std::mem::take(self)
    }

    /// Ends the wait, if it has not ended. True if this did.
    pub(crate) fn end(self) -> bool {
        if let Some(timeout) = self.timeout {
            ALARMS.cancel(timeout);
        }
        self.block.is_some_and(|block| block.end(WAIT_FAILED))
    }
}

/// Makes a wait object that waits for nothing.
///
/// Source: Windows documentation, `CreateThreadpoolWait`.
///
/// # Safety
/// The function may be called with `context`; `environment` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThreadpoolWait(
    callback: Option<WaitCallback>,
    context: *mut c_void,
    environment: *const TP_CALLBACK_ENVIRON,
) -> *const TP_OBJECT {
    // SAFETY: the caller's promise.
    made(unsafe { TP_OBJECT::new(callback.map(Callback::Wait), context, environment) })
}

/// Has the callback called once, when the object is signaled or at `timeout` (a FILETIME, or the negative of a distance, in
/// 100 ns; NULL is never). A NULL handle ends that.
///
/// # Safety
/// `wait` is a wait object; `timeout` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolWait(wait: *const TP_OBJECT, handle: HANDLE, timeout: *const FILETIME) {
    // SAFETY: the caller's promise.
    unsafe { SetThreadpoolWaitEx(wait, handle, timeout, std::ptr::null_mut()) };
}

/// As [`SetThreadpoolWait`]; says whether there was something to wait for before.
///
/// # Safety
/// As for [`SetThreadpoolWait`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolWaitEx(
    wait: *const TP_OBJECT,
    handle: HANDLE,
    timeout: *const FILETIME,
    _reserved: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    let (this, timeout) = unsafe { (&*wait, timeout.as_ref()) };
    let former = this.wait.lock().take();
    let was_set = former.end();
    if handle.is_null() {
        return was_set.into();
    }
    let object = handles::get_any(handle).and_then(|object| match object.waitable() {
        Some(_) => Ok(object),
        None => Err(Win32Error(ERROR_INVALID_HANDLE)),
    });
    let object = match object {
        Ok(object) => object,
        Err(Win32Error(error)) => {
            SetLastError(error);
            return was_set.into();
        }
    };
    let distance = timeout.map(|timeout| {
        distance_ns(i64::from(timeout.dwHighDateTime as i32) << 32 | i64::from(timeout.dwLowDateTime))
    });
    // SAFETY: the caller's promise.
    let weak = Arc::downgrade(&unsafe { share(wait) });
    let mut place = this.wait.lock();
    let superseded = std::mem::replace(
        &mut *place,
        PendingWait::begin(&object, distance, move |result| {
            if result != WAIT_FAILED
                && let Some(object) = weak.upgrade()
            {
                object.call_soon(result);
            }
        }),
    );
    drop(place);
    superseded.end();
    was_set.into()
}

/// Waits until no callback is outstanding; with `cancel`, those that have not begun do not.
///
/// # Safety
/// `wait` is a wait object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForThreadpoolWaitCallbacks(wait: *const TP_OBJECT, cancel: i32) {
    // SAFETY: the caller's promise.
    unsafe { &*wait }.wait_for_callbacks(cancel != 0);
}

/// Ends and closes a wait object.
///
/// # Safety
/// `wait` is a wait object, and not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpoolWait(wait: *const TP_OBJECT) {
    // SAFETY: the caller's promise.
    unsafe { TP_OBJECT::close(wait) };
}
