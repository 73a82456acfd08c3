//! The exported waits. Those that may run APCs are `C-unwind`: an APC may end the thread.

use crate::abi::last_error::{SetLastError, Win32Error};
use crate::object::Object;
use crate::object::event::Event;
use crate::object::handles::{self, HANDLE};
use crate::object::mutex::Mutex;
use crate::object::semaphore::Semaphore;
use crate::object::wait::{wait_many, wait_one};
use crate::sync::futex::Deadline;
use smallvec::SmallVec;
use std::any::Any;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOACCESS, WAIT_FAILED, WAIT_IO_COMPLETION,
};
use windows_sys::Win32::System::SystemServices::MAXIMUM_WAIT_OBJECTS;

/// `MWMO_WAITALL` and `MWMO_ALERTABLE` of `MsgWaitForMultipleObjectsEx`.
const MWMO_WAITALL: u32 = 1;
const MWMO_ALERTABLE: u32 = 2;

type Objects = SmallVec<[Arc<dyn Object>; 4]>;

fn returned(result: Result<u32, Win32Error>) -> u32 {
    result.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        WAIT_FAILED
    })
}

fn object(handle: HANDLE) -> Result<Arc<dyn Object>, Win32Error> {
    let object = handles::get_any(handle)?;
    if object.waitable().is_none() {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    Ok(object)
}

/// The objects of an array of handles.
///
/// # Safety
/// `handles` is NULL or readable for `count` elements.
unsafe fn objects(count: u32, handles: *const HANDLE, all: bool) -> Result<Objects, Win32Error> {
    if count > MAXIMUM_WAIT_OBJECTS {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    if count == 0 {
        return Ok(Objects::new());
    }
    if handles.is_null() {
        return Err(Win32Error(ERROR_NOACCESS));
    }
    // SAFETY: the caller's promise.
    let handles = unsafe { std::slice::from_raw_parts(handles, count as usize) };
    let objects: Objects = handles.iter().map(|&handle| object(handle)).collect::<Result<_, _>>()?;
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
#[unsafe(no_mangle)]
pub extern "C" fn WaitForSingleObject(handle: HANDLE, timeout_ms: u32) -> u32 {
    returned(object(handle).map(|object| wait_one(&object, timeout_ms, false)))
}

/// As [`WaitForSingleObject`]; APCs may run (AP1).
#[unsafe(no_mangle)]
pub extern "C-unwind" fn WaitForSingleObjectEx(handle: HANDLE, timeout_ms: u32, alertable: i32) -> u32 {
    returned(object(handle).map(|object| wait_one(&object, timeout_ms, alertable != 0)))
}

/// Waits for one or all of up to 64 objects.
///
/// Source: Windows documentation, `WaitForMultipleObjects`.
///
/// # Safety
/// `handles` is NULL or readable for `count` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForMultipleObjects(
    count: u32,
    handles: *const HANDLE,
    all: i32,
    timeout_ms: u32,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { WaitForMultipleObjectsEx(count, handles, all, timeout_ms, 0) }
}

/// As [`WaitForMultipleObjects`]; APCs may run (AP1).
///
/// # Safety
/// As for [`WaitForMultipleObjects`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn WaitForMultipleObjectsEx(
    count: u32,
    handles: *const HANDLE,
    all: i32,
    timeout_ms: u32,
    alertable: i32,
) -> u32 {
    if count == 0 {
        return returned(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    // SAFETY: the caller's promise.
    let objects = unsafe { objects(count, handles, all != 0) };
    returned(objects.map(|objects| wait_many(&objects, all != 0, timeout_ms, alertable != 0)))
}

/// As [`WaitForMultipleObjectsEx`]: the values and errors of Winsock are the same numbers.
///
/// Source: Windows documentation, `WSAWaitForMultipleEvents`.
///
/// # Safety
/// As for [`WaitForMultipleObjects`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn WSAWaitForMultipleEvents(
    count: u32,
    events: *const HANDLE,
    all: i32,
    timeout_ms: u32,
    alertable: i32,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { WaitForMultipleObjectsEx(count, events, all, timeout_ms, alertable) }
}

/// As [`WaitForMultipleObjects`], with none or up to 63 objects: there are no window messages to wait for.
///
/// # Safety
/// As for [`WaitForMultipleObjects`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsgWaitForMultipleObjects(
    count: u32,
    handles: *const HANDLE,
    all: i32,
    timeout_ms: u32,
    wake_mask: u32,
) -> u32 {
    let flags = if all != 0 { MWMO_WAITALL } else { 0 };
    // SAFETY: the caller's promise.
    unsafe { MsgWaitForMultipleObjectsEx(count, handles, timeout_ms, wake_mask, flags) }
}

/// As [`MsgWaitForMultipleObjects`]; APCs may run (AP1).
///
/// # Safety
/// As for [`WaitForMultipleObjects`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn MsgWaitForMultipleObjectsEx(
    count: u32,
    handles: *const HANDLE,
    timeout_ms: u32,
    _wake_mask: u32,
    flags: u32,
) -> u32 {
    if count >= MAXIMUM_WAIT_OBJECTS {
        return returned(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    let all = flags & MWMO_WAITALL != 0;
    // SAFETY: the caller's promise.
    let objects = unsafe { objects(count, handles, all) };
    returned(objects.map(|objects| wait_many(&objects, all, timeout_ms, flags & MWMO_ALERTABLE != 0)))
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
#[unsafe(no_mangle)]
pub extern "C-unwind" fn SignalObjectAndWait(
    to_signal: HANDLE,
    to_wait: HANDLE,
    timeout_ms: u32,
    alertable: i32,
) -> u32 {
    let begun = object(to_wait).and_then(|awaited| {
        signal(handles::get_any(to_signal)?)?;
        Ok(awaited)
    });
    returned(begun.map(|awaited| wait_one(&awaited, timeout_ms, alertable != 0)))
}

/// Sleeps for so many milliseconds; 0 gives the processor to another thread.
///
/// Source: Windows documentation, `Sleep`.
#[unsafe(no_mangle)]
pub extern "C" fn Sleep(timeout_ms: u32) {
    match timeout_ms {
        0 => _ = SwitchToThread(),
        // Q8
        _ => longshore_engine::blocking(|| Deadline::after_ms(timeout_ms).sleep()),
    }
}

/// As [`Sleep`]; APCs may end it, and then it returns `WAIT_IO_COMPLETION` (AP3).
#[unsafe(no_mangle)]
pub extern "C-unwind" fn SleepEx(timeout_ms: u32, alertable: i32) -> u32 {
    if alertable == 0 {
        Sleep(timeout_ms);
        return 0;
    }
    match wait_many(&[], false, timeout_ms, true) {
        WAIT_IO_COMPLETION => WAIT_IO_COMPLETION,
        _ => 0,
    }
}

/// Gives the processor to another thread that can run. Linux does not say whether there was one.
#[unsafe(no_mangle)]
pub extern "C" fn SwitchToThread() -> i32 {
    std::thread::yield_now();
    1
}
