//! The operations of a handle that wait for the same readiness.
//!
//! A pollable handle has two lanes, one for what waits to become readable and one for what waits to become
//! writable. In a lane, operations are tried strictly in the order they were issued (S4, S19), one thread at
//! a time, under the lane's lock. That lock is what makes the rest simple:
//!
//! 1. An operation is issued under the lock: tried at once if the lane is ready and empty, else queued.
//! 2. Readiness is noted under the lock. An edge that comes between a failed try and the queueing
//!    waits for the lock and then finds the operation; an edge that comes before the try makes
//!    the try succeed. None is lost.
//! 3. A cancel takes the lock and removes what is still queued. What it does not find has already ended, so
//!    an operation ends once, and bytes that were received are delivered (K4, K9).
//! 4. `scheduled` says that the lane is on the port's work list, where it stands at most once.

use super::attempt::{Attempt, attempt};
use crate::operation::{Errno, Face, Operation, Which};
use std::ptr;

/// Which lane of a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// See the head of this module. Always behind its handle's lock.
pub(crate) struct Lane<F: Face> {
    waiting: Waiting<F>,
    /// No try has failed since the last event.
    ready: bool,
    /// The peer finished, or something else happened that no later event will repeat: a short receive no
    /// longer means that there is nothing more.
    last_event_seen: bool,
    scheduled: bool,
    last_id: u64,
    /// The stream is to be shut down when nothing waits any more; no further operation is accepted.
    finish: bool,
    /// The kernel told the oldest operation "not now", and no event will tell when to try again.
    starved: bool,
    /// A retry is scheduled for it.
    retry_set: bool,
}

/// What became of an operation that was issued.
pub(crate) enum Issued<F: Face> {
    /// It ended at once.
    Ended(Box<Operation<F>>),
    /// It waits for an event.
    Waits,
    /// It has more to do right away: the lane is now scheduled, and belongs on the work list.
    Scheduled,
}

/// The result of a scheduled lane's turn.
pub(crate) struct Progress<F: Face> {
    pub(crate) ended: Option<Box<Operation<F>>>,
    /// There is more to do right away; the lane stays scheduled.
    pub(crate) more: bool,
    /// It must be tried again after a while: [`Lane::retry`].
    pub(crate) retry: bool,
}

impl<F: Face> Lane<F> {
    pub(crate) fn new() -> Self {
        Lane {
            waiting: Waiting::new(),
            ready: true,
            last_event_seen: false,
            scheduled: false,
            last_id: 0,
            finish: false,
            starved: false,
            retry_set: false,
        }
    }

    /// An id for an operation of this lane: never 0, and different from those of the other lane.
    #[inline]
    pub(crate) fn next_id(&mut self, direction: Direction) -> u64 {
        self.last_id += 2;
        self.last_id + u64::from(direction == Direction::Write)
    }

    /// Tries a new operation if it is its turn, or queues it. An eager one is tried even if the last try
    /// found nothing: an event may have come since that no thread has polled yet.
    #[inline(always)]
    pub(crate) fn issue(&mut self, mut operation: Box<Operation<F>>, eager: bool) -> Issued<F> {
        if self.finish {
            operation.outcome.error = Some(Errno(libc::EPIPE));
            return Issued::Ended(operation);
        }
        let its_turn = (self.ready || eager) && !self.scheduled && self.waiting.is_empty();
        let attempt = if its_turn { self.attempt(&mut operation) } else { Attempt::NotReady };
        match attempt {
            Attempt::Done | Attempt::DoneAndDrained => Issued::Ended(operation),
            Attempt::NotReady | Attempt::Later => {
                self.waiting.push_back(operation);
                Issued::Waits
            }
            Attempt::Yield => {
                self.waiting.push_back(operation);
                self.scheduled = true;
                Issued::Scheduled
            }
        }
    }

    /// The kernel reported an event; true if the lane thereby becomes scheduled. `last` marks an
    /// event that will not be repeated.
    #[inline]
    pub(crate) fn note_event(&mut self, last: bool) -> bool {
        self.ready = true;
        self.last_event_seen |= last;
        let work = !self.waiting.is_empty() && !self.scheduled;
        self.scheduled |= work;
        work
    }

    /// Tries the oldest operation of a scheduled lane.
    #[inline(always)]
    pub(crate) fn perform(&mut self) -> Progress<F> {
        let mut ended = None;
        if let Some(mut operation) = self.waiting.pop_front() {
            match self.attempt(&mut operation) {
                Attempt::Done | Attempt::DoneAndDrained => ended = Some(operation),
                Attempt::NotReady | Attempt::Later | Attempt::Yield => self.waiting.push_front(operation),
            }
        }
        self.scheduled = self.ready && !self.waiting.is_empty();
        Progress { ended, more: self.scheduled, retry: self.wants_retry() }
    }

