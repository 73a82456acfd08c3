//! The reactor: one epoll instance per port, edge-triggered, in which the leading
//! thread of an idle port sleeps.
//!
//! Mechanism. A handle is registered once, for both directions, when it is attached. An event marks the lane
//! ready; if operations wait there, the lane becomes work, and the thread that takes the work performs the
//! call ([`crate::handle`]). An idle connection needs no buffer, no request belongs to a thread, the thread
//! that uses the data copies it, and all calls are allowed by usual seccomp filters.
//!
//! Why edge-triggered: a level-triggered descriptor is put back on the kernel's ready list while it is being
//! polled and wakes a second sleeper, needlessly. What edge-triggering promises, and the code relies on:
//! - registration reports the present state, so nothing that happened before it is missed;
//! - new data on a TCP socket makes a new event even if the old data has not been read, so after a short
//!   receive no second try is needed to be sure that the next event will come;
//! - the peer's end is an event of its own (`EPOLLRDHUP`), and is not repeated: [`Handle::note_event`]
//!   remembers it, because a short receive may be followed by an end that has already been reported. The same
//!   holds for urgent data (`EPOLLPRI`), at whose mark a receive stops short.
//!
//! The same epoll instance has the port's eventfd, which wakes the leader for a posted packet, and its
//! timerfd, set to the earliest timer.

use super::timers::Timers;
use crate::dispatch::{EventSource, Found, Performed};
use crate::handle::{Direction, Handle, Kind, Progress, Token};
use crate::monitor::{self, Watched};
use crate::operation::{Face, Packet};
use crate::sync::{Mutex, MutexGuard};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use slab::Slab;
use smallvec::SmallVec;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, Weak};
use std::time::{Duration, Instant};

/// Something ready to be performed.
pub(crate) enum Work<F: Face> {
    /// A handle on which something may be received.
    Read(Arc<Handle<F>>),
    /// A handle on which something may be sent.
    Write(Arc<Handle<F>>),
    /// The timerfd has expired.
    Timers,
}

impl<F: Face> Work<F> {
    /// A lane with waiting operations and an event.
    #[inline]
    pub(crate) fn lane(handle: Arc<Handle<F>>, direction: Direction) -> Self {
        match direction {
            Direction::Read => Work::Read(handle),
            Direction::Write => Work::Write(handle),
        }
    }
}

/// What happens when a timer is due.
pub(crate) enum Due<F: Face> {
    /// A packet is posted.
    Packet { key: usize, post: F::Post },
    /// A lane is tried again.
    Retry(Weak<Handle<F>>, Direction),
}

/// How long an operation without a descriptor or memory waits for the next try: no event
/// tells when there is some again.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Logs that connections have to wait, at most once a second, because clients decide how
/// often it happens. No lock is held.
fn warn_of_refusals() {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    /// In seconds since the start, counted from 1; 0 before the first. A hint, hence relaxed.
    static SAID_SECOND: AtomicU64 = AtomicU64::new(0);
    let second = STARTED.elapsed().as_secs() + 1;
    if SAID_SECOND.swap(second, Ordering::Relaxed) != second {
        tracing::warn!(
            "cannot accept a connection while descriptors or memory are short; trying again every {} ms",
            RETRY_AFTER.as_millis()
        );
        tracing::warn!("raise the limit before starting: ulimit -n 65536");
    }
}

/// Events taken in one poll. More stay in the kernel for the next.
const EVENTS_MAX: usize = 128;

const VOICE: u64 = u64::MAX;
const CLOCK: u64 = u64::MAX - 1;

struct Registry<F: Face> {
    handles: Slab<(u32, Weak<Handle<F>>)>,
    generation: u32,
}

/// See the head of this module.
pub(crate) struct Reactor<F: Face> {
    epoll: OwnedFd,
    voice: OwnedFd,
    clock: OwnedFd,
    registry: Mutex<Registry<F>>,
    /// Something was registered, or a timer set, at some time.
    used: AtomicBool,
    pub(crate) timers: Timers<Due<F>>,
    port: OnceLock<Weak<dyn Watched>>,
    observer: OnceLock<Observer>,
}

