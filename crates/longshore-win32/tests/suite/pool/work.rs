//! Work items and simple callbacks, and the threads that run them.

use super::{Gate, INFINITE, environment, event, given, is_asleep, item, parameter, wait_until, work};
use longshore_fixtures::{process, this_test};
use longshore_win32::testing::{
    CloseHandle, CreateMutexA, CreateSemaphoreA, GetCurrentThreadId, GetLastError, HANDLE, pool, *,
};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

#[test]
fn callbacks_that_block_do_not_keep_others_from_running() {
    let gate = Gate::closed();
    for _ in 0..40 {
        // SAFETY: the gate outlives the callbacks.
        assert_eq!(unsafe { QueueUserWorkItem(Some(item), parameter(&gate), 0) }, 1);
    }
    wait_until(|| gate.entered() == 40);
    SetEvent(gate.open);
    // SAFETY: refused.
    assert_eq!((unsafe { QueueUserWorkItem(None, null_mut(), 0) }, GetLastError()), (0, 87));
    // Whoever has passed the gate may still be in its memory.
    Sleep(20);
}

unsafe extern "C-unwind" fn tell_thread(place: *mut c_void) -> u32 {
    // SAFETY: the test passes an AtomicU32.
    unsafe { given::<AtomicU32>(place) }.store(GetCurrentThreadId(), Ordering::SeqCst);
    0
}

#[test]
fn the_pool_goes_on_while_one_of_its_idle_threads_is_suspended() {
    let place: &'static AtomicU32 = longshore_fixtures::forever(AtomicU32::new(0));
    let who = || {
        place.store(0, Ordering::SeqCst);
        // SAFETY: the place lives for ever.
        assert_eq!(unsafe { QueueUserWorkItem(Some(tell_thread), place.as_ptr().cast(), 0) }, 1);
        wait_until(|| place.load(Ordering::SeqCst) != 0);
        place.load(Ordering::SeqCst)
    };
    for _ in 0..10 {
        let id = who();
        let thread = OpenThread(0, 0, id);
        assert!(!thread.is_null());
        assert_eq!(SuspendThread(thread), 0);
        assert_ne!(who(), id);
        assert_eq!(ResumeThread(thread), 1);
        CloseHandle(thread);
    }
}

#[test]
fn much_work_is_all_done_by_few_threads() {
    const ITEMS: usize = 20_000;
    let (send, receive) = channel();
    for number in 0..ITEMS {
        let send = send.clone();
        pool::submit(Box::new(move || send.send((number, GetCurrentThreadId())).unwrap())).unwrap();
    }
    drop(send);
    let (mut numbers, mut threads): (Vec<_>, Vec<_>) = receive.iter().unzip();
    numbers.sort();
    assert!(numbers.into_iter().eq(0..ITEMS));
    threads.sort();
    threads.dedup();
    // Other tests block many threads of the same pool, so a bound can only be loose.
    assert!(threads.len() <= 64, "{}", threads.len());
}

unsafe extern "C-unwind" fn work_tells_thread(
    _: *const TP_CALLBACK_INSTANCE,
    place: *mut c_void,
    _: *const TP_OBJECT,
) {
    // SAFETY: the tests pass an AtomicU32.
    unsafe { given::<AtomicU32>(place) }.store(GetCurrentThreadId(), Ordering::SeqCst);
}

unsafe extern "C-unwind" fn work_ends_its_thread(
    _: *const TP_CALLBACK_INSTANCE,
    place: *mut c_void,
    _: *const TP_OBJECT,
) {
    // SAFETY: the tests pass an AtomicU32.
    unsafe { given::<AtomicU32>(place) }.store(GetCurrentThreadId(), Ordering::SeqCst);
    ExitThread(0);
}

/// Submits work that tells its thread, and waits until it has.
fn thread_of(work: *const TP_OBJECT, place: &AtomicU32) -> u32 {
    place.store(0, Ordering::SeqCst);
    // SAFETY: the tests close the work later.
    unsafe { SubmitThreadpoolWork(work) };
    wait_until(|| place.load(Ordering::SeqCst) != 0);
    place.load(Ordering::SeqCst)
}

#[test]
fn the_only_idle_thread_of_a_pool_is_suspended_and_another_does_the_work() {
    let place: &'static AtomicU32 = longshore_fixtures::forever(AtomicU32::new(0));
    // SAFETY: the objects are used as they should; the place lives for ever.
    unsafe {
        let pool = CreateThreadpool(null_mut());
        SetThreadpoolThreadMaximum(pool, 2);
        let environment = environment(pool, null());
        let work = CreateThreadpoolWork(Some(work_tells_thread), parameter(place), &raw const environment);
        let first = thread_of(work, place);
        wait_until(|| is_asleep(first));
        let thread = OpenThread(0, 0, first);
        assert_eq!((SuspendThread(thread), SuspendThread(thread)), (0, 1));
        let second = thread_of(work, place);
        assert_ne!(second, first);
        assert_eq!((ResumeThread(thread), ResumeThread(thread)), (2, 1));

        // The one that was resumed counts again: with the other stopped, it works.
        wait_until(|| is_asleep(second));
        let other = OpenThread(0, 0, second);
        assert_eq!(SuspendThread(other), 0);
        assert_eq!(thread_of(work, place), first);
        assert_eq!(ResumeThread(other), 1);

        assert_eq!((CloseHandle(thread), CloseHandle(other)), (1, 1));
        CloseThreadpoolWork(work);
        CloseThreadpool(pool);
    }
}

