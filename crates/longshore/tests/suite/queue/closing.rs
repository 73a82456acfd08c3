//! Closing a port, with whatever is queued, pending and waiting.

use crate::fixtures::*;
use longshore::{Closed, Event, Port, Stream};
use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::Duration;

// C1
#[test]
fn closing_wakes_everybody() {
    for concurrency in [1, 4] {
        let port = Port::<()>::new(concurrency).unwrap();
        let long = Duration::from_secs(3600);
        let mut sleepers = Vec::new();
        for _ in 0..2 {
            let p = port.clone();
            sleepers.push(go(move || p.get().is_err()));
            let p = port.clone();
            sleepers.push(go(move || p.get_timeout(long).is_err()));
            let p = port.clone();
            sleepers.push(go(move || p.get_many(&mut Vec::new(), 8, None).is_err()));
            let p = port.clone();
            sleepers.push(go(move || p.get_many(&mut Vec::new(), 8, Some(long)).is_err()));
        }
        parked(&port, 8);
        port.close();
        assert!(sleepers.into_iter().all(|sleeper| sleeper.join()));
        assert_eq!(port.stats().parked, 0);
    }
}

// C6: the descriptors of a closed port are used again by the next; its waiters are not.
#[test]
fn a_waiter_of_a_closed_port_never_gets_a_packet_of_the_next() {
    for round in 0..200 {
        let old = Port::<()>::new(1).unwrap();
        let waiter = go({
            let old = old.clone();
            move || old.get().map(|done| done.key)
        });
        if round % 2 == 0 {
            parked(&old, 1);
        }
        old.close();
        drop(old);
        let new = Port::new(1).unwrap();
        new.post(round, ()).unwrap();
        assert_eq!(waiter.join(), Err(Closed(())));
        assert_eq!(take(&new).key, round);
    }
}

// C3, and what is in flight: each context is dropped, once, and nothing is delivered.
#[test]
fn closing_drops_what_is_queued_pending_and_set() {
    let dropped = Dropped::new();
    let port = Port::new(1).unwrap();
    for key in 0..3 {
        port.post(key, dropped.context()).unwrap();
    }
    let (stream, mut peer) = connection(&port, 9);
    stream.recv(vec![0; 8], dropped.context());
    peer.write_all(b"x").unwrap();
    let (idle, _idle_peer) = connection(&port, 8);
    idle.recv(vec![0; 8], dropped.context());
    port.post_after(Duration::from_secs(3600), 0, dropped.context()).unwrap();
    port.post_after(Duration::ZERO, 0, dropped.context()).unwrap();
    assert_eq!(dropped.count(), 0);
    port.close();
    assert_eq!(dropped.count(), 7);
    assert!(port.try_get().is_err());
    port.close();
    assert_eq!(dropped.count(), 7);
}

// C3: a destructor may call the port that is being closed.
#[test]
fn a_discarded_context_may_use_the_port() {
    struct Uses(Port<Box<dyn Send>>, mpsc::Sender<bool>);
    impl Drop for Uses {
        fn drop(&mut self) {
            self.0.close();
            let refused = self.0.try_get().is_err();
            let _ = self.1.send(refused && self.0.stats().queued == 0);
        }
    }
    let port = Port::<Box<dyn Send>>::new(1).unwrap();
    let (tell, told) = mpsc::channel();
    assert!(port.post(0, Box::new(Uses(port.clone(), tell.clone()))).is_ok());
    assert!(port.post_after(Duration::from_secs(3600), 0, Box::new(Uses(port.clone(), tell))).is_ok());
    let closer = go(move || port.close());
    assert_eq!(told.recv_timeout(PATIENCE), Ok(true));
    assert_eq!(told.recv_timeout(PATIENCE), Ok(true));
    closer.join();
}

// What a proxy wants: the context of a receive is the stream to forward it to.
#[test]
fn a_context_may_hold_handles_and_the_port_itself() {
    enum Context {
        ForwardTo(Stream<Context>),
        Answer(Port<Context>),
    }
    let port = Port::new(1).unwrap();
    let (from, mut from_peer) = connection(&port, 0);
    let (to, mut to_peer) = connection(&port, 0);
    from.recv(vec![0; 8], Context::ForwardTo(to));
    from_peer.write_all(b"abc").unwrap();
    let done = take(&port);
    let (Context::ForwardTo(to), Event::Recv { buf, .. }) = (done.context, done.event) else {
        panic!("another packet")
    };
    to.send(buf, Context::Answer(port.clone()));
    let Context::Answer(same) = take(&port).context else { panic!("another packet") };
    assert!(same.try_get().unwrap().is_none());
    let mut received = [0; 3];
    to_peer.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"abc");
}

// C5
#[test]
fn a_closed_port_refuses_everything_and_gives_contexts_back() {
    let port = Port::new(1).unwrap();
    port.post(0, "lost").unwrap();
    port.close();
    port.close();
    assert!(port.get().is_err());
    assert!(port.try_get().is_err());
    assert!(port.get_timeout(Duration::from_secs(3600)).is_err());
    assert!(port.get_many(&mut Vec::new(), 4, None).is_err());
    assert_eq!(port.post(1, "mine"), Err(Closed("mine")));
    assert_eq!(port.post_after(Duration::ZERO, 1, "mine").unwrap_err(), Closed("mine"));
    let (ours, _theirs) = pair();
    let refused = longshore::Stream::attach(&port, 0, ours).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::BrokenPipe);
}

// C2
#[test]
fn the_last_clone_closes_and_no_other() {
    let dropped = Dropped::new();
    let port = Port::new(1).unwrap();
    let (stream, _peer) = connection(&port, 0);
    port.post(0, dropped.context()).unwrap();
    let clone = port.clone();
    drop(port);
    assert_eq!(dropped.count(), 0);
    clone.post(1, dropped.context()).unwrap();
    assert_eq!(take(&clone).key, 0);
    assert_eq!(dropped.count(), 1);
    // A handle does not keep the port open (P11): its operations are refused and dropped.
    drop(clone);
    assert_eq!(dropped.count(), 2);
    stream.recv(vec![0; 8], dropped.context());
    eventually("the refused operation is dropped", || dropped.count() == 3);
}

// C2: a waiter is not disturbed by the end of another's clone.
#[test]
fn dropping_a_clone_does_not_disturb_a_waiter() {
    let port = Port::new(1).unwrap();
    let waiter = go({
        let port = port.clone();
        move || port.get().map(|done| done.key)
    });
    parked(&port, 1);
    drop(port.clone());
    for_a_while("it sleeps", || port.stats().parked == 1);
    port.post(4, ()).unwrap();
    assert_eq!(waiter.join(), Ok(4));
}