/// Makes a port pollable from outside: an outer epoll instance with the reactor's own and an eventfd.
struct Observer {
    epoll: OwnedFd,
    bell: OwnedFd,
}

fn add(epoll: &OwnedFd, descriptor: BorrowedFd<'_>, events: EventFlags, data: u64) -> rustix::io::Result<()> {
    epoll::add(epoll, descriptor, EventData::new_u64(data), events)
}

/// Adds one to an eventfd. Its counter cannot overflow in practice; if it did it would still be signalled.
fn ring(eventfd: &OwnedFd) {
    let _ = rustix::io::write(eventfd, &1u64.to_ne_bytes());
}

/// An eventfd whose reads and writes never wait.
fn bell() -> rustix::io::Result<OwnedFd> {
    eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
}

impl<F: Face> Reactor<F> {
    pub(crate) fn new() -> io::Result<Self> {
        let (epoll, voice) = (epoll::create(CreateFlags::CLOEXEC)?, bell()?);
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let clock = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        add(&epoll, voice.as_fd(), EventFlags::IN | EventFlags::ET, VOICE)?;
        add(&epoll, clock.as_fd(), EventFlags::IN | EventFlags::ET, CLOCK)?;
        Ok(Reactor {
            epoll,
            voice,
            clock,
            registry: Mutex::new(Registry { handles: Slab::new(), generation: 0 }),
            used: AtomicBool::new(false),
            timers: Timers::new(),
            port: OnceLock::new(),
            observer: OnceLock::new(),
        })
    }

    /// Tells the reactor which port the monitor watches.
    pub(crate) fn belongs_to(&self, port: Weak<dyn Watched>) {
        let _ = self.port.set(port);
    }

