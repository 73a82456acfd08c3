//! `CONDITION_VARIABLE`: eight bytes that may be all zeros. Wakes may be spurious, as on Windows.
//!
//! A sleeper counts itself and reads the number while it still holds the lock, then sleeps unless the number
//! has changed. A thread that wakes others changes the number first. So a sleeper that has read the number
//! and does not sleep yet will not go to sleep.

use crate::abi::argument::{Out, Shared};
use crate::abi::last_error::Win32Error;
use crate::lock::critical_section::CRITICAL_SECTION;
use crate::lock::srw_lock::SRWLOCK;
use crate::sync::futex::{Deadline, EVERY_CLASS};
use crate::sync::{self, AtomicU32};
use longshore_win32_macros::export;
use std::sync::atomic::Ordering;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_TIMEOUT};
use windows_sys::Win32::System::Threading::CONDITION_VARIABLE_LOCKMODE_SHARED;

/// A condition variable.
#[repr(C, align(8))]
pub struct CONDITION_VARIABLE {
    /// Slept on; changed by every wake.
    number: AtomicU32,
    sleepers: AtomicU32,
}

impl CONDITION_VARIABLE {
    pub(crate) fn new() -> Self {
        CONDITION_VARIABLE { number: AtomicU32::new(0), sleepers: AtomicU32::new(0) }
    }

    /// Releases the lock, sleeps, and takes the lock again. False after a timeout.
    pub(crate) fn sleep(&self, timeout_ms: u32, unlock: impl FnOnce(), lock: impl FnOnce()) -> bool {
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let number = self.number.load(Ordering::Acquire);
        unlock();
        // Q8
        let woken = longshore_engine::blocking(|| {
            sync::wait_class(&self.number, number, Deadline::after_ms(timeout_ms), EVERY_CLASS)
                || self.number.load(Ordering::Acquire) != number
        });
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        lock();
        woken
    }

    pub(crate) fn wake(&self, sleepers_max: i32) {
        if self.sleepers.load(Ordering::SeqCst) != 0 {
            self.number.fetch_add(1, Ordering::AcqRel);
            sync::wake_class(&self.number, sleepers_max, EVERY_CLASS);
        }
    }
}

fn slept(woken: bool) -> Result<(), Win32Error> {
    if woken { Ok(()) } else { Err(Win32Error(ERROR_TIMEOUT)) }
}

/// Makes the condition variable ready for use.
///
/// Source: Windows documentation, `InitializeConditionVariable`.
#[export]
pub unsafe fn InitializeConditionVariable(condition: Out<CONDITION_VARIABLE>) {
    condition.store(CONDITION_VARIABLE::new());
}

/// Leaves the section once, sleeps, and enters it again. Fails with `ERROR_TIMEOUT`.
#[export]
pub unsafe fn SleepConditionVariableCS(
    condition: Shared<CONDITION_VARIABLE>,
    section: Shared<CRITICAL_SECTION>,
    timeout_ms: u32,
) -> Result<(), Win32Error> {
    slept(condition.sleep(timeout_ms, || section.leave(), || section.enter()))
}

/// Frees the lock, sleeps, and takes it again in the same way. Fails with `ERROR_TIMEOUT`.
#[export]
pub unsafe fn SleepConditionVariableSRW(
    condition: Shared<CONDITION_VARIABLE>,
    lock: Shared<SRWLOCK>,
    timeout_ms: u32,
    flags: u32,
) -> Result<(), Win32Error> {
    slept(match flags {
        0 => condition.sleep(timeout_ms, || lock.end_write(), || lock.write()),
        CONDITION_VARIABLE_LOCKMODE_SHARED => condition.sleep(timeout_ms, || lock.end_read(), || lock.read()),
        _ => return Err(Win32Error(ERROR_INVALID_PARAMETER)),
    })
}

/// Wakes one thread that sleeps.
#[export]
pub unsafe fn WakeConditionVariable(condition: Shared<CONDITION_VARIABLE>) {
    condition.wake(1);
}

/// Wakes every thread that sleeps.
#[export]
pub unsafe fn WakeAllConditionVariable(condition: Shared<CONDITION_VARIABLE>) {
    condition.wake(i32::MAX);
}