#[test]
fn threads_of_a_pool_that_were_ended_leave_their_places_to_others() {
    let place: &'static AtomicU32 = longshore_fixtures::forever(AtomicU32::new(0));
    // SAFETY: the objects are used as they should; the place lives for ever.
    unsafe {
        let pool = CreateThreadpool(null_mut());
        SetThreadpoolThreadMaximum(pool, 1);
        let environment = environment(pool, null());
        let ends = CreateThreadpoolWork(Some(work_ends_its_thread), parameter(place), &raw const environment);
        let works = CreateThreadpoolWork(Some(work_tells_thread), parameter(place), &raw const environment);
        // By itself, in a callback.
        for _ in 0..3 {
            thread_of(ends, place);
            thread_of(works, place);
        }
        // By another, while it is idle.
        for _ in 0..3 {
            let idle = thread_of(works, place);
            wait_until(|| is_asleep(idle));
            let thread = OpenThread(0, 0, idle);
            assert_eq!(TerminateThread(thread, 7), 1);
            assert_eq!(CloseHandle(thread), 1);
            assert_ne!(thread_of(works, place), idle);
        }
        CloseThreadpoolWork(ends);
        CloseThreadpoolWork(works);
        CloseThreadpool(pool);
    }
}

#[test]
fn waiting_for_work_waits_for_all_of_it_and_can_cancel_the_rest() {
    let gate = Gate::closed();
    // SAFETY: the objects are used as they should; the gate outlives them.
    unsafe {
        let pool = CreateThreadpool(null_mut());
        SetThreadpoolThreadMaximum(pool, 1);
        let environment = environment(pool, null());
        let work = CreateThreadpoolWork(Some(work), parameter(&gate), &raw const environment);
        for _ in 0..5 {
            SubmitThreadpoolWork(work);
        }
        wait_until(|| gate.entered() == 1);
        Sleep(10);
        assert_eq!(gate.entered(), 1, "the pool has one thread");
        let this = GetCurrentThreadId();
        std::thread::scope(|scope| {
            let gate = &gate;
            // The gate opens once this thread waits for the callback that runs.
            scope.spawn(move || {
                wait_until(|| is_asleep(this));
                SetEvent(gate.open);
            });
            WaitForThreadpoolWorkCallbacks(work, 1);
        });
        assert_eq!(gate.entered(), 1, "the rest was cancelled");
        SubmitThreadpoolWork(work);
        SubmitThreadpoolWork(work);
        WaitForThreadpoolWorkCallbacks(work, 0);
        assert_eq!(gate.entered(), 3);
        CloseThreadpoolWork(work);
        CloseThreadpool(pool);
        assert_eq!((CreateThreadpoolWork(None, null_mut(), null()), GetLastError()), (null(), 87));
    }
}

struct AtReturn {
    event: HANDLE,
    semaphore: HANDLE,
    mutex: HANDLE,
    section: *mut CRITICAL_SECTION,
}
// SAFETY: numbers, and a section that is made to be shared.
unsafe impl Sync for AtReturn {}

unsafe extern "C-unwind" fn ask(instance: *const TP_CALLBACK_INSTANCE, things: *mut c_void) {
    // SAFETY: the test passes the things; the instance is this call's.
    unsafe {
        let things = given::<AtReturn>(things);
        assert_eq!(CallbackMayRunLong(instance), 1);
        EnterCriticalSection(things.section);
        WaitForSingleObject(things.mutex, INFINITE);
        LeaveCriticalSectionWhenCallbackReturns(instance, things.section);
        ReleaseMutexWhenCallbackReturns(instance, things.mutex);
        ReleaseSemaphoreWhenCallbackReturns(instance, things.semaphore, 2);
        SetEventWhenCallbackReturns(instance, things.event);
        DisassociateCurrentThreadFromCallback(instance);
    }
}

#[test]
fn a_callback_may_ask_for_things_to_happen_when_it_returns() {
    // SAFETY: no names; the section and the things outlive the callback.
    unsafe {
        let mut section: CRITICAL_SECTION = std::mem::zeroed();
        let things = AtReturn {
            event: event(0, 0),
            semaphore: CreateSemaphoreA(null(), 0, 2, null()),
            mutex: CreateMutexA(null(), 0, null()),
            section: &raw mut section,
        };
        assert_eq!(TrySubmitThreadpoolCallback(Some(ask), parameter(&things), null()), 1);
        assert_eq!(WaitForSingleObject(things.event, INFINITE), 0);
        assert_eq!(WaitForSingleObject(things.semaphore, 0), 0);
        assert_eq!(WaitForSingleObject(things.semaphore, 0), 0);
        assert_eq!(WaitForSingleObject(things.mutex, 0), 0);
        assert_eq!(TryEnterCriticalSection(things.section), 1);
    }
}

