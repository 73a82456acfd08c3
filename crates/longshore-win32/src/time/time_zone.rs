//! Local time and time zones.
//!
//! The rules are those of the C library's zone (`TZ`, `/etc/localtime`). Windows describes a zone by two
//! yearly dates; `GetTimeZoneInformation` finds this year's changes and describes them in that way.

use crate::abi::argument::{In, Out, plain};
use crate::abi::last_error::Win32Error;
use crate::abi::text::{WCHAR, to_wide};
use crate::time::clock::now;
use crate::time::system_time::{
    FILETIME_PER_SECOND, NO_TIME, day_of_week, days_of_month, file_time_of, of_file_time, system_time_of,
    to_file_time, unix_of_file_time,
};
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, FILETIME, SYSTEMTIME};
use windows_sys::Win32::System::SystemServices::{TIME_ZONE_ID_DAYLIGHT, TIME_ZONE_ID_STANDARD};

const TIME_ZONE_ID_UNKNOWN: u32 = 0;
const TIME_ZONE_ID_INVALID: u32 = u32::MAX;
const MINUTE: i64 = 60;
const NAME: usize = 32;

/// `TIME_ZONE_INFORMATION`, with names of this platform's wide characters. Biases are minutes west of UTC.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct TimeZone {
    bias: i32,
    standard_name: [WCHAR; NAME],
    standard_date: SYSTEMTIME,
    standard_bias: i32,
    daylight_name: [WCHAR; NAME],
    daylight_date: SYSTEMTIME,
    daylight_bias: i32,
}

plain!(TimeZone);

/// `DYNAMIC_TIME_ZONE_INFORMATION`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DynamicTimeZone {
    zone: TimeZone,
    key_name: [WCHAR; 128],
    dynamic_disabled: u8,
}

/// The C library's view of a moment: seconds east of UTC, whether it is summer time, and the zone's name.
struct Local {
    east: i64,
    summer: bool,
    name: String,
}

fn local(unix: i64) -> Option<Local> {
    // SAFETY: all zero is a valid `tm`, and both pointers are to locals. `tzset` reads the environment, as
    // every program's `localtime` does.
    unsafe {
        let mut parts: libc::tm = std::mem::zeroed();
        if libc::localtime_r(&unix, &mut parts).is_null() {
            return None;
        }
        let name = if parts.tm_zone.is_null() {
            String::new()
        } else {
            std::ffi::CStr::from_ptr(parts.tm_zone).to_string_lossy().into_owned()
        };
        Some(Local { east: parts.tm_gmtoff, summer: parts.tm_isdst > 0, name })
    }
}

fn east_of(unix: i64) -> i64 {
    local(unix).map_or(0, |local| local.east)
}

/// A file time moved by some seconds, where it stays one.
fn moved(time: u64, seconds: i64) -> Result<u64, Win32Error> {
    time.checked_add_signed(seconds * FILETIME_PER_SECOND as i64)
        .filter(|&time| time <= i64::MAX as u64)
        .ok_or(Win32Error(ERROR_INVALID_PARAMETER))
}

/// A name in a fixed array, cut if it is too long; the last element stays NUL.
fn name(text: &str) -> [WCHAR; NAME] {
    let mut array = [0; NAME];
    for (place, character) in array[..NAME - 1].iter_mut().zip(to_wide(text.as_bytes())) {
        *place = character;
    }
    array
}

/// A change as Windows describes one: the n-th (5: the last) such weekday of a month, at a time in what
/// is local time before the change.
fn rule_of(change: i64, east_before: i64) -> SYSTEMTIME {
    let time = crate::time::system_time::file_time_of_unix(change + east_before, 0);
    let date = system_time_of(time).unwrap_or_default();
    let last = date.wDay + 7 > days_of_month(date.wYear, date.wMonth);
    SYSTEMTIME { wYear: 0, wDay: if last { 5 } else { (date.wDay - 1) / 7 + 1 }, ..date }
}

