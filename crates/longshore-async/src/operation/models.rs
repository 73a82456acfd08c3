//! Models of where futures, the operation's end and the port's end meet in a slot (`slot.rs`), on the real one.

use super::{Kept, Look, Slot};
use crate::packet::Packet;
use crate::sync::Key;
use longshore::Event;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// How many operations have ended, and nobody has taken the end.
#[derive(Default)]
struct Ends(usize);

impl Kept for Ends {
    fn keep(&mut self, _event: Event<Packet>) {
        self.0 += 1;
    }
}

fn take(ends: &mut Ends, _idle: bool) -> Look<()> {
    match ends.0.checked_sub(1) {
        None => Look::Start,
        Some(left) => {
            ends.0 = left;
            Look::Take(())
        }
    }
}

struct Flag(AtomicUsize);

impl Wake for Flag {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(1, Ordering::Release);
    }
}

/// What a future has come to that polls once.
#[derive(Debug, PartialEq)]
enum Came {
    Took,
    /// It has the turn, and its operation is under way.
    Started,
    Waits,
    Ended,
}

fn poll(slot: &Slot<Ends>, key: &mut Key, flag: &std::sync::Arc<Flag>) -> Came {
    let waker = Waker::from(flag.clone());
    match slot.poll_turn(key, &mut Context::from_waker(&waker), take) {
        Poll::Pending => Came::Waits,
        Poll::Ready(Ok(Ok(()))) => Came::Took,
        Poll::Ready(Ok(Err(turn))) => {
            std::mem::forget(turn);
            Came::Started
        }
        Poll::Ready(Err(_)) => Came::Ended,
    }
}

fn flag() -> std::sync::Arc<Flag> {
    std::sync::Arc::new(Flag(AtomicUsize::new(0)))
}

#[test]
fn of_two_who_wait_for_one_end_both_are_woken_and_one_takes_it() {
    loom::model(|| {
        let slot = Arc::new(Slot::busy(Ends::default()));
        let other = {
            let slot = slot.clone();
            loom::thread::spawn(move || slot.ended(Event::Posted))
        };
        let third = {
            let slot = slot.clone();
            loom::thread::spawn(move || {
                let (mut key, flag) = (Key::default(), flag());
                let came = poll(&slot, &mut key, &flag);
                (came, key, flag)
            })
        };
        let (mut key, here) = (Key::default(), flag());
        let came = poll(&slot, &mut key, &here);
        other.join().unwrap();
        let (there_came, mut there_key, there) = third.join().unwrap();
        let mut taken = 0;
        for (came, key, flag) in [(came, &mut key, &here), (there_came, &mut there_key, &there)] {
            let came = match came {
                Came::Waits => {
                    assert_eq!(flag.0.load(Ordering::Acquire), 1, "it waits and was not woken");
                    poll(&slot, key, flag)
                }
                came => came,
            };
            taken += usize::from(came == Came::Took);
        }
        assert_eq!(taken, 1);
    });
}

#[test]
fn a_turn_that_is_given_back_and_the_end_of_the_port_wake_whoever_waits() {
    loom::model(|| {
        let slot = Arc::new(Slot::new(Ends::default()));
        let noop = Waker::noop();
        let polled = slot.poll_turn(&mut Key::default(), &mut Context::from_waker(noop), take);
        let Poll::Ready(Ok(Err(turn))) = polled else { panic!("nothing was under way") };
        let other = {
            let slot = slot.clone();
            loom::thread::spawn(move || {
                let (mut key, flag) = (Key::default(), flag());
                let came = poll(&slot, &mut key, &flag);
                (came, key, flag)
            })
        };
        let port = {
            let slot = slot.clone();
            loom::thread::spawn(move || slot.lost())
        };
        drop(turn);
        port.join().unwrap();
        let (came, mut key, flag) = other.join().unwrap();
        if came == Came::Waits {
            assert_eq!(flag.0.load(Ordering::Acquire), 1, "it waits and was not woken");
            assert_eq!(poll(&slot, &mut key, &flag), Came::Ended);
        }
    });
}
