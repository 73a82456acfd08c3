//! The threads of a port, and the state of each, as far as this layer is told.
//!
//! The kernel keeps its own account (Q6-Q12). This one serves [`Stats`](longshore_types::Stats), and closing a port or
//! a pool, which must reach the threads that wait: each member can be woken by an APC.
//!
//! 1. A thread joins with its first take, and leaves when it ends or takes from another port (Q7).
//! 2. It sets `PARKED` before it checks whether the port is closed or its pool stopped. A thread that closes
//!    or stops sets its flag before it checks which threads are parked. Both are sequentially consistent, so
//!    at least one of the two sees the other.
//! 3. An APC queued before the thread waits is delivered when it does. One that comes too late is taken by
//!    its next alertable wait, which in this layer just looks around once more.

use std::cell::RefCell;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, OwnedHandle};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use windows_sys::Win32::System::Threading::{GetCurrentThread, QueueUserAPC};

pub(super) const RUNNING: u8 = 0;
pub(super) const PARKED: u8 = 1;
pub(super) const BLOCKED: u8 = 2;

/// A thread of a port.
pub(super) struct Member {
    /// `None` if the system would not give a handle: such a thread cannot be woken by us.
    thread: Option<OwnedHandle>,
    state: AtomicU8,
    dequeued: AtomicU64,
}

impl Member {
    fn new() -> Arc<Member> {
        // SAFETY: the pseudo-handle of the calling thread is always valid.
        let thread = unsafe { BorrowedHandle::borrow_raw(GetCurrentThread()) };
        let thread = thread.try_clone_to_owned().ok();
        Arc::new(Member { thread, state: AtomicU8::new(RUNNING), dequeued: AtomicU64::new(0) })
    }

    #[inline]
    pub(super) fn park(&self) {
        self.state.store(PARKED, Ordering::SeqCst);
    }

    #[inline]
    pub(super) fn run(&self) {
        self.state.store(RUNNING, Ordering::Relaxed);
    }

    /// Only the thread itself counts.
    #[inline]
    pub(super) fn count(&self, packets: u64) {
        self.dequeued.store(self.dequeued.load(Ordering::Relaxed) + packets, Ordering::Relaxed);
    }
}

/// The threads of one port.
pub(super) struct Registry {
    members: Mutex<Vec<Arc<Member>>>,
    /// Packets taken by threads that have left.
    dequeued: AtomicU64,
}

thread_local! {
    static MEMBERSHIP: RefCell<Option<Membership>> = const { RefCell::new(None) };
}

/// Ends with the thread, or when it joins another port.
struct Membership {
    registry: Weak<Registry>,
    member: Arc<Member>,
}

impl Drop for Membership {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.leave(&self.member);
        }
    }
}

impl Registry {
    pub(super) fn new() -> Arc<Registry> {
        Arc::new(Registry { members: Mutex::new(Vec::new()), dequeued: AtomicU64::new(0) })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Member>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calling thread, as a member.
    #[inline]
    pub(super) fn enter(self: &Arc<Self>) -> Arc<Member> {
        let known = MEMBERSHIP.try_with(|membership| match &*membership.borrow() {
            // The weak reference keeps the address from being used by another registry.
            Some(known) if known.registry.as_ptr() == Arc::as_ptr(self) => Some(known.member.clone()),
            _ => None,
        });
        match known {
            Ok(Some(member)) => member,
            _ => self.join(),
        }
    }

    #[cold]
    fn join(self: &Arc<Self>) -> Arc<Member> {
        let member = Member::new();
        let membership = Membership { registry: Arc::downgrade(self), member: member.clone() };
        // If the thread-local values are gone already, the thread takes without being counted.
        let former = MEMBERSHIP.try_with(|place| {
            self.lock().push(member.clone());
            place.replace(Some(membership))
        });
        drop(former);
        member
    }

    fn leave(&self, member: &Arc<Member>) {
        let mut members = self.lock();
        members.retain(|other| !Arc::ptr_eq(other, member));
        self.dequeued.fetch_add(member.dequeued.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Makes every waiting thread look around.
    pub(super) fn rouse(&self) {
        unsafe extern "system" fn look_around(_: usize) {}
        for member in &*self.lock() {
            if member.state.load(Ordering::SeqCst) == PARKED
                && let Some(thread) = &member.thread
            {
                // SAFETY: the handle is open; the routine does nothing. A thread that has
                // ended refuses, and needs no waking.
                unsafe { QueueUserAPC(Some(look_around), thread.as_raw_handle(), 0) };
            }
        }
    }

    /// How many are in each state, and how many packets all have taken.
    pub(super) fn counts(&self) -> ([usize; 3], u64) {
        let mut states = [0; 3];
        let members = self.lock();
        let mut dequeued = self.dequeued.load(Ordering::Relaxed);
        for member in &*members {
            states[usize::from(member.state.load(Ordering::Relaxed))] += 1;
            dequeued += member.dequeued.load(Ordering::Relaxed);
        }
        (states, dequeued)
    }
}

/// Runs `f`, which may block: another thread of the calling thread's port is released in its place at once.
///
/// On Windows the kernel notices by itself that a thread blocks (Q8). The call costs nothing and
/// shows in [`Stats`](crate::Stats).
pub fn blocking<R>(f: impl FnOnce() -> R) -> R {
    /// Restores what the thread was doing, also when `f` panics.
    struct Restore(Option<(Arc<Member>, u8)>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some((member, before)) = &self.0 {
                member.state.store(*before, Ordering::Relaxed);
            }
        }
    }
    let member = MEMBERSHIP.try_with(|place| place.borrow().as_ref().map(|known| known.member.clone()));
    let before = member.ok().flatten().map(|member| {
        let before = member.state.swap(BLOCKED, Ordering::Relaxed);
        (member, before)
    });
    let _restore = Restore(before);
    f()
}
