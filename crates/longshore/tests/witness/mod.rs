//! What the tests of the port's promises share: patience, gates, and threads whose failure is noticed.
//!
//! No test sleeps and hopes. A promise that something happens is polled for, with a deadline that only a hang
//! can reach. A promise that something does *not* happen is watched for [`A_WHILE`]: that can miss a broken
//! engine on a slow machine, but never accuse a sound one.

#![allow(dead_code, reason = "every test binary uses a part")]

#[path = "../system/mod.rs"]
mod system;

use longshore::{Completion, Port, Stream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
#[allow(unused_imports, reason = "every test binary uses a part")]
pub use system::{Peer, pair};

/// Long enough for anything that will happen at all.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// How long to watch for what must not happen: dozens of the monitor's ticks.
pub const A_WHILE: Duration = Duration::from_millis(60);

/// Waits until the condition holds.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Checks, for [`A_WHILE`], that the condition goes on holding. The calling thread sleeps in between.
#[track_caller]
pub fn for_a_while(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + A_WHILE;
    while Instant::now() < end {
        assert!(condition(), "not any more: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until this many threads sleep in the port.
#[track_caller]
pub fn parked<C: Send>(port: &Port<C>, threads: usize) {
    let deadline = Instant::now() + PATIENCE;
    while port.stats().parked != threads {
        assert!(Instant::now() < deadline, "in vain: {threads} threads asleep in {port:?}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Takes a packet that must be there or come: a broken engine fails the test instead of hanging it.
#[track_caller]
pub fn take<C: Send>(port: &Port<C>) -> Completion<C> {
    port.get_timeout(PATIENCE).unwrap().unwrap_or_else(|| panic!("no packet comes from {port:?}"))
}

/// Keeps a CPU busy: to the scheduler, and so to the port, the thread runs.
pub fn spin(duration: Duration) {
    let end = Instant::now() + duration;
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}

/// Tests that count wakes and measure time run one after the other.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something threads wait for, busily or asleep.
#[derive(Clone, Default)]
pub struct Gate(Arc<(AtomicBool, Mutex<()>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        let _guard = self.0.1.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.0.store(true, Ordering::Release);
        self.0.2.notify_all();
    }

    pub fn is_open(&self) -> bool {
        self.0.0.load(Ordering::Acquire)
    }

    /// Waits without ever sleeping: the thread counts as running.
    pub fn spin(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.is_open() {
            assert!(Instant::now() < deadline, "a gate nobody opened");
            std::hint::spin_loop();
        }
    }

    /// Waits asleep, in a condition variable.
    pub fn sleep(&self) {
        let guard = self.0.1.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.2.wait_timeout_while(guard, PATIENCE, |()| !self.is_open());
        assert!(!waited.unwrap_or_else(PoisonError::into_inner).1.timed_out(), "a gate nobody opened");
    }
}

/// How many handlers run at the same time.
#[derive(Clone, Default)]
pub struct Overlap(Arc<(AtomicUsize, AtomicUsize, AtomicUsize)>);

impl Overlap {
    /// Counts one handler in, until the result is dropped.
    pub fn enter(&self) -> impl Drop + use<> {
        struct Inside(Overlap);
        impl Drop for Inside {
            fn drop(&mut self) {
                self.0.0.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let now = self.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.1.fetch_max(now, Ordering::SeqCst);
        self.0.2.fetch_add(1, Ordering::SeqCst);
        Inside(self.clone())
    }

    pub fn now(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    pub fn most(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    pub fn entered(&self) -> usize {
        self.0.2.load(Ordering::SeqCst)
    }
}

/// A thread that a failing test leaves behind instead of waiting for it.
pub struct Thread<T>(JoinHandle<T>);

pub fn go<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Thread<T> {
    Thread(std::thread::spawn(f))
}

impl<T> Thread<T> {
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits for the thread's end and passes its panic on.
    #[track_caller]
    pub fn join(self) -> T {
        eventually("a thread's end", || self.0.is_finished());
        self.0.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Threads that take packets one by one until the port is closed.
pub struct Crew(Vec<Thread<()>>);

impl Crew {
    /// Starts `threads` of them, each once the one before sleeps: number 0 went to sleep first. Of other threads
    /// on the port, none may go to sleep or get up meanwhile.
    pub fn new<C: Send + 'static>(
        port: &Port<C>,
        threads: usize,
        handler: impl Fn(usize, Completion<C>) + Send + Sync + 'static,
    ) -> Crew {
        let handler = Arc::new(handler);
        let start = |number: usize| {
            let (handler, port) = (handler.clone(), port.clone());
            let thread = go(move || {
                while let Ok(done) = port.get() {
                    handler(number, done);
                }
            });
            (thread, number)
        };
        let before = port.stats().parked;
        let started = (0..threads).map(|number| {
            let (thread, number) = start(number);
            parked(port, before + number + 1);
            thread
        });
        Crew(started.collect())
    }

    /// Closes the port and waits for the threads.
    #[track_caller]
    pub fn dismiss<C: Send>(self, port: &Port<C>) {
        port.close();
        self.0.into_iter().for_each(|thread| thread.join());
    }
}

/// A stream attached to the port, and its peer.
pub fn connection<C: Send>(port: &Port<C>, key: usize) -> (Stream<C>, Peer) {
    let (ours, theirs) = pair();
    (Stream::attach(port, key, ours).unwrap(), theirs)
}

/// A context that counts how often it was dropped.
#[derive(Clone)]
pub struct Dropped(Arc<AtomicUsize>);

#[derive(Debug)]
pub struct CountsDrop(Arc<AtomicUsize>);

impl Dropped {
    pub fn new() -> Dropped {
        Dropped(Arc::default())
    }

    pub fn context(&self) -> CountsDrop {
        CountsDrop(self.0.clone())
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for CountsDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
