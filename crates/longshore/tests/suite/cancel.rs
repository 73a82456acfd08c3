//! Cancelling operations, closing handles, and the races with completion.
//! Rules: K1, K3, K4, K6, K7, K9, D6, TX3, TX9, AC7, AC8.

use crate::fixtures::*;
use longshore::{Event, OpId, Port, Stream, is_cancelled};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_cancelled_operation_ends_once_as_cancelled_with_its_buffer() {
    // K1, K3
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 7);
    let operation = stream.recv(Vec::with_capacity(100), "recv");
    nothing(&port);
    assert!(stream.cancel(operation));
    assert!(!stream.cancel(operation), "the second cancel finds nothing, dequeued or not");
    let done = take(&port);
    assert_eq!((done.key, done.context), (7, "recv"));
    let (_, buf, result) = received(done);
    assert!(is_cancelled(&result.unwrap_err()));
    assert_eq!((buf.len(), buf.capacity()), (0, 100));
    assert!(!stream.cancel(operation), "nor does one after the end");
    nothing(&port);
    // The stream is as good as before.
    peer.write_all(b"data").unwrap();
    stream.recv(buf, "again");
    assert_eq!(&received(take(&port)).1[..], b"data");
}

#[test]
fn an_operation_that_is_over_cannot_be_cancelled() {
    // K4: the answer was no, so its success stands.
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    peer.write_all(b"data").unwrap();
    let operation = stream.recv(vec![0; 10], ());
    assert!(!stream.cancel(operation));
    assert_eq!(stream.cancel_all(), 0);
    assert_eq!(&received(take(&port)).1[..], b"data");
}

#[test]
fn the_id_of_an_operation_that_ended_never_names_a_later_one() {
    // K7
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let mut ended = Vec::new();
    for _ in 0..10 {
        ended.push(stream.recv(vec![0; 1], "early"));
        peer.write_all(b"x").unwrap();
        assert_eq!(received(take(&port)).2.unwrap(), 1);
    }
    stream.recv(vec![0; 1], "late");
    assert!(ended.into_iter().all(|operation| !stream.cancel(operation)));
    nothing(&port);
    peer.write_all(b"y").unwrap();
    assert_eq!(&received(take(&port)).1[..], b"y");
}

#[test]
fn cancelling_one_leaves_the_others_in_their_order() {
    // K6, K7: from whatever thread.
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let operations: Vec<OpId> = thread::scope(|scope| {
        scope.spawn(|| (0..5).map(|n| stream.recv(vec![0; 1], n)).collect()).join().unwrap()
    });
    assert!(stream.cancel(operations[2]));
    assert!(stream.cancel(operations[0]));
    for expected in [2, 0] {
        let done = take(&port);
        assert_eq!(done.context, expected);
        assert!(is_cancelled(&received(done).2.unwrap_err()));
    }
    nothing(&port);
    peer.write_all(b"abc").unwrap();
    for (context, byte) in [(1, b"a"), (3, b"b"), (4, b"c")] {
        let done = take(&port);
        assert_eq!(done.context, context);
        assert_eq!(&received(done).1[..], byte);
    }
}

#[test]
fn an_operation_of_one_stream_means_nothing_to_another() {
    // K5, AC7
    let port = Port::new(1).unwrap();
    let (one, _peer_of_one) = tcp_stream(&port, 0);
    let (other, mut peer_of_other) = tcp_stream(&port, 0);
    let operation = one.recv(vec![0; 1], "one");
    other.recv(vec![0; 1], "other");
    assert_eq!(one.cancel_all(), 1);
    assert_eq!(take(&port).context, "one");
    assert!(!one.cancel(operation));
    nothing(&port);
    peer_of_other.write_all(b"x").unwrap();
    assert_eq!(received(take(&port)).2.unwrap(), 1);
}

