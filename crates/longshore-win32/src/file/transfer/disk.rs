//! Reads and writes of disk files that the call itself carries out: those on synchronous handles.
//!
//! The position of a synchronous file is that of its descriptor, so that every user of the descriptor sees
//! the same. Calls on one file object are made one after another. A read from the page cache keeps the
//! thread's slot, because it does not block.

use crate::abi::status::Status;
use crate::file::disk_file::FileState;
use crate::port::buffer_check::is_plausible;
use crate::port::file_object::FileObject;
use crate::port::transfer::{Direction, Memory};
use longshore_engine::{Errno, blocking};
use std::os::fd::{AsRawFd, RawFd};
use windows_sys::Win32::Foundation::{STATUS_INVALID_PARAMETER, STATUS_INVALID_USER_BUFFER};

/// Linux moves no more in one call (F16).
const BYTES_PER_CALL_MAX: usize = 0x7fff_f000;

/// Where in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the file's position, which moves along.
    Position,
    /// At an offset; the position is set behind what was transferred (F2).
    At(u64),
    /// At the end, wherever that is when the data gets there (F12).
    End,
}

/// The part of the memory that is left.
fn rest(memory: Memory, done: usize) -> libc::iovec {
    let iov_len = (memory.length - done).min(BYTES_PER_CALL_MAX);
    libc::iovec { iov_base: memory.start.wrapping_byte_add(done), iov_len }
}

/// One call. `offset` −1 is the position.
fn step(
    descriptor: RawFd,
    direction: Direction,
    part: libc::iovec,
    offset: i64,
    flags: i32,
) -> Result<usize, Errno> {
    loop {
        // SAFETY: one region, which the kernel checks.
        let count = unsafe {
            match direction {
                Direction::Read => libc::preadv2(descriptor, &part, 1, offset, flags),
                Direction::Write => libc::pwritev2(descriptor, &part, 1, offset, flags),
            }
        };
        match usize::try_from(count).map_err(|_| Errno::last()) {
            Err(Errno(libc::EINTR)) => {}
            result => return result,
        }
    }
}

/// How far a transfer has come.
enum Progress {
    /// It is over.
    Done,
    /// The rest would have to wait.
    NotNow,
}

/// Goes on until everything is transferred or the file ends; with `RWF_NOWAIT` also
/// until it would have to wait.
fn carry_on(
    descriptor: RawFd,
    direction: Direction,
    memory: Memory,
    offset: Option<i64>,
    flags: i32,
    done: &mut usize,
) -> Result<Progress, Errno> {
    while *done < memory.length {
        let at = offset.map_or(-1, |offset| offset + *done as i64);
        match step(descriptor, direction, rest(memory, *done), at, flags) {
            Ok(0) if direction == Direction::Read => break,
            Ok(0) => return Err(Errno(libc::EIO)),
            Ok(count) => *done += count,
            Err(Errno(libc::EAGAIN | libc::EOPNOTSUPP)) if flags & libc::RWF_NOWAIT != 0 => {
                return Ok(Progress::NotNow);
            }
            // F18: after the tail of a file was read with O_DIRECT, the rest of the buffer is not aligned.
            Err(Errno(libc::EINVAL)) if direction == Direction::Read && *done > 0 => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(Progress::Done)
}

/// Transfers, and returns how much.
///
/// # Errors
/// The error; the position is unchanged then. A read at the end of the file is not an error here.
pub(crate) fn transfer(
    file: &FileObject,
    state: &FileState,
    direction: Direction,
    memory: Memory,
    place: Place,
) -> Result<usize, Status> {
    if memory.length == 0 {
        return Ok(0); // F9, F10
    }
    if direction == Direction::Write && !is_plausible(memory.start, memory.length) {
        return Err(Status(STATUS_INVALID_USER_BUFFER)); // Before a part of it is written.
    }
    let descriptor = file.descriptor();
    let descriptor = descriptor.as_raw_fd();
    let _turn = state.take_turn();
    let place = match place {
        Place::Position if state.appends_only() => Place::End,
        place => place,
    };
    check(state, descriptor, direction, memory, place)?;
    let offset = match place {
        Place::At(offset) => Some(offset as i64),
        Place::Position | Place::End => None,
    };
    let mut done = 0;
    let ended = (|| {
        if direction == Direction::Read
            && let Progress::Done =
                carry_on(descriptor, direction, memory, offset, libc::RWF_NOWAIT, &mut done)?
        {
            return Ok(());
        }
        let flags = if place == Place::End { libc::RWF_APPEND } else { 0 };
        blocking(|| carry_on(descriptor, direction, memory, offset, flags, &mut done)).map(drop)
    })();
    // SAFETY: no pointers.
    let seek = |offset, whence| unsafe { libc::lseek(descriptor, offset, whence) };
    match (ended, offset) {
        (Ok(()), None) => Ok(done),
        (Ok(()), Some(offset)) => {
            if done > 0 {
                seek(offset + done as i64, libc::SEEK_SET);
            }
            Ok(done)
        }
        (Err(errno), at) => {
            if at.is_none() {
                seek(-(done as i64), libc::SEEK_CUR);
            }
            Err(direction.status_of(errno))
        }
    }
}

/// Checks a transfer at this place: alignment (F18), and the locks of other file objects.
fn check(
    state: &FileState,
    descriptor: RawFd,
    direction: Direction,
    memory: Memory,
    place: Place,
) -> Result<(), Status> {
    let start = match place {
        Place::At(offset) => offset,
        Place::End => return check_alignment(state, 0, memory),
        Place::Position if state.alignment == 1 && !state.has_locks() => return Ok(()),
        Place::Position => {
            // SAFETY: no pointers.
            let position = unsafe { libc::lseek(descriptor, 0, libc::SEEK_CUR) };
            position as u64
        }
    };
    check_alignment(state, start, memory)?;
    state.check_locks(start, memory.length, direction == Direction::Write)
}

/// F18: everything a multiple of the sector.
pub(crate) fn check_alignment(state: &FileState, start: u64, memory: Memory) -> Result<(), Status> {
    let parts = [start as usize, memory.start as usize, memory.length];
    match parts.iter().all(|part| part.is_multiple_of(state.alignment)) {
        true => Ok(()),
        false => Err(Status(STATUS_INVALID_PARAMETER)),
    }
}
