//! Events, mutexes, semaphores and the exported waits, as a C program sees them.
#![expect(clippy::redundant_locals, reason = "a closure is to capture the whole handle, which may be sent")]

use longshore_win32::testing::{
    CloseHandle, DuplicateHandle, GetCurrentThread, GetLastError, HANDLE, INVALID_HANDLE_VALUE, QueueUserAPC,
    SetLastError, *,
};
use std::ffi::{CString, c_char};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::scope;
use std::time::Instant;

const INFINITE: u32 = u32::MAX;

/// A handle that may be used on any thread.
#[derive(Clone, Copy)]
struct Handle(HANDLE);
// SAFETY: a number.
unsafe impl Send for Handle {}
// SAFETY: a number.
unsafe impl Sync for Handle {}

fn name(text: &str) -> CString {
    CString::new(text).unwrap()
}

fn event(manual: i32, signaled: i32, name: *const c_char) -> HANDLE {
    // SAFETY: the callers pass NULL or a live string.
    unsafe { CreateEventA(null(), manual, signaled, name) }
}

fn wait_for(handles: &[HANDLE], all: i32, timeout_ms: u32) -> u32 {
    // SAFETY: a slice.
    unsafe { WaitForMultipleObjects(handles.len() as u32, handles.as_ptr(), all, timeout_ms) }
}

#[test]
fn a_protected_handle_is_not_closed_and_handles_remember_their_flags() {
    let first = event(0, 0, null());
    let flags = |handle| {
        let mut flags = u32::MAX;
        // SAFETY: a local.
        assert_eq!(unsafe { GetHandleInformation(handle, &raw mut flags) }, 1);
        flags
    };
    assert_eq!(flags(first), 0);
    assert_eq!((SetHandleInformation(first, 3, 2), flags(first)), (1, 2));
    assert_eq!((CloseHandle(first), GetLastError()), (0, 6), "HANDLE_FLAG_PROTECT_FROM_CLOSE");
    assert_eq!(SetEvent(first), 1, "it is as it was");
    assert_eq!((SetHandleInformation(first, 1, 1), flags(first)), (1, 3));
    assert_eq!((SetHandleInformation(first, 2, 0), flags(first)), (1, 1));
    assert_eq!((SetHandleInformation(first, 4, 4), GetLastError()), (0, 87));
    let mut second = null_mut();
    // SAFETY: a local.
    let made = unsafe {
        let process = INVALID_HANDLE_VALUE;
        DuplicateHandle(process, first, process, &raw mut second, 0, 1, 2)
    };
    assert_eq!((made, flags(second)), (1, 1));
    assert_eq!((CloseHandle(first), CloseHandle(second)), (1, 1));
    assert_eq!((SetHandleInformation(first, 1, 1), GetLastError()), (0, 6));
}

#[test]
fn creating_an_event_says_whether_it_is_new() {
    let text = name("creating an event");
    let wide: Vec<_> = "creating an event\0".chars().map(|character| character as i32).collect();
    SetLastError(1);
    let first = event(1, 1, text.as_ptr());
    assert_eq!(GetLastError(), 0);
    // SAFETY: a wide string.
    let second = unsafe { CreateEventW(null(), 0, 0, wide.as_ptr()) };
    assert_eq!(GetLastError(), 183);
    assert_ne!(first, second);
    assert_eq!(WaitForSingleObject(second, 0), 0, "the same event, as it was created first");
    assert_eq!((SetEvent(second), ResetEvent(first), WaitForSingleObject(second, 0)), (1, 1, 258));
    // SAFETY: live strings.
    unsafe {
        assert!(CreateMutexA(null(), 0, text.as_ptr()).is_null());
        assert_eq!(GetLastError(), 6, "another type has the name");
        let third = OpenEventA(0, 0, text.as_ptr());
        assert!(!third.is_null());
        assert!(OpenSemaphoreA(0, 0, text.as_ptr()).is_null());
        assert_eq!(GetLastError(), 6);
        for handle in [first, second, third] {
            assert_eq!(CloseHandle(handle), 1);
        }
        assert!(OpenEventA(0, 0, text.as_ptr()).is_null());
        assert_eq!(GetLastError(), 2, "the name went with the last handle");
        let mutex = CreateMutexA(null(), 0, text.as_ptr());
        assert!(!mutex.is_null() && GetLastError() == 0);
        CloseHandle(mutex);
    }
}

