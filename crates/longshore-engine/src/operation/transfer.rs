//! What a file operation does next. All executors of file operations share this
//! code, so that they behave alike.
//!
//! The ring, the workers and the inline attempt of the port differ in *how* they reach the kernel. What to
//! ask for and what an answer means is decided here:
//!
//! 1. [`begin`] once, before the first call: the payload takes its buffer.
//! 2. [`next`] names the call to make: its kind, its offset, and the memory still to be transferred.
//! 3. The executor makes that call and passes the answer to [`settle`], which counts the bytes and says
//!    whether the operation has ended. If not, go back to 2.
//!
//! Why a loop at all: Linux moves at most `0x7fff_f000` bytes and 1024 regions in one call and may stop short
//! of either, while the promise is "all of it, or up to the end of the file" (F8, F16).

use super::{Errno, Face, OpCode, Operation, Payload, Regions};
use std::time::Duration;

/// What the kernel moves in one call (`MAX_RW_COUNT`); more is cut off there. A multiple of every sector
/// size, so the rest of a direct transfer stays aligned.
pub(crate) const BYTES_PER_CALL_MAX: usize = 0x7fff_f000;

/// Every file system's sector is a multiple of this; a direct transfer cannot stop between two
/// multiples unless the file ends there.
const SECTOR_BYTES_MIN: u64 = 512;

/// The call to make next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Read at this offset.
    Read(u64),
    /// Write at this offset.
    Write(u64),
    /// Write at the end of the file, wherever that is when the file system looks (F12).
    Append,
    /// Make durable; `true` leaves out metadata not needed to read the data back.
    Sync(bool),
}

/// One call, with its memory.
pub(crate) struct Step {
    pub(crate) call: Call,
    /// Everything still to be transferred; the kernel is free to take less.
    pub(crate) regions: Regions,
}

/// What an answer of the kernel means for the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has ended; `outcome` says how.
    Finished,
    /// Ask again at once.
    Again,
    /// Ask again after a pause: the answer was "not now" and nothing will announce a better moment.
    Later,
}

/// Takes the payload's memory before the first call. After an inline attempt that made progress the memory is
/// already there, with data in it, and must not be taken twice.
pub(crate) fn begin<F: Face>(operation: &mut Operation<F>) -> Result<(), Errno> {
    if operation.outcome.bytes == 0 {
        operation.payload.acquire()?;
    }
    Ok(())
}

/// The next call of this operation. An error ends it.
pub(crate) fn next<F: Face>(operation: &mut Operation<F>) -> Result<Step, Errno> {
    let done = operation.outcome.bytes;
    let call = match operation.op_code {
        OpCode::ReadAt(offset) => Call::Read(position(offset, done)?),
        OpCode::WriteAt(offset) => Call::Write(position(offset, done)?),
        OpCode::Append => Call::Append,
        OpCode::Sync(data_only) => Call::Sync(data_only),
        // The port sends no other op code to a file source.
        _ => return Err(Errno(libc::EOPNOTSUPP)),
    };
    let regions = match call {
        Call::Sync(_) => Regions::new(),
        _ => operation.remaining(),
    };
    Ok(Step { call, regions })
}

/// An offset that the kernel accepts. To the kernel -1 means "the file's own position", which overlapped I/O
/// neither uses nor moves (F4); other negative offsets are invalid (F13).
fn position(offset: u64, done: u64) -> Result<u64, Errno> {
    match offset.checked_add(done) {
        Some(position) if offset <= i64::MAX as u64 && position <= i64::MAX as u64 => Ok(position),
        _ => Err(Errno(libc::EINVAL)),
    }
}

/// Counts what a call achieved and decides whether the operation has ended. `asked` is the length of the
/// regions the call was given.
pub(crate) fn settle<F: Face>(
    operation: &mut Operation<F>,
    asked: usize,
    answer: Result<usize, Errno>,
) -> Verdict {
    match answer {
        Ok(count) => {
            debug_assert!(count <= asked, "the kernel moved {count} of {asked} bytes");
            operation.outcome.bytes += count as u64;
            match operation.op_code {
                _ if count == asked => Verdict::Finished,
                // F8: a read that finds nothing has met the end of the file, and a short one may have.
                OpCode::ReadAt(_) if count == 0 => Verdict::Finished,
                // A write that takes nothing and names no reason would be asked forever.
                _ if count == 0 => fail(operation, Errno(libc::EIO)),
                _ => Verdict::Again,
            }
        }
        Err(Errno(libc::EINTR)) => Verdict::Again,
        Err(Errno(libc::EAGAIN)) => Verdict::Later,
        Err(Errno(libc::EINVAL)) if stopped_at_the_end(operation) => Verdict::Finished,
        // F16: the error is reported, and also the bytes that were moved before it.
        Err(errno) => fail(operation, errno),
    }
}

/// Ends the operation with an error. The bytes moved so far stay counted.
pub(crate) fn fail<F: Face>(operation: &mut Operation<F>, errno: Errno) -> Verdict {
    operation.outcome.error = Some(errno);
    Verdict::Finished
}

/// F18: reading the unaligned tail of a file with O_DIRECT succeeds with a short count. Some file systems
/// check the alignment of the call that looks for more before they see that the file has ended.
fn stopped_at_the_end<F: Face>(operation: &Operation<F>) -> bool {
    match operation.op_code {
        OpCode::ReadAt(offset) => {
            let done = operation.outcome.bytes;
            done > 0 && !offset.wrapping_add(done).is_multiple_of(SECTOR_BYTES_MIN)
        }
        _ => false,
    }
}

/// How long to wait after so many answers of "not now" in a row: 1 ms, doubling up to 128 ms. Few descriptors
/// give that answer here (a device opened with `O_NONBLOCK`), and none of them can be polled.
pub(crate) fn pause(refusals: u32) -> Duration {
    Duration::from_millis(1 << refusals.saturating_sub(1).min(7))
}

#[cfg(test)]
mod tests;
