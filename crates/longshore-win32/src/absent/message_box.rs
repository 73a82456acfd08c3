//! Message boxes and sounds: a message box is a line on standard error.

use crate::abi::absent::absent;
use crate::abi::argument::{CStrArg, Ignored, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::fault::copy::Unit;
use longshore_win32_macros::export;
use std::io::Write;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    IDABORT, IDNO, IDOK, IDYES, MB_ABORTRETRYIGNORE, MB_DEFBUTTON2, MB_YESNO, MB_YESNOCANCEL,
};

/// Prints, and presses the default button: the first, or the second where that is the default of yes and no.
///
/// What is not there is not printed.
fn message_box<C: Character + Unit>(text: Option<StrArg<C>>, caption: Option<StrArg<C>>, kind: u32) -> i32 {
    const BUTTONS: u32 = 0xF;
    const DEFAULT_BUTTON: u32 = 0xF00;
    let shown = |string: Option<StrArg<C>>| {
        let units = string.and_then(|string| string.units(-1).ok());
        C::decode(units.unwrap_or_default())
    };
    let (text, caption) = (shown(text), shown(caption));
    let caption = if caption.is_empty() { b"Error".to_vec() } else { caption };
    let line = [&caption[..], b": ", &text, b"\n"].concat();
    let _ = std::io::stderr().write_all(&line);
    match (kind & BUTTONS, kind & DEFAULT_BUTTON) {
        (MB_YESNO | MB_YESNOCANCEL, MB_DEFBUTTON2) => IDNO,
        (MB_YESNO | MB_YESNOCANCEL, _) => IDYES,
        // Without a user, retrying could go on for ever.
        (MB_ABORTRETRYIGNORE, _) => IDABORT,
        _ => IDOK,
    }
}

/// Prints a message to standard error and answers with the default button.
#[export]
pub unsafe fn MessageBoxA(
    _window: Ignored,
    text: Option<CStrArg>,
    caption: Option<CStrArg>,
    kind: u32,
) -> i32 {
    message_box(text, caption, kind)
}

/// Prints a message to standard error: [`MessageBoxA`] with wide characters.
#[export]
pub unsafe fn MessageBoxW(
    _window: Ignored,
    text: Option<WStrArg>,
    caption: Option<WStrArg>,
    kind: u32,
) -> i32 {
    message_box(text, caption, kind)
}

/// Rings the terminal's bell, if there is a terminal, and takes the time the sound would.
#[export]
pub fn Beep(_hertz: u32, milliseconds: u32) -> i32 {
    ring();
    longshore_engine::blocking(|| {
        std::thread::sleep(std::time::Duration::from_millis(milliseconds.into()));
    });
    1
}

/// Rings the terminal's bell, if there is a terminal.
#[export]
pub fn MessageBeep(_kind: u32) -> i32 {
    ring();
    1
}

fn ring() {
    use std::io::IsTerminal;
    if std::io::stderr().is_terminal() {
        let _ = std::io::stderr().write_all(b"\x07");
    }
}

/// Shows or hides a window, of which there are none: it was not visible before.
#[export]
pub fn ShowWindow(_window: Ignored, _command: i32) -> i32 {
    absent!(answers ShowWindow, "there are no windows");
    0
}
