//! Who is woken, and how many run: LIFO, the concurrency value, and the slots that come free.

use crate::fixtures::*;
use longshore::{Event, Port, Stream, blocking};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

// Q2, Q3: the reference program of the semantics. B sleeps, then A; posts 3, 4, 5.
#[test]
fn the_newest_sleeper_takes_the_first_post() {
    let _turn = one_at_a_time();
    let port = Port::new(4).unwrap();
    let (tell, told) = mpsc::channel();
    let stay = Gate::default();
    let names = ["B", "A"];
    let crew = Crew::new(&port, 2, {
        let stay = stay.clone();
        move |number, done| {
            tell.send((names[number], done.key)).unwrap();
            stay.sleep();
        }
    });
    port.post(3, ()).unwrap();
    port.post(4, ()).unwrap();
    // Handed over, not queued (Q3).
    assert_eq!(port.stats().queued, 0);
    port.post(5, ()).unwrap();
    let mut got = [told.recv_timeout(PATIENCE).unwrap(), told.recv_timeout(PATIENCE).unwrap()];
    got.sort_by_key(|(_, key)| *key);
    assert_eq!(got, [("A", 3), ("B", 4)]);
    assert_eq!(take(&port).key, 5);
    stay.open();
    crew.dismiss(&port);
}

// Q2: a deeper stack.
#[test]
fn posts_reach_sleepers_newest_first() {
    let _turn = one_at_a_time();
    const THREADS: usize = 6;
    let port = Port::new(2 * THREADS).unwrap();
    let (tell, told) = mpsc::channel();
    let stay = Gate::default();
    let crew = Crew::new(&port, THREADS, {
        let stay = stay.clone();
        move |number, done| {
            tell.send((done.key, number)).unwrap();
            stay.sleep();
        }
    });
    (0..THREADS).for_each(|key| port.post(key, ()).unwrap());
    let mut got: Vec<_> = (0..THREADS).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
    got.sort_unstable();
    let expected: Vec<_> = (0..THREADS).map(|key| (key, THREADS - 1 - key)).collect();
    assert_eq!(got, expected);
    stay.open();
    crew.dismiss(&port);
}

// Q2 for operations: each event finds the sleepers one fewer, and the newest of them takes it. The thread
// that sleeps in the reactor is the oldest, so this is not what the kernel does by itself.
#[test]
fn socket_events_reach_sleepers_newest_first() {
    let _turn = one_at_a_time();
    const THREADS: usize = 5;
    let port = Port::new(2 * THREADS).unwrap();
    let (tell, told) = mpsc::channel();
    let stay = Gate::default();
    let crew = Crew::new(&port, THREADS, {
        let stay = stay.clone();
        move |number, done| {
            tell.send((done.key, number)).unwrap();
            stay.sleep();
        }
    });
    let (streams, peers): (Vec<_>, Vec<_>) = (0..THREADS).map(|key| connection(&port, key)).unzip();
    for (key, (stream, mut peer)) in streams.iter().zip(&peers).enumerate() {
        stream.recv(vec![0; 8], ());
        peer.write_all(b"x").unwrap();
        assert_eq!(told.recv_timeout(PATIENCE), Ok((key, THREADS - 1 - key)));
    }
    stay.open();
    crew.dismiss(&port);
}

// Q2, what it is for: one connection's messages stay with one thread while it can keep up.
#[test]
fn one_event_at_a_time_always_reaches_the_same_thread() {
    let _turn = one_at_a_time();
    let port = Port::new(4).unwrap();
    let (tell, told) = mpsc::channel();
    let crew = Crew::new(&port, 4, move |number, done| {
        let Event::Recv { stream, buf, .. } = done.event else { panic!("{done:?}") };
        stream.recv(buf, ());
        tell.send(number).unwrap();
    });
    let (stream, mut peer) = connection(&port, 0);
    stream.recv(vec![0; 8], ());
    for _ in 0..40 {
        peer.write_all(b"x").unwrap();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(3));
        parked(&port, 4);
    }
    crew.dismiss(&port);
}

