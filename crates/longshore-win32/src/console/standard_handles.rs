//! The standard handles, and what is a console: a terminal.
//!
//! A [`Stream`] is what `GetStdHandle` names. If it is a terminal, it is a console with modes, a cursor and
//! colours ([`crate::console::screen`]) and keys ([`crate::console::input`]); if it is a file or a pipe, as
//! in a service or under a test, calls that need a console fail with `ERROR_INVALID_HANDLE`. Writing and
//! reading text works nevertheless, because otherwise the output would be lost.

use crate::abi::argument::Out;
use crate::abi::last_error::Win32Error;
use crate::object::handles::{self, HANDLE, INVALID_HANDLE_VALUE};
use crate::object::{HandleCount, Object};
use crate::sync::lock::{Lock, LockGuard};
use crate::sync::rank::Rank;
use libc::c_int;
use longshore_win32_macros::export;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::Globalization::CP_UTF8;
use windows_sys::Win32::System::Console::{
    ENABLE_ECHO_INPUT, ENABLE_EXTENDED_FLAGS, ENABLE_INSERT_MODE, ENABLE_LINE_INPUT, ENABLE_MOUSE_INPUT,
    ENABLE_PROCESSED_INPUT, ENABLE_PROCESSED_OUTPUT, ENABLE_QUICK_EDIT_MODE, ENABLE_VIRTUAL_TERMINAL_INPUT,
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, ENABLE_WINDOW_INPUT, ENABLE_WRAP_AT_EOL_OUTPUT,
};
pub use windows_sys::Win32::System::Console::{STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE};

/// A descriptor behind a standard handle. It is never closed: the C library goes on using it.
#[derive(Debug)]
pub struct Stream {
    handles: HandleCount,
    fd: c_int,
    input: bool,
    /// Mode bits without a counterpart on Linux: they are stored and returned.
    mode: AtomicU32,
}

impl Object for Stream {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }
}

const INPUT_MODE: u32 =
    ENABLE_INSERT_MODE | ENABLE_QUICK_EDIT_MODE | ENABLE_EXTENDED_FLAGS | ENABLE_MOUSE_INPUT;
const OUTPUT_MODE: u32 =
    ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
/// The input modes that correspond to settings of the terminal.
const NATIVE_INPUT: [(u32, libc::tcflag_t); 3] = [
    (ENABLE_PROCESSED_INPUT, libc::ISIG),
    (ENABLE_LINE_INPUT, libc::ICANON),
    (ENABLE_ECHO_INPUT, libc::ECHO),
];

impl Stream {
    /// A stream over a descriptor, which stays the caller's.
    pub fn new(fd: c_int, input: bool) -> Stream {
        let mode = AtomicU32::new(if input { INPUT_MODE } else { OUTPUT_MODE });
        Stream { handles: HandleCount::new(), fd, input, mode }
    }

    /// The stream a handle names.
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE`.
    pub fn of(handle: HANDLE) -> Result<Arc<Stream>, Win32Error> {
        handles::get(handle)
    }

    /// The stream a handle names, which must be a terminal.
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE`.
    pub fn console(handle: HANDLE) -> Result<Arc<Stream>, Win32Error> {
        Stream::of(handle)
            .and_then(|stream| stream.is_terminal().then_some(stream).ok_or(Win32Error(ERROR_INVALID_HANDLE)))
    }

    /// The descriptor.
    pub fn fd(&self) -> c_int {
        self.fd
    }

    /// Whether it is standard input.
    pub fn is_input(&self) -> bool {
        self.input
    }

    /// Whether it is a terminal.
    pub fn is_terminal(&self) -> bool {
        // SAFETY: a plain call.
        unsafe { libc::isatty(self.fd) == 1 }
    }

    /// Writes all bytes. The calling thread's slot is free meanwhile (Q9): a pipe or
    /// a stopped terminal blocks.
    ///
    /// # Errors
    /// As `WriteFile`'s.
    pub fn write_all(&self, bytes: &[u8]) -> Result<(), Win32Error> {
        let mut rest = bytes;
        while !rest.is_empty() {
            // SAFETY: a live buffer.
            let written = longshore_engine::blocking(|| unsafe {
                libc::write(self.fd, rest.as_ptr().cast(), rest.len())
            });
            match usize::try_from(written) {
                Ok(written) => rest = &rest[written..],
                Err(_) => {
                    let errno = last_errno();
                    if errno != libc::EINTR {
                        let status = crate::abi::status::Status::of_write(longshore_engine::Errno(errno));
                        return Err(Win32Error(status.to_win32()));
                    }
                }
            }
        }
        Ok(())
    }

    fn settings(&self) -> Option<libc::termios> {
        // SAFETY: all zero is a valid value, and the call fills it in or fails.
        unsafe {
            let mut settings: libc::termios = std::mem::zeroed();
            (libc::tcgetattr(self.fd, &mut settings) == 0).then_some(settings)
        }
    }

    fn console_mode(&self) -> u32 {
        let kept = self.mode.load(Ordering::Relaxed);
        let Some(settings) = self.settings().filter(|_| self.input) else { return kept };
        let native = NATIVE_INPUT.iter().filter(|(_, flag)| settings.c_lflag & flag != 0);
        native.fold(kept, |mode, (bit, _)| mode | bit)
    }

