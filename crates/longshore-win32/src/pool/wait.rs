//! Waits of the thread pool: a callback when an object is signaled. No thread waits meanwhile.

use crate::abi::argument::{Callback, Context, Ignored, In, Shared};
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::object::handles::Handle;
use crate::object::wait::{WaitBlock, wait_in_background};
use crate::object::{Object, thread};
use crate::pool::callback_environment::TP_CALLBACK_ENVIRON;
use crate::pool::object::{PoolCallback, TP_OBJECT, WaitCallback};
use crate::pool::reference::Reference;
use crate::pool::timer::distance_to;
use crate::timer::alarm::{ALARMS, AlarmId};
use longshore_win32_macros::export;
use std::sync::{Arc, Weak};
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, FILETIME, WAIT_FAILED, WAIT_TIMEOUT};

/// A wait in the background, and its end in time.
#[derive(Default)]
pub(crate) struct PendingWait {
    block: Option<Arc<WaitBlock>>,
    timeout: Option<AlarmId>,
}

impl PendingWait {
    /// Waits for the object, and calls the function with the result: `WAIT_FAILED` if [`PendingWait::end`]
    /// came first. Without a distance there is no end in time.
    ///
    /// Called with the place locked where the result is kept, so that what the function does with it comes
    /// after.
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
/// # Errors
/// NULL with `ERROR_INVALID_PARAMETER` (no callback) or `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `CreateThreadpoolWait`.
#[export]
pub unsafe fn CreateThreadpoolWait(
    callback: Option<Callback<WaitCallback>>,
    context: Context,
    environment: Option<In<TP_CALLBACK_ENVIRON>>,
) -> Result<*const TP_OBJECT, Win32Error> {
    TP_OBJECT::new(callback.map(PoolCallback::Wait), context, environment).map(Arc::into_raw)
}

/// Has the callback called once, when the object is signaled or at `timeout` (a FILETIME, or the negative of
/// a distance, in 100 ns; NULL is never). A NULL handle ends that.
///
/// Source: Windows documentation, `SetThreadpoolWait`.
#[export]
pub unsafe fn SetThreadpoolWait(
    wait: Reference<TP_OBJECT>,
    handle: Handle<dyn Object>,
    timeout: Option<Shared<FILETIME>>,
) {
    set(wait, handle, timeout);
}

/// As [`SetThreadpoolWait`]; says whether there was something to wait for before.
#[export]
pub unsafe fn SetThreadpoolWaitEx(
    wait: Reference<TP_OBJECT>,
    handle: Handle<dyn Object>,
    timeout: Option<Shared<FILETIME>>,
    _: Ignored,
) -> bool {
    set(wait, handle, timeout)
}

fn set(wait: Reference<TP_OBJECT>, handle: Handle<dyn Object>, timeout: Option<Shared<FILETIME>>) -> bool {
    let former = wait.wait.lock().take();
    let was_set = former.end();
    if handle.value().is_null() {
        return was_set;
    }
    let object = handle.get().and_then(|object| match object.waitable() {
        Some(_) => Ok(object),
        None => Err(Win32Error(ERROR_INVALID_HANDLE)),
    });
    let object = match object {
        Ok(object) => object,
        Err(Win32Error(error)) => {
            SetLastError(error);
            return was_set;
        }
    };
    let distance = timeout.map(|timeout| distance_to(&timeout));
    let weak = Arc::downgrade(&wait.share());
    let mut place = wait.wait.lock();
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
    was_set
}

/// Waits until no callback is outstanding; with `cancel`, those that have not begun do not.
#[export]
pub unsafe fn WaitForThreadpoolWaitCallbacks(wait: Reference<TP_OBJECT>, cancel: bool) {
    wait.share().wait_for_callbacks(cancel); // A callback may close it.
}

/// Ends and closes a wait object.
#[export]
pub unsafe fn CloseThreadpoolWait(wait: Reference<TP_OBJECT>) {
    wait.share().give_up();
}
