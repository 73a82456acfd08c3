//! Which port the calling thread belongs to (Q7), and what its own blocking means for that port (Q8).
//!
//! A thread is associated with the port it last took from. The association is a thread-local value whose
//! destructor gives the slot back when the thread ends (Q11). A thread that is ended without destructors has
//! a [`Membership`] that whoever ends it can reach.

use crate::sync::Mutex;
use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// A port as its member threads see it.
pub(crate) trait Account: Send + Sync {
    fn leave(&self, member: usize);
    fn rouse(&self, member: usize);
    fn block(&self, member: usize) -> bool;
    fn unblock(&self, member: usize);
}

/// How often the duration of a handler is measured: for a few turns of each so many turns
/// of a thread, the first included.
const MEASURE_EVERY_TURNS: u32 = 128;
const MEASURED_TURNS: u32 = 2;

/// What a thread knows of the port it belongs to.
struct Association {
    /// Identifies the port, and is valid as an identity for as long as `port` exists; null for none.
    address: Cell<*const ()>,
    member: Cell<usize>,
    /// Turns left until the next one that is measured.
    unmeasured: Cell<u32>,
    /// Turns still to be measured, once `until_measured` is 0.
    measured: Cell<u32>,
    departed: Cell<Option<Instant>>,
    /// Depth of nested blocking calls.
    blocking: Cell<u32>,
    port: RefCell<Option<Weak<dyn Account>>>,
    /// The same port as `port`. When the thread ends, this thread-local value may be gone before.
    membership: RefCell<Option<Arc<Membership>>>,
}

impl Association {
    const fn none() -> Association {
        Association {
            address: Cell::new(ptr::null()),
            member: Cell::new(0),
            unmeasured: Cell::new(0),
            measured: Cell::new(0),
            departed: Cell::new(None),
            blocking: Cell::new(0),
            port: RefCell::new(None),
            membership: RefCell::new(None),
        }
    }

    /// Leaves the port, if the thread is associated with one.
    fn leave(&self) {
        self.address.set(ptr::null());
        let _port = self.port.take();
        // No borrow is held during the call: the port may run code that comes back here.
        let membership = self.membership.take();
        if let Some(membership) = membership {
            membership.end();
        }
    }

    /// A turn that is measured.
    #[cold]
    fn arrive_measured(&self) -> Arrival {
        let handler_ns = self.departed.take().map(|departed| departed.elapsed().as_nanos() as u64);
        let measure = self.measured.get() > 0;
        if measure {
            self.measured.set(self.measured.get() - 1);
        } else {
            self.measured.set(MEASURED_TURNS);
            self.unmeasured.set(MEASURE_EVERY_TURNS - MEASURED_TURNS - 1);
        }
        Arrival { member: self.member.get(), handler_ns, measure }
    }
}

impl Drop for Association {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A thread's membership in the port it takes from, as other threads reach it.
///
/// A thread that is ended from outside runs no destructors. Whoever ends it ends its membership as well, so
/// that its slot is free at once (Q11).
#[derive(Debug, Default)]
pub struct Membership {
    /// The thread's own destructor or another thread takes it out; so the port is left once.
    of: Mutex<Option<(Weak<dyn Account>, usize)>>,
}

impl Membership {
    /// The calling thread's, in whatever port it takes from now or later. `None`
    /// while the thread is being torn down.
    pub fn of_this_thread() -> Option<Arc<Membership>> {
        MEMBERSHIP.try_with(Arc::clone).ok()
    }

    /// Wakes the thread if it sleeps in its port: it looks around once, and stops if a stop
    /// is due ([`crate::defer_stop`]).
    pub fn rouse(&self) {
        let of = self.of.lock().clone();
        if let Some((port, member)) = of
            && let Some(port) = port.upgrade()
        {
            port.rouse(member);
        }
    }

    /// Gives the thread's slot back. Another thread may call this only when this thread will run
    /// no code of the engine any more.
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
    static ASSOCIATION: Association = const { Association::none() };
    static MEMBERSHIP: Arc<Membership> = Arc::default();
}

/// A thread that comes (back) to a port.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) member: usize,
    /// How long its handler took, if that was measured.
    pub(crate) handler_ns: Option<u64>,
    /// This turn is measured: call [`depart`] when the thread leaves with a packet.
    pub(crate) measure: bool,
}

