//! What the threads of a port poll when they have nothing to do: the events that a kernel must offer.

use std::collections::VecDeque;
use std::time::Duration;

/// What a poll finds. If the work list is empty, this becomes the work list.
pub(crate) type Found<W> = VecDeque<W>;

/// What performing a piece of work came to, unless it came to a packet alone.
pub(crate) struct Performed<A: EventSource + ?Sized> {
    pub(crate) packet: Option<A::Packet>,
    /// The rest of the work: there is more to do right away.
    pub(crate) rest: Option<A::Work>,
}

/// What idle threads of a port poll: the reactor, or a model of it.
pub(crate) trait EventSource: Send + Sync {
    /// What a dequeue yields.
    type Packet: Send;
    /// Something ready to be performed.
    type Work: Send;

    /// Listens until something is ready, [`EventSource::wake`] is called, or the timeout (zero: just look)
    /// has passed. Adds what became ready to `found`. One thread at a time listens with a timeout other than
    /// zero. True if it heard a wake, which then nobody else will.
    fn poll(&self, timeout: Option<Duration>, found: &mut Found<Self::Work>) -> bool;

    /// Makes the current or the next `poll` return.
    fn wake(&self);

    /// Performs one piece of work. Usually it yields a packet, and that is all there is to it.
    fn perform(&self, work: Self::Work) -> Result<Self::Packet, Performed<Self>>;

    /// Whether anything exists that could become ready.
    fn has_sources(&self) -> bool;

    /// Whether a poll would find something, without taking it.
    fn is_ready(&self) -> bool;

    /// Asks the monitor to look after the port until further notice. False if it cannot at the moment.
    fn watch(&self) -> bool;

    /// Tells observers outside the port (the port's descriptor) that there is a packet.
    fn signal(&self);

    /// Takes back what [`EventSource::signal`] told.
    fn unsignal(&self);
}
