//! An open file, socket or pipe attached to a port, with the operations that wait for it.
//!
//! A pollable handle has two lanes, one for what waits to become readable and one for what waits to become
//! writable. In a lane, operations are tried strictly in the order they were issued (S4, S19), one thread at a
//! time, under the lane's lock. That lock is what makes the rest simple:
//!
//! 1. An operation is issued under the lock: tried at once if the lane is ready and empty, else queued.
//! 2. Readiness is noted under the lock. An edge that comes between a failed try and the queueing waits for the
//!    lock and then finds the operation; an edge that comes before the try makes the try succeed. None is lost.
//! 3. A cancel takes the lock and removes what is still queued. What it does not find has already ended, so an
//!    operation ends once, and bytes that were received are delivered (K4, K9).
//! 4. `scheduled` says that the lane is on the port's work list, where it stands at most once.
//!
//! The handle owns the descriptor and every operation keeps the handle, so a number is not reused while an
//! operation could still reach it (C6, TX8).

use crate::attempt::{Attempt, attempt};
use crate::operation::{Errno, Face, Operation, Verb};
use crate::port::Core;
use crate::reactor::Token;
use crate::source::Which;
use crate::sync::Lock;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What a descriptor is, as far as the calls on it differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A connected TCP socket: a short receive means there is nothing more until the next event.
    Tcp,
    /// Any other stream socket, listening sockets included.
    Socket,
    /// A datagram socket.
    Datagram,
    /// A pollable descriptor that is not a socket.
    Pipe,
    /// A regular file, a block device, or whatever else cannot be polled.
    File,
}

impl Kind {
    pub(crate) fn is_socket(self) -> bool {
        matches!(self, Kind::Tcp | Kind::Socket | Kind::Datagram)
    }

    /// Finds out.
    pub(crate) fn of(descriptor: BorrowedFd<'_>) -> io::Result<Kind> {
        let fd = descriptor.as_raw_fd();
        // SAFETY: all-zero is a valid `stat`, and it is only read after the call filled it in.
        let mut stat: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: `stat` is a valid place for the result.
        if unsafe { libc::fstat(fd, &mut stat) } != 0 {
            return Err(io::Error::last_os_error());
        }
        match stat.st_mode & libc::S_IFMT {
            libc::S_IFREG | libc::S_IFBLK | libc::S_IFDIR => Ok(Kind::File),
            libc::S_IFSOCK => {
                let stream = option(fd, libc::SO_TYPE)? == libc::SOCK_STREAM;
                let domain = option(fd, libc::SO_DOMAIN)?;
                let inet = domain == libc::AF_INET || domain == libc::AF_INET6;
                let listens = option(fd, libc::SO_ACCEPTCONN)? != 0;
                Ok(match (stream, inet && !listens) {
                    (true, true) => Kind::Tcp,
                    (true, false) => Kind::Socket,
                    (false, _) => Kind::Datagram,
                })
            }
            // Character devices may or may not be pollable; registering them tells.
            _ => Ok(Kind::Pipe),
        }
    }
}

