//! Who waits for one thing.
//!
//! A waker is foreign code: its `clone`, `wake` and `drop` may take any lock, panic, or use the very object
//! it is kept in. So none of them runs while a lock is held: whoever keeps a waker clones it before and
//! drops the old one after ([`place`]), and wakers are taken out under the lock and woken behind it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes. A panic of a foreign waker is reported and goes no further: it is not to cost others their turn.
#[inline]
pub(crate) fn wake(waker: Waker) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
        tracing::error!("a waker panicked");
        // What it panicked with may panic, too, when it is dropped.
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(another);
        }
    }
}

/// Sees to it that a place, which a lock guards, has a waker of the same task as `waker`.
///
/// False if that needs a clone: the caller leaves the lock, clones into `spare`, and comes again. True if it
/// is there. What is in `spare` then is to be dropped once the lock is left.
#[inline]
pub(crate) fn place(kept: &mut Option<Waker>, waker: &Waker, spare: &mut Option<Waker>) -> bool {
    if kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
        return true;
    }
    match spare.take() {
        None => false,
        Some(clone) => {
            *spare = kept.replace(clone);
            true
        }
    }
}

/// Under which name a future is in [`Waiters`]; 0 is nobody's.
///
/// Futures have one each. Whoever polls by hand, through a trait, has none to keep it in: they share one, and
/// the last to poll is the one that is woken, as everywhere.
#[derive(Debug, Default)]
pub(crate) struct Key(u64);

impl Key {
    pub(crate) fn by_hand() -> Key {
        Key(1)
    }

    /// It was never used.
    pub(crate) fn is_nobodys(&self) -> bool {
        self.0 == 0
    }
}

/// Wakers of the futures that wait for the same thing: one, nearly always.
#[derive(Debug)]
pub(crate) struct Waiters {
    first: Option<Waker>,
    /// Whose it is.
    first_key: u64,
    others: Option<Box<Others>>,
    last_key: u64,
}

type Others = BTreeMap<u64, Option<Waker>>;

impl Waiters {
    pub(crate) const fn new() -> Waiters {
        Waiters { first: None, first_key: 0, others: None, last_key: 1 }
    }

    /// Keeps the waker of one future, as [`place`] does.
    #[inline]
    pub(crate) fn place(&mut self, key: &mut Key, waker: &Waker, spare: &mut Option<Waker>) -> bool {
        if key.is_nobodys() {
            self.last_key += 1;
            key.0 = self.last_key;
        }
        if self.first_key == key.0 || (self.first_key == 0 && !self.is_another(key)) {
            let placed = place(&mut self.first, waker, spare);
            if placed {
                self.first_key = key.0;
            }
            return placed;
        }
        let others = self.others.get_or_insert_default();
        match others.get_mut(&key.0) {
            Some(kept) => place(kept, waker, spare),
            None => {
                let clone = spare.take();
                let placed = clone.is_some();
                if placed {
                    others.insert(key.0, clone);
                }
                placed
            }
        }
    }

    /// Takes the waker of a future that waits no more, to be dropped once no lock is held.
    #[inline]
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Waker> {
        if key.is_nobodys() || self.is_empty() {
            return None;
        }
        if self.first_key == key.0 {
            self.first_key = 0;
            return self.first.take();
        }
        self.others.as_mut()?.remove(&key.0).flatten()
    }

    /// Takes all, to be woken once no lock is held.
    #[inline]
    pub(crate) fn take(&mut self) -> Woken {
        self.first_key = 0;
        Woken { first: self.first.take(), others: self.others.take() }
    }

    /// Nobody waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_none()
    }

    fn is_another(&self, key: &Key) -> bool {
        self.others.as_ref().is_some_and(|others| others.contains_key(&key.0))
    }
}

/// Those whose wait is over.
#[must_use = "they wait to be woken"]
pub(crate) struct Woken {
    first: Option<Waker>,
    others: Option<Box<Others>>,
}

impl Woken {
    #[inline]
    pub(crate) fn wake(self) {
        if let Some(first) = self.first {
            wake(first);
        }
        if let Some(others) = self.others {
            others.into_values().flatten().for_each(wake);
        }
    }
}
