//! The accounting of a port: who runs, who sleeps, and when a sleeper is released (Q4-Q12).
//!
//! All of it is plain data under one lock, the lock of [`State`]. The rules:
//!
//! - `running` counts members whose state is [`MemberState::Running`]. A member runs from the moment a packet
//!   is handed to it (Q12) until it comes back, blocks, exits or turns to another port (Q7, Q8, Q11).
//! - A packet leaves the queue only while `running < cap`, except that a member resuming from a blocking call
//!   counts again at once and may push `running` over the cap (Q8).
//! - One decision wakes one thread at most ([`State::release`]); a woken thread decides again.
//! - A *posted* packet is handed to the newest sleeper whenever there is headroom (Q3). A finished
//!   *operation* is different: nobody can observe when the port polled it, so a running thread may come back
//!   for it if that is cheaper than waking another. The estimate is `backlog x mean handler time` against the
//!   cost of a wake; the monitor's tick bounds what the estimate may get wrong.

use super::queue::Consumer;
use super::waiters::{Message, Waiter, Waiters};
use crate::sync::hold_off::HoldOff;
use slab::Slab;
use std::collections::VecDeque;
use std::sync::Arc;

/// What a wake costs, about: between 2 us on the same core and 13 us across cores.
const WAKE_COST_NS: u64 = 10_000;

/// Handlers that take longer than this are not waited for to come back and listen:
/// somebody else does meanwhile.
const DEAF_MAX_NS: u64 = 10 * WAKE_COST_NS;

/// An upper bound for one measurement, so that one outlier does not make every later poll wake a thread.
const HANDLER_SAMPLE_MAX_NS: u64 = 5_000_000;

/// After this many turns of one thread the reactor is looked at even though packets are queued, so that
/// posted packets cannot keep I/O out for ever.
const LOOK_EVERY_TURNS: u64 = 64;

/// The state of a thread that is associated with the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberState {
    /// In `get`, or between being woken with [`Message::Look`] and looking.
    Idle,
    /// Holds a slot.
    Running,
    /// Gave its slot up for a blocking call it announced.
    Blocked,
    /// Lost its slot because the monitor found it asleep in a call it did not announce.
    Asleep,
}

/// A thread associated with the port (Q7).
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) thread: i32,
    pub(crate) state: MemberState,
    /// Counts the packets the member was given: the same turn means the same handler.
    pub(crate) turn: u64,
    /// What the monitor last saw: the turn, and the thread's CPU time in nanoseconds.
    pub(crate) seen: Option<(u64, u64)>,
}

/// Everything the port's lock protects.
pub(crate) struct State<P, W> {
    pub(crate) cap: usize,
    pub(crate) queue: Consumer<P>,
    /// Work that is ready to be performed and will yield packets.
    pub(crate) ready: VecDeque<W>,
    /// Empty: the memory in which the next leader collects what it finds.
    pub(crate) room: VecDeque<W>,
    pub(crate) waiters: Waiters<P>,
    pub(crate) members: Slab<Member>,
    pub(crate) running: usize,
    /// Members woken with [`Message::Look`] that have not looked yet.
    pub(crate) looking: usize,
    pub(crate) closed: bool,
    /// Closed to takers only; work is kept for threads that attend.
    pub(crate) retired: bool,
    /// A thread has joined at some time.
    pub(crate) had_members: bool,
    /// The monitor has this port on its list.
    pub(crate) watched: bool,
    /// Somebody polls the port's descriptor from outside.
    pub(crate) observed: bool,
    /// Packets with a sequence number below this were posted, or are older than one that was.
    pub(crate) eager_until: u64,
    mean_handler_ns: u64,
    pub(crate) counters: Counters,
}

/// Running totals, kept under the lock and therefore free.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// Packets that were performed by the thread that took them, without passing through the queue.
    pub(crate) performed: u64,
    pub(crate) wakes: u64,
    pub(crate) compensations: u64,
    pub(crate) polls: u64,
    pub(crate) events: u64,
    pub(crate) events_max: usize,
}

/// What must be done once the lock is released.
#[must_use]
pub(crate) struct WakeDecision<P> {
    pub(crate) wake: Option<Arc<Waiter<P>>>,
    pub(crate) watch: bool,
    /// A thread that was stopped between the decision and the wake would leave the other asleep.
    pub(crate) held_off: Option<HoldOff>,
}

impl<P, W> State<P, W> {
    pub(crate) fn new(cap: usize, queue: Consumer<P>) -> Self {
        State {
            cap,
            queue,
            ready: VecDeque::new(),
            room: VecDeque::new(),
            waiters: Waiters::new(),
            members: Slab::new(),
            running: 0,
            looking: 0,
            closed: false,
            retired: false,
            had_members: false,
            watched: false,
            observed: false,
            eager_until: 0,
            mean_handler_ns: 0,
            counters: Counters::default(),
        }
    }

    /// Appends what was found to the work list; leaves `found` empty.
    pub(crate) fn add_ready(&mut self, found: &mut VecDeque<W>) {
        if self.ready.is_empty() {
            std::mem::swap(&mut self.ready, found);
        } else {
            self.ready.append(found);
        }
    }

    /// A new member, not running.
    pub(crate) fn join(&mut self, thread: i32) -> usize {
        self.had_members = true;
        self.members.insert(Member { thread, state: MemberState::Idle, turn: 0, seen: None })
    }

