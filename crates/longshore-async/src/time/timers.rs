//! The timers of a runtime: one ordered list, and one timer of the port for the earliest of them.
//!
//! 1. A sleep that is polled first puts its waker on the list. If it is the earliest, it has
//!    the port post a packet then.
//! 2. The thread that takes the packet takes what is due off the list, has the port
//!    post the next packet unless it is on its way already, and wakes.
//! 3. A sleep that is dropped takes its waker off. The port's timer stays: its packet may find nothing due.

use crate::runtime::{Packet, Shared};
use crate::sync::{Mutex, lock};
use crate::waiters::{self, wake};
use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

pub(crate) struct Timers(Mutex<List>);

struct List {
    /// By due time and, for those due at the same time, by order of arrival.
    wakers: BTreeMap<Key, Waker>,
    last: u64,
    /// When the port's packets come, the next one last: a packet is sent only for a time before all of these.
    packets: Vec<Instant>,
}

/// A timer's place in the list.
pub(super) type Key = (Instant, u64);

impl Timers {
    pub(crate) fn new() -> Timers {
        Timers(Mutex::new(List { wakers: BTreeMap::new(), last: 0, packets: Vec::new() }))
    }

    /// Wakes at `due` or soon after.
    pub(super) fn add(&self, runtime: &Shared, due: Instant, waker: &Waker) -> Key {
        let mut list = lock(&self.0);
        list.last += 1;
        let key = (due, list.last);
        list.wakers.insert(key, waker.clone());
        list.arm(runtime);
        key
    }

    /// Another waker for the same timer. False if it has fired.
    pub(super) fn replace(&self, key: Key, waker: &Waker) -> bool {
        let mut list = lock(&self.0);
        let Some(kept) = list.wakers.get_mut(&key) else {
            return false;
        };
        let replaced = waiters::replace(kept, waker);
        drop(list);
        drop(replaced);
        true
    }

    pub(super) fn remove(&self, key: Key) {
        let waker = lock(&self.0).wakers.remove(&key);
        drop(waker);
    }

    /// The port's packet has come.
    pub(crate) fn expire(&self, runtime: &Shared) {
        let now = Instant::now();
        let mut list = lock(&self.0);
        let later = list.wakers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut list.wakers, later);
        while list.packets.last().is_some_and(|&comes| comes <= now) {
            list.packets.pop();
        }
        list.arm(runtime);
        drop(list);
        due.into_values().for_each(wake);
    }
}

impl List {
    /// Sees to it that a packet comes when the earliest timer is due.
    fn arm(&mut self, runtime: &Shared) {
        let Some((&(due, _), _)) = self.wakers.first_key_value() else {
            return;
        };
        if self.packets.last().is_some_and(|&comes| comes <= due) {
            return;
        }
        let after = due.saturating_duration_since(Instant::now());
        if runtime.port().post_after(after, 0, Packet::Timers).is_ok() {
            self.packets.push(due);
        }
    }
}
