//! Who waits for one thing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes. A panic of a foreign waker is reported and goes no further: it is not to cost others their turn.
#[inline]
pub(crate) fn wake(waker: Waker) {
    if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
        tracing::error!("a waker panicked");
    }
}

/// Puts a waker in the place of one that does not wake the same task. That one comes back, to be dropped once
/// no lock is held: its destructor may be foreign code.
pub(crate) fn replace(kept: &mut Waker, waker: &Waker) -> Option<Waker> {
    (!kept.will_wake(waker)).then(|| std::mem::replace(kept, waker.clone()))
}

/// Wakers of the tasks that wait for the same thing: one, nearly always.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl Waiters {
    pub(crate) const fn new() -> Waiters {
        Waiters { first: None, others: Vec::new() }
    }

    /// Adds a waker, unless it wakes the same task as one that is there.
    pub(crate) fn add(&mut self, waker: &Waker) {
        match &mut self.first {
            none @ None => *none = Some(waker.clone()),
            Some(first) if first.will_wake(waker) => {}
            Some(_) if self.others.iter().any(|other| other.will_wake(waker)) => {}
            Some(_) => self.others.push(waker.clone()),
        }
    }

    /// Takes all, to be woken once no lock is held.
    pub(crate) fn take(&mut self) -> Waiters {
        std::mem::take(self)
    }

    pub(crate) fn wake(self) {
        if let Some(first) = self.first {
            wake(first);
        }
        self.others.into_iter().for_each(wake);
    }
}
