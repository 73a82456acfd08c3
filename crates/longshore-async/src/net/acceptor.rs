//! A listening socket with the accept that futures wait for.
//!
//! The accept belongs to the listener. A future that is dropped leaves it under way, and the connection it
//! brings is there for the next one: none is lost.

use super::Use;
use crate::operation::{Kept, Look, Slot, Wait};
use crate::packet::{Packet, Starter};
use crate::runtime::Shared;
use crate::sync::Key;
use longshore::{Event, Listener, PeerAddr, Stream};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

pub(crate) struct Acceptor {
    listener: Listener<Packet>,
    runtime: Arc<Shared>,
    accepting: Slot<Accepted>,
}

/// The connection that nobody has taken yet.
#[derive(Default)]
pub(crate) struct Accepted(Option<io::Result<(Stream<Packet>, PeerAddr)>>);

impl Kept for Accepted {
    fn keep(&mut self, event: Event<Packet>) {
        match event {
            Event::Accept { result, .. } => self.0 = Some(result),
            event => unreachable!("{event:?} is no accept's"),
        }
    }
}

impl Starter for Acceptor {
    fn ended(self: Arc<Self>, event: Event<Packet>) {
        self.accepting.ended(event);
    }

    fn lost(&self) {
        self.accepting.lost();
    }
}

impl Acceptor {
    pub(super) fn new(listener: Listener<Packet>, runtime: Arc<Shared>) -> Arc<Acceptor> {
        Arc::new(Acceptor { listener, runtime, accepting: Slot::new(Accepted::default()) })
    }

    pub(super) fn listener(&self) -> &Listener<Packet> {
        &self.listener
    }

    /// A future that waits for a connection, with a key of its own.
    pub(super) fn wait<T, P>(&self, poll: P) -> Wait<'_, Accepted, P>
    where
        P: FnMut(&mut Key, &mut Context<'_>) -> Poll<T> + Unpin,
    {
        self.accepting.wait(poll)
    }

    pub(super) fn poll_accept(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(Use, PeerAddr)>> {
        let take = |accepted: &mut Accepted, _| accepted.0.take().map_or(Look::Start, Look::Take);
        let start = || self.listener.start_accept(Packet::operation(self.clone()));
        let accepted = std::task::ready!(self.accepting.poll(key, context, take, start));
        let (stream, peer) = accepted.and_then(|accepted| accepted)?;
        Poll::Ready(Ok((Use::new(stream, self.runtime.clone()), peer)))
    }
}
