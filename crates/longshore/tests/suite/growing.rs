//! Pools that grow when handlers block and shrink when they are idle.

use crate::fixtures::*;
use longshore::{Completion, Port, Threads, WorkerPool, blocking};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Threads that begin without delay, and the time between two after that.
const AT_ONCE: usize = 16;
const INTERVAL: Duration = Duration::from_millis(1);

/// An idle time that no test outlasts.
const LONG: Duration = Duration::from_secs(3600);

/// How a handler blocks.
type Block = fn(&Gate);

const ANNOUNCED: Block = |gate| blocking(|| gate.sleep());
/// On Linux the monitor finds it.
const UNANNOUNCED: Block = |gate| gate.sleep();

/// A pool whose handlers block until a gate opens, and when each of its threads had its first packet.
struct Blocked {
    port: Port<()>,
    pool: WorkerPool,
    gate: Gate,
    handled: Arc<AtomicUsize>,
    began: Arc<Mutex<Vec<(ThreadId, Instant)>>>,
}

impl Blocked {
    fn new(concurrency: usize, threads: impl Into<Threads>, block: Block) -> Blocked {
        let port = Port::new(concurrency).unwrap();
        let (gate, handled) = (Gate::default(), Arc::new(AtomicUsize::new(0)));
        let began: Arc<Mutex<Vec<(ThreadId, Instant)>>> = Arc::default();
        let handler = {
            let (gate, handled, began) = (gate.clone(), handled.clone(), began.clone());
            move |_: Completion<()>| {
                let (this, now) = (thread::current().id(), Instant::now());
                let mut threads = began.lock().unwrap();
                if threads.iter().all(|(thread, _)| *thread != this) {
                    threads.push((this, now));
                }
                drop(threads);
                if !gate.is_open() {
                    block(&gate);
                }
                handled.fetch_add(1, Ordering::SeqCst);
            }
        };
        let pool = WorkerPool::new(&port, threads, handler).unwrap();
        Blocked { port, pool, gate, handled, began }
    }

    fn post(&self, packets: usize) {
        (0..packets).for_each(|_| self.port.post(0, ()).unwrap());
    }

    fn began(&self) -> usize {
        self.began.lock().unwrap().len()
    }

    fn handled(&self) -> usize {
        self.handled.load(Ordering::SeqCst)
    }
}

fn a_thousand_block(block: Block) {
    const MOST: usize = 100;
    let blocked = Blocked::new(1, Threads::from(1..=MOST).idle_max(LONG), block);
    assert_eq!(blocked.pool.threads(), 1);
    let start = Instant::now();
    blocked.post(1000);
    eventually("as many block as may", || blocked.began() >= MOST);
    for_a_while("there are no more", || blocked.pool.threads() == MOST && blocked.began() == MOST);
    assert_eq!(blocked.handled(), 0);
    // The first was there. A busy machine makes threads later, never earlier.
    let mut began: Vec<_> = blocked.began.lock().unwrap().iter().map(|(_, at)| *at - start).collect();
    began.sort();
    for (grown, at) in began.into_iter().enumerate().skip(1) {
        let least = INTERVAL * grown.saturating_sub(AT_ONCE) as u32;
        assert!(at >= least, "thread {grown} began after {at:?}, not {least:?}");
    }
    blocked.gate.open();
    eventually("all are handled", || blocked.handled() == 1000);
    blocked.pool.shutdown();
    assert_eq!((blocked.port.stats().running, blocked.port.stats().queued), (0, 0));
}

#[test]
fn a_thousand_announced_blocking_handlers_start_no_more_than_most_threads_and_at_a_rate() {
    a_thousand_block(ANNOUNCED);
}

#[test]
fn a_thousand_blocking_handlers_start_no_more_than_most_threads_and_at_a_rate() {
    a_thousand_block(UNANNOUNCED);
}

#[test]
fn threads_that_are_idle_leave_and_the_least_stay() {
    for least in [1, 3] {
        let threads = Threads::from(least..=20).idle_max(Duration::from_millis(10));
        let blocked = Blocked::new(1, threads, ANNOUNCED);
        blocked.post(12);
        eventually("twelve block", || blocked.began() == 12);
        for_a_while("they do not leave", || blocked.pool.threads() >= 12);
        blocked.gate.open();
        eventually("the others leave", || blocked.pool.threads() == least);
        for_a_while("the least stay", || blocked.pool.threads() == least);
        assert_eq!(blocked.handled(), 12);
        eventually("they sleep", || blocked.port.stats().parked == least);
        // None of the others is a member any more.
        let stats = blocked.port.stats();
        assert_eq!((stats.running, stats.blocked), (0, 0));
        blocked.post(1);
        eventually("and work", || blocked.handled() == 13);
        blocked.pool.shutdown();
    }
}

#[test]
fn a_thread_that_is_needed_does_not_leave() {
    let threads = Threads::from(1..=2).idle_max(Duration::from_millis(1));
    let blocked = Blocked::new(1, threads, ANNOUNCED);
    blocked.post(1);
    eventually("one blocks, and one sleeps", || blocked.began() == 1 && blocked.port.stats().parked == 1);
    for_a_while("it is the last that does", || blocked.pool.threads() == 2);
    blocked.post(1);
    eventually("it was there", || blocked.began() == 2);
    blocked.gate.open();
    blocked.pool.shutdown();
}

