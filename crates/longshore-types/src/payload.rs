//! The part of an operation that the face owns.

use crate::errno::Errno;
use crate::regions::Regions;
use crate::tag::Tag;

/// The part of an operation that the face owns: the user's context and the memory the kernel works on.
///
/// A backend calls [`regions`](Payload::regions), [`acquire`](Payload::acquire) and [`release`](Payload::release).
/// The rest spares the engine work or is for the C face; the Windows backend does without.
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

    /// As [`Payload::acquire`] and then [`Payload::region`], for a receive. `None` means "ask for both".
    #[inline]
    fn room(&mut self) -> Option<(*mut u8, usize)> {
        self.acquire().ok()?;
        self.region()
    }

    /// The regions, less the first `done` bytes: they have been transferred.
    fn remaining(&mut self, done: u64) -> Regions {
        let mut regions = Regions::new();
        self.regions(&mut regions);
        regions.advance(done as usize);
        regions
    }

    /// Called right before an attempt that is likely to succeed; a pooled receive takes its buffer here.
    /// An error ends the operation with that error.
    fn acquire(&mut self) -> Result<(), Errno> {
        Ok(())
    }

    /// Called when the attempt found nothing to do after all; a pooled receive returns its buffer here.
    fn release(&mut self) {}

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
}
