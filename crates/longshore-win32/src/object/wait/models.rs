//! loom models of waiting: every interleaving (up to a bound) of the real waitables, wait blocks
//! and dispatcher lock. Run with `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=2 cargo test
//! --release -p longshore-win32 --lib models`.
//!
//! A lost wake shows as a deadlock, which loom reports. Timeouts are threads that end the wait, as a sleeper
//! whose time is up does.

use crate::object::thread::Thread;
use crate::object::wait::{Waitable, apc, thread_ends, wait_as};
use crate::object::{HandleCount, Object};
use crate::sync::futex::INFINITE;
use loom::sync::atomic::AtomicUsize;
use loom::thread::{self, JoinHandle};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use windows_sys::Win32::Foundation::{WAIT_ABANDONED, WAIT_IO_COMPLETION, WAIT_OBJECT_0, WAIT_TIMEOUT};

struct Thing(HandleCount, Waitable);

impl Object for Thing {
    fn handle_count(&self) -> &HandleCount {
        &self.0
    }
    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.1)
    }
}

type Objects = Vec<Arc<dyn Object>>;

fn objects(waitables: impl IntoIterator<Item = Waitable>) -> Objects {
    let object = |waitable| -> Arc<dyn Object> { Arc::new(Thing(HandleCount::new(), waitable)) };
    waitables.into_iter().map(object).collect()
}

fn waitable(objects: &Objects, index: usize) -> &Waitable {
    objects[index].waitable().unwrap()
}

/// A thread that waits for those of the objects.
fn waiter(id: u32, objects: &[Arc<dyn Object>], all: bool) -> (Arc<Thread>, JoinHandle<u32>) {
    let (thread, objects) = (Thread::model(id), objects.to_vec());
    let waits = thread.clone();
    (thread, thread::spawn(move || wait_as(&waits, &objects, all, INFINITE, true)))
}

/// Whether a wait would be satisfied now; takes what it takes.
fn poll(objects: &Objects, all: bool) -> bool {
    wait_as(&Thread::model(99), objects, all, 0, false) != WAIT_TIMEOUT
}

#[test]
fn a_signal_reaches_a_thread_that_is_about_to_sleep() {
    for manual in [false, true] {
        loom::model(move || {
            let kind = if manual { Waitable::notification } else { Waitable::synchronization };
            let event = objects([kind(false)]);
            let written = Arc::new(AtomicUsize::new(0));
            let (_, waiter) = waiter(1, &event, false);
            written.store(1, Ordering::Relaxed);
            waitable(&event, 0).set();
            assert_eq!(waiter.join().unwrap(), WAIT_OBJECT_0);
            assert_eq!(poll(&event, false), manual, "a wait takes the signal of an auto-reset event only");
        });
    }
}

#[test]
fn a_signal_publishes_what_was_written_before_it() {
    loom::model(|| {
        let event = objects([Waitable::notification(false)]);
        let written = Arc::new(AtomicUsize::new(0));
        let theirs = (event.clone(), written.clone());
        let reader = thread::spawn(move || {
            // The way without the lock: the signal is there, or it is not.
            if waitable(&theirs.0, 0).take_unwatched() == Some(true) {
                assert_eq!(theirs.1.load(Ordering::Relaxed), 1);
            }
        });
        written.store(1, Ordering::Relaxed);
        waitable(&event, 0).set();
        reader.join().unwrap();
    });
}

#[test]
fn two_posts_release_two_waiters() {
    loom::model(|| {
        let semaphore = objects([Waitable::semaphore(0, 2)]);
        let waiters = [1, 2].map(|id| waiter(id, &semaphore, false).1);
        waitable(&semaphore, 0).post(1).unwrap();
        waitable(&semaphore, 0).post(1).unwrap();
        waiters.into_iter().for_each(|waiter| assert_eq!(waiter.join().unwrap(), WAIT_OBJECT_0));
        assert!(!poll(&semaphore, false));
    });
}

