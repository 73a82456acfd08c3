//! The life of one operation, from issue to dequeue.
//!
//! 1. A face builds an [`Operation`] with everything the work needs: the op code, the payload that owns the
//!    buffers, and a reference to the handle (so the descriptor outlives the operation, TX8, C6).
//! 2. [`Handle::issue`] hands it to the handle's source. From then on the operation belongs to the
//!    engine: nobody else can reach its buffers, whatever is dropped meanwhile (A6).
//! 3. Exactly one of three things ends it: the work finishes, the work fails, a cancel finds it (K4). Each
//!    end fills in [`Outcome`] and makes the operation a packet: one operation, one packet (D1, D6).
//! 4. The thread that dequeues the packet gets the box, and with it the payload, back.
//!
//! If the port closes first the operation is dropped without a packet (C3): by its source, and never before
//! the kernel has let go of the buffers.

mod address;
pub(crate) mod catch_panic;
mod errno;
mod face;
mod op_code;
mod packet;
mod regions;
mod tag;
pub(crate) mod transfer;
mod which;

pub(crate) use address::RawAddress;
pub use address::SocketAddress;
pub use errno::Errno;
pub use face::{Face, Payload};
pub use op_code::{FileRange, OpCode};
pub use packet::Packet;
pub use regions::Regions;
pub use tag::Tag;
pub(crate) use which::Which;

use crate::handle::Handle;
use std::os::fd::OwnedFd;
use std::sync::Arc;

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
    pub(crate) op_code: OpCode,
    pub(crate) handle: Arc<Handle<F>>,
    pub(crate) id: u64,
    pub(crate) tag: Tag,
}

impl<F: Face> Operation<F> {
    /// An operation on `handle`, ready to be issued.
    pub fn new(handle: Arc<Handle<F>>, op_code: OpCode, payload: F::Payload) -> Box<Self> {
        let tag = payload.tag();
        Box::new(Operation { payload, outcome: Outcome::default(), op_code, handle, id: 0, tag })
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
