//! `LockFile`, `UnlockFile` and their forms with an OVERLAPPED (F20). See [`crate::file::locks`].

use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::file::disk_file::{self, state_of};
use crate::file::locks::{Claim, Range, Ranges};
use crate::file::open_files::Opening;
use crate::object::handles::HANDLE;
use crate::port::action::Plain;
use crate::port::file_object::FileObject;
use crate::port::overlapped::{begin_outside, ended_inside};
use crate::port::request::{Overlapped, Request};
use crate::port::synchronous;
use longshore_win32_macros::export;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_IO_PENDING,
    ERROR_LOCK_VIOLATION,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_APPEND_DATA, FILE_READ_DATA, FILE_WRITE_DATA, LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY,
};

fn joined(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// The opening of a file that can have locks.
fn opening(file: &FileObject) -> Result<&Opening, Win32Error> {
    let state = state_of(file);
    state.may(FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA)?;
    state.opening.as_ref().ok_or(Win32Error(ERROR_INVALID_FUNCTION))
}

/// Takes a lock if it is free; otherwise `wait` may put a request in the queue.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if the file was closed meanwhile.
fn lock(
    file: &FileObject,
    opening: &Opening,
    claim: Claim,
    wait: impl FnOnce(&mut Ranges),
) -> Result<bool, Win32Error> {
    opening.file.change_locks(|ranges| {
        // A close marks the file as closed and then releases its locks here. So either the close finds this
        // request, or this call sees the mark.
        if file.is_closed() {
            return Err(Win32Error(ERROR_INVALID_HANDLE));
        }
        let locked = ranges.try_lock(claim);
        if !locked {
            wait(ranges);
        }
        Ok(locked)
    })
}

/// Locks a range at once.
///
/// # Errors
/// FALSE with `ERROR_LOCK_VIOLATION` if it is not free.
///
/// Source: Windows documentation, `LockFile`.
#[export]
pub fn LockFile(
    file: HANDLE,
    low: u32,
    high: u32,
    length_low: u32,
    length_high: u32,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let opening = opening(&file)?;
    let range = Range { start: joined(low, high), length: joined(length_low, length_high) };
    let claim = Claim { owner: opening.id, range, exclusive: true };
    if lock(&file, opening, claim, |_| ())? { Ok(()) } else { Err(Win32Error(ERROR_LOCK_VIOLATION)) }
}

fn lock_with(
    file: &Arc<FileObject>,
    flags: u32,
    length: u64,
    overlapped: Overlapped,
) -> Result<(), Win32Error> {
    let opening = opening(file)?;
    let range = Range { start: overlapped.offset()?, length };
    let exclusive = flags & LOCKFILE_EXCLUSIVE_LOCK != 0;
    let claim = Claim { owner: opening.id, range, exclusive };
    let request = Request::of(file.clone(), Some(overlapped), None, Box::new(Plain))?;
    begin_outside(&request);
    let mut request = Some(request);
    let locked = lock(file, opening, claim, |ranges| {
        if file.overlapped && flags & LOCKFILE_FAIL_IMMEDIATELY == 0 {
            request.take().into_iter().for_each(|request| ranges.wait(claim, request));
        }
    })?;
    let Some(request) = request else {
        return Err(Win32Error(ERROR_IO_PENDING));
    };
    if !locked {
        if flags & LOCKFILE_FAIL_IMMEDIATELY != 0 {
            return Err(Win32Error(ERROR_LOCK_VIOLATION));
        }
        wait_for_lock(file, opening, claim)?;
    }
    ended_inside(request, Status::SUCCESS, 0);
    Ok(())
}

/// The wait of a synchronous file.
fn wait_for_lock(file: &Arc<FileObject>, opening: &Opening, claim: Claim) -> Result<(), Status> {
    let (status, _) = synchronous::await_outside(file, |request| {
        let mut request = Some(request);
        let locked = lock(file, opening, claim, |ranges| {
            request.take().into_iter().for_each(|request| ranges.wait(claim, request));
        });
        if let Some(request) = request {
            // The range has become free, or the file was closed.
            let status = if locked.is_ok() { Status::SUCCESS } else { Status::CANCELLED };
            crate::port::overlapped::end_pending(request, status, 0);
        }
    });
    if status.is_success() { Ok(()) } else { Err(status) }
}

/// Locks a range, from the offset in the OVERLAPPED on. Waits if the range is not free: on an overlapped
/// file the operation is pending then.
///
/// # Errors
/// FALSE with `ERROR_IO_PENDING`, with `ERROR_LOCK_VIOLATION` if it is not free and the call was not to wait,
/// `ERROR_INVALID_PARAMETER` without an OVERLAPPED, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `LockFileEx`.
#[export]
pub unsafe fn LockFileEx(
    file: HANDLE,
    flags: u32,
    reserved: u32,
    length_low: u32,
    length_high: u32,
    overlapped: Option<Overlapped>,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let overlapped = overlapped.filter(|_| reserved == 0).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    overlapped.mark_pending()?;
    lock_with(&file, flags, joined(length_low, length_high), overlapped)
}

fn unlock(file: &FileObject, range: Range) -> Result<(), Win32Error> {
    let opening = opening(file)?;
    let granted = opening.file.change_locks(|ranges| ranges.unlock(opening.id, range))?;
    granted.deliver();
    Ok(())
}

/// Unlocks a range, as it was locked.
///
/// # Errors
/// FALSE with `ERROR_NOT_LOCKED`.
///
/// Source: Windows documentation, `UnlockFile`.
#[export]
pub fn UnlockFile(
    file: HANDLE,
    low: u32,
    high: u32,
    length_low: u32,
    length_high: u32,
) -> Result<(), Win32Error> {
    let range = Range { start: joined(low, high), length: joined(length_low, length_high) };
    unlock(&*disk_file::get(file)?, range)
}

/// Unlocks a range, as it was locked. This never waits. Only the result and the OVERLAPPED report the end.
///
/// # Errors
/// FALSE with `ERROR_NOT_LOCKED`, `ERROR_INVALID_PARAMETER` without an OVERLAPPED.
///
/// Source: Windows documentation, `UnlockFileEx`.
#[export]
pub unsafe fn UnlockFileEx(
    file: HANDLE,
    reserved: u32,
    length_low: u32,
    length_high: u32,
    overlapped: Option<Overlapped>,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let overlapped = overlapped.filter(|_| reserved == 0).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let range = Range { start: overlapped.offset()?, length: joined(length_low, length_high) };
    let request = Request::of(file.clone(), Some(overlapped), None, Box::new(Plain))?;
    request.reset_signals();
    unlock(&file, range)?;
    ended_inside(request, Status::SUCCESS, 0);
    Ok(())
}