#[test]
fn a_signal_goes_to_a_waiter_or_to_one_who_looks_and_never_to_both() {
    loom::model(|| {
        let event = objects([Waitable::synchronization(false)]);
        let (_, waiting) = waiter(1, &event, false);
        let setter = {
            let event = event.clone();
            thread::spawn(move || waitable(&event, 0).set())
        };
        let stolen = waitable(&event, 0).take_unwatched() == Some(true);
        setter.join().unwrap();
        if stolen {
            waitable(&event, 0).set();
        }
        assert_eq!(waiting.join().unwrap(), WAIT_OBJECT_0);
        assert!(!poll(&event, false));
    });
}

#[test]
fn a_wait_for_all_never_sees_signals_that_were_not_there_together() {
    loom::model(|| {
        let pair = objects([Waitable::notification(false), Waitable::notification(false)]);
        let theirs = pair.clone();
        let other = thread::spawn(move || {
            waitable(&theirs, 0).set();
            waitable(&theirs, 0).clear();
            waitable(&theirs, 1).set();
        });
        assert!(!poll(&pair, true), "the first was cleared before the second was set");
        other.join().unwrap();
    });
}

#[test]
fn a_wait_for_all_and_a_wait_for_one_share_what_there_is() {
    loom::model(|| {
        let pair = objects([Waitable::semaphore(0, 2), Waitable::synchronization(false)]);
        let (_, all) = waiter(1, &pair, true);
        let (_, one) = waiter(2, &pair[..1], false);
        waitable(&pair, 0).post(1).unwrap();
        waitable(&pair, 1).set();
        waitable(&pair, 0).post(1).unwrap();
        assert_eq!((all.join().unwrap(), one.join().unwrap()), (WAIT_OBJECT_0, WAIT_OBJECT_0));
        assert!(!poll(&pair, false), "nothing is left");
    });
}

#[test]
fn a_wait_whose_time_is_up_has_taken_the_signal_or_left_it() {
    loom::model(|| {
        let event = objects([Waitable::synchronization(false)]);
        let (thread, waiting) = waiter(1, &event, false);
        let clock = thread::spawn(move || {
            let mut dispatcher = crate::object::wait::dispatcher::Dispatcher::lock();
            let block = thread.wait.get(&mut dispatcher).clone();
            drop(dispatcher);
            block.is_some_and(|block| block.end(WAIT_TIMEOUT))
        });
        waitable(&event, 0).set();
        let timed_out = clock.join().unwrap();
        let result = waiting.join().unwrap();
        assert_eq!(result, if timed_out { WAIT_TIMEOUT } else { WAIT_OBJECT_0 });
        assert_eq!(poll(&event, false), timed_out);
    });
}

#[test]
fn an_apc_or_the_signal_ends_an_alertable_wait_and_the_other_stays() {
    // AP2
    loom::model(|| {
        let event = objects([Waitable::synchronization(false)]);
        let (thread, waiting) = waiter(1, &event, false);
        let setter = {
            let event = event.clone();
            thread::spawn(move || waitable(&event, 0).set())
        };
        assert!(apc::queue(&thread, Box::new(|| {})));
        let result = waiting.join().unwrap();
        setter.join().unwrap();
        assert_eq!(poll(&event, false), result == WAIT_IO_COMPLETION);
        assert!(thread.has_apcs(), "this wait does not run it");
    });
}

#[test]
fn an_apc_reaches_a_thread_that_is_about_to_sleep() {
    loom::model(|| {
        let event = objects([Waitable::synchronization(false)]);
        let (thread, waiting) = waiter(1, &event, false);
        assert!(apc::queue(&thread, Box::new(|| {})));
        assert_eq!(waiting.join().unwrap(), WAIT_IO_COMPLETION);
    });
}

#[test]
fn a_mutex_passes_from_an_owner_that_ends_to_one_waiter() {
    loom::model(|| {
        let mutex = objects([Waitable::mutant()]);
        let owner = Thread::model(9);
        assert_eq!(wait_as(&owner, &mutex, false, 0, false), WAIT_OBJECT_0);
        let (first, waiting) = waiter(1, &mutex, false);
        let ending = thread::spawn(move || thread_ends(&owner));
        assert_eq!(waiting.join().unwrap(), WAIT_ABANDONED);
        ending.join().unwrap();
        assert!(!poll(&mutex, false), "it is the waiter's now");
        thread_ends(&first);
    });
}
