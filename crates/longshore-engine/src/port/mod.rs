//! The port: the dispatcher, the reactor it listens to, and the source for what cannot be polled.

use crate::dispatch::{
    Account, Dispatch, EventSource, MemberState, More, Wait, arrive, associate, depart, is_with, member_of,
};
use crate::handle::{Direction, Handle, Kind, nonblocking};
use crate::monitor::Watched;
use crate::operation::{Errno, Face, Operation, Packet};
use crate::sources::reactor::{Due, NotPollable, Reactor, Work};
use crate::sources::{Sink, Source, files};
use longshore_crew::Worker;
use longshore_types::{AsItIs, Consume, Stats, TakeError, TimerId};
use smallvec::SmallVec;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

/// A completion port. Faces wrap it; it is always behind an `Arc`, which every attached handle shares (P11).
/// The owner of the port calls [`Core::close`] when its user is done.
pub struct Core<F: Face> {
    dispatch: Dispatch<Reactor<F>>,
    files: OnceLock<Result<Arc<dyn Source<F>>, Errno>>,
    closed: AtomicBool,
    this: Weak<Core<F>>,
}

impl<F: Face> Core<F> {
    /// A port that lets `concurrency` threads run at a time; 0 stands for the CPUs this process may use (Q5).
    ///
    /// # Errors
    /// Those of epoll_create1(2), eventfd(2) and timerfd_create(2): mostly too many open files.
    pub fn new(concurrency: usize) -> io::Result<Arc<Self>> {
        let cap = resolved(concurrency);
        let reactor = Reactor::new()?;
        let core = Arc::new_cyclic(|this: &Weak<Core<F>>| {
            reactor.belongs_to(this.clone());
            Core {
                dispatch: Dispatch::new(cap, reactor),
                files: OnceLock::new(),
                closed: AtomicBool::new(false),
                this: this.clone(),
            }
        });
        tracing::debug!(concurrency = cap, "port opened");
        Ok(core)
    }

    /// The concurrency value.
    pub fn concurrency(&self) -> usize {
        self.dispatch.lock().cap
    }

    /// Changes the concurrency value, while the port is in use; 0 stands for the CPUs this process may use.
    /// Where more threads may run now, as many are woken as there is work for. Where fewer may, those that run
    /// go on, and give their slots up when they come back.
    pub fn set_concurrency(&self, concurrency: usize) {
        let cap = resolved(concurrency);
        tracing::debug!(concurrency = cap, "concurrency changed");
        self.dispatch.set_concurrency(cap);
    }

    pub(crate) fn reactor(&self) -> &Reactor<F> {
        self.dispatch.events()
    }

    /// Attaches a descriptor. Pollable ones are set to `O_NONBLOCK`, which its duplicates share.
    ///
    /// # Errors
    /// `EBADF` and the errors of epoll_ctl(2); `Unsupported` for a file or a device that cannot be polled,
    /// which can be attached as [`Kind::File`]; `BrokenPipe` if the port is closed.
    pub fn attach(
        &self,
        descriptor: impl Into<Arc<OwnedFd>>,
        key: usize,
        kind: Option<Kind>,
    ) -> io::Result<Arc<Handle<F>>> {
        let descriptor = descriptor.into();
        let kind = match kind {
            Some(kind) => kind,
            None => match Kind::of(descriptor.as_fd())? {
                Kind::File => return Err(io::Error::new(io::ErrorKind::Unsupported, NotPollable)),
                kind => kind,
            },
        };
        let handle = self.register(descriptor, key, kind)?;
        if kind != Kind::File {
            nonblocking::ensure(handle.descriptor())?;
        }
        Ok(handle)
    }

    /// Attaches a connection that an accept on `listener` produced. Its kind is known from the listener.
    ///
    /// # Errors
    /// As for [`Core::attach`].
    pub fn attach_accepted(&self, listener: &Handle<F>, accepted: OwnedFd) -> io::Result<Arc<Handle<F>>> {
        let kind = match listener.kind() {
            Kind::Listener { tcp: true } => Kind::Tcp,
            _ => Kind::Socket,
        };
        self.register(accepted.into(), listener.key(), kind)
    }