/// The moments of a year at which the offset changes.
fn changes(year: u16) -> Vec<i64> {
    const STEP: i64 = 86_400;
    let start = SYSTEMTIME { wYear: year, wMonth: 1, wDay: 1, ..SYSTEMTIME::default() };
    let start = unix_of_file_time(file_time_of(start).unwrap_or_default());
    let mut changes = Vec::new();
    for day in 0..366 {
        let (mut before, mut after) = (start + day * STEP, start + (day + 1) * STEP);
        let (east_before, east_after) = (east_of(before), east_of(after));
        if east_before == east_after {
            continue;
        }
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if east_of(middle) == east_before {
                before = middle;
            } else {
                after = middle;
            }
        }
        changes.push(after);
    }
    changes
}

/// The zone and which part of the year it is.
fn zone() -> (TimeZone, u32) {
    let unix = unix_of_file_time(now());
    let Some(here) = local(unix) else { return (TimeZone::default(), TIME_ZONE_ID_UNKNOWN) };
    let year = system_time_of(now()).map_or(1970, |date| date.wYear);
    let mut zone = TimeZone {
        bias: (-here.east / MINUTE) as i32,
        standard_name: name(&here.name),
        daylight_name: name(&here.name),
        ..TimeZone::default()
    };
    let changes = changes(year);
    let [first, second] = changes[..] else { return (zone, TIME_ZONE_ID_UNKNOWN) };
    for change in [first, second] {
        let (Some(before), Some(after)) = (local(change - 1), local(change)) else { continue };
        let rule = rule_of(change, before.east);
        if after.summer {
            zone.daylight_date = rule;
            zone.daylight_name = name(&after.name);
            zone.daylight_bias = ((before.east - after.east) / MINUTE) as i32;
            zone.bias = (-before.east / MINUTE) as i32;
        } else {
            zone.standard_date = rule;
            zone.standard_name = name(&after.name);
        }
    }
    (zone, if here.summer { TIME_ZONE_ID_DAYLIGHT } else { TIME_ZONE_ID_STANDARD })
}

