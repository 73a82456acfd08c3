//! `ReadFileEx` and `WriteFileEx`: the end is told by a routine, in an alertable wait of the thread that began (AP4).

use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::status::Status;
use crate::file::disk_file::{Class, FileState};
use crate::file::transfer::read_write::{begin_on_disk, begin_on_stream, offset_of};
use crate::file::transfer::stream;
use crate::object::handles::{self, HANDLE};
use crate::port::action::Plain;
use crate::port::file_object::FileObject;
use crate::port::overlapped::{BoxedRoutine, Request, ended_inside, mark_pending};
use crate::port::transfer::{Direction, Memory};
use crate::socket::operation::transfer;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER, ERROR_IO_PENDING};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// `LPOVERLAPPED_COMPLETION_ROUTINE`: error, bytes, OVERLAPPED.
pub type FileCompletionRoutine = Option<unsafe extern "C" fn(u32, u32, *mut OVERLAPPED)>;

/// # Safety
/// As for [`ReadFileEx`].
unsafe fn with_routine(
    handle: HANDLE,
    direction: Direction,
    memory: Memory,
    overlapped: *mut OVERLAPPED,
    routine: FileCompletionRoutine,
) -> i32 {
    let call = || -> Result<(), Win32Error> {
        let file = handles::get::<FileObject>(handle)?;
        let invalid = Win32Error(ERROR_INVALID_PARAMETER);
        // P7: what is bound to a port has its packets there.
        if overlapped.is_null() || !file.overlapped || file.is_bound() {
            return Err(invalid);
        }
        let routine = routine.ok_or(invalid)?;
        let routine: BoxedRoutine = Box::new(move |status: Status, bytes, overlapped| {
            let error = if status.is_success() { 0 } else { status.to_win32() };
            // SAFETY: the caller's promise.
            unsafe { routine(error, bytes as u32, overlapped) };
        });
        // SAFETY: the caller's promise.
        let begun = unsafe {
            mark_pending(overlapped);
            let Some(state) = FileState::of(&file) else {
                if (offset_of(overlapped) as i64) < 0 {
                    return Err(invalid);
                }
                return queued(transfer::begin_transfer(
                    &file,
                    direction,
                    memory,
                    std::ptr::null_mut(),
                    overlapped,
                    Some(routine),
                ));
            };
            match direction {
                Direction::Read => state.may_read()?,
                Direction::Write => state.may_write()?,
            }
            match state.class {
                Class::Directory => Err(Win32Error(ERROR_INVALID_FUNCTION)),
                Class::Disk => begin_on_disk(&file, state, direction, memory, overlapped, Some(routine)),
                Class::Null | Class::Device => {
                    let request = Request::new(&file, overlapped, Some(routine), Box::new(Plain))?;
                    let bytes = stream::transfer(&file, state, direction, memory)?;
                    match direction {
                        Direction::Read if bytes == 0 && memory.length > 0 => Err(Status::END_OF_FILE.into()),
                        _ => {
                            ended_inside(request, Status::SUCCESS, bytes);
                            Ok(bytes)
                        }
                    }
                }
                Class::Character | Class::Fifo | Class::Pipe => {
                    memory.check(direction)?;
                    begin_on_stream(&file, direction, memory, std::ptr::null_mut(), overlapped, Some(routine))
                }
            }
        };
        queued(begun)
    };
    let result = call();
    if result.is_ok() {
        SetLastError(0);
    }
    to_bool(result)
}

/// AP4: TRUE means that the routine will be called, whether the operation has ended or not.
fn queued(begun: Result<usize, Win32Error>) -> Result<(), Win32Error> {
    match begun {
        Ok(_) | Err(Win32Error(ERROR_IO_PENDING)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Reads, and calls a routine in an alertable wait of this thread (AP4).
///
/// # Errors
/// FALSE, and then the routine is not called: `ERROR_INVALID_PARAMETER` without an OVERLAPPED, on a file that is not
/// overlapped, or on one that is bound to a port (P7); those of [`ReadFile`](crate::file::transfer::read_write::ReadFile).
///
/// # Safety
/// As for [`ReadFile`](crate::file::transfer::read_write::ReadFile); `routine` may be called with `overlapped`.
///
/// Source: Windows documentation, `ReadFileEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadFileEx(
    file: HANDLE,
    buffer: *mut c_void,
    length: u32,
    overlapped: *mut OVERLAPPED,
    routine: FileCompletionRoutine,
) -> i32 {
    let memory = Memory::from_program(buffer, length);
    // SAFETY: the caller's promise.
    unsafe { with_routine(file, Direction::Read, memory, overlapped, routine) }
}

/// Writes, and calls a routine in an alertable wait of this thread (AP4).
///
/// # Errors
/// As for [`ReadFileEx`].
///
/// # Safety
/// As for [`ReadFileEx`].
///
/// Source: Windows documentation, `WriteFileEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteFileEx(
    file: HANDLE,
    buffer: *const c_void,
    length: u32,
    overlapped: *mut OVERLAPPED,
    routine: FileCompletionRoutine,
) -> i32 {
    let memory = Memory::from_program(buffer.cast_mut(), length);
    // SAFETY: the caller's promise.
    unsafe { with_routine(file, Direction::Write, memory, overlapped, routine) }
}
