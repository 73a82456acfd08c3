//! The port.

use super::descriptor::{self, Descriptor, Kind};
use super::file;
use super::handle::Handle;
use super::members::{BLOCKED, PARKED, RUNNING, Registry};
use super::operation::{Face, Operation, Packet};
use super::step::{self, Next};
use super::timers::Timers;
use longshore_crew::Worker;
use longshore_types::{Consume, Errno, Stats, TakeError, TimerId};
use std::collections::HashMap;
use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle, OwnedSocket};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, HANDLE, INVALID_HANDLE_VALUE, NTSTATUS, STATUS_USER_APC, WAIT_IO_COMPLETION,
    WAIT_TIMEOUT,
};
use windows_sys::Win32::Storage::FileSystem::SetFileCompletionNotificationModes;
use windows_sys::Win32::System::IO::{
    CreateIoCompletionPort, GetQueuedCompletionStatusEx, OVERLAPPED_ENTRY, PostQueuedCompletionStatus,
};
use windows_sys::Win32::System::WindowsProgramming::FILE_SKIP_SET_EVENT_ON_HANDLE;

/// What the pointer of a packet is, by its completion key. The user's key is looked up when the packet is
/// taken, so that it can be changed.
mod is {
    /// An operation, and the kernel says how its step ended.
    pub const STEP: usize = 0;
    /// An operation that ended without the kernel.
    pub const ENDED: usize = 1;
    /// A boxed [`super::Posted`]. The allocation and its end cost 70 ns under Wine, where a post and its get
    /// cost 24 us; a queue of our own beside the kernel's would have to keep the order of both (Q1).
    pub const POSTED: usize = 2;
}

struct Posted<F: Face> {
    key: usize,
    post: F::Post,
}

/// Packets taken by one call at most.
const BATCH_MAX: usize = 64;

/// How often the thread that drains a closed port checks whether all operations have
/// ended, if no packet comes.
const CLEARING_TICK_MS: u32 = 50;

/// A completion port. It is always behind an `Arc`, which every attached handle shares (P11). Whoever owns
/// the port for the user calls [`Core::close`] when that user is done.
pub struct Core<F: Face> {
    port: OwnedHandle,
    concurrency: usize,
    closed: AtomicBool,
    registry: Arc<Registry>,
    timers: Timers<F::Post>,
    handles: Mutex<Handles<F>>,
    this: Weak<Core<F>>,
}

/// Every attached handle, to be told when the port closes.
struct Handles<F: Face> {
    by_registration: HashMap<u64, Weak<Handle<F>>>,
    last: u64,
}

