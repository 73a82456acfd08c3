//! What travels through a runtime's port.
//!
//! A packet is a task that was woken, or an operation that has ended. Who started the operation hears of its
//! end in any case: by its event, or, if the port is closed before, by the packet being dropped.

use crate::task::cell::Scheduled;
use longshore::{Event, OpId, Started};
use std::fmt;
use std::sync::Arc;

/// The context of every packet.
pub(crate) enum Packet {
    /// A task that was woken.
    Task(Scheduled),
    /// An operation has ended.
    Operation(Ticket),
}

/// Who has started an operation.
pub(crate) trait Starter: Send + Sync + 'static {
    /// The operation has ended; on a thread of the pool.
    fn ended(self: Arc<Self>, event: Event<Packet>);

    /// The port was closed, and its packet dropped: no event will come. On any thread, also within the
    /// call that starts an operation on a port that is closed.
    fn lost(&self);
}

/// The right to be told of an operation's end.
pub(crate) struct Ticket(Option<Arc<dyn Starter>>);

impl Ticket {
    #[inline]
    pub(crate) fn ended(mut self, event: Event<Packet>) {
        if let Some(starter) = self.0.take() {
            starter.ended(event);
        }
    }
}

impl Drop for Ticket {
    #[inline]
    fn drop(&mut self) {
        if let Some(starter) = self.0.take() {
            starter.lost();
        }
    }
}

impl Packet {
    #[inline]
    pub(crate) fn operation(starter: Arc<dyn Starter>) -> Packet {
        Packet::Operation(Ticket(Some(starter)))
    }

    /// The operation's starter knows of its end.
    #[inline]
    pub(crate) fn settle(self) {
        if let Packet::Operation(mut ticket) = self {
            ticket.0 = None;
        }
    }
}

/// The event of an operation that has ended inside the call that started it, or what to cancel it by.
#[inline]
pub(crate) fn at_once(started: Started<Packet>) -> Result<Event<Packet>, OpId> {
    match started {
        Started::Done(done) => {
            done.context.settle();
            Ok(done.event)
        }
        Started::Pending(id) => Err(id),
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packet::Task(_) => "Task",
            Packet::Operation(_) => "Operation",
        })
    }
}
