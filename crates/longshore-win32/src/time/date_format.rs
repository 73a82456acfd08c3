//! Dates and times as text: `GetDateFormat`, `GetTimeFormat`, in the only locale.

use crate::abi::argument::{CStrArg, In, Out, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::time::system_time::{day_of_week, file_time_of};
use crate::time::time_zone::local_time;
use libc::c_char;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, SYSTEMTIME};
use windows_sys::Win32::Globalization::{
    DATE_LONGDATE, TIME_FORCE24HOURFORMAT, TIME_NOMINUTESORSECONDS, TIME_NOSECONDS, TIME_NOTIMEMARKER,
};

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// One field of a picture: a letter, repeated.
fn date_field(letter: char, length: usize, date: &SYSTEMTIME) -> Option<String> {
    let (day, month) = (DAYS[usize::from(date.wDayOfWeek)], MONTHS[usize::from(date.wMonth) - 1]);
    Some(match (letter, length) {
        ('d', 1) => date.wDay.to_string(),
        ('d', 2) => format!("{:02}", date.wDay),
        ('d', 3) => day[..3].to_owned(),
        ('d', _) => day.to_owned(),
        ('M', 1) => date.wMonth.to_string(),
        ('M', 2) => format!("{:02}", date.wMonth),
        ('M', 3) => month[..3].to_owned(),
        ('M', _) => month.to_owned(),
        ('y', 1) => (date.wYear % 100).to_string(),
        ('y', 2) => format!("{:02}", date.wYear % 100),
        ('y', _) => format!("{:04}", date.wYear),
        ('g', _) => "A.D.".to_owned(),
        _ => return None,
    })
}

fn time_field(letter: char, length: usize, time: &SYSTEMTIME) -> Option<String> {
    let number = |value: u16| if length == 1 { value.to_string() } else { format!("{value:02}") };
    let marker = if time.wHour < 12 { "AM" } else { "PM" };
    Some(match letter {
        'h' => number((time.wHour + 11) % 12 + 1),
        'H' => number(time.wHour),
        'm' => number(time.wMinute),
        's' => number(time.wSecond),
        't' => marker[..length.min(2)].to_owned(),
        _ => return None,
    })
}

type Field = fn(char, usize, &SYSTEMTIME) -> Option<String>;

/// Formats by a picture. Text between apostrophes is copied, and so are letters that are no fields.
fn filled(picture: &str, moment: &SYSTEMTIME, field: Field) -> String {
    let mut out = String::new();
    let mut rest = picture;
    while let Some(letter) = rest.chars().next() {
        if letter == '\'' {
            let end = rest[1..].find('\'').map_or(rest.len(), |end| end + 1);
            out.push_str(&rest[1..end]);
            rest = rest.get(end + 1..).unwrap_or_default();
            continue;
        }
        let length = rest.chars().take_while(|&other| other == letter).count();
        let run = &rest[..length * letter.len_utf8()];
        match field(letter, length, moment) {
            Some(text) => out.push_str(&text),
            None => out.push_str(run),
        }
        rest = &rest[run.len()..];
    }
    out
}

fn time_picture(flags: u32) -> &'static str {
    let long = flags & TIME_FORCE24HOURFORMAT != 0;
    let marked = flags & TIME_NOTIMEMARKER == 0 && !long;
    match (flags & TIME_NOMINUTESORSECONDS != 0, flags & TIME_NOSECONDS != 0, long, marked) {
        (true, _, true, _) => "HH",
        (true, _, _, true) => "h tt",
        (true, ..) => "h",
        (_, true, true, _) => "HH:mm",
        (_, true, _, true) => "h:mm tt",
        (_, true, ..) => "h:mm",
        (_, _, true, _) => "HH:mm:ss",
        (_, _, _, true) => "h:mm:ss tt",
        _ => "h:mm:ss",
    }
}

fn format<C: Character>(
    moment: Option<In<SYSTEMTIME>>,
    picture: Option<StrArg<C>>,
    usual: &str,
    field: Field,
    buffer: Option<Out<C>>,
    room: i32,
) -> Result<i32, Win32Error> {
    let mut date = match moment {
        None => local_time()?,
        Some(moment) => moment.read()?,
    };
    if field as usize == time_field as Field as usize {
        // Only the time counts.
        date = SYSTEMTIME { wYear: 2000, wMonth: 1, wDay: 1, ..date };
    }
    file_time_of(date)?;
    date.wDayOfWeek = day_of_week(date.wYear, date.wMonth, date.wDay);
    let picture = match picture {
        None => usual.to_owned(),
        Some(picture) => String::from_utf8_lossy(picture.text()?.as_bytes()).into_owned(),
    };
    let mut string = C::encode(filled(&picture, &date, field).as_bytes());
    string.push(C::default());
    let room = usize::try_from(room).map_err(|_| Win32Error(ERROR_INVALID_PARAMETER))?;
    if room > 0 {
        let buffer = buffer.filter(|_| string.len() <= room);
        buffer.ok_or(Win32Error(ERROR_INSUFFICIENT_BUFFER))?.write_all(&string)?;
    }
    Ok(string.len() as i32)
}

