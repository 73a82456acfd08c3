//! Clocks: tick counts, the performance counter, the time of day.

use crate::abi::absent::absent;
use crate::abi::argument::{Ignored, Out};
use crate::abi::last_error::Win32Error;
use crate::time::system_time::{FILETIME_PER_SECOND, file_time_of_unix, to_file_time};
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_PRIVILEGE_NOT_HELD, FILETIME};

/// The performance counter counts units of 100 ns, as on most Windows machines of today.
const PERFORMANCE_FREQUENCY: i64 = 10_000_000;
const TIMERR_NOCANDO: u32 = 97;

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
fn ticks() -> u64 {
    units(libc::CLOCK_BOOTTIME) / 10_000
}

/// Milliseconds since the system started, sleep included.
#[export]
pub fn GetTickCount64() -> u64 {
    ticks()
}

/// [`GetTickCount64`] in 32 bits: it starts over every 49.7 days.
#[export]
pub fn GetTickCount() -> u32 {
    ticks() as u32
}

/// [`GetTickCount`] under its multimedia name.
#[export]
pub fn timeGetTime() -> u32 {
    ticks() as u32
}

/// Does nothing: timers always have their best resolution. Returns `TIMERR_NOERROR`.
#[export]
pub fn timeBeginPeriod(_milliseconds: u32) -> u32 {
    0
}

/// The counterpart of [`timeBeginPeriod`].
#[export]
pub fn timeEndPeriod(_milliseconds: u32) -> u32 {
    0
}

/// The finest and the coarsest period in milliseconds. `TIMERR_NOCANDO` if there is no room for both.
#[export(failure = TIMERR_NOCANDO)]
pub unsafe fn timeGetDevCaps(caps: Out<[u32; 2]>, size: u32) -> u32 {
    if (size as usize) < size_of::<[u32; 2]>() || caps.write([1, 1_000_000]).is_err() {
        return TIMERR_NOCANDO;
    }
    0
}

/// Reads the performance counter, which never goes back.
///
/// # Errors
/// `ERROR_NOACCESS`.
#[export]
pub unsafe fn QueryPerformanceCounter(count: Out<i64>) -> Result<(), Win32Error> {
    Ok(count.write(units(libc::CLOCK_MONOTONIC) as i64)?)
}

/// The performance counter's frequency: 10 MHz.
///
/// # Errors
/// `ERROR_NOACCESS`.
#[export]
pub unsafe fn QueryPerformanceFrequency(frequency: Out<i64>) -> Result<(), Win32Error> {
    Ok(frequency.write(PERFORMANCE_FREQUENCY)?)
}

/// The time since the system started, in units of 100 ns, sleep included.
#[export]
pub unsafe fn QueryInterruptTime(time: Out<u64>) {
    let _ = time.write(units(libc::CLOCK_BOOTTIME)); // There is no way to report a bad pointer.
}

/// [`QueryInterruptTime`], which is precise already.
#[export]
pub unsafe fn QueryInterruptTimePrecise(time: Out<u64>) {
    let _ = time.write(units(libc::CLOCK_BOOTTIME)); // As above.
}

/// The time since the system started, in units of 100 ns, sleep not included.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL, `ERROR_NOACCESS` for another bad pointer.
#[export]
pub unsafe fn QueryUnbiasedInterruptTime(time: Option<Out<u64>>) -> Result<(), Win32Error> {
    let time = time.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    Ok(time.write(units(libc::CLOCK_MONOTONIC))?)
}

/// [`QueryUnbiasedInterruptTime`], which is precise already.
#[export]
pub unsafe fn QueryUnbiasedInterruptTimePrecise(time: Out<u64>) {
    let _ = time.write(units(libc::CLOCK_MONOTONIC)); // There is no way to report a bad pointer.
}

/// The time of day, in UTC.
#[export]
pub unsafe fn GetSystemTimeAsFileTime(time: Out<FILETIME>) {
    let _ = time.write(to_file_time(now())); // There is no way to report a bad pointer.
}

/// [`GetSystemTimeAsFileTime`], which is precise already.
#[export]
pub unsafe fn GetSystemTimePreciseAsFileTime(time: Out<FILETIME>) {
    let _ = time.write(to_file_time(now())); // As above.
}

/// Setting the clock is the administrator's business: `ERROR_PRIVILEGE_NOT_HELD`.
#[export]
pub fn SetSystemTime(_time: Ignored) -> Result<(), Win32Error> {
    absent!(fails SetSystemTime, "the clock is set by the administrator");
    Err(Win32Error(ERROR_PRIVILEGE_NOT_HELD))
}

/// Setting the clock is the administrator's business: `ERROR_PRIVILEGE_NOT_HELD`.
#[export]
pub fn SetLocalTime(_time: Ignored) -> Result<(), Win32Error> {
    absent!(fails SetLocalTime, "the clock is set by the administrator");
    Err(Win32Error(ERROR_PRIVILEGE_NOT_HELD))
}

/// How the clock is adjusted: it is not, and ticks every 1/64 s as Windows' does.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL, `ERROR_NOACCESS` for another bad pointer.
#[export]
pub unsafe fn GetSystemTimeAdjustment(
    adjustment: Option<Out<u32>>,
    increment: Option<Out<u32>>,
    disabled: Option<Out<i32>>,
) -> Result<(), Win32Error> {
    const TICK: u32 = 156_250;
    let (Some(adjustment), Some(increment), Some(disabled)) = (adjustment, increment, disabled) else {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    };
    adjustment.write(TICK)?;
    increment.write(TICK)?;
    Ok(disabled.write(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

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
        }
    }

    #[test]
    fn a_bad_pointer_is_an_error_where_there_is_one() {
        let nowhere = 64 as *mut u64;
        // SAFETY: nothing is there, which is what is asked.
        unsafe {
            for (place, error) in [(std::ptr::null_mut(), 998), (nowhere, 998)] {
                assert_eq!((QueryPerformanceCounter(place.cast()), GetLastError()), (0, error));
            }
            for (place, error) in [(std::ptr::null_mut(), 87), (nowhere, 998)] {
                assert_eq!((QueryUnbiasedInterruptTime(place), GetLastError()), (0, error));
            }
            assert_eq!(timeGetDevCaps(nowhere.cast(), 8), TIMERR_NOCANDO);
            GetSystemTimeAsFileTime(nowhere.cast());
        }
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