impl<F: Face> Core<F> {
    /// A port that lets `concurrency` threads run at a time; 0 stands for the CPUs of the machine (Q5).
    ///
    /// # Errors
    /// Those of CreateIoCompletionPort: out of memory.
    pub fn new(concurrency: usize) -> io::Result<Arc<Self>> {
        let cap = match concurrency {
            0 => thread::available_parallelism().map_or(1, usize::from),
            cap => cap,
        };
        let threads = u32::try_from(cap).unwrap_or(u32::MAX);
        // SAFETY: no file, no port: a new port (P1).
        let port = unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, threads) };
        if port.is_null() {
            return Err(Errno::last().into());
        }
        // SAFETY: a fresh handle that nobody else owns.
        let port = unsafe { OwnedHandle::from_raw_handle(port) };
        tracing::debug!(concurrency = cap, "port opened");
        Ok(Arc::new_cyclic(|this| Core {
            port,
            concurrency: cap,
            closed: AtomicBool::new(false),
            registry: Registry::new(),
            timers: Timers::new(),
            handles: Mutex::new(Handles { by_registration: HashMap::new(), last: 0 }),
            this: this.clone(),
        }))
    }

    fn raw(&self) -> HANDLE {
        self.port.as_raw_handle()
    }

    /// The concurrency value.
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Attaches a socket or a file.
    ///
    /// # Errors
    /// `InvalidInput` for what is attached to a port already; `BrokenPipe` if the port is closed; see also
    /// [`file::overlapped`].
    pub fn attach(
        &self,
        descriptor: impl Into<Descriptor>,
        key: usize,
        kind: Option<Kind>,
    ) -> io::Result<Arc<Handle<F>>> {
        let descriptor = match descriptor.into() {
            Descriptor::File(file) => Descriptor::File(file::overlapped(file)?),
            socket => socket,
        };
        let kind = match (&descriptor, kind) {
            (_, Some(kind)) => kind,
            (Descriptor::File(_), None) => Kind::File,
            (Descriptor::Socket(socket), None) => Kind::of(socket)?,
        };
        self.register(descriptor, key, kind)
    }

    /// Attaches a connection that an accept on `listener` produced.
    ///
    /// # Errors
    /// As for [`Core::attach`].
    pub fn attach_accepted(&self, listener: &Handle<F>, accepted: OwnedSocket) -> io::Result<Arc<Handle<F>>> {
        self.register(accepted.into(), listener.key(), Kind::Stream)
    }

    fn register(&self, descriptor: Descriptor, key: usize, kind: Kind) -> io::Result<Arc<Handle<F>>> {
        if self.is_closed() {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the port is closed"));
        }
        if let Descriptor::Socket(socket) = &descriptor {
            descriptor::set_nonblocking(socket)?;
            if kind == Kind::Datagram {
                descriptor::ignore_unreachable_peers(socket);
            }
        }
        // SAFETY: both handles are open.
        if unsafe { CreateIoCompletionPort(descriptor.raw(), self.raw(), is::STEP, 0) }.is_null() {
            return Err(match Errno::last() {
                Errno(code) if code == ERROR_INVALID_PARAMETER as i32 => {
                    io::Error::new(io::ErrorKind::InvalidInput, NOT_BINDABLE)
                }
                errno => errno.into(),
            });
        }
        // SAFETY: the handle is open. Where it is refused the kernel sets an event too many.
        unsafe { SetFileCompletionNotificationModes(descriptor.raw(), FILE_SKIP_SET_EVENT_ON_HANDLE as u8) };
        tracing::trace!(?descriptor, ?kind, key, "attached");
        let core = self.this.upgrade().expect("a port lives in an Arc");
        let mut handles = self.handles();
        handles.last += 1;
        let registration = handles.last;
        let handle = Arc::new(Handle::new(core, descriptor, kind, key, registration));
        handles.by_registration.insert(registration, Arc::downgrade(&handle));
        Ok(handle)
    }

    fn handles(&self) -> MutexGuard<'_, Handles<F>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn deregister(&self, registration: u64) {
        self.handles().by_registration.remove(&registration);
    }

    /// Queues a packet (N1-N5). Never waits for room (Q16). A closed port gives it back.
    pub fn post(&self, key: usize, post: F::Post) -> Result<(), F::Post> {
        if self.is_closed() {
            return Err(post);
        }
        self.queue(is::POSTED, Box::into_raw(Box::new(Posted::<F> { key, post })).cast());
        if self.is_closed() {
            self.discard_queued(); // The close may have checked before this was queued.
        }
        Ok(())
    }

    /// Queues an operation that the kernel will not queue.
    pub(super) fn post_ended(&self, operation: Box<Operation<F>>) {
        self.queue(is::ENDED, Box::into_raw(operation).cast());
    }

    fn queue(&self, what: usize, pointer: *mut c_void) {
        // SAFETY: the port is open; the kernel does not look at the rest (N1).
        while unsafe { PostQueuedCompletionStatus(self.raw(), 0, what, pointer.cast()) } == 0 {
            // The kernel is out of memory. Rust would abort; waiting loses nothing.
            tracing::error!("cannot post a packet: {:?}", Errno::last());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Posts a packet at `deadline`. A closed port gives it back.
    ///
    /// # Panics
    /// If the thread that timers need cannot be started.
    pub fn post_at(&self, deadline: Instant, key: usize, post: F::Post) -> Result<TimerId, F::Post> {
        let this = self.this.clone();
        self.timers.insert(deadline, key, post, || {
            Box::new(move |key, post| {
                if let Some(core) = this.upgrade() {
                    // Dropped if the port was closed meanwhile (C3).
                    let _ = core.post(key, post);
                }
            })
        })
    }

    /// Takes a timer back before it was due; `None` if it was, or was taken back before.
    pub fn cancel_timer(&self, id: TimerId) -> Option<(usize, F::Post)> {
        self.timers.remove(id)
    }

    /// Takes the oldest packet, waiting for at most `timeout` (for ever without one). Associates the
    /// calling thread with this port (Q7).
    pub fn take(&self, timeout: Option<Duration>) -> Result<Packet<F>, TakeError> {
        self.take_one(deadline(timeout), None)
    }

    /// Nothing at once: the system decides who takes, and there is no shorter way to ask.
    pub fn take_at_once<C: Consume<Packet<F>>>(&self, _: C) -> Option<C::Output> {
        None
    }

    /// Takes the oldest packet, as a thread of a pool. It waits until one comes; or until the worker is to
    /// stop, and nothing is left to take; or until it was idle for long and may leave, and then it counts as
    /// gone. After [`stop`](longshore_crew::Crew::stop), call [`Core::rouse_all`].
    ///
    /// The kernel compensates for threads that block, and wakes whom it likes. So every call counts as a
    /// sleep: a thread that comes out of the port and finds no other in it has seen that all are busy or
    /// blocked, and starts one.
    pub fn take_as(&self, worker: &Worker) -> Result<Packet<F>, TakeError> {
        let packet = self.take_one(worker.sleeps(), Some(worker))?;
        worker.takes();
        Ok(packet)
    }

    fn take_one(&self, deadline: Option<Instant>, worker: Option<&Worker>) -> Result<Packet<F>, TakeError> {
        loop {
            let mut entries = [OVERLAPPED_ENTRY::default()];
            self.wait(&mut entries, deadline, worker)?;
            // SAFETY: just dequeued.
            if let Some(packet) = unsafe { self.open(&entries[0]) } {
                return Ok(packet);
            }
        }
    }

    /// Takes up to `max` packets at once, waiting only for the first (X1), and adds them to `packets`.
    pub fn take_many(
        &self,
        packets: &mut Vec<Packet<F>>,
        max: usize,
        timeout: Option<Duration>,
    ) -> Result<usize, TakeError> {
        let (start, mut deadline) = (packets.len(), deadline(timeout));
        while packets.len() - start < max {
            let mut entries = [OVERLAPPED_ENTRY::default(); BATCH_MAX];
            let room = (max - (packets.len() - start)).min(BATCH_MAX);
            let count = match self.wait(&mut entries[..room], deadline, None) {
                Ok(count) => count,
                // Packets that were taken are returned.
                Err(_) if packets.len() > start => break,
                Err(nothing) => return Err(nothing),
            };
            // SAFETY: just dequeued.
            packets.extend(entries[..count].iter().filter_map(|entry| unsafe { self.open(entry) }));
            if packets.len() > start {
                if count < room {
                    break;
                }
                deadline = Some(Instant::now()); // There may be more; do not wait for it.
            }
        }
        Ok(packets.len() - start)
    }

    /// Fills in entries, at least one.
    fn wait(
        &self,
        entries: &mut [OVERLAPPED_ENTRY],
        mut deadline: Option<Instant>,
        worker: Option<&Worker>,
    ) -> Result<usize, TakeError> {
        let member = self.registry.enter();
        loop {
            member.park();
            if self.is_closed() {
                member.run();
                return Err(TakeError::Closed);
            }
            let stopping = worker.is_some_and(Worker::is_stopping);
            let timeout_ms = if stopping { 0 } else { deadline.map_or(u32::MAX, milliseconds_until) };
            let dequeued = dequeue(self.raw(), entries, timeout_ms, true);
            member.run();
            match dequeued {
                Ok(count) if self.is_closed() => {
                    // SAFETY: just dequeued.
                    entries[..count].iter().for_each(|entry| unsafe { self.discard(entry) });
                }
                Ok(count) => {
                    member.count(count as u64);
                    return Ok(count);
                }
                Err(WAIT_TIMEOUT) if stopping => return Err(TakeError::TimedOut),
                Err(WAIT_TIMEOUT) if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                    // What is queued from now on is for those who stay: another one is spare.
                    if worker.is_none_or(Worker::leave) {
                        return Err(TakeError::TimedOut);
                    }
                    deadline = None;
                }
                // The wait ended too early, or was a part of a long one; or the
                // thread was woken to look around.
                Err(WAIT_TIMEOUT | WAIT_IO_COMPLETION | ERROR_USER_APC) => {}
                Err(code) => unreachable!("the port cannot be waited for: {:?}", Errno(code as i32)),
            }
        }
    }

    /// Makes a packet of what was dequeued; `None` if the operation takes another step.
    ///
    /// # Safety
    /// The entry was dequeued from this port, and is opened once.
    unsafe fn open(&self, entry: &OVERLAPPED_ENTRY) -> Option<Packet<F>> {
        if entry.lpCompletionKey == is::POSTED {
            // SAFETY: the pointer is what `post` boxed, and comes out of the queue once.
            let posted = unsafe { Box::from_raw(entry.lpOverlapped.cast::<Posted<F>>()) };
            let Posted { key, post } = *posted;
            return Some(Packet::Posted { key, post });
        }
        // SAFETY: the pointer is an operation's, leaked when its step was started; the kernel is done with
        // it, and its packet comes out of the queue once (D6).
        let mut operation = unsafe { Box::from_raw(entry.lpOverlapped.cast::<Operation<F>>()) };
        if entry.lpCompletionKey == is::STEP {
            // A2: only the low half means something.
            let status = entry.Internal as u32 as NTSTATUS;
            operation = match step::finish(operation, status, entry.dwNumberOfBytesTransferred) {
                Next::Over(operation) => operation,
                Next::Again(operation) => {
                    let (handle, id) = (operation.handle.clone(), operation.id);
                    step::start(operation);
                    handle.catch_up(id);
                    return None;
                }
            };
        }
        operation.handle.lock().remove(operation.id);
        Some(Packet::Finished(operation))
    }

    /// Drops what was dequeued.
    ///
    /// # Safety
    /// As for [`Core::open`].
    unsafe fn discard(&self, entry: &OVERLAPPED_ENTRY) {
        if entry.lpCompletionKey == is::POSTED {
            // SAFETY: as in `open`.
            drop(unsafe { Box::from_raw(entry.lpOverlapped.cast::<Posted<F>>()) });
        } else {
            // SAFETY: as in `open`.
            let operation = unsafe { Box::from_raw(entry.lpOverlapped.cast::<Operation<F>>()) };
            operation.handle.lock().remove(operation.id);
            drop(operation);
        }
    }

    /// Drops what is queued at the moment.
    fn discard_queued(&self) {
        self.discard_for(0);
    }

    fn discard_for(&self, timeout_ms: u32) {
        let mut entries = [OVERLAPPED_ENTRY::default(); BATCH_MAX];
        while let Ok(count) = dequeue(self.raw(), &mut entries, timeout_ms, false) {
            // SAFETY: just dequeued.
            entries[..count].iter().for_each(|entry| unsafe { self.discard(entry) });
        }
    }

    /// Makes every waiting thread look around once.
    pub fn rouse_all(&self) {
        self.registry.rouse();
    }

    /// What the port is doing and has done.
    pub fn stats(&self) -> Stats {
        let (states, dequeued) = self.registry.counts();
        let mut stats = Stats::default();
        // Packets left in a closed port cannot be taken.
        stats.queued = if self.is_closed() { 0 } else { depth(self.raw()) };
        stats.running = states[usize::from(RUNNING)];
        stats.parked = states[usize::from(PARKED)];
        stats.blocked = states[usize::from(BLOCKED)];
        stats.dequeued = dequeued;
        stats
    }

    /// The port is closed.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Closes the port: every waiting thread learns it (C1), queued packets are discarded (C3), operations in
    /// flight are cancelled and dropped, each once the kernel has let go of its buffers. Idempotent.
    pub fn close(&self) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        tracing::debug!("port closed");
        self.registry.rouse();
        self.attached().iter().for_each(|handle| _ = handle.cancel(None));
        self.discard_queued();
        self.timers.close();
        self.clear_up();
    }

    fn attached(&self) -> Vec<Arc<Handle<F>>> {
        self.handles().by_registration.values().filter_map(Weak::upgrade).collect()
    }

    /// The port is closed: dequeues the operations in flight, now or in a thread of its own.
    pub(super) fn clear_up(&self) {
        self.discard_queued();
        let waiting = self.attached().iter().any(|handle| !handle.lock().is_empty());
        if waiting && let Some(core) = self.this.upgrade() {
            // No other thread dequeues any more. Few packets are still to come, and they come soon.
            let thread = thread::Builder::new().name("longshore-clearing".to_owned());
            if let Err(error) = thread.spawn(move || core.clear()) {
                // Leaked rather than freed under the kernel.
                tracing::error!(
                    "operations in flight are leaked, no thread can be started for them: {error}"
                );
            }
        }
    }

    /// Dequeues until no operation is left.
    fn clear(&self) {
        loop {
            self.discard_for(CLEARING_TICK_MS);
            let mut handles = self.attached();
            handles.retain(|handle| !handle.lock().is_empty());
            if handles.is_empty() {
                return;
            }
            // Operations that were being issued when the port was closed, and were not cancelled.
            handles.iter().for_each(|handle| handle.cancel_everything());
        }
    }
}

