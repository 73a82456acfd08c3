//! The background poller: a thread that polls descriptors when no thread of the program does.
//!
//! Four things must be polled even if no thread is in `GetQueuedCompletionStatus`:
//!
//! 1. *The default port*, which serves files that are bound to no port. No program takes from
//!    it: the background poller performs what is ready there. When such an operation ends,
//!    events are set and APCs are queued.
//! 2. *Ports with operations that a thread may await outside the port*: through an event (D9), or after
//!    the last handle was closed (C4). While a thread of the port polls, the background poller pauses,
//!    for a millisecond at a time.
//! 3. *Ports whose handle a thread waits for* (Q13): the background poller is told that a packet was queued.
//! 4. *Sockets with network events* ([`crate::socket::network_events`]).
//!
//! All of them are descriptors in one epoll instance. An entry has a number that is never used again and a
//! weak reference, so that the background poller keeps nothing alive.

use crate::abi::status::Status;
use crate::object::library_thread;
use crate::port::completion_port::CompletionPort;
use crate::port::face::Port;
use crate::sync::lock::{Lock, LockGuard};
use crate::sync::rank::Rank;
use longshore_engine::Errno;
use rustix::event::{EventfdFlags, epoll, eventfd};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

/// How long the background poller pauses for a port whose own threads poll.
const PAUSE: Duration = Duration::from_millis(1);

const READABLE: u32 = libc::EPOLLIN as u32;
/// Edge-triggered: what stays readable is reported once.
pub(crate) const EDGE: u32 = libc::EPOLLET as u32;

/// What the background poller does when a descriptor has events.
pub(crate) trait Attended: Send + Sync {
    /// Handles the events; returns when to poll the descriptor again.
    fn attend(self: Arc<Self>, events: u32) -> Next;
}

/// When to poll a descriptor again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// At once.
    Listen,
    /// After [`PAUSE`].
    Pause,
    /// Never.
    Forget,
}

struct Entry {
    attended: Weak<dyn Attended>,
    descriptor: i32,
    events: u32,
}

struct BackgroundPoller {
    epoll: OwnedFd,
    entries: Lock<HashMap<u64, Entry>>,
    last: AtomicU64,
    /// Entries to be handled at once, even without events.
    due: Lock<Vec<u64>>,
    /// An eventfd that tells the poller of such entries.
    bell: OwnedFd,
}

/// The number of the poller's own eventfd.
const BELL: u64 = 0;

fn the_poller() -> io::Result<&'static BackgroundPoller> {
    static POLLER: OnceLock<Arc<BackgroundPoller>> = OnceLock::new();
    // If descriptors or threads have run out, the place stays empty, and the next caller tries again.
    static STARTING: Lock<()> = Lock::new(Rank::POLLER, ());
    if let Some(poller) = POLLER.get() {
        return Ok(poller);
    }
    let _one_at_a_time = STARTING.lock();
    if let Some(poller) = POLLER.get() {
        return Ok(poller); // Another thread was first.
    }
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let (entries, due) =
        (Lock::new(Rank::ENTRIES, HashMap::new()), Lock::last("entries that are due", Vec::new()));
    let poller = Arc::new(BackgroundPoller { epoll, entries, last: AtomicU64::new(BELL), due, bell });
    poller.control(libc::EPOLL_CTL_ADD, poller.bell.as_raw_fd(), READABLE | EDGE, BELL)?;
    let runs = poller.clone();
    library_thread::start(c"longshore-poll", move || runs.run())?;
    Ok(POLLER.get_or_init(|| poller))
}

