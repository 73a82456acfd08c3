//! Clocks: tick counts, the performance counter, the time of day.

use crate::abi::absent::absent;
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::out::put;
use crate::time::system_time::{FILETIME_PER_SECOND, file_time_of_unix, to_file_time};
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_NOACCESS, ERROR_PRIVILEGE_NOT_HELD, FILETIME, SYSTEMTIME};

/// The performance counter counts units of 100 ns, as on most Windows machines of today.
const PERFORMANCE_FREQUENCY: i64 = 10_000_000;

fn read(clock: libc::clockid_t) -> libc::timespec {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a writable timespec and a clock that every Linux has.
    unsafe { libc::clock_gettime(clock, &mut now) };
    now
}

/// A clock in units of 100 ns.
fn units(clock: libc::clockid_t) -> u64 {
    let now = read(clock);
    now.tv_sec as u64 * FILETIME_PER_SECOND + now.tv_nsec as u64 / 100
}

/// The time of day, in units of 100 ns since 1601.
pub(crate) fn now() -> u64 {
    let now = read(libc::CLOCK_REALTIME);
    file_time_of_unix(now.tv_sec, now.tv_nsec)
}

/// Milliseconds since the system started, sleep included.
#[export]
pub fn GetTickCount64() -> u64 {
    units(libc::CLOCK_BOOTTIME) / 10_000
}

/// [`GetTickCount64`] in 32 bits: it starts over every 49.7 days.
#[export]
pub fn GetTickCount() -> u32 {
    GetTickCount64() as u32
}

/// [`GetTickCount`] under its multimedia name.
#[export]
pub fn timeGetTime() -> u32 {
    GetTickCount()
}

/// Timers are as fine as they can be already: `TIMERR_NOERROR`.
#[export]
pub fn timeBeginPeriod(_milliseconds: u32) -> u32 {
    0
}

/// The counterpart of [`timeBeginPeriod`].
#[export]
pub fn timeEndPeriod(_milliseconds: u32) -> u32 {
    0
}

/// The finest and the coarsest period in milliseconds.
#[export]
pub unsafe fn timeGetDevCaps(caps: *mut [u32; 2], size: u32) -> u32 {
    const TIMERR_NOCANDO: u32 = 97;
    if (size as usize) < size_of::<[u32; 2]>() {
        return TIMERR_NOCANDO;
    }
    // SAFETY: the caller's promise.
    match unsafe { put(caps, [1, 1_000_000]) } {
        Ok(()) => 0,
        Err(_) => TIMERR_NOCANDO,
    }
}

/// NULL is `ERROR_NOACCESS` for the performance counter.
unsafe fn put_count(place: *mut i64, value: i64) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { put(place, value) }.map_err(|_| Win32Error(ERROR_NOACCESS)))
}

/// Reads the performance counter, which never goes back.
#[export]
pub unsafe fn QueryPerformanceCounter(count: *mut i64) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { put_count(count, units(libc::CLOCK_MONOTONIC) as i64) }
}

/// The performance counter's frequency: 10 MHz.
#[export]
pub unsafe fn QueryPerformanceFrequency(frequency: *mut i64) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { put_count(frequency, PERFORMANCE_FREQUENCY) }
}

/// The time since the system started, in units of 100 ns, sleep included.
#[export]
pub unsafe fn QueryInterruptTime(time: *mut u64) {
    // SAFETY: the caller's promise. There is no way to report NULL.
    let _ = unsafe { put(time, units(libc::CLOCK_BOOTTIME)) };
}

/// [`QueryInterruptTime`], which is precise already.
#[export]
pub unsafe fn QueryInterruptTimePrecise(time: *mut u64) {
    // SAFETY: the caller's promise.
    unsafe { QueryInterruptTime(time) };
}

/// The time since the system started, in units of 100 ns, sleep not included.
#[export]
pub unsafe fn QueryUnbiasedInterruptTime(time: *mut u64) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { put(time, units(libc::CLOCK_MONOTONIC)) })
}

/// [`QueryUnbiasedInterruptTime`], which is precise already.
#[export]
pub unsafe fn QueryUnbiasedInterruptTimePrecise(time: *mut u64) {
    // SAFETY: the caller's promise. There is no way to report NULL.
    let _ = unsafe { put(time, units(libc::CLOCK_MONOTONIC)) };
}

/// The time of day, in UTC.
#[export]
pub unsafe fn GetSystemTimeAsFileTime(time: *mut FILETIME) {
    // SAFETY: the caller's promise. There is no way to report NULL.
    let _ = unsafe { put(time, to_file_time(now())) };
}

/// [`GetSystemTimeAsFileTime`], which is precise already.
#[export]
pub unsafe fn GetSystemTimePreciseAsFileTime(time: *mut FILETIME) {
    // SAFETY: the caller's promise.
    unsafe { GetSystemTimeAsFileTime(time) };
}

/// Setting the clock is the administrator's business: `ERROR_PRIVILEGE_NOT_HELD`.
#[export]
pub fn SetSystemTime(_time: *const SYSTEMTIME) -> i32 {
    absent!(fails SetSystemTime, "the clock is set by the administrator");
    SetLastError(ERROR_PRIVILEGE_NOT_HELD);
    0
}

/// Setting the clock is the administrator's business: `ERROR_PRIVILEGE_NOT_HELD`.
#[export]
pub fn SetLocalTime(_time: *const SYSTEMTIME) -> i32 {
    absent!(fails SetLocalTime, "the clock is set by the administrator");
    SetLastError(ERROR_PRIVILEGE_NOT_HELD);
    0
}

/// How the clock is adjusted: it is not, and ticks every 1/64 s as Windows' does.
#[export]
pub unsafe fn GetSystemTimeAdjustment(adjustment: *mut u32, increment: *mut u32, disabled: *mut i32) -> i32 {
    const TICK: u32 = 156_250;
    // SAFETY: the caller's promise.
    to_bool(unsafe {
        put(adjustment, TICK).and_then(|()| put(increment, TICK)).and_then(|()| put(disabled, 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_and_its_frequency_measure_the_time_that_passes() {
        let (mut first, mut second, mut frequency) = (0, 0, 0);
        // SAFETY: pointers to locals.
        unsafe {
            assert_eq!(QueryPerformanceFrequency(&mut frequency), 1);
            assert_eq!(QueryPerformanceCounter(&mut first), 1);
            let ticks = GetTickCount64();
            let start = std::time::Instant::now();
            while GetTickCount64() < ticks + 3 {}
            let passed = start.elapsed().as_nanos() as i64;
            assert_eq!(QueryPerformanceCounter(&mut second), 1);
            assert!((second - first) * (1_000_000_000 / frequency) + 100 >= passed);
            assert!(second - first >= frequency / 500, "three ticks are more than two milliseconds");
            assert_eq!(QueryPerformanceCounter(std::ptr::null_mut()), 0);
        }
        assert_eq!(crate::abi::last_error::GetLastError(), 998, "ERROR_NOACCESS");
    }

    #[test]
    fn the_time_of_day_counts_from_1601() {
        let mut time = FILETIME::default();
        // SAFETY: a pointer to a local.
        unsafe { GetSystemTimeAsFileTime(&mut time) };
        let time = u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
        let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!((time / 10_000_000 - 11_644_473_600).abs_diff(unix) <= 1);
    }
}
