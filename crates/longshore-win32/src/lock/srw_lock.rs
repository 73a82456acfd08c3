//! `SRWLOCK`: one writer or many readers, in eight bytes that may be all zeros.
//!
//! The first word says who holds the lock and who sleeps. Sleepers sleep on the second word, a number that
//! changes whenever some of them must look again. A sleeper reads the number, then sets its mark in the
//! first word, then sleeps unless the number has changed. A thread that frees the lock clears marks, changes
//! the number, and wakes. So it either sees a mark, or the mark comes after the lock was freed; then the
//! exchange that sets the mark fails.
//!
//! Writers are woken one at a time. A writer that has slept sets the writers' mark when it takes the lock,
//! because the wake cleared the mark of the other writers, too. Readers do not take the lock while the
//! writers' mark is set, so writers do not starve. A writer that frees the lock also wakes the sleeping
//! readers, so readers do not starve.

#[cfg(all(test, loom))]
mod models;

use crate::abi::argument::{Out, Shared};
use crate::sync::futex::Deadline;
use crate::sync::{self, AtomicU32};
use longshore_win32_macros::export;
use std::sync::atomic::Ordering;

/// A writer holds the lock.
const WRITER: u32 = 1 << 31;
/// Writers may sleep.
const WRITERS_SLEEP: u32 = 1 << 30;
/// Readers may sleep.
const READERS_SLEEP: u32 = 1 << 29;
/// The readers that hold the lock.
const READERS: u32 = READERS_SLEEP - 1;

/// The two classes of sleepers on the second word.
const CLASS_WRITER: u32 = 1;
const CLASS_READER: u32 = 2;

/// How often a thread looks before it sleeps.
const SPINS: u32 = if cfg!(loom) { 0 } else { 64 };

/// A slim reader/writer lock.
#[repr(C, align(8))]
pub struct SRWLOCK {
    /// Exchanges that take the lock acquire, those that free it release.
    state: AtomicU32,
    /// Changed before every wake; see the head of this module.
    number: AtomicU32,
}

impl SRWLOCK {
    pub(crate) fn new() -> Self {
        SRWLOCK { state: AtomicU32::new(0), number: AtomicU32::new(0) }
    }

    /// Takes the lock for a writer, if it is free, and sets `mark`.
    #[inline]
    fn try_write(&self, mark: u32) -> bool {
        let take = |state: u32| (state & (WRITER | READERS) == 0).then_some(state | WRITER | mark);
        self.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, take).is_ok()
    }

    /// Takes the lock for a reader, unless a writer holds it or waits for it.
    #[inline]
    fn try_read(&self) -> bool {
        let take = |state: u32| {
            (state & (WRITER | WRITERS_SLEEP) == 0 && state & READERS < READERS).then_some(state + 1)
        };
        self.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, take).is_ok()
    }

    #[inline]
    pub(crate) fn write(&self) {
        if !self.try_write(0) {
            self.take_slowly(|mark| self.try_write(mark), WRITERS_SLEEP, CLASS_WRITER);
        }
    }

    #[inline]
    pub(crate) fn read(&self) {
        if !self.try_read() {
            self.take_slowly(|_| self.try_read(), READERS_SLEEP, CLASS_READER);
        }
    }

    #[cold]
    fn take_slowly(&self, take: impl Fn(u32) -> bool, mark: u32, class: u32) {
        for _ in 0..SPINS {
            std::hint::spin_loop();
            if take(0) {
                return;
            }
        }
        // Q8
        longshore_engine::blocking(|| {
            loop {
                let number = self.number.load(Ordering::Acquire);
                if take(mark & WRITERS_SLEEP) {
                    return;
                }
                let held = |state: u32| {
                    let blocked = match class {
                        CLASS_WRITER => state & (WRITER | READERS),
                        _ => state & (WRITER | WRITERS_SLEEP),
                    };
                    (blocked != 0).then_some(state | mark)
                };
                if self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, held).is_ok() {
                    sync::wait_class(&self.number, number, Deadline::NEVER, class);
                }
            }
        });
    }

    /// Frees the lock held for writing. A lock that is not held for writing is not changed.
    #[inline]
    pub(crate) fn end_write(&self) {
        let free = |state: u32| (state & WRITER != 0).then_some(0);
        if let Ok(state) = self.state.fetch_update(Ordering::Release, Ordering::Relaxed, free)
            && state != WRITER
        {
            self.wake(state & (WRITERS_SLEEP | READERS_SLEEP));
        }
    }

    /// Frees the lock held for reading, once.
    #[inline]
    pub(crate) fn end_read(&self) {
        let free = |state: u32| match state & READERS {
            0 => None,
            1 if state & WRITERS_SLEEP != 0 => Some((state - 1) & !WRITERS_SLEEP),
            1 => Some(0),
            _ => Some(state - 1),
        };
        let Ok(state) = self.state.fetch_update(Ordering::Release, Ordering::Relaxed, free) else { return };
        if state & READERS != 1 {
            return;
        }
        // The readers sleep because of writers: the writer that is woken will wake them.
        match state & (WRITERS_SLEEP | READERS_SLEEP) {
            0 => {}
            READERS_SLEEP => self.wake(READERS_SLEEP),
            _ => self.wake(WRITERS_SLEEP),
        }
    }

    #[cold]
    fn wake(&self, marks: u32) {
        self.number.fetch_add(1, Ordering::AcqRel);
        if marks & WRITERS_SLEEP != 0 {
            sync::wake_class(&self.number, 1, CLASS_WRITER);
        }
        if marks & READERS_SLEEP != 0 {
            sync::wake_class(&self.number, i32::MAX, CLASS_READER);
        }
    }
}

/// Makes the lock free.
///
/// Source: Windows documentation, `InitializeSRWLock`.
#[export]
pub unsafe fn InitializeSRWLock(lock: Out<SRWLOCK>) {
    lock.store(SRWLOCK::new());
}

/// Takes the lock for one thread alone. Not recursive.
#[export]
pub unsafe fn AcquireSRWLockExclusive(lock: Shared<SRWLOCK>) {
    lock.write();
}

/// Takes the lock together with other readers. Not recursive: a writer may come between.
#[export]
pub unsafe fn AcquireSRWLockShared(lock: Shared<SRWLOCK>) {
    lock.read();
}

/// Takes the lock for one thread alone, if that takes no waiting.
#[export]
pub unsafe fn TryAcquireSRWLockExclusive(lock: Shared<SRWLOCK>) -> u8 {
    lock.try_write(0).into()
}

/// Takes the lock together with other readers, if that takes no waiting.
#[export]
pub unsafe fn TryAcquireSRWLockShared(lock: Shared<SRWLOCK>) -> u8 {
    lock.try_read().into()
}

/// Frees the lock taken for one thread alone.
#[export]
pub unsafe fn ReleaseSRWLockExclusive(lock: Shared<SRWLOCK>) {
    lock.end_write();
}

/// Frees the lock taken together with others.
#[export]
pub unsafe fn ReleaseSRWLockShared(lock: Shared<SRWLOCK>) {
    lock.end_read();
}
