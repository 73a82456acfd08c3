//! The console as a screen: text, colours, the cursor, the title. A terminal is driven by the control
//! sequences of ECMA-48, which every terminal of Linux understands.

use crate::abi::absent::absent;
use crate::abi::argument::{
    Argument, CStrArg, Ignored, In, OptionalText, Out, OutBuffer, Plain, StrArg, TextBuffer, WStrArg,
    WriteIfAsked, plain,
};
use crate::abi::character::Character;
use crate::abi::door::Answer;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::console::standard_handles::Stream;
use crate::object::handles::HANDLE;
use crate::sync::lock::{Lock, LockGuard};
use libc::c_char;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Console::{
    CONSOLE_CURSOR_INFO, CONSOLE_SCREEN_BUFFER_INFO, COORD, SMALL_RECT,
};

plain!(CONSOLE_CURSOR_INFO);

// SAFETY: two numbers, which promise nothing.
unsafe impl Argument for COORD {
    type C = COORD;
    const PROMISE: bool = false;

    #[inline(always)]
    unsafe fn from_c(value: COORD) -> COORD {
        value
    }
}

impl Answer for COORD {
    type C = COORD;
    const FAILURE: COORD = COORD { X: 0, Y: 0 };

    #[inline]
    fn to_c(self, _failure: COORD) -> COORD {
        self
    }
}

/// State that a terminal does not report, as the program last set it.
struct Screen {
    attributes: u16,
    cursor: COORD,
    cursor_info: CONSOLE_CURSOR_INFO,
    title: Vec<u8>,
}

static SCREEN: Lock<Screen> = Lock::last(
    "the console's screen",
    Screen {
        attributes: 7,
        cursor: COORD { X: 0, Y: 0 },
        cursor_info: CONSOLE_CURSOR_INFO { dwSize: 25, bVisible: 1 },
        title: Vec::new(),
    },
);

fn screen() -> LockGuard<'static, Screen> {
    SCREEN.lock()
}

fn size(stream: &Stream) -> COORD {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: a writable structure of the kind the request fills in.
    unsafe { libc::ioctl(stream.fd(), libc::TIOCGWINSZ, &mut size) };
    let or = |cells: u16, usual: i16| if cells == 0 { usual } else { cells.min(i16::MAX as u16) as i16 };
    COORD { X: or(size.ws_col, 80), Y: or(size.ws_row, 25) }
}

/// The sequence that selects the colours of Windows' attribute bits: blue, green, red, intensity, first for
/// the foreground, then for the background.
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
        // Black means the terminal's own background.
        0 => format!("\x1B[0;{foreground}{underscore}{reverse}m"),
        background => format!("\x1B[0;{foreground};{}{underscore}{reverse}m", colour(background, 40)),
    }
}

