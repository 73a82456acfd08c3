//! What executes operations.
//!
//! | source | executes | how |
//! |---|---|---|
//! | [`reactor`] | sockets, pipes, everything pollable | readiness; the thread that dequeues performs the call |
//! | [`ring`] | regular files, block devices | io_uring, submitted by driver threads the port owns |
//! | [`workers`] | the same, where io_uring is refused | blocking calls on a bounded set of threads |
//!
//! What can be polled waits in its handle ([`crate::handle`]), and the reactor only tells when it is ready.
//! For files the port has one of the other two: a [`Source`], which takes operations and ends each of them
//! exactly once, by handing it to the port. Its contract, whatever the mechanism:
//! - `issue` never blocks on the operation and may end it before it returns.
//! - No operation depends on the thread that issued it: that thread may sleep or exit (TX1).
//! - After `close`, every operation still held is cancelled. The source drops each one, without a packet,
//!   once the kernel cannot touch its memory any more, and not before.

pub(crate) mod files;
pub(crate) mod reactor;
mod ring;
#[cfg(test)]
mod suite;
mod timers;
mod workers;

use crate::handle::Handle;
use crate::operation::{Face, Operation, Which};
use std::sync::Arc;

/// An executor of operations that cannot be polled for.
pub(crate) trait Source<F: Face>: Send + Sync {
    /// Takes an operation of `handle`; it will reach the port once. Returns the operation's id, which it
    /// is given here unless it has one.
    fn issue(&self, handle: &Arc<Handle<F>>, operation: Box<Operation<F>>) -> u64;

    /// Requests the end of the matching operations of `handle` and says how many it found still unfinished.
    /// Each of those ends as the final status says: done, failed or [`crate::Errno::CANCELLED`] (K4).
    fn cancel(&self, handle: &Handle<F>, which: Which<'_>) -> usize;

    /// Refuses new operations, cancels the rest, and drops each once the kernel has
    /// finished with it. Does not wait.
    fn close(&self);
}

/// Takes the operations that a source finishes on its own threads: the port.
pub(crate) trait Sink<F: Face>: Send + Sync {
    /// Queues the packets of these finished operations, in order.
    fn complete(&self, finished: &mut Vec<Box<Operation<F>>>);
}
