//! The dispatcher lock: who waits for what, and what only changes together with that.
//!
//! There is one for the process, as there was one in NT: a wait for several objects takes them all or none,
//! which one lock makes plain. What happens on every operation, signalling an object nobody waits for, does
//! without it ([`crate::object::wait`]). Nothing is called out to with it held, and nothing is dropped that
//! has a destructor of consequence: threads that were released are woken after it.

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

/// The dispatcher lock, held. When it is dropped, first the lock is released, then those are woken whose
/// waits were satisfied meanwhile.
pub(crate) struct Dispatcher {
    released: SmallVec<[Arc<WaitBlock>; 4]>,
    guard: Option<MutexGuard<'static, ()>>,
    /// Dropped last, when everybody was woken.
    _held_off: HoldOff,
}

impl Dispatcher {
    pub(crate) fn lock() -> Dispatcher {
        // A thread that is suspended with the lock held would stop them all, even
        // the one that is to resume it.
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
