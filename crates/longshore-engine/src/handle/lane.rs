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
//! 4. [`SCHEDULED`] says that the lane is on the port's work list, where it stands at most once.

use super::Handle;
use super::attempt::{Attempt, Transfer, Try, attempt};
use crate::operation::{Errno, Face, OpCode, Operation, Which};
use std::ptr;

/// Which lane of a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Direction {
    /// The lane in which such an operation waits.
    #[inline(always)]
    pub(super) fn of(op_code: &OpCode) -> Direction {
        if op_code.reads() { Direction::Read } else { Direction::Write }
    }

    pub(super) fn other(self) -> Direction {
        match self {
            Direction::Read => Direction::Write,
            Direction::Write => Direction::Read,
        }
    }
}

/// No try is to be expected to succeed: one has failed, or has shown that nothing more is there, and no event
/// came since.
const EXHAUSTED: u8 = 1;
/// The peer finished, or something else happened that no later event will repeat: a short receive no longer
/// means that there is nothing more.
const LAST_EVENT_SEEN: u8 = 2;
/// The lane is on the port's work list.
const SCHEDULED: u8 = 4;
/// The stream is to be shut down when nothing waits any more; no further operation is accepted.
const FINISH: u8 = 8;
/// The handle is closed; no further operation is accepted.
const CLOSED: u8 = 16;
/// The port is closed; no further operation is accepted.
const ABANDONED: u8 = 32;
/// The kernel told the oldest operation "not now", and no event will tell when to try again.
const STARVED: u8 = 64;
/// A retry is scheduled for it.
const RETRY_SET: u8 = 128;

/// See the head of this module. Always behind its handle's lock.
pub(crate) struct Lane<F: Face> {
    waiting: Waiting<F>,
    last_id: u64,
    /// Of the above: one byte, so that an operation that is issued asks for all of them at once.
    flags: u8,
}

/// What is to be done with an operation that is issued.
pub(crate) enum Turn {
    /// It is its turn: try it.
    Try,
    /// It waits for an event, or for those that came before.
    Wait,
    /// It ends with this error.
    Refused(Errno),
    /// It is dropped: the port is closed.
    Dropped,
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
    pub(crate) fn new(direction: Direction) -> Self {
        // Ids are never 0, and those of a handle's two lanes are different.
        let last_id = u64::from(direction == Direction::Write);
        Lane { waiting: Waiting::new(), last_id, flags: 0 }
    }

    #[inline]
    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Takes a flag back; true if it was set.
    #[inline]
    fn take_flag(&mut self, flag: u8) -> bool {
        let had = self.has(flag);
        self.flags &= !flag;
        had
    }

