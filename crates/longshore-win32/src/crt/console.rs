//! The console a key at a time (`_getch`, `_kbhit`), and `system()` with the words of cmd.exe.
//!
//! The terminal's mode is changed only while a key is read, and restored at once, at the latest when
//! the process exits, so that a server that ends in another thread leaves a usable shell. Signals stay
//! on: Ctrl-C still ends the program.
//!
//! A standard input that is no terminal is read as it is. At its end `_getch` returns EOF: the first time at
//! once, and later after a pause, because a loop that waits for `q` would otherwise keep a processor busy for
//! as long as the server runs. `_kbhit` returns 0.

use crate::abi::argument::CStrArg;
use crate::sync::lock::{Lock, LockGuard};
use longshore_win32_macros::export;
use std::collections::VecDeque;
use std::ffi::{CStr, c_int};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

unsafe extern "C" {
    static stdin: *mut libc::FILE;
    static stdout: *mut libc::FILE;
}

const INPUT: c_int = 0;
const OUTPUT: c_int = 1;
const END: c_int = libc::EOF;
const END_PAUSE: Duration = Duration::from_secs(1);
const BACKGROUND_PAUSE: Duration = Duration::from_millis(200);
/// How long the rest of an escape sequence may take; a terminal sends it in one write.
const SEQUENCE_TIMEOUT_MS: c_int = 25;

/// Keys already read: the second half of an arrow key, and keys from `_ungetch`.
static PENDING: Lock<VecDeque<c_int>> = Lock::last("keys already read", VecDeque::new());
static ENDED: AtomicBool = AtomicBool::new(false);
/// The mode to restore, while it is changed.
static COOKED: Lock<Option<libc::termios>> = Lock::last("the terminal's mode", None);

fn pending() -> LockGuard<'static, VecDeque<c_int>> {
    PENDING.lock()
}

fn cooked() -> LockGuard<'static, Option<libc::termios>> {
    COOKED.lock()
}

fn is_terminal(descriptor: c_int) -> bool {
    // SAFETY: no memory is involved.
    unsafe { libc::isatty(descriptor) == 1 }
}

/// A process in the background that touches the terminal is stopped with all its threads.
fn in_foreground() -> bool {
    // SAFETY: no memory is involved.
    unsafe { libc::tcgetpgrp(INPUT) == libc::getpgrp() }
}

fn flush_output() {
    // SAFETY: the C library's own stream.
    unsafe { libc::fflush(stdout) };
}

extern "C" fn restore_mode() {
    if let Some(mode) = cooked().take() {
        // SAFETY: a mode that tcgetattr gave.
        unsafe { libc::tcsetattr(INPUT, libc::TCSANOW, &mode) };
    }
}

/// The terminal without line editing and echo, until dropped.
struct RawMode;

impl RawMode {
    fn enter() -> Option<Self> {
        static AT_EXIT: Once = Once::new();
        // SAFETY: `restore_mode` may run at exit.
        AT_EXIT.call_once(|| unsafe {
            libc::atexit(restore_mode);
        });
        let mut saved = cooked();
        if saved.is_some() {
            // Another thread waits for a key and will restore the mode.
            return None;
        }
        // SAFETY: termios is plain data and tcgetattr fills it.
        unsafe {
            let mut mode: libc::termios = std::mem::zeroed();
            if libc::tcgetattr(INPUT, &mut mode) != 0 {
                return None;
            }
            *saved = Some(mode);
            mode.c_lflag &= !(libc::ICANON | libc::ECHO);
            mode.c_cc[libc::VMIN] = 1;
            mode.c_cc[libc::VTIME] = 0;
            libc::tcsetattr(INPUT, libc::TCSANOW, &mode);
        }
        Some(Self)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore_mode();
    }
}

fn readable(timeout_ms: c_int) -> bool {
    let mut descriptor = libc::pollfd { fd: INPUT, events: libc::POLLIN, revents: 0 };
    // SAFETY: one descriptor, as said.
    unsafe { libc::poll(&mut descriptor, 1, timeout_ms) == 1 && descriptor.revents & libc::POLLIN != 0 }
}

fn read_byte() -> c_int {
    loop {
        let mut byte = 0u8;
        // SAFETY: one byte of room.
        let count = unsafe { libc::read(INPUT, (&raw mut byte).cast(), 1) };
        match count {
            1 => return c_int::from(byte),
            -1 if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
            _ => return END,
        }
    }
}

