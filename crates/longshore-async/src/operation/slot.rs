//! One kind of operation that belongs to an object, such as the receives of a connection, and the futures
//! that wait for what it comes to.
//!
//! One operation at a time is under way. How the futures, the operation's end and the port's end meet:
//!
//! 1. A future looks under the lock. If what it wants is there, it takes it.
//! 2. If nothing is under way, it takes the [`Turn`]: the slot counts as busy. It leaves the lock and starts the
//!    operation, and then [settles](Turn::settle): what ended inside the call it keeps, and the slot is idle
//!    again; otherwise it leaves the operation's number, to cancel it by, unless the end was here first: the turn
//!    has a number of its own, and is over then.
//! 3. Otherwise its waker goes under its key, in the same hold of the lock. So whoever waits has seen the slot busy; and whenever a slot that was
//!    busy becomes idle, all who wait are woken: none can miss it. They look again, and one of them takes the next
//!    turn.
//! 4. The thread that takes the completion keeps the result under the lock and wakes behind it. If the port is
//!    closed instead, the packet is dropped, and says so here.
//! 5. A future that is dropped takes its waker back.

use crate::packet::{Packet, at_once};
use crate::runtime::RuntimeEnded;
use crate::sync::{Key, Mutex, Waiters, lock};
use crate::task::cell::is_a_tasks;
use longshore::{Event, OpId, Started};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// What a slot has for its futures.
pub(crate) trait Kept {
    /// Keeps what an operation came to.
    fn keep(&mut self, event: Event<Packet>);

    /// The operation under way was lost with the port.
    fn lost(&mut self) {}
}

pub(crate) struct Slot<K> {
    state: Mutex<State<K>>,
}

struct State<K> {
    kept: K,
    busy: Busy,
    /// Of the last turn.
    turn: u32,
    /// The port is closed.
    ended: bool,
    waiters: Waiters,
}

#[derive(Clone, Copy)]
enum Busy {
    Idle,
    /// Somebody has the turn.
    Starting,
    UnderWay(OpId),
}

/// What a future does that has looked.
pub(crate) enum Look<T> {
    /// It has what it wants.
    Take(T),
    /// It starts an operation if none is under way; otherwise it waits.
    Start,
}

/// The right to start the slot's next operation. Dropping it instead gives the turn to another.
pub(crate) struct Turn<'a, K: Kept> {
    slot: &'a Slot<K>,
    number: u32,
}

impl<K: Kept> Slot<K> {
    pub(crate) fn new(kept: K) -> Slot<K> {
        let state = State { kept, busy: Busy::Idle, turn: 0, ended: false, waiters: Waiters::new() };
        Slot { state: Mutex::new(state) }
    }

    /// A slot for one operation, which its maker starts.
    pub(crate) fn busy(kept: K) -> Slot<K> {
        let state = State { kept, busy: Busy::Starting, turn: 0, ended: false, waiters: Waiters::new() };
        Slot { state: Mutex::new(state) }
    }

    /// Polls for what `look` finds, and starts operations until it does. `look` is told whether none is under way.
    #[inline]
    pub(crate) fn poll<T>(
        &self,
        key: &mut Key,
        context: &mut Context<'_>,
        mut look: impl FnMut(&mut K, bool) -> Look<T>,
        mut start: impl FnMut() -> Started<Packet>,
    ) -> Poll<io::Result<T>> {
        loop {
            let turn = match std::task::ready!(self.poll_turn(key, context, &mut look))? {
                Ok(taken) => return Poll::Ready(Ok(taken)),
                Err(turn) => turn,
            };
            if turn.settle_or_wait(start(), key, context.waker()) {
                return Poll::Pending;
            }
        }
    }

