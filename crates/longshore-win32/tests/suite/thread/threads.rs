//! Threads: how they begin, how they are stopped, how they end.

use longshore_fixtures::process::alone;
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    CloseHandle, CreateEventA, CreateIoCompletionPort, CreateMutexA, GetLastError, GetQueuedCompletionStatus,
    GetQueuedCompletionStatusEx, HANDLE, INVALID_HANDLE_VALUE, PostQueuedCompletionStatus, ReleaseMutex,
    SetEvent, SetLastError, *,
};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

const INFINITE: u32 = u32::MAX;
const SUSPENDED: u32 = 4;

fn create(routine: Routine, parameter: *const impl Sync, flags: u32) -> (HANDLE, u32) {
    let mut id = 0;
    // SAFETY: the tests wait for their threads.
    let handle =
        unsafe { CreateThread(null(), 0, Some(routine), parameter.cast_mut().cast(), flags, &raw mut id) };
    assert!(!handle.is_null());
    (handle, id)
}

fn exit_code(handle: HANDLE) -> u32 {
    let mut code = 0;
    // SAFETY: a live place.
    assert_eq!(unsafe { GetExitCodeThread(handle, &raw mut code) }, 1);
    code
}

fn join(handle: HANDLE) -> u32 {
    assert_eq!(WaitForSingleObject(handle, INFINITE), 0);
    let code = exit_code(handle);
    assert_eq!(CloseHandle(handle), 1);
    code
}

/// What a parameter points to.
///
/// # Safety
/// It does, and lives as long as the thread.
unsafe fn given<'a, T>(parameter: *mut c_void) -> &'a T {
    // SAFETY: the caller's promise.
    unsafe { &*parameter.cast::<T>() }
}

fn event() -> HANDLE {
    // SAFETY: no name.
    unsafe { CreateEventA(null(), 1, 0, null()) }
}

unsafe extern "C-unwind" fn store_id(place: *mut c_void) -> u32 {
    // SAFETY: the test passes an AtomicU32.
    unsafe { given::<AtomicU32>(place) }.store(GetCurrentThreadId(), Ordering::SeqCst);
    77
}

#[test]
fn a_thread_is_told_and_tells_its_id_and_leaves_its_code() {
    let place = AtomicU32::new(0);
    let (handle, id) = create(store_id, &raw const place, SUSPENDED);
    assert_eq!((exit_code(handle), WaitForSingleObject(handle, 20)), (259, 258));
    assert_eq!(GetThreadId(handle), id);
    let opened = OpenThread(0, 0, id);
    assert_eq!(GetThreadId(opened), id);
    assert_eq!((ResumeThread(handle), ResumeThread(handle)), (1, 0));
    assert_eq!(join(handle), 77);
    assert_eq!(place.into_inner(), id);
    assert_eq!(join(opened), 77);
    assert_eq!((OpenThread(0, 0, id), GetLastError()), (null_mut(), 87));
    // SAFETY: refused.
    unsafe {
        assert_eq!(
            (CreateThread(null(), 0, None, null_mut(), 0, null_mut()), GetLastError()),
            (null_mut(), 87)
        );
        let routine: Option<Routine> = Some(store_id);
        assert_eq!(
            (CreateThread(null(), 0, routine, null_mut(), 2, null_mut()), GetLastError()),
            (null_mut(), 87)
        );
        assert_eq!((GetExitCodeThread(null_mut(), null_mut()), GetLastError()), (0, 6));
    }
}

static ORDER: Mutex<Vec<usize>> = Mutex::new(Vec::new());

unsafe extern "C-unwind" fn record(what: usize) {
    ORDER.lock().unwrap().push(what);
}

unsafe extern "C-unwind" fn record_last(_: *mut c_void) -> u32 {
    ORDER.lock().unwrap().push(3);
    0
}

