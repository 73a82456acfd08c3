//! The callbacks of one thread-pool object that are still to come: what `WaitFor...Callbacks`, `Close...` and
//! `Unregister...` ask for.

use crate::sync::futex::{self, Deadline};
use crate::sync::lock::{Lock, LockGuard};
use crate::sync::rank::nothing_is_held;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Default)]
struct State {
    queued: usize,
    running: usize,
    /// Callbacks that run and count as over, except for the object's cleanup group.
    disassociated: usize,
    /// Callbacks queued under an earlier number were cancelled.
    number: u64,
    /// Called, and dropped, when nothing is outstanding.
    at_rest: Vec<Box<dyn FnOnce() + Send>>,
}

/// The count of an object's callbacks.
pub(crate) struct Outstanding {
    state: Lock<State>,
    /// Changed whenever nothing is outstanding, or nothing runs, any more; slept on.
    rests: AtomicU32,
}

impl Default for Outstanding {
    fn default() -> Self {
        Outstanding { state: Lock::last("a count of callbacks", State::default()), rests: AtomicU32::new(0) }
    }
}

/// One callback that is to come.
pub(crate) struct Ticket {
    outstanding: Arc<Outstanding>,
    number: u64,
    redeemed: bool,
}

impl Outstanding {
    /// A callback is to come.
    pub(crate) fn expect(self: &Arc<Self>) -> Ticket {
        let mut state = self.state.lock();
        state.queued += 1;
        Ticket { outstanding: self.clone(), number: state.number, redeemed: false }
    }

    /// Cancels the callbacks that have not begun; returns how many.
    pub(crate) fn cancel(&self) -> usize {
        let mut state = self.state.lock();
        state.number += 1;
        let cancelled = std::mem::take(&mut state.queued);
        self.settle(state);
        cancelled
    }

    /// Whether something is running, or to come.
    pub(crate) fn is_busy(&self) -> bool {
        let state = self.state.lock();
        state.queued + state.running > 0
    }

    /// Whether some callback is running still, or is to come.
    fn has_running(&self) -> bool {
        let state = self.state.lock();
        state.queued + state.running + state.disassociated > 0
    }

    /// Waits until nothing is outstanding.
    pub(crate) fn wait(&self) {
        self.wait_while(Self::is_busy);
    }

    /// Waits until every callback has returned, those that were disassociated as well (TP5).
    pub(crate) fn wait_for_return(&self) {
        self.wait_while(Self::has_running);
    }

    fn wait_while(&self, busy: fn(&Self) -> bool) {
        let rest = self.rests.load(Ordering::Acquire);
        if busy(self) {
            // Q8
            longshore_engine::blocking(|| {
                let mut rest = rest;
                while busy(self) {
                    futex::wait(&self.rests, rest, Deadline::NEVER);
                    rest = self.rests.load(Ordering::Acquire);
                }
            });
        }
    }

    /// Calls the function once nothing is outstanding.
    pub(crate) fn then(&self, call: impl FnOnce() + Send + 'static) {
        let mut state = self.state.lock();
        state.at_rest.push(Box::new(call));
        self.settle(state);
    }

    fn settle(&self, mut state: LockGuard<'_, State>) {
        if state.queued + state.running > 0 {
            return;
        }
        let at_rest = std::mem::take(&mut state.at_rest);
        drop(state);
        self.rests.fetch_add(1, Ordering::AcqRel);
        futex::wake(&self.rests, i32::MAX);
        if !at_rest.is_empty() {
            nothing_is_held("what waits for callbacks to return");
        }
        at_rest.into_iter().for_each(|call| call());
    }
}

impl Ticket {
    /// The callback begins, unless it was cancelled.
    pub(crate) fn redeem(mut self) -> Option<Running> {
        self.redeemed = true;
        let mut state = self.outstanding.state.lock();
        if state.number != self.number {
            return None;
        }
        state.queued -= 1;
        state.running += 1;
        drop(state);
        Some(Running { outstanding: self.outstanding.clone(), disassociated: Cell::new(false) })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // The pool was closed with the callback still in it.
        if !self.redeemed {
            let mut state = self.outstanding.state.lock();
            if state.number == self.number {
                state.queued -= 1;
                self.outstanding.settle(state);
            }
        }
    }
}

/// A callback that is running; it counts as over when this is dropped.
pub(crate) struct Running {
    outstanding: Arc<Outstanding>,
    disassociated: Cell<bool>,
}

impl Running {
    /// The callback counts as over from here on, but for its cleanup group.
    pub(crate) fn disassociate(&self) {
        if !self.disassociated.replace(true) {
            let mut state = self.outstanding.state.lock();
            state.running -= 1;
            state.disassociated += 1;
            self.outstanding.settle(state);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.outstanding.state.lock();
        match self.disassociated.get() {
            true => state.disassociated -= 1,
            false => state.running -= 1,
        }
        self.outstanding.settle(state);
    }
}