#[test]
fn cancel_all_finds_every_operation_of_both_directions() {
    let port = Port::new(1).unwrap();
    let (stream, _peer) = tcp_stream(&port, 0);
    for number in 0..10 {
        stream.recv(vec![0; 1], number);
    }
    for number in 10..13 {
        stream.send(vec![0; 30 << 20], number);
    }
    nothing(&port);
    assert_eq!(stream.cancel_all(), 13);
    assert_eq!(stream.cancel_all(), 0);
    let mut ended: Vec<i32> = (0..13)
        .map(|_| {
            let done = take(&port);
            let context = done.context;
            let result = match done.event {
                Event::Recv { result, .. } | Event::Send { result, .. } => result,
                other => panic!("{other:?}"),
            };
            assert!(is_cancelled(&result.unwrap_err()));
            context
        })
        .collect();
    ended.sort();
    assert!(ended.into_iter().eq(0..13));
    nothing(&port);
}

#[test]
fn closing_ends_everything_tells_the_peer_and_refuses_what_follows() {
    // TX3, TX8, TX9
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 3);
    peer.write_all(b"early").unwrap();
    stream.recv(vec![0; 10], "finished before");
    stream.recv(vec![0; 10], "waiting");
    nothing_but_queued(&stream);
    stream.close();
    stream.recv(vec![0; 10], "recv after");
    stream.send("x", "send after");
    stream.readable("readable after");
    stream.close();
    assert_eq!(peer.read(&mut [0; 10]).unwrap(), 0, "the peer learns it now, while clones live");
    let done = take(&port);
    assert_eq!((done.key, done.context), (3, "finished before"));
    assert_eq!(&received(done).1[..], b"early");
    for context in ["waiting", "recv after"] {
        let done = take(&port);
        assert_eq!(done.context, context);
        assert!(is_cancelled(&received(done).2.unwrap_err()));
    }
    assert!(is_cancelled(&sent(take(&port)).2.unwrap_err()));
    let Event::Readable { result, .. } = take(&port).event else { panic!("not readable") };
    assert!(is_cancelled(&result.unwrap_err()));
    nothing(&port);
    assert_eq!(stream.cancel_all(), 0);
}

#[test]
fn what_is_issued_while_another_thread_closes_ends_as_well() {
    // D6, TX3: before the close or after it, there is no between.
    let port = Port::new(1).unwrap();
    for round in 0..3000u64 {
        let (ours, _peer) = pair();
        let stream = Stream::attach(&port, 0, ours).unwrap();
        let barrier = std::sync::Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                (0..round % 200).for_each(|_| std::hint::spin_loop());
                stream.close();
            });
            barrier.wait();
            for number in 0..8 {
                stream.recv(vec![0; 1], number);
            }
        });
        for _ in 0..8 {
            assert!(longshore::is_cancelled(&match received(take(&port)) {
                (_, _, Err(error)) => error,
                // The end that closing makes is a receive of nothing.
                (_, _, Ok(0)) => std::io::Error::from_raw_os_error(code::CANCELLED),
                (_, _, Ok(count)) => panic!("{count} bytes from nowhere"),
            }));
        }
    }
}

fn nothing_but_queued<C: Send + 'static>(stream: &Stream<C>) {
    assert!(socket2::SockRef::from(stream).r#type().is_ok(), "still open");
}