/// Callbacks that compute until they are told to stop.
struct Busy {
    running: AtomicUsize,
    stop: AtomicUsize,
}

impl Busy {
    fn compute(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
        while self.stop.load(Ordering::SeqCst) == 0 {
            std::hint::spin_loop();
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
    }
}

unsafe extern "C-unwind" fn busy_item(busy: *mut c_void) -> u32 {
    // SAFETY: the test passes it.
    unsafe { given::<Busy>(busy) }.compute();
    0
}

unsafe extern "C-unwind" fn busy_callback(instance: *const TP_CALLBACK_INSTANCE, busy: *mut c_void) {
    // SAFETY: the test passes it; the instance is this call's.
    unsafe {
        CallbackMayRunLong(instance);
        given::<Busy>(busy).compute();
    }
}

#[test]
fn callbacks_that_compute_for_long_do_not_keep_others_from_running_if_they_say_so() {
    let busy = Busy { running: AtomicUsize::new(0), stop: AtomicUsize::new(0) };
    let processors = std::thread::available_parallelism().unwrap().get();
    for _ in 0..processors {
        // SAFETY: it outlives the callbacks, here and below.
        assert_eq!(unsafe { QueueUserWorkItem(Some(busy_item), parameter(&busy), 0x10) }, 1);
    }
    for _ in 0..processors {
        // SAFETY: as above.
        assert_eq!(unsafe { TrySubmitThreadpoolCallback(Some(busy_callback), parameter(&busy), null()) }, 1);
    }
    wait_until(|| busy.running.load(Ordering::SeqCst) == 2 * processors);
    busy.stop.store(1, Ordering::SeqCst);
    wait_until(|| busy.running.load(Ordering::SeqCst) == 0);
}

/// Makes a pool of this many threads at most, and blocks it with this many callbacks.
fn blocked_pool(most: u32, callbacks: usize, gate: &Gate) -> (*const TP_POOL, *const TP_OBJECT) {
    // SAFETY: no reserved argument; the tests close both after the callbacks, which the gate outlives.
    unsafe {
        let pool = CreateThreadpool(null_mut());
        SetThreadpoolThreadMaximum(pool, most);
        let environment = environment(pool, null());
        let work = CreateThreadpoolWork(Some(work), parameter(gate), &raw const environment);
        (0..callbacks).for_each(|_| SubmitThreadpoolWork(work));
        (pool, work)
    }
}

/// Lets the callbacks return, and closes what [`blocked_pool`] made.
fn let_go(gate: &Gate, (pool, work): (*const TP_POOL, *const TP_OBJECT)) {
    SetEvent(gate.open);
    // SAFETY: made by `blocked_pool`, and closed once.
    unsafe {
        WaitForThreadpoolWorkCallbacks(work, 0);
        CloseThreadpoolWork(work);
        CloseThreadpool(pool);
    }
}

#[test]
fn however_many_callbacks_block_a_pool_has_no_more_threads_than_its_maximum() {
    let gate = Gate::closed();
    let pool = blocked_pool(8, 200, &gate);
    wait_until(|| gate.entered() == 8);
    Sleep(30);
    assert_eq!(gate.entered(), 8);
    let_go(&gate, pool);
    assert_eq!(gate.entered(), 200);
}

// No storm of threads: as many as there are processors, at least 16, and then one each millisecond.
#[test]
fn callbacks_that_block_at_once_start_threads_at_a_rate() {
    const CALLBACKS: usize = 80;
    let at_once = std::thread::available_parallelism().unwrap().get().max(16);
    let gate = Gate::closed();
    let start = Instant::now();
    let pool = blocked_pool(500, CALLBACKS, &gate);
    wait_until(|| gate.entered() == CALLBACKS);
    let least = Duration::from_millis(CALLBACKS.saturating_sub(at_once) as u64);
    assert!(start.elapsed() >= least, "all began within {:?}", start.elapsed());
    let_go(&gate, pool);
}

#[test]
fn a_pool_keeps_as_many_threads_as_its_minimum_says() {
    if !process::alone(this_test!()) {
        return;
    }
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let name = |task: std::io::Result<std::fs::DirEntry>| {
            std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
        };
        tasks.filter(|task| task.is_ok()).map(name).filter(|name| name == "longshore-pool\n").count()
    };
    // SAFETY: the pool is closed once.
    unsafe {
        let pool = CreateThreadpool(null_mut());
        assert_eq!(threads(), 0);
        assert_eq!(SetThreadpoolThreadMinimum(pool, 5), 1);
        wait_until(|| threads() == 5);
        Sleep(20);
        assert_eq!(threads(), 5);
        CloseThreadpool(pool);
    }
}
