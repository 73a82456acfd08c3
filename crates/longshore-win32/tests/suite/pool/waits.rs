//! Timers and waits of a pool, and registered waits.

use super::{Gate, INFINITE, SOON, event, given, parameter, wait_until, work};
use longshore_win32::testing::{CloseHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE, *};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn a_pool_timer_is_set_and_stopped() {
    let gate = Gate::closed();
    SetEvent(gate.open);
    // SAFETY: the objects are used as they should; the gate outlives them.
    unsafe {
        let timer = CreateThreadpoolTimer(Some(work), parameter(&gate), null());
        assert_eq!(IsThreadpoolTimerSet(timer), 0);
        assert_eq!(SetThreadpoolTimerEx(timer, &raw const SOON, 0, 0), 0);
        wait_until(|| gate.entered() == 1);
        assert_eq!(IsThreadpoolTimerSet(timer), 0, "once");
        SetThreadpoolTimer(timer, &raw const SOON, 1, 0);
        wait_until(|| gate.entered() > 4);
        assert_eq!((IsThreadpoolTimerSet(timer), SetThreadpoolTimerEx(timer, null(), 0, 0)), (1, 1));
        WaitForThreadpoolTimerCallbacks(timer, 1);
        let entered = gate.entered();
        Sleep(10);
        assert_eq!((gate.entered(), IsThreadpoolTimerSet(timer)), (entered, 0));
        CloseThreadpoolTimer(timer);
    }
}

struct Results {
    signaled: AtomicUsize,
    timed_out: AtomicUsize,
}

impl Results {
    fn new() -> Results {
        Results { signaled: AtomicUsize::new(0), timed_out: AtomicUsize::new(0) }
    }

    fn get(&self) -> (usize, usize) {
        (self.signaled.load(Ordering::SeqCst), self.timed_out.load(Ordering::SeqCst))
    }

    fn add(&self, timed_out: bool) {
        if timed_out { &self.timed_out } else { &self.signaled }.fetch_add(1, Ordering::SeqCst);
    }
}

unsafe extern "C-unwind" fn waited(
    _: *const TP_CALLBACK_INSTANCE,
    results: *mut c_void,
    _: *const TP_OBJECT,
    result: u32,
) {
    // SAFETY: the tests pass results.
    unsafe { given::<Results>(results) }.add(result == 258);
}

#[test]
fn a_pool_wait_is_for_one_signal() {
    let results = Results::new();
    let event = event(0, 0);
    // SAFETY: the objects are used as they should; the results outlive them.
    unsafe {
        let wait = CreateThreadpoolWait(Some(waited), parameter(&results), null());
        SetThreadpoolWait(wait, event, null());
        SetEvent(event);
        wait_until(|| results.get() == (1, 0));
        SetEvent(event);
        assert_eq!(WaitForSingleObject(event, 0), 0, "it does not wait any more");
        SetThreadpoolWait(wait, event, &raw const SOON);
        wait_until(|| results.get() == (1, 1));
        SetThreadpoolWait(wait, event, null());
        assert_eq!(SetThreadpoolWaitEx(wait, null_mut(), null(), null_mut()), 1);
        assert_eq!(SetThreadpoolWaitEx(wait, null_mut(), null(), null_mut()), 0);
        SetEvent(event);
        WaitForThreadpoolWaitCallbacks(wait, 0);
        assert_eq!((results.get(), WaitForSingleObject(event, 0)), ((1, 1), 0));
        SetEvent(event);
        SetThreadpoolWait(wait, event, null());
        wait_until(|| results.get() == (2, 1));
        CloseThreadpoolWait(wait);
    }
    CloseHandle(event);
}

unsafe extern "C-unwind" fn registered(results: *mut c_void, timed_out: u8) {
    // SAFETY: the tests pass results.
    unsafe { given::<Results>(results) }.add(timed_out != 0);
}

fn register(object: HANDLE, results: &Results, timeout_ms: u32, flags: u32) -> HANDLE {
    let mut wait = null_mut();
    let (wait_place, parameter) = (&raw mut wait, parameter(results));
    // SAFETY: the results outlive the wait.
    let made = unsafe {
        RegisterWaitForSingleObject(wait_place, object, Some(registered), parameter, timeout_ms, flags)
    };
    assert_eq!(made, 1);
    wait
}

#[test]
fn a_registered_wait_takes_each_signal_and_each_timeout() {
    // TP4
    let results = Results::new();
    let event = event(0, 0);
    let wait = register(event, &results, INFINITE, 0);
    for round in 1..=5 {
        SetEvent(event);
        wait_until(|| results.get() == (round, 0));
    }
    assert_eq!(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE), 1);
    SetEvent(event);
    assert_eq!((WaitForSingleObject(event, 0), results.get()), (0, (5, 0)));
    assert_eq!((UnregisterWait(wait), GetLastError()), (0, 6));
    let wait = register(event, &results, 1, 0);
    wait_until(|| results.get().1 >= 3);
    assert_eq!(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE), 1);
    let after = results.get();
    Sleep(10);
    assert_eq!(results.get(), after);
    CloseHandle(event);
}

#[test]
fn a_wait_registered_for_once_is_over_after_one_call() {
    let results = Results::new();
    let always = event(1, 1);
    let wait = register(always, &results, INFINITE, 8);
    wait_until(|| results.get() == (1, 0));
    Sleep(10);
    assert_eq!(results.get(), (1, 0));
    assert_eq!(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE), 1);
    // A signal that stays is reported again and again otherwise.
    let wait = register(always, &results, INFINITE, 0);
    wait_until(|| results.get().0 > 4);
    assert_eq!(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE), 1);
    // SAFETY: refused.
    unsafe {
        let mut place = null_mut();
        let none =
            RegisterWaitForSingleObject(&raw mut place, null_mut(), Some(registered), null_mut(), 0, 0);
        assert_eq!((none, GetLastError()), (0, 6));
    }
    CloseHandle(always);
}

unsafe extern "C-unwind" fn pass(gate: *mut c_void, _: u8) {
    // SAFETY: the test passes a gate.
    unsafe { given::<Gate>(gate) }.pass();
}

#[test]
fn unregistering_while_the_callback_runs_says_so_and_signals_the_end() {
    // TP4
    for with_event in [false, true] {
        let gate = Gate::closed();
        let (event, ended) = (event(0, 1), event(1, 0));
        let mut wait = null_mut();
        // SAFETY: the gate outlives the wait.
        unsafe {
            let gate = parameter(&gate);
            RegisterWaitForSingleObject(&raw mut wait, event, Some(pass), gate, INFINITE, 0)
        };
        wait_until(|| gate.entered() == 1);
        let completion = if with_event { ended } else { null_mut() };
        assert_eq!((UnregisterWaitEx(wait, completion), GetLastError()), (0, 997));
        assert_eq!(WaitForSingleObject(ended, 10), 258);
        SetEvent(gate.open);
        if with_event {
            assert_eq!(WaitForSingleObject(ended, INFINITE), 0);
        } else {
            Sleep(20); // Nothing says when it is over.
        }
        for handle in [event, ended] {
            CloseHandle(handle);
        }
    }
}
