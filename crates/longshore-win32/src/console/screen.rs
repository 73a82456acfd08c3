//! The console as a screen: text, colours, the cursor, the title. A terminal is driven by the control sequences of
//! ECMA-48, which every terminal of Linux understands.

use crate::abi::absent::absent;
use crate::abi::character::{Character, copy_out};
use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::out::put;
use crate::abi::text::WCHAR;
use crate::console::standard_handles::Stream;
use crate::object::handles::HANDLE;
use libc::c_char;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::System::Console::{
    CONSOLE_CURSOR_INFO, CONSOLE_SCREEN_BUFFER_INFO, COORD, SMALL_RECT,
};

/// What a terminal does not tell, as the program left it.
struct Screen {
    attributes: u16,
    cursor: COORD,
    cursor_info: CONSOLE_CURSOR_INFO,
    title: Vec<u8>,
}

static SCREEN: Mutex<Screen> = Mutex::new(Screen {
    attributes: 7,
    cursor: COORD { X: 0, Y: 0 },
    cursor_info: CONSOLE_CURSOR_INFO { dwSize: 25, bVisible: 1 },
    title: Vec::new(),
});

fn screen() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn size(stream: &Stream) -> COORD {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: a writable structure of the kind the request fills in.
    unsafe { libc::ioctl(stream.fd(), libc::TIOCGWINSZ, &mut size) };
    let or = |cells: u16, usual: i16| if cells == 0 { usual } else { cells.min(i16::MAX as u16) as i16 };
    COORD { X: or(size.ws_col, 80), Y: or(size.ws_row, 25) }
}

/// The sequence that selects the colours of Windows' attribute bits: blue, green, red, intensity, first for the
/// foreground, then for the background.
fn colours(attributes: u16) -> String {
    const INTENSITY: u16 = 8;
    const REVERSE: u16 = 0x4000;
    const UNDERSCORE: u16 = 0x8000;
    let colour = |bits: u16, base: u16| {
        let bright = if bits & INTENSITY != 0 { 60 } else { 0 };
        base + bright + ((bits & 4) >> 2 | bits & 2 | (bits & 1) << 2)
    };
    let reverse = if attributes & REVERSE != 0 { ";7" } else { "" };
    let underscore = if attributes & UNDERSCORE != 0 { ";4" } else { "" };
    let foreground = colour(attributes, 30);
    match attributes >> 4 & 15 {
        // Black is the background every terminal's own stands for.
        0 => format!("\x1B[0;{foreground}{underscore}{reverse}m"),
        background => format!("\x1B[0;{foreground};{}{underscore}{reverse}m", colour(background, 40)),
    }
}

unsafe fn write<C: Character>(
    handle: HANDLE,
    text: *const c_void,
    length: u32,
    written: *mut u32,
) -> Result<(), Win32Error> {
    let stream = Stream::of(handle)?;
    if stream.is_input() || (text.is_null() && length > 0) {
        return Err(Win32Error(if stream.is_input() {
            windows_sys::Win32::Foundation::ERROR_INVALID_HANDLE
        } else {
            ERROR_INVALID_PARAMETER
        }));
    }
    if length > 0 {
        // SAFETY: the caller's promise, and not NULL.
        let text = unsafe { std::slice::from_raw_parts(text.cast::<C>(), length as usize) };
        stream.write_all(&C::decode(text))?;
    }
    if !written.is_null() {
        // SAFETY: the caller's promise.
        unsafe { put(written, length) }?;
    }
    Ok(())
}

/// Writes text to a console, or to where standard output was redirected to.
///
/// # Safety
/// `text` has `length` characters; `written` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteConsoleA(
    handle: HANDLE,
    text: *const c_void,
    length: u32,
    written: *mut u32,
    _reserved: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { write::<c_char>(handle, text, length, written) })
}

/// Writes text to a console: [`WriteConsoleA`] with wide characters.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteConsoleW(
    handle: HANDLE,
    text: *const c_void,
    length: u32,
    written: *mut u32,
    _reserved: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { write::<WCHAR>(handle, text, length, written) })
}

fn sequence(handle: HANDLE, sequence: impl FnOnce(&Stream) -> String) -> i32 {
    to_bool(Stream::console(handle).and_then(|stream| stream.write_all(sequence(&stream).as_bytes())))
}

