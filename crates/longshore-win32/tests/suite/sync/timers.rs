//! Waitable timers, timer queues, multimedia timers.

use longshore_win32::testing::{CloseHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE, *};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const INFINITE: u32 = u32::MAX;
const MS: i64 = 10_000;

fn timer(manual: i32) -> HANDLE {
    // SAFETY: no name.
    unsafe { CreateWaitableTimerA(null(), manual, null()) }
}

fn set(timer: HANDLE, due: i64, period_ms: i32) -> i32 {
    // SAFETY: a live due time.
    unsafe { SetWaitableTimer(timer, &raw const due, period_ms, None, null_mut(), 0) }
}

fn event(manual: i32) -> HANDLE {
    // SAFETY: no name.
    unsafe { CreateEventA(null(), manual, 0, null()) }
}

#[test]
fn a_timer_is_signaled_when_it_is_due_and_not_before() {
    for manual in [0, 1] {
        let handle = timer(manual);
        let start = Instant::now();
        assert_eq!((set(handle, -30 * MS, 0), WaitForSingleObject(handle, 0)), (1, 258));
        assert_eq!(WaitForSingleObject(handle, INFINITE), 0);
        assert!(start.elapsed() >= Duration::from_millis(29));
        assert_eq!(WaitForSingleObject(handle, 0), if manual == 1 { 0 } else { 258 });
        assert_eq!((set(handle, -10_000 * MS, 0), WaitForSingleObject(handle, 0)), (1, 258), "set anew");
        CloseHandle(handle);
    }
}

#[test]
fn a_due_time_may_be_on_the_calendar() {
    let handle = timer(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64 + 11_644_473_600_000;
    assert_eq!((set(handle, now * MS, 0), WaitForSingleObject(handle, 1000)), (1, 0), "past");
    let start = Instant::now();
    set(handle, (now + 60) * MS, 0);
    assert_eq!(WaitForSingleObject(handle, INFINITE), 0);
    assert!(start.elapsed() < Duration::from_secs(1));
    set(handle, (now + 3_600_000) * MS, 0);
    assert_eq!(WaitForSingleObject(handle, 20), 258);
    set(handle, i64::MIN, 0);
    set(handle, i64::MAX, 0);
    assert_eq!(WaitForSingleObject(handle, 1), 258);
    CloseHandle(handle);
}

#[test]
fn a_timer_with_a_period_goes_on_until_it_is_cancelled() {
    let handle = timer(0);
    set(handle, 0, 5);
    for _ in 0..4 {
        assert_eq!(WaitForSingleObject(handle, 1000), 0);
    }
    assert_eq!(CancelWaitableTimer(handle), 1);
    WaitForSingleObject(handle, 0); // It may have been due just before.
    assert_eq!(WaitForSingleObject(handle, 30), 258);
    assert_eq!((set(handle, 0, -1), GetLastError()), (0, 87));
    assert_eq!((CancelWaitableTimer(null_mut()), GetLastError()), (0, 6));
    CloseHandle(handle);
}

unsafe extern "C-unwind" fn add(count: *mut c_void, low: u32, high: u32) {
    // SAFETY: the tests pass a counter.
    unsafe { &*count.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
    assert!(u64::from(high) << 32 | u64::from(low) > 0x01D0_0000_0000_0000, "this side of 2014");
}

#[test]
fn a_timers_routine_runs_in_an_alertable_wait_of_the_thread_that_set_it() {
    let handle = timer(1);
    let count = AtomicUsize::new(0);
    let due = -1i64;
    let set = || {
        let count = (&raw const count).cast_mut().cast();
        // SAFETY: the counter lives to the end of the test.
        assert_eq!(unsafe { SetWaitableTimer(handle, &raw const due, 0, Some(add), count, 0) }, 1);
    };
    set();
    assert_eq!((SleepEx(INFINITE, 1), count.load(Ordering::SeqCst)), (192, 1));
    assert_eq!(WaitForSingleObject(handle, 0), 0);
    set();
    assert_eq!(WaitForSingleObject(handle, INFINITE), 0);
    Sleep(5); // The routine is queued right after the signal.
    assert_eq!(CancelWaitableTimer(handle), 1);
    assert_eq!((SleepEx(0, 1), count.load(Ordering::SeqCst)), (0, 1), "it was taken back");
    CloseHandle(handle);
}

unsafe extern "C-unwind" fn count_ticks(count: *mut c_void, fired: u8) {
    assert_eq!(fired, 1);
    // SAFETY: the tests pass a counter.
    unsafe { &*count.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
}

fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(10), "it does not happen");
        std::thread::yield_now();
    }
}

#[test]
fn the_timers_of_a_queue_tick_until_they_are_deleted() {
    let queue = CreateTimerQueue();
    for (flags, period, expected) in [(0, 2, 3), (0x20, 2, 3), (8, 2, 1), (0, 0, 1)] {
        let count = AtomicUsize::new(0);
        let mut timer = null_mut();
        let parameter = (&raw const count).cast_mut().cast();
        // SAFETY: the counter outlives the timer.
        let made = unsafe {
            CreateTimerQueueTimer(&raw mut timer, queue, Some(count_ticks), parameter, 1, period, flags)
        };
        assert_eq!(made, 1);
        wait_until(|| count.load(Ordering::SeqCst) >= expected);
        assert_eq!(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE), 1);
        let after = count.load(Ordering::SeqCst);
        Sleep(10);
        assert_eq!(count.load(Ordering::SeqCst), after, "nothing after a delete that waits");
        assert!(expected > 1 || after == 1);
        assert_eq!((DeleteTimerQueueTimer(queue, timer, null_mut()), GetLastError()), (0, 6));
    }
    assert_eq!(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE), 1);
    assert_eq!((DeleteTimerQueue(queue), GetLastError()), (0, 6));
}