/// The calling thread's membership in the port at `address`, if it is associated with that port.
#[inline]
pub(crate) fn arrive(address: *const ()) -> Option<Arrival> {
    let known = ASSOCIATION.try_with(|association| {
        if !ptr::eq(association.address.get(), address) {
            return None;
        }
        let unmeasured = association.unmeasured.get();
        if unmeasured == 0 {
            return Some(association.arrive_measured());
        }
        association.unmeasured.set(unmeasured - 1);
        Some(Arrival { member: association.member.get(), handler_ns: None, measure: false })
    });
    known.ok().flatten()
}

/// The calling thread's membership in the port at `address`, if it is associated with that port and
/// its turn is not measured. Only a turn that begins counts: see [`arrive`] otherwise.
#[inline(always)]
pub(crate) fn member_of(address: *const ()) -> Option<usize> {
    ASSOCIATION
        .try_with(|association| {
            let known = ptr::eq(association.address.get(), address);
            let unmeasured = association.unmeasured.get();
            if !known || unmeasured == 0 {
                return None;
            }
            association.unmeasured.set(unmeasured - 1);
            Some(association.member.get())
        })
        .unwrap_or(None)
}

/// Whether the calling thread is associated with the port at `address`.
pub(crate) fn is_with(address: *const ()) -> bool {
    ASSOCIATION.try_with(|association| ptr::eq(association.address.get(), address)).unwrap_or(false)
}

/// Associates the calling thread with the port that `join` enters it into, and ends its association with any
/// other (Q7). `None` while the thread is being torn down, without calling `join`.
#[cold]
pub(crate) fn associate(
    address: *const (),
    join: impl FnOnce() -> (Weak<dyn Account>, usize),
) -> Option<Arrival> {
    let membership = Membership::of_this_thread()?;
    let enter = |association: &Association| {
        // Leaving may drop the last reference to a port, and a destructor of the program
        // may then take from another port.
        while association.port.borrow().is_some() {
            association.leave();
        }
        let (port, member) = join();
        *membership.of.lock() = Some((port.clone(), member));
        association.port.replace(Some(port));
        association.membership.replace(Some(membership));
        association.member.set(member);
        association.unmeasured.set(0);
        association.measured.set(MEASURED_TURNS - 1);
        association.departed.set(None);
        association.blocking.set(0);
        association.address.set(address);
        Arrival { member, handler_ns: None, measure: true }
    };
    ASSOCIATION.try_with(enter).ok()
}

/// The calling thread leaves with a packet, and its handler is to be measured.
#[cold]
pub(crate) fn depart() {
    let _ = ASSOCIATION.try_with(|association| association.departed.set(Some(Instant::now())));
}

/// Runs `f`, which may block, with the calling thread's slot given to another thread meanwhile (Q8).
///
/// The next waiter is released before `f` begins; when `f` returns or panics the thread counts as running
/// again at once, so for a moment more threads may run than the concurrency value says. Outside a handler it
/// just runs `f`. Calls may be nested.
pub fn blocking<R>(f: impl FnOnce() -> R) -> R {
    struct Resume {
        released: Option<(Weak<dyn Account>, usize)>,
    }
    impl Drop for Resume {
        fn drop(&mut self) {
            let released = self.released.take();
            // `f` may have taken from another port. Then the thread has left this
            // port and belongs to that one.
            let still_here = ASSOCIATION.try_with(|association| {
                association.blocking.set(association.blocking.get().saturating_sub(1));
                released.as_ref().is_some_and(|(port, member)| {
                    let own = association.port.borrow();
                    own.as_ref().is_some_and(|own| Weak::ptr_eq(port, own))
                        && *member == association.member.get()
                })
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
        .try_with(|association| {
            let port = association.port.borrow().clone()?;
            let depth = association.blocking.get() + 1;
            association.blocking.set(depth);
            // A handler that announced a blocking call does not tell how long handlers compute.
            association.departed.set(None);
            (depth == 1).then(|| (port, association.member.get()))
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