    #[inline(always)]
    fn attempt(&mut self, operation: &mut Operation<F>) -> Attempt {
        let attempt = attempt(operation);
        match attempt {
            Attempt::DoneAndDrained => self.note_drained(),
            Attempt::NotReady => self.note_not_ready(),
            Attempt::Later => {
                self.ready = false;
                self.starved = true;
            }
            Attempt::Done | Attempt::Yield => {}
        }
        attempt
    }

    /// The stream is to be finished after what waits now, and nothing is taken any
    /// more; false if nothing waits.
    pub(crate) fn finish_later(&mut self) -> bool {
        self.finish |= !self.waiting.is_empty();
        self.finish
    }

    /// Whether it is time to shut the stream down; true once. The kernel refuses later sends.
    #[inline]
    pub(crate) fn finish_now(&mut self) -> bool {
        self.waiting.is_empty() && std::mem::take(&mut self.finish)
    }

    /// Whether a retry must be scheduled for an operation that the kernel told "not now":
    /// true once, until [`Lane::retry`].
    #[inline]
    pub(crate) fn wants_retry(&mut self) -> bool {
        let wants = std::mem::take(&mut self.starved) && !self.retry_set;
        self.retry_set |= wants;
        wants
    }

    /// The time for a retry has come; true if the lane becomes scheduled by it.
    pub(crate) fn retry(&mut self) -> bool {
        self.retry_set = false;
        self.note_event(false)
    }

    /// A transfer would be tried now: nothing waits before it, and none is refused.
    #[inline]
    pub(super) fn is_free(&self) -> bool {
        self.waiting.is_empty() && !self.scheduled && !self.finish
    }

    /// A receive showed that nothing more is there.
    #[inline]
    pub(super) fn note_drained(&mut self) {
        self.ready = self.last_event_seen;
    }

    /// A try found nothing.
    pub(super) fn note_not_ready(&mut self) {
        self.ready = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes out the operations that have not ended.
    pub(crate) fn take(&mut self, which: Which<'_>, taken: &mut Vec<Box<Operation<F>>>) {
        self.waiting.take(which, taken);
    }

    /// A connection was made: earlier events do not count. (A socket that is not connected reports a
    /// hang-up.) But the connection may have begun and ended in one event. `ended` says whether it has; it
    /// was asked under the lane's lock.
    pub(crate) fn begin_afresh(&mut self, ended: bool) {
        self.ready = true;
        self.last_event_seen = ended;
    }
}

/// The operations that wait, oldest first: a list through the operations themselves, so that it needs no
/// memory of its own. Each is a box that was made raw; this list owns it.
struct Waiting<F: Face> {
    first: *mut Operation<F>,
    /// The end of the list; has no meaning while `first` is null.
    last: *mut Operation<F>,
}

// SAFETY: the list owns what it points to, and an operation is `Send`.
unsafe impl<F: Face> Send for Waiting<F> {}

impl<F: Face> Waiting<F> {
    const fn new() -> Self {
        Waiting { first: ptr::null_mut(), last: ptr::null_mut() }
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    #[inline]
    fn push_back(&mut self, mut operation: Box<Operation<F>>) {
        operation.next = ptr::null_mut();
        let operation = Box::into_raw(operation);
        if self.first.is_null() {
            self.first = operation;
        } else {
            // SAFETY: the list is not empty, so `last` is an operation of it, which nobody else can reach.
            unsafe { (*self.last).next = operation };
        }
        self.last = operation;
    }

    #[inline]
    fn push_front(&mut self, mut operation: Box<Operation<F>>) {
        operation.next = self.first;
        let operation = Box::into_raw(operation);
        if self.first.is_null() {
            self.last = operation;
        }
        self.first = operation;
    }

    #[inline]
    fn pop_front(&mut self) -> Option<Box<Operation<F>>> {
        if self.first.is_null() {
            return None;
        }
        // SAFETY: the list owns it, as a box that was made raw, and it leaves the list here.
        let operation = unsafe { Box::from_raw(self.first) };
        self.first = operation.next;
        Some(operation)
    }

    fn take(&mut self, which: Which<'_>, taken: &mut Vec<Box<Operation<F>>>) {
        let mut kept = Waiting::new();
        while let Some(operation) = self.pop_front() {
            match which.matches(operation.id, operation.tag()) {
                true => taken.push(operation),
                false => kept.push_back(operation),
            }
        }
        std::mem::swap(self, &mut kept);
    }
}

impl<F: Face> Drop for Waiting<F> {
    fn drop(&mut self) {
        while self.pop_front().is_some() {}
    }
}
