//! The locks and condition variables of the port, so that loom can stand in for the real ones and drive the
//! real code (`RUSTFLAGS="--cfg loom"`). Poisoning is not used: no user code runs under these locks.
//!
//! [`Lock`] protects what every operation takes, [`Mutex`] what goes with a [`Condvar`].

pub(crate) mod hold_off;
#[cfg_attr(
    loom,
    allow(dead_code, reason = "the port's models stand on loom's mutex; this one has models of its own")
)]
mod lock;
mod mutex;
pub(crate) mod threads;

pub(crate) use mutex::Condvar;
pub use mutex::{Mutex, MutexGuard};

#[cfg(not(loom))]
use std::sync as imp;

#[cfg(loom)]
use loom::sync as imp;

pub(crate) use imp::atomic::AtomicU64;
// Public as `StopFlag`.
pub use imp::atomic::AtomicBool;

/// A cell that loom can watch for conflicting accesses; the accesses themselves are raw.
#[cfg(loom)]
pub(crate) use loom::cell::UnsafeCell as SlotCell;

#[cfg(not(loom))]
pub(crate) struct SlotCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> SlotCell<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        SlotCell(std::cell::UnsafeCell::new(value))
    }

    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    #[inline]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

#[cfg(not(loom))]
pub use lock::Lock;
#[cfg(not(loom))]
pub(crate) use lock::LockGuard;

#[cfg(loom)]
pub use mutex::Mutex as Lock;
#[cfg(loom)]
pub(crate) use mutex::MutexGuard as LockGuard;
