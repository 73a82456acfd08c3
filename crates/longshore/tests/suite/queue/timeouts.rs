//! Waits that time out.

use crate::fixtures::*;
use longshore::Port;
use std::io::Write;
use std::time::{Duration, Instant};

/// Waits returning early are a fact of life elsewhere (Q15); ours round up, so the slack is for clocks.
const SLACK: Duration = Duration::from_millis(2);

// Q15: asserts the lower bound only; how late is the machine's business.
#[test]
fn a_timeout_is_not_early() {
    let port = Port::<()>::new(4).unwrap();
    let timeout = Duration::from_millis(50);
    let wait = |port: &Port| {
        let start = Instant::now();
        assert!(port.get_timeout(timeout).unwrap().is_none());
        start.elapsed()
    };
    assert!(wait(&port) + SLACK >= timeout, "the thread that listens");
    let mut batch = Vec::new();
    let start = Instant::now();
    assert_eq!(port.get_many(&mut batch, 3, Some(timeout)).unwrap(), 0);
    assert!(start.elapsed() + SLACK >= timeout, "a batch");
    let crew = Crew::new(&port, 1, |_, _| {});
    assert!(wait(&port) + SLACK >= timeout, "a thread beside the one that listens");
    crew.dismiss(&port);
}

// Q15: nor does it last for ever, wherever in the stack the thread sleeps.
#[test]
fn every_sleeper_times_out_by_itself() {
    let port = Port::<()>::new(1).unwrap();
    let sleepers: Vec<_> = (1..=4)
        .map(|number| {
            let port = port.clone();
            go(move || port.get_timeout(Duration::from_millis(15 * (5 - number))).unwrap().is_none())
        })
        .collect();
    assert!(sleepers.into_iter().all(|sleeper| sleeper.join()));
    assert_eq!(port.stats().parked, 0);
}

// Q15
#[test]
fn a_timeout_of_zero_polls() {
    let port = Port::new(1).unwrap();
    assert!(port.get_timeout(Duration::ZERO).unwrap().is_none());
    assert!(port.try_get().unwrap().is_none());
    port.post(5, ()).unwrap();
    assert_eq!(port.get_timeout(Duration::ZERO).unwrap().unwrap().key, 5);
    assert!(port.try_get().unwrap().is_none());
    // It sees what the kernel has, too.
    let (stream, mut peer) = connection(&port, 9);
    stream.recv(vec![0; 8], ());
    assert!(port.try_get().unwrap().is_none());
    peer.write_all(b"x").unwrap();
    assert_eq!(port.try_get().unwrap().unwrap().key, 9);
}

// Q15: a timeout too long to be represented is none.
#[test]
fn an_endless_timeout_is_ended_by_a_packet() {
    let port = Port::new(1).unwrap();
    let sleeper = go({
        let port = port.clone();
        move || port.get_timeout(Duration::MAX).unwrap().unwrap().key
    });
    parked(&port, 1);
    port.post(3, ()).unwrap();
    assert_eq!(sleeper.join(), 3);
}