// Q4
#[cfg(target_os = "linux")]
#[test]
fn a_running_threads_own_posts_never_wake_a_sleeper() {
    let _turn = one_at_a_time();
    let port = Port::new(1).unwrap();
    let crew = Crew::new(&port, 2, |_, _| panic!("woken"));
    // The poll takes the slot (Q10).
    assert!(port.try_get().unwrap().is_none());
    let wakes = port.stats().wakes;
    for key in 0..50_000 {
        port.post(key, ()).unwrap();
        assert_eq!(take(&port).key, key);
    }
    let stats = port.stats();
    assert_eq!((stats.wakes, stats.parked, stats.compensations), (wakes, 2, 0));
    crew.dismiss(&port);
}

fn overlap_of_posts(concurrency: usize, threads: usize) -> Overlap {
    const PACKETS: usize = 60;
    let port = Port::new(concurrency).unwrap();
    let overlap = Overlap::default();
    let crew = Crew::new(&port, threads, {
        let overlap = overlap.clone();
        move |_, _| {
            let _inside = overlap.enter();
            spin(Duration::from_millis(2));
        }
    });
    for key in 0..PACKETS {
        port.post(key, ()).unwrap();
        // Some at once, some as the handlers end.
        if key % 3 == 0 {
            spin(Duration::from_micros(700));
        }
    }
    eventually("all are handled", || overlap.entered() == PACKETS && overlap.now() == 0);
    assert_eq!(port.stats().compensations, 0, "nobody blocked");
    crew.dismiss(&port);
    overlap
}

// Q5
#[test]
fn a_concurrency_of_zero_is_the_number_of_cpus() {
    let cpus = std::thread::available_parallelism().unwrap().get();
    assert_eq!(Port::<()>::new(0).unwrap().concurrency(), cpus);
    assert_eq!(Port::<()>::new(7).unwrap().concurrency(), 7);
}

// Q6
#[test]
fn handlers_on_a_port_of_one_never_overlap() {
    let _turn = one_at_a_time();
    assert_eq!(overlap_of_posts(1, 3).most(), 1);
}

// Q6
#[test]
fn handlers_on_a_port_of_two_overlap_in_twos() {
    let _turn = one_at_a_time();
    assert_eq!(overlap_of_posts(2, 5).most(), 2);
}

// Q6 for operations.
#[test]
fn handlers_of_socket_events_respect_the_concurrency_value() {
    let _turn = one_at_a_time();
    const CONNECTIONS: usize = 16;
    for concurrency in [1, 2] {
        let port = Port::new(concurrency).unwrap();
        let overlap = Overlap::default();
        let crew = Crew::new(&port, 5, {
            let overlap = overlap.clone();
            move |_, _| {
                let _inside = overlap.enter();
                spin(Duration::from_millis(2));
            }
        });
        let (streams, peers): (Vec<_>, Vec<_>) = (0..CONNECTIONS).map(|key| connection(&port, key)).unzip();
        streams.iter().for_each(|stream| _ = stream.recv(vec![0; 8], ()));
        for mut peer in &peers {
            peer.write_all(b"x").unwrap();
        }
        eventually("all are handled", || overlap.entered() == CONNECTIONS && overlap.now() == 0);
        assert!(overlap.most() <= concurrency, "{} ran at once", overlap.most());
        crew.dismiss(&port);
    }
}

// Q7
#[cfg(target_os = "linux")]
#[test]
fn turning_to_another_port_frees_the_slot_at_once() {
    let _turn = one_at_a_time();
    let (first, second) = (Port::new(1).unwrap(), Port::<()>::new(1).unwrap());
    let (tell, told) = mpsc::channel();
    first.post(1, ()).unwrap();
    assert_eq!(take(&first).key, 1);
    let crew = Crew::new(&first, 1, move |_, done| tell.send(done.key).unwrap());
    first.post(2, ()).unwrap();
    // This thread runs and keeps the slot.
    spin(A_WHILE);
    assert!(told.try_recv().is_err());
    assert_eq!(first.stats().running, 1);
    let turned = first.stats();
    assert!(second.try_get().unwrap().is_none());
    // No tick, no compensation: the turn itself released the sleeper.
    assert_eq!(first.stats().wakes, turned.wakes + 1);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(2));
    assert_eq!(first.stats().compensations, 0);
    assert_eq!(second.stats().running, 1);
    crew.dismiss(&first);
}

