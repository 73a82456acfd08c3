//! Waits for objects: who is released, in what order, and what a wait takes.

use longshore_win32::testing::{Event, HandleCount, Object, Waitable, apc, thread, wait};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::thread::spawn;
use std::time::{Duration, Instant};

const INFINITE: u32 = u32::MAX;

struct Other(HandleCount, Waitable);

impl Object for Other {
    fn handle_count(&self) -> &HandleCount {
        &self.0
    }
    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.1)
    }
}

fn object(waitable: Waitable) -> Arc<dyn Object> {
    Arc::new(Other(HandleCount::new(), waitable))
}

fn event(manual: bool, signaled: bool) -> Arc<dyn Object> {
    Event::new(manual, signaled)
}

fn waitable(object: &Arc<dyn Object>) -> &Waitable {
    object.waitable().unwrap()
}

#[test]
fn an_auto_reset_event_releases_one_thread_per_set() {
    let event = event(false, false);
    let released = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (event, released) = (event.clone(), released.clone());
            spawn(move || {
                assert_eq!(wait::wait_one(&event, INFINITE, false), 0);
                released.fetch_add(1, Ordering::SeqCst);
            })
        })
        .collect();
    for expected in 1..=4 {
        waitable(&event).set();
        while released.load(Ordering::SeqCst) < expected {
            std::thread::yield_now();
        }
        assert_eq!(released.load(Ordering::SeqCst), expected);
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(wait::wait_one(&event, 0, false), 258, "nothing is left");
}

#[test]
fn a_manual_reset_event_releases_everybody_and_stays_set() {
    let event = event(true, false);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let event = event.clone();
            spawn(move || wait::wait_one(&event, INFINITE, false))
        })
        .collect();
    waitable(&event).set();
    threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), 0));
    assert_eq!(wait::wait_one(&event, 0, false), 0);
    waitable(&event).clear();
    assert_eq!(wait::wait_one(&event, 0, false), 258);
}

#[test]
fn the_lowest_of_several_signaled_objects_wins_and_the_others_keep_their_signal() {
    let objects = [event(false, false), event(false, true), event(false, true)];
    assert_eq!(wait::wait_many(&objects, false, 0, false), 1);
    assert_eq!(wait::wait_many(&objects, false, 0, false), 2);
    assert_eq!(wait::wait_many(&objects, false, 0, false), 258);
}

#[test]
fn a_wait_for_all_takes_nothing_until_it_takes_everything() {
    let objects = [event(false, true), event(false, false)];
    assert_eq!(wait::wait_many(&objects, true, 0, false), 258);
    let waiting = {
        let objects = objects.clone();
        spawn(move || wait::wait_many(&objects, true, INFINITE, false))
    };
    // While it waits for both, the first one's signal is anybody's.
    assert_eq!(wait::wait_one(&objects[0], 0, false), 0);
    waitable(&objects[1]).set();
    assert_eq!(wait::wait_one(&objects[0], 10, false), 258);
    assert!(waitable(&objects[1]).is_set() && !waiting.is_finished());
    waitable(&objects[0]).set();
    assert_eq!(waiting.join().unwrap(), 0);
    assert!(!waitable(&objects[0]).is_set() && !waitable(&objects[1]).is_set());
}

fn is_asleep(thread: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.starts_with(" S")
}

#[test]
fn one_who_waits_for_more_does_not_stand_in_the_way_of_one_who_waits_for_less() {
    let objects = [event(false, false), event(false, false)];
    let (send, receive) = channel();
    let all = {
        let objects = objects.clone();
        spawn(move || {
            send.send(thread::current_id()).unwrap();
            wait::wait_many(&objects, true, INFINITE, false)
        })
    };
    let first = receive.recv().unwrap();
    while !is_asleep(first) {
        std::thread::yield_now();
    }
    let one = {
        let object = objects[0].clone();
        spawn(move || wait::wait_one(&object, INFINITE, false))
    };
    waitable(&objects[0]).set();
    assert_eq!(one.join().unwrap(), 0);
    objects.iter().for_each(|object| waitable(object).set());
    assert_eq!(all.join().unwrap(), 0);
}

#[test]
fn a_timeout_takes_about_that_long_and_leaves_nothing_behind() {
    let event = event(false, false);
    let start = Instant::now();
    assert_eq!(wait::wait_one(&event, 50, false), 258);
    assert!(start.elapsed() >= Duration::from_millis(35), "Q15");
    waitable(&event).set();
    assert!(waitable(&event).is_set(), "the former waiter did not take it");
}