unsafe extern "C-unwind" fn signal_and_exit(event: *mut c_void, _: u8) {
    SetEvent(event);
    // SAFETY: nothing is left to do here.
    unsafe { pthread_exit(null_mut()) }
}

unsafe extern "C-unwind" {
    fn pthread_exit(value: *mut c_void) -> !;
}

#[test]
fn a_callback_may_end_its_thread_and_timers_go_on() {
    let queue = CreateTimerQueue();
    let called = event(0);
    for flags in [0x20 | 8, 8, 0x20 | 8, 8] {
        let mut timer = null_mut();
        // SAFETY: the event outlives the timers.
        unsafe { CreateTimerQueueTimer(&raw mut timer, queue, Some(signal_and_exit), called, 0, 0, flags) };
        assert_eq!(WaitForSingleObject(called, 60_000), 0, "flags {flags:#x}");
    }
    assert_eq!(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE), 1);
    CloseHandle(called);
}

#[test]
fn timers_that_are_closed_as_soon_as_they_were_signaled_leave_the_others_alive() {
    for _ in 0..300 {
        let handle = timer(0);
        assert_eq!(set(handle, -500, 0), 1);
        assert_eq!(WaitForSingleObject(handle, 60_000), 0);
        CloseHandle(handle);
    }
}

struct Gate {
    entered: HANDLE,
    open: HANDLE,
}

unsafe extern "C-unwind" fn pass(gate: *mut c_void, _: u8) {
    // SAFETY: the tests pass a gate.
    let gate = unsafe { &*gate.cast::<Gate>() };
    SetEvent(gate.entered);
    WaitForSingleObject(gate.open, INFINITE);
}

#[test]
fn deleting_a_timer_whose_callback_runs_says_so_and_signals_the_end() {
    let gate = Gate { entered: event(0), open: event(0) };
    let ended = event(1);
    let mut timer = null_mut();
    let parameter = (&raw const gate).cast_mut().cast();
    // SAFETY: the gate outlives the timer.
    unsafe { CreateTimerQueueTimer(&raw mut timer, null_mut(), Some(pass), parameter, 0, 0, 0) };
    WaitForSingleObject(gate.entered, INFINITE);
    assert_eq!((DeleteTimerQueueTimer(null_mut(), timer, ended), GetLastError()), (0, 997));
    assert_eq!(WaitForSingleObject(ended, 10), 258);
    SetEvent(gate.open);
    assert_eq!(WaitForSingleObject(ended, INFINITE), 0);
    for handle in [gate.entered, gate.open, ended] {
        CloseHandle(handle);
    }
}

#[test]
fn a_timer_can_be_set_anew_and_goes_with_its_queue() {
    let queue = CreateTimerQueue();
    let count = AtomicUsize::new(0);
    let mut timer = null_mut();
    let parameter = (&raw const count).cast_mut().cast();
    // SAFETY: the counter outlives the timer.
    unsafe { CreateTimerQueueTimer(&raw mut timer, queue, Some(count_ticks), parameter, 60_000, 0, 0) };
    assert_eq!((ChangeTimerQueueTimer(null_mut(), timer, 0, 1), GetLastError()), (0, 6), "another queue");
    assert_eq!(ChangeTimerQueueTimer(queue, timer, 0, 1), 1);
    wait_until(|| count.load(Ordering::SeqCst) > 3);
    let ended = event(1);
    if DeleteTimerQueueEx(queue, ended) == 0 {
        assert_eq!(GetLastError(), 997);
    }
    assert_eq!(WaitForSingleObject(ended, INFINITE), 0);
    let after = count.load(Ordering::SeqCst);
    Sleep(10);
    assert_eq!(count.load(Ordering::SeqCst), after);
    assert_eq!((ChangeTimerQueueTimer(queue, timer, 0, 0), GetLastError()), (0, 6));
    CloseHandle(ended);
}

static TIMES: AtomicU32 = AtomicU32::new(0);

unsafe extern "C-unwind" fn multimedia(id: u32, _: u32, user: usize, _: usize, _: usize) {
    assert!(id > 0 && user == 5);
    TIMES.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn a_multimedia_timer_calls_or_signals() {
    // SAFETY: a function of the right type, or an event.
    unsafe {
        let periodic = timeSetEvent(1, 0, Some(multimedia), 5, 0x101);
        wait_until(|| TIMES.load(Ordering::SeqCst) >= 3);
        assert_eq!((timeKillEvent(periodic), timeKillEvent(periodic)), (0, 11));
        let after = TIMES.load(Ordering::SeqCst);
        Sleep(10);
        assert_eq!(TIMES.load(Ordering::SeqCst), after);
        let event = event(0);
        assert_ne!(timeSetEvent(1, 0, std::mem::transmute::<HANDLE, Option<TimeProc>>(event), 0, 0x10), 0);
        assert_eq!((WaitForSingleObject(event, INFINITE), WaitForSingleObject(event, 10)), (0, 258));
        CloseHandle(event);
        assert_eq!(timeSetEvent(1, 0, None, 0, 0), 0);
    }
}
