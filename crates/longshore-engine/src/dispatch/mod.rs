//! Where the threads of a port meet: taking, posting, blocking, closing.
//!
//! [`Dispatch`] knows nothing of descriptors. It has an [`EventSource`], which idle threads poll. Two kinds
//! of things pass through it: packets, which are finished, and work, which is ready to be performed and
//! yields packets. loom drives this code with a model of the event source.
//!
//! The lifecycle of a wait, with L the lock of [`State`]:
//! 1. Under L the thread gives its slot up, then takes a packet, or a piece of work, if there is
//!    one and there is headroom. This thread performs the work, outside L, so that the data is
//!    copied on the CPU that uses it.
//! 2. Otherwise it becomes the leader if nobody leads and there is headroom, or else an ordinary sleeper. It
//!    pushes its waiter under L; from that moment every poster sees it. (See [`waiters`] for why no
//!    message is lost.)
//! 3. A leader that hears something takes L and puts what it heard on the work list. If a newer thread went
//!    to sleep meanwhile, the work is that thread's (Q2): the leader rouses it and goes on sleeping in its
//!    old place, as an ordinary sleeper. So it costs one wake to hand the lead to the newest thread, once.
//! 4. While the running threads are inside handlers no thread leads: they come back for the rest (Q4). If
//!    they do not, the monitor finds out ([`crate::monitor`]). The change that left the port unattended
//!    tells it, under L, to watch.

mod association;
mod concurrency;
mod entrance;
mod event_source;
#[cfg(all(test, loom))]
mod models;
mod queue;
mod tick;
mod waiters;

pub(crate) use association::{Account, arrive, associate, depart, is_with, member_of};
pub use association::{Membership, blocking};
pub(crate) use concurrency::MemberState;
pub(crate) use event_source::{EventSource, Found, Performed};

use crate::sync::hold_off::{HoldOff, is_stop_due};
use crate::sync::{AtomicBool, Lock, LockGuard};
use concurrency::{State, WakeDecision};
use entrance::Entrance;
use longshore_crew::Worker;
use longshore_types::{Consume, TakeError};
use queue::queue;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tick::MonitorState;
use waiters::{Message, Waiter};

/// How long a stopping thread waits for a slot before it checks whether there is still something to take:
/// nothing wakes it when the backlog ends.
const STOPPING_LOOK: Duration = Duration::from_millis(5);

/// How long to wait for a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait<'a> {
    Now,
    Until(Instant),
    Forever,
    /// Until then, if at all, and as long as the flag is false; see [`Dispatch::rouse_all`].
    UntilOr(Option<Instant>, &'a AtomicBool),
    /// As a worker of a pool: until it is to stop ([`Dispatch::rouse_all`]), or may leave because it was idle
    /// for long.
    Serve(&'a Worker),
}

impl Wait<'_> {
    /// The thread comes out with a packet, by the slow way.
    #[inline]
    fn takes(self) {
        if let Wait::Serve(worker) = self {
            worker.takes();
        }
    }
}

/// What a thread found without sleeping.
enum Served<'a, A: EventSource> {
    Packet(A::Packet),
    Nothing(Locked<'a, A>),
    Closed,
}