fn option(fd: libc::c_int, name: libc::c_int) -> io::Result<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` has room for the `length` bytes asked for.
    let result =
        unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, (&raw mut value).cast(), &mut length) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(value)
}

fn is_direct(descriptor: &OwnedFd) -> bool {
    // SAFETY: no pointers.
    let flags = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_GETFL) };
    flags >= 0 && flags & libc::O_DIRECT != 0
}

/// Which lane of a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// Operations that wait for the same readiness, oldest first.
struct Lane<F: Face> {
    waiting: VecDeque<Box<Operation<F>>>,
    /// No try has failed since the last event.
    ready: bool,
    /// The peer finished, or something else happened that no later event will repeat: a short receive no
    /// longer means that there is nothing more.
    last_event_seen: bool,
    scheduled: bool,
}

impl<F: Face> Lane<F> {
    fn new() -> Lock<Self> {
        Lock::new(Lane { waiting: VecDeque::new(), ready: true, last_event_seen: false, scheduled: false })
    }

    /// Tries the operation; `None` means it ended.
    fn attempt(&mut self, operation: &mut Operation<F>) -> Option<Attempt> {
        let attempt = attempt(operation);
        match attempt {
            Attempt::Done => None,
            Attempt::DoneAndDrained => {
                self.ready = self.last_event_seen;
                None
            }
            Attempt::NotReady => {
                self.ready = false;
                Some(attempt)
            }
            Attempt::Yield => Some(attempt),
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
    last_id: AtomicU64,
    read: Lock<Lane<F>>,
    write: Lock<Lane<F>>,
}

impl<F: Face> Handle<F> {
    pub(crate) fn new(
        core: Arc<Core<F>>,
        descriptor: OwnedFd,
        kind: Kind,
        key: usize,
        token: Option<Token>,
    ) -> Self {
        let unbuffered = kind == Kind::File && is_direct(&descriptor);
        Handle {
            unbuffered,
            descriptor: Arc::new(descriptor),
            kind,
            key: AtomicUsize::new(key),
            core,
            token,
            closed: AtomicBool::new(false),
            last_id: AtomicU64::new(0),
            read: Lane::new(),
            write: Lane::new(),
        }
    }

    /// The descriptor, open for as long as the handle.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// A share in the descriptor that outlives the handle, for [`crate::FileRange`].
    pub fn share_descriptor(&self) -> Arc<OwnedFd> {
        self.descriptor.clone()
    }

    /// What the descriptor is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// A file that was opened past the page cache, so that no read of it can be served from there.
    pub(crate) fn is_unbuffered(&self) -> bool {
        self.unbuffered
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
    /// through the port, whatever happens (D6). The calling thread may be doomed (TX1).
    pub fn issue(self: &Arc<Self>, verb: Verb, payload: F::Payload) -> u64 {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut operation = Operation::new(self.clone(), verb, payload);
        operation.id = id;
        if self.core.is_closed() {
            return id; // Nobody could dequeue the packet (C3).
        }
        if self.closed.load(Ordering::Acquire) {
            self.fail(operation, Errno::CANCELLED);
        } else if operation.verb.is_for_files() {
            self.issue_to_files(operation);
        } else if self.kind == Kind::File {
            self.fail(operation, Errno(libc::EOPNOTSUPP));
        } else {
            self.issue_to_lane(operation);
        }
        id
    }

    fn issue_to_files(&self, mut operation: Box<Operation<F>>) {
        if self.kind != Kind::File {
            return self.fail(operation, Errno(libc::ESPIPE));
        }
        if crate::transfer::try_cached(&mut operation) == crate::transfer::Cached::Done {
            return self.core.finished_one(operation);
        }
        match self.core.files() {
            Ok(files) => files.issue(operation),
            Err(errno) => self.fail(operation, errno),
        }
    }

    fn issue_to_lane(self: &Arc<Self>, mut operation: Box<Operation<F>>) {
        let direction = match operation.verb.reads() {
            true => Direction::Read,
            false => Direction::Write,
        };
        let mut lane = self.lane(direction).lock();
        // Closing the handle or the port takes the lane's lock after it set its flag: either it finds this
        // operation in the lane, or this sees the flag.
        if self.core.is_closed() {
            drop(lane);
            return;
        }
        if self.closed.load(Ordering::Acquire) {
            drop(lane);
            return self.fail(operation, Errno::CANCELLED);
        }
        if lane.ready && !lane.scheduled && lane.waiting.is_empty() {
            match lane.attempt(&mut operation) {
                None => {
                    drop(lane);
                    return self.core.finished_one(operation);
                }
                Some(Attempt::Yield) => {
                    lane.scheduled = true;
                    lane.waiting.push_back(operation);
                    drop(lane);
                    return self.core.ready(self.clone(), direction);
                }
                Some(_) => {}
            }
        }
        lane.waiting.push_back(operation);
    }

    fn fail(&self, mut operation: Box<Operation<F>>, errno: Errno) {
        operation.outcome.error = Some(errno);
        self.core.finished_one(operation);
    }

    /// The kernel reported an event; true if the lane has work for a thread now. `last` marks an event that
    /// will not be repeated.
    pub(crate) fn note_event(&self, direction: Direction, last: bool) -> bool {
        let mut lane = self.lane(direction).lock();
        lane.ready = true;
        lane.last_event_seen |= last;
        let work = !lane.waiting.is_empty() && !lane.scheduled;
        lane.scheduled |= work;
        work
    }

    /// Tries the oldest operation of a scheduled lane. Returns it if it ended, and whether the lane has more
    /// to do right away.
    pub(crate) fn perform(&self, direction: Direction) -> (Option<Box<Operation<F>>>, bool) {
        let mut lane = self.lane(direction).lock();
        let Some(mut operation) = lane.waiting.pop_front() else {
            lane.scheduled = false;
            return (None, false);
        };
        let ended = match lane.attempt(&mut operation) {
            None => Some(operation),
            Some(attempt) => {
                lane.waiting.push_front(operation);
                if attempt == Attempt::NotReady {
                    lane.scheduled = false;
                    return (None, false);
                }
                None
            }
        };
        // A connection that was just made starts afresh: what was seen before it does not count.
        if let Some(operation) = &ended
            && matches!(operation.verb, Verb::Connect(_))
        {
            self.connected();
        }
        let more = lane.ready && !lane.waiting.is_empty();
        lane.scheduled = more;
        (ended, more)
    }

    /// An unconnected socket reports a hang-up, which says nothing about the connection to come.
    fn connected(&self) {
        let mut read = self.read.lock();
        read.ready = true;
        read.last_event_seen = false;
    }

    /// Ends one operation, or all of them, with [`Errno::CANCELLED`]; see K1-K9. Returns how many were found.
    /// Their packets come through the port like any other.
    pub fn cancel(&self, id: Option<u64>) -> usize {
        let which = id.map_or(Which::All, Which::One);
        if self.kind == Kind::File {
            return self.core.files_if_started().map_or(0, |files| files.cancel(self, which));
        }
        let mut cancelled = self.take_waiting(which);
        let count = cancelled.len();
        for operation in &mut cancelled {
            operation.outcome.error = Some(Errno::CANCELLED);
        }
        self.core.finished(&mut cancelled);
        count
    }

    pub(crate) fn take_waiting(&self, which: Which) -> Vec<Box<Operation<F>>> {
        let mut taken = Vec::new();
        for direction in [Direction::Read, Direction::Write] {
            let mut lane = self.lane(direction).lock();
            let mut index = 0;
            while index < lane.waiting.len() {
                if which.matches(lane.waiting[index].id) {
                    taken.extend(lane.waiting.remove(index));
                } else {
                    index += 1;
                }
            }
        }
        taken
    }

    /// Cancels everything and lets the peer know: a stream is shut down both ways, a listener stops listening.
    /// Operations issued afterwards end with [`Errno::CANCELLED`]. The descriptor's number is released with
    /// the last reference to the handle.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.cancel(None);
        if self.kind.is_socket() {
            // An error means it is not connected, or not any more: nothing to say to anybody.
            // SAFETY: the descriptor is open.
            unsafe { libc::shutdown(self.descriptor.as_raw_fd(), libc::SHUT_RDWR) };
        }
    }
}

impl<F: Face> Drop for Handle<F> {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            self.core.reactor().deregister(self.descriptor.as_fd(), token);
        }
    }
}