    fn register(&self, descriptor: Arc<OwnedFd>, key: usize, kind: Kind) -> io::Result<Arc<Handle<F>>> {
        if self.is_closed() {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the port is closed"));
        }
        tracing::trace!(?descriptor, ?kind, key, "attached");
        let core = self.arc();
        let handle = self.reactor().register(descriptor, kind, |descriptor, kind, token| {
            Arc::new(Handle::new(core, descriptor, kind, key, token))
        })?;
        if self.is_closed() {
            handle.drop_waiting(); // Closing may have looked before this was registered.
        }
        Ok(handle)
    }

    fn arc(&self) -> Arc<Self> {
        #[expect(clippy::expect_used, reason = "`new` makes it in an Arc, and `self` is borrowed from there")]
        self.this.upgrade().expect("a port lives in an Arc")
    }

    /// Queues a packet (N1-N5). Never blocks, never waits for room (Q16). A closed port gives it back.
    #[inline]
    pub fn post(&self, key: usize, post: F::Post) -> Result<(), F::Post> {
        match self.dispatch.post(Packet::Posted { key, post }) {
            Ok(()) => Ok(()),
            Err(Packet::Posted { post, .. }) => Err(post),
            Err(Packet::Finished(_)) => unreachable!("a posted packet came back as another"),
        }
    }

    /// Posts a packet at `deadline`. A closed port gives it back.
    pub fn post_at(&self, deadline: Instant, key: usize, post: F::Post) -> Result<TimerId, F::Post> {
        if self.is_closed() {
            return Err(post);
        }
        let id = self.reactor().timers.insert(deadline, Due::Packet { key, post });
        self.reactor().set_clock();
        if self.is_closed() {
            self.reactor().timers.clear();
        }
        Ok(id)
    }

    /// Cancels a timer; `None` if it was due, or was cancelled before.
    pub fn cancel_timer(&self, id: TimerId) -> Option<(usize, F::Post)> {
        match self.reactor().timers.remove(id)? {
            Due::Packet { key, post } => Some((key, post)),
            Due::Retry(..) => None,
        }
    }

    /// Takes the oldest packet, waiting for at most `timeout` (for ever without one). Associates the calling
    /// thread with this port (Q7).
    #[inline]
    pub fn take(&self, timeout: Option<Duration>) -> Result<Packet<F>, TakeError> {
        self.take_with(wait_for(timeout), None)
    }

    /// Takes the oldest packet, as a thread of a pool. It waits until one comes; or until the worker is to
    /// stop, and nothing is left to take; or until it was idle for long and may leave, and then it counts as
    /// gone. After [`stop`](longshore_crew::Crew::stop), call [`Core::rouse_all`].
    #[inline]
    pub fn take_as(&self, worker: &Worker) -> Result<Packet<F>, TakeError> {
        self.take_with(Wait::Serve(worker), None)
    }

    /// As [`Core::take`], waiting until the timeout has passed or `stop` is true. After setting `stop`, call
    /// [`Core::rouse_all`].
    #[inline]
    pub fn take_until_or(
        &self,
        timeout: Option<Duration>,
        stop: &crate::sync::AtomicBool,
    ) -> Result<Packet<F>, TakeError> {
        let wait = match wait_for(timeout) {
            Wait::Now => Wait::Now,
            Wait::Until(deadline) => Wait::UntilOr(Some(deadline), stop),
            _ => Wait::UntilOr(None, stop),
        };
        self.take_with(wait, None)
    }

    /// Takes up to `max` packets at once, waiting for the first until the timeout has passed or `stop` is
    /// true. After setting `stop`, call [`Core::rouse_all`].
    pub fn take_many_unless(
        &self,
        packets: &mut Vec<Packet<F>>,
        max: usize,
        timeout: Option<Duration>,
        stop: &crate::sync::AtomicBool,
    ) -> Result<usize, TakeError> {
        let deadline = match wait_for(timeout) {
            Wait::Now => return self.take_many(packets, max, timeout),
            Wait::Until(deadline) => Some(deadline),
            _ => None,
        };
        let start = packets.len();
        let more = More { max: start.saturating_add(max - 1), packets };
        let first = self.take_with(Wait::UntilOr(deadline, stop), Some(more))?;
        packets.insert(start, first);
        Ok(packets.len() - start)
    }

    /// Whether the calling thread is associated with this port (Q7).
    pub fn is_associated(&self) -> bool {
        is_with(std::ptr::from_ref(self).cast())
    }

