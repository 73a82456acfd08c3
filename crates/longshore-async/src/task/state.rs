//! What a task is doing, and who refers to it, in one word.
//!
//! Five flags, and above them the number of references. The flags say who may touch what:
//!
//! - [`SCHEDULED`]: a packet that will run the task is on its way, or, together with [`RUNNING`], the
//!   thread that polls it will send one. Whoever sets the flag on a task that has neither creates that
//!   packet; so there is at most one.
//! - [`RUNNING`]: one thread polls or drops the future, and has it to itself.
//! - [`COMPLETED`]: the future is gone for good and the output, if any, is there. The output belongs to the
//!   join handle while there is one, and to nobody otherwise.
//! - [`ABORTED`]: whoever runs the task next drops the future instead of polling it.
//! - [`JOINED`]: there is a join handle.
//!
//! How the three that meet agree, step by step:
//!
//! 1. A waker makes its news visible, then sets SCHEDULED with a read-modify-write that releases. If
//!    the task was idle, it sends the packet; if the flag was set already, the packet on its way has
//!    not begun: step 2 comes after.
//! 2. The thread that takes the packet exchanges SCHEDULED for RUNNING with an acquiring read-modify-write,
//!    so that it sees all news of those who set the flag before, and polls.
//! 3. After `Pending` it takes RUNNING back with a read-modify-write. If SCHEDULED was set meanwhile, it
//!    sends the packet itself: whoever set the flag saw RUNNING and left that to this thread.
//! 4. After `Ready` it exchanges RUNNING for COMPLETED. Wakers that come later find that and do nothing.
//! 5. The join handle withdraws by taking JOINED back unless COMPLETED is set. So exactly one of the two sees
//!    the other, and drops the output.

use crate::sync::AtomicUsize;
use std::sync::atomic::Ordering;

pub(crate) const SCHEDULED: usize = 1;
pub(crate) const RUNNING: usize = 1 << 1;
pub(crate) const COMPLETED: usize = 1 << 2;
pub(crate) const ABORTED: usize = 1 << 3;
pub(crate) const JOINED: usize = 1 << 4;
const REFERENCE: usize = 1 << 5;

#[derive(Debug)]
pub(crate) struct State(AtomicUsize);

/// What a poll that ended with `Pending` leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterPoll {
    Idle,
    /// Woken meanwhile: the caller sends the packet.
    Again,
}

impl State {
    /// Scheduled, with a join handle and `references` references.
    pub(crate) fn new(references: usize) -> State {
        State(AtomicUsize::new(SCHEDULED | JOINED | (references * REFERENCE)))
    }

    pub(crate) fn load(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn is_completed(&self) -> bool {
        self.load() & COMPLETED != 0
    }

    /// Step 1. True if the caller sends the packet; it has been given a reference for it.
    #[inline]
    pub(crate) fn wake(&self) -> bool {
        let before = self.0.fetch_or(SCHEDULED, Ordering::AcqRel);
        let idle = before & (SCHEDULED | RUNNING | COMPLETED) == 0;
        if idle {
            self.add_reference();
        }
        idle
    }

    /// Step 2. True if the task is to be polled, false if its future is to be dropped.
    #[inline]
    pub(crate) fn begin(&self) -> bool {
        let before = self.0.fetch_xor(SCHEDULED | RUNNING, Ordering::AcqRel);
        debug_assert_eq!(before & (SCHEDULED | RUNNING | COMPLETED), SCHEDULED);
        before & ABORTED == 0
    }

    /// Step 3.
    #[inline]
    pub(crate) fn pause(&self) -> AfterPoll {
        let before = self.0.fetch_and(!RUNNING, Ordering::AcqRel);
        debug_assert_eq!(before & (RUNNING | COMPLETED), RUNNING);
        if before & SCHEDULED == 0 { AfterPoll::Idle } else { AfterPoll::Again }
    }

    /// Step 4. True if there is a join handle, to which the output belongs now.
    #[inline]
    pub(crate) fn complete(&self) -> bool {
        let before = self.0.fetch_xor(RUNNING | COMPLETED, Ordering::AcqRel);
        debug_assert_eq!(before & (RUNNING | COMPLETED), RUNNING);
        before & JOINED != 0
    }

    /// From now on the future is dropped rather than polled.
    pub(crate) fn abort(&self) {
        self.0.fetch_or(ABORTED, Ordering::AcqRel);
    }

    /// Step 5. False if the task has completed, and the output is the caller's.
    pub(crate) fn withdraw(&self) -> bool {
        let withdrawn = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
            (state & COMPLETED == 0).then_some(state & !JOINED)
        });
        withdrawn.is_ok()
    }

    #[inline]
    pub(crate) fn add_reference(&self) {
        let before = self.0.fetch_add(REFERENCE, Ordering::Relaxed);
        if before > isize::MAX as usize {
            // As for `Arc`: that many references can only have been forgotten.
            std::process::abort();
        }
    }

    /// True if that was the last.
    #[inline]
    pub(crate) fn drop_reference(&self) -> bool {
        self.0.fetch_sub(REFERENCE, Ordering::AcqRel) < 2 * REFERENCE
    }
}
