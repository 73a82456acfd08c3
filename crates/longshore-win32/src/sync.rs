//! What threads that wait for objects meet through, so that loom can stand in for it and drive the real code
//! (`RUSTFLAGS="--cfg loom"`): the dispatcher lock, the words of the waitables, and the word a thread sleeps on. (A flag that the engine waits by
//! has to be of the engine's kind as well.)

#[cfg(not(loom))]
mod imp {
    use crate::futex::{self, Deadline};
    use std::sync::atomic::Ordering;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    static LOCK: Mutex<()> = Mutex::new(());

    /// Takes the dispatcher lock.
    pub(crate) fn lock() -> MutexGuard<'static, ()> {
        LOCK.lock().unwrap_or_else(PoisonError::into_inner)
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
            futex::wait(&self.0, expected, deadline)
        }

        pub(crate) fn wake(&self) {
            futex::wake(&self.0, 1);
        }
    }
}

#[cfg(loom)]
mod imp {
    use crate::futex::Deadline;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32};
    use loom::sync::{Condvar, Mutex, MutexGuard};

    loom::lazy_static! {
        static ref LOCK: Mutex<()> = Mutex::new(());
    }

    pub(crate) fn lock() -> MutexGuard<'static, ()> {
        LOCK.lock().unwrap()
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

pub(crate) use imp::{AtomicBool, AtomicU32, Word, lock};
