//! Ctrl-C and its relatives: `SetConsoleCtrlHandler`, `GenerateConsoleCtrlEvent`.
//!
//! On Linux these events are signals: SIGINT is `CTRL_C_EVENT`, SIGQUIT (Ctrl-\\) is
//! `CTRL_BREAK_EVENT`, SIGTERM and SIGHUP are `CTRL_CLOSE_EVENT`. Until a program registers a handler,
//! signals do what they do to any Linux program.
//!
//! 1. The signal handler writes the signal's number into a pipe and does nothing else.
//! 2. One thread of this library reads the pipe and calls the registered functions, the newest first, until
//!    one returns TRUE. So they may do what a signal handler must not: lock, allocate, close a port, wait.
//!    One event is served at a time, as on Windows.
//! 3. If none returns TRUE, the signal's former disposition applies, which by default ends the
//!    process. The exit status then tells the parent which signal it was, as Linux expects, in
//!    place of Windows' 0xC000013A.
//!
//! A difference: Windows ends a process after `CTRL_CLOSE_EVENT` even if a handler returned
//! TRUE. Here TRUE means handled, because SIGTERM is how services are asked to finish their
//! work, and SIGKILL is what follows.

use crate::abi::argument::Callback;
use crate::abi::last_error::Win32Error;
use crate::object::library_thread;
use crate::sync::lock::{Lock, LockGuard};
use crate::sync::signal_handler::Running;
use libc::c_int;
use longshore_win32_macros::export;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use std::os::fd::{IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY};
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT};

/// A function a program registers: it returns TRUE if it handled the event.
pub type Handler = unsafe extern "C-unwind" fn(u32) -> i32;

const SIGNALS: [c_int; 4] = [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP];

struct Control {
    handlers: Vec<Callback<Handler>>,
    /// `SetConsoleCtrlHandler(NULL, TRUE)`: Ctrl-C is ignored.
    ignores_ctrl_c: bool,
    /// The dispositions found, in the order of `SIGNALS`; `None` for a signal left alone.
    former: [Option<libc::sigaction>; SIGNALS.len()],
    running: bool,
}

// SAFETY: a disposition is plain data: flags, a mask and the address of a function.
unsafe impl Send for Control {}

static CONTROL: Lock<Control> = Lock::last(
    "console control handlers",
    Control {
        handlers: Vec::new(),
        ignores_ctrl_c: false,
        former: [const { None }; SIGNALS.len()],
        running: false,
    },
);

/// The writing end of the pipe. Stored before any signal handler that reads it is installed.
static PIPE: AtomicI32 = AtomicI32::new(-1);

fn control() -> LockGuard<'static, Control> {
    CONTROL.lock()
}

/// Runs in a signal's context: only what signal-safety(7) allows.
extern "C" fn note(signal: c_int) {
    let _running = Running::begins();
    // SAFETY: the location of this thread's errno, and a write of one byte; a full pipe means that there are
    // thousands of events to serve already.
    unsafe {
        let errno = *libc::__errno_location();
        libc::write(PIPE.load(Ordering::Relaxed), (&raw const signal).cast(), 1);
        *libc::__errno_location() = errno;
    }
}

fn disposition(handler: usize) -> libc::sigaction {
    // SAFETY: all zero is a valid disposition: the default one, with an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    // SA_RESTART: a blocked read of the program goes on.
    action.sa_flags = libc::SA_RESTART;
    action
}

fn exchange(signal: c_int, new: &libc::sigaction) -> libc::sigaction {
    let mut old = disposition(libc::SIG_DFL);
    // SAFETY: both are valid dispositions. Failure is impossible for these signals.
    unsafe { libc::sigaction(signal, new, &mut old) };
    old
}

