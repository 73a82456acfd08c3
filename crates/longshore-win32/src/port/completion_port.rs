//! Completion ports: creating, binding, taking, posting, closing (docs/rules.md, sections 2 and 4 to 8).

use crate::abi::argument::Out;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::reserve;
use crate::abi::status::Status;
use crate::object::handles::{self, HANDLE, Handle, INVALID_HANDLE_VALUE};
use crate::object::wait::{Waitable, apc};
use crate::object::{HandleCount, Object, suspend};
use crate::port::background_poller;
use crate::port::face::{Origin, Port, Post, Win32};
use crate::port::file_object::FileObject;
use crate::port::request::write_status;
use crate::sync;
use crate::sync::lock::Lock;
use crate::sync::rank::{Rank, nothing_is_held};
use longshore_engine::{Packet, TakeError};
use longshore_win32_macros::export;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use windows_sys::Win32::Foundation::{
    ERROR_ABANDONED_WAIT_0, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NO_SYSTEM_RESOURCES,
    WAIT_IO_COMPLETION, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::IO::{OVERLAPPED, OVERLAPPED_ENTRY};
use windows_sys::Win32::System::Threading::INFINITE;

/// A completion port: the engine's port as an object with handles that can be waited for.
pub struct CompletionPort {
    handles: HandleCount,
    waitable: Waitable,
    pub(crate) core: Arc<Port>,
    retired: AtomicBool,
    /// A thread has waited for the port's handle (Q13).
    observation: OnceLock<Arc<background_poller::Observation>>,
    /// The number of operations that a thread may await outside the port.
    pub(crate) cares: AtomicUsize,
    /// The registration with the background poller.
    pub(crate) cared_for: background_poller::Registration,
    this: Weak<CompletionPort>,
}

impl CompletionPort {
    /// A port without a handle yet.
    ///
    /// # Errors
    /// `ERROR_NO_SYSTEM_RESOURCES` when descriptors have run out.
    pub fn new(concurrency: u32) -> Result<Arc<Self>, Win32Error> {
        let core = Port::new(concurrency as usize).map_err(|error| {
            tracing::warn!(%error, "no completion port");
            Win32Error(ERROR_NO_SYSTEM_RESOURCES)
        })?;
        Ok(Arc::new_cyclic(|this| CompletionPort {
            handles: HandleCount::new(),
            waitable: Waitable::notification(false),
            core,
            retired: AtomicBool::new(false),
            observation: OnceLock::new(),
            cares: AtomicUsize::new(0),
            cared_for: Lock::new(Rank::REGISTRATION, None),
            this: this.clone(),
        }))
    }

    pub(crate) fn this(&self) -> Weak<Self> {
        self.this.clone()
    }

    /// The last handle was closed.
    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Queues the packet of an operation that ended. If the port is closed, it is dropped (C4).
    #[inline]
    pub(crate) fn complete(&self, key: usize, post: Post) {
        self.core.complete(key, post);
        self.note_packet();
    }

    /// A packet may have been queued: direct waiters see it (Q13).
    #[inline]
    pub(crate) fn note_packet(&self) {
        if self.observation.get().is_some() && self.core.has_packets() {
            self.waitable.set();
        }
    }

    /// A packet was taken: the port is signaled only while one is queued.
    #[inline]
    fn note_taken(&self) {
        if self.observation.get().is_some() {
            self.clear_if_empty();
        }
    }

    fn clear_if_empty(&self) {
        if !self.core.has_packets() && !self.is_retired() {
            self.waitable.clear();
            // A packet may have come between the check and the clearing.
            self.note_packet();
        }
    }
}

impl Object for CompletionPort {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn waitable(&self) -> Option<&Waitable> {
        // Only a thread that is about to wait calls this; the first time it does not
        // hold the dispatcher lock.
        if self.observation.get().is_none() {
            self.observation.get_or_init(|| background_poller::observe(self));
            self.note_packet();
        }
        Some(&self.waitable)
    }

    fn last_handle_closed(self: Arc<Self>) {
        self.retired.store(true, Ordering::Release);
        self.core.retire(); // C1, C3
        self.waitable.set(); // Q14
        background_poller::adopt(&self);
    }
}

impl Drop for CompletionPort {
    fn drop(&mut self) {
        nothing_is_held("the end of a port");
        if let Some(id) = self.cared_for.lock().take() {
            background_poller::forget(id);
        }
        drop(self.observation.take());
        self.core.close();
    }
}

/// Creates a port, binds a file to one, or both (P1-P9). The value of an existing
/// port is returned as it came.
///
/// # Errors
/// NULL with `ERROR_INVALID_PARAMETER` (bound already, not overlapped, no file for an existing port) or
/// `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `CreateIoCompletionPort`.
#[export]
pub fn CreateIoCompletionPort(
    file: HANDLE,
    existing: HANDLE,
    key: usize,
    concurrency: u32,
) -> Result<HANDLE, Win32Error> {
    create_or_bind(file, existing, key, concurrency)
}

fn create_or_bind(
    file: HANDLE,
    existing: HANDLE,
    key: usize,
    concurrency: u32,
) -> Result<HANDLE, Win32Error> {
    if file == INVALID_HANDLE_VALUE {
        if !existing.is_null() {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        return handles::insert(CompletionPort::new(concurrency)?);
    }
    if existing.is_null() {
        let file = handles::get::<FileObject>(file)?;
        let port = CompletionPort::new(concurrency)?;
        file.bind(&port, key)?; // P2: dropping the port undoes it.
        return handles::insert(port);
    }
    let port = handles::get::<CompletionPort>(existing)?;
    handles::get::<FileObject>(file)?.bind(&port, key)?;
    Ok(existing)
}

/// The wait that a number of milliseconds means (Q15).
fn timeout_of(milliseconds: u32) -> Option<Duration> {
    (milliseconds != INFINITE).then(|| Duration::from_millis(milliseconds.into()))
}

fn error_of(error: TakeError) -> Win32Error {
    Win32Error(match error {
        TakeError::TimedOut => WAIT_TIMEOUT,         // G5
        TakeError::Closed => ERROR_ABANDONED_WAIT_0, // C1
    })
}

/// The contents of a packet. A status that was deferred to the dequeue is written now (D8, X10).
#[inline(always)]
pub(crate) fn open(packet: Packet<Win32>) -> (usize, Post) {
    let Packet::Posted { key, post } = packet else {
        unreachable!("this face turns every finished operation into a post");
    };
    if post.origin == Origin::Deferred {
        // SAFETY: the operation's own OVERLAPPED, which is the system's until this moment (A6).
        unsafe { write_status(post.overlapped, Status(post.status), post.bytes as usize) };
    }
    (key, post)
}

/// Takes the oldest packet, waiting for it (G rules).
///
/// # Errors
/// FALSE with `*overlapped` set: a packet, whose operation failed with the last error. FALSE with
/// `*overlapped` NULL: no packet; `WAIT_TIMEOUT`, `ERROR_ABANDONED_WAIT_0`, `ERROR_INVALID_HANDLE`, or
/// `ERROR_INVALID_PARAMETER` and `ERROR_NOACCESS` for places that are not there: no packet is taken then.
///
/// Source: Windows documentation, `GetQueuedCompletionStatus`.
#[export]
pub unsafe fn GetQueuedCompletionStatus(
    port: Handle<CompletionPort>,
    bytes: Option<Out<u32>>,
    key: Option<Out<usize>>,
    overlapped: Option<Out<*mut OVERLAPPED>>,
    milliseconds: u32,
) -> Result<bool, Win32Error> {
    let missing = Win32Error(ERROR_INVALID_PARAMETER);
    let (bytes, key) = (bytes.ok_or(missing)?, key.ok_or(missing)?);
    let overlapped = overlapped.ok_or(missing)?;
    overlapped.write(std::ptr::null_mut())?; // G2
    bytes.probe()?;
    key.probe()?;
    let port = port.borrow()?;
    let timeout = timeout_of(milliseconds);
    let packet = port.core.take(timeout).map_err(error_of)?;
    port.note_taken();
    let (packet_key, post) = open(packet);
    key.write(packet_key)?;
    bytes.write(post.bytes)?;
    overlapped.write(post.overlapped)?;
    let status = Status(post.status);
    if !status.is_success() {
        SetLastError(status.to_win32());
    }
    Ok(status.is_success()) // G4
}

/// Takes up to `count` packets at once, waiting for the first only (X rules).
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER`, `ERROR_NOACCESS`, `ERROR_INVALID_HANDLE`, `WAIT_TIMEOUT`,
/// `ERROR_ABANDONED_WAIT_0`, or `WAIT_IO_COMPLETION` when an alertable wait ran an APC.
///
/// Source: Windows documentation, `GetQueuedCompletionStatusEx`.
#[export(callbacks)]
pub unsafe fn GetQueuedCompletionStatusEx(
    port: Handle<CompletionPort>,
    entries: Option<Out<OVERLAPPED_ENTRY>>,
    count: u32,
    removed: Option<Out<u32>>,
    milliseconds: u32,
    alertable: bool,
) -> Result<(), Win32Error> {
    let missing = Win32Error(ERROR_INVALID_PARAMETER); // X2
    let entries = entries.filter(|_| count > 0).ok_or(missing)?;
    let removed = removed.ok_or(missing)?;
    // Before there are packets to lose.
    entries.probe()?;
    entries.at(count as usize - 1).probe()?;
    removed.write(0)?; // X3: the value has no meaning.
    let port = port.borrow()?;
    let mut packets = Vec::new();
    let result = take_many(&port, &mut packets, count as usize, timeout_of(milliseconds), alertable);
    if result.is_ok() {
        port.note_taken();
    }
    let number = packets.len() as u32;
    for (index, packet) in packets.into_iter().enumerate() {
        let (key, post) = open(packet);
        entries.at(index).write(OVERLAPPED_ENTRY {
            lpCompletionKey: key,
            lpOverlapped: post.overlapped,
            Internal: Status(post.status).to_internal(),
            dwNumberOfBytesTransferred: post.bytes,
        })?;
    }
    removed.write(number)?;
    result
}

fn take_many(
    port: &CompletionPort,
    packets: &mut Vec<Packet<Win32>>,
    count: usize,
    timeout: Option<Duration>,
    alertable: bool,
) -> Result<(), Win32Error> {
    let core = &port.core;
    if !alertable {
        return core.take_many(packets, count, timeout).map(drop).map_err(error_of);
    }
    let interrupted = Err(Win32Error(WAIT_IO_COMPLETION));
    // X7: a thread that is not associated with this port runs its APCs first, and is
    // not associated by this call.
    if !core.is_associated() && apc::run_pending() {
        return interrupted;
    }
    let stop = sync::AtomicBool::new(false);
    let rouse = || {
        stop.store(true, Ordering::Release);
        core.rouse_all();
    };
    let taken = apc::with_rouser(&rouse, || core.take_many_unless(packets, count, timeout, &stop));
    match taken {
        Ok(_) => Ok(()),
        Err(TakeError::TimedOut) if apc::run_pending() => interrupted, // X6
        Err(error) => Err(error_of(error)),
    }
}

/// Queues a packet with three opaque values (N rules).
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, or `ERROR_NO_SYSTEM_RESOURCES` when memory has run out (Q16).
///
/// Source: Windows documentation, `PostQueuedCompletionStatus`.
#[export]
pub fn PostQueuedCompletionStatus(
    port: Handle<CompletionPort>,
    bytes: u32,
    key: usize,
    overlapped: *mut OVERLAPPED,
) -> Result<(), Win32Error> {
    let port = port.borrow()?;
    reserve::admit()?;
    let post = Post { overlapped, bytes, status: Status::SUCCESS.0, origin: Origin::Posted };
    let posted = suspend::not_now(|| port.core.post(key, post));
    posted.map_err(|_| Win32Error(ERROR_INVALID_HANDLE))?; // N3
    port.note_packet();
    Ok(())
}
