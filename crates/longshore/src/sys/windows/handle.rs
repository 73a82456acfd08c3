//! A socket or file attached to a port, with the operations that were issued on it.

use super::descriptor::{Descriptor, Kind};
use super::operation::{Face, Operation};
use super::pending::{Pending, Slot};
use super::port::Core;
use super::step;
use longshore_types::{Consume, Errno, OpCode, Started};
use std::io;
use std::net::Shutdown;
use std::os::windows::io::{AsHandle, AsRawSocket, AsSocket, BorrowedHandle, BorrowedSocket, OwnedHandle};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Networking::WinSock::{
    SD_BOTH, SD_RECEIVE, SD_SEND, SOCKET, WINSOCK_SHUTDOWN_HOW, shutdown,
};
use windows_sys::Win32::System::IO::CancelIoEx;

/// The id of operations that were never issued.
const ENDED: u64 = 0;

/// A descriptor attached to a port.
pub struct Handle<F: Face> {
    descriptor: Descriptor,
    kind: Kind,
    key: AtomicUsize,
    core: Arc<Core<F>>,
    /// The port's number of the handle.
    registration: u64,
    closed: AtomicBool,
    finished_reading: AtomicBool,
    pending: Mutex<Pending<F>>,
}

impl<F: Face> Handle<F> {
    pub(super) fn new(
        core: Arc<Core<F>>,
        descriptor: Descriptor,
        kind: Kind,
        key: usize,
        registration: u64,
    ) -> Self {
        Handle {
            descriptor,
            kind,
            key: AtomicUsize::new(key),
            core,
            registration,
            closed: AtomicBool::new(false),
            finished_reading: AtomicBool::new(false),
            pending: Mutex::new(Pending::new()),
        }
    }

