//! Timers: a timer that is due becomes a posted packet, or a retry of a lane.
//!
//! The timers of a port are ordered by deadline in one map; the port's clock is set to the earliest. The
//! thread that inserts an earlier one, or removes the earliest, sets the clock again.

use crate::sync::{Mutex, MutexGuard};
use longshore_types::{TimerId, TimerQueue};
use std::time::{Duration, Instant};

struct Pending<T> {
    timers: TimerQueue<T>,
    /// What the clock is set to.
    clock: Option<Instant>,
}

/// The timers of one port.
pub(crate) struct Timers<T> {
    pending: Mutex<Pending<T>>,
}

impl<T> Timers<T> {
    pub(crate) fn new() -> Self {
        Timers { pending: Mutex::new(Pending { timers: TimerQueue::new(), clock: None }) }
    }

    fn lock(&self) -> MutexGuard<'_, Pending<T>> {
        self.pending.lock()
    }

    /// The caller sets the clock afterwards.
    pub(crate) fn insert(&self, deadline: Instant, what: T) -> TimerId {
        self.lock().timers.insert(deadline, what)
    }

    /// Removes a timer before it is due. The clock may then expire without a due timer, which is harmless.
    pub(crate) fn remove(&self, id: TimerId) -> Option<T> {
        self.lock().timers.remove(id)
    }

    /// The earliest timer, if it is due.
    pub(crate) fn take_due(&self) -> Option<T> {
        let mut pending = self.lock();
        // The clock has expired: it must be set again for the remaining timers.
        pending.clock = None;
        pending.timers.take_due(Instant::now())
    }

    /// Sets the clock to the earliest timer, if it is not set to it or to something earlier already. `set` is
    /// told how long that is, and runs under the lock: otherwise a thread that was preempted on its way to
    /// setting a late deadline would overwrite an earlier one that another has set meanwhile.
    pub(crate) fn set_clock(&self, set: impl FnOnce(Duration)) {
        let mut pending = self.lock();
        let Some(deadline) = pending.timers.earliest() else {
            return;
        };
        if pending.clock.is_none_or(|clock| clock > deadline) {
            pending.clock = Some(deadline);
            set(deadline.saturating_duration_since(Instant::now()));
        }
    }

    /// Drops all of them.
    pub(crate) fn clear(&self) {
        // A variable, so that the lock is released before what they own is dropped.
        let timers = self.lock().timers.take_all();
        drop(timers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_set_to_the_earliest_timer_and_only_when_that_changes() {
        let timers = Timers::new();
        let clock_set_to = |timers: &Timers<_>| {
            let mut set_to = None;
            timers.set_clock(|left| set_to = Some(left));
            set_to
        };
        let now = Instant::now();
        timers.insert(now + Duration::from_secs(60), "late");
        assert!(clock_set_to(&timers).is_some());
        timers.insert(now + Duration::from_secs(90), "later");
        assert!(clock_set_to(&timers).is_none());
        let early = timers.insert(now + Duration::from_secs(30), "early");
        assert!(clock_set_to(&timers).is_some_and(|left| left <= Duration::from_secs(30)));
        assert_eq!(timers.remove(early), Some("early"));
        assert_eq!(timers.remove(early), None);
        assert!(timers.take_due().is_none());
    }
}
