//! What futures wait for: operations of the port.
//!
//! [`Slot`] is for those that belong to an object and outlive the futures that wait. [`perform`] is for one that a
//! future starts for itself, such as a read of a file or a connect: dropping the future requests its end, and the
//! event, with the buffers in it, is dropped when it comes; the kernel has let go of them by then.

#[cfg(all(test, loom))]
mod models;
mod slot;

pub(crate) use slot::{Kept, Look, Slot, Wait};

use crate::packet::{Packet, Starter, at_once};
use longshore::{Event, OpId, Started};
use std::io;
use std::sync::Arc;

/// An operation of one future.
struct Once(Slot<Option<Event<Packet>>>);

impl Kept for Option<Event<Packet>> {
    fn keep(&mut self, event: Event<Packet>) {
        *self = Some(event);
    }
}

impl Starter for Once {
    fn ended(self: Arc<Self>, event: Event<Packet>) {
        self.0.ended(event);
    }

    fn lost(&self) {
        self.0.lost();
    }
}

/// Requests the operation's end if the future is dropped while it waits.
struct Cancel<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Cancel<F> {
    fn drop(&mut self) {
        if let Some(cancel) = self.0.take() {
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
    let once = Arc::new(Once(Slot::busy(None)));
    let cancel = match start(Packet::operation(once.clone()))? {
        StartResult::Ended(event) => return Ok(event),
        StartResult::Pending(cancel) => cancel,
    };
    let mut cancel = Cancel(Some(cancel));
    let event = once.0.wait(|key, context| {
        let take = |event: &mut Option<_>, _| event.take().map_or(Look::Start, Look::Take);
        once.0.poll(key, context, take, || unreachable!("it was started"))
    });
    let event = event.await;
    cancel.0 = None;
    event
}

/// The same, of an operation that always starts.
pub(crate) async fn started(
    start: impl FnOnce(Packet) -> Started<Packet>,
    cancel: impl FnOnce(OpId),
) -> io::Result<Event<Packet>> {
    let start = |packet| {
        Ok(match at_once(start(packet)) {
            Ok(event) => StartResult::Ended(event),
            Err(id) => StartResult::Pending(move || cancel(id)),
        })
    };
    perform(start).await
}