#[test]
fn a_semaphore_counts_and_refuses_to_exceed_its_limit() {
    let semaphore = object(Waitable::semaphore(1, 3));
    assert_eq!(waitable(&semaphore).post(2), Ok(1));
    assert!(waitable(&semaphore).post(1).is_err());
    for _ in 0..3 {
        assert_eq!(wait::wait_one(&semaphore, 0, false), 0);
    }
    assert_eq!(wait::wait_one(&semaphore, 0, false), 258);
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let semaphore = semaphore.clone();
            spawn(move || wait::wait_one(&semaphore, INFINITE, false))
        })
        .collect();
    assert_eq!(waitable(&semaphore).post(2), Ok(0));
    threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), 0));
}

#[test]
fn a_mutex_is_its_owners_as_often_as_it_took_it() {
    let mutex = object(Waitable::mutant());
    assert_eq!(wait::wait_one(&mutex, 0, false), 0);
    assert_eq!(wait::wait_one(&mutex, 0, false), 0);
    let elsewhere = |mutex: &Arc<dyn Object>| {
        let mutex = mutex.clone();
        spawn(move || (wait::wait_one(&mutex, 0, false), waitable(&mutex).release().is_err())).join().unwrap()
    };
    assert_eq!(elsewhere(&mutex), (258, true));
    waitable(&mutex).release().unwrap();
    assert_eq!(elsewhere(&mutex).0, 258);
    waitable(&mutex).release().unwrap();
    assert!(waitable(&mutex).release().is_err());
    assert_eq!(elsewhere(&mutex), (0, false));
}

#[test]
fn a_mutex_whose_owner_ended_is_abandoned_to_the_next() {
    let mutex = object(Waitable::mutant());
    let theirs = mutex.clone();
    spawn(move || assert_eq!(wait::wait_one(&theirs, 0, false), 0)).join().unwrap();
    assert_eq!(wait::wait_one(&mutex, INFINITE, false), 128);
    waitable(&mutex).release().unwrap();
    assert_eq!(wait::wait_one(&mutex, 0, false), 0, "only once");
}

#[test]
fn an_apc_ends_an_alertable_wait_and_no_other() {
    // AP1
    let event = event(false, false);
    let (send, receive) = channel();
    let ran = Arc::new(AtomicUsize::new(0));
    let waiting = {
        let (event, ran) = (event.clone(), ran.clone());
        spawn(move || {
            send.send(thread::current()).unwrap();
            assert_eq!(wait::wait_one(&event, INFINITE, true), 192);
            assert_eq!(ran.load(Ordering::SeqCst), 1);
            send.send(thread::current()).unwrap();
            assert_eq!(wait::wait_one(&event, INFINITE, false), 0);
            assert_eq!(ran.load(Ordering::SeqCst), 1, "not alertable");
            assert!(apc::pending() && apc::run_pending() && !apc::pending());
            assert_eq!(ran.load(Ordering::SeqCst), 2);
        })
    };
    for round in 0..2 {
        let thread = receive.recv().unwrap();
        let ran = ran.clone();
        assert!(apc::queue(&thread, Box::new(move || _ = ran.fetch_add(1, Ordering::SeqCst))));
        if round == 1 {
            waitable(&event).set();
        }
    }
    waiting.join().unwrap();
}

#[test]
fn a_pending_apc_comes_before_a_signaled_object() {
    // AP2, R10
    let event = event(false, true);
    let again = Arc::new(AtomicBool::new(false));
    let inner = again.clone();
    apc::queue(
        &thread::current(),
        Box::new(move || {
            // AP1: one that is queued by another runs as well.
            apc::queue(&thread::current(), Box::new(move || inner.store(true, Ordering::SeqCst)));
        }),
    );
    assert_eq!(wait::wait_one(&event, 0, true), 192);
    assert!(again.load(Ordering::SeqCst));
    assert_eq!(wait::wait_one(&event, 0, true), 0, "the signal is still there");
}

#[test]
fn an_apc_reaches_a_thread_that_waits_elsewhere() {
    let stop = Arc::new(AtomicBool::new(false));
    let (send, receive) = channel();
    let waiting = {
        let stop = stop.clone();
        spawn(move || {
            send.send(thread::current()).unwrap();
            apc::with_rouser(&|| stop.store(true, Ordering::SeqCst), || {
                while !stop.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
            });
            apc::run_pending()
        })
    };
    assert!(apc::queue(&receive.recv().unwrap(), Box::new(|| {})));
    assert!(waiting.join().unwrap());
}

