//! What a thread has been doing: its times, and what of it nobody can see on Linux.

use crate::abi::absent::absent;
use crate::abi::last_error::{Win32Error, to_bool};
use crate::object::handles::{self, HANDLE};
use crate::object::thread::Thread;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_CALL_NOT_IMPLEMENTED, ERROR_NOACCESS, FILETIME,
};

/// From 1601 to 1970, in 100 ns.
const EPOCH: u64 = 116_444_736_000_000_000;

fn thread(handle: HANDLE) -> Result<Arc<Thread>, Win32Error> {
    handles::get::<Thread>(handle)
}

fn file_time(since_1601: u64) -> FILETIME {
    FILETIME { dwLowDateTime: since_1601 as u32, dwHighDateTime: (since_1601 >> 32) as u32 }
}

/// The time a thread has spent in the kernel and outside, in 100 ns.
fn spent(thread: &Thread) -> Option<(u64, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{}/stat", thread.id())).ok()?;
    // The name, in parentheses, may contain anything; what follows are numbers.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    // SAFETY: no preconditions.
    let ticks_per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1) as u64;
    let mut next = || Some(fields.next()?.parse::<u64>().ok()? * 10_000_000 / ticks_per_second);
    let (user, kernel) = (next()?, next()?);
    Some((kernel, user))
}

/// When a thread began and ended, and the processor time it has used. Of one that has ended, the latter is 0.
///
/// Source: Windows documentation, `GetThreadTimes`.
///
/// # Safety
/// The pointers are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadTimes(
    handle: HANDLE,
    created: *mut FILETIME,
    exited: *mut FILETIME,
    kernel: *mut FILETIME,
    user: *mut FILETIME,
) -> i32 {
    to_bool(thread(handle).and_then(|thread| {
        if [created, exited, kernel, user].iter().any(|pointer| pointer.is_null()) {
            return Err(Win32Error(ERROR_NOACCESS));
        }
        let spent = match thread.exit_code() {
            Some(_) => (0, 0),
            None => spent(&thread).ok_or(Win32Error(ERROR_ACCESS_DENIED))?,
        };
        let ended = match thread.exited.load(Ordering::Relaxed) {
            0 => 0,
            ended => ended + EPOCH,
        };
        // SAFETY: the caller's promise.
        unsafe {
            created.write(file_time(thread.created + EPOCH));
            exited.write(file_time(ended));
            kernel.write(file_time(spent.0));
            user.write(file_time(spent.1));
        }
        Ok(())
    }))
}

/// The processor time a thread has used, in nanoseconds: as many cycles of a processor of 1 GHz.
///
/// # Safety
/// `cycles` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryThreadCycleTime(handle: HANDLE, cycles: *mut u64) -> i32 {
    to_bool(thread(handle).and_then(|thread| {
        if cycles.is_null() {
            return Err(Win32Error(ERROR_NOACCESS));
        }
        let (kernel, user) = spent(&thread).ok_or(Win32Error(ERROR_ACCESS_DENIED))?;
        // SAFETY: the caller's promise.
        unsafe { cycles.write((kernel + user) * 100) };
        Ok(())
    }))
}

/// Whether operations of the thread are pending: nobody counts, so the answer is that there may be some.
///
/// # Safety
/// `pending` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadIOPendingFlag(handle: HANDLE, pending: *mut i32) -> i32 {
    to_bool(thread(handle).and_then(|_| {
        if pending.is_null() {
            return Err(Win32Error(ERROR_NOACCESS));
        }
        // SAFETY: the caller's promise.
        unsafe { pending.write(1) };
        Ok(())
    }))
}

/// The registers of another thread: `ERROR_CALL_NOT_IMPLEMENTED`.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadContext(handle: HANDLE, _context: *mut c_void) -> i32 {
    absent!(fails GetThreadContext, "the registers of another thread are not given out");
    to_bool(thread(handle).and(Err(Win32Error(ERROR_CALL_NOT_IMPLEMENTED))))
}

/// The id of the process a thread belongs to, which is this one; 0 is failure.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessIdOfThread(handle: HANDLE) -> u32 {
    match to_bool(thread(handle).map(drop)) {
        0 => 0,
        _ => std::process::id(),
    }
}
