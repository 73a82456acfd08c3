//! The thread pool, old and new.

use longshore_win32::testing::{
    CloseHandle, CreateMutexA, CreateSemaphoreA, GetCurrentThreadId, GetLastError, HANDLE,
    INVALID_HANDLE_VALUE, pool, *,
};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
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

#[test]
fn a_cleanup_group_closes_what_is_in_it() {
    let gate = Gate::closed();
    let count = AtomicUsize::new(0);
    // SAFETY: the objects are used as they should; gate and counter outlive them.
    unsafe {
        let group = CreateThreadpoolCleanupGroup();
        let pool = CreateThreadpool(null_mut());
        assert_eq!(SetThreadpoolThreadMinimum(pool, 1), 1);
        SetThreadpoolThreadMaximum(pool, 1);
        let environment = environment(pool, group);
        let first = CreateThreadpoolWork(Some(work), parameter(&gate), &raw const environment);
        let timer = CreateThreadpoolTimer(Some(work), parameter(&gate), &raw const environment);
        let closed = CreateThreadpoolWork(Some(work), parameter(&gate), &raw const environment);
        CloseThreadpoolWork(closed);
        SetThreadpoolTimer(timer, &raw const SOON, 1, 0);
        SubmitThreadpoolWork(first);
        wait_until(|| gate.entered() == 1);
        assert_eq!(TrySubmitThreadpoolCallback(Some(simple), parameter(&gate), &raw const environment), 1);
        let this = GetCurrentThreadId();
        std::thread::scope(|scope| {
            let gate = &gate;
            scope.spawn(move || {
                wait_until(|| is_asleep(this));
                SetEvent(gate.open);
            });
            CloseThreadpoolCleanupGroupMembers(group, 1, parameter(&count));
        });
        Sleep(10);
        assert_eq!(gate.entered(), 1, "what had not begun does not");
        assert_eq!(count.load(Ordering::SeqCst), 3, "called for each that was not closed");
        CloseThreadpoolCleanupGroup(group);
        CloseThreadpool(pool);
    }
}

static SOON: FILETIME = FILETIME { dwLowDateTime: -10_000i32 as u32, dwHighDateTime: u32::MAX };

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

/// What a member of a group does when its callback runs, and what is told of it, in order.
struct Member {
    gate: Gate,
    told: std::sync::Mutex<Vec<&'static str>>,
}

impl Member {
    fn new() -> Member {
        Member { gate: Gate::closed(), told: std::sync::Mutex::default() }
    }

    fn tell(&self, what: &'static str) {
        self.told.lock().unwrap().push(what);
    }

    fn told(&self) -> Vec<&'static str> {
        self.told.lock().unwrap().clone()
    }

    /// Closes the group on the calling thread, and opens the gate once that waits.
    fn close(&self, group: *const TP_CLEANUP_GROUP, cancel: i32) {
        let this = GetCurrentThreadId();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                wait_until(|| is_asleep(this));
                self.tell("gate opens");
                SetEvent(self.gate.open);
            });
            // SAFETY: the group exists; the tests do not use its members any more.
            unsafe { CloseThreadpoolCleanupGroupMembers(group, cancel, null_mut()) };
            self.tell("closed");
        });
    }
}

unsafe extern "C-unwind" fn member_cancelled(member: *mut c_void, _: *mut c_void) {
    // SAFETY: the tests pass a member.
    unsafe { given::<Member>(member) }.tell("cancelled");
}

unsafe extern "C-unwind" fn returns_late(
    _: *const TP_CALLBACK_INSTANCE,
    member: *mut c_void,
    _: *const TP_OBJECT,
) {
    // SAFETY: the tests pass a member.
    let member = unsafe { given::<Member>(member) };
    member.gate.pass();
    member.tell("returns");
}

unsafe extern "C-unwind" fn simple_returns_late(instance: *const TP_CALLBACK_INSTANCE, member: *mut c_void) {
    // SAFETY: as above.
    unsafe { returns_late(instance, member, null()) };
}

unsafe extern "C-unwind" fn closes_itself(
    instance: *const TP_CALLBACK_INSTANCE,
    member: *mut c_void,
    work: *const TP_OBJECT,
) {
    // SAFETY: the tests pass a member; the work is the call's own.
    unsafe {
        returns_late(instance, member, work);
        CloseThreadpoolWork(work);
    }
}

