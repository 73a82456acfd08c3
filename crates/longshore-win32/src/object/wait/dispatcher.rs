//! The dispatcher lock: it protects who waits for what, and what changes only together with that.
//!
//! The process has one, as NT had: with one lock it is simple that a wait for several objects takes all of
//! them or none. Signaling an object that no thread waits for, as every operation does, needs no lock
//! ([`crate::object::wait`]). While the lock is held no foreign code is called, and nothing is dropped whose
//! destructor does more than free memory. Released threads are woken after it.

use crate::object::wait::WaitBlock;
use crate::sync;
use longshore_engine::HoldOff;
use smallvec::SmallVec;
use std::cell::UnsafeCell;
use std::sync::Arc;

#[cfg(loom)]
use loom::sync::MutexGuard;
#[cfg(not(loom))]
use std::sync::MutexGuard;

/// The dispatcher lock, held. When this is dropped, the lock is released first; then the threads whose
/// waits were satisfied are woken.
pub(crate) struct Dispatcher {
    released: SmallVec<[Arc<WaitBlock>; 4]>,
    guard: Option<MutexGuard<'static, ()>>,
    /// Dropped last, when everybody was woken.
    _held_off: HoldOff,
}

impl Dispatcher {
    pub(crate) fn lock() -> Dispatcher {
        // A thread that is suspended while it holds the lock would stop all others,
        // even the one that should resume it.
        let held_off = HoldOff::new();
        Dispatcher { released: SmallVec::new(), guard: Some(sync::lock()), _held_off: held_off }
    }

    /// Wakes the waiter once the lock is released.
    pub(crate) fn release(&mut self, block: Arc<WaitBlock>) {
        self.released.push(block);
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.guard = None;
        for block in self.released.drain(..) {
            block.wake();
        }
    }
}

/// A value that only the holder of the dispatcher lock reaches.
#[derive(Default)]
pub(crate) struct Guarded<T>(UnsafeCell<T>);

// SAFETY: one thread at a time holds the dispatcher lock, and `get` borrows it for as long as the value.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    pub(crate) const fn new(value: T) -> Self {
        Guarded(UnsafeCell::new(value))
    }

    pub(crate) fn get<'a>(&'a self, _: &'a mut Dispatcher) -> &'a mut T {
        // SAFETY: there is one `Dispatcher` in the process at a time, borrowed for as long as the result
        // lives, so that no other reference into any guarded value exists.
        unsafe { &mut *self.0.get() }
    }
}
