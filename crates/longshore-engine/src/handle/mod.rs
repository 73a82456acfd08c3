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

use crate::operation::{Errno, Face, OpCode, Operation, Tag, Which};
use crate::port::Core;
use crate::sync::hold_off::HoldOff;
use crate::sync::{Lock, LockGuard};
use cached::{Cached, try_cached};
use lane::{Issued, Lane};
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

/// What became of an operation that was started; [`Face::finished`] will be told of one that is pending.
pub type Started<F> = longshore_types::Started<Box<Operation<F>>>;

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
            read: Lock::new(Lane::new()),
            write: Lock::new(Lane::new()),
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

    fn lane(&self, direction: Direction) -> &Lock<Lane<F>> {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// Starts an operation and returns its id, unique on this handle. Its packet, one and only one, comes
    /// through the port, whatever happens (D6), also if the calling thread ends before (TX1).
    #[inline]
    pub fn issue(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> u64 {
        match self.begin(op_code, payload, false) {
            Started::Ended(operation) => {
                self.core.finished_one(operation);
                ENDED
            }
            Started::Pending(id) => id,
            Started::Dropped => ENDED,
        }
    }

    /// Queues the packet of an operation that is not tried, because the face has found an error. Returns
    /// its id, as [`Handle::issue`] does.
    #[cold]
    pub fn refuse(self: &Arc<Self>, op_code: OpCode, payload: F::Payload, errno: Errno) -> u64 {
        if !self.core.is_closed() {
            let mut operation = Operation::new(self.clone(), op_code, payload);
            operation.outcome.error = Some(errno);
            self.core.finished_one(operation);
        }
        ENDED
    }

    /// Starts an operation, and hands it back if it ended at once: for faces whose calls return what
    /// ended inside them, and queue a packet for it only sometimes (D1). What can end at once does, also
    /// when no event has told of it yet.
    #[inline]
    pub fn start(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> Started<F> {
        self.begin(op_code, payload, true)
    }

    /// As [`Handle::start`], but if the handle is known not to be ready the operation is
    /// not tried and waits for the event.
    #[inline]
    pub fn start_when_ready(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> Started<F> {
        self.begin(op_code, payload, false)
    }

    #[inline]
    fn begin(self: &Arc<Self>, op_code: OpCode, payload: F::Payload, eager: bool) -> Started<F> {
        let for_files = op_code.is_for_files();
        let operation = Operation::new(self.clone(), op_code, payload);
        match (for_files, self.kind == Kind::File) {
            (false, false) => self.start_in_lane(operation, eager),
            (true, true) => self.start_on_file(operation),
            (true, false) => Self::fail(operation, Errno(libc::ESPIPE)),
            (false, true) => Self::fail(operation, Errno(libc::EOPNOTSUPP)),
        }
    }

    fn start_on_file(self: &Arc<Self>, mut operation: Box<Operation<F>>) -> Started<F> {
        if self.core.is_closed() {
            return Started::Dropped; // Nobody could dequeue the packet (C3).
        }
        if self.closed.load(Ordering::Acquire) {
            return Self::fail(operation, Errno::CANCELLED);
        }
        if try_cached(&mut operation) == Cached::Done {
            return Started::Ended(operation);
        }
        operation.id = self.last_file_id.fetch_add(1, Ordering::Relaxed) + 1;
        match self.core.source_of(self.kind) {
            Ok(source) => Started::Pending(source.issue(self, operation)),
            Err(errno) => Self::fail(operation, errno),
        }
    }

    /// The reactor's part of issuing.
    pub(crate) fn issue_to_lane(self: &Arc<Self>, operation: Box<Operation<F>>) -> u64 {
        match self.start_in_lane(operation, false) {
            Started::Ended(operation) => {
                self.core.finished_one(operation);
                ENDED
            }
            Started::Pending(id) => id,
            Started::Dropped => ENDED,
        }
    }

    #[inline(always)]
    fn start_in_lane(self: &Arc<Self>, operation: Box<Operation<F>>, eager: bool) -> Started<F> {
        let direction = match operation.op_code.reads() {
            true => Direction::Read,
            false => Direction::Write,
        };
        self.start_in_locked_lane(self.lane(direction).lock(), direction, operation, eager)
    }

    #[inline(always)]
    fn start_in_locked_lane(
        self: &Arc<Self>,
        mut lane: LockGuard<'_, Lane<F>>,
        direction: Direction,
        mut operation: Box<Operation<F>>,
        eager: bool,
    ) -> Started<F> {
        // Closing the handle or the port takes the lane's lock after it set its flag: either it finds this
        // operation in the lane, or this sees the flag.
        if self.core.is_closed() {
            drop(lane);
            return Started::Dropped;
        }
        if self.closed.load(Ordering::Acquire) {
            drop(lane);
            return Self::fail(operation, Errno::CANCELLED);
        }
        let id = lane.next_id(direction);
        operation.id = id;
        match lane.issue(operation, eager) {
            Issued::Ended(operation) => return self.end_in_lane(lane, operation),
            Issued::Scheduled => {
                // A lane that is scheduled and on no work list would never be served.
                let _held_off = HoldOff::new();
                drop(lane);
                self.core.ready(self.clone(), direction);
            }
            Issued::Waits => {
                if lane.wants_retry() {
                    drop(lane);
                    self.core.reactor().retry_later(self, direction);
                }
            }
        }
        Started::Pending(id)
    }

    /// The operation ended before it waited in the lane.
    #[inline(always)]
    fn end_in_lane(&self, lane: LockGuard<'_, Lane<F>>, mut operation: Box<Operation<F>>) -> Started<F> {
        self.note(&operation);
        drop(lane);
        self.correct(&mut operation);
        Started::Ended(operation)
    }

    /// See [`StreamState::note`].
    #[inline]
    fn note(&self, operation: &Operation<F>) {
        if self.kind.is_stream() {
            self.stream.note(operation);
        }
    }

    /// Makes an operation report how the connection failed, if the kernel reported that to
    /// another one. No lane's lock is held.
    #[inline]
    fn correct(&self, operation: &mut Operation<F>) {
        if may_hide_a_failure(operation) && self.kind.is_stream() {
            self.correct_now(operation);
        }
    }

    #[cold]
    fn correct_now(&self, operation: &mut Operation<F>) {
        // A call of the other lane may have taken the failure from the kernel and not noted it yet.
        let other = if operation.op_code.reads() { Direction::Write } else { Direction::Read };
        drop(self.lane(other).lock());
        let wanted_nothing = operation.op_code.reads() && operation.remaining().is_empty();
        if let Some(errno) = self.stream.failure()
            && !wanted_nothing
        {
            operation.outcome.error = Some(errno);
        }
    }

    /// Comes back for an operation that was told "not now"; true if there is work.
    pub(crate) fn retry(&self, direction: Direction) -> bool {
        self.lane(direction).lock().retry()
    }

    #[cold]
    fn fail(mut operation: Box<Operation<F>>, errno: Errno) -> Started<F> {
        operation.outcome.error = Some(errno);
        Started::Ended(operation)
    }

    /// See [`Lane::note_event`].
    #[inline]
    pub(crate) fn note_event(&self, direction: Direction, last: bool) -> bool {
        self.lane(direction).lock().note_event(last)
    }

    /// See [`Lane::perform`].
    #[inline(always)]
    pub(crate) fn perform(&self, direction: Direction) -> Progress<F> {
        let mut lane = self.lane(direction).lock();
        let mut progress = lane.perform();
        if let Some(operation) = &progress.ended {
            self.note(operation);
        }
        self.finish_if_due(&mut lane);
        if let Some(operation) = &progress.ended
            && operation.op_code.connects()
        {
            // The lanes' locks are always taken in this order.
            let mut read = self.read.lock();
            let ended = self.has_ended();
            read.begin_afresh(ended);
        }
        drop(lane);
        if let Some(operation) = &mut progress.ended {
            self.correct(operation);
        }
        progress
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
        self.core.source_if_started(self.kind).map_or(0, |source| source.cancel(self, which))
    }

    /// The same for the operations whose tag the face recognises. `recognised` is called with locks held: it
    /// only looks.
    pub fn cancel_matching(&self, recognised: &dyn Fn(Tag) -> bool) -> usize {
        let _held_off = HoldOff::new();
        let source = self.core.source_if_started(self.kind);
        source.map_or(0, |source| source.cancel(self, Which::Matching(recognised)))
    }

    /// The reactor's part of cancelling.
    pub(crate) fn cancel_waiting(&self, which: Which<'_>) -> usize {
        let mut cancelled = self.take_waiting(which);
        let count = cancelled.len();
        for operation in &mut cancelled {
            operation.outcome.error = Some(Errno::CANCELLED);
        }
        self.core.finished(&mut cancelled);
        count
    }

    pub(crate) fn take_waiting(&self, which: Which<'_>) -> Vec<Box<Operation<F>>> {
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
