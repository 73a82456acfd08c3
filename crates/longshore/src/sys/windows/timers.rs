//! Timers as packets: what is due becomes a posted packet.
//!
//! The timers of a port are ordered by deadline in one map. A thread of the port's own, started
//! with its first timer, sleeps until the earliest and posts it. It holds no reference to the port,
//! and ends when the port is closed.

use longshore_types::{TimerId, TimerQueue};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

struct Pending<T> {
    timers: TimerQueue<(usize, T)>,
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
        let pending = Pending { timers: TimerQueue::new(), started: false, closed: false };
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
        let earliest = pending.timers.earliest().is_none_or(|earliest| deadline < earliest);
        let id = pending.timers.insert(deadline, (key, timer));
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
        self.shared.lock().timers.remove(id)
    }

    /// Drops all of them, and refuses more.
    pub(super) fn close(&self) {
        let mut pending = self.shared.lock();
        pending.closed = true;
        let timers = pending.timers.take_all();
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
            let Some(earliest) = pending.timers.earliest() else {
                pending = self.earlier.wait(pending).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let now = Instant::now();
            if let Some((key, timer)) = pending.timers.take_due(now) {
                drop(pending);
                post(key, timer);
                pending = self.lock();
            } else {
                let waited = self.earlier.wait_timeout(pending, earliest.saturating_duration_since(now));
                pending = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}
