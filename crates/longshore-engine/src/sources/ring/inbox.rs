//! The queue between the user's threads and a shard's driver thread.
//!
//! Everything they share is under one mutex, the sleep flag included, so nothing here depends on the order of
//! atomic operations. The lock is held for a few moves and never while the user's code runs: operations go in
//! and out of it, and are dropped and completed outside.
//!
//! # No wake-up is lost
//!
//! 1. The driver waits in one place only, and only if [`Inbox::may_sleep`] returned true in the same turn.
//! 2. `may_sleep` looks at the inbox and sets the sleep flag in one critical section. Whatever was put in
//!    before it is seen there, and the driver does not wait.
//! 3. Whatever is put in after it finds the flag set, clears it, and its caller writes the eventfd.
//! 4. The eventfd counts: a write before the driver's read of it is armed completes that read at once. The
//!    driver arms the read before each wait, so the write of 3 ends the wait of 1.
//! 5. Clearing the flag in 3 makes it one write for each wait: further callers leave it to the first, whose
//!    write is certain, since nothing between clearing and writing can fail or block.
//! 6. The driver clears the flag itself when it wakes for another reason ([`Inbox::exchange`]). A write that
//!    was on its way then makes the next wait return early, which costs one turn.
//!
//! # A cancel counts exactly
//!
//! 1. An operation is in `arrived` or in flight, from [`Inbox::push`] to the driver's `exchange` after its
//!    last answer; both ends and the step between them are critical sections.
//! 2. So a cancel finds each unfinished operation exactly once. It removes it from `arrived`, or it marks it
//!    in flight, and what is marked is not counted again (K3).
//! 3. What is in flight is named by a [`Token`]. The generation in it changes when the slot is reused, so a
//!    cancel that reaches the driver late misses, rather than hits a newer operation.

use crate::handle::Handle;
use crate::operation::Which;
use crate::operation::{Face, Operation, Tag};
use crate::sync::{Mutex, MutexGuard};
use std::collections::VecDeque;

/// The name of one operation in the kernel, the `user_data` of its calls: the low half is the slot, the high
/// half the slot's generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(pub(super) u64);

impl Token {
    fn new(slot: u32, generation: u32) -> Token {
        Token(u64::from(generation) << 32 | u64::from(slot))
    }

    pub(super) fn slot(self) -> usize {
        self.0 as u32 as usize
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The address of a handle, as its identity. Never followed; the operation keeps the handle alive.
fn identity<F: Face>(handle: &Handle<F>) -> usize {
    std::ptr::from_ref(handle) as usize
}

/// An operation the driver has not taken yet, with what a cancel compares, so that
/// it need not follow the box.
struct Arrived<F: Face> {
    handle: usize,
    id: u64,
    tag: Tag,
    operation: Box<Operation<F>>,
}

/// The shared side of a slot.
#[derive(Clone, Copy)]
struct InFlight {
    handle: usize,
    id: u64,
    tag: Tag,
    token: Token,
    state: InFlightState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum InFlightState {
    Free,
    Running,
    /// A cancel has been requested.
    Cancelling,
}

/// What would wake the driver.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sleep {
    /// It is awake and will look by itself.
    Awake,
    /// Anything.
    Waiting,
    /// Not a further operation: all slots are taken.
    Full,
}

/// What the driver is woken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    Operation,
    /// A cancel, or the end.
    Order,
}

struct State<F: Face> {
    arrived: VecDeque<Arrived<F>>,
    in_flight: Box<[InFlight]>,
    free: Vec<u32>,
    cancels: Vec<Token>,
    sleep: Sleep,
    closing: bool,
}

/// See the head of this file.
pub(super) struct Inbox<F: Face> {
    state: Mutex<State<F>>,
}

/// The driver's side of an exchange.
pub(super) struct Exchange<F: Face> {
    /// In: slots whose operation has had its last answer.
    pub(super) completed: Vec<Token>,
    /// Out: operations to start, with the slot each has got.
    pub(super) taken: Vec<(Token, Box<Operation<F>>)>,
    /// Out: what to cancel in flight.
    pub(super) cancels: Vec<Token>,
    /// Out: the source is closing.
    pub(super) closing: bool,
}

impl<F: Face> Inbox<F> {
    pub(super) fn new(slots: usize) -> Self {
        let in_flight = (0..slots as u32).map(|slot| InFlight {
            handle: 0,
            id: 0,
            tag: Tag::default(),
            token: Token::new(slot, 0),
            state: InFlightState::Free,
        });
        Inbox {
            state: Mutex::new(State {
                arrived: VecDeque::new(),
                in_flight: in_flight.collect(),
                free: (0..slots as u32).rev().collect(),
                cancels: Vec::new(),
                sleep: Sleep::Awake,
                closing: false,
            }),
        }
    }