    fn registry(&self) -> MutexGuard<'_, Registry<F>> {
        self.registry.lock()
    }

    /// Registers a descriptor for the handle that `make` builds around it. A descriptor that cannot be polled
    /// becomes a [`Kind::File`].
    pub(crate) fn register(
        &self,
        descriptor: Arc<OwnedFd>,
        kind: Kind,
        make: impl FnOnce(Arc<OwnedFd>, Kind, Option<Token>) -> Arc<Handle<F>>,
    ) -> io::Result<Arc<Handle<F>>> {
        if kind == Kind::File {
            return Ok(make(descriptor, kind, None));
        }
        self.used.store(true, Ordering::Relaxed);
        let token = {
            let mut registry = self.registry();
            registry.generation = registry.generation.wrapping_add(1);
            let generation = registry.generation;
            let place = registry.handles.insert((generation, Weak::new())) as u32;
            Token { place, generation }
        };
        let events = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::PRI | EventFlags::ET;
        let handle = make(descriptor, kind, Some(token));
        self.registry().handles[token.place as usize].1 = Arc::downgrade(&handle);
        // Only now, so that the first event finds the handle.
        let added = add(&self.epoll, handle.descriptor(), events, token.to_event());
        match added {
            Ok(()) => Ok(handle),
            Err(error) => {
                // The descriptor may be registered for another handle, which dropping this one must not undo.
                self.registry().handles.remove(token.place as usize);
                match error {
                    Errno::PERM => Err(io::Error::new(io::ErrorKind::Unsupported, NotPollable)),
                    _ => Err(error.into()),
                }
            }
        }
    }

    /// Forgets a handle that is being dropped, unless it was never registered. Its descriptor may have
    /// duplicates, so closing it would not be enough.
    pub(crate) fn deregister(&self, descriptor: BorrowedFd<'_>, token: Token) {
        let place = token.place as usize;
        let mut registry = self.registry();
        if registry.handles.get(place).is_none_or(|entry| entry.0 != token.generation) {
            return;
        }
        registry.handles.remove(place);
        drop(registry);
        // An event that was reported before has a token that is not in use any more.
        let _ = epoll::delete(&self.epoll, descriptor);
    }

    /// Drops all that waits, and refuses what comes. The port is closed.
    pub(crate) fn close(&self) {
        self.timers.clear();
        for handle in self.handles() {
            handle.drop_waiting();
        }
    }

    /// All handles.
    fn handles(&self) -> Vec<Arc<Handle<F>>> {
        let registry = self.registry();
        registry.handles.iter().filter_map(|(_, (_, handle))| handle.upgrade()).collect()
    }

    /// Schedules a retry of a lane: an accept that found no descriptor or no memory.
    #[cold]
    pub(crate) fn retry_later(&self, handle: &Arc<Handle<F>>, direction: Direction) {
        warn_of_refusals();
        let due = Due::Retry(Arc::downgrade(handle), direction);
        self.timers.insert(Instant::now() + RETRY_AFTER, due);
        self.set_clock();
    }

    #[inline(never)]
    fn perform_sends(&self, handle: Arc<Handle<F>>) -> Performed<Self> {
        let progress = handle.perform(Direction::Write);
        self.conclude(handle, Direction::Write, progress)
    }

    /// What a lane's turn came to, if there is anything special about it.
    #[inline(never)]
    fn conclude(
        &self,
        handle: Arc<Handle<F>>,
        direction: Direction,
        progress: Progress<F>,
    ) -> Performed<Self> {
        if progress.retry {
            self.retry_later(&handle, direction);
        }
        let packet = progress.ended.and_then(F::finished);
        Performed { packet, rest: progress.more.then_some(Work::lane(handle, direction)) }
    }

    /// One timer that is due; the rest of the work is to ask for the next.
    #[inline(never)]
    fn perform_timers(&self) -> Performed<Self> {
        let Some(due) = self.timers.take_due() else {
            self.set_clock();
            return Performed { packet: None, rest: None };
        };
        let packet = match due {
            Due::Packet { key, post } => Some(Packet::Posted { key, post }),
            Due::Retry(handle, direction) => {
                if let Some(handle) = handle.upgrade()
                    && handle.retry(direction)
                {
                    handle.core().ready(handle.clone(), direction);
                }
                None
            }
        };
        Performed { packet, rest: Some(Work::Timers) }
    }

    /// Sets the clock to the earliest timer, if that changed.
    pub(crate) fn set_clock(&self) {
        self.timers.set_clock(|left| {
            self.used.store(true, Ordering::Relaxed);
            // Zero would stop the clock.
            let left = left.max(Duration::from_nanos(1));
            let time = Itimerspec {
                it_interval: Timespec::default(),
                it_value: Timespec::try_from(left).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 }),
            };
            let _ = timerfd_settime(&self.clock, TimerfdTimerFlags::empty(), &time);
        });
    }

    /// A descriptor that polls readable while the port has packets or may get some.
    pub(crate) fn observe(&self) -> io::Result<BorrowedFd<'_>> {
        if let Some(observer) = self.observer.get() {
            return Ok(observer.epoll.as_fd());
        }
        let observer = Observer { epoll: epoll::create(CreateFlags::CLOEXEC)?, bell: bell()? };
        add(&observer.epoll, self.epoll.as_fd(), EventFlags::IN, 0)?;
        add(&observer.epoll, observer.bell.as_fd(), EventFlags::IN, 1)?;
        // Of two threads one sets it; the other's is dropped.
        Ok(self.observer.get_or_init(|| observer).epoll.as_fd())
    }

    /// Waits for events; the buffer is filled from the front, and what was filled is returned.
    fn wait<'a>(&self, timeout: Option<Duration>, buffer: &'a mut Buffer) -> &'a [Event] {
        // Rounded up: waking early would only mean waiting again.
        let timeout = timeout.map(|timeout| {
            let milliseconds = timeout.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i64;
            Timespec { tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000 }
        });
        // An interrupted wait found nothing; the caller looks at the time.
        match epoll::wait(&self.epoll, &mut buffer[..], timeout.as_ref()) {
            Ok((events, _)) => events,
            Err(_) => &[],
        }
    }

    /// The handle of a registration that still is one.
    fn handle_of(registry: &Registry<F>, token: Token) -> Option<Arc<Handle<F>>> {
        let (generation, handle) = registry.handles.get(token.place as usize)?;
        if *generation == token.generation { handle.upgrade() } else { None }
    }
}