    /// Polls for what `look` finds, or for the turn, if it asks to start.
    pub(crate) fn poll_turn<T>(
        &self,
        key: &mut Key,
        context: &mut Context<'_>,
        mut look: impl FnMut(&mut K, bool) -> Look<T>,
    ) -> Poll<io::Result<Result<T, Turn<'_, K>>>> {
        let mut spare = None;
        loop {
            let mut state = lock(&self.state);
            let polled = {
                let idle = matches!(state.busy, Busy::Idle);
                match look(&mut state.kept, idle) {
                    Look::Take(taken) => Some(Ok(Ok(taken))),
                    Look::Start if state.ended => Some(Err(RuntimeEnded.into())),
                    Look::Start if idle => {
                        state.busy = Busy::Starting;
                        state.turn = state.turn.wrapping_add(1);
                        Some(Ok(Err(Turn { slot: self, number: state.turn })))
                    }
                    Look::Start => None,
                }
            };
            if let Some(polled) = polled {
                let waker = state.waiters.remove(key);
                drop(state);
                drop(waker);
                return Poll::Ready(polled);
            }
            let placed = state.place(key, context.waker(), &mut spare);
            drop(state);
            if placed {
                return Poll::Pending;
            }
            spare = Some(context.waker().clone());
        }
    }

    /// The number of the operation under way.
    pub(crate) fn under_way(&self) -> Option<OpId> {
        match lock(&self.state).busy {
            Busy::UnderWay(id) => Some(id),
            Busy::Idle | Busy::Starting => None,
        }
    }

    /// The operation has ended, through the port.
    #[inline]
    pub(crate) fn ended(&self, event: Event<Packet>) {
        self.becomes_idle(|state| state.kept.keep(event));
    }

    /// The port was closed.
    pub(crate) fn lost(&self) {
        self.becomes_idle(|state| {
            if !matches!(state.busy, Busy::Idle) {
                state.kept.lost();
            }
            state.ended = true;
        });
    }

    #[inline]
    fn becomes_idle(&self, change: impl FnOnce(&mut State<K>)) {
        let mut state = lock(&self.state);
        change(&mut state);
        state.busy = Busy::Idle;
        if state.waiters.is_empty() {
            return;
        }
        let woken = state.waiters.take();
        drop(state);
        woken.wake();
    }

    /// A future that polls with a key of its own.
    pub(crate) fn wait<T, P>(&self, poll: P) -> Wait<'_, K, P>
    where
        P: FnMut(&mut Key, &mut Context<'_>) -> Poll<T> + Unpin,
    {
        Wait { slot: self, key: Key::default(), poll }
    }
}

impl<K: Kept> Turn<'_, K> {
    /// The operation was started. If it has ended, its event is used under the lock.
    #[inline]
    pub(crate) fn settle<T>(
        self,
        started: Started<Packet>,
        end: impl FnOnce(&mut K, Event<Packet>) -> T,
    ) -> Option<T> {
        let (slot, number) = (self.slot, self.number);
        std::mem::forget(self);
        match at_once(started) {
            Ok(event) => {
                let mut output = None;
                slot.becomes_idle(|state| output = Some(end(&mut state.kept, event)));
                output
            }
            Err(id) => {
                lock(&slot.state).goes_on(number, id);
                None
            }
        }
    }

    /// The same for one who waits for the end: what has ended is kept. True if the operation goes on, and the waker is in
    /// its place; false if there is something to look at.
    #[inline]
    fn settle_or_wait(self, started: Started<Packet>, key: &mut Key, waker: &Waker) -> bool {
        let (slot, number) = (self.slot, self.number);
        std::mem::forget(self);
        match at_once(started) {
            Ok(event) => {
                slot.becomes_idle(|state| state.kept.keep(event));
                false
            }
            Err(id) => {
                let mut spare = None;
                let mut state = lock(&slot.state);
                let waits = state.goes_on(number, id) && state.place(key, waker, &mut spare);
                drop(state);
                waits
            }
        }
    }
}

impl<K: Kept> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        self.slot.becomes_idle(|_| ());
    }
}

impl<K> State<K> {
    /// The operation of a turn is under way; false if its end was here first.
    #[inline]
    fn goes_on(&mut self, turn: u32, id: OpId) -> bool {
        let goes_on = self.turn == turn && matches!(self.busy, Busy::Starting);
        if goes_on {
            self.busy = Busy::UnderWay(id);
        }
        goes_on
    }

    /// As [`Waiters::place`].
    #[inline]
    fn place(&mut self, key: &mut Key, waker: &Waker, spare: &mut Option<Waker>) -> bool {
        if self.waiters.place(key, waker, spare) {
            return true;
        }
        if !is_a_tasks(waker) {
            return false;
        }
        // To clone this one is to count; that may be done under the lock.
        *spare = Some(waker.clone());
        self.waiters.place(key, waker, spare)
    }
}

/// Waits on a slot; dropped, it waits no more.
pub(crate) struct Wait<'a, K: Kept, P> {
    slot: &'a Slot<K>,
    key: Key,
    poll: P,
}

impl<K, T, P> Future for Wait<'_, K, P>
where
    K: Kept,
    P: FnMut(&mut Key, &mut Context<'_>) -> Poll<T> + Unpin,
{
    type Output = T;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let polled = (this.poll)(&mut this.key, context);
        if polled.is_ready() {
            // Whoever is ready has taken its waker back.
            this.key = Key::default();
        }
        polled
    }
}

impl<K: Kept, P> Drop for Wait<'_, K, P> {
    #[inline]
    fn drop(&mut self) {
        if self.key.is_nobodys() {
            return;
        }
        let waker = lock(&self.slot.state).waiters.remove(&self.key);
        drop(waker);
    }
}
