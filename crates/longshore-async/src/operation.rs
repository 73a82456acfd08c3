//! An operation that one future starts and awaits, such as a read of a file or a connect.
//!
//! Who gets what, step by step:
//!
//! 1. The future starts the operation with a [`Pending`] as its context. If it ends at once, that is all.
//! 2. Otherwise the future leaves its waker under the lock and waits.
//! 3. The thread that takes the completion puts the event in the place of the waker, and wakes.
//! 4. A future that is dropped before says so under the same lock, and requests the operation's end. The
//!    event, with the buffers in it, is dropped when it comes: the kernel has let go of them by then.

use crate::runtime::Packet;
use crate::sync::{Mutex, lock};
use crate::waiters::{replace, wake};
use longshore::{Event, OpId, Started};
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub(crate) struct Pending(Mutex<State>);

enum State {
    Waiting(Option<Waker>),
    Ended(Box<Event<Packet>>),
    /// Nobody waits any more.
    Abandoned,
}

/// Cancels the operation if the future is dropped while it waits.
struct Waiting<F: FnOnce()> {
    operation: Arc<Pending>,
    cancel: Option<F>,
}

impl Pending {
    /// The event has come.
    pub(crate) fn ended(&self, event: Event<Packet>) {
        let mut state = lock(&self.0);
        if let State::Abandoned = *state {
            drop(state);
            return drop(event);
        }
        let State::Waiting(waker) = std::mem::replace(&mut *state, State::Ended(Box::new(event))) else {
            unreachable!("an operation ends once")
        };
        drop(state);
        if let Some(waker) = waker {
            wake(waker);
        }
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Event<Packet>> {
        let mut state = lock(&self.0);
        match &mut *state {
            State::Waiting(Some(waker)) => {
                let replaced = replace(waker, context.waker());
                drop(state);
                drop(replaced);
            }
            State::Waiting(none) => *none = Some(context.waker().clone()),
            State::Abandoned => unreachable!("whoever waits has not given up"),
            State::Ended(_) => {
                let State::Ended(event) = std::mem::replace(&mut *state, State::Abandoned) else {
                    unreachable!("it was looked at under the lock")
                };
                return Poll::Ready(*event);
            }
        }
        Poll::Pending
    }
}

impl<F: FnOnce()> Drop for Waiting<F> {
    fn drop(&mut self) {
        let Some(cancel) = self.cancel.take() else {
            return;
        };
        let before = std::mem::replace(&mut *lock(&self.operation.0), State::Abandoned);
        if let State::Waiting(_) = before {
            cancel();
        }
    }
}

/// What starting an operation came to.
pub(crate) enum StartResult<F: FnOnce()> {
    /// It has ended inside the call.
    Ended(Event<Packet>),
    /// Its event comes through the port; the closure requests its end.
    Pending(F),
}

/// Starts an operation and waits for its event.
pub(crate) async fn perform<F: FnOnce()>(
    start: impl FnOnce(Packet) -> io::Result<StartResult<F>>,
) -> io::Result<Event<Packet>> {
    let operation = Arc::new(Pending(Mutex::new(State::Waiting(None))));
    let cancel = match start(Packet::Operation(operation.clone()))? {
        StartResult::Ended(event) => return Ok(event),
        StartResult::Pending(cancel) => cancel,
    };
    let mut waiting = Waiting { operation, cancel: Some(cancel) };
    let event = poll_fn(|context| waiting.operation.poll(context)).await;
    waiting.cancel = None;
    Ok(event)
}

/// The same, of an operation that always starts.
pub(crate) async fn started(
    start: impl FnOnce(Packet) -> Started<Packet>,
    cancel: impl FnOnce(OpId),
) -> Event<Packet> {
    let start = |packet| {
        Ok(match start(packet) {
            Started::Done(done) => StartResult::Ended(done.event),
            Started::Pending(id) => StartResult::Pending(move || cancel(id)),
        })
    };
    match perform(start).await {
        Ok(event) => event,
        Err(error) => unreachable!("it has started: {error}"),
    }
}