#[test]
fn names_differ_by_case_and_by_global_but_not_by_local() {
    let first = event(0, 0, name("Local\\Prefixed").as_ptr());
    let names = [("Prefixed", 183), ("prefixed", 0), ("Global\\Prefixed", 0)];
    for (text, error) in names {
        CloseHandle(event(0, 0, name(text).as_ptr()));
        assert_eq!(GetLastError(), error, "{text}");
    }
    assert!(event(0, 0, name("folder\\Prefixed").as_ptr()).is_null());
    assert_eq!(GetLastError(), 3);
    CloseHandle(first);
}

#[test]
fn names_are_found_and_forgotten_under_contention() {
    let text = name("contended");
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    let handle = event(0, 0, text.as_ptr());
                    assert!(!handle.is_null());
                    // SAFETY: a live string.
                    let again = unsafe { OpenEventA(0, 0, text.as_ptr()) };
                    assert!(!again.is_null(), "{}", GetLastError());
                    CloseHandle(handle);
                    CloseHandle(again);
                }
            });
        }
    });
    // SAFETY: a live string.
    assert!(unsafe { OpenEventA(0, 0, text.as_ptr()) }.is_null());
}

#[test]
fn tag_bits_of_a_handle_are_ignored() {
    // A4
    let handle = event(1, 0, null());
    let tagged = (handle as usize | 1) as HANDLE;
    assert_eq!((SetEvent(tagged), WaitForSingleObject((handle as usize | 3) as HANDLE, 0)), (1, 0));
    CloseHandle(handle);
}

#[test]
fn flags_say_what_an_event_is() {
    for (flags, first, second) in [(0, 258, 258), (1, 258, 258), (2, 0, 258), (3, 0, 0)] {
        // SAFETY: no name.
        let handle = unsafe { CreateEventExA(null(), null(), flags, 0) };
        assert_eq!((WaitForSingleObject(handle, 0), WaitForSingleObject(handle, 0)), (first, second));
        CloseHandle(handle);
    }
}

#[test]
fn a_pulse_releases_those_who_wait_and_nobody_else() {
    let handle = Handle(event(1, 0, null()));
    let released = AtomicUsize::new(0);
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let handle = handle;
                assert_eq!(WaitForSingleObject(handle.0, INFINITE), 0);
                released.fetch_add(1, Ordering::SeqCst);
            });
        }
        // A pulse that comes before a thread waits is lost: that is its nature.
        while released.load(Ordering::SeqCst) < 3 {
            assert_eq!(PulseEvent(handle.0), 1);
            std::thread::yield_now();
        }
    });
    assert_eq!(WaitForSingleObject(handle.0, 0), 258);
    CloseHandle(handle.0);
}

