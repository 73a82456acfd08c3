//! Timers: a timer that is due becomes a posted packet, or a retry of a lane.
//!
//! The timers of a port are ordered by deadline in one map; the port's clock is set to the earliest. The
//! thread that inserts an earlier one, or removes the earliest, sets the clock again.

use crate::sync::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Identifies a timer of a port, for [`crate::Core::cancel_timer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    deadline: Instant,
    number: u64,
}

struct Pending<T> {
    timers: BTreeMap<TimerId, T>,
    last_number: u64,
    /// What the clock is set to.
    clock: Option<Instant>,
}

/// The timers of one port.
pub(crate) struct Timers<T> {
    pending: Mutex<Pending<T>>,
}

impl<T> Timers<T> {
    pub(crate) fn new() -> Self {
        Timers { pending: Mutex::new(Pending { timers: BTreeMap::new(), last_number: 0, clock: None }) }
    }

    fn lock(&self) -> MutexGuard<'_, Pending<T>> {
        self.pending.lock()
    }

    /// The caller sets the clock afterwards.
    pub(crate) fn insert(&self, deadline: Instant, what: T) -> TimerId {
        let mut pending = self.lock();
        pending.last_number += 1;
        let id = TimerId { deadline, number: pending.last_number };
        pending.timers.insert(id, what);
        id
    }

    /// Removes a timer before it is due. The clock may then expire without a due timer, which is harmless.
    pub(crate) fn remove(&self, id: TimerId) -> Option<T> {
        self.lock().timers.remove(&id)
    }

    /// The earliest timer, if it is due.
    pub(crate) fn take_due(&self) -> Option<T> {
        let mut pending = self.lock();
        // The clock has expired: it must be set again for the remaining timers.
        pending.clock = None;
        let earliest = pending.timers.first_entry()?;
        (earliest.key().deadline <= Instant::now()).then(|| earliest.remove())
    }

    /// Sets the clock to the earliest timer, if it is not set to it or to something earlier already. `set` is
    /// told how long that is, and runs under the lock: otherwise a thread that was preempted on its way to
    /// setting a late deadline would overwrite an earlier one that another has set meanwhile.
    pub(crate) fn set_clock(&self, set: impl FnOnce(Duration)) {
        let mut pending = self.lock();
        let Some((earliest, _)) = pending.timers.first_key_value() else {
            return;
        };
        let deadline = earliest.deadline;
        if pending.clock.is_none_or(|clock| clock > deadline) {
            pending.clock = Some(deadline);
            set(deadline.saturating_duration_since(Instant::now()));
        }
    }

    /// Drops all of them.
    pub(crate) fn clear(&self) {
        let timers = std::mem::take(&mut self.lock().timers);
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

    #[test]
    fn due_timers_come_in_the_order_of_their_deadlines() {
        let timers = Timers::new();
        let past = Instant::now() - Duration::from_secs(1);
        timers.insert(past + Duration::from_millis(2), 'b');
        timers.insert(past + Duration::from_millis(1), 'a');
        timers.insert(past + Duration::from_millis(2), 'c');
        let order: String = std::iter::from_fn(|| timers.take_due()).collect();
        assert_eq!(order, "abc");
    }
}
