//! Sleeping on a word of memory: futex(2), with deadlines on the monotonic clock.

use rustix::io::Errno;
use rustix::thread::{Timespec, futex};
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;

/// `INFINITE`.
pub const INFINITE: u32 = windows_sys::Win32::System::Threading::INFINITE;

/// A moment on the monotonic clock, or never.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Timespec>);

impl Deadline {
    pub(crate) const NEVER: Deadline = Deadline(None);

    /// So many milliseconds from now; `INFINITE` is never.
    pub(crate) fn after_ms(timeout_ms: u32) -> Deadline {
        if timeout_ms == INFINITE {
            Deadline::NEVER
        } else {
            Deadline::after_ns(u64::from(timeout_ms) * 1_000_000)
        }
    }

    /// So many nanoseconds from now.
    pub(crate) fn after_ns(timeout_ns: u64) -> Deadline {
        Deadline::at_ns(now_ns().saturating_add(timeout_ns))
    }

    /// At a time as [`now_ns`] returns it.
    pub(crate) fn at_ns(at_ns: u64) -> Deadline {
        let (tv_sec, tv_nsec) = ((at_ns / 1_000_000_000) as i64, (at_ns % 1_000_000_000) as i64);
        Deadline(Some(Timespec { tv_sec, tv_nsec }))
    }
}

/// The time of the monotonic clock. By libc: rustix looks for the kernel's own function in the process's auxiliary
/// vector, which under valgrind is not the process's, and faults.
pub(crate) fn now_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is writable; the clock exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

impl Deadline {
    /// Sleeps until then. `pthread_cancel` does not end it: libc's own calls would unwind frames that must
    /// not be unwound.
    pub(crate) fn sleep(self) {
        let nobody_wakes = AtomicU32::new(0);
        while wait(&nobody_wakes, 0, self) {}
    }
}

/// Every sleeper on the word.
pub(crate) const EVERY_CLASS: u32 = u32::MAX;

/// Sleeps while the word has the expected value. False if the deadline has passed; true for every other
/// reason, after which the caller must check again.
pub(crate) fn wait(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
    wait_class(word, expected, deadline, EVERY_CLASS)
}

/// As [`wait`], for sleepers of which only some are to be woken: `class` is a set of bits.
pub(crate) fn wait_class(word: &AtomicU32, expected: u32, deadline: Deadline, class: u32) -> bool {
    let Some(class) = NonZeroU32::new(class) else { return true };
    let waited = futex::wait_bitset(word, futex::Flags::PRIVATE, expected, deadline.0.as_ref(), class);
    waited != Err(Errno::TIMEDOUT)
}

/// Wakes up to so many sleepers, and says how many.
pub(crate) fn wake(word: &AtomicU32, sleepers_max: i32) -> i32 {
    wake_class(word.as_ptr(), sleepers_max, EVERY_CLASS)
}

/// As [`wake`], for the sleepers of a class. The address is not followed: the word may be gone.
pub(crate) fn wake_class(word: *const u32, sleepers_max: i32, class: u32) -> i32 {
    let operation = libc::FUTEX_WAKE_BITSET | libc::FUTEX_PRIVATE_FLAG;
    let unused = std::ptr::null::<u32>();
    // Not rustix, which asks for a reference to the word.
    // SAFETY: a wake of a private futex only hashes the address.
    let woken =
        unsafe { libc::syscall(libc::SYS_futex, word, operation, sleepers_max, unused, unused, class) };
    woken as i32
}
