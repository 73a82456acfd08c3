//! loom models of the reader/writer lock and of the condition variable with it; see [`crate::object::wait`]'s
//! for how to run them. A sleeper that nobody wakes shows as a deadlock.

use crate::lock::condition_variable::CONDITION_VARIABLE;
use crate::lock::srw_lock::SRWLOCK;
use crate::sync::futex::INFINITE;
use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicUsize;
use loom::thread;
use std::sync::Arc;
use std::sync::atomic::Ordering;

struct Guarded {
    lock: SRWLOCK,
    condition: CONDITION_VARIABLE,
    value: UnsafeCell<usize>,
    readers: AtomicUsize,
}

// SAFETY: the value is reached under the lock, which is what is modelled: loom watches the cell.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

fn guarded() -> Arc<Guarded> {
    Arc::new(Guarded {
        lock: SRWLOCK::new(),
        condition: CONDITION_VARIABLE::new(),
        value: UnsafeCell::new(0),
        readers: AtomicUsize::new(0),
    })
}

impl Guarded {
    fn add(&self) {
        self.lock.write();
        // SAFETY: the lock is held for writing.
        self.value.with_mut(|value| unsafe { *value += 1 });
        self.lock.end_write();
    }

    fn read(&self) -> usize {
        self.lock.read();
        self.readers.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the lock is held for reading.
        let value = self.value.with(|value| unsafe { *value });
        self.readers.fetch_sub(1, Ordering::Relaxed);
        self.lock.end_read();
        value
    }
}

fn run(threads: Vec<fn(&Guarded)>) -> Arc<Guarded> {
    let guarded = guarded();
    let threads: Vec<_> = threads
        .into_iter()
        .map(|work| {
            let guarded = guarded.clone();
            thread::spawn(move || work(&guarded))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    guarded
}

#[test]
fn three_writers_all_get_their_turn() {
    loom::model(|| assert_eq!(run(vec![Guarded::add; 3]).read(), 3));
}

#[test]
fn readers_and_writers_all_get_their_turn() {
    loom::model(|| {
        let read: fn(&Guarded) = |guarded| assert!(guarded.read() <= 2);
        assert_eq!(run(vec![read, Guarded::add, Guarded::add]).read(), 2);
    });
    loom::model(|| {
        let read: fn(&Guarded) = |guarded| assert!(guarded.read() <= 1);
        assert_eq!(run(vec![read, read, Guarded::add]).read(), 1);
    });
}

#[test]
fn a_condition_is_not_missed_by_a_thread_that_is_about_to_sleep() {
    for exclusive in [true, false] {
        loom::model(move || {
            let guarded = guarded();
            let waiting = {
                let guarded = guarded.clone();
                thread::spawn(move || {
                    let lock = || if exclusive { guarded.lock.write() } else { guarded.lock.read() };
                    let unlock =
                        || if exclusive { guarded.lock.end_write() } else { guarded.lock.end_read() };
                    lock();
                    // SAFETY: the lock is held.
                    while guarded.value.with(|value| unsafe { *value }) == 0 {
                        guarded.condition.sleep(INFINITE, unlock, lock);
                    }
                    unlock();
                })
            };
            guarded.add();
            guarded.condition.wake(1);
            waiting.join().unwrap();
        });
    }
}