    fn set_console_mode(&self, mode: u32) -> Result<(), Win32Error> {
        if !self.input {
            self.mode.store(mode, Ordering::Relaxed);
            return Ok(());
        }
        if mode & ENABLE_ECHO_INPUT != 0 && mode & ENABLE_LINE_INPUT == 0 {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        let Some(mut settings) = self.settings() else { return Err(Win32Error(ERROR_INVALID_HANDLE)) };
        restore_at_exit(self.fd, settings);
        for (bit, flag) in NATIVE_INPUT {
            if mode & bit != 0 {
                settings.c_lflag |= flag;
            } else {
                settings.c_lflag &= !flag;
            }
        }
        settings.c_cc[libc::VMIN] = 1;
        settings.c_cc[libc::VTIME] = 0;
        let native = NATIVE_INPUT.iter().fold(0, |bits, (bit, _)| bits | bit);
        self.mode.store(mode & !native, Ordering::Relaxed);
        // SAFETY: valid settings.
        if unsafe { libc::tcsetattr(self.fd, libc::TCSANOW, &settings) } != 0 {
            return Err(Win32Error(ERROR_INVALID_HANDLE));
        }
        Ok(())
    }
}

pub(crate) fn last_errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Restores the terminal's settings when the process ends, for the shell.
pub(crate) fn restore_at_exit(fd: c_int, settings: libc::termios) {
    static FOUND: OnceLock<(c_int, libc::termios)> = OnceLock::new();
    extern "C" fn restore() {
        if let Some((fd, settings)) = FOUND.get() {
            // SAFETY: the settings the terminal had.
            unsafe { libc::tcsetattr(*fd, libc::TCSANOW, settings) };
        }
    }
    if FOUND.set((fd, settings)).is_ok() {
        // SAFETY: a function that lives as long as the process.
        unsafe { libc::atexit(restore) };
    }
}

/// The three standard handles, as values: `None` until somebody asks.
static STANDARD: Lock<[Option<usize>; 3]> = Lock::new(Rank::STANDARD, [None; 3]);

fn standard() -> LockGuard<'static, [Option<usize>; 3]> {
    STANDARD.lock()
}

fn descriptor(which: u32) -> Option<c_int> {
    match which {
        STD_INPUT_HANDLE => Some(0),
        STD_OUTPUT_HANDLE => Some(1),
        STD_ERROR_HANDLE => Some(2),
        _ => None,
    }
}

/// A standard handle; NULL if the process was started without it.
///
/// # Errors
/// `INVALID_HANDLE_VALUE` with `ERROR_INVALID_HANDLE` for a number that names none.
#[export(failure = INVALID_HANDLE_VALUE)]
pub fn GetStdHandle(which: u32) -> Result<HANDLE, Win32Error> {
    let fd = descriptor(which).ok_or(Win32Error(ERROR_INVALID_HANDLE))?;
    let mut standard = standard();
    if let Some(value) = standard[fd as usize] {
        return Ok(value as HANDLE);
    }
    // SAFETY: a plain call.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Ok(std::ptr::null_mut());
    }
    let handle = handles::insert(Arc::new(Stream::new(fd, fd == 0)))?;
    standard[fd as usize] = Some(handle as usize);
    Ok(handle)
}

/// Changes what [`GetStdHandle`] returns. The C library's streams stay what they are, as on Windows.
#[export]
pub fn SetStdHandle(which: u32, handle: HANDLE) -> Result<(), Win32Error> {
    let fd = descriptor(which).ok_or(Win32Error(ERROR_INVALID_HANDLE))?;
    standard()[fd as usize] = Some(handle as usize);
    Ok(())
}

/// The mode of a console.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE` for what is no terminal, `ERROR_INVALID_PARAMETER` for NULL.
#[export]
pub unsafe fn GetConsoleMode(handle: HANDLE, mode: Option<Out<u32>>) -> Result<(), Win32Error> {
    let found = Stream::console(handle)?.console_mode();
    Ok(mode.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(found)?)
}

/// Sets the mode of a console: for input, signals, lines and echo are the terminal's own settings.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE` for what is no terminal, `ERROR_INVALID_PARAMETER` for unknown
/// bits, and for echo without lines.
#[export]
pub fn SetConsoleMode(handle: HANDLE, mode: u32) -> Result<(), Win32Error> {
    const KNOWN: u32 = 0x1FF | ENABLE_WINDOW_INPUT | ENABLE_VIRTUAL_TERMINAL_INPUT;
    let stream = Stream::console(handle)?;
    if mode & !KNOWN != 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    stream.set_console_mode(mode)
}

static INPUT_CODE_PAGE: AtomicU32 = AtomicU32::new(CP_UTF8);
static OUTPUT_CODE_PAGE: AtomicU32 = AtomicU32::new(CP_UTF8);

fn set_code_page(place: &AtomicU32, code_page: u32) -> Result<(), Win32Error> {
    if crate::strings::code_page::CodePage::of(code_page).is_none() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    place.store(code_page, Ordering::Relaxed);
    Ok(())
}

/// The code page of console input.
#[export]
pub fn GetConsoleCP() -> u32 {
    INPUT_CODE_PAGE.load(Ordering::Relaxed)
}

/// The code page of console output.
#[export]
pub fn GetConsoleOutputCP() -> u32 {
    OUTPUT_CODE_PAGE.load(Ordering::Relaxed)
}

/// Remembers a code page for input. Terminals speak UTF-8, whatever is set here.
#[export]
pub fn SetConsoleCP(code_page: u32) -> Result<(), Win32Error> {
    set_code_page(&INPUT_CODE_PAGE, code_page)
}

/// Remembers a code page for output. Terminals speak UTF-8, whatever is set here.
#[export]
pub fn SetConsoleOutputCP(code_page: u32) -> Result<(), Win32Error> {
    set_code_page(&OUTPUT_CODE_PAGE, code_page)
}