/// Sets the colours of the text that follows.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleTextAttribute(handle: HANDLE, attributes: u16) -> i32 {
    sequence(handle, |_| {
        screen().attributes = attributes;
        // What the terminal came with, not white on black: the usual attributes restore it.
        if attributes == 7 { "\x1B[0m".into() } else { colours(attributes) }
    })
}

/// Moves the cursor. The visible part of the terminal is the whole screen buffer.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleCursorPosition(handle: HANDLE, position: COORD) -> i32 {
    if position.X < 0 || position.Y < 0 {
        return to_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    sequence(handle, |_| {
        screen().cursor = position;
        format!("\x1B[{};{}H", i32::from(position.Y) + 1, i32::from(position.X) + 1)
    })
}

/// Shows or hides the cursor.
///
/// # Safety
/// `information` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetConsoleCursorInfo(
    handle: HANDLE,
    information: *const CONSOLE_CURSOR_INFO,
) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { crate::abi::out::take(information) } {
        Ok(information) => sequence(handle, |_| {
            screen().cursor_info = information;
            if information.bVisible != 0 { "\x1B[?25h".into() } else { "\x1B[?25l".into() }
        }),
        Err(error) => to_bool(Err(error)),
    }
}

/// Describes the cursor.
///
/// # Safety
/// `information` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleCursorInfo(handle: HANDLE, information: *mut CONSOLE_CURSOR_INFO) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(Stream::console(handle).and_then(|_| unsafe { put(information, screen().cursor_info) }))
}

/// Describes the screen. The cursor is where the program last put it: a terminal tells only those who read its
/// input.
///
/// # Safety
/// `information` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleScreenBufferInfo(
    handle: HANDLE,
    information: *mut CONSOLE_SCREEN_BUFFER_INFO,
) -> i32 {
    to_bool(Stream::console(handle).and_then(|stream| {
        let (size, screen) = (size(&stream), screen());
        let described = CONSOLE_SCREEN_BUFFER_INFO {
            dwSize: size,
            dwCursorPosition: screen.cursor,
            wAttributes: screen.attributes,
            srWindow: SMALL_RECT { Left: 0, Top: 0, Right: size.X - 1, Bottom: size.Y - 1 },
            dwMaximumWindowSize: size,
        };
        // SAFETY: the caller's promise.
        unsafe { put(information, described) }
    }))
}

/// The largest size a console's window can have: the one it has.
#[unsafe(no_mangle)]
pub extern "C" fn GetLargestConsoleWindowSize(handle: HANDLE) -> COORD {
    Stream::console(handle).map_or(COORD { X: 0, Y: 0 }, |stream| size(&stream))
}

/// The size of a terminal is its user's choice: nothing happens.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleScreenBufferSize(handle: HANDLE, _size: COORD) -> i32 {
    absent!(answers SetConsoleScreenBufferSize, "the size of a terminal stays as it is");
    to_bool(Stream::console(handle).map(drop))
}

/// The size of a terminal is its user's choice: nothing happens.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleWindowInfo(handle: HANDLE, _absolute: i32, _window: *const SMALL_RECT) -> i32 {
    absent!(answers SetConsoleWindowInfo, "the size of a terminal stays as it is");
    to_bool(Stream::console(handle).map(drop))
}

unsafe fn fill(handle: HANDLE, character: &[u8], count: u32, start: COORD, written: *mut u32) -> i32 {
    to_bool(Stream::console(handle).and_then(|stream| {
        let size = size(&stream);
        let cells = size.X as u32 * size.Y as u32;
        let before =
            (start.Y.max(0) as u32).saturating_mul(size.X as u32).saturating_add(start.X.max(0) as u32);
        let count = count.min(cells.saturating_sub(before));
        let mut sequence = if character == b" " && count == cells {
            b"\x1B[2J".to_vec()
        } else {
            let place = format!("\x1B7\x1B[{};{}H", i32::from(start.Y) + 1, i32::from(start.X) + 1);
            let mut sequence = place.into_bytes();
            sequence.extend(character.repeat(count as usize));
            sequence
        };
        sequence.extend_from_slice(if sequence.starts_with(b"\x1B7") { b"\x1B8" } else { b"" });
        stream.write_all(&sequence)?;
        if written.is_null() {
            return Ok(());
        }
        // SAFETY: the caller's promise.
        unsafe { put(written, count) }
    }))
}