// Q10, read from one source only; unconfirmed against native.
#[test]
fn a_poller_that_found_nothing_counts_as_running() {
    let _turn = one_at_a_time();
    let port = Port::new(1).unwrap();
    let (tell, told) = mpsc::channel();
    let crew = Crew::new(&port, 1, move |_, done| tell.send(done.key).unwrap());
    assert!(port.get_timeout(Duration::from_millis(1)).unwrap().is_none());
    let poster = go({
        let port = port.clone();
        move || port.post(7, ()).unwrap()
    });
    while !poster.is_finished() {
        spin(Duration::from_micros(100));
    }
    poster.join();
    spin(A_WHILE);
    assert!(told.try_recv().is_err(), "the sleeper was woken beside a running thread");
    assert_eq!((port.stats().running, port.stats().queued, port.stats().parked), (1, 1, 1));
    // Until the poller blocks.
    assert_eq!(blocking(|| told.recv_timeout(PATIENCE)), Ok(7));
    crew.dismiss(&port);
}

// Q11
#[test]
fn a_thread_that_ends_frees_its_slot() {
    let _turn = one_at_a_time();
    for panics in [false, true] {
        let port = Port::new(1).unwrap();
        let (taken, end) = (Gate::default(), Gate::default());
        port.post(1, ()).unwrap();
        let ends = go({
            let (port, taken, end) = (port.clone(), taken.clone(), end.clone());
            move || {
                assert_eq!(take(&port).key, 1);
                taken.open();
                end.spin();
                if panics {
                    std::panic::resume_unwind(Box::new("however it ends"));
                }
            }
        });
        eventually("the slot is taken", || taken.is_open());
        let (tell, told) = mpsc::channel();
        let crew = Crew::new(&port, 1, move |_, done| tell.send(done.key).unwrap());
        port.post(2, ()).unwrap();
        for_a_while("the packet waits for the slot", || told.try_recv().is_err());
        end.open();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(2));
        eventually("the end", || ends.is_finished());
        parked(&port, 1);
        assert_eq!((port.stats().running, port.stats().compensations), (0, 0));
        crew.dismiss(&port);
    }
}

// Q12
#[cfg(target_os = "linux")]
#[test]
fn a_burst_releases_as_many_sleepers_as_there_are_slots() {
    let _turn = one_at_a_time();
    for concurrency in [1, 2, 3] {
        let port = Port::new(concurrency).unwrap();
        let (overlap, stay) = (Overlap::default(), Gate::default());
        let crew = Crew::new(&port, 5, {
            let (overlap, stay) = (overlap.clone(), stay.clone());
            move |_, _| {
                let _inside = overlap.enter();
                stay.spin();
            }
        });
        (0..5).for_each(|key| port.post(key, ()).unwrap());
        // Counted from the moment of the hand-over, before any of them could run.
        let stats = port.stats();
        let expected = (concurrency, 5 - concurrency, 5 - concurrency, concurrency as u64);
        assert_eq!((stats.running, stats.queued, stats.parked, stats.wakes), expected);
        eventually("the handlers run", || overlap.now() == concurrency);
        for_a_while("no more than the slots", || overlap.now() == concurrency);
        stay.open();
        eventually("all are handled", || overlap.entered() == 5);
        parked(&port, 5);
        crew.dismiss(&port);
    }
}

// Q3, Q4: at most one wake for a posted packet, whatever the timing; exactly one if all sleep.
#[cfg(target_os = "linux")]
#[test]
fn a_post_wakes_one_thread_at_most() {
    let _turn = one_at_a_time();
    let port = Port::new(2).unwrap();
    let handled = Arc::new(AtomicUsize::new(0));
    let crew = Crew::new(&port, 4, {
        let handled = handled.clone();
        move |_, _| {
            handled.fetch_add(1, Ordering::SeqCst);
        }
    });
    for round in 1..=40 {
        port.post(0, ()).unwrap();
        eventually("it is handled", || handled.load(Ordering::SeqCst) == round);
        parked(&port, 4);
        assert_eq!(port.stats().wakes, round as u64);
    }
    let before = port.stats().wakes;
    const BURST: usize = 20_000;
    (0..BURST).for_each(|key| port.post(key, ()).unwrap());
    eventually("all are handled", || handled.load(Ordering::SeqCst) == 40 + BURST);
    parked(&port, 4);
    let wakes = port.stats().wakes - before;
    assert!(wakes <= BURST as u64, "{wakes} wakes for {BURST} posts");
    crew.dismiss(&port);
}