    /// An id for an operation of this handle.
    #[inline]
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 2;
        self.last_id
    }

    /// What is to be done with a new operation. An eager one is tried even if the last try found nothing: an
    /// event may have come since that no thread has polled yet.
    #[inline(always)]
    pub(crate) fn turn(&self, eager: bool) -> Turn {
        let obstacles = SCHEDULED | FINISH | CLOSED | ABANDONED | if eager { 0 } else { EXHAUSTED };
        if self.flags & obstacles == 0 && self.waiting.is_empty() {
            Turn::Try
        } else if !self.has(FINISH | CLOSED | ABANDONED) {
            Turn::Wait
        } else {
            self.refusal()
        }
    }

    #[cold]
    fn refusal(&self) -> Turn {
        if self.has(ABANDONED) {
            Turn::Dropped
        } else if self.has(CLOSED) {
            Turn::Refused(Errno::CANCELLED)
        } else {
            Turn::Refused(Errno(libc::EPIPE))
        }
    }

    /// Tries an operation whose turn it is. Its call may have been `made` before, under the same lock.
    pub(crate) fn attempt(&mut self, operation: &mut Try<'_, F>, made: Option<Transfer>) -> Attempt {
        let attempt = attempt(operation, made);
        self.learn(attempt);
        attempt
    }

    fn learn(&mut self, attempt: Attempt) {
        match attempt {
            Attempt::DoneAndDrained => self.note_drained(),
            Attempt::Done | Attempt::Yield => {}
            Attempt::NotReady => self.flags |= EXHAUSTED,
            Attempt::Later => self.flags |= EXHAUSTED | STARVED,
        }
    }

    /// An operation showed that nothing more is ready.
    #[inline(always)]
    pub(crate) fn note_drained(&mut self) {
        if !self.has(LAST_EVENT_SEEN) {
            self.flags |= EXHAUSTED;
        }
    }

    /// Takes an operation that waits.
    #[inline(always)]
    pub(crate) fn push(&mut self, operation: Box<Operation<F>>) {
        self.waiting.push_back(operation);
    }

    /// The kernel reported an event; true if the lane thereby becomes scheduled. `last` marks an
    /// event that will not be repeated.
    #[inline]
    pub(crate) fn note_event(&mut self, last: bool) -> bool {
        self.flags = self.flags & !EXHAUSTED | if last { LAST_EVENT_SEEN } else { 0 };
        !self.waiting.is_empty() && self.schedule()
    }

    /// There is something to do; true if the lane is to be put on the work list.
    #[inline]
    pub(crate) fn schedule(&mut self) -> bool {
        let scheduled = self.has(SCHEDULED);
        self.flags |= SCHEDULED;
        !scheduled
    }

    /// The operation whose turn it is in a scheduled lane.
    #[inline(always)]
    pub(crate) fn oldest(&mut self) -> Option<&mut Operation<F>> {
        self.waiting.first()
    }

    /// The oldest operation has ended.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<Box<Operation<F>>> {
        self.waiting.pop_front()
    }

    /// Tries the oldest operation of a scheduled lane; see [`Lane::attempt`] for what was `made`.
    pub(crate) fn perform(
        &mut self,
        handle: &Handle<F>,
        made: Option<Transfer>,
    ) -> Option<Box<Operation<F>>> {
        let Operation { payload, outcome, op_code, .. } = self.waiting.first()?;
        let attempt = attempt(&mut Try { handle, op_code, payload, outcome }, made);
        self.learn(attempt);
        match attempt {
            Attempt::Done | Attempt::DoneAndDrained => self.waiting.pop_front(),
            Attempt::NotReady | Attempt::Later | Attempt::Yield => None,
        }
    }

    /// Ends the turn of a scheduled lane; true if there is more to do right away. It stays scheduled then.
    #[inline(always)]
    pub(crate) fn end_turn(&mut self) -> bool {
        let more = !self.has(EXHAUSTED) && !self.waiting.is_empty();
        if !more {
            self.flags &= !SCHEDULED;
        }
        more
    }

    /// The stream is to be finished after what waits now, and nothing is taken any
    /// more; false if nothing waits.
    pub(crate) fn finish_later(&mut self) -> bool {
        if !self.waiting.is_empty() {
            self.flags |= FINISH;
        }
        self.has(FINISH)
    }

    /// Whether it is time to shut the stream down; true once. The kernel refuses later sends.
    #[inline]
    pub(crate) fn finish_now(&mut self) -> bool {
        self.has(FINISH) && self.waiting.is_empty() && self.take_flag(FINISH)
    }

    /// Whether a retry must be scheduled for an operation that the kernel told "not now":
    /// true once, until [`Lane::retry`].
    #[inline]
    pub(crate) fn wants_retry(&mut self) -> bool {
        self.has(STARVED) && self.begin_retry()
    }

    #[cold]
    fn begin_retry(&mut self) -> bool {
        let wants = !self.has(RETRY_SET);
        self.flags = self.flags & !STARVED | RETRY_SET;
        wants
    }

    /// The time for a retry has come; true if the lane becomes scheduled by it.
    pub(crate) fn retry(&mut self) -> bool {
        self.flags &= !RETRY_SET;
        self.note_event(false)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The handle is closed: what is issued from now on is refused.
    pub(crate) fn close(&mut self) {
        self.flags |= CLOSED;
    }

    /// The port is closed: what is issued from now on is dropped.
    pub(crate) fn abandon(&mut self) {
        self.flags |= ABANDONED;
    }

    /// Takes out the operations that have not ended.
    pub(crate) fn take(&mut self, which: Which<'_>, taken: &mut Vec<Box<Operation<F>>>) {
        self.waiting.take(which, taken);
    }

    /// A connection was made: earlier events do not count. (A socket that is not connected reports a
    /// hang-up.) But the connection may have begun and ended in one event. `ended` says whether it has; it
    /// was asked under the lane's lock.
    pub(crate) fn begin_afresh(&mut self, ended: bool) {
        self.flags = self.flags & !(EXHAUSTED | LAST_EVENT_SEEN) | if ended { LAST_EVENT_SEEN } else { 0 };
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

    /// The oldest.
    #[inline]
    fn first(&mut self) -> Option<&mut Operation<F>> {
        // SAFETY: null, or an operation of the list, which nobody else can reach.
        unsafe { self.first.as_mut() }
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
