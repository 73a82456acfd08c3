//! Where the threads of a port meet: taking, posting, blocking, closing.
//!
//! [`Dispatch`] knows nothing of descriptors. It is given an [`Attendance`], the thing idle threads listen to,
//! and two kinds of things flow through it: packets, which are finished, and work, which is ready to be
//! performed and yields packets. loom drives this very code with a made-up attendance.
//!
//! The lifecycle of a wait, with L the lock of [`State`]:
//! 1. Under L the thread gives its slot up, then takes a packet, or a piece of work, if there is one and there
//!    is headroom. Work is performed outside L, by this thread: the copy is done where the data is used.
//! 2. Otherwise it becomes the leader if nobody leads and there is headroom, or else an ordinary sleeper. It
//!    pushes its seat under L; from that moment every poster sees it. (See [`waiters`] for why no
//!    message is lost.)
//! 3. A leader that hears something takes L and puts what it heard on the work list. If a newer thread went to
//!    sleep meanwhile, the work is that thread's (Q2): the leader rouses it and goes on sleeping in its old
//!    place, as an ordinary sleeper. So it costs one wake to hand the lead to the newest thread, once.
//! 4. While running threads are inside handlers nobody leads: they come back for the rest (Q4). If they do not,
//!    the monitor finds out ([`crate::monitor`]); it is told to watch, under L, by the change that left the
//!    port unattended.

mod association;
mod attendance;
mod concurrency;
mod entrance;
#[cfg(all(test, loom))]
mod models;
mod queue;
mod tick;
mod waiters;

pub use association::blocking;
pub(crate) use association::{Account, arrive, associate, depart, is_with};
pub(crate) use attendance::{Attendance, Found};
pub(crate) use concurrency::Standing;

use crate::sync::{AtomicBool, Lock, LockGuard};
use concurrency::{Aftermath, State};
use entrance::Entrance;
use queue::queue;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tick::Memory;
use waiters::{Message, Seat};

/// How long a stopping thread waits for a slot before it looks whether there is still something to take: nobody
/// tells it when the backlog ends.
const STOPPING_LOOK: Duration = Duration::from_millis(5);

/// How long to wait for a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait<'a> {
    Now,
    Until(Instant),
    Forever,
    /// Until then, if at all, and as long as the flag is false; see [`Dispatch::rouse_all`].
    UntilOr(Option<Instant>, &'a AtomicBool),
    /// As long as the flag is false; see [`Dispatch::rouse_all`].
    Unless(&'a AtomicBool),
}

/// Why there is no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nothing {
    /// None came in time (Q15).
    TimedOut,
    /// The port is closed (C1, C5).
    Closed,
}

/// What a thread found without sleeping.
enum Served<'a, A: Attendance> {
    Packet(A::Packet),
    Nothing(Locked<'a, A>),
    Closed,
}

