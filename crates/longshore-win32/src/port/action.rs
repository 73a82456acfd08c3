//! What follows when the engine has done its part of an operation: translate the outcome, fill in what the
//! caller asked for, or start a second step.
//!
//! Each kind of operation implements [`Action`] in its own room; this room does not know them. Most have no
//! fields ([`Plain`]), and a box of those allocates nothing.

use crate::abi::status::Status;
use crate::port::file_object::FileObject;
use crate::port::request::Request;
use longshore_engine::{OpCode, Outcome};
use std::sync::Arc;

/// See the head of this module.
pub(crate) trait Action: Send {
    /// Memory for the control data of a message; empty for none. It stays where it
    /// is while the action exists.
    fn control(&mut self) -> &mut [u8] {
        &mut []
    }

    /// The engine's part is over. The thread that found it ended calls this once for each step of an
    /// operation, outside of every lock. It must not block.
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next;
}

/// How an operation goes on.
pub(crate) enum Next {
    /// It is over.
    Ended(Status, usize),
    /// Another step, on the engine's handle of this file.
    Continue(Arc<FileObject>, OpCode, Box<dyn Action>),
    /// The same step once more, after a while.
    Later(Arc<FileObject>, OpCode, Box<dyn Action>),
}

impl Next {
    /// It is over, with the bytes of the outcome. An operation that failed or was cancelled reports 0 bytes
    /// (K1); if a part of a stream was sent, the state of the stream is unknown (K9).
    pub(crate) fn ended(status: Status, outcome: &Outcome) -> Next {
        Next::Ended(status, if status.is_error() { 0 } else { outcome.bytes as usize })
    }
}

/// Nothing is left to do.
pub(crate) struct Plain;

impl Action for Plain {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        Next::ended(request.status_of(&outcome), &outcome)
    }
}