impl<F: Face> Drop for Core<F> {
    fn drop(&mut self) {
        // No operation is left, since each holds the port. A late post may be in the queue.
        self.discard_queued();
    }
}

/// Ports of the kernel keep the value they were made with (Q5).
///
/// # Errors
/// `Unsupported`, always.
pub fn set_concurrency<F: Face>(_: &Core<F>, _: usize) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "the concurrency value of a port is fixed on Windows (Q5)",
    ))
}

const NOT_BINDABLE: &str = "it is attached to a port already (on Windows a handle belongs to one port for good, and its \
    duplicates too), or was made without WSA_FLAG_OVERLAPPED";

/// How Wine 8 and some versions of Windows say [`WAIT_IO_COMPLETION`]: STATUS_USER_APC by the general table.
const ERROR_USER_APC: u32 = 737;

const _: () = assert!(STATUS_USER_APC as u32 == WAIT_IO_COMPLETION);

/// When a wait that begins now ends. A deadline beyond what can be represented is none.
fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

/// Rounded up; `u32::MAX` would be for ever.
fn milliseconds_until(deadline: Instant) -> u32 {
    let left = deadline.saturating_duration_since(Instant::now());
    let milliseconds = left.as_nanos().div_ceil(1_000_000);
    u32::try_from(milliseconds).unwrap_or(u32::MAX).min(u32::MAX - 1)
}