#[test]
fn apcs_queued_before_a_thread_begins_run_before_its_routine() {
    // AP3
    let (handle, _) = create(record_last, null::<u8>(), SUSPENDED);
    // SAFETY: the function takes any number.
    unsafe {
        assert_eq!((QueueUserAPC(Some(record), handle, 1), QueueUserAPC(Some(record), handle, 2)), (1, 1));
        ResumeThread(handle);
        assert_eq!(WaitForSingleObject(handle, INFINITE), 0);
        assert_eq!(*ORDER.lock().unwrap(), [1, 2, 3]);
        assert_eq!((QueueUserAPC(Some(record), handle, 4), GetLastError()), (0, 31));
    }
    CloseHandle(handle);
}

unsafe extern "C-unwind" fn exit_deep_inside(code: *mut c_void) -> u32 {
    fn deeper(code: u32, depth: u32) -> u32 {
        if depth == 0 { ExitThread(code) } else { deeper(code, depth - 1) + 1 }
    }
    deeper(code as usize as u32, 5)
}

unsafe extern "C-unwind" fn exit_from_apc(code: usize) {
    ExitThread(code as u32);
}

unsafe extern "C-unwind" fn sleep_alertably(_: *mut c_void) -> u32 {
    SleepEx(INFINITE, 1)
}

#[test]
fn a_thread_may_end_anywhere() {
    let (handle, _) = create(exit_deep_inside, std::ptr::without_provenance::<u8>(9), 0);
    assert_eq!(join(handle), 9);
    let (handle, _) = create(sleep_alertably, null::<u8>(), 0);
    // SAFETY: the function takes any number.
    assert_eq!(unsafe { QueueUserAPC(Some(exit_from_apc), handle, 11) }, 1);
    assert_eq!(join(handle), 11);
    let workers = Workers::new();
    let (handle, _) = create(take_alertably, &raw const *workers, 0);
    // SAFETY: the function takes any number.
    assert_eq!(unsafe { QueueUserAPC(Some(exit_from_apc), handle, 12) }, 1);
    assert_eq!(join(handle), 12);
    CloseHandle(workers.port);
}

unsafe extern "C-unwind" fn take_alertably(workers: *mut c_void) -> u32 {
    // SAFETY: the test passes it; live places.
    unsafe {
        let workers = given::<Workers>(workers);
        let (mut entry, mut removed) = (std::mem::zeroed(), 0);
        GetQueuedCompletionStatusEx(workers.port, &raw mut entry, 1, &raw mut removed, INFINITE, 1) as u32
    }
}

struct Spinner {
    turns: AtomicUsize,
    stop: AtomicBool,
}

unsafe extern "C-unwind" fn spin(spinner: *mut c_void) -> u32 {
    // SAFETY: the tests pass a Spinner.
    let spinner = unsafe { given::<Spinner>(spinner) };
    while !spinner.stop.load(Ordering::SeqCst) {
        spinner.turns.fetch_add(1, Ordering::SeqCst);
    }
    1
}

impl Spinner {
    const fn new() -> Spinner {
        Spinner { turns: AtomicUsize::new(0), stop: AtomicBool::new(false) }
    }

    fn await_turn(&self) {
        let before = self.turns.load(Ordering::SeqCst);
        while self.turns.load(Ordering::SeqCst) == before {
            std::thread::yield_now();
        }
    }

    fn stands_still(&self) -> bool {
        let before = self.turns.load(Ordering::SeqCst);
        Sleep(5);
        self.turns.load(Ordering::SeqCst) == before
    }
}

#[test]
fn a_suspended_thread_stands_still_until_it_is_resumed_as_often() {
    let spinner = Spinner::new();
    let (handle, _) = create(spin, &raw const spinner, 0);
    spinner.await_turn();
    assert_eq!((SuspendThread(handle), SuspendThread(handle)), (0, 1));
    assert!(spinner.stands_still());
    assert_eq!(ResumeThread(handle), 2);
    assert!(spinner.stands_still());
    assert_eq!(ResumeThread(handle), 1);
    spinner.await_turn();
    spinner.stop.store(true, Ordering::SeqCst);
    assert_eq!(WaitForSingleObject(handle, INFINITE), 0);
    assert_eq!((SuspendThread(handle), GetLastError()), (INFINITE, 5), "it has ended");
    assert_eq!(join(handle), 1);
    assert_eq!((SuspendThread(null_mut()), GetLastError()), (INFINITE, 6));
}

