//! Packets that are posted later: `post_after`.

use crate::fixtures::*;
use longshore::{Event, Port};
use std::time::{Duration, Instant};

#[test]
fn timers_come_in_the_order_of_their_deadlines_and_not_before() {
    let port = Port::new(1).unwrap();
    let start = Instant::now();
    // Close together, so that a strike for one is near the next.
    let step = Duration::from_millis(3);
    for steps in [5, 1, 4, 2, 3, 0] {
        port.post_after(step * steps, steps as usize, ()).unwrap();
    }
    for steps in 0..=5 {
        let done = take(&port);
        assert!(start.elapsed() >= step * steps, "early");
        assert_eq!(done.key, steps as usize);
        assert!(matches!(done.event, Event::Timer { cancelled: false }));
    }
    assert!(port.try_get().unwrap().is_none());
}

// A timer set while a thread already sleeps, and an earlier one after a later one.
#[test]
fn an_earlier_timer_overtakes_a_later_one_that_is_set() {
    let port = Port::new(1).unwrap();
    let sleeper = go({
        let port = port.clone();
        move || take(&port).key
    });
    parked(&port, 1);
    port.post_after(Duration::from_secs(3600), 1, ()).unwrap();
    port.post_after(Duration::from_millis(5), 2, ()).unwrap();
    assert_eq!(sleeper.join(), 2);
}

// Several threads set the clock at the same time: a later deadline must not overwrite an earlier one. Each
// far timer is earlier than the far ones before it, so that everybody has reason to set the clock; and there
// are more threads than CPUs, so that some are preempted between reckoning and setting.
#[test]
fn timers_set_at_the_same_time_do_not_hide_each_other() {
    const FAR_TIMERS: u32 = 70_000;
    let port = Port::new(1).unwrap();
    let others: Vec<_> = (0..6)
        .map(|_| {
            let port = port.clone();
            go(move || {
                let last = Instant::now() + Duration::from_secs(7200);
                for number in 0..FAR_TIMERS {
                    let far = last - Duration::from_millis(100) * number;
                    port.post_after(far - Instant::now(), 0, ()).unwrap();
                }
            })
        })
        .collect();
    let mut round = 0;
    while others.iter().any(|other| !other.is_finished()) {
        round += 1;
        port.post_after(Duration::from_micros(20), 1, ()).unwrap();
        let done = port.get_timeout(Duration::from_secs(5)).unwrap();
        assert!(done.is_some_and(|done| done.key == 1), "the clock slept through a timer in round {round}");
    }
    others.into_iter().for_each(|other| other.join());
}

#[test]
fn a_cancelled_timer_has_one_packet_and_says_so() {
    let port = Port::new(1).unwrap();
    let id = port.post_after(Duration::from_secs(3600), 7, "context").unwrap();
    assert!(port.try_get().unwrap().is_none());
    assert!(port.cancel_timer(id));
    assert!(!port.cancel_timer(id), "only once");
    let done = take(&port);
    assert_eq!((done.key, done.context), (7, "context"));
    assert!(matches!(done.event, Event::Timer { cancelled: true }));
    assert!(port.try_get().unwrap().is_none());
}

#[test]
fn a_timer_that_was_due_cannot_be_cancelled() {
    let port = Port::new(1).unwrap();
    let id = port.post_after(Duration::from_millis(1), 7, ()).unwrap();
    assert!(matches!(take(&port).event, Event::Timer { cancelled: false }));
    assert!(!port.cancel_timer(id));
    assert!(port.try_get().unwrap().is_none());
}

// Cancel against due, many times: exactly one packet, and the answer agrees with it.
#[test]
fn cancelling_and_being_due_at_once_still_makes_one_packet() {
    let port = Port::new(2).unwrap();
    for round in 0..500u64 {
        let id = port.post_after(Duration::from_micros(round % 100), round as usize, ()).unwrap();
        let canceller = go({
            let port = port.clone();
            move || {
                spin(Duration::from_micros(round % 70));
                port.cancel_timer(id)
            }
        });
        let done = port.get_timeout(PATIENCE).unwrap().expect("a timer has a packet");
        let answer = canceller.join();
        assert_eq!(done.key, round as usize);
        assert!(matches!(done.event, Event::Timer { cancelled } if cancelled == answer));
    }
    assert!(port.try_get().unwrap().is_none());
}
