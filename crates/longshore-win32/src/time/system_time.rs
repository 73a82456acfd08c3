//! The two forms of a time, `SYSTEMTIME` and `FILETIME`, and their conversions.

use crate::abi::argument::{In, Out, plain};
use crate::abi::last_error::Win32Error;
use crate::time::clock::now;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, FILETIME, SYSTEMTIME};

plain!(FILETIME, SYSTEMTIME);

/// A `FILETIME` counts units of 100 ns.
pub(crate) const FILETIME_PER_SECOND: u64 = 10_000_000;
const MILLISECOND: u64 = FILETIME_PER_SECOND / 1000;
const DAY: u64 = 86_400 * FILETIME_PER_SECOND;
/// 1601-01-01 is this many days before 1970-01-01, and was a Monday.
const DAYS_BEFORE_UNIX: i64 = 134_774;
const YEAR_FIRST: u16 = 1601;
const YEAR_LAST: u16 = 30827;

/// A time of Linux as a file time. Times before 1601 become zero.
pub(crate) fn file_time_of_unix(seconds: i64, nanoseconds: i64) -> u64 {
    let seconds = i128::from(seconds) + i128::from(DAYS_BEFORE_UNIX) * 86_400;
    let units = seconds * i128::from(FILETIME_PER_SECOND) + i128::from(nanoseconds / 100);
    u64::try_from(units).unwrap_or(if units < 0 { 0 } else { u64::MAX })
}

/// The seconds since 1970 of a file time.
pub(crate) fn unix_of_file_time(time: u64) -> i64 {
    (time / FILETIME_PER_SECOND) as i64 - DAYS_BEFORE_UNIX * 86_400
}

pub(crate) fn to_file_time(time: u64) -> FILETIME {
    FILETIME { dwLowDateTime: time as u32, dwHighDateTime: (time >> 32) as u32 }
}

pub(crate) fn of_file_time(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}

/// Days since 1601-01-01 of a date of the Gregorian calendar. Years are counted from March, so that the
/// day the leap year adds comes last.
fn days_of_date(year: u16, month: u16, day: u16) -> u64 {
    let (year, month) = (i64::from(year) - i64::from(month <= 2), (i64::from(month) + 9).rem_euclid(12));
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year;
    // 1600-03-01 is 584 388 days after 0000-03-01, and 306 days before 1601-01-01.
    (days - 584_388 - 306) as u64
}

fn date_of_days(days: u64) -> (u16, u16, u16) {
    let days = days + 306;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = 1600 + era * 400 + year_of_era + u64::from(month <= 2);
    (year as u16, month as u16, day as u16)
}

/// How many days a month has.
pub(crate) fn days_of_month(year: u16, month: u16) -> u16 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day of the week, Sunday being 0.
pub(crate) fn day_of_week(year: u16, month: u16, day: u16) -> u16 {
    ((days_of_date(year, month, day) + 1) % 7) as u16
}

/// The date and time of a file time.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a time that is negative as a signed number.
pub(crate) fn system_time_of(time: u64) -> Result<SYSTEMTIME, Win32Error> {
    if time > i64::MAX as u64 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let (days, rest) = (time / DAY, time % DAY / MILLISECOND);
    let (year, month, day) = date_of_days(days);
    Ok(SYSTEMTIME {
        wYear: year,
        wMonth: month,
        wDayOfWeek: ((days + 1) % 7) as u16,
        wDay: day,
        wHour: (rest / 3_600_000) as u16,
        wMinute: (rest / 60_000 % 60) as u16,
        wSecond: (rest / 1000 % 60) as u16,
        wMilliseconds: (rest % 1000) as u16,
    })
}

