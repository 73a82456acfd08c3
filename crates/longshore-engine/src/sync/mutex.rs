//! The mutex for everything but the port's two locks, and the condition variable that goes with it.
//!
//! It is the standard one, or loom's, with two differences: its holder is not stopped from outside
//! ([`crate::sync::hold_off`]), and it has no poison, since no code runs under it that may panic.

#[cfg(loom)]
use loom::sync as imp;
#[cfg(not(loom))]
use std::sync as imp;

use super::hold_off::HoldOff;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

/// Mutual exclusion around a value.
#[derive(Debug, Default)]
pub struct Mutex<T>(imp::Mutex<T>);

/// A [`Mutex`], held.
pub struct MutexGuard<'a, T> {
    /// Declared first, so that it is dropped first: the mutex is free when a deferred stop takes effect.
    guard: imp::MutexGuard<'a, T>,
    held_off: HoldOff,
}

impl<T> Mutex<T> {
    /// A mutex around this value.
    #[cfg(not(loom))]
    pub const fn new(value: T) -> Self {
        Mutex(imp::Mutex::new(value))
    }

    /// A mutex around this value.
    #[cfg(loom)]
    pub fn new(value: T) -> Self {
        Mutex(imp::Mutex::new(value))
    }

    /// Takes the mutex, waiting while another thread holds it.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let held_off = HoldOff::new();
        let guard = match self.0.lock() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        };
        MutexGuard { guard, held_off }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// A condition variable for one [`Mutex`]. A waiting thread holds off for as long as it waits.
pub(crate) struct Condvar(imp::Condvar);

impl Condvar {
    pub(crate) fn new() -> Self {
        Condvar(imp::Condvar::new())
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let MutexGuard { guard, held_off } = guard;
        let guard = match self.0.wait(guard) {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        };
        MutexGuard { guard, held_off }
    }

    /// Waits until notified or until the deadline; spurious returns are possible.
    pub(crate) fn wait_until<'a, T>(&self, guard: MutexGuard<'a, T>, deadline: Instant) -> MutexGuard<'a, T> {
        self.wait_for(guard, deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits until notified or until so much time has passed; spurious returns are possible.
    pub(crate) fn wait_for<'a, T>(&self, guard: MutexGuard<'a, T>, time: Duration) -> MutexGuard<'a, T> {
        let MutexGuard { guard, held_off } = guard;
        let guard = match self.0.wait_timeout(guard, time) {
            Ok((guard, _)) => guard,
            Err(poisoned) => poisoned.into_inner().0,
        };
        MutexGuard { guard, held_off }
    }
}