type Buffer = [MaybeUninit<Event>; EVENTS_MAX];

/// A descriptor of a kind that epoll refuses.
#[derive(Debug)]
pub(crate) struct NotPollable;

impl std::fmt::Display for NotPollable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the descriptor cannot be polled: attach it as a file")
    }
}

impl std::error::Error for NotPollable {}

impl<F: Face> AsFd for Reactor<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

impl<F: Face> EventSource for Reactor<F> {
    type Packet = Packet<F>;
    type Work = Work<F>;

    fn poll(&self, timeout: Option<Duration>, found: &mut Found<Work<F>>) -> bool {
        let mut heard_wake = false;
        let mut buffer: Buffer = [const { MaybeUninit::uninit() }; EVENTS_MAX];
        let events = self.wait(timeout, &mut buffer);
        // Dropped after the registry's lock was released, in case one is the last
        // reference: its destructor takes it.
        let mut unneeded: SmallVec<[Arc<Handle<F>>; 8]> = SmallVec::new();
        let registry = self.registry();
        for event in events {
            let (flags, data) = (event.flags, event.data.u64());
            match data {
                VOICE => heard_wake = true,
                CLOCK => found.push_back(Work::Timers),
                data => {
                    let Some(handle) = Self::handle_of(&registry, Token::from_event(data)) else {
                        continue;
                    };
                    let any = |mask| flags.intersects(mask);
                    let hung_up = any(EventFlags::HUP | EventFlags::ERR);
                    let last = hung_up || any(EventFlags::RDHUP | EventFlags::PRI);
                    // A lane's lock is taken under the registry's, and never in the other order.
                    let reads = (last || any(EventFlags::IN)) && handle.note_event(Direction::Read, last);
                    let writes =
                        (hung_up || any(EventFlags::OUT)) && handle.note_event(Direction::Write, false);
                    match (reads, writes) {
                        (true, true) => {
                            found.push_back(Work::Read(handle.clone()));
                            found.push_back(Work::Write(handle));
                        }
                        (true, false) => found.push_back(Work::Read(handle)),
                        (false, true) => found.push_back(Work::Write(handle)),
                        (false, false) => unneeded.push(handle),
                    }
                }
            }
        }
        drop(registry);
        heard_wake
    }

    fn wake(&self) {
        ring(&self.voice);
    }

    #[inline(always)]
    fn perform(&self, work: Work<F>) -> Result<Packet<F>, Performed<Self>> {
        match work {
            Work::Read(handle) => match handle.receive() {
                Ok(operation) => F::finished(operation).ok_or(Performed { packet: None, rest: None }),
                Err(progress) => Err(self.conclude(handle, Direction::Read, progress)),
            },
            Work::Write(handle) => Err(self.perform_sends(handle)),
            Work::Timers => Err(self.perform_timers()),
        }
    }

    fn has_sources(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    fn is_ready(&self) -> bool {
        let mut polled = [PollFd::new(&self.epoll, PollFlags::IN)];
        rustix::event::poll(&mut polled, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    fn watch(&self) -> bool {
        self.port.get().is_none_or(|port| monitor::watch(port.clone()))
    }

    fn signal(&self) {
        if let Some(observer) = self.observer.get() {
            ring(&observer.bell);
        }
    }

    fn unsignal(&self) {
        if let Some(observer) = self.observer.get() {
            let _ = rustix::io::read(&observer.bell, &mut [0u8; 8]);
        }
    }
}