unsafe extern "C-unwind" fn disassociates(
    instance: *const TP_CALLBACK_INSTANCE,
    member: *mut c_void,
    work: *const TP_OBJECT,
) {
    // SAFETY: as above; the instance is the call's own.
    unsafe {
        DisassociateCurrentThreadFromCallback(instance);
        DisassociateCurrentThreadFromCallback(instance);
        returns_late(instance, member, work);
    }
}

fn with_group(test: impl FnOnce(*const TP_CLEANUP_GROUP, TP_CALLBACK_ENVIRON)) {
    // SAFETY: the group is closed when it is empty.
    unsafe {
        let group = CreateThreadpoolCleanupGroup();
        let mut environment = environment(null(), group);
        environment.CleanupGroupCancelCallback = Some(member_cancelled);
        test(group, environment);
        CloseThreadpoolCleanupGroup(group);
    }
}

#[test]
fn tp5_a_member_that_closes_itself_while_its_group_is_closed_is_closed_once() {
    for cancel in [1, 0] {
        for _ in 0..20 {
            with_group(|group, environment| {
                let member = Member::new();
                // SAFETY: the member outlives its callback.
                unsafe {
                    let environment = &raw const environment;
                    let work = CreateThreadpoolWork(Some(closes_itself), parameter(&member), environment);
                    SubmitThreadpoolWork(work);
                    wait_until(|| member.gate.entered() == 1);
                    member.close(group, cancel);
                }
                assert_eq!(member.told(), ["gate opens", "returns", "closed"]);
            });
        }
    }
}

#[test]
fn tp5_the_cancel_callback_comes_after_the_callback_that_runs_and_on_the_closing_thread() {
    thread_local!(static CLOSES: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
    unsafe extern "C-unwind" fn on_the_closer(member: *mut c_void, context: *mut c_void) {
        assert!(CLOSES.get());
        // SAFETY: the test passes a member.
        unsafe { member_cancelled(member, context) };
    }
    with_group(|group, mut environment| {
        environment.CleanupGroupCancelCallback = Some(on_the_closer);
        let member = Member::new();
        // SAFETY: the member outlives its callback.
        unsafe {
            let work = CreateThreadpoolWork(Some(returns_late), parameter(&member), &raw const environment);
            SubmitThreadpoolWork(work);
        }
        wait_until(|| member.gate.entered() == 1);
        CLOSES.set(true);
        member.close(group, 1);
        assert_eq!(member.told(), ["gate opens", "returns", "cancelled", "closed"]);
    });
}

#[test]
fn tp5_a_group_waits_for_callbacks_that_were_disassociated_and_nobody_else_does() {
    with_group(|group, environment| {
        let member = Member::new();
        // SAFETY: the member outlives its callback.
        unsafe {
            let work = CreateThreadpoolWork(Some(disassociates), parameter(&member), &raw const environment);
            SubmitThreadpoolWork(work);
            wait_until(|| member.gate.entered() == 1);
            WaitForThreadpoolWorkCallbacks(work, 0);
        }
        member.close(group, 0);
        assert_eq!(member.told(), ["gate opens", "returns", "closed"]);
    });
}

#[test]
fn tp5_a_group_waits_for_members_that_were_closed_before() {
    with_group(|group, environment| {
        let member = Member::new();
        // SAFETY: the member outlives its callback.
        unsafe {
            let work = CreateThreadpoolWork(Some(returns_late), parameter(&member), &raw const environment);
            SubmitThreadpoolWork(work);
            wait_until(|| member.gate.entered() == 1);
            CloseThreadpoolWork(work);
        }
        member.close(group, 1);
        assert_eq!(member.told(), ["gate opens", "returns", "closed"]);
    });
}

#[test]
fn tp5_a_simple_callback_that_runs_is_waited_for_and_was_not_cancelled() {
    with_group(|group, environment| {
        let member = Member::new();
        // SAFETY: the member outlives its callback.
        unsafe {
            let environment = &raw const environment;
            TrySubmitThreadpoolCallback(Some(simple_returns_late), parameter(&member), environment);
        }
        wait_until(|| member.gate.entered() == 1);
        member.close(group, 1);
        assert_eq!(member.told(), ["gate opens", "returns", "closed"]);
    });
}
