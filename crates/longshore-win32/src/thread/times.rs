//! A thread's times, and questions that have no answer on Linux.

use crate::abi::absent::absent;
use crate::abi::argument::{Ignored, Out};
use crate::abi::last_error::Win32Error;
use crate::object::handles::Handle;
use crate::object::thread::Thread;
use longshore_win32_macros::export;
use std::sync::atomic::Ordering;
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_CALL_NOT_IMPLEMENTED, FILETIME};

/// From 1601 to 1970, in 100 ns.
const EPOCH: u64 = 116_444_736_000_000_000;

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
#[export]
pub unsafe fn GetThreadTimes(
    handle: Handle<Thread>,
    created: Out<FILETIME>,
    exited: Out<FILETIME>,
    kernel: Out<FILETIME>,
    user: Out<FILETIME>,
) -> Result<(), Win32Error> {
    let thread = handle.get()?;
    let spent = match thread.exit_code() {
        Some(_) => (0, 0),
        None => spent(&thread).ok_or(Win32Error(ERROR_ACCESS_DENIED))?,
    };
    let ended = match thread.exited.load(Ordering::Relaxed) {
        0 => 0,
        ended => ended + EPOCH,
    };
    created.write(file_time(thread.created + EPOCH))?;
    exited.write(file_time(ended))?;
    kernel.write(file_time(spent.0))?;
    Ok(user.write(file_time(spent.1))?)
}

/// The processor time a thread has used, in nanoseconds: as many cycles of a processor of 1 GHz.
#[export]
pub unsafe fn QueryThreadCycleTime(handle: Handle<Thread>, cycles: Out<u64>) -> Result<(), Win32Error> {
    let (kernel, user) = spent(&*handle.get()?).ok_or(Win32Error(ERROR_ACCESS_DENIED))?;
    Ok(cycles.write((kernel + user) * 100)?)
}

/// Whether operations of the thread are pending. They are not counted, so the answer is always TRUE.
#[export]
pub unsafe fn GetThreadIOPendingFlag(handle: Handle<Thread>, pending: Out<i32>) -> Result<(), Win32Error> {
    handle.get()?;
    Ok(pending.write(1)?)
}

/// The registers of another thread: `ERROR_CALL_NOT_IMPLEMENTED`.
#[export]
pub fn GetThreadContext(handle: Handle<Thread>, _context: Ignored) -> Result<(), Win32Error> {
    absent!(fails GetThreadContext, "the registers of another thread are not given out");
    handle.get().and(Err(Win32Error(ERROR_CALL_NOT_IMPLEMENTED)))
}

/// The id of the process a thread belongs to, which is this one; 0 is failure.
#[export]
pub fn GetProcessIdOfThread(handle: Handle<Thread>) -> Result<u32, Win32Error> {
    handle.get().map(|_| std::process::id())
}
