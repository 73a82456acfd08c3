//! The mutex of the C face.
//!
//! It is the standard one, with three differences: its holder is not stopped from outside
//! ([`longshore_engine::HoldOff`]), it knows its place in the order of locks ([`super::rank`]), and it has no
//! poison, since no code of the program runs under it, and a panic is caught at the door.

#![expect(clippy::disallowed_types, reason = "what they are wrapped into")]

use super::rank::{Entry, Rank};
use longshore_engine::HoldOff;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError, TryLockError};

/// Mutual exclusion around a value, for as long as it takes to read or change it.
pub struct Lock<T> {
    rank: Rank,
    mutex: Mutex<T>,
}

/// A [`Lock`], held. The fields are dropped in this order: the lock is free when a deferred stop takes effect.
pub struct LockGuard<'a, T> {
    guard: std::sync::MutexGuard<'a, T>,
    entry: Entry,
    held_off: HoldOff,
}

impl<T> Lock<T> {
    /// A lock of this rank around this value.
    pub(crate) const fn new(rank: Rank, value: T) -> Self {
        Lock { rank, mutex: Mutex::new(value) }
    }

    /// A lock that is taken last and alone. The name is for messages.
    pub(crate) const fn last(name: &'static str, value: T) -> Self {
        Lock::new(Rank::last(name), value)
    }

    /// Takes the lock, waiting while another thread holds it.
    ///
    /// # Panics
    /// With debug assertions, if the order of locks forbids it.
    #[cfg_attr(debug_assertions, track_caller)]
    #[inline]
    pub(crate) fn lock(&self) -> LockGuard<'_, T> {
        let entry = self.rank.enter();
        let held_off = HoldOff::new();
        LockGuard { guard: self.mutex.lock().unwrap_or_else(PoisonError::into_inner), entry, held_off }
    }
}

impl<'a, T> LockGuard<'a, T> {
    /// Releases the lock, but holds off for as long as the result exists.
    pub(crate) fn release(self) -> HoldOff {
        self.held_off
    }
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// A condition variable for one [`Lock`]. A waiting thread holds off for as long as it waits.
#[derive(Default)]
pub(crate) struct Condvar(std::sync::Condvar);

impl Condvar {
    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Waits until notified, without the lock. Spurious returns are possible.
    ///
    /// # Panics
    /// With debug assertions, if the thread holds another lock as well.
    #[cfg_attr(debug_assertions, track_caller)]
    pub(crate) fn wait<'a, T>(&self, guard: LockGuard<'a, T>) -> LockGuard<'a, T> {
        let LockGuard { guard, entry, held_off } = guard;
        entry.may_sleep();
        let guard = self.0.wait(guard).unwrap_or_else(PoisonError::into_inner);
        LockGuard { guard, entry, held_off }
    }
}

/// Lets calls be made one after another. Unlike a [`Lock`] it is held while its call waits for a device, so
/// its holder may be stopped: whoever waits for its turn waits for the device as well.
pub(crate) struct Turn(Mutex<()>);

/// A [`Turn`], taken.
pub(crate) struct TurnGuard<'a> {
    _guard: std::sync::MutexGuard<'a, ()>,
    _entry: Entry,
}

impl Turn {
    pub(crate) const fn new() -> Turn {
        Turn(Mutex::new(()))
    }

    /// Waits for the calls before this one. Q8: another thread may use the slot of the port meanwhile.
    ///
    /// # Panics
    /// With debug assertions, if the thread holds a lock.
    #[cfg_attr(debug_assertions, track_caller)]
    pub(crate) fn take(&self) -> TurnGuard<'_> {
        let entry = Rank::TURN.enter();
        let guard = match self.0.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                longshore_engine::blocking(|| self.0.lock().unwrap_or_else(PoisonError::into_inner))
            }
        };
        TurnGuard { _guard: guard, _entry: entry }
    }
}

#[cfg(all(test, debug_assertions, not(loom)))]
mod tests {
    use super::*;
    use crate::sync::rank::nothing_is_held;
    use std::panic::catch_unwind;

    /// What the panic says that this ends in.
    fn panic_of(act: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = catch_unwind(act).expect_err("it panics");
        panic.downcast::<String>().map_or_else(|_| String::new(), |text| *text)
    }

    #[test]
    fn locks_are_taken_in_the_order_of_their_ranks() {
        let (link, table) = (Lock::new(Rank::LINK, 1), Lock::new(Rank::HANDLES, 2));
        let last = Lock::last("a value", 3);
        let sum = *link.lock() + *table.lock() + *last.lock();
        assert_eq!(sum, 6);
        drop((link.lock(), table.lock()));
        // Released in the order in which they were taken, which is allowed.
        let (first, second, third) = (link.lock(), table.lock(), last.lock());
        drop(first);
        drop(second);
        drop(third);
        nothing_is_held("this test");
    }

    #[test]
    fn a_lock_taken_out_of_order_panics_with_both_names() {
        let text = panic_of(|| {
            let (link, table) = (Lock::new(Rank::LINK, ()), Lock::new(Rank::HANDLES, ()));
            let _table = table.lock();
            let _link = link.lock();
        });
        assert_eq!(text, "lock order: `a file's link` is taken while this thread holds `the handle table`");
        nothing_is_held("the thread whose locks were released by the panic");
    }

    #[test]
    fn locks_of_one_rank_are_not_taken_together() {
        let text = panic_of(|| {
            let (one, other) = (Lock::last("one", ()), Lock::last("other", ()));
            let _one = one.lock();
            let _other = other.lock();
        });
        assert_eq!(text, "lock order: `other` is taken while this thread holds `one`");
    }

    #[test]
    fn the_programs_code_does_not_run_under_a_lock() {
        let text = panic_of(|| {
            let lock = Lock::last("one", ());
            let _held = lock.lock();
            nothing_is_held("a callback");
        });
        assert_eq!(text, "lock order: a callback would run while this thread holds `one`");
        // The door that every callback goes through.
        let text = panic_of(|| {
            let lock = Lock::last("one", ());
            let _held = lock.lock();
            crate::abi::door::unwinding::call(|| ());
        });
        assert_eq!(text, "lock order: a callback would run while this thread holds `one`");
    }

    #[test]
    fn a_thread_sleeps_with_no_other_lock_than_the_one_it_releases() {
        let text = panic_of(|| {
            let (link, last) = (Lock::new(Rank::LINK, ()), Lock::last("one", ()));
            let _link = link.lock();
            drop(Condvar::default().wait(last.lock()));
        });
        assert_eq!(text, "lock order: a thread goes to sleep while it holds `a file's link`");
        // A call that waits for its end has its file's turn.
        let (turn, end, ended) = (Turn::new(), Lock::last("end", false), Condvar::default());
        let _turn = turn.take();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                *end.lock() = true;
                ended.notify_one();
            });
            let mut guard = end.lock();
            while !*guard {
                guard = ended.wait(guard);
            }
        });
    }

    #[test]
    fn a_lock_is_free_again_after_a_panic() {
        let lock = Lock::last("one", 5);
        let text = panic_of(std::panic::AssertUnwindSafe(|| {
            let _held = lock.lock();
            panic!("{}", "on purpose");
        }));
        assert_eq!((text.as_str(), *lock.lock()), ("on purpose", 5));
    }
}
