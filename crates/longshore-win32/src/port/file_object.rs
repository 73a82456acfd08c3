//! File objects: what `ReadFile`, `WSARecv` and similar calls work on.
//!
//! A file object is an open file, socket, pipe or terminal. All handles that were duplicated from one another
//! share it, and with it the port it is bound to (P3) and its notification modes.
//!
//! The first overlapped operation attaches the engine's handle. Until then a socket may be bound to a port,
//! listen, connect, or get another descriptor from `AcceptEx`, and the engine need not be told. A file object
//! that is not bound is served by the [default port](crate::port::background_poller); once it is bound,
//! pending operations still end there, and their packets go to the port it is bound to (P5).

use crate::abi::status::Status;
use crate::object::suspend;
use crate::object::wait::Waitable;
use crate::object::{HandleCount, Object};
use crate::port::background_poller::{self, PollOnBehalf};
use crate::port::completion_port::CompletionPort;
use crate::port::face::{Port, Win32};
use crate::port::request;
use crate::port::retry;
use crate::port::sync_block::Blocks;
use crate::sync::lock::{Lock, LockGuard};
use crate::sync::rank::Rank;
use longshore_engine::{Errno, Handle, Kind, Tag};
use std::any::{Any, TypeId};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, STATUS_INVALID_HANDLE};
use windows_sys::Win32::System::WindowsProgramming::{
    FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, FILE_SKIP_SET_EVENT_ON_HANDLE,
};

/// What kind of file it is, with what only that kind has: a socket, or a disk file, directory, device, pipe
/// or terminal. The rooms of the kinds implement it; this one knows none of them.
pub(crate) trait FileKind: Any + Send + Sync {
    /// How the engine is to treat the descriptor.
    fn engine_kind(&self) -> Kind;

    /// How an operation that failed ended.
    fn status_of(&self, errno: Errno) -> Status;

    /// The status of an operation that ended because the file was closed (TX3).
    fn status_at_close(&self) -> Status {
        Status::CANCELLED
    }

    /// Cancels operations of the file that are not on the engine's handle; returns how many were found.
    fn cancel_rest(&self, _recognised: &dyn Fn(Tag) -> bool) -> usize {
        0
    }

    /// The last handle is being closed: operations elsewhere that belong to this file and
    /// are done end as they would have.
    fn before_close(&self) {}

    /// The last handle was closed.
    fn closing(&self, file: &Arc<FileObject>);

    /// The file has another descriptor now.
    fn descriptor_replaced(&self, _descriptor: &Arc<OwnedFd>) {}

    /// The list of blocking calls, for closing and cancelling; `None` if they cannot be ended.
    fn blocks(&self) -> Option<&Blocks> {
        None
    }
}

/// See the head of this module.
pub struct FileObject {
    handles: HandleCount,
    waitable: Waitable,
    /// Opened for overlapped I/O.
    pub overlapped: bool,
    kind: Box<dyn FileKind>,
    /// The type of `kind`.
    kind_type: TypeId,
    /// Set once, for good (P2).
    binding: OnceLock<Binding>,
    link: Lock<Link>,
    modes: AtomicU8,
    closed: AtomicBool,
    /// A thread has waited for the file's handle while it was bound to a port, or a send was pending: the
    /// background poller polls if the port's threads do not.
    awaited: OnceLock<PollOnBehalf>,
}

/// How the file is known to the kernel, and to a port.
pub(crate) struct Link {
    descriptor: Arc<OwnedFd>,
    handle: Option<Arc<Handle<Win32>>>,
    /// The handle before this one, for operations of disk files still under way there.
    former: Weak<Handle<Win32>>,
}

/// The port a file object is bound to.
pub struct Binding {
    /// The port.
    pub port: Arc<CompletionPort>,
    /// The key of its packets.
    pub key: usize,
}

impl FileObject {
    /// A file object without a handle yet.
    pub(crate) fn new<K: FileKind>(descriptor: OwnedFd, overlapped: bool, kind: K) -> Arc<Self> {
        Arc::new(FileObject {
            handles: HandleCount::new(),
            waitable: Waitable::notification(true), // D9: a fresh handle is signaled.
            overlapped,
            kind: Box::new(kind),
            kind_type: TypeId::of::<K>(),
            binding: OnceLock::new(),
            link: Lock::new(
                Rank::LINK,
                Link { descriptor: Arc::new(descriptor), handle: None, former: Weak::new() },
            ),
            modes: AtomicU8::new(0),
            closed: AtomicBool::new(false),
            awaited: OnceLock::new(),
        })
    }

