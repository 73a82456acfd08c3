//! An open file, socket or pipe attached to a port, with the operations that wait for it.
//!
//! What can be polled waits in the handle's two [lanes](lane); what cannot goes to the port's file source.
//! The handle owns the descriptor and every operation keeps the handle, so a number is not reused while an
//! operation could still reach it (C6, TX8).

mod at_once;
mod attempt;
mod cached;
mod kind;
mod lane;
pub(crate) mod nonblocking;
mod stream_state;
mod token;

pub use kind::Kind;
pub(crate) use lane::{Direction, Progress};
pub(crate) use token::Token;

use crate::operation::{Errno, Face, OpCode, Operation, Outcome, Payload, Tag, Which};
use crate::port::Core;
use crate::sync::hold_off::HoldOff;
use crate::sync::{Lock, LockGuard};
use attempt::{Attempt, Transfer, Try, is_drained, transfer};
use cached::{Cached, try_cached};
use lane::{Lane, Turn};
use longshore_types::{AsItIs, Consume, Started};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::net::Shutdown as How;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use stream_state::{StreamState, may_hide_a_failure};

fn is_direct(descriptor: &OwnedFd) -> bool {
    fcntl_getfl(descriptor).is_ok_and(|flags| flags.contains(OFlags::DIRECT))
}

/// The id of an operation that ended before its id was known, so that it cannot be cancelled.
const ENDED: u64 = 0;

/// The same inside the engine.
enum Begun<F: Face> {
    Ended(OpCode, F::Payload, Outcome),
    EndedInBox(Box<Operation<F>>),
    Pending(u64),
    Dropped,
}

impl<F: Face> Begun<F> {
    #[cold]
    fn failed(op_code: OpCode, payload: F::Payload, errno: Errno) -> Self {
        Begun::Ended(op_code, payload, Outcome { error: Some(errno), ..Outcome::default() })
    }

    fn started(self) -> Started<F::Payload> {
        match self {
            Begun::Ended(_, payload, outcome) => Started::Ended(payload, outcome),
            Begun::EndedInBox(operation) => {
                let (_, payload, outcome) = operation.into_parts();
                Started::Ended(payload, outcome)
            }
            Begun::Pending(id) => Started::Pending(id),
            Begun::Dropped => Started::Dropped,
        }
    }
}

/// A descriptor attached to a port.
pub struct Handle<F: Face> {
    descriptor: Arc<OwnedFd>,
    kind: Kind,
    key: AtomicUsize,
    core: Arc<Core<F>>,
    token: Option<Token>,
    unbuffered: bool,
    closed: AtomicBool,
    stream: StreamState,
    last_file_id: AtomicU64,
    read: Lock<Lane<F>>,
    write: Lock<Lane<F>>,
}

impl<F: Face> Handle<F> {
    pub(crate) fn new(
        core: Arc<Core<F>>,
        descriptor: Arc<OwnedFd>,
        kind: Kind,
        key: usize,
        token: Option<Token>,
    ) -> Self {
        let unbuffered = kind == Kind::File && is_direct(&descriptor);
        Handle {
            unbuffered,
            descriptor,
            kind,
            key: AtomicUsize::new(key),
            core,
            token,
            closed: AtomicBool::new(false),
            stream: StreamState::new(),
            last_file_id: AtomicU64::new(ENDED),
            read: Lock::new(Lane::new(Direction::Read)),
            write: Lock::new(Lane::new(Direction::Write)),
        }
    }

    /// The descriptor, open for as long as the handle.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// A reference to the descriptor that may outlive the handle, for [`crate::FileRange`].
    pub fn share_descriptor(&self) -> Arc<OwnedFd> {
        self.descriptor.clone()
    }

    /// What the descriptor is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The file was opened with O_DIRECT: no read can be served from the page cache.
    pub(crate) fn is_unbuffered(&self) -> bool {
        self.unbuffered
    }

