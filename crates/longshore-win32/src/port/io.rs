//! What is common to files and sockets: results, cancelling, notification modes
//! (docs/rules.md, sections 14, 16 and 17).

use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::status::Status;
use crate::object::handles::{self, HANDLE};
use crate::object::thread::Thread;
use crate::object::wait;
use crate::port::file_object::FileObject;
use crate::port::overlapped::{self, read_status};
use crate::port::sync_block::{self, Interruption, SyncBlock};
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_IO_INCOMPLETE, ERROR_NOT_FOUND, WAIT_FAILED,
    WAIT_IO_COMPLETION, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::Win32::System::Threading::INFINITE;

/// The object to wait for: hEvent, or the file if there is none (R3). The two low bits are the caller's.
///
/// # Safety
/// `overlapped` points to a valid OVERLAPPED.
pub(crate) unsafe fn wait_object(file: HANDLE, overlapped: *const OVERLAPPED) -> HANDLE {
    // SAFETY: the caller's promise.
    let event = unsafe { (*overlapped).hEvent };
    (if event.is_null() { file } else { event } as usize & !3) as HANDLE
}

pub(crate) fn wait_for(handle: HANDLE, milliseconds: u32, alertable: bool) -> u32 {
    match handles::get_any(handle) {
        Ok(object) => wait::wait_one(&object, milliseconds, alertable),
        Err(_) => WAIT_FAILED,
    }
}