impl BackgroundPoller {
    fn entries(&self) -> LockGuard<'_, HashMap<u64, Entry>> {
        self.entries.lock()
    }

    fn control(&self, operation: i32, descriptor: i32, events: u32, id: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: id };
        // SAFETY: `event` is valid for the call.
        match unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), operation, descriptor, &mut event) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn run(&self) {
        let mut paused: Vec<(Instant, u64)> = Vec::new();
        // If this is a new start after a panic, some entries may have been paused.
        for (&id, entry) in self.entries().iter() {
            let _ = self.control(libc::EPOLL_CTL_MOD, entry.descriptor, entry.events, id);
        }
        loop {
            let now = Instant::now();
            paused.retain(|&(until, id)| {
                let over = until <= now;
                if over && let Some(entry) = self.entries().get(&id) {
                    let _ = self.control(libc::EPOLL_CTL_MOD, entry.descriptor, entry.events, id);
                }
                !over
            });
            let next = paused.iter().map(|(until, _)| *until).min();
            let timeout_ms = next
                .map_or(-1, |until| until.saturating_duration_since(now).as_micros().div_ceil(1000) as i32);
            let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
            // SAFETY: room for the number of events said.
            let count = unsafe {
                libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), events.len() as i32, timeout_ms)
            };
            let due = std::mem::take(&mut *self.due.lock()).into_iter().map(|id| (id, 0));
            let happened = events[..usize::try_from(count).unwrap_or(0)].iter();
            for (id, events) in happened.map(|event| (event.u64, event.events)).chain(due) {
                let attended = self.entries().get(&id).map(|entry| entry.attended.upgrade());
                match attended {
                    None => {}
                    // It is being dropped, and its entry will be removed.
                    Some(None) => {}
                    Some(Some(attended)) => match attended.attend(events) {
                        Next::Listen => {}
                        Next::Forget => self.forget(id),
                        Next::Pause => {
                            if let Some(entry) = self.entries().get(&id) {
                                let _ = self.control(libc::EPOLL_CTL_MOD, entry.descriptor, 0, id);
                            }
                            paused.push((Instant::now() + PAUSE, id));
                        }
                    },
                }
            }
        }
    }

    fn forget(&self, id: u64) {
        if let Some(entry) = self.entries().remove(&id) {
            let _ = self.control(libc::EPOLL_CTL_DEL, entry.descriptor, 0, id);
        }
    }
}

/// Adds a descriptor, which must stay open as long as the object behind it; returns the entry's number.
pub(crate) fn listen(
    descriptor: BorrowedFd<'_>,
    events: u32,
    attended: Weak<dyn Attended>,
) -> io::Result<u64> {
    let poller = the_poller()?;
    let id = poller.last.fetch_add(1, Ordering::Relaxed) + 1;
    let descriptor = descriptor.as_raw_fd();
    poller.entries().insert(id, Entry { attended, descriptor, events });
    if let Err(error) = poller.control(libc::EPOLL_CTL_ADD, descriptor, events, id) {
        poller.entries().remove(&id);
        return Err(error);
    }
    Ok(id)
}

/// Has the poller handle an entry soon, even without an event.
pub(crate) fn attend_soon(id: u64) {
    if let Ok(poller) = the_poller() {
        // In this order, so that the entry is there when the poller wakes (it looks at
        // the due entries after every wait).
        poller.due.lock().push(id);
        let _ = rustix::io::write(&poller.bell, &1u64.to_ne_bytes()); // A full counter wakes it as well.
    }
}

/// Removes an entry. To be called before the descriptor is closed.
pub(crate) fn forget(id: u64) {
    if let Ok(poller) = the_poller() {
        poller.forget(id);
    }
}

struct DefaultPort(Arc<Port>);

impl Attended for DefaultPort {
    fn attend(self: Arc<Self>, _events: u32) -> Next {
        self.0.attend();
        Next::Listen
    }
}

