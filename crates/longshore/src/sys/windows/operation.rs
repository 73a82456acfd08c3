//! One operation: its OVERLAPPED, and all memory that the kernel works on.

use super::address::{AddressRoom, SocketAddress};
use super::handle::Handle;
use super::regions::Regions;
use socket2::SockAddr;
use std::fmt;
use std::io;
use std::os::windows::io::{OwnedHandle, OwnedSocket};
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_GEN_FAILURE, ERROR_OPERATION_ABORTED};
use windows_sys::Win32::Networking::WinSock::{SOCKADDR_STORAGE, WSAEINVAL};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The types a face sends through a port.
pub trait Face: Sized + 'static {
    /// What a posted packet carries.
    type Post: Send + 'static;
    /// What an operation carries: the user's context and the buffers.
    type Payload: Payload;
}

/// The part of an operation that the face owns: the user's context and the memory the kernel works on.
///
/// # Safety
///
/// Every region that [`Payload::regions`] names must be valid for the operation's direction (initialised
/// memory to send, writable memory to receive), must belong to this payload alone or be immutable, and must
/// stay where it is until the payload is dropped, even when the payload value itself is moved.
pub unsafe trait Payload: Send + 'static {
    /// Names the memory of the operation, first region first. Called again for every step; it
    /// must then name the same memory.
    fn regions(&mut self, regions: &mut Regions);

    /// Called before memory is written to; a pooled receive takes its buffer here.
    /// An error ends the operation.
    fn acquire(&mut self) -> Result<(), Errno> {
        Ok(())
    }

    /// Called when there was nothing to write after all; a pooled receive returns its buffer here.
    fn release(&mut self) {}
}

/// An error number of the system: Win32's for files, Winsock's for sockets, as `std` takes both.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

impl Errno {
    /// The operation was cancelled before it finished (K1).
    pub const CANCELLED: Errno = Errno(ERROR_OPERATION_ABORTED as i32);

    /// An argument makes no sense.
    pub const INVALID: Errno = Errno(WSAEINVAL);

    /// The error the calling thread's last system call left behind, Winsock's included.
    pub(super) fn last() -> Errno {
        Errno::from(io::Error::last_os_error())
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from(*self).fmt(f)
    }
}

impl From<Errno> for io::Error {
    fn from(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno.0)
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        Errno(error.raw_os_error().unwrap_or(ERROR_GEN_FAILURE as i32))
    }
}

/// What an operation does.
#[derive(Debug)]
pub enum OpCode {
    /// Receive what is there, at least one byte or the peer's end (S6, S8).
    Recv,
    /// Receive one datagram and its sender (S11).
    RecvFrom,
    /// Wait until a receive would find something, consuming nothing (S7).
    Readable,
    /// Take one connection from the backlog.
    Accept,
    /// Connect to the address.
    Connect(SocketAddress),
    /// Send all of the regions (S5).
    Send,
    /// Send one datagram to the address.
    SendTo(SocketAddress),
    /// Send the first bytes of the regions, then a range of a file, then the rest of the regions (TF1).
    SendFile(FileRange),
    /// Read at an absolute offset until the regions are full or the file ends (F8, F16).
    ReadAt(u64),
    /// Write all of the regions at an absolute offset.
    WriteAt(u64),
    /// Write all of the regions at the end of the file, atomically for other appenders (F12).
    Append,
    /// Make data durable, metadata included: Windows has no call for less.
    Sync(#[expect(dead_code, reason = "the face asks the same of every system")] bool),
}

impl OpCode {
    /// Works on a file at an offset rather than on a socket.
    pub(super) fn is_for_files(&self) -> bool {
        matches!(self, OpCode::ReadAt(_) | OpCode::WriteAt(_) | OpCode::Append | OpCode::Sync(_))
    }

