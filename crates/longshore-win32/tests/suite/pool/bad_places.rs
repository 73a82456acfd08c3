//! Places that are not there, and callbacks that fail.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with live locals, or with what is not there.

use super::*;
use longshore_fixtures::process::{command, part};
use longshore_fixtures::this_test;
use std::os::unix::process::ExitStatusExt;
use windows_sys::Win32::System::Threading::TP_POOL_STACK_INFORMATION;

fn bad<T>() -> *mut T {
    8 as *mut T
}

unsafe extern "C-unwind" fn never(_: *mut c_void, _: u8) {
    unreachable!("nothing was begun");
}

unsafe extern "C-unwind" fn never_simple(_: *const TP_CALLBACK_INSTANCE, _: *mut c_void) {
    unreachable!("nothing was begun");
}

unsafe extern "C-unwind" fn never_work(_: *const TP_CALLBACK_INSTANCE, _: *mut c_void, _: *const TP_OBJECT) {
    unreachable!("nothing was begun");
}

#[test]
fn nothing_begins_whose_handle_has_no_place() {
    let always = event(1, 1);
    unsafe {
        for (place, error) in [(null_mut(), 87), (bad(), 998)] {
            assert_eq!(
                (RegisterWaitForSingleObject(place, always, Some(never), null_mut(), 0, 0), GetLastError()),
                (0, error)
            );
            assert_eq!(
                (CreateTimerQueueTimer(place, null_mut(), Some(never), null_mut(), 0, 1, 0), GetLastError()),
                (0, error)
            );
        }
    }
    Sleep(10);
    CloseHandle(always);
}

#[test]
fn an_environment_that_is_not_there_is_an_error() {
    unsafe {
        assert_eq!(
            (TrySubmitThreadpoolCallback(Some(never_simple), null_mut(), bad()), GetLastError()),
            (0, 998)
        );
        assert_eq!(
            (CreateThreadpoolWork(Some(never_work), null_mut(), bad()), GetLastError()),
            (null(), 998)
        );
        SetLastError(0);
        assert_eq!(
            (CreateThreadpoolTimer(Some(never_work), null_mut(), bad()), GetLastError()),
            (null(), 998)
        );
        let pool = CreateThreadpool(null_mut());
        assert_eq!((QueryThreadpoolStackInformation(pool, bad()), GetLastError()), (0, 998));
        let mut stack = TP_POOL_STACK_INFORMATION { StackReserve: 0, StackCommit: 0 };
        assert_eq!(QueryThreadpoolStackInformation(pool, &raw mut stack), 1);
        assert_eq!((stack.StackReserve, stack.StackCommit), (1 << 20, 4 << 10));
        CloseThreadpool(pool);
    }
}

#[test]
fn what_is_no_io_of_the_pool_is_not_touched() {
    StartThreadpoolIo(bad());
    CancelThreadpoolIo(bad());
    WaitForThreadpoolIoCallbacks(bad(), 1);
    CloseThreadpoolIo(bad());
}

unsafe extern "C-unwind" fn fails(_: *mut c_void) -> u32 {
    panic!("a callback's own");
}

unsafe extern "C-unwind" fn fails_simple(_: *const TP_CALLBACK_INSTANCE, _: *mut c_void) {
    panic!("a callback's own");
}

unsafe extern "C-unwind" fn fails_timer(_: *mut c_void, _: u8) {
    panic!("a callback's own");
}

unsafe extern "C-unwind" fn fails_multimedia(_: u32, _: u32, _: usize, _: usize, _: usize) {
    panic!("a callback's own");
}

/// What unwinds out of a callback ends the process, with a line that says so, whichever thread called it.
#[test]
fn an_exception_that_leaves_a_callback_ends_the_process() {
    const PARTS: [&str; 4] = ["item", "simple", "timer", "multimedia"];
    let Some(part) = part() else {
        for part in PARTS {
            let output = command(this_test!(), part).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.signal(), Some(6), "{part}: {told}");
            assert!(told.contains("left a callback, and nobody handles it"), "{part}: {told}");
        }
        return;
    };
    unsafe {
        let mut timer = null_mut();
        match part.as_str() {
            "item" => assert_eq!(QueueUserWorkItem(Some(fails), null_mut(), 0), 1),
            "simple" => {
                assert_eq!(TrySubmitThreadpoolCallback(Some(fails_simple), null_mut(), null()), 1);
            }
            "timer" => {
                let in_timer_thread = 0x20;
                let place = &raw mut timer;
                let made = CreateTimerQueueTimer(
                    place,
                    null_mut(),
                    Some(fails_timer),
                    null_mut(),
                    0,
                    0,
                    in_timer_thread,
                );
                assert_eq!(made, 1);
            }
            _ => assert_ne!(timeSetEvent(1, 0, Some(fails_multimedia), 0, 0), 0),
        }
    }
    Sleep(60_000);
    unreachable!("the process has ended");
}
