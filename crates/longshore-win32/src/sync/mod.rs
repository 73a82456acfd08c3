//! The primitives through which threads wait for objects, so that loom can replace them and drive the real
//! code (`RUSTFLAGS="--cfg loom"`): the dispatcher lock, the words of waitables and locks, and sleeping on
//! them. (A flag that the engine waits by has to be of the engine's kind as well.)

pub(crate) mod futex;
pub(crate) mod lock;
pub(crate) mod rank;
pub(crate) mod signal_handler;

/// The signal that stops a thread where it is (`object/suspend.rs`).
pub(crate) fn stop_signal() -> i32 {
    libc::SIGRTMAX() - 3
}

#[cfg(not(loom))]
mod imp {
    use crate::sync::futex::{self, Deadline};
    use crate::sync::lock::{Lock, LockGuard};
    use crate::sync::rank::{self, Rank};
    use std::sync::atomic::Ordering;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, fence};

    pub(crate) use futex::wait_class;

    /// Wakes up to so many sleepers of a class.
    pub(crate) fn wake_class(word: &AtomicU32, sleepers_max: i32, class: u32) {
        futex::wake_class(word.as_ptr(), sleepers_max, class);
    }

    static DISPATCHER: Lock<()> = Lock::new(Rank::DISPATCHER, ());

    /// The dispatcher lock, held.
    pub(crate) type DispatcherGuard = LockGuard<'static, ()>;

    /// Takes the dispatcher lock.
    pub(crate) fn lock_dispatcher() -> DispatcherGuard {
        DISPATCHER.lock()
    }

    /// A number that one thread sleeps on until it changes.
    pub(crate) struct Word(AtomicU32);

    impl Word {
        pub(crate) fn new(value: u32) -> Self {
            Word(AtomicU32::new(value))
        }

        pub(crate) fn load(&self) -> u32 {
            self.0.load(Ordering::Acquire)
        }

        pub(crate) fn store(&self, value: u32) {
            self.0.store(value, Ordering::Release);
        }

        /// Sleeps while it has the value expected. False if the deadline has passed.
        pub(crate) fn sleep(&self, expected: u32, deadline: Deadline) -> bool {
            rank::may_sleep();
            futex::wait(&self.0, expected, deadline)
        }

        pub(crate) fn wake(&self) {
            futex::wake(&self.0, 1);
        }
    }
}

#[cfg(loom)]
mod imp {
    use crate::sync::futex::Deadline;
    use longshore_engine::HoldOff;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, fence};
    use loom::sync::{Condvar, Mutex, MutexGuard};
    use std::sync::atomic::Ordering;

    loom::lazy_static! {
        static ref DISPATCHER: Mutex<()> = Mutex::new(());
    }

    /// The dispatcher lock, held.
    pub(crate) struct DispatcherGuard {
        guard: MutexGuard<'static, ()>,
        held_off: HoldOff,
    }

    impl DispatcherGuard {
        pub(crate) fn release(self) -> HoldOff {
            self.held_off
        }
    }

    /// Takes the dispatcher lock.
    pub(crate) fn lock_dispatcher() -> DispatcherGuard {
        let held_off = HoldOff::new();
        DispatcherGuard { guard: DISPATCHER.lock().unwrap(), held_off }
    }

    /// What the kernel knows of futexes: who sleeps, on what, in which class.
    #[derive(Default)]
    struct Sleepers {
        asleep: Vec<(usize, u32, u64)>,
        last: u64,
    }

    loom::lazy_static! {
        static ref SLEEPERS: Mutex<Sleepers> = Mutex::new(Sleepers::default());
        static ref WOKEN: Condvar = Condvar::new();
    }

    pub(crate) fn wait_class(word: &AtomicU32, expected: u32, _: Deadline, class: u32) -> bool {
        let mut sleepers = SLEEPERS.lock().unwrap();
        if word.load(Ordering::SeqCst) != expected {
            return true;
        }
        sleepers.last += 1;
        let this = (std::ptr::from_ref(word) as usize, class, sleepers.last);
        sleepers.asleep.push(this);
        while sleepers.asleep.contains(&this) {
            sleepers = WOKEN.wait(sleepers).unwrap();
        }
        true
    }

    pub(crate) fn wake_class(word: &AtomicU32, sleepers_max: i32, class: u32) {
        let mut sleepers = SLEEPERS.lock().unwrap();
        let address = std::ptr::from_ref(word) as usize;
        let mut left = sleepers_max;
        sleepers.asleep.retain(|(on, of, _)| {
            let woken = *on == address && of & class != 0 && left > 0;
            left -= i32::from(woken);
            !woken
        });
        drop(sleepers);
        WOKEN.notify_all();
    }

    /// A futex in a mutex and a condition variable. Time does not pass.
    pub(crate) struct Word(Mutex<u32>, Condvar);

    impl Word {
        pub(crate) fn new(value: u32) -> Self {
            Word(Mutex::new(value), Condvar::new())
        }

        pub(crate) fn load(&self) -> u32 {
            *self.0.lock().unwrap()
        }

        pub(crate) fn store(&self, value: u32) {
            *self.0.lock().unwrap() = value;
        }

        pub(crate) fn sleep(&self, expected: u32, _: Deadline) -> bool {
            let value = self.0.lock().unwrap();
            if *value == expected {
                drop(self.1.wait(value).unwrap());
            }
            true
        }

        pub(crate) fn wake(&self) {
            drop(self.0.lock().unwrap());
            self.1.notify_one();
        }
    }
}

pub(crate) use imp::{
    AtomicBool, AtomicU32, AtomicU64, DispatcherGuard, Word, fence, lock_dispatcher, wait_class, wake_class,
};