    /// Ends early when the receiving side is shut down.
    pub(super) fn receives(&self) -> bool {
        matches!(self, OpCode::Recv | OpCode::Readable)
    }
}

/// The file part of [`OpCode::SendFile`].
#[derive(Debug)]
pub struct FileRange {
    /// The file; its position is neither used nor moved.
    pub file: Arc<OwnedHandle>,
    /// First byte to send.
    pub offset: u64,
    /// Bytes to send; the operation fails if the file ends before.
    pub length: u64,
    /// Bytes of the regions that go out before the file; the rest follows it.
    pub before: u64,
}

/// How an operation ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// `None` is success.
    pub error: Option<Errno>,
    /// Bytes transferred, also before an error or a cancel.
    pub bytes: u64,
    /// The socket an accept produced.
    pub accepted: Option<OwnedSocket>,
    /// The peer of an accept, the sender of a datagram.
    pub address: Option<SocketAddress>,
    /// The datagram was longer than the regions (S11).
    pub truncated: bool,
}

impl Outcome {
    /// The socket that an accept produced, and its peer; taken out.
    pub fn take_accepted(&mut self) -> Option<(OwnedSocket, Option<SocketAddress>)> {
        Some((self.accepted.take()?, self.address.take()))
    }

    /// The sender of a datagram, the peer of an accept.
    pub fn address(&self) -> Option<&SocketAddress> {
        self.address.as_ref()
    }

    /// The datagram was longer than the regions (S11).
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
}

/// Bytes AcceptEx wants for one address: 16 more than the largest.
pub(super) const ACCEPT_ADDRESS_BYTES: usize = size_of::<SOCKADDR_STORAGE>() + 16;

/// What some operations need besides; it must stay where it is until they end (S12).
pub(super) enum Room {
    Nothing,
    /// The sender of a datagram.
    From(Box<AddressRoom>),
    /// The two addresses of a connection, in a layout that is the system's own (AC6).
    Accepted(Box<[u8; 2 * ACCEPT_ADDRESS_BYTES]>),
    /// The receiver of a datagram, the peer to connect to.
    To(Box<SockAddr>),
    /// The receive waits without a buffer, and fetches the data when there is some.
    Pooled,
    /// The file ends before the range does, so all there is to send is this much.
    Short,
}

/// One operation. A box of it travels from issue to dequeue; its address is what the kernel calls it.
#[repr(C)]
pub struct Operation<F: Face> {
    /// First, so that the address of one is that of the other.
    pub(super) overlapped: OVERLAPPED,
    /// The face's part, untouched but for [`Payload`]'s methods.
    pub payload: F::Payload,
    /// How it ended; meaningful once dequeued.
    pub outcome: Outcome,
    pub(super) op_code: OpCode,
    pub(super) handle: Arc<Handle<F>>,
    pub(super) id: u64,
    pub(super) room: Room,
    /// Written by the system when a receive ends (S12).
    pub(super) flags: u32,
}

// SAFETY: the raw pointers in it are those of the OVERLAPPED, which only the kernel
// looks at; the rest is `Send`.
unsafe impl<F: Face> Send for Operation<F> {}

impl<F: Face> Operation<F> {
    /// An operation on `handle`, ready to be issued.
    pub(super) fn new(handle: Arc<Handle<F>>, op_code: OpCode, payload: F::Payload) -> Box<Self> {
        Box::new(Operation {
            overlapped: OVERLAPPED::default(),
            payload,
            outcome: Outcome::default(),
            op_code,
            handle,
            id: 0,
            room: Room::Nothing,
            flags: 0,
        })
    }

    /// What a dequeuer gets back: the handle, the payload, and how it ended.
    #[expect(clippy::boxed_local, reason = "the parts move straight out of the box")]
    pub fn into_parts(self: Box<Self>) -> (Arc<Handle<F>>, F::Payload, Outcome) {
        let Operation { handle, payload, outcome, .. } = *self;
        (handle, payload, outcome)
    }

    /// The key its packet carries.
    pub fn key(&self) -> usize {
        self.handle.key()
    }

    /// The memory of the operation.
    pub(super) fn regions(&mut self) -> Regions {
        let mut regions = Regions::new();
        self.payload.regions(&mut regions);
        regions
    }
}

/// What taking from a port yields.
pub enum Packet<F: Face> {
    /// A packet that was posted.
    Posted {
        /// As posted.
        key: usize,
        /// As posted.
        post: F::Post,
    },
    /// A finished operation.
    Finished(Box<Operation<F>>),
}