    /// Finishes one or both directions. Sends that were issued before and still wait go out first
    /// (the peer sees the end after them), and sends issued afterwards fail with `EPIPE`; the
    /// reading side is finished at once.
    ///
    /// # Errors
    /// Those of shutdown(2), if it is called at once.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if how == Shutdown::Read {
            return Ok(rustix::net::shutdown(&self.descriptor, How::Read)?);
        }
        let mut write = self.write.lock();
        let at_once = match (how, write.finish_later()) {
            (Shutdown::Both, true) => How::Read,
            (Shutdown::Both, false) => How::Both,
            (_, true) => return Ok(()),
            (_, false) => How::Write,
        };
        Ok(rustix::net::shutdown(&self.descriptor, at_once)?)
    }

    /// How the connection failed, if it did. Every operation reports it from then
    /// on; the kernel reports it once.
    pub fn failure(&self) -> Option<Errno> {
        self.stream.failure()
    }

    /// The key that packets of this handle carry.
    pub fn key(&self) -> usize {
        self.key.load(Ordering::Relaxed)
    }

    /// Sets the key of packets queued from now on.
    pub fn set_key(&self, key: usize) {
        self.key.store(key, Ordering::Relaxed);
    }

    /// The port the handle is attached to.
    pub fn core(&self) -> &Arc<Core<F>> {
        &self.core
    }

    #[inline]
    fn is_pollable(&self) -> bool {
        !matches!(self.kind, Kind::File)
    }

    #[inline]
    fn lane(&self, direction: Direction) -> &Lock<Lane<F>> {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// Starts an operation and returns its id, unique on this handle. Its packet, one and only one, comes
    /// through the port, whatever happens (D6), also if the calling thread ends before (TX1).
    #[inline(always)]
    pub fn issue(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> u64 {
        match op_code {
            OpCode::Recv if self.is_pollable() => self.issue_plain(OpCode::Recv, payload),
            OpCode::Send if self.is_pollable() => self.issue_plain(OpCode::Send, payload),
            op_code => self.issued(self.begin(op_code, payload, false)),
        }
    }

    /// A plain receive or send. Usually a receive has to wait, and then little is to be done.
    #[inline(always)]
    fn issue_plain(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> u64 {
        let lane = self.lane(Direction::of(&op_code)).lock();
        match lane.turn(false) {
            Turn::Wait => self.wait(lane, op_code, payload),
            _ => self.issue_now(lane, op_code, payload),
        }
    }

    #[inline(never)]
    fn issue_now(
        self: &Arc<Self>,
        lane: LockGuard<'_, Lane<F>>,
        op_code: OpCode,
        payload: F::Payload,
    ) -> u64 {
        self.issued(self.begin_in_lane(lane, op_code, payload, false, None))
    }

    fn issued(self: &Arc<Self>, begun: Begun<F>) -> u64 {
        match begun {
            Begun::Ended(op_code, payload, outcome) => {
                self.core.finished_one(Operation::begun(self.clone(), op_code, payload, outcome));
                ENDED
            }
            Begun::EndedInBox(operation) => {
                self.core.finished_one(operation);
                ENDED
            }
            Begun::Pending(id) => id,
            Begun::Dropped => ENDED,
        }
    }

    /// Queues the packet of an operation that is not tried, because the face has found an error. Returns
    /// its id, as [`Handle::issue`] does.
    #[cold]
    pub fn refuse(self: &Arc<Self>, op_code: OpCode, payload: F::Payload, errno: Errno) -> u64 {
        if !self.core.is_closed() {
            let outcome = Outcome { error: Some(errno), ..Outcome::default() };
            self.core.finished_one(Operation::begun(self.clone(), op_code, payload, outcome));
        }
        ENDED
    }

    /// Starts an operation, and hands its payload back if it ended at once: for faces whose calls return
    /// what ended inside them, and queue a packet for it only sometimes (D1). What can end at once does,
    /// also when no event has told of it yet.
    #[inline]
    pub fn start(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> Started<F::Payload> {
        self.start_if(op_code, payload, true, AsItIs)
    }

    /// As [`Handle::start`], but if the handle is known not to be ready the operation is
    /// not tried and waits for the event.
    #[inline(always)]
    pub fn start_when_ready<C: Consume<Started<F::Payload>>>(
        self: &Arc<Self>,
        op_code: OpCode,
        payload: F::Payload,
        consumer: C,
    ) -> C::Output {
        self.start_if(op_code, payload, false, consumer)
    }

    /// Plain receives and sends, which are nearly all there is, are inlined: where the op code is known,
    /// little is left to ask.
    #[inline(always)]
    fn start_if<C: Consume<Started<F::Payload>>>(
        self: &Arc<Self>,
        op_code: OpCode,
        payload: F::Payload,
        eager: bool,
        consumer: C,
    ) -> C::Output {
        match op_code {
            OpCode::Recv if self.is_pollable() => self.start_plain(OpCode::Recv, payload, eager, consumer),
            OpCode::Send if self.is_pollable() => self.start_plain(OpCode::Send, payload, eager, consumer),
            op_code => self.start_rarer(op_code, payload, eager, consumer),
        }
    }

    #[inline(never)]
    fn start_rarer<C: Consume<Started<F::Payload>>>(
        self: &Arc<Self>,
        op_code: OpCode,
        payload: F::Payload,
        eager: bool,
        consumer: C,
    ) -> C::Output {
        consumer.consume(self.begin(op_code, payload, eager).started())
    }

    /// A plain receive or send that ends at once, as most do, is never boxed.
    #[inline(always)]
    fn start_plain<C: Consume<Started<F::Payload>>>(
        self: &Arc<Self>,
        op_code: OpCode,
        mut payload: F::Payload,
        eager: bool,
        consumer: C,
    ) -> C::Output {
        let mut lane = self.lane(Direction::of(&op_code)).lock();
        let made = match lane.turn(eager) {
            Turn::Wait => return consumer.consume(Started::Pending(self.wait(lane, op_code, payload))),
            Turn::Try => transfer(self, op_code.reads(), &mut payload),
            _ => None,
        };
        if let Some(made) = made
            && let Some(bytes) = self.note_usual(&mut lane, op_code.reads(), made)
        {
            drop(lane);
            return consumer.consume(Started::Ended(payload, Outcome { bytes, ..Outcome::default() }));
        }
        self.start_any(lane, op_code, payload, eager, made, consumer)
    }

    #[inline(never)]
    fn start_any<C: Consume<Started<F::Payload>>>(
        self: &Arc<Self>,
        lane: LockGuard<'_, Lane<F>>,
        op_code: OpCode,
        payload: F::Payload,
        eager: bool,
        made: Option<Transfer>,
        consumer: C,
    ) -> C::Output {
        consumer.consume(self.begin_in_lane(lane, op_code, payload, eager, made).started())
    }

    /// The bytes of a plain receive that got some, or of a plain send that sent all; `None` if there is more to
    /// be said of it, and then nothing is noted yet.
    #[inline(always)]
    fn note_usual(&self, lane: &mut Lane<F>, reads: bool, made: Transfer) -> Option<u64> {
        let bytes = made.result.ok()?;
        let usual = if reads { bytes > 0 } else { bytes == made.asked && !self.stream.is_cut_off() };
        if reads && is_drained(self.kind, bytes, made.asked) {
            lane.note_drained();
        }
        usual.then_some(bytes as u64)
    }

    /// A new operation waits in the lane. Returns its id.
    #[inline(always)]
    fn wait(self: &Arc<Self>, mut lane: LockGuard<'_, Lane<F>>, op_code: OpCode, payload: F::Payload) -> u64 {
        let mut operation = Operation::new(self.clone(), op_code, payload);
        let id = lane.next_id();
        operation.id = id;
        lane.push(operation);
        id
    }

    #[inline(never)]
    fn begin(self: &Arc<Self>, op_code: OpCode, payload: F::Payload, eager: bool) -> Begun<F> {
        match (op_code.is_for_files(), self.is_pollable()) {
            (false, true) => {
                let lane = self.lane(Direction::of(&op_code)).lock();
                self.begin_in_lane(lane, op_code, payload, eager, None)
            }
            (true, false) => self.begin_on_file(op_code, payload),
            (true, true) => Begun::failed(op_code, payload, Errno(libc::ESPIPE)),
            (false, false) => Begun::failed(op_code, payload, Errno(libc::EOPNOTSUPP)),
        }
    }

    fn begin_on_file(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> Begun<F> {
        if self.core.is_closed() {
            return Begun::Dropped; // Nobody could dequeue the packet (C3).
        }
        if self.closed.load(Ordering::Acquire) {
            return Begun::failed(op_code, payload, Errno::CANCELLED);
        }
        let mut operation = Operation::new(self.clone(), op_code, payload);
        if try_cached(&mut operation) == Cached::Done {
            return Begun::EndedInBox(operation);
        }
        operation.id = self.last_file_id.fetch_add(1, Ordering::Relaxed) + 1;
        match self.core.files() {
            Ok(source) => Begun::Pending(source.issue(self, operation)),
            Err(errno) => {
                operation.outcome.error = Some(errno);
                Begun::EndedInBox(operation)
            }
        }
    }

    /// Any operation, as far as it goes now. See [`Lane::attempt`] for what was `made`.
    #[inline(never)]
    fn begin_in_lane(
        self: &Arc<Self>,
        mut lane: LockGuard<'_, Lane<F>>,
        op_code: OpCode,
        mut payload: F::Payload,
        eager: bool,
        made: Option<Transfer>,
    ) -> Begun<F> {
        match lane.turn(eager) {
            Turn::Try => {
                let mut outcome = Outcome::default();
                let mut operation =
                    Try { handle: self, op_code: &op_code, payload: &mut payload, outcome: &mut outcome };
                match lane.attempt(&mut operation, made) {
                    Attempt::Done | Attempt::DoneAndDrained => {
                        self.note(&op_code, &outcome);
                        drop(lane);
                        self.correct(&op_code, &mut payload, &mut outcome);
                        Begun::Ended(op_code, payload, outcome)
                    }
                    attempt => self.go_on_in_lane(lane, op_code, payload, outcome, attempt),
                }
            }
            Turn::Wait => Begun::Pending(self.wait(lane, op_code, payload)),
            Turn::Refused(errno) => {
                drop(lane);
                Begun::failed(op_code, payload, errno)
            }
            Turn::Dropped => {
                drop(lane);
                Begun::Dropped
            }
        }
    }

    /// An operation was tried and has not ended: it waits in the lane, or is tried again soon.
    fn go_on_in_lane(
        self: &Arc<Self>,
        mut lane: LockGuard<'_, Lane<F>>,
        op_code: OpCode,
        payload: F::Payload,
        outcome: Outcome,
        attempt: Attempt,
    ) -> Begun<F> {
        let direction = Direction::of(&op_code);
        let mut operation = Operation::begun(self.clone(), op_code, payload, outcome);
        let id = lane.next_id();
        operation.id = id;
        lane.push(operation);
        if attempt == Attempt::Yield && lane.schedule() {
            // A lane that is scheduled and on no work list would never be served.
            let _held_off = HoldOff::new();
            drop(lane);
            self.core.ready(self.clone(), direction);
        } else if lane.wants_retry() {
            drop(lane);
            self.core.reactor().retry_later(self, direction);
        }
        Begun::Pending(id)
    }

    /// See [`StreamState::note`].
    fn note(&self, op_code: &OpCode, outcome: &Outcome) {
        if self.kind.is_stream() {
            self.stream.note(op_code, outcome);
        }
    }

    /// Makes an operation report how the connection failed, if the kernel reported that to
    /// another one. No lane's lock is held.
    fn correct(&self, op_code: &OpCode, payload: &mut F::Payload, outcome: &mut Outcome) {
        if may_hide_a_failure(op_code, outcome) && self.kind.is_stream() {
            self.correct_now(op_code, payload, outcome);
        }
    }

    #[cold]
    fn correct_now(&self, op_code: &OpCode, payload: &mut F::Payload, outcome: &mut Outcome) {
        // A call of the other lane may have taken the failure from the kernel and not noted it yet.
        drop(self.lane(Direction::of(op_code).other()).lock());
        let wanted_nothing = op_code.reads() && payload.remaining(outcome.bytes).is_empty();
        if let Some(errno) = self.stream.failure()
            && !wanted_nothing
        {
            outcome.error = Some(errno);
        }
    }

    /// Comes back for an operation that was told "not now"; true if there is work.
    pub(crate) fn retry(&self, direction: Direction) -> bool {
        self.lane(direction).lock().retry()
    }

    /// See [`Lane::note_event`].
    #[inline]
    pub(crate) fn note_event(&self, direction: Direction, last: bool) -> bool {
        self.lane(direction).lock().note_event(last)
    }

    /// Tries the oldest operation of the scheduled lane of receives. Usually that is a plain receive, there is
    /// something, and nothing else is to be done: then it is all that is returned.
    #[inline(always)]
    pub(crate) fn receive(&self) -> Result<Box<Operation<F>>, Progress<F>> {
        let mut lane = self.read.lock();
        let mut made = None;
        if let Some(operation) = lane.oldest()
            && matches!(operation.op_code, OpCode::Recv)
        {
            made = transfer(self, true, &mut operation.payload);
            if let Some(made) = made
                && let Some(bytes) = self.note_usual(&mut lane, true, made)
                && let Some(mut ended) = lane.pop()
            {
                ended.outcome.bytes = bytes;
                return match lane.end_turn() {
                    false => Ok(ended),
                    true => Err(Progress { ended: Some(ended), more: true, retry: false }),
                };
            }
        }
        Err(self.perform_any(lane, Direction::Read, made))
    }

    /// Tries the oldest operation of a scheduled lane.
    pub(crate) fn perform(&self, direction: Direction) -> Progress<F> {
        self.perform_any(self.lane(direction).lock(), direction, None)
    }

    #[inline(never)]
    fn perform_any(
        &self,
        mut lane: LockGuard<'_, Lane<F>>,
        direction: Direction,
        made: Option<Transfer>,
    ) -> Progress<F> {
        let mut ended = lane.perform(self, made);
        if let Some(operation) = &ended {
            self.note(&operation.op_code, &operation.outcome);
        }
        let (more, retry) = (lane.end_turn(), lane.wants_retry());
        self.finish_if_due(&mut lane);
        if let Some(operation) = &ended
            && operation.op_code.connects()
        {
            // The lanes' locks are always taken in this order.
            debug_assert_eq!(direction, Direction::Write);
            let mut read = self.read.lock();
            let has_ended = self.has_ended();
            read.begin_afresh(has_ended);
        }
        drop(lane);
        if let Some(operation) = &mut ended {
            let Operation { payload, outcome, op_code, .. } = &mut **operation;
            self.correct(op_code, payload, outcome);
        }
        Progress { ended, more, retry }
    }

    /// Shuts the sending side down if that had to wait for sends and none waits any more.
    #[inline]
    fn finish_if_due(&self, lane: &mut Lane<F>) {
        if !lane.finish_now() {
            return;
        }
        if self.reset_if_cut_off() {
            return;
        }
        // Nobody can be told of a failure here; a later send finds it.
        let _ = rustix::net::shutdown(&self.descriptor, How::Write);
    }

    /// Ends a connection on which a send was cut off, so that the peer does not take what it got for all
    /// there was. False if there is none, or if it is of a kind that cannot say so: TCP alone can.
    fn reset_if_cut_off(&self) -> bool {
        let reset = self.kind == Kind::Tcp && self.stream.is_cut_off();
        if reset {
            // An error means that it is no connection any more.
            let _ = rustix::net::connect_unspec(&self.descriptor);
        }
        reset
    }

    /// Whether the peer's end or urgent data is there, which no later event will repeat. If poll fails, the
    /// answer is yes, which costs one needless try.
    fn has_ended(&self) -> bool {
        let mut polled = [PollFd::new(&self.descriptor, PollFlags::RDHUP | PollFlags::PRI)];
        rustix::event::poll(&mut polled, Some(&Timespec::default())) != Ok(0)
    }

    /// Ends one operation, or all of them, with [`Errno::CANCELLED`]; see K1-K9. Returns how many were found.
    /// Their packets come through the port like any other.
    pub fn cancel(&self, id: Option<u64>) -> usize {
        let _held_off = HoldOff::new();
        let which = id.map_or(Which::All, Which::One);
        self.cancel_which(which)
    }

    /// The same for the operations whose tag the face recognises. `recognised` is called with locks held: it
    /// only looks.
    pub fn cancel_matching(&self, recognised: &dyn Fn(Tag) -> bool) -> usize {
        let _held_off = HoldOff::new();
        self.cancel_which(Which::Matching(recognised))
    }

    fn cancel_which(&self, which: Which<'_>) -> usize {
        match self.is_pollable() {
            true => self.cancel_waiting(which),
            false => self.core.files_if_started().map_or(0, |files| files.cancel(self, which)),
        }
    }

    fn cancel_waiting(&self, which: Which<'_>) -> usize {
        let mut cancelled = self.take_waiting(which);
        let count = cancelled.len();
        for operation in &mut cancelled {
            operation.outcome.error = Some(Errno::CANCELLED);
        }
        self.core.finished(&mut cancelled);
        count
    }

    /// The port is closed: what waits is dropped, and so is what is issued from now on.
    pub(crate) fn drop_waiting(&self) {
        self.read.lock().abandon();
        self.write.lock().abandon();
        drop(self.take_waiting(Which::All));
    }

    fn take_waiting(&self, which: Which<'_>) -> Vec<Box<Operation<F>>> {
        let mut taken = Vec::new();
        for direction in [Direction::Read, Direction::Write] {
            let mut lane = self.lane(direction).lock();
            let from = taken.len();
            lane.take(which, &mut taken);
            if direction == Direction::Write && taken[from..].iter().any(|one| one.outcome.bytes > 0) {
                self.stream.note_cut_off();
            }
            self.finish_if_due(&mut lane);
        }
        taken
    }

    /// Refuses what is issued from now on, with [`Errno::CANCELLED`], cancels what is recognised, and leaves
    /// the descriptor as it is. See [`Handle::cancel_matching`].
    pub fn abandon(&self, recognised: &dyn Fn(Tag) -> bool) {
        self.closed.store(true, Ordering::Release);
        self.read.lock().close();
        self.write.lock().close();
        self.cancel_matching(recognised);
    }

    /// Whether nothing waits. What can be polled only: a file's operations are not looked for.
    pub fn is_idle(&self) -> bool {
        self.read.lock().is_empty() && self.write.lock().is_empty()
    }

    /// Cancels everything and lets the peer know: a stream is shut down both ways, or reset if a send was cut
    /// off half way; a listener stops listening. Operations issued afterwards end with [`Errno::CANCELLED`].
    /// The descriptor's number is released with the last reference to the handle.
    pub fn close(&self) {
        self.abandon(&|_| true);
        if !self.reset_if_cut_off() && self.kind.is_socket() {
            // An error means that it is not connected (any more): there is no peer to be told.
            let _ = rustix::net::shutdown(&self.descriptor, How::Both);
        }
    }
}

impl<F: Face> Drop for Handle<F> {
    fn drop(&mut self) {
        self.reset_if_cut_off();
        if let Some(token) = self.token {
            self.core.reactor().deregister(self.descriptor.as_fd(), token);
        }
    }
}
