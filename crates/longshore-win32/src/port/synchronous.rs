//! Operations that a thread waits for. They are started in the engine like any other, so that they keep their
//! order among the overlapped ones. The thread waits where it can be interrupted (K8).

use crate::abi::status::Status;
use crate::port::action::{Action, Plain};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin};
use crate::port::request::{Buffers, Request};
use crate::port::sync_block::{self, Alertable, Interruption, NotReady, SyncBlock};
use crate::sync::lock::{Condvar, Lock};
use crate::sync::rank::Rank;
use longshore_engine::OpCode;
use std::sync::Arc;
use std::time::Duration;

/// Tells the waiting thread of the end.
pub(crate) struct Waiting {
    block: Arc<SyncBlock>,
    end: Lock<Option<(Status, usize)>>,
    ended: Condvar,
}

impl Waiting {
    /// The operation ended.
    pub(crate) fn end(&self, status: Status, bytes: usize) {
        let mut end = self.end.lock();
        *end = Some((status, bytes));
        // Under the lock, so that nothing of this operation disturbs the next call of
        // the thread once it sees the end.
        self.block.cancel(Interruption::Finished);
        self.ended.notify_one();
    }

    fn result(&self) -> Option<(Status, usize)> {
        *self.end.lock()
    }

    fn new() -> Arc<Waiting> {
        Arc::new(Waiting {
            block: SyncBlock::own(),
            end: Lock::new(Rank::END, None),
            ended: Condvar::default(),
        })
    }

    /// Waits for the end. If the wait is interrupted (or not wanted), cancels the
    /// operation and waits for its end.
    fn await_end(
        self: &Arc<Self>,
        file: &Arc<FileObject>,
        timeout: Option<Duration>,
        at_once: bool,
        alertable: Alertable,
    ) -> (Status, usize, Result<(), NotReady>) {
        // An APC may end the thread, or the process.
        let mut cancel_if_unwound = CancelAtEnd(Some((self, file)));
        let waited = match at_once {
            true => Err(NotReady::TimedOut),
            false => sync_block::wait_for_end(file, timeout, alertable, || self.result().is_some()),
        };
        cancel_if_unwound.0 = None;
        if waited.is_err() {
            self.cancel(file);
        }
        let (status, bytes) = self.end_of_operation();
        (status, bytes, waited)
    }

    fn cancel(self: &Arc<Self>, file: &FileObject) {
        let name = Request::name_of(self);
        file.cancel(&|tag| tag.token == name);
    }

    /// The buffers belong to the operation until it has ended, even if it is cancelled.
    fn end_of_operation(&self) -> (Status, usize) {
        let mut end = self.end.lock();
        loop {
            match *end {
                Some(ended) => return ended,
                None => end = self.ended.wait(end),
            }
        }
    }
}

/// Cancels an operation if unwinding leaves its wait.
struct CancelAtEnd<'a>(Option<(&'a Arc<Waiting>, &'a FileObject)>);

impl Drop for CancelAtEnd<'_> {
    fn drop(&mut self) {
        if let Some((waiting, file)) = self.0 {
            waiting.cancel(file);
            waiting.end_of_operation();
        }
    }
}

/// Waits for the end of an operation that is not in the engine. `start` passes the
/// request to the code that will end it.
pub(crate) fn await_outside(file: &Arc<FileObject>, start: impl FnOnce(Box<Request>)) -> (Status, usize) {
    let waiting = Waiting::new();
    start(Request::waited_for(file, Buffers::new(), Box::new(Plain), waiting.clone()));
    let (status, bytes, _) = waiting.await_end(file, None, false, Alertable::No);
    (status, bytes)
}

/// How an operation ended that the calling thread waited for.
pub(crate) enum Waited {
    /// It ended by itself, inside the call or later.
    Ended(Status, usize),
    /// The wait was ended first, for this reason; then the operation was cancelled.
    /// It no longer uses the buffers.
    GivenUp(NotReady, Status, usize),
}

/// Carries an operation out. With `at_once`, one that would have to wait is cancelled instead (as if
/// timed out). APCs run while it waits.
pub(crate) fn perform(
    file: &Arc<FileObject>,
    buffers: Buffers,
    op_code: OpCode,
    action: Box<dyn Action>,
    timeout: Option<Duration>,
    at_once: bool,
) -> Waited {
    let waiting = Waiting::new();
    let request = Request::waited_for(file, buffers, action, waiting.clone());
    if let StartResult::Ended(status, bytes) = begin(request, op_code) {
        return Waited::Ended(status, bytes);
    }
    match waiting.await_end(file, timeout, at_once, Alertable::Yes) {
        (status, bytes, Ok(())) => Waited::Ended(status, bytes),
        (status, bytes, Err(reason)) => Waited::GivenUp(reason, status, bytes),
    }
}