fn date_picture(flags: u32) -> &'static str {
    if flags & DATE_LONGDATE != 0 { "dddd, MMMM d, yyyy" } else { "M/d/yyyy" }
}

/// Writes a date by a picture such as `yyyy-MM-dd`; returns the length with the NUL,
/// also if no room is given.
///
/// # Errors
/// 0 with `ERROR_INVALID_PARAMETER` for what is no date and for negative room, `ERROR_INSUFFICIENT_BUFFER`,
/// `ERROR_NO_UNICODE_TRANSLATION` for a picture that is no text, `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetDateFormatA(
    _locale: u32,
    flags: u32,
    date: Option<In<SYSTEMTIME>>,
    picture: Option<CStrArg>,
    buffer: Option<Out<c_char>>,
    room: i32,
) -> Result<i32, Win32Error> {
    format(date, picture, date_picture(flags), date_field, buffer, room)
}

/// Writes a date: [`GetDateFormatA`] with wide characters.
#[export]
pub unsafe fn GetDateFormatW(
    _locale: u32,
    flags: u32,
    date: Option<In<SYSTEMTIME>>,
    picture: Option<WStrArg>,
    buffer: Option<Out<WCHAR>>,
    room: i32,
) -> Result<i32, Win32Error> {
    format(date, picture, date_picture(flags), date_field, buffer, room)
}

/// Writes a time by a picture such as `HH:mm:ss`; returns the length with the NUL, also if no room is given.
///
/// # Errors
/// 0 with `ERROR_INVALID_PARAMETER` for what is no time and for negative room, `ERROR_INSUFFICIENT_BUFFER`,
/// `ERROR_NO_UNICODE_TRANSLATION` for a picture that is no text, `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetTimeFormatA(
    _locale: u32,
    flags: u32,
    time: Option<In<SYSTEMTIME>>,
    picture: Option<CStrArg>,
    buffer: Option<Out<c_char>>,
    room: i32,
) -> Result<i32, Win32Error> {
    format(time, picture, time_picture(flags), time_field, buffer, room)
}

/// Writes a time: [`GetTimeFormatA`] with wide characters.
#[export]
pub unsafe fn GetTimeFormatW(
    _locale: u32,
    flags: u32,
    time: Option<In<SYSTEMTIME>>,
    picture: Option<WStrArg>,
    buffer: Option<Out<WCHAR>>,
    room: i32,
) -> Result<i32, Win32Error> {
    format(time, picture, time_picture(flags), time_field, buffer, room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    #[test]
    fn pictures_are_filled_in() {
        let moment =
            SYSTEMTIME { wYear: 2026, wMonth: 3, wDay: 7, wHour: 0, wMinute: 5, ..Default::default() };
        let mut out = [0 as c_char; 64];
        let mut date = |picture: &std::ffi::CStr, room| {
            // SAFETY: a literal and locals with room.
            let length = unsafe { GetDateFormatA(0, 0, &moment, picture.as_ptr(), out.as_mut_ptr(), room) };
            (length > 0)
                .then(|| String::from_utf8(c_char::decode(&out[..length as usize - 1])).expect("ASCII"))
        };
        assert_eq!(date(c"yyyy-MM-dd", 64).as_deref(), Some("2026-03-07"));
        assert_eq!(date(c"ddd',' d 'of' MMMM yy", 64).as_deref(), Some("Sat, 7 of March 26"));
        assert_eq!((date(c"yyyy", 4), GetLastError()), (None, 122), "the NUL needs room");
        let (null, nowhere) = (std::ptr::null(), 64 as *mut c_char);
        // SAFETY: nothing is there, which is what is asked.
        unsafe {
            assert_eq!((GetDateFormatA(0, 0, &moment, null, nowhere, 64), GetLastError()), (0, 998));
            assert_eq!((GetDateFormatA(0, 0, &moment, nowhere, nowhere, 0), GetLastError()), (0, 998));
            assert_eq!(
                GetDateFormatA(0, 0, &moment, null, nowhere, 0),
                9,
                "no room is no place to be written"
            );
        }
        assert_eq!(filled("h:mm tt", &moment, time_field), "12:05 AM");
        assert_eq!(filled("HH:mm:ss", &moment, time_field), "00:05:00");
        assert_eq!(time_picture(TIME_NOSECONDS | TIME_FORCE24HOURFORMAT), "HH:mm");
        let nonsense = SYSTEMTIME { wMonth: 13, ..moment };
        // SAFETY: a local and NULL.
        let length = unsafe { GetDateFormatA(0, 0, &nonsense, std::ptr::null(), std::ptr::null_mut(), 0) };
        assert_eq!((length, GetLastError()), (0, 87));
    }
}
