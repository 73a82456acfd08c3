//! Timers as packets: what is due becomes a posted packet.
//!
//! The timers of a port are ordered by deadline in one map. A thread of the port's own, started
//! with its first timer, sleeps until the earliest and posts it. It holds no reference to the port,
//! and ends when the port is closed.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// Identifies a timer of a port, for [`crate::Port::cancel_timer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    deadline: Instant,
    number: u64,
}

struct Pending<T> {
    timers: BTreeMap<TimerId, (usize, T)>,
    last_number: u64,
    started: bool,
    closed: bool,
}

/// The timers of one port.
pub(super) struct Timers<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    pending: Mutex<Pending<T>>,
    earlier: Condvar,
}

impl<T: Send + 'static> Timers<T> {
    pub(super) fn new() -> Self {
        let pending = Pending { timers: BTreeMap::new(), last_number: 0, started: false, closed: false };
        Timers { shared: Arc::new(Shared { pending: Mutex::new(pending), earlier: Condvar::new() }) }
    }

    /// Enters a timer; `post` will be called with it when it is due. A closed port gives it back.
    ///
    /// # Panics
    /// If the thread cannot be started.
    pub(super) fn insert(
        &self,
        deadline: Instant,
        key: usize,
        timer: T,
        post: impl FnOnce() -> Box<dyn FnMut(usize, T) + Send>,
    ) -> Result<TimerId, T> {
        let mut pending = self.shared.lock();
        if pending.closed {
            return Err(timer);
        }
        pending.last_number += 1;
        let id = TimerId { deadline, number: pending.last_number };
        let earliest = pending.timers.first_key_value().is_none_or(|(first, _)| id < *first);
        pending.timers.insert(id, (key, timer));
        if !pending.started {
            let (shared, post) = (self.shared.clone(), post());
            let thread = thread::Builder::new().name("longshore-timers".to_owned());
            thread.spawn(move || shared.run(post)).expect("the thread that the port's timers need");
            pending.started = true;
        } else if earliest {
            self.shared.earlier.notify_one();
        }
        Ok(id)
    }

    /// Takes a timer out before it is due.
    pub(super) fn remove(&self, id: TimerId) -> Option<(usize, T)> {
        self.shared.lock().timers.remove(&id)
    }

    /// Drops all of them, and refuses more.
    pub(super) fn close(&self) {
        let mut pending = self.shared.lock();
        pending.closed = true;
        let timers = std::mem::take(&mut pending.timers);
        drop(pending);
        self.shared.earlier.notify_one();
        drop(timers);
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Pending<T>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut post: Box<dyn FnMut(usize, T) + Send>) {
        let mut pending = self.lock();
        while !pending.closed {
            let Some(earliest) = pending.timers.first_entry() else {
                pending = self.earlier.wait(pending).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = earliest.key().deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let (key, timer) = earliest.remove();
                drop(pending);
                post(key, timer);
                pending = self.lock();
            } else {
                let waited = self.earlier.wait_timeout(pending, left);
                pending = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}