unsafe extern "C-unwind" fn use_the_dispatcher(stop: *mut c_void) -> u32 {
    // SAFETY: the test passes an AtomicBool.
    let stop = unsafe { given::<AtomicBool>(stop) };
    // SAFETY: no name.
    let mutex = unsafe { CreateMutexA(null(), 0, null()) };
    while !stop.load(Ordering::SeqCst) {
        WaitForSingleObject(mutex, INFINITE);
        ReleaseMutex(mutex);
    }
    CloseHandle(mutex);
    0
}

#[test]
fn a_thread_suspended_anywhere_in_this_library_does_not_stop_the_others() {
    let stop = AtomicBool::new(false);
    let threads = [0; 2].map(|_| create(use_the_dispatcher, &raw const stop, 0).0);
    let [event, mutex] = [event(), {
        // SAFETY: no name.
        unsafe { CreateMutexA(null(), 0, null()) }
    }];
    for round in 0..2000 {
        let thread = threads[round % 2];
        assert_eq!(SuspendThread(thread), 0);
        // This takes the lock that the other may be about to take.
        assert_eq!((WaitForSingleObject(mutex, 0), ReleaseMutex(mutex)), (0, 1));
        SetEvent(event);
        assert_eq!(ResumeThread(thread), 1);
    }
    stop.store(true, Ordering::SeqCst);
    for thread in threads {
        join(thread);
    }
    for handle in [event, mutex] {
        CloseHandle(handle);
    }
}

#[test]
fn a_terminated_thread_runs_no_more_and_leaves_its_code() {
    let spinner = longshore_fixtures::forever(Spinner::new()); // The thread's frames stay.
    let (handle, _) = create(spin, &raw const *spinner, 0);
    spinner.await_turn();
    assert_eq!(TerminateThread(handle, 5), 1);
    assert!(spinner.stands_still());
    assert_eq!((TerminateThread(handle, 6), GetLastError()), (0, 5));
    assert_eq!(join(handle), 5);
}

struct Owner {
    mutex: HANDLE,
    ready: HANDLE,
}
// SAFETY: numbers.
unsafe impl Sync for Owner {}

unsafe extern "C-unwind" fn own_and_wait(owner: *mut c_void) -> u32 {
    // SAFETY: the test passes an Owner.
    let owner = unsafe { given::<Owner>(owner) };
    WaitForSingleObject(owner.mutex, INFINITE);
    let ready = owner.ready;
    SetEvent(ready);
    WaitForSingleObject(GetCurrentThread(), INFINITE)
}

#[test]
fn a_terminated_threads_mutexes_are_abandoned_and_its_wait_takes_nothing() {
    // SAFETY: no name.
    let owner = Owner { mutex: unsafe { CreateMutexA(null(), 0, null()) }, ready: event() };
    let owner = longshore_fixtures::forever(owner);
    let (handle, _) = create(own_and_wait, &raw const *owner, 0);
    assert_eq!(WaitForSingleObject(owner.ready, INFINITE), 0);
    assert_eq!(WaitForSingleObject(owner.mutex, 0), 258);
    assert_eq!(TerminateThread(handle, 6), 1);
    assert_eq!(WaitForSingleObject(owner.mutex, 0), 128);
    assert_eq!(join(handle), 6);

    // One that is suspended can be terminated as well.
    let (handle, _) = create(own_and_wait, &raw const *owner, SUSPENDED);
    assert_eq!(TerminateThread(handle, 7), 1);
    assert_eq!(join(handle), 7);
}

unsafe extern "C-unwind" fn terminate_self(_: *mut c_void) -> u32 {
    TerminateThread(GetCurrentThread(), 8);
    0
}

struct Workers {
    port: HANDLE,
    handled: AtomicUsize,
}
// SAFETY: a number.
unsafe impl Sync for Workers {}

