//! What `SetConsoleCtrlHandler` promises. Each test is a process of its own, since signals are the process's.

use longshore_fixtures::process::{command, part};
use longshore_fixtures::this_test;
use longshore_win32::testing::{GenerateConsoleCtrlEvent, GetLastError, SetConsoleCtrlHandler};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::ExitStatus;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

static CALLS: Mutex<Option<Sender<(&str, u32)>>> = Mutex::new(None);

fn calls() -> Receiver<(&'static str, u32)> {
    let (sender, receiver) = channel();
    *CALLS.lock().unwrap() = Some(sender);
    receiver
}

fn note(name: &'static str, event: u32) {
    CALLS.lock().unwrap().as_ref().unwrap().send((name, event)).unwrap();
}

unsafe extern "C-unwind" fn older(event: u32) -> i32 {
    note("older", event);
    1
}

unsafe extern "C-unwind" fn newer(event: u32) -> i32 {
    note("newer", event);
    i32::from(event == 1)
}

unsafe extern "C-unwind" fn refuses(_event: u32) -> i32 {
    0
}

type Handler = unsafe extern "C-unwind" fn(u32) -> i32;

fn set_handler(handler: Option<Handler>, add: i32) -> i32 {
    // SAFETY: the handlers of this file, which may be called in any thread.
    unsafe { SetConsoleCtrlHandler(handler, add) }
}

/// Runs the named test in a process and a process group of its own, where `body` runs.
fn in_a_process(test: &str, body: impl FnOnce()) -> Option<ExitStatus> {
    if part().is_some() {
        // Whoever runs the tests under nohup has it ignored.
        // SAFETY: the default disposition, in a process of its own.
        unsafe { libc::signal(libc::SIGHUP, libc::SIG_DFL) };
        body();
        return None;
    }
    Some(command(test, "the one that is told").process_group(0).output().unwrap().status)
}

fn raise(signal: i32) {
    // SAFETY: a plain system call.
    assert_eq!(unsafe { libc::kill(libc::getpid(), signal) }, 0);
}

#[test]
fn the_newest_handler_is_asked_first_and_true_stops() {
    let status = in_a_process(this_test!(), || {
        let calls = calls();
        assert_eq!(set_handler(Some(older), 1), 1);
        assert_eq!(set_handler(Some(newer), 1), 1);
        raise(libc::SIGINT);
        assert_eq!(calls.recv(), Ok(("newer", 0)));
        assert_eq!(calls.recv(), Ok(("older", 0)));
        raise(libc::SIGQUIT);
        assert_eq!(calls.recv(), Ok(("newer", 1)), "CTRL_BREAK_EVENT, handled there");
        raise(libc::SIGTERM);
        assert_eq!(calls.recv(), Ok(("newer", 2)), "CTRL_CLOSE_EVENT, and nothing for older before");
        assert_eq!(calls.recv(), Ok(("older", 2)));
        assert_eq!(set_handler(Some(newer), 0), 1);
        raise(libc::SIGHUP);
        assert_eq!(calls.recv(), Ok(("older", 2)));
        assert_eq!((set_handler(Some(newer), 0), GetLastError()), (0, 87), "not registered");
    });
    assert!(status.is_none_or(|status| status.success()));
}

#[test]
fn an_event_nobody_handles_ends_the_process_as_its_signal_does() {
    let status = in_a_process(this_test!(), || {
        assert_eq!(set_handler(Some(refuses), 1), 1);
        raise(libc::SIGTERM);
        loop {
            std::thread::park();
        }
    });
    assert!(status.is_none_or(|status| status.signal() == Some(libc::SIGTERM)));
}

#[test]
fn ignored_ctrl_c_reaches_nobody_until_it_is_heeded_again() {
    let status = in_a_process(this_test!(), || {
        let calls = calls();
        assert_eq!(set_handler(None, 1), 1);
        raise(libc::SIGINT);
        assert_eq!(set_handler(Some(older), 1), 1);
        assert_eq!(set_handler(None, 0), 1);
        raise(libc::SIGTERM);
        raise(libc::SIGINT);
        assert_eq!([calls.recv(), calls.recv()].map(|call| call.unwrap().1), [2, 0]);
        assert_eq!(set_handler(Some(older), 0), 1);
        raise(libc::SIGINT);
        loop {
            std::thread::park();
        }
    });
    assert!(status.is_none_or(|status| status.signal() == Some(libc::SIGINT)), "heeded again to the end");
}

#[test]
fn generated_events_reach_the_callers_group() {
    let status = in_a_process(this_test!(), || {
        let calls = calls();
        assert_eq!(set_handler(Some(older), 1), 1);
        assert_eq!(GenerateConsoleCtrlEvent(0, 0), 1);
        assert_eq!(calls.recv(), Ok(("older", 0)));
        assert_eq!(GenerateConsoleCtrlEvent(1, std::process::id()), 1);
        assert_eq!(calls.recv(), Ok(("older", 1)));
        assert_eq!((GenerateConsoleCtrlEvent(2, 0), GetLastError()), (0, 87));
    });
    assert!(status.is_none_or(|status| status.success()));
}