    /// The member takes a slot. The caller checks whether there is one: a poll that timed out (Q10) and a
    /// handler that resumes (Q8) take it in any case.
    #[inline]
    pub(crate) fn enter(&mut self, member: usize) {
        let member = &mut self.members[member];
        if member.state != MemberState::Running {
            member.state = MemberState::Running;
            member.turn += 1;
            self.running += 1;
        }
    }

    /// A running member comes back and may go on without giving its slot up in between: true if that is so,
    /// and then its next turn has begun.
    #[inline(always)]
    pub(crate) fn keeps_turn(&mut self, member: usize) -> bool {
        let within_cap = self.running <= self.cap && !self.closed;
        let member = &mut self.members[member];
        let keeps = within_cap
            && member.state == MemberState::Running
            && member.turn % LOOK_EVERY_TURNS != LOOK_EVERY_TURNS - 1;
        if keeps {
            member.turn += 1;
        }
        keeps
    }

    /// The member is due to look at the reactor.
    pub(crate) fn is_to_look(&self, member: usize) -> bool {
        self.members[member].turn % LOOK_EVERY_TURNS == LOOK_EVERY_TURNS - 1
    }

    /// The member gives up its slot, if it has one, and is in this state then.
    #[inline]
    pub(crate) fn give_up(&mut self, member: usize, reason: MemberState) {
        let member = &mut self.members[member];
        if member.state == MemberState::Running {
            self.running -= 1;
        }
        member.state = reason;
    }

    #[inline]
    pub(crate) fn has_headroom(&self) -> bool {
        self.running < self.cap
    }

    pub(crate) fn backlog(&self) -> usize {
        self.queue.len() + self.ready.len()
    }

    /// Packets taken so far.
    pub(crate) fn dequeued(&self) -> u64 {
        self.queue.popped() + self.counters.performed
    }

    /// Learns from one handler's duration.
    pub(crate) fn learn_handler_time(&mut self, nanoseconds: u64) {
        let sample = nanoseconds.min(HANDLER_SAMPLE_MAX_NS);
        self.mean_handler_ns = (self.mean_handler_ns * 7 + sample) / 8;
    }

    /// Decides whether the newest sleeper should get up, and takes it off the stack if so. `own` is the part
    /// of the backlog that the calling thread made and will most likely come back for in a moment.
    fn release(&mut self, own: usize) -> Option<Arc<Waiter<P>>> {
        if !self.has_headroom() {
            return None;
        }
        if self.queue.popped() < self.eager_until {
            return self.hand_over();
        }
        if self.looking > 0 {
            return None;
        }
        let handlers_are_long = self.mean_handler_ns > DEAF_MAX_NS;
        let own = if handlers_are_long { 0 } else { own };
        let backlog = self.backlog();
        let others = backlog.saturating_sub(own) as u64;
        let worth_a_wake = self.running == 0 || others * self.mean_handler_ns > WAKE_COST_NS;
        if backlog > 0 && worth_a_wake {
            return self.release_one();
        }
        // If no thread ran and none were in the reactor, the port would hear nothing.
        let deaf_for_long = self.running == 0 || handlers_are_long;
        if deaf_for_long && !self.waiters.attended() {
            return self.rouse();
        }
        None
    }

    /// Wakes the newest sleeper for the oldest piece of the backlog, whatever the estimate says.
    pub(crate) fn release_one(&mut self) -> Option<Arc<Waiter<P>>> {
        if self.queue.is_empty() { self.rouse() } else { self.hand_over() }
    }

    /// Hands the oldest packet, and a slot, to the newest sleeper.
    pub(crate) fn hand_over(&mut self) -> Option<Arc<Waiter<P>>> {
        let member = self.waiters.newest()?.member;
        let packet = self.queue.pop()?;
        self.enter(member);
        self.counters.wakes += 1;
        self.waiters.pop(Message::Packet(packet))
    }

    /// Wakes the newest sleeper, to look at the port.
    pub(crate) fn rouse(&mut self) -> Option<Arc<Waiter<P>>> {
        let waiter = self.waiters.pop(Message::Look)?;
        self.looking += 1;
        self.counters.wakes += 1;
        Some(waiter)
    }

    /// Wakes this member, if it sleeps, to look at the port.
    pub(crate) fn rouse_member(&mut self, member: usize) -> Option<Arc<Waiter<P>>> {
        let waiter = self.waiters.take_member(member, Message::Look)?;
        self.looking += 1;
        self.counters.wakes += 1;
        Some(waiter)
    }

    /// The end of every change: at most one thread to wake, and whether the monitor must begin to watch.
    #[inline]
    pub(crate) fn settle(&mut self) -> WakeDecision<P> {
        self.settle_own(0)
    }

    /// As [`State::settle`], if a part of the backlog is the calling thread's own; see [`State::release`].
    #[inline]
    pub(crate) fn settle_own(&mut self, own: usize) -> WakeDecision<P> {
        if self.waiters.is_empty() {
            return WakeDecision { wake: None, watch: false, held_off: None };
        }
        let wake = self.release(own);
        self.settled(wake)
    }

    /// As [`State::settle`], if the decision to wake was taken before.
    pub(crate) fn settled(&mut self, wake: Option<Arc<Waiter<P>>>) -> WakeDecision<P> {
        let unattended = self.backlog() > 0 || !self.waiters.attended();
        let watch = !self.watched && !self.closed && unattended && !self.waiters.is_empty();
        self.watched |= watch;
        let held_off = (watch || wake.is_some()).then(HoldOff::new);
        WakeDecision { wake, watch, held_off }
    }
}