/// Receives are cancelled at every moment while numbered data streams in: not one
/// byte may be lost or repeated.
#[test]
fn cancelling_receives_never_makes_a_gap_in_the_stream() {
    // K9
    const BYTES: u64 = 150_000;
    let port = Port::<()>::new(2).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let writer = thread::spawn(move || {
        let mut dice = Dice(77);
        let mut number = 0u64;
        while number < BYTES {
            let end = (number + 1 + dice.below(30)).min(BYTES);
            let bytes: Vec<u8> = (number..end).map(|n| (n % 251) as u8).collect();
            peer.write_all(&bytes).unwrap();
            (0..dice.below(3000)).for_each(|_| std::hint::spin_loop());
            number = end;
        }
        peer
    });
    let over = AtomicBool::new(false);
    let (mut expected, mut cancelled, mut asked) = (0u64, 0u64, 0u64);
    let latest = std::sync::Mutex::new(None::<OpId>);
    let found = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut dice = Dice(5);
            while !over.load(Ordering::Relaxed) {
                let operation = *latest.lock().unwrap();
                if let Some(operation) = operation {
                    found.fetch_add(usize::from(stream.cancel(operation)), Ordering::Relaxed);
                }
                (0..dice.below(2000)).for_each(|_| std::hint::spin_loop());
            }
        });
        while expected < BYTES {
            let operation = stream.recv(Vec::with_capacity(16), ());
            asked += 1;
            *latest.lock().unwrap() = Some(operation);
            let (_, buf, result) = received(take(&port));
            match result {
                Ok(count) => assert!(count > 0 && count == buf.len()),
                Err(error) => {
                    assert!(is_cancelled(&error), "{error}");
                    assert!(buf.is_empty());
                    cancelled += 1;
                }
            }
            for &byte in &buf[..] {
                assert_eq!(u64::from(byte), expected % 251, "a gap at byte {expected}");
                expected += 1;
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    writer.join().unwrap();
    assert_eq!(
        cancelled,
        found.load(Ordering::Relaxed) as u64,
        "a cancel that answered yes ended one operation"
    );
    // Under Wine the canceller, whose every call goes to another process, is mostly
    // late, and sometimes always.
    let tried = cancelled > 100 && asked - cancelled > 100;
    assert!(tried || cfg!(windows), "{cancelled} of {asked}: the race was not tried");
}

/// Races issue, data, cancel one, cancel all and dequeue over more than a million operations; each ends once.
#[test]
fn every_operation_ends_exactly_once_whoever_wins_the_race() {
    // D6, K4
    const WORKERS: usize = 3;
    // Under Wine every call goes to another process.
    const ROUNDS: usize = if cfg!(windows) { 40 } else { 3500 };
    const BATCH: usize = 100;
    const OPERATIONS: usize = WORKERS * ROUNDS * BATCH;
    const { assert!(cfg!(windows) || OPERATIONS > 1_000_000) };
    let port = Port::<usize>::new(2).unwrap();
    let ends: Vec<AtomicU8> = (0..OPERATIONS).map(|_| AtomicU8::new(0)).collect();
    let (ended, received_bytes, cancelled) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let (written, found) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let deadline = Instant::now() + Duration::from_secs(55);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut batch = Vec::new();
                while ended.load(Ordering::SeqCst) < OPERATIONS {
                    assert!(
                        Instant::now() < deadline,
                        "{} of {OPERATIONS} ended",
                        ended.load(Ordering::SeqCst)
                    );
                    port.get_many(&mut batch, 64, Some(Duration::from_millis(20))).unwrap();
                    for done in batch.drain(..) {
                        assert_eq!(ends[done.context].fetch_add(1, Ordering::Relaxed), 0, "a second packet");
                        match received(done).2 {
                            Ok(bytes) => _ = received_bytes.fetch_add(bytes, Ordering::Relaxed),
                            Err(error) => {
                                assert!(is_cancelled(&error), "{error}");
                                cancelled.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        ended.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        for worker in 0..WORKERS {
            let (port, written, found, ended) = (&port, &written, &found, &ended);
            scope.spawn(move || {
                let mut dice = Dice(worker as u64 + 1);
                let (ours, mut peer) = pair();
                peer.set_nonblocking(true).unwrap();
                let stream = Stream::attach(port, worker, ours).unwrap();
                let mut operations = Vec::with_capacity(BATCH);
                for round in 0..ROUNDS {
                    let first = (worker * ROUNDS + round) * BATCH;
                    operations.clear();
                    for number in 0..BATCH {
                        operations.push(stream.recv(Vec::with_capacity(1), first + number));
                        if number % 10 == 9 {
                            let count = dice.below(12) as usize;
                            // A full socket takes none: cancelled receives have left too much in it.
                            let count = peer.write(&[0; 12][..count]).unwrap_or(0);
                            written.fetch_add(count, Ordering::Relaxed);
                        }
                        if number % 4 == 3 {
                            let victim = operations[dice.below(operations.len() as u64) as usize];
                            found.fetch_add(usize::from(stream.cancel(victim)), Ordering::Relaxed);
                        }
                    }
                    found.fetch_add(stream.cancel_all(), Ordering::Relaxed);
                    // Bounds what is queued, and keeps the dequeuers in the race.
                    while first - worker * ROUNDS * BATCH > ended.load(Ordering::SeqCst) {
                        thread::yield_now();
                        assert!(Instant::now() < deadline);
                    }
                }
                // What was written and not received is still there.
                stream.cancel_all();
                let mut rest = Vec::new();
                peer.shutdown(std::net::Shutdown::Write).unwrap();
                drop(peer);
                let mut socket = socket2::SockRef::from(&stream).try_clone().unwrap();
                socket.read_to_end(&mut rest).unwrap();
                written.fetch_sub(rest.len(), Ordering::Relaxed);
            });
        }
    });
    assert!(ends.iter().all(|count| count.load(Ordering::Relaxed) == 1));
    assert!(matches!(port.try_get(), Ok(None)), "a packet too many");
    assert_eq!(cancelled.load(Ordering::Relaxed), found.load(Ordering::Relaxed));
    assert_eq!(
        received_bytes.load(Ordering::Relaxed),
        written.load(Ordering::Relaxed),
        "bytes were lost (K9)"
    );
    let cancelled = cancelled.load(Ordering::Relaxed);
    let few = OPERATIONS / 100;
    assert!(cancelled > few && cancelled < OPERATIONS - few, "{cancelled} cancelled: no race");
}

/// The same for timers: cancelled or struck, each is one packet.
#[test]
fn every_timer_ends_exactly_once_whoever_wins_the_race() {
    // D6
    const TIMERS: usize = 60_000;
    let port = Port::<usize>::new(2).unwrap();
    let ends: Vec<AtomicU8> = (0..TIMERS).map(|_| AtomicU8::new(0)).collect();
    let (struck, taken_back, found) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let deadline = Instant::now() + PATIENCE;
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while struck.load(Ordering::SeqCst) + taken_back.load(Ordering::SeqCst) < TIMERS {
                    assert!(Instant::now() < deadline, "timers are missing");
                    if let Some(done) = port.get_timeout(Duration::from_millis(20)).unwrap() {
                        assert_eq!(ends[done.context].fetch_add(1, Ordering::Relaxed), 0, "a second packet");
                        match done.event {
                            Event::Timer { cancelled: true } => taken_back.fetch_add(1, Ordering::SeqCst),
                            Event::Timer { cancelled: false } => struck.fetch_add(1, Ordering::SeqCst),
                            other => panic!("{other:?}"),
                        };
                    }
                }
            });
        }
        for worker in 0..2 {
            let (port, found) = (&port, &found);
            scope.spawn(move || {
                let mut dice = Dice(worker as u64 + 9);
                let mut set = Vec::new();
                for number in (worker..TIMERS).step_by(2) {
                    let after = Duration::from_micros(dice.below(400));
                    set.push(port.post_after(after, 0, number).unwrap());
                    if set.len() == 20 {
                        for id in set.drain(..).filter(|_| dice.below(2) == 0) {
                            found.fetch_add(usize::from(port.cancel_timer(id)), Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    assert!(matches!(port.try_get(), Ok(None)), "a packet too many");
    assert_eq!(taken_back.load(Ordering::Relaxed), found.load(Ordering::Relaxed));
    let (struck, taken_back) = (struck.into_inner(), taken_back.into_inner());
    assert!(struck > 1000 && taken_back > 1000, "{struck} struck, {taken_back} taken back: no race");
}

/// A timer set by one thread must not put off an earlier one that another thread sets at the same moment.
#[test]
fn an_early_timer_strikes_in_time_whatever_other_threads_set() {
    const ROUNDS: usize = 1500;
    let port = Port::<bool>::new(2).unwrap();
    let barrier = std::sync::Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                barrier.wait();
                // Each a little earlier than the last, so that each sets the clock.
                for step in 0..4 {
                    let after = Duration::from_secs(3600 - (round * 2) as u64) - Duration::from_millis(step);
                    port.post_after(after, 0, false).unwrap();
                }
            }
        });
        for _ in 0..ROUNDS {
            barrier.wait();
            port.post_after(Duration::from_micros(200), 0, true).unwrap();
            assert!(take(&port).context);
        }
    });
}
