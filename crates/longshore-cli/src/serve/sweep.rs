//! The table of connections, and the sweep that ends those whose time is up.
//!
//! A timer packet walks the table when the next deadline is due, at most once a second; a request sets
//! and changes its deadline with one relaxed store. A timer per request would cost more than the
//! request. While there are no connections there is no timer either.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore::Stream;
use slab::Slab;

use super::Work;

/// What a connection is doing, as far as the sweep is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Waiting for the first byte of a request.
    Idle,
    /// In the middle of a request.
    Reading,
    /// Sending a response, or giving the client time to read its last one.
    Writing,
}

/// A deadline in milliseconds with a [`Doing`] in its two lowest bits, in one word so that the
/// sweep never sees one without the other. It guards no other memory, hence relaxed throughout.
#[derive(Debug, Default)]
struct Deadline(AtomicU64);

impl Deadline {
    fn set(&self, doing: Doing, deadline_ms: u64) {
        self.0.store(deadline_ms << 2 | doing as u64, Ordering::Relaxed);
    }

    fn get(&self) -> (Doing, u64) {
        let word = self.0.load(Ordering::Relaxed);
        let doing = match word & 3 {
            0 => Doing::Idle,
            1 => Doing::Reading,
            _ => Doing::Writing,
        };
        (doing, word >> 2)
    }
}

/// Every open connection.
#[derive(Default)]
pub struct Connections {
    table: Mutex<Slab<(Stream<Work>, Arc<Deadline>)>>,
    count: AtomicUsize,
}

/// A connection's place in the table; given back on drop.
pub struct Seat {
    connections: Arc<Connections>,
    number: usize,
    deadline: Arc<Deadline>,
}

impl Connections {
    pub fn seat(self: &Arc<Self>, stream: &Stream<Work>, doing: Doing, deadline_ms: u64) -> Seat {
        let deadline = Arc::new(Deadline::default());
        deadline.set(doing, deadline_ms);
        let number = self.table().insert((stream.clone(), deadline.clone()));
        self.count.fetch_add(1, Ordering::Relaxed);
        Seat { connections: self.clone(), number, deadline }
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Ends the connections whose deadline has passed, and tells when the next one's will. Harmless
    /// when one of them moves on at the same moment: a receive ends as if the client had finished,
    /// so nothing that arrived is lost.
    pub fn sweep(&self, now_ms: u64) -> Option<u64> {
        let mut next_ms = None;
        for (_, (stream, deadline)) in self.table().iter() {
            let (doing, deadline_ms) = deadline.get();
            if now_ms >= deadline_ms {
                match doing {
                    Doing::Idle | Doing::Reading => finish_receiving(stream),
                    Doing::Writing => stream.close(),
                }
            }
            // One that does not end at once is looked at again, not before the interval is over.
            next_ms = Some(next_ms.map_or(deadline_ms, |next_ms: u64| next_ms.min(deadline_ms)));
        }
        next_ms
    }

    /// Ends the connections that wait for a request; the others end after their response.
    pub fn dismiss_idle(&self) {
        for (_, (stream, deadline)) in self.table().iter() {
            if deadline.get().0 == Doing::Idle {
                finish_receiving(stream);
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, Slab<(Stream<Work>, Arc<Deadline>)>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a pending receive complete with what has arrived, or with 0. It fails only when the
/// connection is gone, and then the receive has completed anyway.
fn finish_receiving(stream: &Stream<Work>) {
    let _ = stream.shutdown(std::net::Shutdown::Read);
}

impl Seat {
    pub fn set(&self, doing: Doing, deadline_ms: u64) {
        self.deadline.set(doing, deadline_ms);
    }

    pub fn deadline_ms(&self) -> u64 {
        self.deadline.get().1
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let removed = self.connections.table().try_remove(self.number);
        self.connections.count.fetch_sub(1, Ordering::Relaxed);
        // The stream, which may be the last reference, is dropped after the lock.
        drop(removed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_keeps_what_was_set() {
        let deadline = Deadline::default();
        for doing in [Doing::Idle, Doing::Reading, Doing::Writing] {
            deadline.set(doing, 123_456_789);
            assert_eq!(deadline.get(), (doing, 123_456_789));
        }
    }
}
