//! `WaitOnAddress`: sleeping until a variable has another value. The sleepers are in buckets by the
//! variable's address, because futex(2) does not support every size of variable.
//!
//! A sleeper counts itself in its bucket, then looks at the variable under the bucket's lock. A thread that
//! wakes has changed the variable before it reads the count. Both are sequentially consistent, so at least
//! one of the two sees what the other did.

use crate::abi::argument::{InBuffer, Shared};
use crate::abi::last_error::Win32Error;
use crate::sync::futex::{self, Deadline};
use crate::sync::lock::Lock;
use longshore_win32_macros::export;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering, fence};
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_TIMEOUT};

const BUCKETS: usize = 64;

struct Sleeper {
    address: usize,
    /// 1 once it is woken.
    woken: AtomicU32,
}

struct Bucket {
    /// In the queue, or about to be.
    count: AtomicU32,
    queue: Lock<VecDeque<Arc<Sleeper>>>,
}

static TABLE: [Bucket; BUCKETS] = [const {
    Bucket { count: AtomicU32::new(0), queue: Lock::last("sleepers on addresses", VecDeque::new()) }
}; BUCKETS];

fn bucket(address: usize) -> &'static Bucket {
    // Fibonacci hashing: the upper bits of the product depend on all of the address.
    let hash = (address as u64 >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    &TABLE[(hash >> (64 - BUCKETS.ilog2())) as usize]
}

/// The value of a variable of 1, 2, 4 or 8 bytes.
///
/// # Safety
/// It must be readable, and aligned to its size.
unsafe fn read(address: *mut c_void, size: usize) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        match size {
            1 => AtomicU8::from_ptr(address.cast()).load(Ordering::SeqCst).into(),
            2 => AtomicU16::from_ptr(address.cast()).load(Ordering::SeqCst).into(),
            4 => AtomicU32::from_ptr(address.cast()).load(Ordering::SeqCst).into(),
            _ => AtomicU64::from_ptr(address.cast()).load(Ordering::SeqCst),
        }
    }
}

/// Sleeps while the variable has the value at `compare`. May return early, as on
/// Windows; fails with `ERROR_TIMEOUT`.
///
/// Source: Windows documentation, `WaitOnAddress`.
#[export]
pub unsafe fn WaitOnAddress(
    variable: Shared<c_void>,
    compare: InBuffer,
    size: usize,
    timeout_ms: u32,
) -> Result<(), Win32Error> {
    let address = variable.as_ptr();
    if !matches!(size, 1 | 2 | 4 | 8) || !(address as usize).is_multiple_of(size) {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let mut expected = [0; 8];
    compare.read(&mut expected[..size])?;
    let bucket = bucket(address as usize);
    let sleeper = Arc::new(Sleeper { address: address as usize, woken: AtomicU32::new(0) });
    bucket.count.fetch_add(1, Ordering::SeqCst);
    fence(Ordering::SeqCst);
    let mut queue = bucket.queue.lock();
    // SAFETY: the promise of `Shared`; the alignment was checked.
    let same = unsafe { read(address, size) } == u64::from_ne_bytes(expected);
    if same {
        queue.push_back(sleeper.clone());
    }
    drop(queue);
    // Q8
    let woken = !same || longshore_engine::blocking(|| sleep(bucket, &sleeper, timeout_ms));
    bucket.count.fetch_sub(1, Ordering::SeqCst);
    if woken { Ok(()) } else { Err(Win32Error(ERROR_TIMEOUT)) }
}

fn sleep(bucket: &Bucket, sleeper: &Arc<Sleeper>, timeout_ms: u32) -> bool {
    let deadline = Deadline::after_ms(timeout_ms);
    while sleeper.woken.load(Ordering::Acquire) == 0 {
        if !futex::wait(&sleeper.woken, 0, deadline) {
            let mut queue = bucket.queue.lock();
            let position = queue.iter().position(|other| Arc::ptr_eq(other, sleeper));
            return position.and_then(|position| queue.remove(position)).is_none();
        }
    }
    true
}

fn wake(address: usize, sleepers_max: usize) {
    fence(Ordering::SeqCst);
    let bucket = bucket(address);
    if bucket.count.load(Ordering::SeqCst) == 0 {
        return;
    }
    let mut woken = Vec::new();
    let mut queue = bucket.queue.lock();
    while woken.len() < sleepers_max
        && let Some(position) = queue.iter().position(|sleeper| sleeper.address == address)
        && let Some(sleeper) = queue.remove(position)
    {
        sleeper.woken.store(1, Ordering::Release);
        woken.push(sleeper);
    }
    drop(queue);
    for sleeper in woken {
        futex::wake(&sleeper.woken, 1);
    }
}

/// Wakes the thread that has slept longest on the variable. The address is not followed.
#[export]
pub fn WakeByAddressSingle(address: *mut c_void) {
    wake(address as usize, 1);
}

/// Wakes every thread that sleeps on the variable.
#[export]
pub fn WakeByAddressAll(address: *mut c_void) {
    wake(address as usize, usize::MAX);
}