    /// Whether a packet is queued.
    pub fn has_packets(&self) -> bool {
        self.dispatch.lock().backlog() > 0
    }

    /// Whether a thread of the port listens to its sources now.
    pub fn is_attended(&self) -> bool {
        self.dispatch.lock().waiters.attended()
    }

    /// Whether any thread is associated with the port.
    pub fn has_members(&self) -> bool {
        !self.dispatch.lock().members.is_empty()
    }

    /// Whether threads have been associated with the port and all of them are gone.
    pub fn is_deserted(&self) -> bool {
        let state = self.dispatch.lock();
        state.had_members && state.members.is_empty()
    }

    /// Queues the packet of an operation that the face finished by itself. A closed port drops it (C4).
    pub fn complete(&self, key: usize, post: F::Post) {
        self.dispatch.finished_at_once(Packet::Posted { key, post });
    }

    /// Polls the kernel in place of the port's threads: performs what is ready, and queues the packets. It is
    /// for threads that wait for an operation outside this port. Does not block and does not associate the
    /// calling thread. True if there was something to do.
    pub fn attend(&self) -> bool {
        self.dispatch.attend()
    }

    /// Ends the port for those who take from it: they learn that it is closed (C1), and queued packets are
    /// discarded (C3). Operations go on, and [`Face::finished`] is told of their end (C4); their packets are
    /// dropped. Only callers of [`Core::attend`] still poll for them.
    pub fn retire(&self) {
        tracing::debug!("port retired");
        self.dispatch.close(true);
    }

