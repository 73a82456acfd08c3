//! `SYNCHRONIZATION_BARRIER`: threads wait until all of them have come. It may be used again at once.

use crate::abi::argument::{Out, Shared};
use crate::abi::last_error::Win32Error;
use crate::sync::futex::{self, Deadline};
use longshore_win32_macros::export;
use std::sync::atomic::{AtomicU32, Ordering};
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::System::Threading::{
    SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY, SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY,
};

/// How often a thread looks before it sleeps, unless the program sets a number.
const SPINS: u32 = 2000;

/// A barrier.
#[repr(C, align(8))]
pub struct SYNCHRONIZATION_BARRIER {
    /// The threads that have not come yet in this round. The one that makes it 0 ends the round.
    missing: AtomicU32,
    threads: u32,
    /// Slept on; changed, with release, when the round ends.
    round: AtomicU32,
    /// The threads that have not gone on yet.
    inside: AtomicU32,
    spins: u32,
    _reserved: [u32; 3],
}

/// Makes a barrier for so many threads.
///
/// Source: Windows documentation, `InitializeSynchronizationBarrier`.
#[export]
pub unsafe fn InitializeSynchronizationBarrier(
    barrier: Out<SYNCHRONIZATION_BARRIER>,
    threads: i32,
    spins: i32,
) -> Result<(), Win32Error> {
    let threads = u32::try_from(threads).ok().filter(|&threads| threads > 0 && spins >= -1);
    let threads = threads.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    barrier.store(SYNCHRONIZATION_BARRIER {
        missing: AtomicU32::new(threads),
        threads,
        round: AtomicU32::new(0),
        inside: AtomicU32::new(0),
        spins: u32::try_from(spins).unwrap_or(SPINS),
        _reserved: [0; 3],
    });
    Ok(())
}

/// Waits until all have come. TRUE for the last one.
#[export]
pub unsafe fn EnterSynchronizationBarrier(barrier: Shared<SYNCHRONIZATION_BARRIER>, flags: u32) -> bool {
    barrier.inside.fetch_add(1, Ordering::AcqRel);
    let round = barrier.round.load(Ordering::Acquire);
    let last = barrier.missing.fetch_sub(1, Ordering::AcqRel) == 1;
    if last {
        barrier.missing.store(barrier.threads, Ordering::Relaxed);
        barrier.round.fetch_add(1, Ordering::AcqRel);
        futex::wake(&barrier.round, i32::MAX);
    } else {
        barrier.wait(round, flags);
    }
    if barrier.inside.fetch_sub(1, Ordering::AcqRel) == 1 {
        futex::wake_class(barrier.inside.as_ptr(), i32::MAX, futex::EVERY_CLASS);
    }
    last
}

impl SYNCHRONIZATION_BARRIER {
    fn wait(&self, round: u32, flags: u32) {
        let is_over = || self.round.load(Ordering::Acquire) != round;
        let spins = match flags {
            flags if flags & SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY != 0 => u32::MAX,
            flags if flags & SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY != 0 => 0,
            _ => self.spins,
        };
        for _ in 0..spins {
            if is_over() {
                return;
            }
            std::hint::spin_loop();
        }
        if !is_over() {
            // Q8
            longshore_engine::blocking(|| {
                while !is_over() {
                    futex::wait(&self.round, round, Deadline::NEVER);
                }
            });
        }
    }
}

/// Ends the use of a barrier, once all threads have gone on.
#[export]
pub unsafe fn DeleteSynchronizationBarrier(barrier: Shared<SYNCHRONIZATION_BARRIER>) -> bool {
    loop {
        match barrier.inside.load(Ordering::Acquire) {
            0 => return true,
            inside => longshore_engine::blocking(|| {
                futex::wait(&barrier.inside, inside, Deadline::NEVER);
            }),
        }
    }
}

const _: () = assert!(
    size_of::<SYNCHRONIZATION_BARRIER>()
        == size_of::<windows_sys::Win32::System::Threading::SYNCHRONIZATION_BARRIER>()
);