#[test]
fn bad_handles_and_bad_arguments_have_their_errors() {
    let good = event(1, 1, null());
    let closed = event(1, 1, null());
    CloseHandle(closed);
    for bad in [null_mut(), closed] {
        assert_eq!((WaitForSingleObject(bad, 0), GetLastError()), (INFINITE, 6));
        assert_eq!((SetEvent(bad), GetLastError()), (0, 6));
        assert_eq!((wait_for(&[good, bad], 0, 0), GetLastError()), (INFINITE, 6));
    }
    assert_eq!((SetEvent(INVALID_HANDLE_VALUE), GetLastError()), (0, 6), "A5");
    assert_eq!(WaitForSingleObject(INVALID_HANDLE_VALUE, 0), 258, "the process has not ended");
    assert_eq!((ReleaseMutex(good), GetLastError()), (0, 6));
    assert_eq!((wait_for(&[], 0, 0), GetLastError()), (INFINITE, 87));
    assert_eq!((wait_for(&[good; 65], 0, 0), GetLastError()), (INFINITE, 87));
    assert_eq!(wait_for(&[good; 64], 0, 0), 0);
    assert_eq!((wait_for(&[good, good], 1, 0), GetLastError()), (INFINITE, 87));
    // SAFETY: NULL is allowed to be wrong.
    unsafe {
        assert_eq!((WaitForMultipleObjects(1, null(), 0, 0), GetLastError()), (INFINITE, 998));
        assert_eq!((CreateSemaphoreA(null(), 2, 1, null()), GetLastError()), (null_mut(), 87));
        assert_eq!((CreateSemaphoreA(null(), -1, 1, null()), GetLastError()), (null_mut(), 87));
        assert_eq!((CreateSemaphoreA(null(), 0, 0, null()), GetLastError()), (null_mut(), 87));
        assert_eq!((OpenMutexA(0, 0, null()), GetLastError()), (null_mut(), 87));
    }
    CloseHandle(good);
}

#[test]
fn a_semaphores_release_tells_the_former_count() {
    // SAFETY: no name; a live count.
    unsafe {
        let handle = CreateSemaphoreA(null(), 1, 3, null());
        let mut former = -1;
        assert_eq!((ReleaseSemaphore(handle, 2, &raw mut former), former), (1, 1));
        assert_eq!((ReleaseSemaphore(handle, 1, &raw mut former), GetLastError(), former), (0, 298, 1));
        assert_eq!((ReleaseSemaphore(handle, 0, null_mut()), GetLastError()), (0, 87));
        assert_eq!((ReleaseSemaphore(handle, i32::MAX, null_mut()), GetLastError()), (0, 298));
        for expected in [0, 0, 0, 258] {
            assert_eq!(WaitForSingleObject(handle, 0), expected);
        }
        CloseHandle(handle);
    }
}

#[test]
fn a_mutex_is_its_creators_only_if_asked_and_only_if_new() {
    let text = name("a mutex");
    // SAFETY: live strings.
    unsafe {
        let first = Handle(CreateMutexA(null(), 1, text.as_ptr()));
        scope(|scope| {
            scope.spawn(|| {
                let again = CreateMutexA(null(), 1, text.as_ptr());
                assert_eq!(GetLastError(), 183);
                assert_eq!((ReleaseMutex(again), GetLastError()), (0, 288));
                assert_eq!(WaitForSingleObject(again, 0), 258);
                CloseHandle(again);
            });
        });
        assert_eq!(ReleaseMutex(first.0), 1);
        assert_eq!((ReleaseMutex(first.0), GetLastError()), (0, 288));
        CloseHandle(first.0);
    }
}

#[test]
fn an_abandoned_mutex_is_reported_with_its_index() {
    // SAFETY: no names.
    let [free, left] = [0, 0].map(|_| Handle(unsafe { CreateMutexA(null(), 0, null()) }));
    scope(|scope| {
        scope.spawn(|| {
            let left = left;
            WaitForSingleObject(left.0, 0)
        });
    });
    // The scope waits for the closure; the thread ends a little later.
    assert_eq!(wait_for(&[left.0, free.0], 1, INFINITE), 128);
    assert_eq!((ReleaseMutex(left.0), ReleaseMutex(free.0)), (1, 1));
    assert_eq!(wait_for(&[free.0, left.0], 1, 0), 0);
}

