//! A listening socket with the accept that futures wait for.
//!
//! The accept belongs to the listener. A future that is dropped leaves it under way, and the connection it
//! brings is there for the next one: none is lost.

use super::Use;
use crate::runtime::{Packet, Shared};
use crate::sync::{Mutex, lock};
use crate::waiters::Waiters;
use longshore::{Event, Listener, PeerAddr, Started, Stream};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

pub(crate) struct Acceptor {
    listener: Listener<Packet>,
    runtime: Arc<Shared>,
    state: Mutex<State>,
}

type Accepted = io::Result<(Stream<Packet>, PeerAddr)>;

struct State {
    ready: VecDeque<Accepted>,
    in_flight: bool,
    waiters: Waiters,
}

impl Acceptor {
    pub(super) fn new(listener: Listener<Packet>, runtime: Arc<Shared>) -> Arc<Acceptor> {
        let state = State { ready: VecDeque::new(), in_flight: false, waiters: Waiters::new() };
        Arc::new(Acceptor { listener, runtime, state: Mutex::new(state) })
    }

    pub(super) fn listener(&self) -> &Listener<Packet> {
        &self.listener
    }

    /// An accept has ended, on a thread of the pool.
    pub(crate) fn accepted(&self, result: Accepted) {
        let mut state = lock(&self.state);
        state.in_flight = false;
        state.ready.push_back(result);
        let waiters = state.waiters.take();
        drop(state);
        waiters.wake();
    }

    pub(super) fn poll_accept(
        self: &Arc<Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(Use, PeerAddr)>> {
        let mut state = lock(&self.state);
        if state.ready.is_empty() && !state.in_flight {
            // Under the lock, which the completion waits for if it comes through the port at once.
            match self.listener.start_accept(Packet::Accept(self.clone())) {
                Started::Done(done) => {
                    let Event::Accept { result, .. } = done.event else {
                        unreachable!("an accept ends as an accept")
                    };
                    state.ready.push_back(result);
                }
                Started::Pending(_) => state.in_flight = true,
            }
        }
        let Some(result) = state.ready.pop_front() else {
            state.waiters.add(context.waker());
            return Poll::Pending;
        };
        drop(state);
        Poll::Ready(result.map(|(stream, peer)| (Use::new(stream, self.runtime.clone()), peer)))
    }
}