/// Streams that become readable at the same instant: duplicates of one socket, each attached by itself.
#[cfg(target_os = "linux")]
fn simultaneous(port: &Port<()>, streams: usize) -> (Vec<Stream<()>>, Peer) {
    let (ours, theirs) = pair();
    let attach = |key| Stream::attach(port, key, ours.try_clone().unwrap()).unwrap();
    ((0..streams).map(attach).collect(), theirs)
}

// Sockets ready together, as many slots, long handlers: they run in parallel. All handlers so far were short,
// so the estimate says that a wake does not pay; the tick corrects it.
#[cfg(target_os = "linux")]
#[test]
fn long_handlers_of_socket_events_run_in_parallel() {
    let _turn = one_at_a_time();
    for together in [2, 4] {
        let port = Port::new(together).unwrap();
        let (overlap, stay) = (Overlap::default(), Gate::default());
        let crew = Crew::new(&port, together + 1, {
            let (overlap, stay) = (overlap.clone(), stay.clone());
            move |_, done| {
                if let Event::Readable { .. } = done.event {
                    let _inside = overlap.enter();
                    stay.spin();
                }
            }
        });
        for _ in 0..5 {
            (0..1000).for_each(|key| port.post(key, ()).unwrap());
            eventually("the short handlers", || port.stats().queued == 0);
            parked(&port, together + 1);
        }
        let (streams, mut peer) = simultaneous(&port, together);
        streams.iter().for_each(|stream| _ = stream.readable(()));
        peer.write_all(b"x").unwrap();
        // None of them ends before all of them run.
        eventually("all handlers at once", || overlap.now() == together);
        stay.open();
        eventually("their end", || overlap.now() == 0);
        assert_eq!(overlap.entered(), together);
        crew.dismiss(&port);
    }
}

// The tick: the only running thread computes, a slot is free, and an event comes. Nobody is in the reactor.
#[test]
fn an_event_does_not_wait_for_a_busy_thread_while_a_slot_is_free() {
    let _turn = one_at_a_time();
    let port = Port::new(2).unwrap();
    let (busy, stay) = (Gate::default(), Gate::default());
    let (tell, told) = mpsc::channel();
    let crew = Crew::new(&port, 1, {
        let (busy, stay) = (busy.clone(), stay.clone());
        move |_, done| match done.event {
            Event::Posted => {
                busy.open();
                stay.spin();
            }
            _ => unreachable!("the busy thread took it"),
        }
    });
    // The thread that leads is the one that gets busy; the other sleeps beside.
    let helper = {
        let port = port.clone();
        port.post(0, ()).unwrap();
        eventually("it is busy", || busy.is_open());
        go(move || tell.send(take(&port).key).unwrap())
    };
    parked(&port, 1);
    let (stream, mut peer) = connection(&port, 5);
    stream.recv(vec![0; 8], ());
    peer.write_all(b"x").unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok(5));
    assert!(!stay.is_open());
    helper.join();
    stay.open();
    crew.dismiss(&port);
}

// A poller looks at the reactor while another thread is on its way to sleep in it. It must not take the wake
// that was meant for the sleeper.
#[test]
fn a_poller_does_not_swallow_the_wake_of_a_sleeper() {
    let _turn = one_at_a_time();
    const PACKETS_MAX: usize = 30_000;
    let port = Port::new(4).unwrap();
    let (taken, end) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let sleeper = go({
        let (port, taken) = (port.clone(), taken.clone());
        move || {
            while port.get().is_ok() {
                taken.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let poller = go({
        let (port, taken, end) = (port.clone(), taken.clone(), end.clone());
        move || {
            while !end.load(Ordering::SeqCst) {
                if port.try_get().unwrap().is_some() {
                    taken.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    });
    let enough = Instant::now() + Duration::from_secs(2);
    let mut number = 0;
    while number < PACKETS_MAX && Instant::now() < enough {
        number += 1;
        port.post(number, ()).unwrap();
        // The next packet would wake whoever was forgotten: so one at a time.
        let deadline = Instant::now() + PATIENCE;
        while taken.load(Ordering::SeqCst) < number {
            assert!(Instant::now() < deadline, "packet {number} is stuck: {:?}", port.stats());
            std::thread::yield_now();
        }
    }
    end.store(true, Ordering::SeqCst);
    poller.join();
    port.close();
    sleeper.join();
}
