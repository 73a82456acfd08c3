//! The dispatcher lock: it protects who waits for what, and what changes only together with that.
//!
//! The process has one, as NT had: with one lock it is simple that a wait for several objects takes all of
//! them or none. Signaling an object that no thread waits for, as every operation does, needs no lock
//! ([`crate::object::wait`]). While the lock is held no foreign code is called, and nothing is dropped whose
//! destructor does more than free memory. Released threads are woken after it.

use crate::object::wait::WaitBlock;
use crate::sync::{DispatcherGuard, lock_dispatcher};
use smallvec::SmallVec;
use std::cell::UnsafeCell;
use std::sync::Arc;

/// The dispatcher lock, held. When this is dropped, the lock is released first; then the threads whose
/// waits were satisfied are woken.
pub(crate) struct Dispatcher {
    released: SmallVec<[Arc<WaitBlock>; 4]>,
    guard: Option<DispatcherGuard>,
}

impl Dispatcher {
    pub(crate) fn lock() -> Dispatcher {
        Dispatcher { released: SmallVec::new(), guard: Some(lock_dispatcher()) }
    }

    /// Wakes the waiter once the lock is released.
    pub(crate) fn release(&mut self, block: Arc<WaitBlock>) {
        self.released.push(block);
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        // A thread that is suspended before everybody was woken would keep them, even the one that should
        // resume it.
        let _held_off = self.guard.take().map(DispatcherGuard::release);
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