/// The file time of a date and time; the day of the week is not looked at.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no date or no time.
pub(crate) fn file_time_of(time: SYSTEMTIME) -> Result<u64, Win32Error> {
    let valid = (YEAR_FIRST..=YEAR_LAST).contains(&time.wYear)
        && (1..=12).contains(&time.wMonth)
        && (1..=days_of_month(time.wYear, time.wMonth)).contains(&time.wDay)
        && time.wHour < 24
        && time.wMinute < 60
        && time.wSecond < 60
        && time.wMilliseconds < 1000;
    if !valid {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let minutes = u64::from(time.wHour) * 60 + u64::from(time.wMinute);
    let milliseconds = (minutes * 60 + u64::from(time.wSecond)) * 1000 + u64::from(time.wMilliseconds);
    Ok(days_of_date(time.wYear, time.wMonth, time.wDay) * DAY + milliseconds * MILLISECOND)
}

/// The error for NULL in the functions that convert times.
pub(crate) const NO_TIME: Win32Error = Win32Error(ERROR_INVALID_PARAMETER);

/// The date and time now, in UTC.
#[export]
pub unsafe fn GetSystemTime(time: Out<SYSTEMTIME>) {
    if let Ok(now) = system_time_of(now()) {
        let _ = time.write(now); // There is no way to report a bad pointer.
    }
}

/// Converts a file time to a date and time.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a time that is negative as a signed number, and for NULL; `ERROR_NOACCESS`.
#[export]
pub unsafe fn FileTimeToSystemTime(
    time: Option<In<FILETIME>>,
    result: Option<Out<SYSTEMTIME>>,
) -> Result<(), Win32Error> {
    let converted = system_time_of(of_file_time(time.ok_or(NO_TIME)?.read()?))?;
    Ok(result.ok_or(NO_TIME)?.write(converted)?)
}

/// Converts a date and time to a file time.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no date or no time, and for NULL; `ERROR_NOACCESS`.
#[export]
pub unsafe fn SystemTimeToFileTime(
    time: Option<In<SYSTEMTIME>>,
    result: Option<Out<FILETIME>>,
) -> Result<(), Win32Error> {
    let converted = file_time_of(time.ok_or(NO_TIME)?.read()?)?;
    Ok(result.ok_or(NO_TIME)?.write(to_file_time(converted))?)
}

/// Which of two file times is earlier: -1, 0 or 1. A time that cannot be read is earlier than all others.
#[export]
pub unsafe fn CompareFileTime(first: In<FILETIME>, second: In<FILETIME>) -> i32 {
    let [first, second] = [first, second].map(|time| time.read().map_or(0, of_file_time));
    first.cmp(&second) as i32
}

/// Converts a file time to the date and time words of FAT, which count in steps of two seconds from 1980.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a year that FAT cannot have, and for NULL; `ERROR_NOACCESS`.
#[export]
pub unsafe fn FileTimeToDosDateTime(
    time: Option<In<FILETIME>>,
    date_word: Option<Out<u16>>,
    time_word: Option<Out<u16>>,
) -> Result<(), Win32Error> {
    let time = system_time_of(of_file_time(time.ok_or(NO_TIME)?.read()?))?;
    let year = time.wYear.checked_sub(1980).filter(|&year| year < 128);
    let year = year.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let (date_word, time_word) = date_word.zip(time_word).ok_or(NO_TIME)?;
    date_word.write(year << 9 | time.wMonth << 5 | time.wDay)?;
    Ok(time_word.write(time.wHour << 11 | time.wMinute << 5 | (time.wSecond / 2))?)
}

/// Converts date and time words of FAT to a file time.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no date or no time, and for NULL; `ERROR_NOACCESS`.
#[export]
pub unsafe fn DosDateTimeToFileTime(
    date: u16,
    time: u16,
    result: Option<Out<FILETIME>>,
) -> Result<(), Win32Error> {
    let converted = file_time_of(SYSTEMTIME {
        wYear: 1980 + (date >> 9),
        wMonth: date >> 5 & 15,
        wDayOfWeek: 0,
        wDay: date & 31,
        wHour: time >> 11,
        wMinute: time >> 5 & 63,
        wSecond: (time & 31) * 2,
        wMilliseconds: 0,
    })?;
    Ok(result.ok_or(NO_TIME)?.write(to_file_time(converted))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    fn date(year: u16, month: u16, day: u16) -> SYSTEMTIME {
        SYSTEMTIME { wYear: year, wMonth: month, wDay: day, ..SYSTEMTIME::default() }
    }

    #[test]
    fn known_dates_have_known_file_times() {
        assert_eq!(file_time_of(date(1601, 1, 1)), Ok(0));
        assert_eq!(file_time_of(date(1970, 1, 1)), Ok(116_444_736_000_000_000));
        assert_eq!(file_time_of(date(2000, 2, 29)), Ok(125_962_560_000_000_000));
        assert_eq!(day_of_week(1601, 1, 1), 1, "a Monday");
        assert_eq!(day_of_week(2024, 2, 29), 4, "a Thursday");
    }

    #[test]
    fn every_day_of_five_centuries_survives_the_round_trip() {
        for days in 0..365 * 500 {
            let time = days * DAY + 86_399_999 * MILLISECOND;
            let converted = system_time_of(time).unwrap();
            assert_eq!(file_time_of(converted), Ok(time));
            let next = system_time_of(time + MILLISECOND).unwrap();
            assert!(next.wDay == converted.wDay + 1 || next.wDay == 1);
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for (year, month, day) in [(1600, 12, 31), (2023, 2, 29), (1900, 2, 29), (2024, 13, 1), (2024, 4, 0)]
        {
            assert_eq!(file_time_of(date(year, month, day)), Err(Win32Error(87)));
        }
        assert_eq!(system_time_of(1 << 63).err(), Some(Win32Error(87)));
        let (mut result, time) = (SYSTEMTIME::default(), to_file_time(0));
        // SAFETY: NULL, locals, and places where nothing is.
        unsafe {
            assert_eq!((FileTimeToSystemTime(std::ptr::null(), &mut result), GetLastError()), (0, 87));
            assert_eq!((FileTimeToSystemTime(64 as *const _, &mut result), GetLastError()), (0, 998));
            assert_eq!((FileTimeToSystemTime(&time, 64 as *mut _), GetLastError()), (0, 998));
            assert_eq!(CompareFileTime(std::ptr::null(), &time), 0);
        }
    }

    #[test]
    fn fat_dates_round_trip_in_steps_of_two_seconds() {
        let time = to_file_time(file_time_of(date(2026, 11, 20)).unwrap() + 12_345 * FILETIME_PER_SECOND);
        let (mut date_word, mut time_word, mut back) = (0, 0, FILETIME::default());
        // SAFETY: pointers to locals.
        unsafe {
            assert_eq!(FileTimeToDosDateTime(&time, &mut date_word, &mut time_word), 1);
            assert_eq!(DosDateTimeToFileTime(date_word, time_word, &mut back), 1);
            assert_eq!(CompareFileTime(&back, &time), -1);
        }
        assert_eq!(of_file_time(time) - of_file_time(back), FILETIME_PER_SECOND);
    }
}