unsafe extern "C-unwind" fn take_packets(workers: *mut c_void) -> u32 {
    // SAFETY: the tests pass it.
    let workers = unsafe { given::<Workers>(workers) };
    let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut());
    // SAFETY: live places.
    while unsafe {
        let (bytes, key, overlapped) = (&raw mut bytes, &raw mut key, &raw mut overlapped);
        GetQueuedCompletionStatus(workers.port, bytes, key, overlapped, INFINITE)
    } != 0
    {
        workers.handled.fetch_add(1, Ordering::SeqCst);
    }
    2
}

impl Workers {
    fn new() -> &'static Workers {
        let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 4);
        longshore_fixtures::forever(Workers { port, handled: AtomicUsize::new(0) })
    }

    /// A thread that sleeps in the port.
    fn hire(&'static self) -> HANDLE {
        let (handle, id) = create(take_packets, &raw const *self, 0);
        let path = format!("/proc/self/task/{id}/stat");
        let is_asleep =
            || std::fs::read_to_string(&path).unwrap().rsplit_once(')').unwrap().1.starts_with(" S");
        while !(is_asleep() && {
            Sleep(2);
            is_asleep()
        }) {
            std::thread::yield_now();
        }
        handle
    }

    fn post(&self, packets: usize) {
        for _ in 0..packets {
            assert_eq!(PostQueuedCompletionStatus(self.port, 0, 0, null_mut()), 1);
        }
    }

    fn handle(&self, packets: usize) -> bool {
        let start = std::time::Instant::now();
        while self.handled.load(Ordering::SeqCst) < packets && start.elapsed().as_secs() < 5 {
            std::thread::yield_now();
        }
        self.handled.load(Ordering::SeqCst) == packets
    }
}

#[test]
fn a_thread_terminated_in_a_port_takes_no_packet_with_it() {
    let workers = Workers::new();
    let [first, second, third] = [0; 3].map(|_| workers.hire());
    // The first or the third listens to the kernel, and the third would get the next packet (Q2).
    assert_eq!((TerminateThread(third, 9), TerminateThread(first, 9)), (1, 1));
    assert_eq!((join(third), join(first)), (9, 9));
    workers.post(10);
    assert!(workers.handle(10));
    CloseHandle(workers.port);
    assert_eq!(join(second), 2);
}

#[test]
fn a_thread_suspended_in_a_port_handles_nothing_until_it_is_resumed() {
    let workers = Workers::new();
    let worker = workers.hire();
    let start = std::time::Instant::now();
    assert_eq!(SuspendThread(worker), 0);
    assert!(start.elapsed().as_millis() < 900, "it is as good as parked");
    workers.post(1);
    Sleep(20);
    assert_eq!(workers.handled.load(Ordering::SeqCst), 0);
    assert_eq!(ResumeThread(worker), 1);
    assert!(workers.handle(1));
    workers.post(1);
    assert!(workers.handle(2));
    CloseHandle(workers.port);
    assert_eq!(join(worker), 2);
}

#[test]
fn a_packet_passes_a_suspended_waiter_by_and_goes_to_the_next() {
    let workers = Workers::new();
    let [first, second] = [0; 2].map(|_| workers.hire());
    for (round, suspended) in [second, first].into_iter().enumerate() {
        assert_eq!(SuspendThread(suspended), 0);
        for number in 1..=10 {
            workers.post(1);
            assert!(workers.handle(20 * round + number), "packet {number}");
        }
        assert_eq!(ResumeThread(suspended), 1);
        workers.post(10);
        assert!(workers.handle(20 * round + 20));
    }
    CloseHandle(workers.port);
    assert_eq!((join(first), join(second)), (2, 2));
}

unsafe extern "C-unwind" fn take_one_and_spin(workers: *mut c_void) -> u32 {
    // SAFETY: the test passes it.
    let workers = unsafe { given::<Workers>(workers) };
    let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut());
    // SAFETY: live places.
    unsafe {
        let (bytes, key, overlapped) = (&raw mut bytes, &raw mut key, &raw mut overlapped);
        GetQueuedCompletionStatus(workers.port, bytes, key, overlapped, INFINITE);
    }
    workers.handled.fetch_add(1, Ordering::SeqCst);
    loop {
        std::hint::spin_loop();
    }
}