#[cfg(target_os = "linux")]
#[test]
fn threads_beyond_the_concurrency_value_and_one_do_not_come_without_blocking() {
    let port = Port::new(2).unwrap();
    let seen: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
    let handled = Arc::new(AtomicUsize::new(0));
    let pool = WorkerPool::new(&port, Threads::from(1..=50).idle_max(LONG), {
        let (seen, handled) = (seen.clone(), handled.clone());
        move |_| {
            seen.lock().unwrap().insert(thread::current().id());
            spin(Duration::from_micros(20));
            handled.fetch_add(1, Ordering::SeqCst);
        }
    })
    .unwrap();
    (0..2000).for_each(|_| port.post(0, ()).unwrap());
    eventually("all are handled", || handled.load(Ordering::SeqCst) == 2000);
    // The lock of this test blocks now and then, and the system may stop a thread: so the bound is loose.
    assert!(pool.threads() <= 10, "{pool:?}");
    pool.shutdown();
}

// A pool of one computes on as many CPUs as the port allows.
#[cfg(target_os = "linux")]
#[test]
fn a_pool_of_one_grows_to_the_concurrency_value_for_handlers_that_compute() {
    let port = Port::new(3).unwrap();
    let (overlap, go_on) = (Overlap::default(), Gate::default());
    let pool = WorkerPool::new(&port, 1..=8, {
        let (overlap, go_on) = (overlap.clone(), go_on.clone());
        move |_| {
            let _inside = overlap.enter();
            go_on.spin();
        }
    })
    .unwrap();
    (0..6).for_each(|_| port.post(0, ()).unwrap());
    eventually("three compute", || overlap.now() == 3);
    for_a_while("three, no more", || overlap.now() == 3);
    go_on.open();
    pool.shutdown();
    assert_eq!((overlap.entered(), overlap.most()), (6, 3));
}

#[test]
fn bounds_that_make_no_sense_are_refused() {
    let port = Port::<()>::new(1).unwrap();
    #[expect(clippy::reversed_empty_ranges, reason = "that is the point")]
    for bounds in [0..=4, 5..=4] {
        let refused = WorkerPool::new(&port, bounds, |_| {}).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    }
    port.post(1, ()).unwrap();
    assert_eq!(take(&port).key, 1);
}

#[test]
fn a_pool_that_is_growing_may_be_closed_dropped_and_shut_down() {
    for round in 0..30 {
        let threads = Threads::from(1..=30).idle_max(Duration::from_millis(round % 3));
        let blocked = Blocked::new(2, threads, ANNOUNCED);
        blocked.post(40);
        eventually("it grows", || blocked.began() > (round % 20) as usize);
        blocked.gate.open();
        match round % 3 {
            0 => {
                blocked.pool.shutdown();
                assert_eq!(blocked.handled.load(Ordering::SeqCst), 40);
            }
            1 => drop(blocked.pool),
            _ => {
                blocked.port.close();
                blocked.pool.join();
            }
        }
        let stats = blocked.port.stats();
        assert_eq!((stats.running, stats.parked, stats.blocked), (0, 0, 0), "round {round}");
    }
}

// Growing, leaving, blocking and posting, all at the same time: every packet is handled once.
#[test]
fn packets_are_neither_lost_nor_doubled_while_threads_come_and_go() {
    const PACKETS: usize = 3000;
    for idle in [Duration::ZERO, Duration::from_micros(300), Duration::from_millis(3)] {
        let port = Port::new(2).unwrap();
        let seen: Arc<Vec<AtomicUsize>> = Arc::new((0..2 * PACKETS).map(|_| AtomicUsize::new(0)).collect());
        let pool = WorkerPool::new(&port, Threads::from(1..=12).idle_max(idle), {
            let seen = seen.clone();
            move |done: Completion<usize>| {
                match done.context % 50 {
                    0 => blocking(|| thread::sleep(Duration::from_millis(1))),
                    1 => thread::sleep(Duration::from_micros(500)),
                    2 => drop(std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(())))),
                    _ => {}
                }
                seen[done.context].fetch_add(1, Ordering::SeqCst);
            }
        })
        .unwrap();
        let posters = [0, 1].map(|half| {
            let port = port.clone();
            go(move || {
                for number in 0..PACKETS {
                    port.post(0, half * PACKETS + number).unwrap();
                    if number % 100 == 99 {
                        thread::sleep(Duration::from_millis(2));
                    }
                }
            })
        });
        posters.into_iter().for_each(Thread::join);
        eventually("all are handled", || seen.iter().all(|seen| seen.load(Ordering::SeqCst) > 0));
        assert!(pool.threads() <= 12);
        eventually("one is left", || pool.threads() == 1);
        pool.shutdown();
        assert!(seen.iter().all(|seen| seen.load(Ordering::SeqCst) == 1));
        assert_eq!((port.stats().running, port.stats().queued), (0, 0));
    }
}