/// The port of files that are bound to none.
pub(crate) fn default_port() -> Result<&'static Arc<Port>, Status> {
    static PORT: OnceLock<Arc<DefaultPort>> = OnceLock::new();
    // If descriptors have run out, the next caller tries again.
    static STARTING: Lock<()> = Lock::new(Rank::DEFAULT_PORT, ());
    if let Some(port) = PORT.get() {
        return Ok(&port.0);
    }
    let start = || -> io::Result<Arc<DefaultPort>> {
        let port = Arc::new(DefaultPort(Port::new(1)?));
        let attended: Weak<dyn Attended> = Arc::downgrade(&(port.clone() as Arc<dyn Attended>));
        // The observer is told not only of descriptors, but also of work that has to go on (a long send).
        listen(port.0.observe()?, READABLE, attended)?;
        Ok(port)
    };
    let _one_at_a_time = STARTING.lock();
    if let Some(port) = PORT.get() {
        return Ok(&port.0); // Another thread was first.
    }
    let port = start().map_err(|error| Status::of_socket(Errno::from(error)))?;
    Ok(&PORT.get_or_init(|| port).0)
}

/// A port's registration with the background poller: the entry's number.
pub(crate) type Registration = Lock<Option<u64>>;

/// While this exists, the background poller polls for the port if the port's own threads do not.
pub(crate) struct PollOnBehalf(Arc<CompletionPort>);

impl Drop for PollOnBehalf {
    fn drop(&mut self) {
        self.0.cares.fetch_sub(1, Ordering::AcqRel);
    }
}

/// See [`PollOnBehalf`].
pub(crate) fn care_for(port: &Arc<CompletionPort>) -> PollOnBehalf {
    start_caring(port);
    PollOnBehalf(port.clone())
}

fn start_caring(port: &Arc<CompletionPort>) {
    port.cares.fetch_add(1, Ordering::AcqRel);
    let mut cared_for = port.cared_for.lock();
    if cared_for.is_none() {
        let weak: Weak<dyn Attended> = Arc::downgrade(&(port.clone() as Arc<dyn Attended>));
        match listen(port.core.sources(), READABLE, weak) {
            Ok(id) => *cared_for = Some(id),
            Err(error) => tracing::warn!(%error, "nobody listens for a port when its threads do not"),
        }
    }
}

/// The last handle of a port was closed: pending operations are served as long as files are bound to it.
pub(crate) fn adopt(port: &Arc<CompletionPort>) {
    start_caring(port);
}

impl Attended for CompletionPort {
    fn attend(self: Arc<Self>, _events: u32) -> Next {
        let mut cared_for = self.cared_for.lock();
        if self.cares.load(Ordering::Acquire) == 0 {
            // Under the lock, so that the next `start_caring` can register the descriptor again.
            if let Some(id) = cared_for.take() {
                forget(id);
            }
            return Next::Forget;
        }
        drop(cared_for);
        if self.core.is_attended() {
            return Next::Pause;
        }
        self.core.attend();
        self.note_packet();
        if self.core.has_members() { Next::Pause } else { Next::Listen }
    }
}

/// A thread waits for the handle of a port.
pub(crate) struct Observation {
    port: Weak<CompletionPort>,
    id: OnceLock<u64>,
}

impl Attended for Observation {
    fn attend(self: Arc<Self>, _events: u32) -> Next {
        if let Some(port) = self.port.upgrade() {
            if !port.core.is_attended() {
                port.core.attend();
            }
            port.note_packet();
        }
        Next::Listen
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if let Some(&id) = self.id.get() {
            forget(id);
        }
    }
}

/// Makes the background poller tell a port of packets that its sources queue (Q13).
pub(crate) fn observe(port: &CompletionPort) -> Arc<Observation> {
    let observation = Arc::new(Observation { port: port.this(), id: OnceLock::new() });
    let weak: Weak<dyn Attended> = Arc::downgrade(&(observation.clone() as Arc<dyn Attended>));
    match port.core.observe().and_then(|observer| listen(observer, READABLE | EDGE, weak)) {
        Ok(id) => drop(observation.id.set(id)),
        Err(error) => tracing::warn!(%error, "a wait for the port hears of posted packets only"),
    }
    observation
}
