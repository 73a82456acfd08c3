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
mod face;
mod io_slices;
pub mod magazine;
mod packet;
pub(crate) mod transfer;
mod which;

pub use address::RawAddress;
pub use face::Face;
pub(crate) use io_slices::IoSlices;
pub(crate) use longshore_types::{Details, Errno, OpCode, Outcome, Payload, Regions, SocketAddress, Tag};
pub use packet::Packet;
pub(crate) use which::Which;

use crate::handle::Handle;
use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::Arc;

/// One operation. A box of it travels from issue to dequeue; nothing in it moves meanwhile.
///
/// What most operations need fits two cache lines. What few need is behind a pointer: an address in
/// [`OpCode`], what [`Details`] tells in [`Outcome`].
pub struct Operation<F: Face> {
    /// The face's part, untouched by the engine but for [`Payload`]'s methods.
    pub payload: F::Payload,
    /// How it ended; meaningful once dequeued.
    pub outcome: Outcome,
    pub(crate) op_code: OpCode,
    pub(crate) handle: Arc<Handle<F>>,
    pub(crate) id: u64,
    /// The next that waits in the same lane; the lane's.
    pub(crate) next: *mut Operation<F>,
}

// SAFETY: `next` is a box of the lane's, which is used under the lane's lock only; the rest is `Send`.
unsafe impl<F: Face> Send for Operation<F> {}

impl<F: Face> Operation<F> {
    /// An operation on `handle`, ready to be issued.
    #[inline(always)]
    pub fn new(handle: Arc<Handle<F>>, op_code: OpCode, payload: F::Payload) -> Box<Self> {
        Self::begun(handle, op_code, payload, Outcome::default())
    }

    /// An operation of which something has been done.
    #[inline(always)]
    pub(crate) fn begun(
        handle: Arc<Handle<F>>,
        op_code: OpCode,
        payload: F::Payload,
        outcome: Outcome,
    ) -> Box<Self> {
        // First the place, so that the parts go there directly.
        let block = magazine::take(Layout::new::<Self>()).cast::<Self>();
        let operation = Operation { payload, outcome, op_code, handle, id: 0, next: std::ptr::null_mut() };
        // SAFETY: the block is as large and as aligned as an operation, came from the global allocator with
        // the layout of one, as a box does, and is ours alone.
        unsafe {
            block.write(operation);
            Box::from_raw(block.as_ptr())
        }
    }

    /// What a dequeuer gets back: the handle, the payload, and how it ended.
    #[inline(always)]
    pub fn into_parts(self: Box<Self>) -> (Arc<Handle<F>>, F::Payload, Outcome) {
        let block = NonNull::from(Box::leak(self));
        let operation = block.as_ptr();
        // SAFETY: every field that owns something is moved out or dropped, once; what is left is memory,
        // which came from `take` in `new`.
        unsafe {
            let handle = (&raw const (*operation).handle).read();
            let payload = (&raw const (*operation).payload).read();
            let outcome = (&raw const (*operation).outcome).read();
            if (*operation).op_code.is_boxed() {
                (&raw mut (*operation).op_code).drop_in_place();
            }
            magazine::keep(block.cast(), Layout::new::<Self>());
            (handle, payload, outcome)
        }
    }

    /// What the face knows it by.
    pub(crate) fn tag(&self) -> Tag {
        self.payload.tag()
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
        self.payload.remaining(self.outcome.bytes)
    }
}
