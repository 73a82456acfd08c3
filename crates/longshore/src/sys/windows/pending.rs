//! The operations of one handle that have not been dequeued, by the number the user knows them by.
//!
//! CancelIoEx takes the address of an OVERLAPPED, and the address may belong to another operation by then
//! (K7). So the user gets a number with a generation, and an address is used only while its slot is taken,
//! under the table's lock: the thread that dequeues the operation clears the slot before it frees it.

use super::operation::{Face, Operation};

pub(super) struct Slot<F: Face> {
    generation: u32,
    /// Null when free.
    pub(super) operation: *mut Operation<F>,
    /// It was cancelled, or has ended: a further cancel finds nothing (K3).
    pub(super) settled: bool,
    /// Asked for by the user, rather than by closing or shutting down.
    pub(super) cancelled: bool,
    /// A receive that ends when the receiving side is shut down.
    pub(super) receives: bool,
    /// Between two steps the kernel does not know it; a cancel then waits for the end of the step.
    pub(super) steps: bool,
}

pub(super) struct Pending<F: Face> {
    slots: Vec<Slot<F>>,
    free: Vec<u32>,
}

// SAFETY: the addresses in it are of operations, which are `Send`, and are only passed to the kernel.
unsafe impl<F: Face> Send for Pending<F> {}

impl<F: Face> Pending<F> {
    pub(super) fn new() -> Self {
        Pending { slots: Vec::new(), free: Vec::new() }
    }

    /// Enters an operation; the number is never 0.
    pub(super) fn add(&mut self, operation: *mut Operation<F>, receives: bool) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: 0,
                operation: std::ptr::null_mut(),
                settled: false,
                cancelled: false,
                receives: false,
                steps: false,
            });
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        let generation = slot.generation.wrapping_add(1);
        *slot = Slot { generation, operation, settled: false, cancelled: false, receives, steps: false };
        (u64::from(generation) << 32 | u64::from(index)) + 1
    }

    /// The slot of an operation that has not been dequeued.
    pub(super) fn get(&mut self, id: u64) -> Option<&mut Slot<F>> {
        let id = id.checked_sub(1)?;
        let slot = self.slots.get_mut(id as u32 as usize)?;
        (slot.generation == (id >> 32) as u32 && !slot.operation.is_null()).then_some(slot)
    }

    /// Clears the slot: the operation's address means nothing from now on.
    pub(super) fn remove(&mut self, id: u64) {
        if let Some(slot) = self.get(id) {
            slot.operation = std::ptr::null_mut();
            self.free.push((id - 1) as u32);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }

    /// All that are taken.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot<F>> {
        self.slots.iter_mut().filter(|slot| !slot.operation.is_null())
    }
}
