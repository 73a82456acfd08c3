//! `CRITICAL_SECTION`: a lock its owner may enter again, without a system call unless somebody has to wait.
//!
//! The layout is Windows' for the fields that programs read: the owner is in `OwningThread`, the depth
//! in `RecursionCount`. `LockCount` is this library's futex word. All zeros is a free section, so that
//! one without initialisation works.

use crate::abi::argument::{Out, Shared};
use crate::object::thread;
use crate::sync::futex::{self, Deadline};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody may sleep on the word.
const CONTENDED: u32 = 2;

/// How often a thread looks before it sleeps, unless the program asks for more:
/// about as long as a short section.
const SPINS: usize = 64;
/// The most a program may ask for: Windows takes the upper byte for flags.
const SPINS_MAX: usize = 0x00FF_FFFF;

/// A critical section.
#[repr(C)]
pub struct CRITICAL_SECTION {
    debug_info: *mut c_void,
    /// The exchange that takes it (acquire) pairs with the one that frees it (release).
    word: AtomicU32,
    /// Written by the owner only.
    depth: AtomicI32,
    /// The owner's id, or 0. A thread that reads its own id here wrote it: relaxed is enough.
    owner: AtomicUsize,
    semaphore: *mut c_void,
    spins: AtomicUsize,
}

impl CRITICAL_SECTION {
    fn new(spins: usize) -> Self {
        CRITICAL_SECTION {
            debug_info: std::ptr::null_mut(),
            word: AtomicU32::new(FREE),
            depth: AtomicI32::new(0),
            owner: AtomicUsize::new(0),
            semaphore: std::ptr::null_mut(),
            spins: AtomicUsize::new(spins & SPINS_MAX),
        }
    }

    /// Enters if that takes no waiting.
    #[inline]
    fn try_enter(&self) -> bool {
        let this = thread::current_id() as usize;
        let taken = self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if taken {
            self.owner.store(this, Ordering::Relaxed);
        } else if self.owner.load(Ordering::Relaxed) != this {
            return false;
        }
        self.depth.store(self.depth.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        true
    }

    #[inline]
    pub(crate) fn enter(&self) {
        if !self.try_enter() {
            self.enter_slowly();
        }
    }

    #[cold]
    fn enter_slowly(&self) {
        for _ in 0..self.spins.load(Ordering::Relaxed).max(SPINS) {
            std::hint::spin_loop();
            if self.word.load(Ordering::Relaxed) == FREE && self.try_enter() {
                return;
            }
        }
        // Q8. A thread that has slept leaves the word contended: others may still sleep.
        longshore_engine::blocking(|| {
            while self.word.swap(CONTENDED, Ordering::Acquire) != FREE {
                futex::wait(&self.word, CONTENDED, Deadline::NEVER);
            }
        });
        self.owner.store(thread::current_id() as usize, Ordering::Relaxed);
        self.depth.store(1, Ordering::Relaxed);
    }

    /// Leaves once. As on Windows the owner is not checked; a free section stays free.
    #[inline]
    pub(crate) fn leave(&self) {
        let depth = self.depth.load(Ordering::Relaxed) - 1;
        if depth < 0 {
            return;
        }
        self.depth.store(depth, Ordering::Relaxed);
        if depth > 0 {
            return;
        }
        self.owner.store(0, Ordering::Relaxed);
        if self.word.swap(FREE, Ordering::Release) == CONTENDED {
            futex::wake(&self.word, 1);
        }
    }
}

/// Makes the section ready for use.
///
/// Source: Windows documentation, `InitializeCriticalSection`.
#[export]
pub unsafe fn InitializeCriticalSection(section: Out<CRITICAL_SECTION>) {
    section.store(CRITICAL_SECTION::new(0));
}

/// As [`InitializeCriticalSection`], with a number of looks before a thread goes to sleep. Never fails.
#[export]
pub unsafe fn InitializeCriticalSectionAndSpinCount(section: Out<CRITICAL_SECTION>, spins: u32) -> bool {
    section.store(CRITICAL_SECTION::new(spins as usize));
    true
}

/// As [`InitializeCriticalSectionAndSpinCount`]; the flags are about debugging and change nothing.
#[export]
pub unsafe fn InitializeCriticalSectionEx(section: Out<CRITICAL_SECTION>, spins: u32, _flags: u32) -> bool {
    section.store(CRITICAL_SECTION::new(spins as usize));
    true
}

/// Changes how often a thread looks before it sleeps; returns the former number.
#[export]
pub unsafe fn SetCriticalSectionSpinCount(section: Shared<CRITICAL_SECTION>, spins: u32) -> u32 {
    section.spins.swap(spins as usize & SPINS_MAX, Ordering::Relaxed) as u32
}

/// Enters the section, waiting while another thread is in it.
#[export]
pub unsafe fn EnterCriticalSection(section: Shared<CRITICAL_SECTION>) {
    section.enter();
}

/// Enters the section unless another thread is in it.
#[export]
pub unsafe fn TryEnterCriticalSection(section: Shared<CRITICAL_SECTION>) -> bool {
    section.try_enter()
}

/// Leaves the section once. When the owner has left as often as it entered, another thread may enter.
#[export]
pub unsafe fn LeaveCriticalSection(section: Shared<CRITICAL_SECTION>) {
    section.leave();
}

/// Ends the use of the section. There is nothing to free.
#[export]
pub unsafe fn DeleteCriticalSection(section: Out<CRITICAL_SECTION>) {
    section.store(CRITICAL_SECTION::new(0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::System::Threading::CRITICAL_SECTION as Windows;

    #[test]
    fn the_layout_is_windows() {
        assert_eq!(size_of::<CRITICAL_SECTION>(), size_of::<Windows>());
        assert_eq!(
            std::mem::offset_of!(CRITICAL_SECTION, owner),
            std::mem::offset_of!(Windows, OwningThread)
        );
        assert_eq!(std::mem::offset_of!(CRITICAL_SECTION, spins), std::mem::offset_of!(Windows, SpinCount));
    }
}