impl TimeZone {
    /// The moment of a rule in a year, on the clock the rule is written for, as a file time.
    fn moment(rule: SYSTEMTIME, year: u16) -> Result<u64, Win32Error> {
        if rule.wYear != 0 {
            return file_time_of(SYSTEMTIME { wYear: year, ..rule });
        }
        if !(1..=12).contains(&rule.wMonth) || !(1..=5).contains(&rule.wDay) || rule.wDayOfWeek > 6 {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        let first = 1 + (rule.wDayOfWeek + 7 - day_of_week(year, rule.wMonth, 1)) % 7;
        let mut day = first + (rule.wDay - 1) * 7;
        while day > days_of_month(year, rule.wMonth) {
            day -= 7;
        }
        file_time_of(SYSTEMTIME { wYear: year, wDay: day, ..rule })
    }

    /// The minutes west of UTC at a moment given on the standard clock of the zone, or, if
    /// `wall`, on the clock people have.
    fn minutes_west(&self, time: u64, wall: bool) -> Result<i64, Win32Error> {
        let standard = i64::from(self.bias) + i64::from(self.standard_bias);
        let daylight = i64::from(self.bias) + i64::from(self.daylight_bias);
        if self.daylight_date.wMonth == 0 || self.standard_date.wMonth == 0 {
            return Ok(standard);
        }
        let year = system_time_of(time)?.wYear;
        let begin = TimeZone::moment(self.daylight_date, year)?;
        let mut end = TimeZone::moment(self.standard_date, year)?;
        if !wall {
            // The end is written for the summer clock.
            end = moved(end, (daylight - standard) * MINUTE)?;
        }
        let summer = if begin < end { begin <= time && time < end } else { time < end || begin <= time };
        Ok(if summer { daylight } else { standard })
    }
}

/// Local date and time now.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if the clock's value is no date.
pub(crate) fn local_time() -> Result<SYSTEMTIME, Win32Error> {
    let now = now();
    moved(now, east_of(unix_of_file_time(now))).and_then(system_time_of)
}

/// Local date and time now.
#[export]
pub unsafe fn GetLocalTime(time: Out<SYSTEMTIME>) {
    if let Ok(local) = local_time() {
        let _ = time.write(local); // There is no way to report a bad pointer.
    }
}

/// Converts UTC to local time by the offset of today, whatever the time's own season.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL, and where the result is no file time; `ERROR_NOACCESS`.
#[export]
pub unsafe fn FileTimeToLocalFileTime(
    time: Option<In<FILETIME>>,
    local: Option<Out<FILETIME>>,
) -> Result<(), Win32Error> {
    let time = of_file_time(time.ok_or(NO_TIME)?.read()?);
    let converted = moved(time, east_of(unix_of_file_time(now())))?;
    Ok(local.ok_or(NO_TIME)?.write(to_file_time(converted))?)
}

/// Converts local time to UTC by the offset of today, whatever the time's own season.
///
/// # Errors
/// As of [`FileTimeToLocalFileTime`].
#[export]
pub unsafe fn LocalFileTimeToFileTime(
    local: Option<In<FILETIME>>,
    time: Option<Out<FILETIME>>,
) -> Result<(), Win32Error> {
    let local = of_file_time(local.ok_or(NO_TIME)?.read()?);
    let converted = moved(local, -east_of(unix_of_file_time(now())))?;
    Ok(time.ok_or(NO_TIME)?.write(to_file_time(converted))?)
}

/// Converts UTC to a zone's local time; NULL stands for the process's zone.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no date or no zone, and for a time that is NULL; `ERROR_NOACCESS`.
#[export]
pub unsafe fn SystemTimeToTzSpecificLocalTime(
    zone: Option<In<TimeZone>>,
    time: Option<In<SYSTEMTIME>>,
    local: Option<Out<SYSTEMTIME>>,
) -> Result<(), Win32Error> {
    let time = file_time_of(time.ok_or(NO_TIME)?.read()?)?;
    let east = match zone {
        None => east_of(unix_of_file_time(time)),
        Some(zone) => {
            let zone = zone.read()?;
            let standard = i64::from(zone.bias) + i64::from(zone.standard_bias);
            -zone.minutes_west(moved(time, -standard * MINUTE)?, false)? * MINUTE
        }
    };
    let converted = system_time_of(moved(time, east)?)?;
    Ok(local.ok_or(NO_TIME)?.write(converted)?)
}

/// Converts a zone's local time to UTC; NULL stands for the process's zone.
///
/// # Errors
/// As of [`SystemTimeToTzSpecificLocalTime`].
#[export]
pub unsafe fn TzSpecificLocalTimeToSystemTime(
    zone: Option<In<TimeZone>>,
    local: Option<In<SYSTEMTIME>>,
    time: Option<Out<SYSTEMTIME>>,
) -> Result<(), Win32Error> {
    let local = file_time_of(local.ok_or(NO_TIME)?.read()?)?;
    let east = match zone {
        None => {
            // The offset at the guess is the right one, except near a change of the clock.
            let guess = east_of(unix_of_file_time(local));
            east_of(unix_of_file_time(local) - guess)
        }
        Some(zone) => -zone.read()?.minutes_west(local, true)? * MINUTE,
    };
    let converted = system_time_of(moved(local, -east)?)?;
    Ok(time.ok_or(NO_TIME)?.write(converted)?)
}

/// Describes the process's zone; returns which part of the year it is.
///
/// # Errors
/// `TIME_ZONE_ID_INVALID` with `ERROR_INVALID_PARAMETER` for NULL, `ERROR_NOACCESS` for another bad pointer.
#[export(failure = TIME_ZONE_ID_INVALID)]
pub unsafe fn GetTimeZoneInformation(information: Option<Out<TimeZone>>) -> Result<u32, Win32Error> {
    let (zone, season) = zone();
    information.ok_or(NO_TIME)?.write(zone)?;
    Ok(season)
}

/// Describes the process's zone; the key's name is the standard name.
///
/// # Errors
/// As of [`GetTimeZoneInformation`].
#[export(failure = TIME_ZONE_ID_INVALID)]
pub unsafe fn GetDynamicTimeZoneInformation(
    information: Option<Out<DynamicTimeZone>>,
) -> Result<u32, Win32Error> {
    let (zone, season) = zone();
    let mut key_name = [0; 128];
    key_name[..NAME].copy_from_slice(&zone.standard_name);
    information.ok_or(NO_TIME)?.write(DynamicTimeZone { zone, key_name, dynamic_disabled: 0 })?;
    Ok(season)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    /// Central European rules, written by hand.
    fn central_europe() -> TimeZone {
        let last_sunday =
            |month, hour| SYSTEMTIME { wMonth: month, wDay: 5, wHour: hour, ..Default::default() };
        TimeZone {
            bias: -60,
            standard_date: last_sunday(10, 3),
            daylight_date: last_sunday(3, 2),
            daylight_bias: -60,
            ..TimeZone::default()
        }
    }

    fn date(month: u16, day: u16, hour: u16, minute: u16) -> SYSTEMTIME {
        SYSTEMTIME {
            wYear: 2026,
            wMonth: month,
            wDay: day,
            wHour: hour,
            wMinute: minute,
            ..Default::default()
        }
    }

    #[test]
    fn a_zones_summer_begins_and_ends_at_its_moments() {
        let zone = central_europe();
        for (utc, local) in [
            (date(1, 15, 12, 0), (12 + 1, 0)),
            (date(3, 29, 0, 59), (1, 59)),
            (date(3, 29, 1, 0), (3, 0)),
            (date(7, 15, 12, 0), (14, 0)),
            (date(10, 25, 0, 59), (2, 59)),
            (date(10, 25, 1, 0), (2, 0)),
        ] {
            let (mut converted, mut back) = (SYSTEMTIME::default(), SYSTEMTIME::default());
            // SAFETY: pointers to locals.
            unsafe {
                assert_eq!(SystemTimeToTzSpecificLocalTime(&zone, &utc, &mut converted), 1);
                assert_eq!((converted.wHour, converted.wMinute), local);
                assert_eq!(TzSpecificLocalTimeToSystemTime(&zone, &converted, &mut back), 1);
            }
            let ambiguous = utc.wMonth == 10 && utc.wHour == 1;
            assert!(ambiguous || (back.wHour, back.wMinute) == (utc.wHour, utc.wMinute));
        }
    }

    #[test]
    fn local_file_times_come_back() {
        let time = to_file_time(now());
        let (mut local, mut back) = (FILETIME::default(), FILETIME::default());
        // SAFETY: pointers to locals.
        unsafe {
            assert_eq!(FileTimeToLocalFileTime(&time, &mut local), 1);
            assert_eq!(LocalFileTimeToFileTime(&local, &mut back), 1);
            assert_ne!(GetTimeZoneInformation(&mut TimeZone::default()), u32::MAX);
            for (place, error) in [(std::ptr::null_mut(), 87), (64 as *mut TimeZone, 998)] {
                assert_eq!((GetTimeZoneInformation(place), GetLastError()), (u32::MAX, error));
                let converted =
                    SystemTimeToTzSpecificLocalTime(64 as *const _, &date(1, 1, 1, 1), &mut date(1, 1, 1, 1));
                assert_eq!(
                    (converted, GetLastError()),
                    (0, 998),
                    "a zone that is not there is not the process's"
                );
            }
        }
        assert_eq!(of_file_time(back), of_file_time(time));
    }
}
