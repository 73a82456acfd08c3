//! Reading a file from the page cache on the thread that issues.

use crate::operation::transfer::{Call, Verdict, begin, fail, next, settle};
use crate::operation::{Face, IoSlices, OpCode, Operation, Payload};
use rustix::io::{ReadWriteFlags, preadv2};

/// The longest read that is tried on the user's thread. Copying more takes longer than passing
/// the operation to another thread.
const CACHED_BYTES_MAX: usize = 256 * 1024;

/// What became of a read from the page cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cached {
    /// The operation has ended; `outcome` says how.
    Done,
    /// A source has to go on from `outcome.bytes`.
    Unfinished,
}

/// Reads from the page cache on the calling thread, if everything is there. Never waits for a device: a hit
/// costs less than handing the operation to another thread would, and a miss costs one failed call, which on
/// recent kernels has at least started to read ahead.
///
/// Any error counts as a miss: the source meets it again and reports it, so there is one way to fail.
pub(crate) fn try_cached<F: Face>(operation: &mut Operation<F>) -> Cached {
    if !matches!(operation.op_code, OpCode::ReadAt(_)) || operation.handle.is_unbuffered() {
        return Cached::Unfinished;
    }
    if let Err(errno) = begin(operation) {
        fail(operation, errno);
        return Cached::Done;
    }
    let cached = read_cached(operation);
    if cached == Cached::Unfinished && operation.outcome.bytes == 0 {
        operation.payload.release();
    }
    cached
}

fn read_cached<F: Face>(operation: &mut Operation<F>) -> Cached {
    loop {
        let mut step = match next(operation) {
            Ok(step) => step,
            Err(errno) => {
                fail(operation, errno);
                return Cached::Done;
            }
        };
        let Call::Read(offset) = step.call else {
            return Cached::Unfinished;
        };
        let asked = step.regions.len();
        if asked > CACHED_BYTES_MAX {
            return Cached::Unfinished;
        }
        let slices = step.regions.as_io_slices_mut();
        let Ok(count) = preadv2(operation.handle.descriptor(), slices, offset, ReadWriteFlags::NOWAIT) else {
            return Cached::Unfinished;
        };
        // A short count may be the end of the file or the end of what is cached: the next call tells.
        if settle(operation, asked, Ok(count)) == Verdict::Finished {
            return Cached::Done;
        }
    }
}

#[cfg(test)]
mod tests;
