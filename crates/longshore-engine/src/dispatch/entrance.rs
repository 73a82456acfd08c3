//! Where packets enter the port: the posters' side, under a lock of its own.
//!
//! While no thread sleeps, a poster only queues its packet: it touches neither the state nor the threads that
//! take. A thread that is about to sleep first shuts the entrance ([`Dispatch::shut_entrance`]) and then
//! looks at the queue once more. If the poster was first, the thread finds the packet. If the thread was
//! first, the poster finds the entrance shut, looks at the state, and finds the thread.

use super::event_source::EventSource;
use super::queue::Producer;
use super::{Dispatch, Locked};

/// Where packets enter.
pub(crate) struct Entrance<P> {
    queue: Producer<P>,
    /// True if a poster need not look at the state: no thread sleeps, nothing observes the port from outside,
    /// and the port is not closed. Writers hold the lock of the state as well. They set it only while all
    /// three hold, and clear it before one of them ceases to hold. A thread that clears it before it sleeps
    /// sees every packet that was left here earlier.
    open: bool,
    /// Sequence number after the last packet that was posted.
    posted_until: u64,
}

/// Who queues a packet. It decides how urgently a thread is woken for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A program: at once, if there is headroom (Q3).
    Posted,
    /// The thread whose operation ended while it was being issued.
    Issuer,
    /// A source, on a thread of its own.
    Source,
}

impl<P> Entrance<P> {
    pub(crate) fn new(queue: Producer<P>) -> Self {
        Entrance { queue, open: true, posted_until: 0 }
    }
}

impl<A: EventSource> Dispatch<A> {
    /// Queues a posted packet (N1-N5); gives it back if the port is closed.
    #[inline]
    pub(crate) fn post(&self, packet: A::Packet) -> Result<(), A::Packet> {
        let mut entrance = self.entrance.lock();
        if entrance.open {
            entrance.queue.push(packet);
            entrance.posted_until = entrance.queue.pushed();
            return Ok(());
        }
        drop(entrance);
        self.announce(std::iter::once(packet), Origin::Posted).map_err(|mut refused| {
            let packet = refused.next();
            packet.unwrap_or_else(|| unreachable!("one packet went in"))
        })
    }

    /// Queues the packet of an operation that ended as it was issued. A closed port drops it (C3).
    #[inline]
    pub(crate) fn finished_at_once(&self, packet: A::Packet) {
        self.finished_by(Origin::Issuer, std::iter::once(packet));
    }

    /// Queues the packets of finished operations, in order. A closed port drops them (C3).
    pub(crate) fn finished(&self, packets: impl Iterator<Item = A::Packet>) {
        self.finished_by(Origin::Source, packets);
    }

    #[inline]
    fn finished_by(&self, origin: Origin, packets: impl Iterator<Item = A::Packet>) {
        let mut entrance = self.entrance.lock();
        if entrance.open {
            packets.for_each(|packet| entrance.queue.push(packet));
            return;
        }
        drop(entrance);
        // Dropping runs the user's destructors, so no lock is held.
        self.announce(packets, origin).unwrap_or_else(|refused| refused.for_each(drop));
    }

    /// Queues packets that somebody may be waiting for; gives them back if the port is closed.
    #[inline(never)]
    fn announce<I: Iterator<Item = A::Packet>>(&self, packets: I, origin: Origin) -> Result<(), I> {
        let mut state = self.lock();
        if state.closed {
            return Err(packets);
        }
        let mut entrance = self.entrance.lock();
        packets.for_each(|packet| entrance.queue.push(packet));
        if origin == Origin::Posted {
            entrance.posted_until = entrance.queue.pushed();
            state.eager_until = entrance.posted_until;
        }
        entrance.open = state.waiters.is_empty() && !state.observed;
        drop(entrance);
        // A handler that issues will come back soon. (If the thread runs no handler, that makes no
        // difference: either no thread runs, or those that run come back, or the monitor takes over.)
        self.finish_with_news(state, usize::from(origin == Origin::Issuer));
        Ok(())
    }

    /// From now on every poster looks at the state.
    pub(crate) fn shut_entrance(&self, state: &mut Locked<'_, A>) {
        let mut entrance = self.entrance.lock();
        entrance.open = false;
        state.eager_until = entrance.posted_until;
    }

    /// Somebody polls the port from outside from now on; true if that is new and there is something already.
    pub(crate) fn observe(&self) -> bool {
        let mut state = self.lock();
        self.shut_entrance(&mut state);
        let first = !std::mem::replace(&mut state.observed, true);
        first && (state.backlog() > 0 || state.closed)
    }
}
