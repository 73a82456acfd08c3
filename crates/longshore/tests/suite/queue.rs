//! The queue: order, values, batches, timeouts, timers, closing, and the descriptor to poll it by.

use crate::fixtures::*;
use longshore::{Closed, Completion, Event, Port, Stream};
use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn keys<C: Send>(batch: &[Completion<C>]) -> Vec<usize> {
    batch.iter().map(|done| done.key).collect()
}

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

#[cfg(target_os = "linux")]
fn readable(port: &Port<u32>, timeout: Duration) -> bool {
    use std::os::fd::AsRawFd;
    let mut poll =
        libc::pollfd { fd: port.pollable().unwrap().as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid pollfd; the descriptor belongs to the port, which is borrowed meanwhile.
    let count = unsafe { libc::poll(&mut poll, 1, timeout.as_millis() as i32) };
    count == 1 && poll.revents & libc::POLLIN != 0
}

#[cfg(target_os = "linux")]
fn drain(port: &Port<u32>) -> Vec<u32> {
    std::iter::from_fn(|| port.try_get().unwrap()).map(|done| done.context).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn the_ports_descriptor_polls_readable_while_there_is_something_to_take() {
    let port = Port::new(1).unwrap();
    assert!(!readable(&port, Duration::ZERO), "nothing yet");

    port.post(0, 1).unwrap();
    port.post(0, 2).unwrap();
    assert!(readable(&port, PATIENCE), "after a post");
    assert_eq!(port.try_get().unwrap().unwrap().context, 1);
    assert!(readable(&port, PATIENCE), "one is left");
    assert_eq!(drain(&port), [2]);
    assert!(!readable(&port, Duration::ZERO), "drained");

    let (stream, mut peer) = connection(&port, 0);
    stream.recv(vec![0; 8], 3);
    drain(&port);
    assert!(!readable(&port, Duration::from_millis(10)), "a receive that waits");
    peer.write_all(b"x").unwrap();
    assert!(readable(&port, PATIENCE), "it can end");
    assert_eq!(drain(&port), [3]);
    assert!(!readable(&port, Duration::from_millis(10)), "drained");

    peer.write_all(b"x").unwrap();
    drain(&port);
    stream.recv(vec![0; 8], 4);
    assert!(readable(&port, PATIENCE), "a receive that ended when it was issued");
    assert_eq!(drain(&port), [4]);

    port.post_after(Duration::from_millis(5), 0, 5).unwrap();
    assert!(readable(&port, PATIENCE), "a timer is due");
    eventually("the timer's packet", || drain(&port) == [5]);
    assert!(!readable(&port, Duration::from_millis(10)), "drained");

    port.close();
    assert!(readable(&port, PATIENCE), "closed");
    assert!(port.try_get().is_err());
}

// What was queued before anybody asked for the descriptor counts.
#[cfg(target_os = "linux")]
#[test]
fn the_descriptor_knows_of_packets_older_than_itself() {
    let port = Port::new(1).unwrap();
    port.post(0, 1).unwrap();
    assert!(readable(&port, PATIENCE));
    let closed = Port::new(1).unwrap();
    closed.close();
    assert!(readable(&closed, PATIENCE));
}

// The loop of a foreign event loop, with posts from another thread: nothing is overslept.
#[cfg(target_os = "linux")]
#[test]
fn a_foreign_event_loop_oversleeps_nothing() {
    const PACKETS: usize = 5000;
    let port = Port::new(1).unwrap();
    let poster = go({
        let port = port.clone();
        move || {
            for number in 0..PACKETS {
                port.post(0, number as u32).unwrap();
                if number % 7 == 0 {
                    std::thread::yield_now();
                }
            }
        }
    });
    let mut taken = Vec::new();
    while taken.len() < PACKETS {
        assert!(readable(&port, PATIENCE), "overslept after {} packets", taken.len());
        taken.extend(drain(&port));
    }
    assert!(taken.is_sorted());
    poster.join();
}
