//! The figures of a port.

/// What a port is doing at the moment, and what it has done so far. Counted under locks that are taken
/// anyway, so it costs nothing until it is asked for.
///
/// On Windows the kernel wakes threads and compensates by itself and does not report it, and nothing is
/// polled. Figures marked "Linux" are 0 there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Packets in the queue, and (Linux) ready work that will yield packets.
    pub queued: usize,
    /// Threads running handlers, or on their way with a packet.
    pub running: usize,
    /// Threads asleep in the port.
    pub parked: usize,
    /// Threads inside a handler that do not count because they block; on Windows, those that said so with
    /// `blocking`.
    pub blocked: usize,
    /// Packets taken so far.
    pub dequeued: u64,
    /// Sleeping threads woken so far, for a packet or to look (Linux).
    pub wakes: u64,
    /// Times the automatic monitor gave a blocked thread's slot to another (Linux).
    pub compensations: u64,
    /// Times the reactor was asked for events (Linux).
    pub polls: u64,
    /// Pieces of work those polls yielded; divided by `polls`, the mean batch (Linux).
    pub events: u64,
    /// The largest batch (Linux).
    pub events_max: usize,
}
