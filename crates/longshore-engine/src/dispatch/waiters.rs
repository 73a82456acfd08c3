//! The threads that sleep in a port, as a LIFO stack (Q2).
//!
//! At most one waiter is *leading*: its thread sleeps in the reactor instead of on its own condition
//! variable, and hears the kernel's events. The others sleep until a message comes.
//!
//! Protocol, with L the lock of the port's state:
//! 1. A thread that finds nothing to do pushes its waiter under L, releases L, then sleeps.
//! 2. A thread that wants to wake it pops the waiter under L, writes a message into it *still under L*,
//!    releases L, then notifies. So a waiter is either on the stack with no message, or off it with one:
//!    a thread that wakes for any reason (message, timeout, a stray notify) learns which by taking L,
//!    and no message is ever lost.
//! 3. A notify that arrives before the sleeper sleeps is not lost either. An ordinary sleeper checks its
//!    message under the waiter's own lock before each sleep. A leader is woken through the reactor's eventfd,
//!    which makes the next wait return if it does not interrupt the current one.
//! 4. That next wait must be the same leader's. So popping a leader's waiter does not end its lead: the
//!    leader ends it, under L, once it is back from the reactor. Until then no other thread can lead and
//!    consume its wake. (loom found the version that forgot this.)

use crate::sync::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What a sleeper is told.
#[derive(Debug)]
pub(crate) enum Message<P> {
    /// Here is a packet, and a slot to run it in (Q3, Q12).
    Packet(P),
    /// Wake up and look at the port; no slot is reserved.
    Look,
    /// The port is closed (C1).
    Closed,
}

/// One sleeping thread.
pub(crate) struct Waiter<P> {
    pub(crate) member: usize,
    /// Changed only under the lock of the port's state, so relaxed accesses suffice.
    leading: AtomicBool,
    message: Mutex<Option<Message<P>>>,
    notified: Condvar,
}

impl<P> Waiter<P> {
    pub(crate) fn new(member: usize, leading: bool) -> Arc<Self> {
        Arc::new(Waiter {
            member,
            leading: AtomicBool::new(leading),
            message: Mutex::new(None),
            notified: Condvar::new(),
        })
    }

    pub(crate) fn is_leading(&self) -> bool {
        self.leading.load(Ordering::Relaxed)
    }

    pub(crate) fn stop_leading(&self) {
        self.leading.store(false, Ordering::Relaxed);
    }

    /// Sleeps until there is a message or the deadline has passed. The message stays in place.
    pub(crate) fn sleep(&self, deadline: Option<Instant>) {
        let mut message = self.message.lock();
        while message.is_none() {
            match deadline {
                None => message = self.notified.wait(message),
                Some(deadline) if Instant::now() < deadline => {
                    message = self.notified.wait_until(message, deadline);
                }
                Some(_) => return,
            }
        }
    }

    pub(crate) fn notify(&self) {
        self.notified.notify_one();
    }

    pub(crate) fn take_message(&self) -> Option<Message<P>> {
        self.message.lock().take()
    }
}

/// The stack; the last waiter is the thread that went to sleep last.
pub(crate) struct Waiters<P> {
    stack: Vec<Arc<Waiter<P>>>,
    attended: bool,
}

impl<P> Waiters<P> {
    pub(crate) fn new() -> Self {
        Waiters { stack: Vec::new(), attended: false }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.stack.len()
    }

    /// A thread sleeps in the reactor, is about to, or is about to come back.
    #[inline]
    pub(crate) fn attended(&self) -> bool {
        self.attended
    }

    pub(crate) fn push(&mut self, waiter: Arc<Waiter<P>>) {
        if waiter.is_leading() {
            self.begin_lead();
        }
        self.stack.push(waiter);
    }

    /// The calling thread goes to sleep in the reactor.
    pub(crate) fn begin_lead(&mut self) {
        debug_assert!(!self.attended, "one leader at a time");
        self.attended = true;
    }

    /// The calling thread is back from the reactor.
    pub(crate) fn end_lead(&mut self) {
        debug_assert!(self.attended, "only the leader ends its lead");
        self.attended = false;
    }

    /// Takes the newest sleeper off the stack and leaves it a message. The caller notifies it after it has
    /// released the lock.
    pub(crate) fn pop(&mut self, message: Message<P>) -> Option<Arc<Waiter<P>>> {
        let waiter = self.stack.pop()?;
        *waiter.message.lock() = Some(message);
        Some(waiter)
    }

    /// Takes this member's waiter off the stack, at any depth, and leaves it a message.
    pub(crate) fn take_member(&mut self, member: usize, message: Message<P>) -> Option<Arc<Waiter<P>>> {
        let position = self.stack.iter().rposition(|waiter| waiter.member == member)?;
        let waiter = self.stack.remove(position);
        *waiter.message.lock() = Some(message);
        Some(waiter)
    }

    pub(crate) fn newest(&self) -> Option<&Arc<Waiter<P>>> {
        self.stack.last()
    }

    /// Takes `waiter` off the stack, at any depth; false if it was popped before.
    pub(crate) fn remove(&mut self, waiter: &Arc<Waiter<P>>) -> bool {
        match self.stack.iter().rposition(|other| Arc::ptr_eq(other, waiter)) {
            Some(position) => {
                self.stack.remove(position);
                true
            }
            None => false,
        }
    }
}