/// Dequeues at least one packet, or says with which code it did not.
fn dequeue(
    port: HANDLE,
    entries: &mut [OVERLAPPED_ENTRY],
    timeout_ms: u32,
    alertable: bool,
) -> Result<usize, u32> {
    let mut count = 0;
    let room = entries.len() as u32;
    // SAFETY: the port is open, the entries have room for as many as they are.
    let dequeued = unsafe {
        GetQueuedCompletionStatusEx(
            port,
            entries.as_mut_ptr(),
            room,
            &mut count,
            timeout_ms,
            alertable.into(),
        )
    };
    // X3: the count means nothing unless the call succeeded.
    match dequeued {
        0 => Err(Errno::last().0 as u32),
        _ => Ok(count as usize),
    }
}

/// Packets in the queue, which only the native interface tells.
fn depth(port: HANDLE) -> usize {
    #[link(name = "ntdll")]
    unsafe extern "system" {
        fn NtQueryIoCompletion(
            port: HANDLE,
            class: u32,
            information: *mut c_void,
            length: u32,
            returned: *mut u32,
        ) -> NTSTATUS;
    }
    const BASIC_INFORMATION: u32 = 0;
    let mut depth = 0u32;
    // SAFETY: the information of this class is a 32-bit count.
    unsafe {
        let length = size_of::<u32>() as u32;
        NtQueryIoCompletion(port, BASIC_INFORMATION, (&raw mut depth).cast(), length, null_mut());
    }
    depth as usize
}
