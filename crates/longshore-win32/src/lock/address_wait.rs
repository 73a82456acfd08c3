//! `WaitOnAddress`: sleeping until a variable has another value. The sleepers are kept beside the variable, in
//! buckets by its address, because it may be of a size that futex(2) does not know.
//!
//! A sleeper counts itself in its bucket, then looks at the variable under the bucket's lock. Who wakes has changed
//! the variable, then looks at the count. Both with sequential consistency: one of them sees the other.

use crate::abi::last_error::SetLastError;
use crate::object::suspend::Lock;
use crate::sync::futex::{self, Deadline};
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

static TABLE: [Bucket; BUCKETS] =
    [const { Bucket { count: AtomicU32::new(0), queue: Lock::new(VecDeque::new()) } }; BUCKETS];

fn bucket(address: usize) -> &'static Bucket {
    // Fibonacci hashing: the upper bits of the product depend on all of the address.
    let hash = (address as u64 >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    &TABLE[(hash >> (64 - BUCKETS.ilog2())) as usize]
}

/// The value of a variable of 1, 2, 4 or 8 bytes.
///
/// # Safety
/// It must be readable, and aligned to its size.
unsafe fn read(address: *const c_void, size: usize) -> u64 {
    let address = address.cast_mut();
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

/// As [`read`], for memory of any alignment that nobody changes.
///
/// # Safety
/// It must be readable.
unsafe fn read_plain(address: *const c_void, size: usize) -> u64 {
    let mut value = [0u8; 8];
    // SAFETY: the caller's promise; `size` is at most 8.
    unsafe { std::ptr::copy_nonoverlapping(address.cast::<u8>(), value.as_mut_ptr(), size) };
    u64::from_ne_bytes(value)
}

/// Sleeps while the variable has the value at `compare`. May return early, as on Windows; fails with `ERROR_TIMEOUT`.
///
/// Source: Windows documentation, `WaitOnAddress`.
///
/// # Safety
/// Both pointers must be readable for `size` bytes, and `address` aligned to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitOnAddress(
    address: *mut c_void,
    compare: *mut c_void,
    size: usize,
    timeout_ms: u32,
) -> i32 {
    if !matches!(size, 1 | 2 | 4 | 8) || !(address as usize).is_multiple_of(size) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    let bucket = bucket(address as usize);
    let sleeper = Arc::new(Sleeper { address: address as usize, woken: AtomicU32::new(0) });
    bucket.count.fetch_add(1, Ordering::SeqCst);
    fence(Ordering::SeqCst);
    let mut queue = bucket.queue.lock();
    // SAFETY: the caller's promise.
    let same = unsafe { read(address, size) == read_plain(compare, size) };
    if same {
        queue.push_back(sleeper.clone());
    }
    drop(queue);
    // Q8
    let woken = !same || longshore_engine::blocking(|| sleep(bucket, &sleeper, timeout_ms));
    bucket.count.fetch_sub(1, Ordering::SeqCst);
    if !woken {
        SetLastError(ERROR_TIMEOUT);
    }
    woken.into()
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
    {
        let sleeper = queue.remove(position).expect("just found");
        sleeper.woken.store(1, Ordering::Release);
        woken.push(sleeper);
    }
    drop(queue);
    for sleeper in woken {
        futex::wake(&sleeper.woken, 1);
    }
}

/// Wakes the thread that has slept longest on the variable. The address is not followed.
#[unsafe(no_mangle)]
pub extern "C" fn WakeByAddressSingle(address: *mut c_void) {
    wake(address as usize, 1);
}

/// Wakes every thread that sleeps on the variable.
#[unsafe(no_mangle)]
pub extern "C" fn WakeByAddressAll(address: *mut c_void) {
    wake(address as usize, usize::MAX);
}
