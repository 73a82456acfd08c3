//! `ReadFileEx` and `WriteFileEx`: a completion routine is called at the end, in an alertable
//! wait of the issuing thread (AP4).

use crate::abi::argument::{Callback, InBuffer, OutBuffer};
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::status::Status;
use crate::file::disk_file::{Class, FileState};
use crate::file::transfer::read_write::{begin_on_disk, begin_on_socket, begin_on_stream};
use crate::file::transfer::stream;
use crate::object::handles::Handle;
use crate::port::action::Plain;
use crate::port::file_object::FileObject;
use crate::port::overlapped::ended_inside;
use crate::port::request::{BoxedRoutine, Overlapped, Request};
use crate::port::transfer::{Direction, Memory};
use longshore_win32_macros::export;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER, ERROR_IO_PENDING};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// `LPOVERLAPPED_COMPLETION_ROUTINE`: error, bytes, OVERLAPPED.
pub type FileCompletionRoutine = unsafe extern "C-unwind" fn(u32, u32, *mut OVERLAPPED);

fn begin(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
    overlapped: Overlapped,
    routine: BoxedRoutine,
) -> Result<usize, Win32Error> {
    let Some(state) = FileState::of(file) else {
        return begin_on_socket(file, direction, memory, None, overlapped, Some(routine));
    };
    match direction {
        Direction::Read => state.may_read()?,
        Direction::Write => state.may_write()?,
    }
    match state.class {
        Class::Directory => Err(Win32Error(ERROR_INVALID_FUNCTION)),
        Class::Disk => begin_on_disk(file, state, direction, memory, overlapped, Some(routine)),
        Class::Null | Class::Device => {
            let request = Request::of(file.clone(), Some(overlapped), Some(routine), Box::new(Plain))?;
            let bytes = stream::transfer(file, state, direction, memory)?;
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
            begin_on_stream(file, direction, memory, None, overlapped, Some(routine))
        }
    }
}

fn with_routine(
    file: Handle<FileObject>,
    direction: Direction,
    memory: Memory,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<FileCompletionRoutine>>,
) -> Result<(), Win32Error> {
    let file = file.get()?;
    let invalid = Win32Error(ERROR_INVALID_PARAMETER);
    // P7: a file that is bound to a port has packets, not routines.
    let overlapped = overlapped.filter(|_| file.overlapped && !file.is_bound()).ok_or(invalid)?;
    let routine = routine.ok_or(invalid)?;
    let routine: BoxedRoutine = Box::new(move |status: Status, bytes, overlapped| {
        let error = if status.is_success() { 0 } else { status.to_win32() };
        // SAFETY: the arguments of a completion routine, with the OVERLAPPED the program gave.
        unsafe { routine.call(error, bytes as u32, overlapped) };
    });
    overlapped.mark_pending()?;
    queued(begin(&file, direction, memory, overlapped, routine))?;
    SetLastError(0);
    Ok(())
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
/// FALSE, and then the routine is not called: `ERROR_INVALID_PARAMETER` without an OVERLAPPED, on a file that
/// is not overlapped, or on one that is bound to a port (P7); those of
/// [`ReadFile`](crate::file::transfer::read_write::ReadFile).
///
/// Source: Windows documentation, `ReadFileEx`.
#[export]
pub unsafe fn ReadFileEx(
    file: Handle<FileObject>,
    buffer: OutBuffer,
    length: u32,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<FileCompletionRoutine>>,
) -> Result<(), Win32Error> {
    let memory = Memory::from_program(buffer.as_ptr(), length);
    with_routine(file, Direction::Read, memory, overlapped, routine)
}

/// Writes, and calls a routine in an alertable wait of this thread (AP4).
///
/// # Errors
/// As for [`ReadFileEx`].
///
/// Source: Windows documentation, `WriteFileEx`.
#[export]
pub unsafe fn WriteFileEx(
    file: Handle<FileObject>,
    buffer: InBuffer,
    length: u32,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<FileCompletionRoutine>>,
) -> Result<(), Win32Error> {
    let memory = Memory::from_program(buffer.as_ptr().cast_mut(), length);
    with_routine(file, Direction::Write, memory, overlapped, routine)
}
