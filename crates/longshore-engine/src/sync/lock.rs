//! The lock around the port's state: one atomic read-modify-write to take it, a plain store to release it.
//!
//! Posting and taking each hold it for a few dozen instructions, so the lock itself is most of their cost. An
//! ordinary mutex also pays a read-modify-write at release, to learn whether somebody sleeps. Here the
//! release is a store followed by a load of the number of sleepers, and the sleeper, who has time, pays for
//! the ordering between the two with membarrier(2). (The pattern is known as an asymmetric fence.)
//! It is kept because a turn that nobody contends takes about half as long as a turn of std's mutex
//! or parking_lot's (bench: `locks`).
//!
//! No wake is lost. Let the releaser do U1: `word = FREE`, U2: load `sleepers`; and the sleeper S1: add one
//! to `sleepers`, S2: membarrier, S3: futex_wait, which sleeps only if `word` is still `HELD`. The membarrier
//! makes every other thread execute a full barrier somewhere between its begin and its end:
//! 1. if the releaser's falls before U2, then U2 comes after S1 and sees the sleeper: it is woken;
//! 2. otherwise it falls after U2, hence after U1, and S3 comes after that: it sees `FREE` and does not
//!    sleep, or it sees a later holder's `HELD`, and the argument starts again with that holder.
//!
//! Where membarrier is refused from the start, every lock has a sleeper that is none ([`UNORDERED`]). So the
//! releaser always goes the long way, on which there is a full fence, and the argument is the usual one. Where it is refused later, because the process has locked itself in
//! meanwhile, the order cannot be enforced any more. The sleeper then sleeps with a short timeout, so
//! that a lost wake costs no more than that.
//!
//! loom drives this code with the full fence (`models`, below), because it has no membarrier. A membarrier is
//! a full fence, too: one that the sleeper causes in the releaser's thread.

use super::hold_off::HoldOff;
use super::imp::atomic::{AtomicU32, Ordering, fence};
use rustix::thread::Timespec;
use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use system::{futex_wait, futex_wake, membarrier_works, register};

const FREE: u32 = 0;
const HELD: u32 = 1;

/// In `sleepers`, for good, if there is no membarrier.
const UNORDERED: u32 = 1 << 31;

/// Tries before a thread goes to sleep, with pauses that double in between: longer than a holder needs,
/// unless it was preempted. The pauses matter: a thread that keeps looking at `word` makes the releaser's
/// store slow, and the releaser's next exchange then follows so closely that nobody ever sees the lock free.
const TRIES_MAX: u32 = if cfg!(loom) { 1 } else { 8 };

/// How long to sleep at a time when no order can be had.
const SLEEP_UNORDERED: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };

/// A mutual exclusion lock around a value. Not poisoned by panics; no user code runs under it.
pub struct Lock<T> {
    /// `FREE` or `HELD`. The exchange that takes it (acquire) pairs with the store that releases it.
    word: AtomicU32,
    /// Threads that sleep on `word` or are about to, and perhaps [`UNORDERED`]; see the head of this module for
    /// its ordering.
    sleepers: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the lock gives one thread at a time access to the value, which may therefore move between threads.
unsafe impl<T: Send> Send for Lock<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Lock<T> {}

/// The lock, held.
pub struct LockGuard<'a, T> {
    lock: &'a Lock<T>,
    /// Dropped after the lock was released, when a stop that was deferred may take effect.
    _held_off: HoldOff,
}

impl<T> Lock<T> {
    /// A lock around this value.
    pub fn new(value: T) -> Self {
        register();
        let sleepers = AtomicU32::new(if membarrier_works() { 0 } else { UNORDERED });
        Lock { word: AtomicU32::new(FREE), sleepers, value: UnsafeCell::new(value) }
    }

    #[inline]
    /// Takes the lock, waiting while another thread holds it.
    pub fn lock(&self) -> LockGuard<'_, T> {
        let held_off = HoldOff::new();
        if self.try_take().is_err() {
            self.take_slowly();
        }
        LockGuard { lock: self, _held_off: held_off }
    }

    #[inline]
    fn try_take(&self) -> Result<u32, u32> {
        self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
    }

    #[cold]
    fn take_slowly(&self) {
        for pause in 0..TRIES_MAX {
            for _ in 0..1 << pause {
                std::hint::spin_loop();
            }
            if self.try_take().is_ok() {
                return;
            }
        }
        self.sleepers.fetch_add(1, Ordering::SeqCst); // S1
        let ordered = heavy_barrier(); // S2
        let sleep_max = if ordered { None } else { Some(SLEEP_UNORDERED) };
        while self.try_take().is_err() {
            futex_wait(&self.word, HELD, sleep_max); // S3
        }
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
    }

    #[inline]
    fn release(&self) {
        self.word.store(FREE, Ordering::Release); // U1
        std::sync::atomic::compiler_fence(Ordering::SeqCst);
        // U2
        if self.sleepers.load(Ordering::Relaxed) != 0 {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        if !membarrier_works() {
            fence(Ordering::SeqCst);
            if self.sleepers.load(Ordering::Relaxed) == UNORDERED {
                return;
            }
        }
        futex_wake(&self.word);
    }
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so this thread holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard exists, so this thread holds the lock.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for LockGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.lock.release();
    }
}

