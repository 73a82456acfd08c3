//! Waiting for objects.

use std::sync::atomic::{AtomicBool, Ordering};

/// The part of an object that waits look at.
#[derive(Debug)]
pub struct Waitable {
    signaled: AtomicBool,
}

impl Waitable {
    /// An object that stays signaled until it is cleared: a manual-reset event, a file, a thread.
    pub const fn notification(signaled: bool) -> Self {
        Waitable { signaled: AtomicBool::new(signaled) }
    }

    /// Signals it: threads that wait for it go on.
    pub fn set(&self) {
        self.signaled.store(true, Ordering::Release);
    }

    /// Takes the signal back.
    pub fn clear(&self) {
        self.signaled.store(false, Ordering::Release);
    }

    /// Whether it is signaled now.
    pub fn is_set(&self) -> bool {
        self.signaled.load(Ordering::Acquire)
    }
}
pub fn wait_one(_o: &std::sync::Arc<dyn crate::object::Object>, _ms: u32, _a: bool) -> u32 {
    0
}
