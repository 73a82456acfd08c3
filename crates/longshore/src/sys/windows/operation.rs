//! One operation: its OVERLAPPED, and all memory that the kernel works on.

use super::address::AddressRoom;
use super::handle::Handle;
use longshore_types::{OpCode, Outcome, Payload, Regions};
use socket2::SockAddr;
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::SOCKADDR_STORAGE;
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The types a face sends through a port.
pub trait Face: Sized + 'static {
    /// What a posted packet carries.
    type Post: Send + 'static;
    /// What an operation carries: the user's context and the buffers.
    type Payload: Payload;
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

    /// The memory of the operation.
    pub(super) fn regions(&mut self) -> Regions {
        let mut regions = Regions::new();
        self.payload.regions(&mut regions);
        regions
    }
}

/// What a dequeue yields: what was posted, or a finished operation, whose key is [`Operation::key`].
pub type Packet<F> = longshore_types::Packet<<F as Face>::Post, Box<Operation<F>>>;
