//! What is common to files and sockets: results, cancelling, notification modes
//! (docs/rules.md, R, K and M).

use crate::abi::argument::{Out, WriteIfAsked};
use crate::abi::fault::Fault;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::status::Status;
use crate::object::handles::{self, HANDLE, Handle};
use crate::object::thread::Thread;
use crate::object::wait;
use crate::port::file_object::FileObject;
use crate::port::overlapped;
use crate::port::request::Overlapped;
use crate::port::sync_block::{self, Interruption, SyncBlock};
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_IO_INCOMPLETE, ERROR_NOT_FOUND, WAIT_FAILED,
    WAIT_IO_COMPLETION, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::Win32::System::Threading::INFINITE;

/// The object to wait for: hEvent, or the file if there is none (R3). The two low bits are the caller's.
///
/// # Errors
/// [`Fault::Access`].
pub(crate) fn wait_object(file: HANDLE, overlapped: Overlapped) -> Result<HANDLE, Fault> {
    let event = overlapped.event()?;
    Ok((if event.is_null() { file } else { event } as usize & !3) as HANDLE)
}

/// Waits for the object of a handle; `WAIT_FAILED` if there is none.
pub(crate) fn wait_for(handle: HANDLE, milliseconds: u32, alertable: bool) -> u32 {
    match handles::get_any(handle) {
        Ok(object) => wait::wait_one(&object, milliseconds, alertable),
        Err(_) => WAIT_FAILED,
    }
}

/// Returns how an operation ended; waits for its end if asked to (R1-R8).
///
/// # Errors
/// FALSE with `ERROR_IO_INCOMPLETE` while it has not ended, `ERROR_INVALID_HANDLE` if there is nothing to
/// wait for, or the operation's own error, with `*bytes` set.
///
/// Source: Windows documentation, `GetOverlappedResult`.
#[export]
pub unsafe fn GetOverlappedResult(
    file: HANDLE,
    overlapped: Option<Overlapped>,
    bytes: Option<Out<u32>>,
    wait: bool,
) -> Result<bool, Win32Error> {
    let overlapped = overlapped.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let (status, _) = overlapped.status()?;
    if status == Status::PENDING {
        if !wait {
            return Err(Win32Error(ERROR_IO_INCOMPLETE)); // R2
        }
        if wait_for(wait_object(file, overlapped)?, INFINITE, false) == WAIT_FAILED {
            return Err(Win32Error(ERROR_INVALID_HANDLE)); // R3
        }
    }
    report(overlapped, bytes)
}

/// R4-R7: the count is written for every status, the last error is always set, and TRUE is also returned for
/// an operation that is still pending after a wait.
fn report(overlapped: Overlapped, bytes: Option<Out<u32>>) -> Result<bool, Win32Error> {
    let (status, count) = overlapped.status()?;
    bytes.write_if_asked(count as u32)?;
    SetLastError(status.to_win32());
    Ok(matches!(status, Status::SUCCESS | Status::PENDING))
}

/// As [`GetOverlappedResult`], with a timeout and alertable (R9, R10).
///
/// # Errors
/// Those of [`GetOverlappedResult`]; FALSE with `WAIT_TIMEOUT` or `WAIT_IO_COMPLETION`, `*bytes` untouched.
///
/// Source: Windows documentation, `GetOverlappedResultEx`.
#[export(callbacks)]
pub unsafe fn GetOverlappedResultEx(
    file: HANDLE,
    overlapped: Option<Overlapped>,
    bytes: Option<Out<u32>>,
    milliseconds: u32,
    alertable: bool,
) -> Result<bool, Win32Error> {
    let overlapped = overlapped.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    // R9: if the low bit of the file's handle is set, the call waits only while the operation is pending.
    let only_pending = file as usize & 1 != 0;
    let (status, _) = overlapped.status()?;
    if milliseconds == 0 && status == Status::PENDING {
        return Err(Win32Error(ERROR_IO_INCOMPLETE));
    }
    if milliseconds != 0 && (status == Status::PENDING || !only_pending) {
        match wait_for(wait_object(file, overlapped)?, milliseconds, alertable) {
            WAIT_OBJECT_0 => {}
            WAIT_TIMEOUT if only_pending => {}
            WAIT_TIMEOUT => return Err(Win32Error(WAIT_TIMEOUT)),
            WAIT_IO_COMPLETION => return Err(Win32Error(WAIT_IO_COMPLETION)),
            _ => return Err(Win32Error(ERROR_INVALID_HANDLE)),
        }
    }
    report(overlapped, bytes)
}

/// Cancels one operation on a file, or all, whichever threads started them (K1-K7).
///
/// # Errors
/// FALSE with `ERROR_NOT_FOUND` if there is none, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `CancelIoEx`.
#[export]
pub fn CancelIoEx(file: Handle<FileObject>, overlapped: *mut OVERLAPPED) -> Result<(), Win32Error> {
    let file = file.get()?;
    let cancelled = overlapped::cancel(&file, overlapped);
    // Blocking calls of other threads on the file count as well.
    let interrupted = overlapped.is_null()
        && file.blocks().is_some_and(|blocks| sync_block::interrupt_all(blocks, Interruption::Cancelled));
    if cancelled.is_ok() || interrupted { Ok(()) } else { Err(Win32Error(ERROR_NOT_FOUND)) }
}

/// Ends the calling thread's operations on a file; TRUE also if there is none (K1, K2, K6).
///
/// Source: Windows documentation, `CancelIo`.
#[export]
pub fn CancelIo(file: Handle<FileObject>) -> Result<(), Win32Error> {
    overlapped::cancel_own(&*file.get()?);
    Ok(())
}

/// Ends the blocking call a thread is in (K8).
///
/// # Errors
/// FALSE with `ERROR_NOT_FOUND` if it is in none that can be ended, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `CancelSynchronousIo`.
#[export]
pub fn CancelSynchronousIo(thread: Handle<Thread>) -> Result<(), Win32Error> {
    match SyncBlock::cancel_of_thread(thread.get()?.id(), Interruption::Cancelled) {
        true => Ok(()),
        false => Err(Win32Error(ERROR_NOT_FOUND)),
    }
}

/// Adds notification modes to a file object (M1-M6).
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` if the file was not opened for overlapped
/// I/O (M2), `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `SetFileCompletionNotificationModes`.
#[export]
pub fn SetFileCompletionNotificationModes(file: Handle<FileObject>, modes: u8) -> Result<(), Win32Error> {
    let file = file.get()?;
    if !file.overlapped {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    file.add_modes(modes);
    Ok(())
}

/// Announces the range of memory that OVERLAPPED structures come from. This library ignores it.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_INVALID_PARAMETER`.
///
/// Source: Windows documentation, `SetFileIoOverlappedRange`.
#[export]
pub fn SetFileIoOverlappedRange(
    file: Handle<FileObject>,
    start: *const u8,
    length: u32,
) -> Result<(), Win32Error> {
    file.get()?;
    match start.is_null() || length == 0 {
        true => Err(Win32Error(ERROR_INVALID_PARAMETER)),
        false => Ok(()),
    }
}
