//! The exported waits. Those that may run APCs say `callbacks`: an APC may end the thread.

use crate::abi::argument::In;
use crate::abi::last_error::Win32Error;
use crate::object::Object;
use crate::object::event::Event;
use crate::object::handles::{self, HANDLE, Handle};
use crate::object::mutex::Mutex;
use crate::object::semaphore::Semaphore;
use crate::object::wait::{wait_many, wait_one};
use crate::sync::futex::Deadline;
use longshore_win32_macros::export;
use smallvec::SmallVec;
use std::any::Any;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, WAIT_FAILED, WAIT_IO_COMPLETION,
};
use windows_sys::Win32::System::SystemServices::MAXIMUM_WAIT_OBJECTS;

/// `MWMO_WAITALL` and `MWMO_ALERTABLE` of `MsgWaitForMultipleObjectsEx`.
const MWMO_WAITALL: u32 = 1;
const MWMO_ALERTABLE: u32 = 2;

type Objects = SmallVec<[Arc<dyn Object>; 4]>;

fn object(handle: Handle<dyn Object>) -> Result<Arc<dyn Object>, Win32Error> {
    waitable(handle.get()?)
}

fn waitable(object: Arc<dyn Object>) -> Result<Arc<dyn Object>, Win32Error> {
    if object.waitable().is_none() {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    Ok(object)
}

/// The objects of an array of handles.
fn objects(count: u32, handles: In<'_, HANDLE>, all: bool) -> Result<Objects, Win32Error> {
    if count > MAXIMUM_WAIT_OBJECTS {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let handles = handles.array::<8>(count as usize)?;
    let found = |&handle: &HANDLE| waitable(handles::get_any(handle)?);
    let objects: Objects = handles.iter().map(found).collect::<Result<_, _>>()?;
    let repeated = |(index, object): (usize, &Arc<dyn Object>)| {
        objects[..index].iter().any(|earlier| Arc::ptr_eq(earlier, object))
    };
    if all && objects.iter().enumerate().any(repeated) {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    Ok(objects)
}

/// Waits for an object.
///
/// Source: Windows documentation, `WaitForSingleObject`.
#[export(failure = WAIT_FAILED)]
pub fn WaitForSingleObject(handle: Handle<dyn Object>, timeout_ms: u32) -> Result<u32, Win32Error> {
    Ok(wait_one(&object(handle)?, timeout_ms, false))
}

/// As [`WaitForSingleObject`]; APCs may run (AP1).
#[export(callbacks, failure = WAIT_FAILED)]
pub fn WaitForSingleObjectEx(
    handle: Handle<dyn Object>,
    timeout_ms: u32,
    alertable: bool,
) -> Result<u32, Win32Error> {
    Ok(wait_one(&object(handle)?, timeout_ms, alertable))
}

/// Waits for one or all of up to 64 objects.
///
/// Source: Windows documentation, `WaitForMultipleObjects`.
#[export(failure = WAIT_FAILED)]
pub unsafe fn WaitForMultipleObjects(
    count: u32,
    handles: In<HANDLE>,
    all: bool,
    timeout_ms: u32,
) -> Result<u32, Win32Error> {
    wait_for(count, handles, all, timeout_ms, false)
}

/// As [`WaitForMultipleObjects`]; APCs may run (AP1).
#[export(callbacks, failure = WAIT_FAILED)]
pub unsafe fn WaitForMultipleObjectsEx(
    count: u32,
    handles: In<HANDLE>,
    all: bool,
    timeout_ms: u32,
    alertable: bool,
) -> Result<u32, Win32Error> {
    wait_for(count, handles, all, timeout_ms, alertable)
}

/// As [`WaitForMultipleObjectsEx`]: the values and errors of Winsock are the same numbers.
///
/// Source: Windows documentation, `WSAWaitForMultipleEvents`.
#[export(callbacks, failure = WAIT_FAILED)]
pub unsafe fn WSAWaitForMultipleEvents(
    count: u32,
    events: In<HANDLE>,
    all: bool,
    timeout_ms: u32,
    alertable: bool,
) -> Result<u32, Win32Error> {
    wait_for(count, events, all, timeout_ms, alertable)
}

fn wait_for(
    count: u32,
    handles: In<'_, HANDLE>,
    all: bool,
    timeout_ms: u32,
    alertable: bool,
) -> Result<u32, Win32Error> {
    if count == 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    Ok(wait_many(&objects(count, handles, all)?, all, timeout_ms, alertable))
}

/// As [`WaitForMultipleObjects`], with none or up to 63 objects: there are no window messages to wait for.
#[export(failure = WAIT_FAILED)]
pub unsafe fn MsgWaitForMultipleObjects(
    count: u32,
    handles: In<HANDLE>,
    all: bool,
    timeout_ms: u32,
    _wake_mask: u32,
) -> Result<u32, Win32Error> {
    wait_for_messages(count, handles, timeout_ms, if all { MWMO_WAITALL } else { 0 })
}

/// As [`MsgWaitForMultipleObjects`]; APCs may run (AP1).
#[export(callbacks, failure = WAIT_FAILED)]
pub unsafe fn MsgWaitForMultipleObjectsEx(
    count: u32,
    handles: In<HANDLE>,
    timeout_ms: u32,
    _wake_mask: u32,
    flags: u32,
) -> Result<u32, Win32Error> {
    wait_for_messages(count, handles, timeout_ms, flags)
}

fn wait_for_messages(
    count: u32,
    handles: In<'_, HANDLE>,
    timeout_ms: u32,
    flags: u32,
) -> Result<u32, Win32Error> {
    if count >= MAXIMUM_WAIT_OBJECTS {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let all = flags & MWMO_WAITALL != 0;
    Ok(wait_many(&objects(count, handles, all)?, all, timeout_ms, flags & MWMO_ALERTABLE != 0))
}

fn signal(object: Arc<dyn Object>) -> Result<(), Win32Error> {
    let object: Arc<dyn Any + Send + Sync> = object;
    if let Some(event) = object.downcast_ref::<Event>() {
        event.set();
        Ok(())
    } else if let Some(mutex) = object.downcast_ref::<Mutex>() {
        mutex.release()
    } else if let Some(semaphore) = object.downcast_ref::<Semaphore>() {
        semaphore.release(1).map(drop)
    } else {
        Err(Win32Error(ERROR_INVALID_HANDLE))
    }
}

/// Signals one object, then waits for another.
///
/// Source: Windows documentation, `SignalObjectAndWait`.
#[export(callbacks, failure = WAIT_FAILED)]
pub fn SignalObjectAndWait(
    to_signal: Handle<dyn Object>,
    to_wait: Handle<dyn Object>,
    timeout_ms: u32,
    alertable: bool,
) -> Result<u32, Win32Error> {
    let awaited = object(to_wait)?;
    signal(to_signal.get()?)?;
    Ok(wait_one(&awaited, timeout_ms, alertable))
}

/// Sleeps for so many milliseconds; 0 gives the processor to another thread.
///
/// Source: Windows documentation, `Sleep`.
#[export]
pub fn Sleep(timeout_ms: u32) {
    sleep(timeout_ms);
}

fn sleep(timeout_ms: u32) {
    match timeout_ms {
        0 => std::thread::yield_now(),
        // Q8
        _ => longshore_engine::blocking(|| Deadline::after_ms(timeout_ms).sleep()),
    }
}

/// As [`Sleep`]; APCs may end it, and then it returns `WAIT_IO_COMPLETION` (AP3).
#[export(callbacks)]
pub fn SleepEx(timeout_ms: u32, alertable: bool) -> u32 {
    if !alertable {
        sleep(timeout_ms);
        return 0;
    }
    match wait_many(&[], false, timeout_ms, true) {
        WAIT_IO_COMPLETION => WAIT_IO_COMPLETION,
        _ => 0,
    }
}

/// Gives the processor to another thread that can run. Linux does not say whether there was one.
#[export]
pub fn SwitchToThread() -> bool {
    std::thread::yield_now();
    true
}