fn write<C: Character + Plain>(
    handle: HANDLE,
    text: Option<In<C>>,
    length: u32,
    written: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let stream = Stream::of(handle)?;
    if stream.is_input() {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    if length > 0 {
        let text = text.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.array::<64>(length as usize)?;
        written.map_or(Ok(()), Out::probe)?;
        stream.write_all(&C::decode(&text))?;
    }
    Ok(written.write_if_asked(length)?)
}

/// Writes text to a console, or to where standard output was redirected to.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE` for what is not output, `ERROR_INVALID_PARAMETER` for NULL,
/// `ERROR_NOACCESS`; those of a write.
#[export]
pub unsafe fn WriteConsoleA(
    handle: HANDLE,
    text: Option<In<c_char>>,
    length: u32,
    written: Option<Out<u32>>,
    _reserved: Ignored,
) -> Result<(), Win32Error> {
    write(handle, text, length, written)
}

/// Writes text to a console: [`WriteConsoleA`] with wide characters.
#[export]
pub unsafe fn WriteConsoleW(
    handle: HANDLE,
    text: Option<In<WCHAR>>,
    length: u32,
    written: Option<Out<u32>>,
    _reserved: Ignored,
) -> Result<(), Win32Error> {
    write(handle, text, length, written)
}

fn sequence(handle: HANDLE, sequence: impl FnOnce() -> String) -> Result<(), Win32Error> {
    Stream::console(handle)?.write_all(sequence().as_bytes())
}

/// Sets the colours of the text that follows.
#[export]
pub fn SetConsoleTextAttribute(handle: HANDLE, attributes: u16) -> Result<(), Win32Error> {
    sequence(handle, || {
        screen().attributes = attributes;
        // The usual attributes restore the terminal's own colours and not white on black.
        if attributes == 7 { "\x1B[0m".into() } else { colours(attributes) }
    })
}

/// Moves the cursor. The visible part of the terminal is the whole screen buffer.
#[export]
pub fn SetConsoleCursorPosition(handle: HANDLE, position: COORD) -> Result<(), Win32Error> {
    if position.X < 0 || position.Y < 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    sequence(handle, || {
        screen().cursor = position;
        format!("\x1B[{};{}H", i32::from(position.Y) + 1, i32::from(position.X) + 1)
    })
}

/// Shows or hides the cursor.
#[export]
pub unsafe fn SetConsoleCursorInfo(
    handle: HANDLE,
    information: Option<In<CONSOLE_CURSOR_INFO>>,
) -> Result<(), Win32Error> {
    let information = information.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.read()?;
    sequence(handle, || {
        screen().cursor_info = information;
        if information.bVisible != 0 { "\x1B[?25h".into() } else { "\x1B[?25l".into() }
    })
}

/// Describes the cursor.
#[export]
pub unsafe fn GetConsoleCursorInfo(
    handle: HANDLE,
    information: Option<Out<CONSOLE_CURSOR_INFO>>,
) -> Result<(), Win32Error> {
    Stream::console(handle)?;
    let found = screen().cursor_info;
    Ok(information.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(found)?)
}

/// Describes the screen. The cursor is where the program last put it, because a terminal reports its
/// position only through its input.
#[export]
pub unsafe fn GetConsoleScreenBufferInfo(
    handle: HANDLE,
    information: Option<Out<CONSOLE_SCREEN_BUFFER_INFO>>,
) -> Result<(), Win32Error> {
    let size = size(&*Stream::console(handle)?);
    let screen = screen();
    let described = CONSOLE_SCREEN_BUFFER_INFO {
        dwSize: size,
        dwCursorPosition: screen.cursor,
        wAttributes: screen.attributes,
        srWindow: SMALL_RECT { Left: 0, Top: 0, Right: size.X - 1, Bottom: size.Y - 1 },
        dwMaximumWindowSize: size,
    };
    Ok(information.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(described)?)
}

/// The largest size a console's window can have: the one it has.
#[export]
pub fn GetLargestConsoleWindowSize(handle: HANDLE) -> COORD {
    Stream::console(handle).map_or(COORD { X: 0, Y: 0 }, |stream| size(&stream))
}

/// The size of a terminal is its user's choice: nothing happens.
#[export]
pub fn SetConsoleScreenBufferSize(handle: HANDLE, _size: COORD) -> Result<(), Win32Error> {
    absent!(answers SetConsoleScreenBufferSize, "the size of a terminal stays as it is");
    Stream::console(handle).map(drop)
}

/// The size of a terminal is its user's choice: nothing happens.
#[export]
pub fn SetConsoleWindowInfo(handle: HANDLE, _absolute: bool, _window: Ignored) -> Result<(), Win32Error> {
    absent!(answers SetConsoleWindowInfo, "the size of a terminal stays as it is");
    Stream::console(handle).map(drop)
}

fn fill(
    handle: HANDLE,
    character: &[u8],
    count: u32,
    start: COORD,
    written: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let stream = Stream::console(handle)?;
    let size = size(&stream);
    let cells = size.X as u32 * size.Y as u32;
    let before = (start.Y.max(0) as u32).saturating_mul(size.X as u32).saturating_add(start.X.max(0) as u32);
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
    Ok(written.write_if_asked(count)?)
}

/// Writes a character several times; with blanks over the whole screen, clears it.
#[export]
pub unsafe fn FillConsoleOutputCharacterA(
    handle: HANDLE,
    character: c_char,
    count: u32,
    start: COORD,
    written: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    fill(handle, &c_char::decode(&[character]), count, start, written)
}

/// Writes a character several times: [`FillConsoleOutputCharacterA`] with a wide character.
#[export]
pub unsafe fn FillConsoleOutputCharacterW(
    handle: HANDLE,
    character: WCHAR,
    count: u32,
    start: COORD,
    written: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    fill(handle, &WCHAR::decode(&[character]), count, start, written)
}

/// Does nothing: terminals cannot colour cells that are on the screen already.
#[export]
pub unsafe fn FillConsoleOutputAttribute(
    handle: HANDLE,
    _attributes: u16,
    count: u32,
    _start: COORD,
    written: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    absent!(answers FillConsoleOutputAttribute, "a terminal cannot colour text that is there already");
    Stream::console(handle)?;
    Ok(written.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(count)?)
}

fn set_title<C: Character>(title: Option<StrArg<C>>) -> Result<(), Win32Error> {
    let title = title.text()?.into_bytes();
    let stream = Stream::new(libc::STDOUT_FILENO, false);
    // A title must not contain control sequences.
    let shown: Vec<u8> = title.iter().copied().filter(|&byte| byte >= b' ' && byte != 0x7F).collect();
    screen().title = title;
    match stream.is_terminal() {
        true => stream.write_all(&[b"\x1B]0;", &shown[..], b"\x07"].concat()),
        false => Ok(()),
    }
}

/// Sets the title of the terminal's window.
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` for NULL, `ERROR_NOACCESS`.
#[export]
pub unsafe fn SetConsoleTitleA(title: Option<CStrArg>) -> Result<(), Win32Error> {
    set_title(title)
}

/// Sets the title of the terminal's window: [`SetConsoleTitleA`] with wide characters.
#[export]
pub unsafe fn SetConsoleTitleW(title: Option<WStrArg>) -> Result<(), Win32Error> {
    set_title(title)
}

/// The title, cut to the buffer's room; returns its length.
fn title<C: Character>(buffer: Option<OutBuffer<C>>, room: u32) -> Result<u32, Win32Error> {
    let title = C::encode(&screen().title);
    let kept = title.len().min((room as usize).saturating_sub(1));
    buffer.put(&title[..kept], room as usize)?;
    Ok(title.len() as u32)
}

/// The title the program gave the console.
#[export]
pub unsafe fn GetConsoleTitleA(buffer: Option<OutBuffer<c_char>>, room: u32) -> Result<u32, Win32Error> {
    title(buffer, room)
}

/// The title the program gave the console, in wide characters.
#[export]
pub unsafe fn GetConsoleTitleW(buffer: Option<OutBuffer<WCHAR>>, room: u32) -> Result<u32, Win32Error> {
    title(buffer, room)
}

/// The console's window, of which there is none.
#[export]
pub fn GetConsoleWindow() -> HANDLE {
    absent!(answers GetConsoleWindow, "a terminal has no window");
    std::ptr::null_mut()
}

/// Does nothing: the process has the console it was started with.
#[export]
pub fn AllocConsole() -> bool {
    true
}

/// Does nothing: the process keeps the console it was started with.
#[export]
pub fn AttachConsole(_process: u32) -> bool {
    true
}

/// Does nothing: the process keeps its console.
#[export]
pub fn FreeConsole() -> bool {
    true
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