/// Between S1 and S3. False if it had no effect on the releasers.
fn heavy_barrier() -> bool {
    if membarrier_works() {
        return system::membarrier();
    }
    fence(Ordering::SeqCst);
    true
}

/// What the kernel does for the lock.
#[cfg(not(loom))]
mod system {
    use super::Timespec;
    use rustix::thread::{MembarrierCommand, futex, membarrier as command};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    /// Whether the kernel supports it. Set before the first lock exists, and never changed again.
    static WORKS: AtomicBool = AtomicBool::new(false);

    /// Registers the process, once. The answer never changes, so both sides always
    /// agree on the kind of barrier.
    pub(super) fn register() {
        static REGISTERED: OnceLock<()> = OnceLock::new();
        REGISTERED.get_or_init(|| {
            let works = command(MembarrierCommand::RegisterPrivateExpedited).is_ok();
            WORKS.store(works, Ordering::Relaxed);
        });
    }

    /// The kernel's answer. [`super::Lock::new`] has asked for it before any lock exists.
    #[inline]
    pub(super) fn membarrier_works() -> bool {
        WORKS.load(Ordering::Relaxed)
    }

    /// A full barrier in every thread of the process that runs; false where that is refused.
    pub(super) fn membarrier() -> bool {
        command(MembarrierCommand::PrivateExpedited).is_ok()
    }

    /// Sleeps while `word` is `expected`, for so long at the most. Every return means the same: look again.
    pub(super) fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<Timespec>) {
        let _ = futex::wait(word, futex::Flags::PRIVATE, expected, timeout.as_ref());
    }

    /// Wakes one that sleeps on the word.
    pub(super) fn futex_wake(word: &AtomicU32) {
        let _ = futex::wake(word, futex::Flags::PRIVATE, 1);
    }
}

/// The same for loom: one queue of sleepers, for a model has one lock. Its mutex is what the
/// kernel's lock around a queue is.
#[cfg(loom)]
mod system {
    use super::Timespec;
    use loom::sync::atomic::{AtomicU32, Ordering};
    use loom::sync::{Condvar, Mutex};

    loom::lazy_static! {
        static ref SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
    }

    pub(super) fn register() {}

    pub(super) fn membarrier_works() -> bool {
        false
    }

    pub(super) fn membarrier() -> bool {
        unreachable!("it does not work")
    }

    pub(super) fn futex_wait(word: &AtomicU32, expected: u32, _: Option<Timespec>) {
        let queue = SLEEPERS.0.lock().unwrap();
        if word.load(Ordering::Relaxed) == expected {
            drop(SLEEPERS.1.wait(queue).unwrap());
        }
    }

    pub(super) fn futex_wake(_: &AtomicU32) {
        let _queue = SLEEPERS.0.lock().unwrap();
        SLEEPERS.1.notify_one();
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::thread;

    /// Takes the lock and counts; loom fails on two at a time, and on one that does
    /// not see what the last one did.
    fn count(lock: &Lock<UnsafeCell<usize>>) {
        let counter = lock.lock();
        // SAFETY: this thread holds the lock.
        counter.with_mut(|counter| unsafe { *counter += 1 });
    }

    fn threads_count(threads: usize) {
        loom::model(move || {
            let lock = Arc::new(Lock::new(UnsafeCell::new(0)));
            let others: Vec<_> = (1..threads)
                .map(|_| {
                    let lock = lock.clone();
                    thread::spawn(move || count(&lock))
                })
                .collect();
            count(&lock);
            // A lost wake leaves a thread asleep for ever; loom reports that as a deadlock.
            others.into_iter().for_each(|other| other.join().unwrap());
            // SAFETY: nobody else is left.
            assert_eq!(lock.lock().with(|counter| unsafe { *counter }), threads);
        });
    }

    #[test]
    fn two_threads_enter_one_at_a_time_and_none_is_left_asleep() {
        threads_count(2);
    }

    #[test]
    fn three_threads_enter_one_at_a_time_and_none_is_left_asleep() {
        threads_count(3);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn nobody_is_lost_and_nobody_is_let_in_twice() {
        const THREADS: usize = 8;
        const ROUNDS: usize = 20_000;
        let lock = Arc::new(Lock::new((0usize, false)));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let lock = lock.clone();
                std::thread::spawn(move || {
                    for round in 0..ROUNDS {
                        let mut value = lock.lock();
                        assert!(!std::mem::replace(&mut value.1, true), "two holders");
                        value.0 += 1;
                        if round % 64 == 0 {
                            // Makes the other threads run out of spins, so that they sleep.
                            std::thread::yield_now();
                        }
                        value.1 = false;
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(lock.lock().0, THREADS * ROUNDS);
    }
}