impl Control {
    /// Starts the thread and installs the signal handlers, once.
    fn start(&mut self) -> Result<(), Win32Error> {
        if self.running {
            return Ok(());
        }
        let failed = Win32Error(ERROR_NOT_ENOUGH_MEMORY);
        // Non-blocking, because a signal handler must not wait; the reader polls.
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).map_err(|_| failed)?;
        library_thread::start(c"console-control", move || serve(&reader)).map_err(|_| failed)?;
        PIPE.store(writer.into_raw_fd(), Ordering::Relaxed);
        self.running = true;
        for (index, &signal) in SIGNALS.iter().enumerate() {
            let old = exchange(signal, &disposition(note as *const () as usize));
            // A program started with nohup survives the end of its terminal, even if it has handlers.
            if signal == libc::SIGHUP && old.sa_sigaction == libc::SIG_IGN {
                exchange(signal, &old);
            } else if signal == libc::SIGINT && self.ignores_ctrl_c {
                exchange(signal, &old);
                self.former[index] = Some(disposition(libc::SIG_DFL));
            } else {
                self.former[index] = Some(old);
            }
        }
        Ok(())
    }

    fn ignore_ctrl_c(&mut self, ignore: bool) {
        self.ignores_ctrl_c = ignore;
        // Children inherit an ignored signal, as on Windows.
        let handler = if ignore {
            libc::SIG_IGN
        } else if self.running {
            note as *const () as usize
        } else {
            libc::SIG_DFL
        };
        exchange(libc::SIGINT, &disposition(handler));
    }
}

fn event_of(signal: c_int) -> u32 {
    match signal {
        libc::SIGINT => CTRL_C_EVENT,
        libc::SIGQUIT => CTRL_BREAK_EVENT,
        _ => CTRL_CLOSE_EVENT,
    }
}

/// The thread that serves the events.
fn serve(reader: &OwnedFd) {
    loop {
        let mut signal = [0u8];
        let _ = poll(&mut [PollFd::new(reader, PollFlags::IN)], None);
        if rustix::io::read(reader, &mut signal) == Ok(1) {
            dispatch(c_int::from(signal[0]));
        }
    }
}

fn dispatch(signal: c_int) {
    let (handlers, former) = {
        let control = control();
        if signal == libc::SIGINT && control.ignores_ctrl_c {
            return;
        }
        let index = SIGNALS.iter().position(|&known| known == signal);
        (control.handlers.clone(), index.and_then(|index| control.former[index]))
    };
    // No lock is held: a handler may register and remove handlers.
    // SAFETY: the argument of a handler.
    if handlers.iter().rev().any(|handler| unsafe { handler.call(event_of(signal)) } != 0) {
        return;
    }
    let Some(former) = former else { return };
    let ours = exchange(signal, &former);
    // SAFETY: sends this thread a signal, which is served before the call returns, if it does. The thread
    // lets it in for that long; otherwise it leaves signals to the program's threads.
    unsafe {
        let mut let_in: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut let_in);
        libc::sigaddset(&raw mut let_in, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const let_in, &raw mut before);
        libc::raise(signal);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
    }
    exchange(signal, &ours);
}

/// Registers or removes a handler; with NULL, makes the process ignore Ctrl-C or react to it again.
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` for a handler to be removed that is not
/// registered, `ERROR_NOT_ENOUGH_MEMORY`.
///
/// Source: Windows documentation, `SetConsoleCtrlHandler`, `HandlerRoutine`.
#[export]
pub unsafe fn SetConsoleCtrlHandler(handler: Option<Callback<Handler>>, add: bool) -> Result<(), Win32Error> {
    let mut control = control();
    let Some(handler) = handler else {
        control.ignore_ctrl_c(add);
        return Ok(());
    };
    if add {
        control.start()?;
        control.handlers.push(handler);
        return Ok(());
    }
    let same = |known: &Callback<Handler>| known.function() as usize == handler.function() as usize;
    let index = control.handlers.iter().rposition(same).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    control.handlers.remove(index);
    Ok(())
}

/// Sends Ctrl-C or Ctrl-Break to a process group; group 0 is the caller's own.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for another event or a group that does not exist.
#[export]
pub fn GenerateConsoleCtrlEvent(event: u32, group: u32) -> Result<(), Win32Error> {
    let invalid = Win32Error(ERROR_INVALID_PARAMETER);
    let signal = match event {
        CTRL_C_EVENT => libc::SIGINT,
        CTRL_BREAK_EVENT => libc::SIGQUIT,
        _ => return Err(invalid),
    };
    // SAFETY: a plain system call.
    match unsafe { libc::kill(members(group).ok_or(invalid)?, signal) } {
        0 => Ok(()),
        _ => Err(invalid),
    }
}

/// How kill(2) names the members of a process group. Group 1 is the system's own, and has no such name: -1 means
/// every process there is.
fn members(group: u32) -> Option<libc::pid_t> {
    libc::pid_t::try_from(group).ok().filter(|&group| group != 1).map(|group| -group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_group_stands_for_every_process() {
        assert_eq!((members(0), members(7)), (Some(0), Some(-7)));
        assert_eq!((members(1), members(u32::MAX)), (None, None));
    }
}