// Q11: the slot is free at once, however the thread ends. Nothing but its end would
// free it: it does not sleep.
#[test]
fn a_thread_terminated_in_a_handler_holds_no_slot() {
    let workers = Workers::new();
    let mut handled = 0;
    for _ in 0..3 {
        let busy = [0; 4].map(|_| create(take_one_and_spin, &raw const *workers, 0).0);
        workers.post(4);
        handled += 4;
        assert!(workers.handle(handled));
        for thread in busy {
            assert_eq!(TerminateThread(thread, 3), 1);
            assert_eq!(join(thread), 3);
        }
    }
    let last = workers.hire();
    workers.post(100);
    assert!(workers.handle(handled + 100));
    CloseHandle(workers.port);
    assert_eq!(join(last), 2);
}

#[test]
fn a_thread_may_terminate_itself() {
    assert_eq!(join(create(terminate_self, null::<u8>(), 0).0), 8);
}

unsafe extern "C-unwind" fn set_flag(flag: *mut c_void) {
    // SAFETY: the test passes an AtomicBool.
    unsafe { given::<AtomicBool>(flag) }.store(true, Ordering::SeqCst);
    _endthread();
}

#[test]
fn the_runtimes_names_start_threads_too() {
    let flag = AtomicBool::new(false);
    let place = AtomicU32::new(0);
    // SAFETY: both outlive the threads.
    unsafe {
        let mut id = 0;
        let handle = _beginthreadex(null(), 0, Some(store_id), place.as_ptr().cast(), SUSPENDED, &raw mut id)
            as HANDLE;
        ResumeThread(handle);
        assert_eq!((join(handle), place.load(Ordering::SeqCst)), (77, id));
        let handle = _beginthread(Some(set_flag), 0, flag.as_ptr().cast()) as HANDLE;
        // The handle is closed when the thread ends: a wait may come too late for it.
        let mut result = WaitForSingleObject(handle, INFINITE);
        while result == 0 {
            result = WaitForSingleObject(handle, 0);
        }
        assert_eq!((result, GetLastError()), (INFINITE, 6));
        assert!(flag.load(Ordering::SeqCst));
        assert_eq!(_beginthreadex(null(), 0, None, null_mut(), 0, null_mut()), 0);
        assert_eq!(_beginthread(None, 0, null_mut()), usize::MAX);
    }
}

#[test]
fn a_stack_size_is_a_wish() {
    let place = AtomicU32::new(0);
    for (stack, flags) in [(1, 0), (1, 0x10000), (3 << 20, 0), (12345678, 0x10000)] {
        // SAFETY: the place outlives the thread.
        let handle =
            unsafe { CreateThread(null(), stack, Some(store_id), place.as_ptr().cast(), flags, null_mut()) };
        assert_eq!(join(handle), 77);
    }
    // SAFETY: as above.
    let handle =
        unsafe { CreateThread(null(), usize::MAX, Some(store_id), place.as_ptr().cast(), 0, null_mut()) };
    assert_eq!((handle, GetLastError()), (null_mut(), 8));
}

