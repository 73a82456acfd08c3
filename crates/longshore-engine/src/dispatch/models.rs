//! loom models of the port: every interleaving (up to a bound) of the real dispatcher, waiter stack and
//! accounting, over a made-up event source. Run with
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test --release -p longshore-engine --lib models`.
//!
//! A lost wake shows as a deadlock, which loom reports.

use super::event_source::{EventSource, Found, Performed};
use super::{Dispatch, TakeError, Wait};
use longshore_crew::{Crew, Start, Worker};
use longshore_types::AsItIs;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use std::time::Duration;

/// What epoll and an eventfd do, in a mutex and a condition variable: an event is reported once (edge), a
/// wake makes the current or the next poll return.
struct Bell {
    heard: Mutex<(bool, Vec<u32>)>,
    rung: Condvar,
}

impl Bell {
    fn new() -> Bell {
        Bell { heard: Mutex::new((false, Vec::new())), rung: Condvar::new() }
    }

    /// The kernel has something.
    fn event(&self, work: u32) {
        self.heard.lock().unwrap().1.push(work);
        self.rung.notify_one();
    }
}

impl EventSource for Bell {
    type Packet = u32;
    type Work = u32;

    fn poll(&self, timeout: Option<Duration>, found: &mut Found<u32>) -> bool {
        let mut heard = self.heard.lock().unwrap();
        while timeout.is_none() && !heard.0 && heard.1.is_empty() {
            heard = self.rung.wait(heard).unwrap();
        }
        found.extend(heard.1.drain(..));
        std::mem::take(&mut heard.0)
    }

    fn wake(&self) {
        self.heard.lock().unwrap().0 = true;
        self.rung.notify_one();
    }

    fn perform(&self, work: u32) -> Result<u32, Performed<Self>> {
        Ok(work)
    }

    fn has_sources(&self) -> bool {
        true
    }

    fn is_ready(&self) -> bool {
        !self.heard.lock().unwrap().1.is_empty()
    }

    fn watch(&self) -> bool {
        true
    }
    fn signal(&self) {}
    fn unsignal(&self) {}
}

type Port = Arc<Dispatch<Bell>>;

fn port(cap: usize) -> Port {
    Arc::new(Dispatch::new(cap, Bell::new()))
}

/// What a thread does that wants a packet.
fn take(port: &Dispatch<Bell>, member: usize, wait: Wait<'_>) -> Result<u32, TakeError> {
    match port.take_at_once(member, AsItIs) {
        Some(packet) => Ok(packet),
        None => port.take(member, wait, None, None),
    }
}

/// A thread that takes one packet and ends, with the accounting a real thread's end has (Q11).
fn take_one(port: &Port) -> Result<u32, TakeError> {
    let member = port.join(0);
    let taken = take(&port, member, Wait::Forever);
    port.leave(member);
    taken
}

fn taker(port: &Port) -> thread::JoinHandle<Result<u32, TakeError>> {
    let port = port.clone();
    thread::spawn(move || take_one(&port))
}

#[test]
fn a_posted_packet_reaches_a_thread_that_is_about_to_sleep() {
    loom::model(|| {
        let port = port(1);
        let taker = taker(&port);
        port.post(7).unwrap();
        assert_eq!(taker.join().unwrap(), Ok(7));
    });
}

#[test]
fn two_posts_reach_two_sleepers_once_each() {
    loom::model(|| {
        let port = port(2);
        let takers = [taker(&port), taker(&port)];
        port.post(1).unwrap();
        port.post(2).unwrap();
        let mut taken = takers.map(|taker| taker.join().unwrap().unwrap());
        taken.sort();
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn a_full_port_serves_the_second_packet_when_the_first_thread_ends() {
    // Q6, Q11: cap 1, two threads, two packets.
    loom::model(|| {
        let port = port(1);
        let inside = Arc::new(AtomicUsize::new(0));
        let takers = [0, 1].map(|_| {
            let (port, inside) = (port.clone(), inside.clone());
            thread::spawn(move || {
                let member = port.join(0);
                let taken = take(&port, member, Wait::Forever).unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two handlers at a time");
                inside.fetch_sub(1, Ordering::SeqCst);
                port.leave(member);
                taken
            })
        });
        port.post(1).unwrap();
        port.post(2).unwrap();
        let sum: u32 = takers.map(|taker| taker.join().unwrap()).iter().sum();
        assert_eq!(sum, 3);
    });
}

#[test]
fn an_event_reaches_a_thread_whoever_leads() {
    loom::model(|| {
        let port = port(1);
        let takers = [taker(&port), taker(&port)];
        port.events().event(1);
        port.events().event(2);
        let mut taken = takers.map(|taker| taker.join().unwrap().unwrap());
        taken.sort();
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn an_event_and_a_post_reach_one_thread_each() {
    loom::model(|| {
        let port = port(2);
        let takers = [taker(&port), taker(&port)];
        port.events().event(1);
        port.post(2).unwrap();
        let mut taken = takers.map(|taker| taker.join().unwrap().unwrap());
        taken.sort();
        assert_eq!(taken, [1, 2]);
    });
}

/// Two threads on a port of cap 1: whoever gets packet 1 blocks, after `on_block`,
/// until the other has taken a packet.
fn one_blocks_until_the_other_has_run(port: &Port, on_block: fn(&Port)) -> [thread::JoinHandle<()>; 2] {
    let done = Arc::new((Mutex::new(false), Condvar::new()));
    [0, 1].map(|_| {
        let (port, done) = (port.clone(), done.clone());
        thread::spawn(move || {
            let member = port.join(0);
            let taken = take(&port, member, Wait::Forever).unwrap();
            if taken == 1 {
                assert!(port.block(member));
                on_block(&port);
                let mut finished = done.0.lock().unwrap();
                while !*finished {
                    finished = done.1.wait(finished).unwrap();
                }
                drop(finished);
                port.unblock(member);
            } else {
                *done.0.lock().unwrap() = true;
                done.1.notify_one();
            }
            port.leave(member);
        })
    })
}

#[test]
fn a_thread_that_blocks_lets_another_run() {
    // Q8: with cap 1 the first thread blocks until the second has taken a packet.
    loom::model(|| {
        let port = port(1);
        let threads = one_blocks_until_the_other_has_run(&port, |_| {});
        port.post(1).unwrap();
        port.post(2).unwrap();
        threads.map(|thread| thread.join().unwrap());
        assert_eq!(port.lock().running, 0);
    });
}

#[test]
fn a_thread_that_blocks_leaves_somebody_to_listen() {
    // The first thread holds the only slot and nobody leads; blocking must make the other listen.
    loom::model(|| {
        let port = port(1);
        port.post(1).unwrap();
        let threads = one_blocks_until_the_other_has_run(&port, |port| port.events().event(2));
        threads.map(|thread| thread.join().unwrap());
    });
}

#[test]
fn closing_wakes_everybody_and_nobody_takes_afterwards() {
    // C1, C5
    loom::model(|| {
        let port = port(1);
        let takers = [taker(&port), taker(&port)];
        port.close(false);
        for taker in takers {
            assert_eq!(taker.join().unwrap(), Err(TakeError::Closed));
        }
        assert_eq!(take_one(&port), Err(TakeError::Closed));
        assert_eq!(port.post(1), Err(1));
    });
}

#[test]
fn a_packet_posted_while_closing_is_taken_or_dropped_and_never_both() {
    loom::model(|| {
        let port = port(1);
        let taker = taker(&port);
        let closer = {
            let port = port.clone();
            thread::spawn(move || port.close(false))
        };
        let posted = port.post(1).is_ok();
        closer.join().unwrap();
        match taker.join().unwrap() {
            Ok(packet) => assert!(posted && packet == 1),
            Err(nothing) => assert_eq!(nothing, TakeError::Closed),
        }
    });
}

#[test]
fn a_pool_that_stops_ends_every_wait_after_the_queue_is_drained() {
    loom::model(|| {
        let port = port(1);
        let crew = Crew::new(2, 2, 1, Duration::MAX);
        let taken = Arc::new(AtomicUsize::new(0));
        let workers: Arc<Mutex<Vec<thread::JoinHandle<()>>>> = Arc::default();
        let start: std::sync::Arc<dyn Start> = std::sync::Arc::new({
            let (port, taken, workers) = (port.clone(), taken.clone(), workers.clone());
            move |worker: Worker| {
                let (port, taken) = (port.clone(), taken.clone());
                let thread = thread::spawn(move || {
                    let member = port.join(0);
                    while take(&port, member, Wait::Serve(&worker)).is_ok() {
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                    port.leave(member);
                });
                workers.lock().unwrap().push(thread);
                Ok(())
            }
        });
        crew.fill(&start).unwrap();
        port.post(1).unwrap();
        crew.stop();
        port.rouse_all();
        let threads = std::mem::take(&mut *workers.lock().unwrap());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(taken.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_thread_that_only_looks_does_not_swallow_the_leaders_wake() {
    loom::model(|| {
        let port = port(2);
        let looker = {
            let port = port.clone();
            thread::spawn(move || {
                let member = port.join(0);
                let taken = take(&port, member, Wait::Now);
                port.leave(member);
                taken.ok()
            })
        };
        let sleeper = taker(&port);
        port.post(1).unwrap();
        let looked = looker.join().unwrap();
        if looked.is_some() {
            port.post(1).unwrap();
        }
        assert_eq!(sleeper.join().unwrap(), Ok(1));
    });
}

/// A pool as the faces make it: threads by the account of a crew, which serve the port until it is closed.
struct Pool {
    port: Port,
    crew: std::sync::Arc<Crew>,
    start: std::sync::Arc<dyn Start>,
    threads: Arc<Mutex<Vec<thread::JoinHandle<()>>>>,
    handled: Arc<(Mutex<Vec<u32>>, Condvar)>,
}

impl Pool {
    /// A worker that takes packet 1 blocks until packet 2 is handled, if `one_blocks`.
    fn new(least: usize, most: usize, idle_max: Duration, one_blocks: bool) -> Pool {
        let port = port(1);
        let (threads, handled) = (Arc::default(), Arc::new((Mutex::new(Vec::new()), Condvar::new())));
        let start: std::sync::Arc<dyn Start> = std::sync::Arc::new({
            let (port, handled) = (port.clone(), handled.clone());
            let threads: Arc<Mutex<Vec<_>>> = Arc::clone(&threads);
            move |worker: Worker| {
                let (port, handled) = (port.clone(), handled.clone());
                let thread = thread::spawn(move || serve(&port, &worker, &handled, one_blocks));
                threads.lock().unwrap().push(thread);
                Ok(())
            }
        });
        let pool = Pool { port, crew: Crew::adjustable(least, most, 1, idle_max), start, threads, handled };
        pool.crew.fill(&pool.start).unwrap();
        pool
    }

    fn wait_until_handled(&self, packet: u32) {
        let mut handled = self.handled.0.lock().unwrap();
        while !handled.contains(&packet) {
            handled = self.handled.1.wait(handled).unwrap();
        }
    }

    /// Closes the port, and waits for the threads; returns how many there were in all.
    fn end(self) -> usize {
        self.port.close(false);
        let mut threads = 0;
        loop {
            let Some(thread) = self.threads.lock().unwrap().pop() else { break };
            thread.join().unwrap();
            threads += 1;
        }
        assert_eq!((self.crew.threads(), self.port.lock().running), (0, 0));
        threads
    }
}

fn serve(port: &Port, worker: &Worker, handled: &(Mutex<Vec<u32>>, Condvar), one_blocks: bool) {
    let member = port.join(0);
    while let Ok(packet) = port.take(member, Wait::Serve(worker), None, None) {
        let mut done = handled.0.lock().unwrap();
        if packet == 1 && one_blocks {
            drop(done);
            assert!(port.block(member));
            done = handled.0.lock().unwrap();
            while !done.contains(&2) {
                done = handled.1.wait(done).unwrap();
            }
            drop(done);
            port.unblock(member);
            done = handled.0.lock().unwrap();
        }
        done.push(packet);
        handled.1.notify_all();
    }
    port.leave(member);
}

#[test]
fn a_pool_whose_only_thread_blocks_starts_another() {
    loom::model(|| {
        let pool = Pool::new(1, 2, Duration::MAX, true);
        pool.port.post(1).unwrap();
        pool.port.post(2).unwrap();
        pool.wait_until_handled(1);
        assert_eq!(pool.end(), 2);
    });
}

#[test]
fn a_packet_reaches_a_pool_one_of_whose_two_threads_leaves() {
    // Idle time is over at once: the second thread, or the first, leaves as soon as it sleeps.
    // Three threads and three preemptions would take most of an hour.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(model.preemption_bound.unwrap_or(2).min(2));
    model.check(|| {
        let pool = Pool::new(1, 2, Duration::ZERO, false);
        pool.port.post(1).unwrap();
        pool.wait_until_handled(1);
        pool.port.post(2).unwrap();
        pool.wait_until_handled(2);
        pool.end();
    });
}

#[test]
fn a_packet_reaches_a_pool_whose_only_thread_leaves() {
    loom::model(|| {
        let pool = Pool::new(0, 1, Duration::ZERO, false);
        for packet in [1, 2] {
            pool.port.post(packet).unwrap();
            pool.crew.want(&pool.start);
        }
        pool.wait_until_handled(1);
        pool.wait_until_handled(2);
        pool.end();
    });
}

#[test]
fn a_pool_that_grows_while_its_port_closes_ends() {
    loom::model(|| {
        let pool = Pool::new(1, 2, Duration::MAX, false);
        pool.port.post(1).unwrap();
        pool.end();
    });
}

#[test]
fn the_queue_passes_packets_in_order_across_segments() {
    loom::model(|| {
        let (mut producer, mut consumer) = super::queue::queue();
        let pusher = thread::spawn(move || {
            for number in 0..5 {
                producer.push(Box::new(number));
            }
            producer
        });
        let mut expected = 0;
        while let Some(number) = consumer.pop() {
            assert_eq!(*number, expected);
            expected += 1;
        }
        let producer = pusher.join().unwrap();
        while let Some(number) = consumer.pop() {
            assert_eq!(*number, expected);
            expected += 1;
        }
        assert_eq!(expected, 5);
        drop(producer);
    });
}
