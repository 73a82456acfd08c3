//! `ReadFile` and `WriteFile` (docs/rules.md, section 9). The forms with a completion routine are in
//! [`crate::file::transfer::completion_routine`].
//!
//! The file object decides how a call is carried out, not the OVERLAPPED:
//!
//! | file object | with OVERLAPPED | without |
//! |---|---|---|
//! | disk, overlapped | through the engine; the call always says "pending" (F1) | `ERROR_INVALID_PARAMETER` (F3) |
//! | disk, synchronous | in the call, at its offset (F2) | in the call, at the position |
//! | stream, overlapped | through the engine | in the call |
//! | stream, synchronous | in the call | in the call |
//! | standard handle | in the call | in the call |
//! | socket | see [`crate::socket::operation::transfer`] | there, too |

use crate::abi::argument::{InBuffer, Out, OutBuffer, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::console::standard_handles::Stream;
use crate::file::disk_file::{Class, FileState};
use crate::file::transfer::disk::{self, Place, check_alignment};
use crate::file::transfer::stream;
use crate::object::handles::{self, HANDLE};
use crate::port::action::{Action, Next, Plain};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin, begin_pending, ended_inside};
use crate::port::request::{BoxedRoutine, Overlapped, Request, SyncResult, write_status};
use crate::port::transfer::{Direction, Memory};
use crate::socket::operation::transfer;
use longshore_engine::{OpCode, Outcome};
use longshore_win32_macros::export;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_IO_PENDING,
};

/// A read of a file.
struct Read;

impl Action for Read {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let status = request.status_by(&outcome, Status::of_read);
        if status == Status::SUCCESS && outcome.bytes == 0 && !request.buffers.is_empty() {
            return Next::Ended(Status::END_OF_FILE, 0); // F7
        }
        Next::ended(status, &outcome)
    }
}

/// A write to a file.
struct Write;

impl Action for Write {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        Next::ended(request.status_by(&outcome, Status::of_write), &outcome)
    }
}

/// The action at the end of a transfer of a file.
pub(crate) fn action_of(direction: Direction) -> Box<dyn Action> {
    match direction {
        Direction::Read => Box::new(Read),
        Direction::Write => Box::new(Write),
    }
}

/// Where a call reports its count.
fn answer_to(count: Option<Out<u32>>) -> SyncResult {
    SyncResult::of_count(count.map_or(std::ptr::null_mut(), Out::as_ptr))
}

/// Writes the status of an operation that has no packet and no event.
fn tell(overlapped: Overlapped, status: Status, bytes: usize) {
    // SAFETY: it was there when it was marked as pending, and by C's promise still
    // is; its end has not been delivered.
    unsafe { write_status(overlapped.as_ptr(), status, bytes) };
}

/// The place of a transfer with an OVERLAPPED (F12-F14).
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a negative offset without a meaning.
fn place_of(
    file: &FileObject,
    state: &FileState,
    direction: Direction,
    offset: u64,
) -> Result<Place, Win32Error> {
    const END: i64 = -1;
    const CURRENT: i64 = -2;
    match offset as i64 {
        _ if direction == Direction::Write && state.appends_only() => Ok(Place::End),
        END if direction == Direction::Write => Ok(Place::End),
        CURRENT if !file.overlapped => Ok(Place::Position),
        offset if offset < 0 => Err(Win32Error(ERROR_INVALID_PARAMETER)),
        offset => Ok(Place::At(offset as u64)),
    }
}