#[test]
fn attributes_are_remembered() {
    let this = GetCurrentThread();
    assert_eq!((SetThreadPriority(this, 1), GetThreadPriority(this)), (1, 1));
    assert_eq!((SetThreadPriority(this, 3), GetLastError(), GetThreadPriority(this)), (0, 87, 1));
    assert_eq!((SetThreadIdealProcessor(this, 0), SetThreadIdealProcessor(this, 64)), (0, 0));
    let mask = SetThreadAffinityMask(this, 1);
    assert_ne!(mask, 0);
    assert_eq!(SetThreadAffinityMask(this, mask), 1);
    assert_eq!((SetThreadAffinityMask(this, 0), GetLastError()), (0, 87));
    let name: Vec<i32> = "a worker\0".chars().map(|character| character as i32).collect();
    let mut description = null_mut();
    // SAFETY: live strings and places; the description is malloc's.
    unsafe {
        assert_eq!(SetThreadDescription(this, name.as_ptr()), 0);
        assert_eq!(GetThreadDescription(this, &raw mut description), 0);
        assert_eq!(std::slice::from_raw_parts(description, name.len()), name);
        libc::free(description.cast());
        let mut times = [std::mem::zeroed(); 4];
        let [created, exited, kernel, user] = &mut times;
        assert_eq!(GetThreadTimes(this, created, exited, kernel, user), 1);
        assert!(times[0].dwHighDateTime > 0x01D0_0000, "this side of 2014");
        assert_eq!(times[1].dwHighDateTime, 0);
        let mut affinity = std::mem::zeroed();
        assert_eq!(GetThreadGroupAffinity(this, &raw mut affinity), 1);
        assert_eq!((affinity.Mask, affinity.Group), (mask, 0));
        assert_eq!(SetThreadGroupAffinity(this, &raw const affinity, null_mut()), 1);
        affinity.Group = 1;
        assert_eq!((SetThreadGroupAffinity(this, &raw const affinity, null_mut()), GetLastError()), (0, 87));
        let mut cycles = 0;
        assert_eq!(QueryThreadCycleTime(this, &raw mut cycles), 1);
        assert_eq!(GetProcessIdOfThread(this), std::process::id());
        assert_eq!((GetProcessIdOfThread(null_mut()), GetLastError()), (0, 6));
    }
}

#[test]
fn an_index_that_was_freed_reads_as_zero_when_it_is_used_again() {
    if !alone(this_test!()) {
        return;
    }
    let index = TlsAlloc();
    assert_eq!((TlsGetValue(index), TlsSetValue(index, 5 as *mut c_void)), (null_mut(), 1));
    SetLastError(1);
    assert_eq!((TlsGetValue(index) as usize, GetLastError()), (5, 0));
    std::thread::spawn(move || assert!(TlsGetValue(index).is_null())).join().unwrap();
    assert_eq!(TlsFree(index), 1);
    let mut again = TlsAlloc();
    assert_ne!(again, 0, "programs take it for none");
    let mut taken = vec![again];
    while again != index {
        again = TlsAlloc();
        taken.push(again);
    }
    assert!(TlsGetValue(index).is_null());
    while again != INFINITE {
        again = TlsAlloc();
        taken.push(again);
    }
    assert_eq!((GetLastError(), taken.pop()), (259, Some(INFINITE)));
    for index in taken {
        assert_eq!(TlsFree(index), 1);
        assert_eq!((TlsFree(index), GetLastError()), (0, 87));
    }
    assert_eq!((TlsSetValue(1088, null_mut()), GetLastError()), (0, 87));
    assert_eq!((TlsGetValue(INFINITE), GetLastError()), (null_mut(), 87));
}

static CALLED_BACK: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C-unwind" fn called_back(value: *mut c_void) {
    CALLED_BACK.fetch_add(value as usize, Ordering::SeqCst);
}

unsafe extern "C-unwind" fn set_fls(index: *mut c_void) -> u32 {
    FlsSetValue(index as usize as u32, 100 as *mut c_void) as u32
}

#[test]
fn a_fiber_local_value_is_called_back_when_its_thread_ends_or_its_index_is_freed() {
    // SAFETY: a function for the values that the test stores.
    let index = unsafe { FlsAlloc(Some(called_back)) };
    let (handle, _) = create(set_fls, std::ptr::without_provenance::<u8>(index as usize), 0);
    assert_eq!(join(handle), 1);
    assert_eq!(CALLED_BACK.load(Ordering::SeqCst), 100);
    assert_eq!(
        (FlsSetValue(index, std::ptr::dangling_mut::<u8>().cast()), FlsGetValue(index) as usize),
        (1, 1)
    );
    assert_eq!(FlsFree(index), 1);
    assert_eq!(CALLED_BACK.load(Ordering::SeqCst), 101);
    assert_eq!((FlsGetValue(index), GetLastError()), (null_mut(), 87));
}