/// What a thread was woken for.
enum Woken<'a, A: Attendance> {
    Packet(A::Packet, Locked<'a, A>),
    Look(Locked<'a, A>),
    TimedOut(Locked<'a, A>),
    Closed,
}

/// Room for the rest of a batch, after its first packet.
pub(crate) struct More<'a, P> {
    pub(crate) packets: &'a mut Vec<P>,
    pub(crate) max: usize,
}

/// The port without its sources.
///
/// There are two locks. Whoever holds both took that of the state first.
pub(crate) struct Dispatch<A: Attendance> {
    /// Before `state`, so that it is dropped before (see [`queue`]).
    pub(crate) entrance: Lock<Entrance<A::Packet>>,
    state: Lock<State<A::Packet, A::Work>>,
    attendance: A,
    /// The monitor's; taken before the other locks, and by the monitor only.
    pub(crate) memory: Lock<Memory>,
}

/// The lock of the state, held.
pub(crate) type Locked<'a, A> = LockGuard<'a, State<<A as Attendance>::Packet, <A as Attendance>::Work>>;

impl<A: Attendance> Dispatch<A> {
    pub(crate) fn new(cap: usize, attendance: A) -> Self {
        assert!(cap > 0, "a concurrency value of 0 is resolved before");
        let (producer, consumer) = queue();
        Dispatch {
            entrance: Lock::new(Entrance::new(producer)),
            state: Lock::new(State::new(cap, consumer)),
            attendance,
            memory: Lock::new(Memory::default()),
        }
    }

    pub(crate) fn attendance(&self) -> &A {
        &self.attendance
    }

    #[inline]
    pub(crate) fn lock(&self) -> Locked<'_, A> {
        self.state.lock()
    }

    /// Ends a change: releases the lock, then does what the change made necessary.
    #[inline]
    pub(crate) fn finish(&self, mut state: Locked<'_, A>) {
        let aftermath = state.settle();
        drop(state);
        self.run(aftermath);
    }

    /// Ends a change that added packets or work, `own` of them the calling thread's (see `State::settle_own`):
    /// whoever observes the port from outside hears of it too.
    pub(crate) fn finish_with_news(&self, mut state: Locked<'_, A>, own: usize) {
        let signal = state.observed;
        let aftermath = state.settle_own(own);
        drop(state);
        self.run(aftermath);
        if signal {
            self.attendance.signal();
        }
    }

    /// Ends a change after which what is queued is to be served at once, whatever the estimate says: a slot
    /// became free for good (Q8), or the work is a sleeper's (step 3).
    pub(crate) fn finish_freed(&self, mut state: Locked<'_, A>) {
        let wake = if state.backlog() > 0 && state.has_headroom() && state.looking == 0 {
            state.release_one()
        } else {
            None
        };
        let aftermath = match wake {
            None => state.settle(),
            wake => state.settled(wake),
        };
        drop(state);
        self.run(aftermath);
    }

    #[inline]
    pub(crate) fn run(&self, aftermath: Aftermath<A::Packet>) {
        if let Some(seat) = aftermath.wake {
            if seat.is_leading() {
                self.attendance.wake();
            } else {
                seat.notify();
            }
        }
        if aftermath.watch {
            self.attendance.watch();
        }
    }

    /// A thread that will take packets.
    pub(crate) fn join(&self, thread: i32) -> usize {
        self.lock().join(thread)
    }

    /// The thread exits or turned to another port: its slot is free (Q7, Q11).
    pub(crate) fn leave(&self, member: usize) {
        let mut state = self.lock();
        state.give_up(member, Standing::Idle);
        state.members.remove(member);
        self.finish_freed(state);
    }

    /// The thread is about to block: its slot is free meanwhile (Q8). False if it held none.
    pub(crate) fn block(&self, member: usize) -> bool {
        let mut state = self.lock();
        if state.members[member].standing != Standing::Running {
            return false;
        }
        state.give_up(member, Standing::Blocked);
        self.finish_freed(state);
        true
    }

    /// The blocking call returned: the thread runs again, over the cap if need be (Q8).
    pub(crate) fn unblock(&self, member: usize) {
        self.lock().enter(member);
    }

    /// Adds work that became ready outside a harvest.
    pub(crate) fn ready(&self, work: A::Work) {
        let mut state = self.lock();
        if state.closed && !state.retired {
            drop(state);
            return drop(work);
        }
        state.ready.push_back(work);
        self.finish_with_news(state, 0);
    }

    /// Takes the oldest packet, performing ready work or sleeping as needed; `more` takes what else is queued.
    #[inline]
    pub(crate) fn take(
        &self,
        member: usize,
        wait: Wait<'_>,
        handler_ns: Option<u64>,
        more: Option<More<'_, A::Packet>>,
    ) -> Result<A::Packet, Nothing> {
        let mut state = self.lock();
        // The short way, for a thread that comes back and finds a packet queued (Q4): it keeps its slot.
        if handler_ns.is_none()
            && more.is_none()
            && state.keeps_turn(member)
            && let Some(packet) = state.queue.pop()
        {
            if !state.waiters.is_empty() {
                self.finish(state);
            }
            return Ok(packet);
        }
        state.give_up(member, Standing::Idle);
        if let Some(nanoseconds) = handler_ns {
            state.learn_handler_time(nanoseconds);
        }
        self.take_or_sleep(state, member, wait, more)
    }

    #[inline(never)]
    fn take_or_sleep<'a>(
        &'a self,
        mut state: Locked<'a, A>,
        member: usize,
        wait: Wait<'_>,
        mut more: Option<More<'_, A::Packet>>,
    ) -> Result<A::Packet, Nothing> {
        let mut looked = false;
        loop {
            state = match self.serve(state, member, &mut looked) {
                Served::Packet(packet) => {
                    self.gather(&mut more);
                    return Ok(packet);
                }
                Served::Closed => return Err(Nothing::Closed),
                Served::Nothing(state) => state,
            };
            let deadline = match wait {
                Wait::Until(deadline) => Some(deadline),
                Wait::UntilOr(_, stop) if stop.load(Ordering::Acquire) => {
                    return Err(self.time_out(state, member));
                }
                Wait::UntilOr(deadline, _) => deadline,
                Wait::Unless(stop) if !stop.load(Ordering::Acquire) => None,
                Wait::Forever => None,
                // There is something to take and no slot. Whoever holds the slots may be another stopping thread
                // that will not come back, or no thread of the pool's at all: stay until it is taken.
                Wait::Unless(_) if state.backlog() > 0 => Some(Instant::now() + STOPPING_LOOK),
                Wait::Now | Wait::Unless(_) => {
                    if !looked && !state.waiters.attended() && state.has_headroom() {
                        state = self.look(state, member, &mut looked);
                        continue;
                    }
                    if let Wait::Unless(_) = wait {
                        // It will not be back: it must not hold a slot that others need to finish.
                        self.finish(state);
                        return Err(Nothing::TimedOut);
                    }
                    if state.observed && state.backlog() == 0 {
                        self.attendance.unsignal();
                    }
                    return Err(self.time_out(state, member));
                }
            };
            state = match self.sleep(state, member, deadline) {
                Woken::Packet(packet, state) => {
                    self.finish(state);
                    self.gather(&mut more);
                    return Ok(packet);
                }
                Woken::Look(state) => state,
                Woken::TimedOut(state) if matches!(wait, Wait::Unless(_)) => state,
                Woken::TimedOut(state) => return Err(self.time_out(state, member)),
                Woken::Closed => return Err(Nothing::Closed),
            };
        }
    }

    /// Takes a packet, or performs work until there is one, without sleeping (step 1).
    fn serve<'a>(&'a self, mut state: Locked<'a, A>, member: usize, looked: &mut bool) -> Served<'a, A> {
        loop {
            if state.closed {
                return Served::Closed;
            }
            if !state.has_headroom() {
                return Served::Nothing(state);
            }
            let overdue = !*looked
                && state.is_to_look(member)
                && !state.waiters.attended()
                && self.attendance.has_sources();
            if overdue && state.ready.is_empty() && !state.queue.is_empty() {
                state = self.look(state, member, looked);
                continue;
            }
            if (!overdue || state.ready.is_empty())
                && let Some(packet) = state.queue.pop()
            {
                state.enter(member);
                self.finish(state);
                return Served::Packet(packet);
            }
            let Some(work) = state.ready.pop_front() else {
                return Served::Nothing(state);
            };
            // The slot is held while performing: the work is this thread's turn.
            state.enter(member);
            state.counters.performed += 1;
            self.finish(state);
            let (packet, rest) = self.attendance.perform(work);
            if let Some(rest) = rest {
                self.ready(rest);
            }
            if let Some(packet) = packet {
                return Served::Packet(packet);
            }
            state = self.lock();
            state.counters.performed -= 1;
            state.give_up(member, Standing::Idle);
        }
    }

    /// Takes what else is queued or ready, without waiting (X1). A batch holds one slot (X4).
    fn gather(&self, more: &mut Option<More<'_, A::Packet>>) {
        let Some(more) = more else {
            return;
        };
        loop {
            let mut state = self.lock();
            while more.packets.len() < more.max
                && let Some(packet) = state.queue.pop()
            {
                more.packets.push(packet);
            }
            let work = if more.packets.len() < more.max { state.ready.pop_front() } else { None };
            self.finish(state);
            let Some(work) = work else {
                return;
            };
            let (packet, rest) = self.attendance.perform(work);
            more.packets.extend(packet);
            if let Some(rest) = rest {
                self.ready(rest);
            }
        }
    }

    /// Asks the reactor for what is ready now, holding a slot meanwhile.
    fn look<'a>(&'a self, mut state: Locked<'a, A>, member: usize, looked: &mut bool) -> Locked<'a, A> {
        *looked = true;
        let mut found = Found::new();
        state.enter(member);
        drop(state);
        let heard_wake = self.attendance.harvest(Some(Duration::ZERO), &mut found);
        state = self.lock();
        if heard_wake && state.waiters.attended() {
            // It was meant for the leader, who came after this thread had decided to look.
            self.attendance.wake();
        }
        state.give_up(member, Standing::Idle);
        self.note_harvest(&mut state, &mut found);
        state
    }

    /// Sleeps until there is a packet or a reason to look around (steps 2 and 3).
    fn sleep<'a>(
        &'a self,
        mut state: Locked<'a, A>,
        member: usize,
        deadline: Option<Instant>,
    ) -> Woken<'a, A> {
        let mut found = Found::new();
        self.shut_entrance(&mut state);
        if !state.queue.is_empty() && state.has_headroom() {
            return Woken::Look(state);
        }
        let seat = Seat::new(member, !state.waiters.attended() && state.has_headroom());
        state.waiters.push(seat.clone());
        self.finish(state);
        loop {
            if seat.is_leading() {
                let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
                self.attendance.harvest(left, &mut found);
            } else {
                seat.sleep(deadline);
            }
            state = self.lock();
            if seat.is_leading() {
                state.waiters.end_lead();
                self.note_harvest(&mut state, &mut found);
            }
            match seat.take_message() {
                Some(Message::Packet(packet)) => return Woken::Packet(packet, state),
                Some(Message::Look) => {
                    state.looking -= 1;
                    return Woken::Look(state);
                }
                Some(Message::Closed) => return Woken::Closed,
                None => {}
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                state.waiters.remove(&seat);
                if state.backlog() > 0 && state.has_headroom() {
                    return Woken::Look(state);
                }
                return Woken::TimedOut(state);
            }
            if state.backlog() == 0 {
                // An event nobody waited for, an interrupted wait: lead on.
                state.waiters.begin_lead();
                drop(state);
                continue;
            }
            let newest = state.waiters.newest().is_some_and(|newest| Arc::ptr_eq(newest, &seat));
            if newest && state.has_headroom() {
                state.waiters.remove(&seat);
                return Woken::Look(state);
            }
            // The work is the newer thread's, or has to wait for a slot.
            seat.stop_leading();
            self.finish_freed(state);
        }
    }

    /// Nothing came: the thread stays associated and counts as running (Q10).
    fn time_out(&self, mut state: Locked<'_, A>, member: usize) -> Nothing {
        state.enter(member);
        self.finish(state);
        Nothing::TimedOut
    }

    fn note_harvest(&self, state: &mut State<A::Packet, A::Work>, found: &mut Found<A::Work>) {
        state.counters.harvests += 1;
        state.counters.harvested += found.len() as u64;
        state.counters.harvest_max = state.counters.harvest_max.max(found.len());
        // On a port that was closed meanwhile nobody would take it any more, and its handles would keep the port
        // alive for ever. It stays in `found`, which is dropped without the lock (C3).
        if !state.closed || state.retired {
            state.ready.extend(found.drain(..));
        }
    }

    /// See [`crate::Core::attend`]. What is ready may be performed by a running thread at the same time; a lane's lock
    /// puts them in order.
    pub(crate) fn attend(&self) -> bool {
        let mut found = Found::new();
        let heard_wake = self.attendance.harvest(Some(Duration::ZERO), &mut found);
        let mut state = self.lock();
        if heard_wake && state.waiters.attended() {
            self.attendance.wake(); // It was meant for the leader.
        }
        found.extend(state.ready.drain(..));
        if state.observed && state.backlog() == 0 {
            self.attendance.unsignal();
        }
        drop(state);
        let mut packets = Vec::new();
        let busy = !found.is_empty();
        for work in found {
            let mut next = Some(work);
            while let Some(work) = next {
                let (packet, rest) = self.attendance.perform(work);
                packets.extend(packet);
                next = rest;
            }
        }
        if !packets.is_empty() {
            self.finished(packets.into_iter());
        }
        busy
    }

    /// Gets every sleeper up, so that each sees a flag set before (under the lock it then takes).
    pub(crate) fn rouse_all(&self) {
        let mut state = self.lock();
        let mut seats = Vec::new();
        while let Some(seat) = state.rouse() {
            seats.push(seat);
        }
        drop(state);
        self.notify_all(seats);
    }

    fn notify_all(&self, seats: Vec<Arc<Seat<A::Packet>>>) {
        for seat in seats {
            if seat.is_leading() {
                self.attendance.wake();
            } else {
                seat.notify();
            }
        }
    }

    /// Closes the port: every waiter learns it (C1), queued packets and work are discarded (C3).
    /// A port that is retired keeps its work: [`Dispatch::attend`] performs it.
    pub(crate) fn close(&self, retire: bool) {
        let mut state = self.lock();
        state.retired = retire;
        let closed = std::mem::replace(&mut state.closed, true);
        if closed && (retire || state.ready.is_empty()) {
            return;
        }
        self.shut_entrance(&mut state);
        let queue: Vec<_> = std::iter::from_fn(|| state.queue.pop()).collect();
        let ready = if retire { Default::default() } else { std::mem::take(&mut state.ready) };
        let mut seats = Vec::new();
        while let Some(seat) = state.waiters.pop(Message::Closed) {
            seats.push(seat);
        }
        let signal = state.observed;
        drop(state);
        self.notify_all(seats);
        if signal {
            self.attendance.signal();
        }
        // Last, since a user's destructor may do anything.
        drop(queue);
        drop(ready);
    }
}
