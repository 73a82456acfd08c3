//! The life of one operation, from issue to dequeue.
//!
//! 1. A face builds an [`Operation`] with everything the work needs: the verb, the payload that owns the
//!    buffers, and a reference to the handle (so the descriptor outlives the operation, TX8, C6).
//! 2. [`crate::Port::issue`] hands it to the handle's source. From then on the operation belongs to the
//!    engine: nobody else can reach its buffers, whatever is dropped meanwhile (A6).
//! 3. Exactly one of three things ends it: the work finishes, the work fails, a cancel finds it (K4). Each
//!    end fills in [`Outcome`] and makes the operation a packet: one operation, one packet (D1, D6).
//! 4. The thread that dequeues the packet gets the box, and with it the payload, back.
//!
//! If the port closes first the operation is dropped without a packet (C3): by its source, and never before
//! the kernel has let go of the buffers.

use crate::address::SocketAddress;
use crate::handle::Handle;
use crate::reactor::Packet;
use crate::regions::Regions;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// The types a face sends through a port.
pub trait Face: Sized + 'static {
    /// What a posted packet carries.
    type Post: Send + 'static;
    /// What an operation carries: the user's context and the buffers.
    type Payload: Payload;

    /// What becomes of an operation that ended after its issue had returned: a packet, unless the face has another
    /// use for it. Called once for each, outside every lock, by the thread that found it ended; it must not
    /// block.
    fn finished(operation: Box<Operation<Self>>) -> Option<Packet<Self>> {
        Some(Packet::Finished(operation))
    }
}

/// What a face knows an operation by, for cancelling. The engine gives it no meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Which operation.
    pub name: usize,
    /// Whose.
    pub owner: usize,
}

/// The part of an operation that the face owns: the user's context and the memory the kernel works on.
///
/// # Safety
///
/// Every region that [`Payload::regions`] names must be valid for the operation's direction (initialised
/// memory to send, writable memory to receive), must belong to this payload alone or be immutable, and must
/// stay where it is until the payload is dropped, even when the payload value itself is moved.
pub unsafe trait Payload: Send + 'static {
    /// Names the memory of the operation, first region first. Called again after partial progress; it must
    /// then name the same memory.
    fn regions(&mut self, regions: &mut Regions);

    /// Called right before an attempt that is likely to succeed; a pooled receive takes its buffer here.
    /// An error ends the operation with that error.
    fn acquire(&mut self) -> Result<(), Errno> {
        Ok(())
    }

    /// What the operation is known by; asked once, when it is made.
    fn label(&self) -> Label {
        Label::default()
    }

    /// Memory for the control data of [`Verb::SendMessage`] and [`Verb::RecvMessage`]; empty for none. What is said
    /// of the regions holds for it too.
    fn control(&mut self) -> &mut [u8] {
        &mut []
    }

    /// Called when the attempt found nothing to do after all; a pooled receive returns its buffer here.
    fn release(&mut self) {}
}

/// An error number of the operating system.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

impl Errno {
    /// The operation was cancelled before it finished (K1).
    pub const CANCELLED: Errno = Errno(libc::ECANCELED);

    /// An argument makes no sense.
    pub const INVALID: Errno = Errno(libc::EINVAL);

    /// The error the calling thread's last system call left behind.
    pub fn last() -> Errno {
        Errno(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
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
        Errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

/// What an operation does.
#[derive(Debug)]
pub enum Verb {
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
    /// Receive with these flags of recv(2), and with the sender, control data and flags of the message. With
    /// `MSG_WAITALL` it ends when the regions are full, with `MSG_PEEK` nothing is consumed.
    RecvMessage(i32),
    /// Send one message with these flags of send(2), to the address if there is one, with control data.
    SendMessage(i32, Option<SocketAddress>),
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
    /// Make data durable; `true` leaves out metadata not needed to read it back.
    Sync(bool),
}

impl Verb {
    /// Waits for the descriptor to become readable rather than writable.
    pub(crate) fn reads(&self) -> bool {
        matches!(self, Verb::Recv | Verb::RecvFrom | Verb::RecvMessage(_) | Verb::Readable | Verb::Accept)
    }

    /// Works on a file at an offset rather than on a stream.
    pub(crate) fn is_for_files(&self) -> bool {
        matches!(self, Verb::ReadAt(_) | Verb::WriteAt(_) | Verb::Append | Verb::Sync(_))
    }
}

/// The file part of [`Verb::SendFile`].
#[derive(Debug)]
pub struct FileRange {
    /// The file; its position is neither used nor moved.
    pub file: Arc<OwnedFd>,
    /// First byte to send.
    pub offset: u64,
    /// Bytes to send; the operation fails with `EIO` if the file ends before.
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
    /// The descriptor an accept produced.
    pub accepted: Option<OwnedFd>,
    /// The peer of an accept, the sender of a datagram.
    pub address: Option<SocketAddress>,
    /// The datagram was longer than the regions (S11).
    pub truncated: bool,
    /// The flags of a received message.
    pub flags: i32,
    /// Bytes of control data received.
    pub control_bytes: usize,
}

/// One operation. A box of it travels from issue to dequeue.
pub struct Operation<F: Face> {
    /// The face's part, untouched by the engine but for [`Payload`]'s methods.
    pub payload: F::Payload,
    /// How it ended; meaningful once dequeued.
    pub outcome: Outcome,
    pub(crate) verb: Verb,
    pub(crate) handle: Arc<Handle<F>>,
    pub(crate) id: u64,
    pub(crate) label: Label,
}

impl<F: Face> Operation<F> {
    /// An operation on `handle`, ready to be issued.
    pub fn new(handle: Arc<Handle<F>>, verb: Verb, payload: F::Payload) -> Box<Self> {
        let label = payload.label();
        Box::new(Operation { payload, outcome: Outcome::default(), verb, handle, id: 0, label })
    }

    /// What a dequeuer gets back: the handle, the payload, and how it ended.
    #[expect(clippy::boxed_local, reason = "the parts move straight out of the box")]
    pub fn into_parts(self: Box<Self>) -> (Arc<Handle<F>>, F::Payload, Outcome) {
        let Operation { handle, payload, outcome, .. } = *self;
        (handle, payload, outcome)
    }

    /// The handle the operation was issued on.
    pub fn handle(&self) -> &Arc<Handle<F>> {
        &self.handle
    }

    /// The key its packet carries.
    pub fn key(&self) -> usize {
        self.handle.key()
    }

    /// The regions still to be transferred: what the payload names, less what `outcome.bytes` counts.
    pub(crate) fn remaining(&mut self) -> Regions {
        let mut regions = Regions::new();
        self.payload.regions(&mut regions);
        regions.advance(self.outcome.bytes as usize);
        regions
    }
}
