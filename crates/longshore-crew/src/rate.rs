//! How fast threads are started.

use super::INTERVAL;
use std::time::Instant;

/// So many at once, then one each [`INTERVAL`]; what was not used accumulates.
pub(crate) struct Rate {
    at_once: u32,
    /// When the next would be due if they had come evenly; `None` before the first.
    next: Option<Instant>,
}

impl Rate {
    pub(crate) fn new(at_once: usize) -> Rate {
        Rate { at_once: u32::try_from(at_once).unwrap_or(u32::MAX), next: None }
    }

    /// When the thread that is decided upon now may begin.
    pub(crate) fn next(&mut self, now: Instant) -> Instant {
        let credit = INTERVAL * self.at_once.saturating_sub(1);
        let even = self.next.map_or(now, |next| next.max(now));
        // Due is what is ahead of the even pace by less than the credit.
        self.next = Some(even + INTERVAL);
        let ahead = even.saturating_duration_since(now);
        now + ahead.saturating_sub(credit)
    }
}
