//! The current process as an object. There is no other.

use crate::abi::argument::Out;
use crate::abi::last_error::Win32Error;
use crate::object::handles::{self, HANDLE, Handle, INVALID_HANDLE_VALUE};
use crate::object::names::opened;
use crate::object::wait::Waitable;
use crate::object::{HandleCount, Object};
use longshore_win32_macros::export;
use std::sync::{Arc, LazyLock};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER, STILL_ACTIVE};

/// The process.
pub struct Process {
    handles: HandleCount,
    /// Never signaled: when the process ends, no thread of it waits any more.
    ended: Waitable,
}

static CURRENT: LazyLock<Arc<Process>> =
    LazyLock::new(|| Arc::new(Process { handles: HandleCount::new(), ended: Waitable::notification(false) }));

/// The current process.
pub(crate) fn current() -> Arc<Process> {
    CURRENT.clone()
}

impl Object for Process {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.ended)
    }
}

/// The pseudo-handle of the process.
#[export]
pub fn GetCurrentProcess() -> HANDLE {
    INVALID_HANDLE_VALUE
}

/// The process's id.
#[export]
pub fn GetCurrentProcessId() -> u32 {
    std::process::id()
}

/// The id of a process, which is this one; 0 is failure.
#[export]
pub fn GetProcessId(process: Handle<Process>) -> Result<u32, Win32Error> {
    process.get().map(|_| std::process::id())
}

/// Makes a handle of this process. Others are refused: `ERROR_ACCESS_DENIED` if there is one of that id,
/// `ERROR_INVALID_PARAMETER` if not.
#[export]
pub fn OpenProcess(_access: u32, _inherit: bool, id: u32) -> HANDLE {
    if id == std::process::id() {
        return opened(handles::insert(current()));
    }
    // SAFETY: signal 0 only asks.
    let exists = id > 0 && unsafe { libc::kill(id as libc::pid_t, 0) } == 0;
    opened(Err(Win32Error(if exists { ERROR_ACCESS_DENIED } else { ERROR_INVALID_PARAMETER })))
}

/// `STILL_ACTIVE`, of the only process there is.
#[export]
pub unsafe fn GetExitCodeProcess(process: Handle<Process>, code: Out<u32>) -> Result<(), Win32Error> {
    process.get()?;
    Ok(code.write(STILL_ACTIVE as u32)?)
}

unsafe extern "C" {
    static stdout: *mut libc::FILE;
    static stderr: *mut libc::FILE;
    fn ftrylockfile(file: *mut libc::FILE) -> libc::c_int;
}

/// Ends the process. What was printed is flushed, unless another thread is in the middle of printing. As on
/// Windows, other threads just stop, and neither `atexit` functions nor destructors of static objects run:
/// the threads might still use them.
///
/// Source: Windows documentation, `ExitProcess`.
#[export]
pub fn ExitProcess(code: u32) -> ! {
    // SAFETY: the C library's own streams.
    for file in unsafe { [stdout, stderr] } {
        // SAFETY: as above. A stream that is locked is left alone, so that this cannot hang.
        unsafe {
            if !file.is_null() && ftrylockfile(file) == 0 {
                libc::fflush(file);
            }
        }
    }
    // SAFETY: no preconditions.
    unsafe { libc::_exit(code as i32) }
}

/// Ends the process at once, without flushing anything.
#[export]
pub fn TerminateProcess(process: Handle<Process>, code: u32) -> Result<(), Win32Error> {
    process.get()?;
    // SAFETY: no preconditions.
    unsafe { libc::_exit(code as i32) }
}