    /// The socket, open for as long as the handle.
    ///
    /// # Panics
    /// If it is a file.
    pub fn socket(&self) -> BorrowedSocket<'_> {
        match &self.descriptor {
            Descriptor::Socket(socket) => socket.as_socket(),
            Descriptor::File(_) => panic!("a file is no socket"),
        }
    }

    /// The file, open for as long as the handle.
    ///
    /// # Panics
    /// If it is a socket.
    pub fn file(&self) -> BorrowedHandle<'_> {
        match &self.descriptor {
            Descriptor::File(file) => file.as_handle(),
            Descriptor::Socket(_) => panic!("a socket is no file"),
        }
    }

    /// A reference to the file that may outlive the handle, for [`FileRange`](longshore_types::FileRange).
    ///
    /// # Panics
    /// If it is a socket.
    pub fn share_descriptor(&self) -> Arc<OwnedHandle> {
        match &self.descriptor {
            Descriptor::File(file) => file.clone(),
            Descriptor::Socket(_) => panic!("a socket is no file"),
        }
    }

    /// What it is attached with, to be shown.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    pub(super) fn raw(&self) -> HANDLE {
        self.descriptor.raw()
    }

    pub(super) fn raw_socket(&self) -> SOCKET {
        self.socket().as_raw_socket() as SOCKET
    }

    /// What the descriptor is.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The key that packets of this handle carry.
    pub fn key(&self) -> usize {
        self.key.load(Ordering::Relaxed)
    }

    /// Sets the key of packets taken from now on.
    pub fn set_key(&self, key: usize) {
        self.key.store(key, Ordering::Relaxed);
    }

    /// The port the handle is attached to.
    pub fn core(&self) -> &Arc<Core<F>> {
        &self.core
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Pending<F>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts an operation and returns its id, unique on this handle. Its packet, one and only
    /// one, comes through the port, whatever happens (D6), also if the calling thread ends before
    /// (TX1: bound to a port, no event).
    pub fn issue(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> u64 {
        if self.core.is_closed() {
            return ENDED; // The packet could not be dequeued (C3).
        }
        let refused = match (op_code.is_for_files(), self.kind == Kind::File) {
            _ if self.closed.load(Ordering::SeqCst) => Some(Errno::CANCELLED),
            (true, true) | (false, false) => None,
            _ => Some(Errno::INVALID),
        };
        self.enter(Operation::new(self.clone(), op_code, payload), refused)
    }

    /// Queues the packet of an operation that is not tried, because the face has found an error.
    pub fn refuse(self: &Arc<Self>, op_code: OpCode, payload: F::Payload, errno: Errno) -> u64 {
        if self.core.is_closed() {
            return ENDED;
        }
        self.enter(Operation::new(self.clone(), op_code, payload), Some(errno))
    }

    /// As [`Handle::issue`], but a receive or a send that ends at once is handed back.
    ///
    /// It is tried without an OVERLAPPED first, which on a non-blocking socket is over when it
    /// returns and queues no packet (D5). It must not overtake what was issued before, so it is tried
    /// only if nothing in its direction is under way; what the table does not have yet was issued by
    /// another thread at the same time.
    pub fn start_when_ready<C: Consume<Started<F::Payload>>>(
        self: &Arc<Self>,
        op_code: OpCode,
        payload: F::Payload,
        consumer: C,
    ) -> C::Output {
        consumer.consume(self.start(op_code, payload))
    }

    fn start(self: &Arc<Self>, op_code: OpCode, payload: F::Payload) -> Started<F::Payload> {
        if self.core.is_closed() {
            return Started::Dropped;
        }
        let tried = matches!(op_code, OpCode::Recv | OpCode::Send) && self.kind == Kind::Stream;
        if !tried || self.closed.load(Ordering::SeqCst) {
            return Started::Pending(self.issue(op_code, payload));
        }
        let receives = op_code.receives();
        let mut operation = Operation::new(self.clone(), op_code, payload);
        let first = !self.lock().iter_mut().any(|slot| slot.receives == receives);
        match first && step::try_at_once(&mut operation) {
            true => {
                let (_, payload, outcome) = operation.into_parts();
                Started::Ended(payload, outcome)
            }
            false => Started::Pending(self.enter(operation, None)),
        }
    }

    /// The operation becomes known to the table, and to the kernel unless it is refused.
    fn enter(self: &Arc<Self>, mut operation: Box<Operation<F>>, refused: Option<Errno>) -> u64 {
        let receives = operation.op_code.receives();
        let mut pending = self.lock();
        let id = pending.add(&raw mut *operation, receives);
        drop(pending);
        operation.id = id;
        match refused {
            Some(errno) => step::end(operation, Some(errno)),
            None => step::start(operation),
        }
        // A close sets its flag first and then cancels what it finds. An operation
        // that came later sees the flag here.
        if self.closed.load(Ordering::SeqCst) || self.core.is_closed() {
            self.catch_up(id);
        }
        id
    }

    /// The next step of an operation was started; it may have been cancelled between the two.
    pub(super) fn catch_up(&self, id: u64) {
        let closed = self.closed.load(Ordering::SeqCst) || self.core.is_closed();
        if let Some(slot) = self.lock().get(id)
            && (closed || slot.settled)
        {
            // SAFETY: the handle is open; the table's lock is held, so the address is the operation's.
            unsafe { CancelIoEx(self.raw(), slot.operation.cast()) };
            slot.settled = true;
        }
        if self.core.is_closed() {
            self.core.clear_up();
        }
    }

    /// Cancels all operations of this handle in the kernel.
    pub(super) fn cancel_everything(&self) {
        // SAFETY: the handle is open.
        unsafe { CancelIoEx(self.raw(), std::ptr::null()) };
    }

    /// Requests the end of one operation, or of all (K1-K9). Returns how many were found unfinished.
    pub fn cancel(&self, id: Option<u64>) -> usize {
        match id {
            None => self.cancel_matching(|_| true, true),
            Some(id) => {
                let mut pending = self.lock();
                pending.get(id).map_or(0, |slot| usize::from(self.cancel_slot(slot, true)))
            }
        }
    }

    fn cancel_matching(&self, such: impl Fn(&Slot<F>) -> bool, by_user: bool) -> usize {
        let mut pending = self.lock();
        let slots = pending.iter_mut().filter(|slot| such(slot));
        slots.map(|slot| usize::from(self.cancel_slot(slot, by_user))).sum()
    }

    /// The table's lock is held: the address in the slot is the operation's (K7).
    fn cancel_slot(&self, slot: &mut Slot<F>, by_user: bool) -> bool {
        if slot.settled {
            return false;
        }
        // SAFETY: the handle is open. Of the OVERLAPPED only the address is used.
        let found = unsafe { CancelIoEx(self.raw(), slot.operation.cast()) } != 0;
        // Between two steps the kernel does not know it; the thread that takes the next step sees the cancel.
        slot.settled = found || slot.steps;
        slot.cancelled |= by_user && slot.settled;
        slot.settled
    }

    /// Cancels everything and lets the peer know: a connection is shut down both ways. Operations issued
    /// afterwards end with [`Errno::CANCELLED`]. The socket is closed with the last reference to the handle.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.cancel(None);
        if self.kind == Kind::Stream {
            // An error means that it is not connected (any more): there is no peer to be told.
            let _ = self.shut_down(SD_BOTH);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The receiving side was shut down by us: receives end with nothing, as they do on Linux.
    pub(super) fn finished_reading(&self) -> bool {
        self.finished_reading.load(Ordering::SeqCst)
    }

    /// Finishes one or both directions. Sends that were issued before go out first: the
    /// system sends the end after them.
    ///
    /// # Errors
    /// Those of shutdown: `WSAENOTCONN`; `WSAENOTSOCK` for files.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if how != Shutdown::Read {
            self.shut_down(SD_SEND)?;
        }
        if how != Shutdown::Write {
            self.finished_reading.store(true, Ordering::SeqCst);
            self.shut_down(SD_RECEIVE)?;
            // Windows would leave them waiting.
            self.cancel_matching(|slot| slot.receives, false);
        }
        Ok(())
    }

    fn shut_down(&self, how: WINSOCK_SHUTDOWN_HOW) -> io::Result<()> {
        // SAFETY: no pointers.
        match unsafe { shutdown(self.raw() as SOCKET, how) } {
            0 => Ok(()),
            _ => Err(Errno::last().into()),
        }
    }
}

impl<F: Face> Drop for Handle<F> {
    fn drop(&mut self) {
        self.core.deregister(self.registration);
    }
}
