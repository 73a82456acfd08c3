//! Functions about a thread that has been made: stopping it, asking it, telling it.

use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::object::handles::{self, CURRENT_THREAD, HANDLE};
use crate::object::names::opened;
use crate::object::suspend;
use crate::object::thread::{self, Thread};
use crate::object::wait::apc;
use crate::thread::spawn::ExitThread;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_GEN_FAILURE, ERROR_INVALID_PARAMETER, ERROR_NOACCESS, ERROR_SIGNAL_REFUSED,
    STILL_ACTIVE,
};

fn thread(handle: HANDLE) -> Result<Arc<Thread>, Win32Error> {
    handles::get::<Thread>(handle)
}

/// A thread that has not ended.
fn live_thread(handle: HANDLE) -> Result<Arc<Thread>, Win32Error> {
    thread(handle)?.alive().ok_or(Win32Error(ERROR_ACCESS_DENIED))
}

fn or<T>(result: Result<T, Win32Error>, failure: T) -> T {
    result.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        failure
    })
}

/// The pseudo-handle of the calling thread.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThread() -> HANDLE {
    CURRENT_THREAD
}

/// The calling thread's id.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThreadId() -> u32 {
    thread::current_id()
}

/// A thread's id; 0 is failure.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadId(handle: HANDLE) -> u32 {
    or(thread(handle).map(|thread| thread.id()), 0)
}

/// Makes a handle of a live thread that this library knows: that it made, or that has called it.
#[unsafe(no_mangle)]
pub extern "C" fn OpenThread(_access: u32, _inherit: i32, id: u32) -> HANDLE {
    let thread = thread::find(id).ok_or(Win32Error(ERROR_INVALID_PARAMETER));
    opened(thread.and_then(|thread| handles::insert(thread)))
}

/// What a thread ended with; `STILL_ACTIVE` while it lives.
///
/// Source: Windows documentation, `GetExitCodeThread`.
///
/// # Safety
/// `code` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetExitCodeThread(handle: HANDLE, code: *mut u32) -> i32 {
    to_bool(thread(handle).and_then(|thread| {
        if code.is_null() {
            return Err(Win32Error(ERROR_NOACCESS));
        }
        // SAFETY: the caller's promise.
        unsafe { code.write(thread.exit_code().unwrap_or(STILL_ACTIVE as u32)) };
        Ok(())
    }))
}

/// Ends a thread where it is. It runs no more code, its handle is signaled, its mutexes are abandoned, its operations
/// are treated as at any thread's end. As on Windows, what it held stays held: the locks of the program and of the
/// C library. Its stack and its kernel thread stay until the process ends: Linux cannot take a thread away.
///
/// Source: Windows documentation, `TerminateThread`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn TerminateThread(handle: HANDLE, code: u32) -> i32 {
    let thread = match live_thread(handle) {
        Ok(thread) => thread,
        Err(error) => return to_bool(Err(error)),
    };
    if thread.is_current() {
        drop(thread);
        ExitThread(code);
    }
    if !thread.claim_end() {
        return to_bool(Err(Win32Error(ERROR_ACCESS_DENIED)));
    }
    suspend::terminate(&thread);
    thread.set_exit_code(code);
    thread.end();
    1
}

/// Stops a thread until it is resumed as often, and says how often it was stopped before; -1 is failure.
///
/// Source: Windows documentation, `SuspendThread`.
#[unsafe(no_mangle)]
pub extern "C" fn SuspendThread(handle: HANDLE) -> u32 {
    let suspended = live_thread(handle)
        .and_then(|thread| suspend::suspend(&thread).ok_or(Win32Error(ERROR_SIGNAL_REFUSED)));
    or(suspended, u32::MAX)
}

/// Takes one suspension back, and says how many there were; -1 is failure.
#[unsafe(no_mangle)]
pub extern "C" fn ResumeThread(handle: HANDLE) -> u32 {
    or(thread(handle).map(|thread| suspend::resume(&thread)), u32::MAX)
}

/// What [`QueueUserAPC`] queues.
pub type PAPCFUNC = unsafe extern "C-unwind" fn(usize);

/// Queues a function to a thread, which calls it in its next alertable wait (AP1). Fails with `ERROR_GEN_FAILURE` if
/// the thread has ended (AP3).
///
/// Source: Windows documentation, `QueueUserAPC`.
///
/// # Safety
/// The function may be called with `data`, on that thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueueUserAPC(function: Option<PAPCFUNC>, handle: HANDLE, data: usize) -> u32 {
    let queued = thread(handle).and_then(|thread| {
        let function = function.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
        // SAFETY: the caller's promise.
        let apc = Box::new(move || unsafe { function(data) });
        apc::queue(&thread, apc).then_some(()).ok_or(Win32Error(ERROR_GEN_FAILURE))
    });
    to_bool(queued) as u32
}

/// As [`QueueUserAPC`]; of the flags, special APCs (1) are refused: they would interrupt running code.
///
/// # Safety
/// As for [`QueueUserAPC`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueueUserAPC2(
    function: Option<PAPCFUNC>,
    handle: HANDLE,
    data: usize,
    flags: u32,
) -> i32 {
    if flags != 0 {
        return to_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    // SAFETY: the caller's promise.
    unsafe { QueueUserAPC(function, handle, data) as i32 }
}