#[test]
fn an_apc_that_is_there_already_ends_a_wait_elsewhere_too() {
    let roused = AtomicBool::new(false);
    apc::queue(&thread::current(), Box::new(|| {}));
    apc::with_rouser(&|| roused.store(true, Ordering::SeqCst), || assert!(roused.load(Ordering::SeqCst)));
    assert!(apc::run_pending());
}

#[test]
fn an_ended_thread_takes_no_apc_and_its_own_are_dropped() {
    // AP3, AP5
    let dropped = Arc::new(());
    let theirs = dropped.clone();
    let ended = spawn(move || {
        let thread = thread::current();
        apc::queue(&thread, Box::new(move || unreachable!("{theirs:?}")));
        thread
    })
    .join()
    .unwrap();
    let object: Arc<dyn Object> = ended.clone();
    assert_eq!(wait::wait_one(&object, INFINITE, false), 0, "a thread is signaled when it has ended");
    assert!(!apc::queue(&ended, Box::new(|| {})));
    assert_eq!(Arc::strong_count(&dropped), 1);
}

#[test]
fn the_hook_knows_of_a_thread_before_its_handle_is_signaled() {
    static LAST: AtomicU32 = AtomicU32::new(0);
    static WANTED: AtomicU32 = AtomicU32::new(0);
    thread::at_exit(|id| {
        if id == WANTED.load(Ordering::SeqCst) {
            LAST.store(id, Ordering::SeqCst);
        }
    });
    let (send, receive) = channel();
    let running = spawn(move || {
        let thread = thread::current();
        WANTED.store(thread.id(), Ordering::SeqCst);
        send.send(thread).unwrap();
    });
    let thread: Arc<dyn Object> = receive.recv().unwrap();
    assert_eq!(wait::wait_one(&thread, INFINITE, false), 0);
    assert_eq!(LAST.load(Ordering::SeqCst), WANTED.load(Ordering::SeqCst));
    running.join().unwrap();
}

/// Many threads over few objects: what is signaled is taken exactly once, by single waits, waits
/// for any and waits for all alike.
#[test]
fn nothing_is_lost_and_nothing_is_taken_twice_under_contention() {
    const ROUNDS: usize = 3000;
    const TAKERS: usize = 3;
    let objects = [object(Waitable::semaphore(0, INFINITE / 4)), event(false, false), event(true, false)];
    let semaphore_taken = Arc::new(AtomicUsize::new(0));
    let event_taken = Arc::new(AtomicUsize::new(0));
    let start = Arc::new(Barrier::new(2 * TAKERS + 1));
    let mut threads = Vec::new();
    for taker in 0..TAKERS {
        let (objects, start) = (objects.clone(), start.clone());
        let (semaphore_taken, event_taken) = (semaphore_taken.clone(), event_taken.clone());
        threads.push(spawn(move || {
            start.wait();
            loop {
                let timeout = [INFINITE, 1, 0][taker % 3];
                match wait::wait_many(&objects, false, timeout, taker % 2 == 0) {
                    0 => _ = semaphore_taken.fetch_add(1, Ordering::SeqCst),
                    1 => _ = event_taken.fetch_add(1, Ordering::SeqCst),
                    2 => return, // Only when the others are not signaled.
                    other => assert_eq!(other, 258),
                }
            }
        }));
    }
    for _ in 0..TAKERS {
        let (objects, start) = (objects.clone(), start.clone());
        let (semaphore_taken, event_taken) = (semaphore_taken.clone(), event_taken.clone());
        threads.push(spawn(move || {
            start.wait();
            while !waitable(&objects[2]).is_set() {
                if wait::wait_many(&objects[..2], true, 1, false) == 0 {
                    semaphore_taken.fetch_add(1, Ordering::SeqCst);
                    event_taken.fetch_add(1, Ordering::SeqCst);
                }
            }
        }));
    }
    start.wait();
    let mut sets = 0;
    for _ in 0..ROUNDS {
        waitable(&objects[0]).post(1).unwrap();
        waitable(&objects[1]).set();
        // Every set is taken before the next, so that none falls together with another.
        sets += 1;
        while event_taken.load(Ordering::SeqCst) < sets {
            std::thread::yield_now();
        }
    }
    while semaphore_taken.load(Ordering::SeqCst) < ROUNDS {
        std::thread::yield_now();
    }
    waitable(&objects[2]).set();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(event_taken.load(Ordering::SeqCst), sets);
    assert_eq!(semaphore_taken.load(Ordering::SeqCst), ROUNDS);
    assert_eq!(wait::wait_many(&objects[..2], false, 0, false), 258);
}