#[test]
fn signalling_and_waiting_in_one_call() {
    let ping = Handle(event(0, 0, null()));
    let pong = Handle(event(0, 0, null()));
    scope(|scope| {
        scope.spawn(|| {
            let (ping, pong) = (ping, pong);
            assert_eq!(WaitForSingleObject(ping.0, INFINITE), 0);
            SetEvent(pong.0);
        });
        assert_eq!(SignalObjectAndWait(ping.0, pong.0, INFINITE, 0), 0);
    });
    // SAFETY: no name.
    let mutex = unsafe { CreateMutexA(null(), 0, null()) };
    assert_eq!((SignalObjectAndWait(mutex, ping.0, 0, 0), GetLastError()), (INFINITE, 288));
    assert_eq!((SignalObjectAndWait(ping.0, null_mut(), 0, 0), GetLastError()), (INFINITE, 6));
    assert_eq!(WaitForSingleObject(ping.0, 0), 258, "nothing was signaled");
    assert_eq!((SignalObjectAndWait(GetCurrentThread(), ping.0, 0, 0), GetLastError()), (INFINITE, 6));
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C-unwind" fn count(add: usize) {
    CALLS.fetch_add(add, Ordering::SeqCst);
}

#[test]
fn apcs_run_in_every_alertable_wait_and_in_no_other() {
    let never = event(0, 0, null());
    let queue = || {
        // SAFETY: the function takes any number.
        assert_eq!(unsafe { QueueUserAPC(Some(count), GetCurrentThread(), 1) }, 1);
    };
    queue();
    Sleep(1);
    assert_eq!((SleepEx(0, 0), WaitForSingleObject(never, 0), CALLS.load(Ordering::SeqCst)), (0, 258, 0));
    queue();
    assert_eq!((SleepEx(0, 1), CALLS.load(Ordering::SeqCst)), (192, 2), "AP1: all of them");
    assert_eq!(SleepEx(0, 1), 0, "AP3");
    let handles = [never];
    // SAFETY: a live array.
    let waits: [&dyn Fn() -> u32; 6] = unsafe {
        [
            &|| SleepEx(INFINITE, 1),
            &|| WaitForSingleObjectEx(never, INFINITE, 1),
            &|| WaitForMultipleObjectsEx(1, handles.as_ptr(), 1, INFINITE, 1),
            &|| WSAWaitForMultipleEvents(1, handles.as_ptr(), 0, INFINITE, 1),
            &|| MsgWaitForMultipleObjectsEx(0, null(), INFINITE, 0, 2),
            &|| SignalObjectAndWait(never, GetCurrentThread(), INFINITE, 1),
        ]
    };
    for wait in waits {
        let before = CALLS.load(Ordering::SeqCst);
        queue();
        assert_eq!((wait(), CALLS.load(Ordering::SeqCst)), (192, before + 1));
    }
    // SAFETY: refused.
    unsafe {
        assert_eq!((QueueUserAPC(Some(count), never, 0), GetLastError()), (0, 6));
        assert_eq!((QueueUserAPC(None, GetCurrentThread(), 0), GetLastError()), (0, 87));
    }
    CloseHandle(never);
}

#[test]
fn a_winsock_event_is_a_manual_reset_event() {
    let event = WSACreateEvent();
    assert_eq!((WSASetEvent(event), WaitForSingleObject(event, 0), WaitForSingleObject(event, 0)), (1, 0, 0));
    assert_eq!((WSAResetEvent(event), WaitForSingleObject(event, 0)), (1, 258));
    assert_eq!(WSACloseEvent(event), 1);
    assert_eq!((WSASetEvent(event), GetLastError(), WSACloseEvent(event), GetLastError()), (0, 6, 0, 6));
}

#[test]
fn a_duplicate_of_the_current_threads_pseudo_handle_is_real() {
    let mut handle = null_mut();
    let (process, thread) = (INVALID_HANDLE_VALUE, GetCurrentThread());
    // SAFETY: a live target.
    assert_eq!(unsafe { DuplicateHandle(process, thread, process, &raw mut handle, 0, 0, 2) }, 1);
    let handle = Handle(handle);
    scope(|scope| {
        scope.spawn(|| {
            let handle = handle;
            assert_eq!(WaitForSingleObject(handle.0, 0), 258, "the other thread runs");
        });
    });
    CloseHandle(handle.0);
}

#[test]
fn a_sleep_takes_its_time() {
    let start = Instant::now();
    Sleep(30);
    assert_eq!(SleepEx(30, 1), 0);
    assert!(start.elapsed().as_millis() >= 55);
}
