//! The timers of a runtime: one ordered list, and one timer of the port for the earliest of them.
//!
//! 1. A sleep that is polled first puts its waker on the list. If it is the earliest, it has
//!    the port post a packet then.
//! 2. The thread that takes the packet takes what is due off the list, has the port
//!    post the next packet unless it is on its way already, and wakes.
//! 3. A sleep that is dropped takes its waker off. The port's timer stays: its packet may find nothing due.
//! 4. While anybody sleeps there is a packet to come. So when the port is closed, its packets dropped, those who
//!    sleep hear of it by the one of them that is lost.

use crate::packet::{Packet, Starter};
use crate::sync::{Mutex, lock, place, wake};
use longshore::{Event, Port};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

pub(crate) struct Timers {
    port: Port<Packet>,
    list: Mutex<List>,
}

struct List {
    /// By due time and, for those due at the same time, by order of arrival.
    wakers: BTreeMap<Key, Option<Waker>>,
    last: u64,
    /// When the port's packets come, the next one last: a packet is sent only for a time before all of these.
    packets: Vec<Instant>,
    /// The port is closed.
    ended: bool,
}

/// A timer's place in the list.
pub(crate) type Key = (Instant, u64);

/// The port is closed: no timer fires any more.
#[derive(Debug)]
pub(crate) struct Ended;

/// What became of a timer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    Waits,
    Fired,
}

impl Timers {
    pub(crate) fn new(port: Port<Packet>) -> Arc<Timers> {
        let list = List { wakers: BTreeMap::new(), last: 0, packets: Vec::new(), ended: false };
        Arc::new(Timers { port, list: Mutex::new(list) })
    }

    /// Wakes at `due` or soon after.
    pub(crate) fn add(self: &Arc<Self>, due: Instant, waker: Waker) -> Result<Key, Ended> {
        let mut list = lock(&self.list);
        if list.ended {
            drop(list);
            drop(waker);
            return Err(Ended);
        }
        list.last += 1;
        let key = (due, list.last);
        list.wakers.insert(key, Some(waker));
        let comes = list.next_packet();
        drop(list);
        if let Some(comes) = comes {
            self.post(comes);
        }
        Ok(key)
    }

    /// Another waker for the same timer.
    pub(crate) fn replace(&self, key: Key, waker: &Waker) -> Result<Timer, Ended> {
        let mut spare = None;
        loop {
            let mut list = lock(&self.list);
            let ended = list.ended;
            let placed = match list.wakers.get_mut(&key) {
                Some(kept) => place(kept, waker, &mut spare),
                None if ended => return Err(Ended),
                None => return Ok(Timer::Fired),
            };
            drop(list);
            if placed {
                return Ok(Timer::Waits);
            }
            spare = Some(waker.clone());
        }
    }

    pub(crate) fn remove(&self, key: Key) {
        let waker = lock(&self.list).wakers.remove(&key);
        drop(waker);
    }

    /// Has a packet come at a time. Not under the lock: on a port that is closed the packet is lost at once.
    fn post(self: &Arc<Self>, comes: Instant) {
        let after = comes.saturating_duration_since(Instant::now());
        let _ = self.port.post_after(after, 0, Packet::operation(self.clone()));
    }
}

impl Starter for Timers {
    fn ended(self: Arc<Self>, _event: Event<Packet>) {
        let now = Instant::now();
        let mut list = lock(&self.list);
        let later = list.wakers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut list.wakers, later);
        while list.packets.last().is_some_and(|&comes| comes <= now) {
            list.packets.pop();
        }
        let comes = list.next_packet();
        drop(list);
        if let Some(comes) = comes {
            self.post(comes);
        }
        due.into_values().flatten().for_each(wake);
    }

    fn lost(&self) {
        let mut list = lock(&self.list);
        list.ended = true;
        let all = std::mem::take(&mut list.wakers);
        drop(list);
        all.into_values().flatten().for_each(wake);
    }
}

impl List {
    /// When a packet has to be sent for the earliest timer, unless one comes before. It counts as sent.
    fn next_packet(&mut self) -> Option<Instant> {
        let (&(due, _), _) = self.wakers.first_key_value()?;
        if self.packets.last().is_some_and(|&comes| comes <= due) {
            return None;
        }
        self.packets.push(due);
        Some(due)
    }
}