    /// Adds an operation; true if the driver must be woken. A closed inbox hands the operation back.
    pub(super) fn push(&self, operation: Box<Operation<F>>) -> Result<bool, Box<Operation<F>>> {
        let mut state = self.lock();
        if state.closing {
            return Err(operation);
        }
        state.arrived.push_back(Arrived {
            handle: identity(&operation.handle),
            id: operation.id,
            tag: operation.tag(),
            operation,
        });
        Ok(state.rouse(Reason::Operation))
    }

    /// Takes the matching operations that were not started into `removed` and requests the end of those that
    /// were. Returns how many of the latter, and whether the driver must be woken.
    pub(super) fn cancel(
        &self,
        handle: &Handle<F>,
        which: Which<'_>,
        removed: &mut Vec<Box<Operation<F>>>,
    ) -> (usize, bool) {
        let handle = identity(handle);
        let mut state = self.lock();
        let state = &mut *state;
        if state.closing {
            return (0, false);
        }
        let matches = |of: usize, id: u64, tag: Tag| of == handle && which.matches(id, tag);
        if state.arrived.iter().any(|one| matches(one.handle, one.id, one.tag)) {
            // One turn of the queue, which keeps the order of the others.
            for _ in 0..state.arrived.len() {
                if let Some(one) = state.arrived.pop_front() {
                    if matches(one.handle, one.id, one.tag) {
                        removed.push(one.operation);
                    } else {
                        state.arrived.push_back(one);
                    }
                }
            }
        }
        let mut requested = 0;
        for one in &mut state.in_flight {
            if one.state == InFlightState::Running && matches(one.handle, one.id, one.tag) {
                one.state = InFlightState::Cancelling;
                state.cancels.push(one.token);
                requested += 1;
            }
        }
        let wake = requested > 0 && state.rouse(Reason::Order);
        (requested, wake)
    }

    /// Refuses further operations and returns those not started, and whether the driver must be woken.
    pub(super) fn close(&self) -> (Vec<Box<Operation<F>>>, bool) {
        let mut state = self.lock();
        state.closing = true;
        let dropped = state.arrived.drain(..).map(|one| one.operation).collect();
        (dropped, state.rouse(Reason::Order))
    }

    /// Called once by the driver in each turn: gives slots back, takes the operations and cancels.
    pub(super) fn exchange(&self, exchange: &mut Exchange<F>) {
        let mut state = self.lock();
        let state = &mut *state;
        state.sleep = Sleep::Awake;
        for token in exchange.completed.drain(..) {
            let slot = token.slot();
            let entry = &mut state.in_flight[slot];
            debug_assert!(entry.token == token && entry.state != InFlightState::Free);
            entry.state = InFlightState::Free;
            entry.token = Token::new(slot as u32, token.generation().wrapping_add(1));
            state.free.push(slot as u32);
        }
        exchange.cancels.append(&mut state.cancels);
        while let Some(&slot) = state.free.last()
            && let Some(one) = state.arrived.pop_front()
        {
            state.free.pop();
            let entry = &mut state.in_flight[slot as usize];
            entry.handle = one.handle;
            entry.id = one.id;
            entry.tag = one.tag;
            entry.state = InFlightState::Running;
            exchange.taken.push((entry.token, one.operation));
        }
        exchange.closing = state.closing;
    }

    /// True if there is nothing for the driver to do, which then must wait: whatever comes from now on wakes
    /// it. `closing` is what the driver knows; if it does not know yet, it must not wait.
    pub(super) fn may_sleep(&self, closing: bool) -> bool {
        let mut state = self.lock();
        let full = state.free.is_empty();
        let idle = state.cancels.is_empty() && state.closing == closing && (full || state.arrived.is_empty());
        if idle {
            state.sleep = if full { Sleep::Full } else { Sleep::Waiting };
        }
        idle
    }

    fn lock(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock()
    }
}

impl<F: Face> State<F> {
    /// True if the driver sleeps and has to be woken for this, which the caller then
    /// does, being the only one.
    fn rouse(&mut self, reason: Reason) -> bool {
        let wake = match self.sleep {
            Sleep::Awake => false,
            Sleep::Waiting => true,
            Sleep::Full => reason == Reason::Order,
        };
        if wake {
            self.sleep = Sleep::Awake;
        }
        wake
    }
}

#[cfg(test)]
mod tests;