    #[inline]
    fn link(&self) -> LockGuard<'_, Link> {
        self.link.lock()
    }

    /// The part that only files of this kind have, if it is of this kind.
    #[inline]
    pub(crate) fn kind_as<K: FileKind>(&self) -> Option<&K> {
        let kind: *const dyn FileKind = &raw const *self.kind;
        // SAFETY: a box of this type was stored, and is never replaced. (Asking the box itself would be a call.)
        (self.kind_type == TypeId::of::<K>()).then(|| unsafe { &*kind.cast::<K>() })
    }

    /// How an operation that failed ended.
    pub(crate) fn status_of(&self, errno: Errno) -> Status {
        self.kind.status_of(errno)
    }

    /// See [`FileKind::blocks`].
    pub(crate) fn blocks(&self) -> Option<&Blocks> {
        self.kind.blocks()
    }

    /// The descriptor as it is now; it stays open for as long as the result.
    pub fn descriptor(&self) -> Arc<OwnedFd> {
        self.link().descriptor.clone()
    }

    /// Replaces the descriptor (AC10, DX3). The engine's handle is detached.
    pub fn replace_descriptor(&self, descriptor: Arc<OwnedFd>) {
        let mut link = self.link();
        let former = std::mem::replace(&mut link.descriptor, descriptor.clone());
        let handle = link.handle.take();
        drop(link);
        if let Some(handle) = handle {
            handle.abandon(&|tag| tag.token != 0);
        }
        self.kind.descriptor_replaced(&descriptor);
        drop(former);
    }

    /// The engine's handle, if there has been an operation that needed it.
    pub(crate) fn attached(&self) -> Option<Arc<Handle<Win32>>> {
        self.link().handle.clone()
    }

    /// Detaches the engine's handle, because the kind of the descriptor has changed (it listens now).
    pub fn detach(&self) {
        let handle = self.link().handle.take();
        drop(handle);
    }

    /// Binds it to a port (P1-P9).
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` if it is bound already, or not overlapped.
    pub fn bind(
        &self,
        port: &Arc<CompletionPort>,
        key: usize,
    ) -> Result<(), crate::abi::last_error::Win32Error> {
        if !self.overlapped {
            return Err(crate::abi::last_error::Win32Error(ERROR_INVALID_PARAMETER));
        }
        if self.binding.set(Binding { port: port.clone(), key }).is_err() {
            return Err(crate::abi::last_error::Win32Error(ERROR_INVALID_PARAMETER));
        }
        self.signal(); // P6
        Ok(())
    }

    /// Where it is bound.
    #[inline]
    pub fn binding(&self) -> Option<&Binding> {
        self.binding.get()
    }

    /// Whether it is bound.
    pub fn is_bound(&self) -> bool {
        self.binding.get().is_some()
    }

    /// The engine's handle, which is attached if necessary.
    #[inline]
    pub(crate) fn engine(&self) -> Result<Arc<Handle<Win32>>, Status> {
        let link = self.link();
        if self.closed.load(Ordering::Acquire) {
            return Err(Status(STATUS_INVALID_HANDLE));
        }
        if let (Some(handle), Some(binding)) = (&link.handle, self.binding())
            && Arc::ptr_eq(handle.core(), &binding.port.core)
        {
            return Ok(handle.clone());
        }
        self.attach(link)
    }

    #[inline(never)]
    fn attach(&self, mut link: LockGuard<'_, Link>) -> Result<Arc<Handle<Win32>>, Status> {
        let binding = self.binding();
        let port: &Arc<Port> = match binding {
            Some(binding) => &binding.port.core,
            None => background_poller::default_port()?,
        };
        if let Some(handle) = &link.handle {
            // A stream with pending operations keeps its handle, so that they keep their order (S4).
            let stays =
                Arc::ptr_eq(handle.core(), port) || (handle.kind() != Kind::File && !handle.is_idle());
            if stays {
                return Ok(handle.clone());
            }
        }
        let key = binding.map_or(0, |binding| binding.key);
        let attached = port.attach(link.descriptor.clone(), key, Some(self.kind.engine_kind()));
        let handle = attached.map_err(|error| Status::of_socket(Errno::from(error)))?;
        if let Some(former) = link.handle.replace(handle.clone()) {
            link.former = Arc::downgrade(&former);
        }
        Ok(handle)
    }

    /// Completes the operations that are ready, although no thread of the port has polled yet.
    pub(crate) fn catch_up(&self) {
        let handle = self.link().handle.clone();
        if let Some(handle) = handle
            && handle.kind() != Kind::File
            && !handle.is_idle()
        {
            handle.core().attend();
        }
    }

    /// Cancels the operations whose tag is recognised; returns how many were found. Operations that had
    /// ended before the call do not count.
    pub(crate) fn cancel(&self, recognised: &dyn Fn(Tag) -> bool) -> usize {
        suspend::not_now(|| self.cancel_now(recognised))
    }

    fn cancel_now(&self, recognised: &dyn Fn(Tag) -> bool) -> usize {
        self.catch_up();
        let (handle, former) = {
            let link = self.link();
            (link.handle.clone(), link.former.upgrade())
        };
        let own = |tag| !request::is_second_step(tag) && recognised(tag);
        let cancelled: usize =
            handle.into_iter().chain(former).map(|handle| handle.cancel_matching(&own)).sum();
        cancelled + retry::cancel(self, recognised) + self.kind.cancel_rest(recognised)
    }

    /// Cancels the second step, on this file, of another file's operation; says whether it was found.
    pub(crate) fn cancel_second_step(&self, of: Tag) -> bool {
        self.catch_up();
        let step = request::second_step_of(of);
        self.attached().is_some_and(|handle| handle.cancel_matching(&|tag| tag == step) > 0)
    }

    /// From now on the background poller polls for the file's port when the port's threads do not.
    pub(crate) fn poll_on_behalf(&self, binding: &Binding) {
        self.awaited.get_or_init(|| background_poller::care_for(&binding.port));
    }

    /// Has the background poller perform what is ready in the file's port and will have no event. To be
    /// called after [`FileObject::poll_on_behalf`].
    pub(crate) fn attend_soon(&self, binding: &Binding) {
        let id = *binding.port.cared_for.lock();
        if let Some(id) = id {
            background_poller::attend_soon(id);
        }
    }

    /// Whether the last handle was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The status of an operation that a close ended, by the type of file (TX3).
    pub(crate) fn status_at_close(&self) -> Status {
        self.kind.status_at_close()
    }

    /// Adds notification modes; they cannot be removed (M1). True if the packet is to be skipped.
    pub fn add_modes(&self, modes: u8) {
        let known = (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE) as u8;
        self.modes.fetch_or(modes & known, Ordering::Relaxed);
        if modes & FILE_SKIP_SET_EVENT_ON_HANDLE as u8 != 0 {
            self.waitable.clear(); // M4
        }
    }

    #[inline]
    fn has_mode(&self, mode: u32) -> bool {
        u32::from(self.modes.load(Ordering::Relaxed)) & mode != 0
    }

    /// A success inside the call queues no packet.
    #[inline]
    pub(crate) fn skips_port_on_success(&self) -> bool {
        self.has_mode(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
    }

    /// Signals the file itself, which takes the place of an event (D9), unless that is switched off (M4).
    #[inline]
    pub(crate) fn signal(&self) {
        if !self.has_mode(FILE_SKIP_SET_EVENT_ON_HANDLE) {
            self.waitable.set();
        }
    }

    /// Makes the file not signaled, as every operation does when it starts (D9).
    #[inline]
    pub(crate) fn unsignal(&self) {
        self.waitable.clear();
    }
}

impl Object for FileObject {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn waitable(&self) -> Option<&Waitable> {
        // Only a thread that is about to wait calls this.
        if self.awaited.get().is_none()
            && let Some(binding) = self.binding()
        {
            self.poll_on_behalf(binding);
        }
        Some(&self.waitable)
    }

    fn last_handle_closed(self: Arc<Self>) {
        suspend::not_now(|| self.close());
    }
}

impl FileObject {
    /// The last handle was closed.
    fn close(self: &Arc<Self>) {
        // What happened before the close ends as it would have without it (AC8).
        self.kind.before_close();
        self.catch_up();
        self.closed.store(true, Ordering::Release);
        let (handle, former) = {
            let mut link = self.link();
            (link.handle.take(), link.former.upgrade())
        };
        self.kind.closing(self);
        retry::cancel(self, &|_| true);
        for handle in handle.into_iter().chain(former) {
            // Data in the library's own buffers is still sent, as after a graceful close (S23).
            handle.abandon(&|tag| tag.token != 0);
        }
    }
}