/// A key of the terminal as Windows numbers it; the second half of a two-part key becomes pending.
fn read_key() -> c_int {
    let first = read_byte();
    match first {
        0x0A => 0x0D,
        0x7F => 0x08,
        0x1B if readable(SEQUENCE_TIMEOUT_MS) => {
            let mut sequence = Vec::new();
            while sequence.len() < 8 && readable(SEQUENCE_TIMEOUT_MS) {
                let byte = read_byte();
                if byte == END {
                    break;
                }
                sequence.push(byte as u8);
                let introduced = sequence.len() > 1 && matches!(sequence[0], b'[' | b'O');
                if introduced && (0x40..=0x7E).contains(&byte) || !matches!(sequence[0], b'[' | b'O') {
                    break;
                }
            }
            match windows_key(&sequence) {
                Some((lead, code)) => {
                    pending().push_back(code);
                    lead
                }
                None => {
                    pending().extend(sequence.into_iter().map(c_int::from));
                    first
                }
            }
        }
        other => other,
    }
}

/// An escape sequence, as the pair of numbers that `_getch` returns on Windows.
fn windows_key(sequence: &[u8]) -> Option<(c_int, c_int)> {
    const ARROWS: c_int = 0xE0;
    const FUNCTION: c_int = 0;
    Some(match sequence {
        b"[A" | b"OA" => (ARROWS, 72),
        b"[B" | b"OB" => (ARROWS, 80),
        b"[C" | b"OC" => (ARROWS, 77),
        b"[D" | b"OD" => (ARROWS, 75),
        b"[H" | b"OH" | b"[1~" => (ARROWS, 71),
        b"[F" | b"OF" | b"[4~" => (ARROWS, 79),
        b"[2~" => (ARROWS, 82),
        b"[3~" => (ARROWS, 83),
        b"[5~" => (ARROWS, 73),
        b"[6~" => (ARROWS, 81),
        b"OP" | b"[11~" => (FUNCTION, 59),
        b"OQ" | b"[12~" => (FUNCTION, 60),
        b"OR" | b"[13~" => (FUNCTION, 61),
        b"OS" | b"[14~" => (FUNCTION, 62),
        b"[15~" => (FUNCTION, 63),
        b"[17~" => (FUNCTION, 64),
        b"[18~" => (FUNCTION, 65),
        b"[19~" => (FUNCTION, 66),
        b"[20~" => (FUNCTION, 67),
        b"[21~" => (FUNCTION, 68),
        b"[23~" => (ARROWS, 133),
        b"[24~" => (ARROWS, 134),
        _ => return None,
    })
}

fn next_key() -> c_int {
    if let Some(key) = pending().pop_front() {
        return key;
    }
    flush_output();
    if is_terminal(INPUT) {
        while !in_foreground() {
            std::thread::sleep(BACKGROUND_PAUSE);
        }
        let _raw = RawMode::enter();
        return read_key();
    }
    // Reads through the C stream, so that a program can read keys and lines alternately.
    // SAFETY: the C library's own stream.
    let key = unsafe { libc::fgetc(stdin) };
    if key == END && ENDED.swap(true, Ordering::Relaxed) {
        std::thread::sleep(END_PAUSE);
    }
    key
}

/// The next key, which is shown with `echo`.
fn get_key(echo: bool) -> c_int {
    let key = next_key();
    if echo && key != END {
        // SAFETY: the C library's own stream.
        unsafe { libc::fputc(if key == 0x0D { 0x0A } else { key }, stdout) };
        flush_output();
    }
    key
}

/// `_getch` and, with `echo`, `_getche`.
#[export(failure = END)]
pub fn longshore_getch(echo: bool) -> c_int {
    get_key(echo)
}

/// `_getwch` and `_getwche`: a character, where `_getch` answers the bytes of its UTF-8 in turn.
#[export(failure = END)]
pub fn longshore_getwch(echo: bool) -> c_int {
    let first = get_key(echo);
    let following = match first {
        0xC2..=0xDF => 1,
        // 0xE0 is also the lead of an arrow key, whose second half is never a continuation byte.
        0xE0..=0xEF if pending().front().is_none_or(|next| next & 0xC0 == 0x80) => 2,
        0xF0..=0xF4 => 3,
        _ => return first,
    };
    let mut bytes = vec![first as u8];
    for _ in 0..following {
        match get_key(echo) {
            END => break,
            byte => bytes.push(byte as u8),
        }
    }
    String::from_utf8_lossy(&bytes).chars().next().map_or(END, |character| character as c_int)
}

/// `_ungetch`: the key comes next.
#[export(failure = END)]
pub fn longshore_ungetch(key: c_int) -> c_int {
    if key != END {
        pending().push_front(key);
    }
    key
}

