//! What threads meet through, so that loom can stand in for it (`RUSTFLAGS="--cfg loom"`).

#[cfg(not(loom))]
use std::sync as imp;

#[cfg(loom)]
use loom::sync as imp;

pub(crate) use imp::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
pub(crate) use imp::{Mutex, MutexGuard};

/// Nothing under such a lock panics, so there is no poison to mind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(),
    }
}
