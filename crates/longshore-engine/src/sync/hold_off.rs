//! How a thread puts off being stopped from outside until no other thread depends on it.
//!
//! A face may stop a thread where it is (`SuspendThread`): a signal handler parks it until it is resumed, or
//! for ever. Parked with a lock of the engine it would stop everybody who needs that lock; parked as the
//! leader, which alone hears the kernel, it would make its port deaf; parked between a decision to wake a
//! thread and the wake, it would leave that thread asleep. In these places a thread *holds off*: while it
//! holds any lock of the engine, and from the moment it begins to take from a port until it has its packet.
//!
//! 1. The handler asks [`defer_stop`]. If the thread holds off, that says yes and notes that a stop is due;
//!    the handler returns, and the thread goes on.
//! 2. [`HoldOff`] counts up when it is made and down when it is dropped. The last one dropped finds the note
//!    and calls what [`on_stop`] named, which parks the thread there, outside every lock.
//! 3. A handler that runs between the last count and the check of the note finds that the thread does not
//!    hold off, and parks it at once. One that runs before the count finds it. Handler and thread are one
//!    thread, so nothing else can come between, and relaxed accesses with compiler fences are enough.
//! 4. A thread that sleeps in a port sees that a stop is due only when it wakes. So the thread that stops it
//!    calls [`crate::Membership::rouse`] until it is parked. It then leaves the stack of waiters, parks, and
//!    waits again once it was resumed; packets meanwhile go to others.
//!
//! The cost is an increment and a decrement of a thread-local counter.

use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering, compiler_fence};

thread_local! {
    /// Reasons the calling thread has not to be stopped now. Changed by the thread,
    /// read by its signal handler.
    static DEPTH: AtomicU32 = const { AtomicU32::new(0) };
    /// A stop came while it held off. Set by the signal handler, taken back by the thread.
    static DUE: AtomicBool = const { AtomicBool::new(false) };
}

static ON_STOP: OnceLock<fn()> = OnceLock::new();

/// The calling thread is not stopped while this exists.
#[must_use]
pub struct HoldOff {
    /// It counts on the thread that made it.
    _not_send: PhantomData<*const ()>,
}

impl HoldOff {
    /// Holds off, until the result is dropped.
    #[inline]
    #[expect(
        clippy::new_without_default,
        reason = "it does something to the thread: nobody gets one by accident"
    )]
    pub fn new() -> HoldOff {
        DEPTH.with(|depth| depth.store(depth.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
        compiler_fence(Ordering::SeqCst);
        HoldOff { _not_send: PhantomData }
    }

    /// Stops holding off for a moment: a stop that is due takes effect, unless another
    /// `HoldOff` of this thread exists.
    pub(crate) fn let_stop(&mut self) {
        count_out();
        DEPTH.with(|depth| depth.store(depth.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
        compiler_fence(Ordering::SeqCst);
    }
}

impl Drop for HoldOff {
    #[inline(always)]
    fn drop(&mut self) {
        count_out();
    }
}

#[inline(always)]
fn count_out() {
    compiler_fence(Ordering::SeqCst);
    let left = DEPTH.with(|depth| {
        let left = depth.load(Ordering::Relaxed) - 1;
        depth.store(left, Ordering::Relaxed);
        left
    });
    compiler_fence(Ordering::SeqCst);
    if left == 0 && is_stop_due() {
        stop();
    }
}

#[cold]
fn stop() {
    DUE.with(|due| due.store(false, Ordering::Relaxed));
    if let Some(stop) = ON_STOP.get() {
        stop();
    }
}

/// Whether a stop came while the calling thread held off.
#[inline]
pub(crate) fn is_stop_due() -> bool {
    DUE.with(|due| due.load(Ordering::Relaxed))
}

/// Names what stops the calling thread after a stop was deferred. The first call counts.
pub fn on_stop(stop: fn()) {
    let _ = ON_STOP.set(stop);
}

/// For a signal handler that is to stop the thread it runs on: true if the thread must go on for the moment.
/// It then stops itself as soon as it can, by what [`on_stop`] named. Async-signal-safe.
pub fn defer_stop() -> bool {
    let holds_off = DEPTH.with(|depth| depth.load(Ordering::Relaxed)) > 0;
    if holds_off {
        DUE.with(|due| due.store(true, Ordering::Relaxed));
    }
    holds_off
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::fixtures::stop_by;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn a_stop_takes_effect_when_the_last_one_lets_go_and_once() {
        let stops = Rc::new(Cell::new(0));
        let counted = stops.clone();
        stop_by(move || counted.set(counted.get() + 1));
        assert!(!defer_stop(), "nobody holds off: stop here");
        let mut outer = HoldOff::new();
        assert!(defer_stop());
        drop(HoldOff::new());
        assert_eq!(stops.get(), 0, "one still holds off");
        outer.let_stop();
        assert_eq!(stops.get(), 1);
        assert!(defer_stop(), "it holds off again");
        drop(outer);
        assert_eq!(stops.get(), 2);
        drop(HoldOff::new());
        assert_eq!(stops.get(), 2);
    }

    #[test]
    fn whoever_holds_a_lock_of_the_engine_holds_off() {
        let stops = Rc::new(Cell::new(0));
        let counted = stops.clone();
        stop_by(move || counted.set(counted.get() + 1));
        let (lock, mutex) = (crate::sync::Lock::new(()), crate::sync::Mutex::new(()));
        let guard = lock.lock();
        assert!(defer_stop());
        drop(guard);
        assert_eq!(stops.get(), 1);
        let guard = mutex.lock();
        assert!(defer_stop());
        drop(guard);
        assert_eq!(stops.get(), 2);
    }
}