/// `_kbhit`: whether `_getch` would answer a key at once.
#[export]
pub fn longshore_kbhit() -> bool {
    if !pending().is_empty() {
        return true;
    }
    if is_terminal(INPUT) {
        if !in_foreground() {
            return false;
        }
        let _raw = RawMode::enter();
        return readable(0);
    }
    let mut available: c_int = 0;
    // The number of bytes. poll(2) would also report the end of the input as
    // readable.
    // SAFETY: FIONREAD stores an int.
    let known = unsafe { libc::ioctl(INPUT, libc::FIONREAD, &mut available) } == 0;
    known && available > 0
}

/// Text for the terminal; nothing when the output is no terminal.
fn to_terminal(text: &str) {
    if is_terminal(OUTPUT) {
        // SAFETY: `text` is readable for its length.
        unsafe { libc::fwrite(text.as_ptr().cast(), 1, text.len(), stdout) };
        flush_output();
    }
}

fn pause(quiet: bool) {
    const PROMPT: &CStr = c"Press any key to continue . . . ";
    if !quiet {
        // SAFETY: a C string and the C library's own stream.
        unsafe { libc::fputs(PROMPT.as_ptr(), stdout) };
    }
    get_key(false);
    if !quiet {
        // SAFETY: the C library's own stream.
        unsafe { libc::fputc(0x0A, stdout) };
        flush_output();
    }
}

/// `color bf`: background and foreground, a hexadecimal digit each, one digit for the foreground alone.
fn color(attribute: &str) {
    // Windows numbers colours blue-green-red, ANSI red-green-blue.
    const ANSI: [u32; 8] = [0, 4, 2, 6, 1, 5, 3, 7];
    let digits: Option<Vec<u32>> = attribute.chars().map(|digit| digit.to_digit(16)).collect();
    let (background, foreground) = match digits.as_deref() {
        Some([foreground]) => (0, *foreground),
        Some([background, foreground]) => (*background, *foreground),
        _ => return to_terminal("\x1b[0m"),
    };
    let bright = |colour: u32| if colour >= 8 { 60 } else { 0 };
    let foreground = 30 + ANSI[foreground as usize & 7] + bright(foreground);
    let background = 40 + ANSI[background as usize & 7] + bright(background);
    to_terminal(&format!("\x1b[{foreground};{background}m"));
}

/// Whether `command` is a word of cmd.exe that is answered here.
fn console_command(command: &str) -> bool {
    let command = command.trim().trim_start_matches('@');
    let quiet = command.contains('>');
    let words = command.split('>').next().unwrap_or("").trim();
    let (word, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    match word.to_ascii_lowercase().as_str() {
        "pause" => pause(quiet),
        "cls" => to_terminal("\x1b[H\x1b[2J\x1b[3J"),
        "title" => to_terminal(&format!("\x1b]0;{}\x07", rest.trim().replace(char::is_control, ""))),
        "color" => color(rest.trim()),
        "mode" | "chcp" => {}
        _ => return false,
    }
    true
}

/// `system`. The answer is the command's exit code, as on Windows, not a wait status; -1 with EFAULT for a
/// command that is not there.
#[export(failure = -1)]
pub unsafe fn longshore_system(command: Option<CStrArg>) -> c_int {
    let command = match command.map(CStrArg::get).transpose() {
        // SAFETY: it only says whether there is a shell.
        Ok(None) => return unsafe { libc::system(std::ptr::null()) },
        Ok(Some(command)) => command,
        Err(_) => {
            // SAFETY: the thread's own errno.
            unsafe { *libc::__errno_location() = libc::EFAULT };
            return -1;
        }
    };
    if command.to_str().is_ok_and(console_command) {
        return 0;
    }
    // SAFETY: NULL is all streams; a string.
    let status = unsafe {
        libc::fflush(std::ptr::null_mut());
        libc::system(command.as_ptr())
    };
    match status {
        -1 => -1,
        _ if libc::WIFEXITED(status) => libc::WEXITSTATUS(status),
        _ => 128 + libc::WTERMSIG(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrow_and_function_keys_have_windows_numbers() {
        assert_eq!(windows_key(b"[A"), Some((0xE0, 72)));
        assert_eq!(windows_key(b"OP"), Some((0, 59)));
        assert_eq!(windows_key(b"x"), None);
    }

    #[test]
    fn words_of_cmd_are_known_whatever_their_case_and_other_commands_are_left_to_the_shell() {
        assert!(console_command("  MODE con: cols=80 lines=25"));
        assert!(console_command("chcp 65001 > nul"));
        assert!(console_command("title a server"));
        assert!(!console_command("ls"));
        assert!(!console_command("pauses"));
        assert!(!console_command(""));
    }

    #[test]
    fn a_key_given_back_is_hit_and_read_next() {
        assert_eq!(longshore_ungetch(c_int::from(b'x')), c_int::from(b'x'));
        assert_eq!(longshore_kbhit(), 1);
        assert_eq!(longshore_getch(0), c_int::from(b'x'));
    }
}
