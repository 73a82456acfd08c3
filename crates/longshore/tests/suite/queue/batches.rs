//! Taking several packets at once.

use super::keys;
use crate::fixtures::*;
use longshore::Port;
use std::io::Write;
use std::time::Duration;

#[test]
#[cfg(target_os = "linux")]
fn each_packet_of_a_batch_is_counted_as_taken() {
    let port = Port::new(1).unwrap();
    let mut peers: Vec<_> = (0..10).map(|key| connection(&port, key)).collect();
    for (stream, _) in &peers {
        stream.recv(vec![0; 8], ());
    }
    for (_, peer) in &mut peers {
        peer.write_all(b"x").unwrap();
    }
    let mut batch = Vec::new();
    while batch.len() < 10 {
        port.get_many(&mut batch, 64, Some(PATIENCE)).unwrap();
    }
    assert_eq!(port.get_many(&mut batch, 64, Some(Duration::ZERO)).unwrap(), 0);
    assert_eq!(port.stats().dequeued, 10);
}

// X1, X9
#[test]
fn a_batch_is_the_oldest_packets_and_never_more_than_asked_for() {
    let port = Port::new(1).unwrap();
    (0..10).for_each(|key| port.post(key, ()).unwrap());
    let mut batch = Vec::new();
    assert_eq!(port.get_many(&mut batch, 4, None).unwrap(), 4);
    assert_eq!(keys(&batch), [0, 1, 2, 3]);
    // What is there is taken; nobody waits for the rest. The packets are added to what the vector has.
    assert_eq!(port.get_many(&mut batch, 64, None).unwrap(), 6);
    assert_eq!(keys(&batch), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(port.get_many(&mut batch, 64, Some(Duration::ZERO)).unwrap(), 0);
    assert_eq!(port.get_many(&mut batch, usize::MAX, Some(Duration::from_millis(5))).unwrap(), 0);
    assert_eq!(batch.len(), 10);
}

// X1: finished operations and posts, in one batch.
#[test]
fn a_batch_mixes_operations_and_posts_in_order() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = connection(&port, 10);
    peer.write_all(b"abc").unwrap();
    port.post(1, ()).unwrap();
    stream.recv(vec![0; 1], ());
    port.post(2, ()).unwrap();
    stream.recv(vec![0; 1], ());
    let mut batch = Vec::new();
    assert_eq!(port.get_many(&mut batch, 10, None).unwrap(), 4);
    assert_eq!(keys(&batch), [1, 10, 2, 10]);
}

// X2, as far as it has a meaning here: nothing asked for, nothing taken, no waiting.
#[test]
fn a_batch_of_none_takes_nothing_and_does_not_wait() {
    let port = Port::new(1).unwrap();
    let mut batch = Vec::new();
    assert_eq!(port.get_many(&mut batch, 0, None).unwrap(), 0);
    port.post(1, ()).unwrap();
    assert_eq!(port.get_many(&mut batch, 0, None).unwrap(), 0);
    assert_eq!(port.stats().queued, 1);
    assert!(batch.is_empty());
}

// X1: a sleeper that is handed a packet takes what came with it.
#[test]
fn a_sleeping_batch_taker_is_woken_by_the_first_packet() {
    let port = Port::new(1).unwrap();
    let taker = go({
        let port = port.clone();
        move || {
            let mut batch = Vec::new();
            let mut calls = 0;
            while batch.len() < 100 {
                let before = batch.len();
                let count = port.get_many(&mut batch, 7, None).unwrap();
                assert!((1..=7).contains(&count) && batch.len() == before + count);
                calls += 1;
            }
            assert!(calls >= 100usize.div_ceil(7));
            keys(&batch)
        }
    });
    parked(&port, 1);
    (0..100).for_each(|key| port.post(key, ()).unwrap());
    assert_eq!(taker.join(), (0..100).collect::<Vec<_>>());
}

// X4
#[test]
fn a_batch_holds_one_slot() {
    let port = Port::new(2).unwrap();
    let (taken, done) = (Gate::default(), Gate::default());
    (0..5).for_each(|key| port.post(key, ()).unwrap());
    let taker = go({
        let (port, taken, done) = (port.clone(), taken.clone(), done.clone());
        move || {
            assert_eq!(port.get_many(&mut Vec::new(), 5, None).unwrap(), 5);
            taken.open();
            done.spin();
        }
    });
    eventually("the batch", || taken.is_open());
    assert_eq!(port.stats().running, 1);
    // So of two slots one is left, and a second thread is served.
    port.post(6, ()).unwrap();
    let second = go({
        let port = port.clone();
        move || take(&port).key
    });
    assert_eq!(second.join(), 6);
    done.open();
    taker.join();
    eventually("the slots of threads that ended are free", || port.stats().running == 0);
}
