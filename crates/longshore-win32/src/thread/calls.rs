//! Functions on an existing thread: suspending, ending, asking it, queueing APCs.

use crate::abi::argument::{Callback, Out};
use crate::abi::last_error::Win32Error;
use crate::abi::reserve;
use crate::object::handles::{self, CURRENT_THREAD, HANDLE, Handle};
use crate::object::suspend;
use crate::object::thread::{self, Thread};
use crate::object::wait::apc;
use crate::thread::spawn;
use longshore_win32_macros::export;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_GEN_FAILURE, ERROR_INVALID_PARAMETER, ERROR_SIGNAL_REFUSED, STILL_ACTIVE,
};

/// A thread that has not ended.
fn live_thread(handle: Handle<Thread>) -> Result<Arc<Thread>, Win32Error> {
    handle.get()?.alive().ok_or(Win32Error(ERROR_ACCESS_DENIED))
}

/// The pseudo-handle of the calling thread.
#[export]
pub fn GetCurrentThread() -> HANDLE {
    CURRENT_THREAD
}

/// The calling thread's id.
#[export]
pub fn GetCurrentThreadId() -> u32 {
    thread::current_id()
}

/// A thread's id; 0 is failure.
#[export]
pub fn GetThreadId(handle: Handle<Thread>) -> Result<u32, Win32Error> {
    Ok(handle.get()?.id())
}

/// Makes a handle of a live thread that this library knows: that it made, or that has called it.
#[export]
pub fn OpenThread(_access: u32, _inherit: bool, id: u32) -> Result<HANDLE, Win32Error> {
    handles::insert(thread::find(id).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?)
}

/// The exit code of a thread; `STILL_ACTIVE` while it lives.
///
/// Source: Windows documentation, `GetExitCodeThread`.
#[export]
pub unsafe fn GetExitCodeThread(handle: Handle<Thread>, code: Out<u32>) -> Result<(), Win32Error> {
    let thread = handle.get()?;
    Ok(code.write(thread.exit_code().unwrap_or(STILL_ACTIVE as u32))?)
}

/// Ends a thread where it is. It runs no more code, its handle is signaled, its mutexes are abandoned,
/// and its operations end as at any end of a thread. As on Windows, locks of the program and of the C
/// library that it held stay held. Its stack and its kernel thread stay until the process ends,
/// because Linux cannot remove a thread.
///
/// Source: Windows documentation, `TerminateThread`.
#[export(callbacks)]
pub fn TerminateThread(handle: Handle<Thread>, code: u32) -> Result<(), Win32Error> {
    let thread = live_thread(handle)?;
    if thread.is_current() {
        drop(thread);
        spawn::exit(code);
    }
    if !thread.claim_end() {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    suspend::terminate(&thread);
    thread.set_exit_code(code);
    thread.end();
    Ok(())
}

/// Adds one to a thread's suspend count, which stops it, and returns the former count; -1 is failure.
///
/// Source: Windows documentation, `SuspendThread`.
#[export(failure = u32::MAX)]
pub fn SuspendThread(handle: Handle<Thread>) -> Result<u32, Win32Error> {
    suspend::suspend(&*live_thread(handle)?).ok_or(Win32Error(ERROR_SIGNAL_REFUSED))
}

/// Subtracts one from a thread's suspend count and returns the former count; -1 is failure.
#[export(failure = u32::MAX)]
pub fn ResumeThread(handle: Handle<Thread>) -> Result<u32, Win32Error> {
    Ok(suspend::resume(&*handle.get()?))
}

/// What [`QueueUserAPC`] queues.
pub type PAPCFUNC = unsafe extern "C-unwind" fn(usize);

/// Queues a function to a thread, which calls it in its next alertable wait (AP1). Fails with
/// `ERROR_GEN_FAILURE` if the thread has ended (AP3).
///
/// Source: Windows documentation, `QueueUserAPC`.
#[export]
pub unsafe fn QueueUserAPC(
    function: Option<Callback<PAPCFUNC>>,
    handle: Handle<Thread>,
    data: usize,
) -> Result<u32, Win32Error> {
    queue(function, handle, data).map(|()| 1)
}

fn queue(
    function: Option<Callback<PAPCFUNC>>,
    handle: Handle<Thread>,
    data: usize,
) -> Result<(), Win32Error> {
    let thread = handle.get()?;
    let function = function.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    reserve::admit()?;
    apc::make_room(&thread)?;
    // SAFETY: what the page of APCProc says it is called with.
    let apc = Box::new(move || unsafe { function.call(data) });
    apc::queue(&thread, apc).then_some(()).ok_or(Win32Error(ERROR_GEN_FAILURE))
}

/// As [`QueueUserAPC`]; of the flags, special APCs (1) are refused: they would interrupt running code.
#[export]
pub unsafe fn QueueUserAPC2(
    function: Option<Callback<PAPCFUNC>>,
    handle: Handle<Thread>,
    data: usize,
    flags: u32,
) -> Result<(), Win32Error> {
    if flags != 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    queue(function, handle, data)
}
