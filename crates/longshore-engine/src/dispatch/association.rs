//! Which port the calling thread belongs to (Q7), and what its own blocking means for that port (Q8).
//!
//! A thread is associated with the port it last took from. The association is a thread-local value whose
//! destructor gives the slot back when the thread ends (Q11). A thread that is ended without destructors has a
//! [`Membership`] that whoever ends it can reach.

use crate::sync::Mutex;
use std::cell::RefCell;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// A port as its member threads see it.
pub(crate) trait Account: Send + Sync {
    fn leave(&self, member: usize);
    fn rouse(&self, member: usize);
    fn block(&self, member: usize) -> bool;
    fn unblock(&self, member: usize);
}

/// Out of every so many turns of a thread, its first included, a few are measured: how long the handler takes.
const MEASURE_EVERY_TURNS: u32 = 128;
const MEASURED_TURNS: u32 = 2;

struct Association {
    /// Identifies the port; valid as an identity for as long as `port` exists.
    address: *const (),
    port: Weak<dyn Account>,
    member: usize,
    membership: Arc<Membership>,
    turns: u32,
    departed: Option<Instant>,
    /// Depth of nested blocking calls.
    blocking: u32,
}

impl Drop for Association {
    fn drop(&mut self) {
        self.membership.end();
    }
}

/// A thread's membership in the port it takes from, as other threads reach it.
///
/// Whoever ends a thread from outside, so that none of its destructors run, ends its membership too: the slot is free
/// at once (Q11).
#[derive(Debug, Default)]
pub struct Membership {
    /// Taken out by whoever ends it, the thread's own destructor or another thread: it is left once.
    of: Mutex<Option<(Weak<dyn Account>, usize)>>,
}

impl Membership {
    /// The calling thread's, in whatever port it takes from now or later. `None` while the thread is being torn
    /// down.
    pub fn of_this_thread() -> Option<Arc<Membership>> {
        MEMBERSHIP.try_with(Arc::clone).ok()
    }

    /// Gets the thread up if it sleeps in its port: it looks around once, and stops if a stop is due
    /// ([`crate::defer_stop`]).
    pub fn rouse(&self) {
        let of = self.of.lock().clone();
        if let Some((port, member)) = of
            && let Some(port) = port.upgrade()
        {
            port.rouse(member);
        }
    }

    /// Gives the thread's slot back. Other than by the thread itself to be called only when the thread will run no
    /// code of the engine any more.
    pub fn end(&self) {
        let of = self.of.lock().take();
        if let Some((port, member)) = of
            && let Some(port) = port.upgrade()
        {
            port.leave(member);
        }
    }
}

thread_local! {
    static ASSOCIATION: RefCell<Option<Association>> = const { RefCell::new(None) };
    static MEMBERSHIP: Arc<Membership> = Arc::default();
}

/// A thread that comes (back) to a port.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) member: usize,
    /// How long its handler took, if that was measured.
    pub(crate) handler_ns: Option<u64>,
    /// Call [`depart`] when it goes off with a packet: this turn is measured.
    pub(crate) measure: bool,
}

/// The calling thread's membership in the port at `address`, if it is associated with that port.
#[inline]
pub(crate) fn arrive(address: *const ()) -> Option<Arrival> {
    let known = ASSOCIATION.try_with(|cell| {
        let mut slot = cell.borrow_mut();
        let association = slot.as_mut()?;
        if !std::ptr::eq(association.address, address) {
            return None;
        }
        association.turns = association.turns.wrapping_add(1);
        let measure = association.turns % MEASURE_EVERY_TURNS < MEASURED_TURNS;
        let departed = association.departed.take();
        let handler_ns = departed.map(|departed| departed.elapsed().as_nanos() as u64);
        Some(Arrival { member: association.member, handler_ns, measure })
    });
    known.ok().flatten()
}

/// Whether the calling thread is associated with the port at `address`.
pub(crate) fn is_with(address: *const ()) -> bool {
    let with = |association: &Association| std::ptr::eq(association.address, address);
    ASSOCIATION.try_with(|cell| cell.borrow().as_ref().is_some_and(with)).unwrap_or(false)
}

/// Associates the calling thread with the port that `join` enters it into, and ends its association with any
/// other (Q7). `None` while the thread is being torn down, without calling `join`.
#[cold]
pub(crate) fn associate(
    address: *const (),
    join: impl FnOnce() -> (Weak<dyn Account>, usize),
) -> Option<Arrival> {
    // Dropping the former association leaves the other port: with no borrow held.
    let former = ASSOCIATION.try_with(|cell| cell.borrow_mut().take()).ok()?;
    drop(former);
    let membership = Membership::of_this_thread()?;
    let (port, member) = join();
    *membership.of.lock() = Some((port.clone(), member));
    let association =
        Association { address, port, member, membership, turns: 0, departed: None, blocking: 0 };
    let _ = ASSOCIATION.try_with(|cell| cell.borrow_mut().replace(association));
    Some(Arrival { member, handler_ns: None, measure: true })
}

/// The calling thread goes off with a packet, and its handler is to be measured.
#[cold]
pub(crate) fn depart() {
    let _ = ASSOCIATION.try_with(|cell| {
        if let Some(association) = cell.borrow_mut().as_mut() {
            association.departed = Some(Instant::now());
        }
    });
}

/// Runs `f`, which may block, with the calling thread's slot given to another thread meanwhile (Q8).
///
/// The next waiter is released before `f` begins; when `f` returns or panics the thread counts as running again
/// at once, so for a moment more threads may run than the concurrency value says. Outside a handler it just
/// runs `f`. Calls may be nested.
pub fn blocking<R>(f: impl FnOnce() -> R) -> R {
    struct Resume {
        released: Option<(Weak<dyn Account>, usize)>,
    }
    impl Drop for Resume {
        fn drop(&mut self) {
            let released = self.released.take();
            // `f` may have taken from another port; then the thread is that port's now, and left this one.
            let still_here = ASSOCIATION.try_with(|cell| {
                let mut slot = cell.borrow_mut();
                let Some(association) = slot.as_mut() else {
                    return false;
                };
                association.blocking = association.blocking.saturating_sub(1);
                let same = |(port, member): &(Weak<dyn Account>, usize)| {
                    Weak::ptr_eq(port, &association.port) && *member == association.member
                };
                released.as_ref().is_some_and(same)
            });
            if let Some((port, member)) = released
                && still_here == Ok(true)
                && let Some(port) = port.upgrade()
            {
                port.unblock(member);
            }
        }
    }

    let account = ASSOCIATION
        .try_with(|cell| {
            let mut slot = cell.borrow_mut();
            let association = slot.as_mut()?;
            association.blocking += 1;
            // A handler that announced a blocking call is not a measure of how long handlers compute.
            association.departed = None;
            (association.blocking == 1).then(|| (association.port.clone(), association.member))
        })
        .ok()
        .flatten();
    let released = account.and_then(|(port, member)| {
        let gave_up = port.upgrade()?.block(member);
        gave_up.then_some((port, member))
    });
    let _resume = Resume { released };
    f()
}
