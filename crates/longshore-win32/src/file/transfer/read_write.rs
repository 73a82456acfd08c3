//! `ReadFile` and `WriteFile` (docs/rules.md, section 9). The forms with a completion routine are in
//! [`crate::file::transfer::completion_routine`].
//!
//! Which way a call goes depends on the file object, not on the OVERLAPPED:
//!
//! | file object | with OVERLAPPED | without |
//! |---|---|---|
//! | disk, overlapped | through the engine; the call always says "pending" (F1) | `ERROR_INVALID_PARAMETER` (F3) |
//! | disk, synchronous | in the call, at its offset (F2) | in the call, at the position |
//! | stream, overlapped | through the engine | in the call |
//! | stream, synchronous | in the call | in the call |
//! | standard handle | in the call | in the call |
//! | socket | see [`crate::socket::operation::transfer`] | there, too |

use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::status::Status;
use crate::console::standard_handles::Stream;
use crate::file::disk_file::{Class, FileState};
use crate::file::transfer::disk::{self, Place, check_alignment};
use crate::file::transfer::stream;
use crate::object::handles::{self, HANDLE};
use crate::port::action::{Action, Next, Plain};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{
    BoxedRoutine, Request, StartResult, SyncResult, begin, begin_pending, ended_inside, mark_pending,
    write_status,
};
use crate::port::transfer::{Direction, Memory};
use crate::socket::operation::transfer;
use longshore_engine::{OpCode, Outcome};
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_IO_PENDING,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

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

/// What is left to do at the end of a transfer of a file.
pub(crate) fn action_of(direction: Direction) -> Box<dyn Action> {
    match direction {
        Direction::Read => Box::new(Read),
        Direction::Write => Box::new(Write),
    }
}

/// The offset in an OVERLAPPED.
///
/// # Safety
/// `overlapped` points to a valid OVERLAPPED.
pub(crate) unsafe fn offset_of(overlapped: *const OVERLAPPED) -> u64 {
    // SAFETY: the caller's promise; every bit pattern is a valid offset.
    let parts = unsafe { (*overlapped).Anonymous.Anonymous };
    u64::from(parts.OffsetHigh) << 32 | u64::from(parts.Offset)
}

/// Where a transfer goes that was given an OVERLAPPED (F12-F14).
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a negative offset that means nothing.
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
/// `ERROR_IO_PENDING` is what comes of it, unless it is refused.
///
/// # Safety
/// As for [`Request::new`]; the memory is the operation's until its end is delivered.
pub(crate) unsafe fn begin_on_disk(
    file: &Arc<FileObject>,
    state: &FileState,
    direction: Direction,
    memory: Memory,
    overlapped: *mut OVERLAPPED,
    routine: Option<BoxedRoutine>,
) -> Result<usize, Win32Error> {
    // SAFETY: the caller's promise.
    let place = place_of(file, state, direction, unsafe { offset_of(overlapped) })?;
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
    // SAFETY: the caller's promise.
    let mut request = unsafe { Request::new(file, overlapped, routine, action_of(direction)) }?;
    request.buffers = memory.buffers();
    match begin_pending(request, op_code) {
        StartResult::Pending => Err(Win32Error(ERROR_IO_PENDING)),
        StartResult::Ended(status, _) => Err(status.into()),
    }
}

/// Carries out a transfer in the call, and reports it through the OVERLAPPED if there is one.
///
/// # Safety
/// As for [`Request::new`].
unsafe fn carry_out(
    file: &Arc<FileObject>,
    overlapped: *mut OVERLAPPED,
    count: *mut u32,
    end_is_error: bool,
    transfer: impl FnOnce() -> Result<usize, Status>,
) -> Result<usize, Win32Error> {
    if overlapped.is_null() {
        return Ok(transfer()?);
    }
    // SAFETY: the caller's promise.
    let mut request = unsafe { Request::new(file, overlapped, None, Box::new(Plain)) }?;
    request.answer = SyncResult::of_count(count);
    request.reset_signals();
    let bytes = transfer()?;
    if bytes == 0 && end_is_error {
        if !file.overlapped {
            // SAFETY: the caller's promise; it has not been delivered, and is not going to be.
            unsafe { write_status(overlapped, Status::END_OF_FILE, 0) };
        }
        return Err(Status::END_OF_FILE.into()); // F7
    }
    ended_inside(request, Status::SUCCESS, bytes);
    Ok(bytes)
}

