//! What travels through a runtime's port.

use super::Shared;
use super::current;
use crate::net::{Acceptor, Connection, Datagrams};
use crate::operation::Pending;
use crate::task::cell::Scheduled;
use longshore::{Completion, Event};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// The context of every packet.
pub(crate) enum Packet {
    /// A task that was woken.
    Task(Scheduled),
    /// A receive of a connection.
    Receive(Arc<Connection>),
    /// A receive of a datagram socket.
    ReceiveFrom(Arc<Datagrams>),
    /// A send of a connection.
    Send(Arc<Connection>),
    /// An accept of a listener.
    Accept(Arc<Acceptor>),
    /// An operation that a future started for itself.
    Operation(Arc<Pending>),
    /// Timers are due.
    Timers,
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packet::Task(_) => "Task",
            Packet::Receive(_) => "Receive",
            Packet::ReceiveFrom(_) => "ReceiveFrom",
            Packet::Send(_) => "Send",
            Packet::Accept(_) => "Accept",
            Packet::Operation(_) => "Operation",
            Packet::Timers => "Timers",
        })
    }
}

impl Shared {
    /// Does what a packet asks for, on a thread of the pool.
    #[inline]
    pub(super) fn dispatch(self: &Arc<Self>, completion: Completion<Packet>) {
        let Completion { context, event, .. } = completion;
        let task = match context {
            Packet::Task(task) => Some(task),
            other => current::first_woken(self, || self.deliver(other, event)),
        };
        if let Some(task) = task {
            self.run(task);
        }
    }

    /// Puts what an operation came to where its future looks for it.
    fn deliver(&self, packet: Packet, event: Event<Packet>) {
        match (packet, event) {
            (Packet::Receive(connection), Event::Recv { buf, result, .. }) => {
                connection.received(buf, result)
            }
            (Packet::ReceiveFrom(socket), Event::RecvFrom { buf, result, .. }) => {
                socket.received(buf, result)
            }
            (Packet::Send(connection), Event::Send { result, .. }) => connection.sent(result),
            (Packet::Accept(acceptor), Event::Accept { result, .. }) => acceptor.accepted(result),
            (Packet::Operation(operation), event) => operation.ended(event),
            (Packet::Timers, _) => self.timers().expire(self),
            (_, event) => unreachable!("{event:?} is of another kind than what was started"),
        }
    }

    fn run(self: &Arc<Self>, task: Scheduled) {
        current::stay_in(self);
        let Some(limit) = self.slow_poll() else {
            return task.run();
        };
        let description = task.description().clone();
        let begun = Instant::now();
        task.run();
        let took = begun.elapsed();
        if took > limit {
            let (name, spawned_at) = (description.name.as_deref(), description.spawned_at);
            tracing::warn!(task = %description.id, name, %spawned_at, ?took, "a poll took long");
        }
    }
}
