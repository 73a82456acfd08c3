//! What a face defines: the types it sends through a port, and the memory of an operation.

use super::{Errno, Operation, Packet, Regions, Tag};

/// The types a face sends through a port.
pub trait Face: Sized + 'static {
    /// What a posted packet carries.
    type Post: Send + 'static;
    /// What an operation carries: the user's context and the buffers.
    type Payload: Payload;

    /// What becomes of an operation that ended after its issue had returned: a packet, unless the
    /// face has another use for it. Called once for each, outside every lock, by the thread that
    /// found it ended; it must not block.
    fn finished(operation: Box<Operation<Self>>) -> Option<Packet<Self>> {
        Some(Packet::Finished(operation))
    }
}

/// The part of an operation that the face owns: the user's context and the memory the kernel works on.
///
/// # Safety
///
/// Every region that [`Payload::regions`] or [`Payload::region`] names must be valid for the
/// operation's direction (initialised memory to send, writable memory to receive), must belong to this
/// payload alone or be immutable, and must stay where it is until the payload is dropped, even when
/// the payload value itself is moved.
pub unsafe trait Payload: Send + 'static {
    /// Names the memory of the operation, first region first. Called again after partial progress; it must
    /// then name the same memory.
    fn regions(&mut self, regions: &mut Regions);

    /// The memory of the operation if it is one region, as for most operations; called before the list is
    /// made. `None` means "ask for the list".
    #[inline]
    fn region(&mut self) -> Option<(*mut u8, usize)> {
        None
    }

    /// Called right before an attempt that is likely to succeed; a pooled receive takes its buffer here.
    /// An error ends the operation with that error.
    fn acquire(&mut self) -> Result<(), Errno> {
        Ok(())
    }

    /// What the face knows the operation by; always the same answer. Called with
    /// locks held: it must only read.
    fn tag(&self) -> Tag {
        Tag::default()
    }

    /// Whether an accept that finds no descriptor waits and is tried again. A face that has a descriptor to
    /// give up is told `EMFILE` or `ENFILE` instead.
    fn waits_for_descriptors(&self) -> bool {
        true
    }

    /// Memory for the control data of [`OpCode::SendMessage`](crate::OpCode::SendMessage) and
    /// [`OpCode::RecvMessage`](crate::OpCode::RecvMessage); empty for none. The same promises
    /// hold for it as for the regions.
    fn control(&mut self) -> &mut [u8] {
        &mut []
    }

    /// Called when the attempt found nothing to do after all; a pooled receive returns its buffer here.
    fn release(&mut self) {}
}