    /// The descriptor that the threads of this port listen to. It does not become readable for posted
    /// packets; the one of [`Core::observe`] does.
    pub fn sources(&self) -> BorrowedFd<'_> {
        self.reactor().as_fd()
    }

    /// Wakes every waiting thread, to look around once.
    pub fn rouse_all(&self) {
        self.dispatch.rouse_all();
    }

    /// Takes up to `max` packets at once, waiting only for the first (X1), and adds them to `packets`.
    pub fn take_many(
        &self,
        packets: &mut Vec<Packet<F>>,
        max: usize,
        timeout: Option<Duration>,
    ) -> Result<usize, TakeError> {
        if max == 0 {
            return Ok(0);
        }
        let start = packets.len();
        let more = More { max: start.saturating_add(max - 1), packets };
        let first = self.take_with(wait_for(timeout), Some(more))?;
        packets.insert(start, first);
        Ok(packets.len() - start)
    }

    /// The oldest packet, if the calling thread may have it without waiting and there is no more to be done than
    /// to take it; `None` says nothing, and the others must be asked. Whoever has a use for the packet hands it in,
    /// which spares moving the packet to it.
    #[inline(always)]
    pub fn take_at_once<C: Consume<Packet<F>>>(&self, consumer: C) -> Option<C::Output> {
        let member = member_of(std::ptr::from_ref(self).cast())?;
        self.dispatch.take_at_once(member, consumer)
    }

    #[inline(always)]
    fn take_with(&self, wait: Wait<'_>, more: Option<More<'_, Packet<F>>>) -> Result<Packet<F>, TakeError> {
        if more.is_none()
            && let Some(packet) = self.take_at_once(AsItIs)
        {
            return Ok(packet);
        }
        self.take_slowly(wait, more)
    }

    #[inline(never)]
    fn take_slowly(&self, wait: Wait<'_>, more: Option<More<'_, Packet<F>>>) -> Result<Packet<F>, TakeError> {
        let address = std::ptr::from_ref(self).cast::<()>();
        let arrival = match arrive(address) {
            Some(arrival) => arrival,
            None => match associate(address, || self.associate()) {
                Some(arrival) => arrival,
                None => return self.take_as_guest(wait, more),
            },
        };
        let packet = self.dispatch.take(arrival.member, wait, arrival.handler_ns, more)?;
        if arrival.measure {
            depart();
        }
        Ok(packet)
    }

    /// The thread is ending: it takes one packet and does not stay a member.
    #[cold]
    fn take_as_guest(
        &self,
        wait: Wait<'_>,
        more: Option<More<'_, Packet<F>>>,
    ) -> Result<Packet<F>, TakeError> {
        let (_, member) = self.associate();
        let packet = self.dispatch.take(member, wait, None, more);
        self.dispatch.leave(member);
        packet
    }

    fn associate(&self) -> (Weak<dyn Account>, usize) {
        let thread = rustix::thread::gettid().as_raw_pid();
        (self.this.clone(), self.dispatch.join(thread))
    }

    /// A descriptor that polls readable whenever [`Core::take`] with a timeout of zero is worth calling, for
    /// embedding the port in somebody else's event loop. Take until nothing comes, then poll again.
    ///
    /// # Errors
    /// Too many open files, the first time.
    pub fn observe(&self) -> io::Result<BorrowedFd<'_>> {
        let descriptor = self.reactor().observe()?;
        if self.dispatch.observe() {
            self.reactor().signal();
        }
        Ok(descriptor)
    }

    /// What the port is doing now and has done so far.
    pub fn stats(&self) -> Stats {
        let state = self.dispatch.lock();
        let count = |wanted| state.members.iter().filter(|(_, member)| member.state == wanted).count();
        let counters = state.counters;
        let mut stats = Stats::default();
        stats.queued = state.backlog();
        stats.running = state.running;
        stats.parked = state.waiters.len();
        stats.blocked = count(MemberState::Blocked) + count(MemberState::Asleep);
        stats.dequeued = state.dequeued();
        stats.wakes = counters.wakes;
        stats.compensations = counters.compensations;
        stats.polls = counters.polls;
        stats.events = counters.events;
        stats.events_max = counters.events_max;
        stats
    }

    /// The port is closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the port: every waiting thread learns it (C1), queued packets are discarded (C3), operations in
    /// flight are cancelled and dropped, each once the kernel has let go of its buffers. Idempotent.
    pub fn close(&self) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        tracing::debug!("port closed");
        self.dispatch.close(false);
        self.reactor().close();
        if let Some(files) = self.files_if_started() {
            files.close();
        }
    }

    /// What executes operations on files; started by its first use.
    pub(crate) fn files(&self) -> Result<&dyn Source<F>, Errno> {
        let files = self.files.get_or_init(|| files::start(self.this.clone()));
        let files = files.as_deref().map_err(|errno| *errno)?;
        if self.is_closed() {
            files.close(); // Closing may have looked before this was started.
        }
        Ok(files)
    }

    pub(crate) fn files_if_started(&self) -> Option<&dyn Source<F>> {
        self.files.get()?.as_deref().ok()
    }

    #[inline]
    pub(crate) fn finished_one(&self, operation: Box<Operation<F>>) {
        if let Some(packet) = F::finished(operation) {
            self.dispatch.finished_at_once(packet);
        }
    }

    pub(crate) fn finished(&self, operations: &mut Vec<Box<Operation<F>>>) {
        let packets: SmallVec<[_; 16]> = operations.drain(..).filter_map(F::finished).collect();
        if !packets.is_empty() {
            self.dispatch.finished(packets.into_iter());
        }
    }

    pub(crate) fn ready(&self, handle: Arc<Handle<F>>, direction: Direction) {
        self.dispatch.ready(Work::lane(handle, direction));
    }
}

fn resolved(concurrency: usize) -> usize {
    match concurrency {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        cap => cap,
    }
}

#[inline]
fn wait_for(timeout: Option<Duration>) -> Wait<'static> {
    match timeout {
        None => Wait::Forever,
        Some(Duration::ZERO) => Wait::Now,
        // A deadline beyond what can be represented is never.
        Some(timeout) => Instant::now().checked_add(timeout).map_or(Wait::Forever, Wait::Until),
    }
}

impl<F: Face> Sink<F> for Core<F> {
    fn complete(&self, finished: &mut Vec<Box<Operation<F>>>) {
        self.finished(finished);
    }
}

impl<F: Face> Watched for Core<F> {
    fn tick(&self) -> Option<Duration> {
        self.dispatch.tick()
    }
}

impl<F: Face> Account for Core<F> {
    fn leave(&self, member: usize) {
        self.dispatch.leave(member);
    }

    fn rouse(&self, member: usize) {
        self.dispatch.rouse(member);
    }

    fn block(&self, member: usize) -> bool {
        self.dispatch.block(member)
    }

    fn unblock(&self, member: usize) {
        self.dispatch.unblock(member);
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