/// How an operation ended, optionally waiting for its end (R1-R8).
///
/// # Errors
/// FALSE with `ERROR_IO_INCOMPLETE` while it has not ended, `ERROR_INVALID_HANDLE` if there is nothing to wait for, or
/// the operation's own error, with `*bytes` set.
///
/// # Safety
/// `overlapped` points to a valid OVERLAPPED; `bytes` is NULL or writable.
///
/// Source: Windows documentation, `GetOverlappedResult`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetOverlappedResult(
    file: HANDLE,
    overlapped: *mut OVERLAPPED,
    bytes: *mut u32,
    wait: i32,
) -> i32 {
    if overlapped.is_null() {
        return to_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    // SAFETY: the caller's promise.
    let (mut status, _) = unsafe { read_status(overlapped) };
    if status == Status::PENDING {
        if wait == 0 {
            return to_bool(Err(Win32Error(ERROR_IO_INCOMPLETE))); // R2
        }
        // SAFETY: the caller's promise.
        let object = unsafe { wait_object(file, overlapped) };
        if wait_for(object, INFINITE, false) == WAIT_FAILED {
            return to_bool(Err(Win32Error(ERROR_INVALID_HANDLE))); // R3
        }
        // SAFETY: the caller's promise.
        (status, _) = unsafe { read_status(overlapped) };
    }
    // SAFETY: the caller's promise.
    unsafe { report(overlapped, status, bytes) }
}

/// R4-R7: the count whatever the status, the last error always, TRUE also for what is still pending after a wait.
///
/// # Safety
/// As for [`GetOverlappedResult`].
unsafe fn report(overlapped: *const OVERLAPPED, status: Status, bytes: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    let (_, count) = unsafe { read_status(overlapped) };
    if !bytes.is_null() {
        // SAFETY: the caller's promise.
        unsafe { bytes.write(count as u32) };
    }
    SetLastError(status.to_win32());
    i32::from(matches!(status, Status::SUCCESS | Status::PENDING))
}

/// The same with a timeout, and alertable (R9, R10).
///
/// # Errors
/// Those of [`GetOverlappedResult`]; FALSE with `WAIT_TIMEOUT` or `WAIT_IO_COMPLETION`, `*bytes` untouched.
///
/// # Safety
/// As for [`GetOverlappedResult`].
///
/// Source: Windows documentation, `GetOverlappedResultEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn GetOverlappedResultEx(
    file: HANDLE,
    overlapped: *mut OVERLAPPED,
    bytes: *mut u32,
    milliseconds: u32,
    alertable: i32,
) -> i32 {
    if overlapped.is_null() {
        return to_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    // R9: the low bit of the file's handle asks for a wait only while the operation is pending.
    let only_pending = file as usize & 1 != 0;
    // SAFETY: the caller's promise.
    let (mut status, _) = unsafe { read_status(overlapped) };
    if milliseconds == 0 && status == Status::PENDING {
        return to_bool(Err(Win32Error(ERROR_IO_INCOMPLETE)));
    }
    if milliseconds != 0 && (status == Status::PENDING || !only_pending) {
        // SAFETY: the caller's promise.
        let object = unsafe { wait_object(file, overlapped) };
        match wait_for(object, milliseconds, alertable != 0) {
            WAIT_OBJECT_0 => {}
            WAIT_TIMEOUT if only_pending => {}
            WAIT_TIMEOUT => return to_bool(Err(Win32Error(WAIT_TIMEOUT))),
            WAIT_IO_COMPLETION => return to_bool(Err(Win32Error(WAIT_IO_COMPLETION))),
            _ => return to_bool(Err(Win32Error(ERROR_INVALID_HANDLE))),
        }
        // SAFETY: the caller's promise.
        (status, _) = unsafe { read_status(overlapped) };
    }
    // SAFETY: the caller's promise.
    unsafe { report(overlapped, status, bytes) }
}

/// Requests the end of one operation on a file, or of all, whoever started them (K1-K7).
///
/// # Errors
/// FALSE with `ERROR_NOT_FOUND` if there is none, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `CancelIoEx`.
#[unsafe(no_mangle)]
pub extern "C" fn CancelIoEx(file: HANDLE, overlapped: *mut OVERLAPPED) -> i32 {
    to_bool(handles::get::<FileObject>(file).and_then(|file| {
        let cancelled = overlapped::cancel(&file, overlapped);
        // The blocking calls of other threads on the file count as well.
        let interrupted = overlapped.is_null()
            && file.blocks().is_some_and(|blocks| sync_block::interrupt_all(blocks, Interruption::Cancelled));
        if cancelled.is_ok() || interrupted { Ok(()) } else { Err(Win32Error(ERROR_NOT_FOUND)) }
    }))
}

/// Ends the calling thread's operations on a file; TRUE also if there is none (K1, K2, K6).
///
/// Source: Windows documentation, `CancelIo`.
#[unsafe(no_mangle)]
pub extern "C" fn CancelIo(file: HANDLE) -> i32 {
    to_bool(handles::get::<FileObject>(file).map(|file| overlapped::cancel_own(&file)))
}

/// Ends the blocking call a thread is in (K8).
///
/// # Errors
/// FALSE with `ERROR_NOT_FOUND` if it is in none that can be ended, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `CancelSynchronousIo`.
#[unsafe(no_mangle)]
pub extern "C" fn CancelSynchronousIo(thread: HANDLE) -> i32 {
    to_bool(handles::get::<Thread>(thread).and_then(|thread| {
        match SyncBlock::cancel_of_thread(thread.id(), Interruption::Cancelled) {
            true => Ok(()),
            false => Err(Win32Error(ERROR_NOT_FOUND)),
        }
    }))
}

/// Adds notification modes to a file object (M1-M6).
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` if the file was not opened for overlapped I/O (M2), `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `SetFileCompletionNotificationModes`.
#[unsafe(no_mangle)]
pub extern "C" fn SetFileCompletionNotificationModes(file: HANDLE, modes: u8) -> i32 {
    to_bool(handles::get::<FileObject>(file).and_then(|file| {
        if !file.overlapped {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        file.add_modes(modes);
        Ok(())
    }))
}

/// Announces the range of memory that OVERLAPPED structures come from; nothing here would gain by knowing.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_INVALID_PARAMETER`.
///
/// Source: Windows documentation, `SetFileIoOverlappedRange`.
#[unsafe(no_mangle)]
pub extern "C" fn SetFileIoOverlappedRange(file: HANDLE, start: *const u8, length: u32) -> i32 {
    to_bool(handles::get::<FileObject>(file).and_then(|_| match start.is_null() || length == 0 {
        true => Err(Win32Error(ERROR_INVALID_PARAMETER)),
        false => Ok(()),
    }))
}