/// Writes a character several times; with blanks over the whole screen, clears it.
///
/// # Safety
/// `written` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FillConsoleOutputCharacterA(
    handle: HANDLE,
    character: c_char,
    count: u32,
    start: COORD,
    written: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { fill(handle, &c_char::decode(&[character]), count, start, written) }
}

/// Writes a character several times: [`FillConsoleOutputCharacterA`] with a wide character.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FillConsoleOutputCharacterW(
    handle: HANDLE,
    character: WCHAR,
    count: u32,
    start: COORD,
    written: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { fill(handle, &WCHAR::decode(&[character]), count, start, written) }
}

/// Colours cells that are on the screen already, which terminals cannot: nothing happens.
///
/// # Safety
/// `written` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FillConsoleOutputAttribute(
    handle: HANDLE,
    _attributes: u16,
    count: u32,
    _start: COORD,
    written: *mut u32,
) -> i32 {
    absent!(answers FillConsoleOutputAttribute, "a terminal cannot colour text that is there already");
    // SAFETY: the caller's promise.
    to_bool(Stream::console(handle).and_then(|_| unsafe { put(written, count) }))
}

fn set_title(title: Vec<u8>) -> i32 {
    let stream = Stream::new(libc::STDOUT_FILENO, false);
    // A title must not smuggle in control sequences.
    let shown: Vec<u8> = title.iter().copied().filter(|&byte| byte >= b' ' && byte != 0x7F).collect();
    screen().title = title;
    if stream.is_terminal() {
        return to_bool(stream.write_all(&[b"\x1B]0;", &shown[..], b"\x07"].concat()));
    }
    1
}

/// Sets the title of the terminal's window.
///
/// # Safety
/// `title` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetConsoleTitleA(title: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { c_char::text(title) } {
        Ok(title) => set_title(title.into_bytes()),
        Err(error) => to_bool(Err(error)),
    }
}

/// Sets the title of the terminal's window: [`SetConsoleTitleA`] with wide characters.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetConsoleTitleW(title: *const WCHAR) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { WCHAR::text(title) } {
        Ok(title) => set_title(title.into_bytes()),
        Err(error) => to_bool(Err(error)),
    }
}

/// The title, cut to the buffer's room; returns its length.
unsafe fn title<C: Character>(buffer: *mut C, room: u32) -> u32 {
    let title = C::encode(&screen().title);
    let kept = title.len().min((room as usize).saturating_sub(1));
    // SAFETY: the caller's promise.
    unsafe { copy_out(&title[..kept], buffer, room as usize) };
    title.len() as u32
}

/// The title the program gave the console.
///
/// # Safety
/// `buffer` is NULL or has `room`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleTitleA(buffer: *mut c_char, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { title(buffer, room) }
}

/// The title the program gave the console, in wide characters.
///
/// # Safety
/// `buffer` is NULL or has `room`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleTitleW(buffer: *mut WCHAR, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { title(buffer, room) }
}

/// The console's window, of which there is none.
#[unsafe(no_mangle)]
pub extern "C" fn GetConsoleWindow() -> HANDLE {
    absent!(answers GetConsoleWindow, "a terminal has no window");
    std::ptr::null_mut()
}

/// Gives the process a console: it has the one it was started with.
#[unsafe(no_mangle)]
pub extern "C" fn AllocConsole() -> i32 {
    1
}

/// Gives the process another's console: it keeps the one it was started with.
#[unsafe(no_mangle)]
pub extern "C" fn AttachConsole(_process: u32) -> i32 {
    1
}

/// Takes the process's console away, which stays.
#[unsafe(no_mangle)]
pub extern "C" fn FreeConsole() -> i32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_their_bits_in_another_order() {
        assert_eq!(colours(4), "\x1B[0;31m", "red");
        assert_eq!(colours(1 | 8), "\x1B[0;94m", "bright blue");
        assert_eq!(colours(2 | 0x60), "\x1B[0;32;43m", "green on yellow");
    }
}
