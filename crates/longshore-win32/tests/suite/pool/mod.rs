//! The thread pool, old and new.

mod bad_places;
mod cleanup_groups;
mod waits;
mod work;

use longshore_win32::testing::{CloseHandle, HANDLE, *};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::FILETIME;

const INFINITE: u32 = u32::MAX;

fn event(manual: i32, signaled: i32) -> HANDLE {
    // SAFETY: no name.
    unsafe { CreateEventA(null(), manual, signaled, null()) }
}

fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(10), "it does not happen");
        std::thread::yield_now();
    }
}

fn is_asleep(thread: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.starts_with(" S")
}

fn parameter<T: Sync>(value: &T) -> *mut c_void {
    std::ptr::from_ref(value).cast_mut().cast()
}

/// What a parameter points to.
///
/// # Safety
/// It does, and lives as long as the callback.
unsafe fn given<'a, T>(parameter: *mut c_void) -> &'a T {
    // SAFETY: the caller's promise.
    unsafe { &*parameter.cast::<T>() }
}

/// A callback that counts itself and waits for permission to return.
struct Gate {
    entered: AtomicUsize,
    open: HANDLE,
}
// SAFETY: a number.
unsafe impl Sync for Gate {}

impl Gate {
    fn closed() -> Gate {
        Gate { entered: AtomicUsize::new(0), open: event(1, 0) }
    }

    fn entered(&self) -> usize {
        self.entered.load(Ordering::SeqCst)
    }

    fn pass(&self) {
        self.entered.fetch_add(1, Ordering::SeqCst);
        WaitForSingleObject(self.open, INFINITE);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        CloseHandle(self.open);
    }
}

unsafe extern "C-unwind" fn item(gate: *mut c_void) -> u32 {
    // SAFETY: the tests pass a gate.
    unsafe { given::<Gate>(gate) }.pass();
    0
}

unsafe extern "C-unwind" fn simple(_: *const TP_CALLBACK_INSTANCE, gate: *mut c_void) {
    // SAFETY: the tests pass a gate.
    unsafe { given::<Gate>(gate) }.pass();
}

unsafe extern "C-unwind" fn work(_: *const TP_CALLBACK_INSTANCE, gate: *mut c_void, _: *const TP_OBJECT) {
    // SAFETY: the tests pass a gate.
    unsafe { given::<Gate>(gate) }.pass();
}

fn environment(pool: *const TP_POOL, group: *const TP_CLEANUP_GROUP) -> TP_CALLBACK_ENVIRON {
    TP_CALLBACK_ENVIRON {
        Version: 3,
        Pool: pool,
        CleanupGroup: group,
        CleanupGroupCancelCallback: Some(cancelled),
        RaceDll: null_mut(),
        ActivationContext: null_mut(),
        FinalizationCallback: None,
        Flags: 0,
        CallbackPriority: 1,
        Size: size_of::<TP_CALLBACK_ENVIRON>() as u32,
    }
}

unsafe extern "C-unwind" fn cancelled(_: *mut c_void, count: *mut c_void) {
    // SAFETY: the test passes a counter.
    unsafe { given::<AtomicUsize>(count) }.fetch_add(1, Ordering::SeqCst);
}

/// A due time one millisecond from now.
static SOON: FILETIME = FILETIME { dwLowDateTime: -10_000i32 as u32, dwHighDateTime: u32::MAX };