/// Starts a transfer on an overlapped disk file.
///
/// # Errors
/// `ERROR_IO_PENDING`, unless the transfer is refused.
pub(crate) fn begin_on_disk(
    file: &Arc<FileObject>,
    state: &FileState,
    direction: Direction,
    memory: Memory,
    overlapped: Overlapped,
    routine: Option<BoxedRoutine>,
) -> Result<usize, Win32Error> {
    let place = place_of(file, state, direction, overlapped.offset()?)?;
    memory.check(direction)?;
    let start = match place {
        Place::At(offset) => {
            state.check_locks(offset, memory.length, direction == Direction::Write)?;
            offset
        }
        Place::Position | Place::End => 0,
    };
    check_alignment(state, start, memory)?;
    let op_code = match (direction, place) {
        (Direction::Read, _) => OpCode::ReadAt(start),
        (Direction::Write, Place::End) => OpCode::Append,
        (Direction::Write, _) => OpCode::WriteAt(start),
    };
    let mut request = Request::of(file.clone(), Some(overlapped), routine, action_of(direction))?;
    request.buffers = memory.buffers();
    match begin_pending(request, op_code) {
        StartResult::Pending => Err(Win32Error(ERROR_IO_PENDING)),
        StartResult::Ended(status, _) => Err(status.into()),
    }
}

/// Carries out a transfer in the call, and reports it through the OVERLAPPED if there is one.
fn carry_out(
    file: &Arc<FileObject>,
    overlapped: Option<Overlapped>,
    count: Option<Out<u32>>,
    end_is_error: bool,
    transfer: impl FnOnce() -> Result<usize, Status>,
) -> Result<usize, Win32Error> {
    let Some(overlapped) = overlapped else {
        return Ok(transfer()?);
    };
    let mut request = Request::of(file.clone(), Some(overlapped), None, Box::new(Plain))?;
    request.answer = answer_to(count);
    request.reset_signals();
    let bytes = transfer()?;
    if bytes == 0 && end_is_error {
        if !file.overlapped {
            tell(overlapped, Status::END_OF_FILE, 0);
        }
        return Err(Status::END_OF_FILE.into()); // F7
    }
    ended_inside(request, Status::SUCCESS, bytes);
    Ok(bytes)
}

/// A transfer of a socket, which has no offsets (S15).
fn transfer_of_socket(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
    count: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
) -> Result<usize, Win32Error> {
    if file.overlapped {
        let overlapped = overlapped.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
        return begin_on_socket(file, direction, memory, count, overlapped, None);
    }
    let mut error = None;
    let result = carry_out(file, overlapped, count, false, || {
        transfer::transfer(file, direction, memory).map_err(|reason| {
            error = Some(reason);
            Status::CANCELLED
        })
    });
    result.map_err(|reason| error.unwrap_or(reason))
}

/// Starts a transfer on an overlapped socket.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a negative offset (S15); otherwise as for [`begin_on_disk`].
pub(crate) fn begin_on_socket(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
    count: Option<Out<u32>>,
    overlapped: Overlapped,
    routine: Option<BoxedRoutine>,
) -> Result<usize, Win32Error> {
    if (overlapped.offset()? as i64) < 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    transfer::begin_transfer(file, direction, memory, count, overlapped, routine)
}

fn transfer(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
    count: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
) -> Result<usize, Win32Error> {
    let Some(state) = FileState::of(file) else {
        return transfer_of_socket(file, direction, memory, count, overlapped);
    };
    match direction {
        Direction::Read => state.may_read()?,
        Direction::Write => state.may_write()?,
    }
    let end_is_error = direction == Direction::Read && memory.length > 0;
    match (state.class, overlapped) {
        (Class::Directory, _) => Err(Win32Error(ERROR_INVALID_FUNCTION)),
        (Class::Disk, None) if file.overlapped => Err(Win32Error(ERROR_INVALID_PARAMETER)), // F3
        (Class::Disk, Some(overlapped)) if file.overlapped => {
            begin_on_disk(file, state, direction, memory, overlapped, None)
        }
        (Class::Disk, _) => {
            let place = match overlapped {
                None => Place::Position,
                Some(overlapped) => place_of(file, state, direction, overlapped.offset()?)?,
            };
            let transfer = || disk::transfer(file, state, direction, memory, place);
            carry_out(file, overlapped, count, end_is_error, transfer)
        }
        (Class::Character | Class::Fifo | Class::Pipe, Some(overlapped)) if file.overlapped => {
            memory.check(direction)?;
            begin_on_stream(file, direction, memory, count, overlapped, None)
        }
        (class, _) => {
            let transfer = || stream::transfer(file, state, direction, memory);
            let end_is_error = end_is_error && matches!(class, Class::Null | Class::Device);
            carry_out(file, overlapped, count, end_is_error, transfer)
        }
    }
}

