//! The order of packets, and what comes back with them.

use crate::fixtures::*;
use longshore::{Event, Port};
use std::io::Write;

// Q1
#[test]
fn posted_packets_leave_in_the_order_they_came() {
    let port = Port::new(1).unwrap();
    for key in 0..1000 {
        port.post(key, ()).unwrap();
    }
    let order: Vec<usize> = (0..1000).map(|_| port.get().unwrap().key).collect();
    assert!(order.is_sorted(), "{order:?}");
}

// Q1, N4: the order is that of completion, not of issue.
#[test]
fn operations_and_posts_share_one_queue() {
    let port = Port::new(1).unwrap();
    let (early, mut early_peer) = connection(&port, 10);
    let (late, mut late_peer) = connection(&port, 20);
    late.recv(vec![0; 8], ());
    early_peer.write_all(b"x").unwrap();
    port.post(1, ()).unwrap();
    early.recv(vec![0; 8], ());
    port.post(2, ()).unwrap();
    let order: Vec<usize> = (0..3).map(|_| take(&port).key).collect();
    assert_eq!(order, [1, 10, 2]);
    late_peer.write_all(b"x").unwrap();
    assert_eq!(take(&port).key, 20);
}

// N1
#[test]
fn key_and_context_come_back_verbatim() {
    let port = Port::new(1).unwrap();
    for (key, number) in [(usize::MAX, -1), (0, i64::MIN), (7, 0)] {
        let context = Box::new(number);
        let address = std::ptr::from_ref(&*context);
        port.post(key, context).unwrap();
        let done = take(&port);
        assert_eq!((done.key, *done.context), (key, number));
        assert!(std::ptr::eq(&*done.context, address), "moved, not copied");
        assert!(matches!(done.event, Event::Posted));
    }
}

// N4, Q4: the poster itself takes what it posted, in order with what was there.
#[test]
fn a_handler_may_post() {
    let port = Port::new(1).unwrap();
    port.post(100, ()).unwrap();
    port.post(1, ()).unwrap();
    let mut order = Vec::new();
    for _ in 0..20 {
        let key = take(&port).key;
        order.push(key);
        port.post(key + 1, ()).unwrap();
    }
    let expected: Vec<usize> = (0..10).flat_map(|turn| [100 + turn, 1 + turn]).collect();
    assert_eq!(order, expected);
}

// N4: nor does a poster have to belong to the port.
#[test]
fn any_thread_may_post() {
    let port = Port::new(1).unwrap();
    let posters: Vec<_> = (0..4)
        .map(|poster| {
            let port = port.clone();
            go(move || (0..500).for_each(|number| port.post(poster, number).unwrap()))
        })
        .collect();
    let mut next = [0; 4];
    for _ in 0..2000 {
        let done = take(&port);
        assert_eq!(done.context, next[done.key], "each poster's packets stay in its order");
        next[done.key] += 1;
    }
    posters.into_iter().for_each(|poster| poster.join());
    assert!(port.try_get().unwrap().is_none());
}

// Q16
#[test]
fn a_million_packets_wait_without_blocking_the_poster() {
    const MILLION: usize = 1_000_000;
    let port = Port::new(1).unwrap();
    for number in 0..MILLION {
        port.post(0, number).unwrap();
    }
    assert_eq!(port.stats().queued, MILLION);
    let mut batch = Vec::new();
    let mut next = 0;
    while next < MILLION {
        port.get_many(&mut batch, 4096, None).unwrap();
        for done in batch.drain(..) {
            assert_eq!(done.context, next);
            next += 1;
        }
    }
    assert_eq!(port.stats().queued, 0);
}
