//! Children of fork(2), and threads that are cancelled with pthread_cancel(3). Processes of their own: a fork
//! of the test program would copy threads of other tests.

use longshore_fixtures::process::alone;
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    CloseHandle, CreateEventA, CreateIoCompletionPort, CreateWaitableTimerW, GetLastError,
    GetQueuedCompletionStatus, HANDLE, INVALID_HANDLE_VALUE, PostQueuedCompletionStatus, SetEvent,
    SetWaitableTimer, Sleep, WaitForSingleObject,
};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use windows_sys::Win32::Foundation::{ERROR_NOT_SUPPORTED, WAIT_FAILED};
use windows_sys::Win32::System::Threading::INFINITE;

fn new_port(concurrency: u32) -> usize {
    CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, concurrency) as usize
}

fn take(port: usize, timeout_ms: u32) -> bool {
    let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut());
    // SAFETY: writable places.
    unsafe {
        GetQueuedCompletionStatus(port as HANDLE, &mut bytes, &mut key, &mut overlapped, timeout_ms) != 0
    }
}

/// A timer goes off, an event is set, a packet arrives.
fn everything_works() -> bool {
    // SAFETY: NULL, or valid places.
    unsafe {
        let (event, timer) = (CreateEventA(null(), 0, 0, null()), CreateWaitableTimerW(null(), 0, null()));
        let port = new_port(0);
        let soon = -1i64;
        SetEvent(event) != 0
            && WaitForSingleObject(event, 0) == 0
            && SetWaitableTimer(timer, &soon, 0, None, null_mut(), 0) != 0
            && WaitForSingleObject(timer, 30_000) == 0
            && PostQueuedCompletionStatus(port as HANDLE, 0, 0, null_mut()) != 0
            && take(port, 0)
            && [event, timer, port as HANDLE].into_iter().all(|handle| CloseHandle(handle) != 0)
    }
}

/// The exit code of a child that does this. A child that hangs is ended by a signal.
fn code_of_child(run: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child ends in here.
    unsafe {
        match libc::fork() {
            0 => {
                libc::alarm(60);
                libc::_exit(run())
            }
            child => {
                let mut status = 0;
                assert_eq!(libc::waitpid(child, &mut status, 0), child);
                assert!(libc::WIFEXITED(status), "the child ended with {status:#x}");
                libc::WEXITSTATUS(status)
            }
        }
    }
}

#[test]
fn a_child_of_a_busy_process_is_told_that_it_has_no_threads_and_never_hangs() {
    if !alone(this_test!()) {
        return;
    }
    static STOP: AtomicBool = AtomicBool::new(false);
    let port = new_port(0);
    let busy = || {
        while !STOP.load(Ordering::Relaxed) {
            PostQueuedCompletionStatus(port as HANDLE, 0, 0, null_mut());
            take(port, 1000);
            assert!(everything_works());
        }
    };
    std::thread::scope(|scope| {
        (0..3).for_each(|_| _ = scope.spawn(busy));
        for _ in 0..200 {
            let code = code_of_child(|| {
                // SAFETY: NULL is allowed.
                let made = unsafe { CreateEventA(null(), 0, 0, null()) };
                let told = made.is_null() && GetLastError() == ERROR_NOT_SUPPORTED;
                let waited = WaitForSingleObject(port as HANDLE, INFINITE) == WAIT_FAILED;
                let told = told && waited && GetLastError() == ERROR_NOT_SUPPORTED;
                let taken = take(port, INFINITE) || GetLastError() != ERROR_NOT_SUPPORTED;
                i32::from(!told || taken)
            });
            assert_eq!(code, 0);
        }
        STOP.store(true, Ordering::Relaxed);
    });
    assert!(everything_works(), "the parent goes on");
}

unsafe extern "C" {
    fn pthread_cancel(thread: libc::pthread_t) -> i32;
}

/// Cancels threads that sleep in a call of the library: each goes on, and ends at libc's next own call.
fn cancelled(sleep: extern "C" fn(*mut c_void) -> *mut c_void, argument: usize, wake: impl Fn()) {
    for _ in 0..20 {
        // SAFETY: a function of the right type, valid places, a thread that was not joined.
        unsafe {
            let mut thread = 0;
            assert_eq!(libc::pthread_create(&mut thread, null(), sleep, argument as *mut c_void), 0);
            std::thread::sleep(Duration::from_millis(5)); // Until it sleeps, most of the time.
            assert_eq!(pthread_cancel(thread), 0);
            wake();
            let mut result = null_mut();
            assert_eq!(libc::pthread_join(thread, &mut result), 0);
        }
    }
}

#[test]
fn a_cancelled_thread_leaves_the_call_it_sleeps_in_by_its_end() {
    if !alone(this_test!()) {
        return;
    }
    extern "C" fn in_port(port: *mut c_void) -> *mut c_void {
        assert!(take(port as usize, INFINITE));
        null_mut()
    }
    extern "C" fn in_sleep(_: *mut c_void) -> *mut c_void {
        Sleep(50);
        null_mut()
    }
    extern "C" fn in_wait(event: *mut c_void) -> *mut c_void {
        assert_eq!(WaitForSingleObject(event, INFINITE), 0);
        null_mut()
    }
    let port = new_port(1);
    let post = || assert_ne!(PostQueuedCompletionStatus(port as HANDLE, 0, 0, null_mut()), 0);
    cancelled(in_port, port, post);
    post();
    assert!(take(port, 30_000), "no slot was kept");
    cancelled(in_sleep, 0, || ());
    // SAFETY: NULL is allowed.
    let event = unsafe { CreateEventA(null(), 0, 0, null()) };
    cancelled(in_wait, event as usize, || assert_ne!(SetEvent(event), 0));
}