/// Starts a transfer on an overlapped stream.
///
/// # Errors
/// As for [`begin_on_disk`].
pub(crate) fn begin_on_stream(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
    count: Option<Out<u32>>,
    overlapped: Overlapped,
    routine: Option<BoxedRoutine>,
) -> Result<usize, Win32Error> {
    let op_code = match direction {
        Direction::Read => OpCode::Recv,
        Direction::Write => OpCode::Send,
    };
    let mut request = Request::of(file.clone(), Some(overlapped), routine, action_of(direction))?;
    request.buffers = memory.buffers();
    request.answer = answer_to(count);
    match begin(request, op_code) {
        StartResult::Pending => Err(Win32Error(ERROR_IO_PENDING)),
        StartResult::Ended(status, bytes) if status.is_success() => Ok(bytes),
        StartResult::Ended(status, _) => Err(status.into()),
    }
}

fn read_or_write(
    handle: HANDLE,
    direction: Direction,
    memory: Memory,
    count: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
) -> Result<(), Win32Error> {
    count.write_if_asked(0)?; // F5
    let object: Arc<dyn std::any::Any + Send + Sync> = handles::get_any(handle)?;
    match overlapped {
        Some(overlapped) => overlapped.mark_pending()?, // A8, A9
        None if count.is_none() => return Err(Win32Error(ERROR_INVALID_PARAMETER)),
        None => {}
    }
    let bytes = match object.downcast::<FileObject>() {
        Ok(file) => match transfer(&file, direction, memory, count, overlapped)? {
            bytes if overlapped.is_none() => bytes,
            _ => return Ok(()), // The count has been given already.
        },
        Err(object) => {
            let stream = object.downcast::<Stream>().map_err(|_| Win32Error(ERROR_INVALID_HANDLE))?;
            let bytes = stream::standard(&stream, direction, memory)?;
            if let Some(overlapped) = overlapped {
                tell(overlapped, Status::SUCCESS, bytes);
            }
            bytes
        }
    };
    Ok(count.write_if_asked(bytes as u32)?)
}

/// Reads from a file, a pipe, a socket or a device.
///
/// # Errors
/// FALSE with `ERROR_IO_PENDING` when the read goes on (on overlapped disk files always, F1),
/// `ERROR_HANDLE_EOF` (F7), `ERROR_BROKEN_PIPE`, `ERROR_ACCESS_DENIED`, `ERROR_INVALID_PARAMETER`
/// (F3, F13, F18), `ERROR_NOACCESS` (F11), `ERROR_LOCK_VIOLATION`, `ERROR_INVALID_HANDLE`. Success
/// leaves the last error alone (F6).
///
/// Source: Windows documentation, `ReadFile`.
#[export(callbacks)]
pub unsafe fn ReadFile(
    file: HANDLE,
    buffer: OutBuffer,
    length: u32,
    count: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
) -> Result<(), Win32Error> {
    let memory = Memory::from_program(buffer.as_ptr(), length);
    read_or_write(file, Direction::Read, memory, count, overlapped)
}

/// Writes to a file, a pipe, a socket or a device.
///
/// # Errors
/// As for [`ReadFile`], but `ERROR_INVALID_USER_BUFFER` for a bad buffer; `ERROR_DISK_FULL`,
/// `ERROR_NO_DATA` for a pipe nobody reads.
///
/// Source: Windows documentation, `WriteFile`.
#[export(callbacks)]
pub unsafe fn WriteFile(
    file: HANDLE,
    buffer: InBuffer,
    length: u32,
    count: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
) -> Result<(), Win32Error> {
    let memory = Memory::from_program(buffer.as_ptr().cast_mut(), length);
    read_or_write(file, Direction::Write, memory, count, overlapped)
}
