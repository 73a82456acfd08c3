//! The timers of a port, in the order of their deadlines.

use std::collections::BTreeMap;
use std::time::Instant;

/// Identifies a timer of a port, to cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    deadline: Instant,
    /// Timers with the same deadline go off in the order in which they were set.
    number: u64,
}

/// The timers that are not due yet. Who waits for the earliest, and how, is the backend's.
#[derive(Debug)]
pub struct TimerQueue<T> {
    timers: BTreeMap<TimerId, T>,
    last_number: u64,
}

impl<T> TimerQueue<T> {
    /// An empty one.
    pub fn new() -> Self {
        TimerQueue { timers: BTreeMap::new(), last_number: 0 }
    }

    /// Enters a timer. If its deadline is before [`TimerQueue::earliest`], whoever waits for that has to learn it.
    pub fn insert(&mut self, deadline: Instant, timer: T) -> TimerId {
        self.last_number += 1;
        let id = TimerId { deadline, number: self.last_number };
        self.timers.insert(id, timer);
        id
    }

    /// Takes a timer out before it is due; `None` if it was taken out before.
    pub fn remove(&mut self, id: TimerId) -> Option<T> {
        self.timers.remove(&id)
    }

    /// When the next one is due.
    pub fn earliest(&self) -> Option<Instant> {
        self.timers.first_key_value().map(|(id, _)| id.deadline)
    }

    /// Takes out the earliest, if it is due at `now`.
    pub fn take_due(&mut self, now: Instant) -> Option<T> {
        let earliest = self.timers.first_entry()?;
        (earliest.key().deadline <= now).then(|| earliest.remove())
    }

    /// Takes out all of them, in a queue of their own. An id is not used again.
    pub fn take_all(&mut self) -> TimerQueue<T> {
        TimerQueue { timers: std::mem::take(&mut self.timers), last_number: self.last_number }
    }
}

impl<T> Default for TimerQueue<T> {
    fn default() -> Self {
        TimerQueue::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn due_timers_come_in_the_order_of_their_deadlines() {
        let mut timers = TimerQueue::new();
        let start = Instant::now();
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        timers.insert(after(2), 'b');
        timers.insert(after(1), 'a');
        timers.insert(after(2), 'c');
        timers.insert(after(3), 'd');
        assert_eq!(timers.earliest(), Some(after(1)));
        assert_eq!(timers.take_due(start), None);
        let order: String = std::iter::from_fn(|| timers.take_due(after(2))).collect();
        assert_eq!(order, "abc");
        assert_eq!(timers.earliest(), Some(after(3)));
    }

    #[test]
    fn a_timer_is_taken_out_once() {
        let mut timers = TimerQueue::new();
        let id = timers.insert(Instant::now(), "only");
        assert_eq!(timers.remove(id), Some("only"));
        assert_eq!(timers.remove(id), None);
        timers.insert(Instant::now(), "another");
        let mut all = timers.take_all();
        assert_eq!(timers.earliest(), None);
        assert_eq!(all.take_due(Instant::now()), Some("another"));
    }
}
