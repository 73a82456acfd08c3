//! Operations a thread waits for: started in the engine like any other, so that they keep their place among the
//! overlapped ones, and waited for where they can be interrupted (K8).

use crate::abi::status::Status;
use crate::port::action::{Action, Plain};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{Buffers, Request, StartResult, begin};
use crate::port::sync_block::{self, Interruption, NotReady, SyncBlock};
use longshore_engine::{Errno, OpCode};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Where the thread that waits is told of the end.
pub(crate) struct Waiting {
    block: Arc<SyncBlock>,
    end: Mutex<Option<(Status, usize)>>,
    ended: Condvar,
}

impl Waiting {
    /// The operation ended.
    pub(crate) fn end(&self, status: Status, bytes: usize) {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        *end = Some((status, bytes));
        // Under the lock: when the thread sees the end, nothing of this operation can disturb its next call.
        self.block.cancel(Interruption::Finished);
        self.ended.notify_one();
    }

    fn result(&self) -> Option<(Status, usize)> {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new() -> Result<Arc<Waiting>, Errno> {
        let block = SyncBlock::own()?;
        Ok(Arc::new(Waiting { block, end: Mutex::new(None), ended: Condvar::new() }))
    }

    /// Waits for the end, or, if the wait is ended before (or not wanted), cancels the operation and waits for that.
    fn await_end(
        self: &Arc<Self>,
        file: &Arc<FileObject>,
        timeout: Option<Duration>,
        at_once: bool,
    ) -> (Status, usize, Result<(), NotReady>) {
        let waited = match at_once {
            true => Err(NotReady::TimedOut),
            false => sync_block::wait_for_end(file, timeout, || self.result().is_some()),
        };
        if waited.is_err() {
            let name = Request::name_of(self);
            file.cancel(&|tag| tag.token == name);
        }
        // Cancelled or not, the buffers are the operation's until it has ended.
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *end {
                Some((status, bytes)) => return (status, bytes, waited),
                None => end = self.ended.wait(end).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Waits for the end of an operation that is not in the engine. `start` hands the request to whoever will end it.
///
/// # Errors
/// Those of making a place to be interrupted at.
pub(crate) fn await_outside(
    file: &Arc<FileObject>,
    start: impl FnOnce(Box<Request>),
) -> Result<(Status, usize), Errno> {
    let waiting = Waiting::new()?;
    start(Request::waited_for(file, Buffers::new(), Box::new(Plain), waiting.clone()));
    let (status, bytes, _) = waiting.await_end(file, None, false);
    Ok((status, bytes))
}

/// How an operation ended that the calling thread waited for.
pub(crate) enum Waited {
    /// It ended by itself, inside the call or later.
    Ended(Status, usize),
    /// The wait ended before it, for this reason; then it was cancelled, and ended so. It has let go of the buffers.
    GivenUp(NotReady, Status, usize),
}

/// Carries an operation out. With `at_once`, one that would have to wait is cancelled instead (as if timed out).
///
/// # Errors
/// Those of making a place to be interrupted at.
pub(crate) fn perform(
    file: &Arc<FileObject>,
    buffers: Buffers,
    op_code: OpCode,
    action: Box<dyn Action>,
    timeout: Option<Duration>,
    at_once: bool,
) -> Result<Waited, Errno> {
    let waiting = Waiting::new()?;
    let request = Request::waited_for(file, buffers, action, waiting.clone());
    if let StartResult::Ended(status, bytes) = begin(request, op_code) {
        return Ok(Waited::Ended(status, bytes));
    }
    Ok(match waiting.await_end(file, timeout, at_once) {
        (status, bytes, Ok(())) => Waited::Ended(status, bytes),
        (status, bytes, Err(reason)) => Waited::GivenUp(reason, status, bytes),
    })
}