/// What a thread was woken for.
enum Woken<'a, A: EventSource> {
    Packet(A::Packet, Locked<'a, A>),
    Look(Locked<'a, A>),
    TimedOut(Locked<'a, A>),
    /// It is a worker that has counted itself out.
    Left(Locked<'a, A>),
    Closed,
}

/// Room for the rest of a batch, after its first packet.
pub(crate) struct More<'a, P> {
    pub(crate) packets: &'a mut Vec<P>,
    pub(crate) max: usize,
}

/// The port without its sources.
///
/// There are two locks. A thread that needs both takes that of the state first.
pub(crate) struct Dispatch<A: EventSource> {
    /// Before `state`, so that it is dropped before (see [`queue`]).
    pub(crate) entrance: Lock<Entrance<A::Packet>>,
    state: Lock<State<A::Packet, A::Work>>,
    events: A,
    /// The monitor's; taken before the other locks, and by the monitor only.
    pub(crate) monitor_state: Lock<MonitorState>,
}

/// The lock of the state, held.
pub(crate) type Locked<'a, A> = LockGuard<'a, State<<A as EventSource>::Packet, <A as EventSource>::Work>>;

impl<A: EventSource> Dispatch<A> {
    pub(crate) fn new(cap: usize, events: A) -> Self {
        assert!(cap > 0, "a concurrency value of 0 is resolved before");
        let (producer, consumer) = queue();
        Dispatch {
            entrance: Lock::new(Entrance::new(producer)),
            state: Lock::new(State::new(cap, consumer)),
            events,
            monitor_state: Lock::new(MonitorState::default()),
        }
    }

    pub(crate) fn events(&self) -> &A {
        &self.events
    }

    #[inline]
    pub(crate) fn lock(&self) -> Locked<'_, A> {
        self.state.lock()
    }

    /// Ends a change: releases the lock, then wakes the thread and tells the monitor as the change requires.
    #[inline]
    pub(crate) fn finish(&self, mut state: Locked<'_, A>) {
        let decision = state.settle();
        drop(state);
        self.run(decision);
    }

    /// As [`Dispatch::finish`], where there is nothing to decide unless a thread sleeps.
    #[inline(always)]
    fn finish_if_awaited(&self, state: Locked<'_, A>) {
        if state.waiters.is_empty() {
            drop(state);
        } else {
            self.finish(state);
        }
    }

    /// Ends a change that added packets or work, `own` of them the calling thread's (see
    /// `State::settle_own`): whoever observes the port from outside hears of it too.
    pub(crate) fn finish_with_news(&self, mut state: Locked<'_, A>, own: usize) {
        let signal = state.observed;
        let decision = state.settle_own(own);
        drop(state);
        self.run(decision);
        if signal {
            self.events.signal();
        }
    }

    /// Ends a change after which the queue is served at once, whatever the estimate says: a slot became free
    /// for good (Q8), or the work belongs to a sleeper (step 3).
    pub(crate) fn finish_freed(&self, mut state: Locked<'_, A>) {
        let wake = if state.backlog() > 0 && state.has_headroom() && state.looking == 0 {
            state.release_one()
        } else {
            None
        };
        let decision = match wake {
            None => state.settle(),
            wake => state.settled(wake),
        };
        drop(state);
        self.run(decision);
    }

    #[inline]
    pub(crate) fn run(&self, decision: WakeDecision<A::Packet>) {
        if let Some(waiter) = decision.wake {
            if waiter.is_leading() {
                self.events.wake();
            } else {
                waiter.notify();
            }
        }
        if decision.watch && !self.events.watch() {
            self.lock().watched = false; // The next change asks again.
        }
        drop(decision.held_off);
    }

    /// A thread that will take packets.
    pub(crate) fn join(&self, thread: i32) -> usize {
        self.lock().join(thread)
    }

    /// The thread exits or turned to another port: its slot is free (Q7, Q11).
    pub(crate) fn leave(&self, member: usize) {
        let mut state = self.lock();
        state.waiters.take_member(member, Message::Look); // It was ended from outside as it slept.
        state.give_up(member, MemberState::Idle);
        state.members.remove(member);
        self.finish_freed(state);
    }

    /// Changes the concurrency value. Where more threads may run now, the newest sleeper is woken if there is
    /// work, and wakes the next; where fewer may, threads that come back find more running than may.
    pub(crate) fn set_concurrency(&self, cap: usize) {
        let mut state = self.lock();
        state.cap = cap;
        self.finish_freed(state);
    }

    /// The thread is about to block: its slot is free until it returns (Q8). False if it held none.
    pub(crate) fn block(&self, member: usize) -> bool {
        let mut state = self.lock();
        if state.members[member].state != MemberState::Running {
            return false;
        }
        state.give_up(member, MemberState::Blocked);
        self.finish_freed(state);
        true
    }

    /// The blocking call returned: the thread runs again, over the cap if need be (Q8).
    pub(crate) fn unblock(&self, member: usize) {
        self.lock().enter(member);
    }

    /// Adds work that became ready outside a poll.
    pub(crate) fn ready(&self, work: A::Work) {
        let mut state = self.lock();
        if state.closed && !state.retired {
            drop(state);
            return drop(work);
        }
        state.ready.push_back(work);
        self.finish_with_news(state, 0);
    }

    /// The fast path: a thread that comes back and finds a packet or ready work keeps its slot (Q4). `None` if it
    /// has to go the long way ([`Dispatch::take`]).
    #[inline(always)]
    pub(crate) fn take_at_once<C: Consume<A::Packet>>(
        &self,
        member: usize,
        consumer: C,
    ) -> Option<C::Output> {
        let mut state = self.lock();
        if !state.keeps_turn(member) {
            return None;
        }
        if let Some(packet) = state.queue.pop() {
            self.finish_if_awaited(state);
            return Some(consumer.consume(packet));
        }
        let work = state.ready.pop_front()?;
        // Work that is on no list and not performed would be lost.
        let held_off = HoldOff::new();
        state.counters.performed += 1;
        self.finish_if_awaited(state);
        match self.events.perform(work) {
            Ok(packet) => {
                drop(held_off);
                Some(consumer.consume(packet))
            }
            Err(performed) => self.take_performed(performed, held_off, consumer),
        }
    }

    #[inline(never)]
    fn take_performed<C: Consume<A::Packet>>(
        &self,
        performed: Performed<A>,
        held_off: HoldOff,
        consumer: C,
    ) -> Option<C::Output> {
        let Some(packet) = self.put_back_rest(performed) else {
            self.lock().counters.performed -= 1;
            return None;
        };
        drop(held_off);
        Some(consumer.consume(packet))
    }

    /// Takes the oldest packet, performing ready work or sleeping as needed; `more`
    /// takes what else is queued.
    pub(crate) fn take(
        &self,
        member: usize,
        wait: Wait<'_>,
        handler_ns: Option<u64>,
        more: Option<More<'_, A::Packet>>,
    ) -> Result<A::Packet, TakeError> {
        let mut state = self.lock();
        state.give_up(member, MemberState::Idle);
        if let Some(nanoseconds) = handler_ns {
            state.learn_handler_time(nanoseconds);
        }
        self.take_or_sleep(state, member, wait, more)
    }

    /// Performs a piece of work.
    fn perform(&self, work: A::Work) -> Option<A::Packet> {
        self.events.perform(work).map_or_else(|performed| self.put_back_rest(performed), Some)
    }

    /// The rest of work that was performed goes back to the list.
    fn put_back_rest(&self, performed: Performed<A>) -> Option<A::Packet> {
        if let Some(rest) = performed.rest {
            self.ready(rest);
        }
        performed.packet
    }

    fn take_or_sleep<'a>(
        &'a self,
        mut state: Locked<'a, A>,
        member: usize,
        wait: Wait<'_>,
        mut more: Option<More<'_, A::Packet>>,
    ) -> Result<A::Packet, TakeError> {
        let mut looked = false;
        // A leader must hear the kernel, and a thread that performs work must finish it. So this is
        // the only place where it may stop.
        let mut held_off = HoldOff::new();
        loop {
            if is_stop_due() {
                self.finish(state);
                held_off.let_stop();
                state = self.lock();
            }
            state = match self.serve(state, member, &mut looked) {
                Served::Packet(packet) => {
                    self.gather(&mut more);
                    wait.takes();
                    return Ok(packet);
                }
                Served::Closed => return Err(TakeError::Closed),
                Served::Nothing(state) => state,
            };
            let deadline = match wait {
                Wait::Until(deadline) => Some(deadline),
                Wait::UntilOr(_, stop) if stop.load(Ordering::Acquire) => {
                    return Err(self.time_out(state, member));
                }
                Wait::UntilOr(deadline, _) => deadline,
                // The account of its pool says how long, when it sleeps.
                Wait::Serve(worker) if !worker.is_stopping() => None,
                Wait::Forever => None,
                // There is something to take and no slot. The holder of a slot may be another
                // stopping thread that will not come back, or a thread outside the pool. So this
                // thread stays until the backlog is taken.
                Wait::Serve(_) if state.backlog() > 0 => Some(Instant::now() + STOPPING_LOOK),
                Wait::Now | Wait::Serve(_) => {
                    if !looked && !state.waiters.attended() && state.has_headroom() {
                        state = self.look(state, member, &mut looked);
                        continue;
                    }
                    if let Wait::Serve(_) = wait {
                        // It will not come back, so it must not hold a slot that others need.
                        self.finish(state);
                        return Err(TakeError::TimedOut);
                    }
                    if state.observed && state.backlog() == 0 {
                        self.events.unsignal();
                    }
                    return Err(self.time_out(state, member));
                }
            };
            state = match self.sleep(state, member, wait, deadline) {
                Woken::Packet(packet, state) => {
                    self.finish(state);
                    self.gather(&mut more);
                    wait.takes();
                    return Ok(packet);
                }
                Woken::Look(state) => state,
                Woken::Left(state) => {
                    self.finish(state);
                    return Err(TakeError::TimedOut);
                }
                Woken::TimedOut(state) if matches!(wait, Wait::Serve(_)) => state,
                Woken::TimedOut(state) => return Err(self.time_out(state, member)),
                Woken::Closed => return Err(TakeError::Closed),
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
                && self.events.has_sources();
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
            // The thread holds the slot while it performs the work.
            state.enter(member);
            state.counters.performed += 1;
            self.finish(state);
            if let Some(packet) = self.perform(work) {
                return Served::Packet(packet);
            }
            state = self.lock();
            state.counters.performed -= 1;
            state.give_up(member, MemberState::Idle);
        }
    }

    /// Takes what else is queued or ready, without waiting (X1). A batch holds one slot (X4).
    fn gather(&self, more: &mut Option<More<'_, A::Packet>>) {
        let Some(more) = more else {
            return;
        };
        let mut performed = 0;
        loop {
            let mut state = self.lock();
            while more.packets.len() < more.max
                && let Some(packet) = state.queue.pop()
            {
                more.packets.push(packet);
            }
            state.counters.performed += std::mem::take(&mut performed);
            let work = if more.packets.len() < more.max { state.ready.pop_front() } else { None };
            self.finish(state);
            let Some(work) = work else {
                return;
            };
            let packet = self.perform(work);
            performed = u64::from(packet.is_some());
            more.packets.extend(packet);
        }
    }

    /// Asks the reactor for what is ready now, holding a slot meanwhile.
    fn look<'a>(&'a self, mut state: Locked<'a, A>, member: usize, looked: &mut bool) -> Locked<'a, A> {
        *looked = true;
        let mut found = Found::new();
        state.enter(member);
        drop(state);
        let heard_wake = self.events.poll(Some(Duration::ZERO), &mut found);
        state = self.lock();
        if heard_wake && state.waiters.attended() {
            // The wake was for the leader, which began to lead after this thread had decided to poll.
            self.events.wake();
        }
        state.give_up(member, MemberState::Idle);
        self.note_polled(&mut state, &mut found);
        state
    }

    /// Sleeps until there is a packet or a reason to look around (steps 2 and 3).
    fn sleep<'a>(
        &'a self,
        mut state: Locked<'a, A>,
        member: usize,
        wait: Wait<'_>,
        deadline: Option<Instant>,
    ) -> Woken<'a, A> {
        let mut found = std::mem::take(&mut state.room);
        let mut woken = self.sleep_or_listen(state, member, wait, deadline, &mut found);
        if let Woken::Packet(_, state) | Woken::Look(state) | Woken::TimedOut(state) | Woken::Left(state) =
            &mut woken
            && found.is_empty()
        {
            state.room = found;
        }
        woken
    }

    fn sleep_or_listen<'a>(
        &'a self,
        mut state: Locked<'a, A>,
        member: usize,
        wait: Wait<'_>,
        mut deadline: Option<Instant>,
        found: &mut Found<A::Work>,
    ) -> Woken<'a, A> {
        self.shut_entrance(&mut state);
        if !state.queue.is_empty() && state.has_headroom() {
            return Woken::Look(state);
        }
        let waiter = Waiter::new(member, !state.waiters.attended() && state.has_headroom());
        state.waiters.push(waiter.clone());
        self.finish(state);
        // A worker that stops has a deadline of its own, and leaves by another way.
        let mut idle = match wait {
            Wait::Serve(worker) if deadline.is_none() => Some(worker),
            _ => None,
        };
        if let Some(worker) = idle {
            deadline = worker.sleeps();
        }
        loop {
            if waiter.is_leading() {
                let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
                self.events.poll(left, found);
            } else {
                waiter.sleep(deadline);
            }
            state = self.lock();
            if waiter.is_leading() {
                state.waiters.end_lead();
                self.note_polled(&mut state, found);
            }
            match waiter.take_message() {
                Some(Message::Packet(packet)) => return Woken::Packet(packet, state),
                Some(Message::Look) => {
                    state.looking -= 1;
                    return Woken::Look(state);
                }
                Some(Message::Closed) => return Woken::Closed,
                None => {}
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                if state.backlog() > 0 && state.has_headroom() {
                    state.waiters.remove(&waiter);
                    return Woken::Look(state);
                }
                match idle.take() {
                    None => {
                        state.waiters.remove(&waiter);
                        return Woken::TimedOut(state);
                    }
                    Some(worker) if state.backlog() == 0 && worker.leave() => {
                        state.waiters.remove(&waiter);
                        return Woken::Left(state);
                    }
                    // It sleeps on, in its place.
                    Some(_) => deadline = None,
                }
            }
            if !waiter.is_leading() {
                drop(state);
                continue;
            }
            if state.backlog() == 0 {
                // An event that nothing waits for, or an interrupted wait: go on leading.
                state.waiters.begin_lead();
                drop(state);
                continue;
            }
            let newest = state.waiters.newest().is_some_and(|newest| Arc::ptr_eq(newest, &waiter));
            if newest && state.has_headroom() {
                state.waiters.remove(&waiter);
                return Woken::Look(state);
            }
            // The work belongs to the newer thread, or has to wait for a slot.
            waiter.stop_leading();
            self.finish_freed(state);
        }
    }

    /// A timeout: the thread stays associated and counts as running (Q10).
    fn time_out(&self, mut state: Locked<'_, A>, member: usize) -> TakeError {
        state.enter(member);
        self.finish(state);
        TakeError::TimedOut
    }

    fn note_polled(&self, state: &mut State<A::Packet, A::Work>, found: &mut Found<A::Work>) {
        state.counters.polls += 1;
        state.counters.events += found.len() as u64;
        state.counters.events_max = state.counters.events_max.max(found.len());
        // If the port was closed in between, no thread would take it any more, and its handles would keep the
        // port alive for ever. It stays in `found`, which is dropped without the lock (C3).
        if !state.closed || state.retired {
            state.add_ready(found);
        }
    }

    /// See [`crate::Core::attend`]. What is ready may be performed by a running thread at the same time; a
    /// lane's lock puts them in order.
    pub(crate) fn attend(&self) -> bool {
        let _held_off = HoldOff::new();
        let mut found = Found::new();
        let heard_wake = self.events.poll(Some(Duration::ZERO), &mut found);
        let mut state = self.lock();
        if heard_wake && state.waiters.attended() {
            self.events.wake(); // It was meant for the leader.
        }
        found.extend(state.ready.drain(..));
        if state.observed && state.backlog() == 0 {
            self.events.unsignal();
        }
        drop(state);
        let mut packets = Vec::new();
        let busy = !found.is_empty();
        for work in found {
            let mut next = Some(work);
            while let Some(work) = next.take() {
                match self.events.perform(work) {
                    Ok(packet) => packets.push(packet),
                    Err(performed) => {
                        packets.extend(performed.packet);
                        next = performed.rest;
                    }
                }
            }
        }
        if !packets.is_empty() {
            self.finished(packets.into_iter());
        }
        busy
    }

    /// Wakes one member, if it sleeps, so that it stops (see [`crate::sync::hold_off`]).
    pub(crate) fn rouse(&self, member: usize) {
        let mut state = self.lock();
        let waiter = state.rouse_member(member);
        let decision = state.settled(waiter);
        drop(state);
        self.run(decision);
    }

    /// Wakes every sleeper, so that each sees a flag that was set before (under the lock it then takes).
    pub(crate) fn rouse_all(&self) {
        let _held_off = HoldOff::new();
        let mut state = self.lock();
        let mut waiters = Vec::new();
        while let Some(waiter) = state.rouse() {
            waiters.push(waiter);
        }
        drop(state);
        self.notify_all(waiters);
    }

    fn notify_all(&self, waiters: Vec<Arc<Waiter<A::Packet>>>) {
        for waiter in waiters {
            if waiter.is_leading() {
                self.events.wake();
            } else {
                waiter.notify();
            }
        }
    }

    /// Closes the port: every waiter is told (C1), queued packets and work are dropped (C3). A port that is
    /// retired keeps its work: [`Dispatch::attend`] performs it.
    pub(crate) fn close(&self, retire: bool) {
        let held_off = HoldOff::new();
        let mut state = self.lock();
        state.retired = retire;
        let closed = std::mem::replace(&mut state.closed, true);
        if closed && (retire || state.ready.is_empty()) {
            return;
        }
        self.shut_entrance(&mut state);
        let queue: Vec<_> = std::iter::from_fn(|| state.queue.pop()).collect();
        let ready = if retire { Default::default() } else { std::mem::take(&mut state.ready) };
        let mut waiters = Vec::new();
        while let Some(waiter) = state.waiters.pop(Message::Closed) {
            waiters.push(waiter);
        }
        let signal = state.observed;
        drop(state);
        self.notify_all(waiters);
        if signal {
            self.events.signal();
        }
        drop(held_off);
        // Last, since a user's destructor may do anything.
        drop(queue);
        drop(ready);
    }
}