/// # Safety
/// As for [`ReadFile`].
unsafe fn transfer(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> Result<usize, Win32Error> {
    let asynchronous = file.overlapped && !overlapped.is_null();
    let Some(state) = FileState::of(file) else {
        // SAFETY: the caller's promise.
        unsafe {
            if file.overlapped && (overlapped.is_null() || (offset_of(overlapped) as i64) < 0) {
                return Err(Win32Error(ERROR_INVALID_PARAMETER)); // S15
            }
            if asynchronous {
                return transfer::begin_transfer(file, direction, memory, count, overlapped, None);
            }
            let mut error = None;
            let result = carry_out(file, overlapped, count, false, || {
                transfer::transfer(file, direction, memory).map_err(|reason| {
                    error = Some(reason);
                    Status::CANCELLED
                })
            });
            return result.map_err(|reason| error.unwrap_or(reason));
        }
    };
    match direction {
        Direction::Read => state.may_read()?,
        Direction::Write => state.may_write()?,
    }
    let end_is_error = direction == Direction::Read && memory.length > 0;
    match state.class {
        Class::Directory => Err(Win32Error(ERROR_INVALID_FUNCTION)),
        Class::Disk if file.overlapped && overlapped.is_null() => Err(Win32Error(ERROR_INVALID_PARAMETER)), // F3
        // SAFETY: the caller's promise.
        Class::Disk if file.overlapped => unsafe {
            begin_on_disk(file, state, direction, memory, overlapped, None)
        },
        Class::Disk => {
            let place = match overlapped.is_null() {
                true => Place::Position,
                // SAFETY: the caller's promise.
                false => place_of(file, state, direction, unsafe { offset_of(overlapped) })?,
            };
            let transfer = || disk::transfer(file, state, direction, memory, place);
            // SAFETY: the caller's promise.
            unsafe { carry_out(file, overlapped, count, end_is_error, transfer) }
        }
        Class::Character | Class::Fifo | Class::Pipe if asynchronous => {
            memory.check(direction)?;
            // SAFETY: the caller's promise.
            unsafe { begin_on_stream(file, direction, memory, count, overlapped, None) }
        }
        class => {
            let transfer = || stream::transfer(file, state, direction, memory);
            let end_is_error = end_is_error && matches!(class, Class::Null | Class::Device);
            // SAFETY: the caller's promise.
            unsafe { carry_out(file, overlapped, count, end_is_error, transfer) }
        }
    }
}

/// Starts a transfer on an overlapped stream.
///
/// # Safety
/// As for [`begin_on_disk`].
pub(crate) unsafe fn begin_on_stream(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: Option<BoxedRoutine>,
) -> Result<usize, Win32Error> {
    let op_code = match direction {
        Direction::Read => OpCode::Recv,
        Direction::Write => OpCode::Send,
    };
    // SAFETY: the caller's promise.
    let mut request = unsafe { Request::new(file, overlapped, routine, action_of(direction)) }?;
    request.buffers = memory.buffers();
    request.answer = SyncResult::of_count(count);
    match begin(request, op_code) {
        StartResult::Pending => Err(Win32Error(ERROR_IO_PENDING)),
        StartResult::Ended(status, bytes) if status.is_success() => Ok(bytes),
        StartResult::Ended(status, _) => Err(status.into()),
    }
}

/// # Safety
/// As for [`ReadFile`].
unsafe fn read_or_write(
    handle: HANDLE,
    direction: Direction,
    memory: Memory,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> i32 {
    let call = || -> Result<(), Win32Error> {
        if !count.is_null() {
            // SAFETY: the caller's promise.
            unsafe { count.write(0) }; // F5
        }
        let object: Arc<dyn std::any::Any + Send + Sync> = handles::get_any(handle)?;
        if !overlapped.is_null() {
            // SAFETY: the caller's promise.
            unsafe { mark_pending(overlapped) }; // A8, A9
        } else if count.is_null() {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        let bytes = match object.downcast::<FileObject>() {
            // SAFETY: the caller's promise.
            Ok(file) => match unsafe { transfer(&file, direction, memory, count, overlapped) }? {
                bytes if overlapped.is_null() => bytes,
                _ => return Ok(()), // The count has been given already.
            },
            Err(object) => {
                let stream = object.downcast::<Stream>().map_err(|_| Win32Error(ERROR_INVALID_HANDLE))?;
                let bytes = stream::standard(&stream, direction, memory)?;
                if !overlapped.is_null() {
                    // SAFETY: the caller's promise.
                    unsafe { write_status(overlapped, Status::SUCCESS, bytes) };
                }
                bytes
            }
        };
        if !count.is_null() {
            // SAFETY: the caller's promise.
            unsafe { count.write(bytes as u32) };
        }
        Ok(())
    };
    to_bool(call())
}

/// Reads from a file, a pipe, a socket or a device.
///
/// # Errors
/// FALSE with `ERROR_IO_PENDING` when the read goes on (on overlapped disk files always, F1), `ERROR_HANDLE_EOF` (F7),
/// `ERROR_BROKEN_PIPE`, `ERROR_ACCESS_DENIED`, `ERROR_INVALID_PARAMETER` (F3, F13, F18), `ERROR_NOACCESS` (F11),
/// `ERROR_LOCK_VIOLATION`, `ERROR_INVALID_HANDLE`. Success leaves the last error alone (F6).
///
/// # Safety
/// `count` is NULL or writable. `overlapped` is NULL or valid; the buffer and it belong to the operation until the end
/// is delivered (A6).
///
/// Source: Windows documentation, `ReadFile`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadFile(
    file: HANDLE,
    buffer: *mut c_void,
    length: u32,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> i32 {
    let memory = Memory::from_program(buffer, length);
    // SAFETY: the caller's promise.
    unsafe { read_or_write(file, Direction::Read, memory, count, overlapped) }
}

/// Writes to a file, a pipe, a socket or a device.
///
/// # Errors
/// As for [`ReadFile`], but `ERROR_INVALID_USER_BUFFER` for a bad buffer; `ERROR_DISK_FULL`, `ERROR_NO_DATA` for a pipe
/// nobody reads.
///
/// # Safety
/// As for [`ReadFile`].
///
/// Source: Windows documentation, `WriteFile`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteFile(
    file: HANDLE,
    buffer: *const c_void,
    length: u32,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> i32 {
    let memory = Memory::from_program(buffer.cast_mut(), length);
    // SAFETY: the caller's promise.
    unsafe { read_or_write(file, Direction::Write, memory, count, overlapped) }
}
