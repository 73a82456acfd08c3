//! Critical sections, reader/writer locks, condition variables, one-time initialization, waits on addresses.

use longshore_win32::testing::{
    GetLastError, SetLastError, WaitOnAddress, WakeByAddressAll, WakeByAddressSingle, *,
};
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::thread::{scope, yield_now};

const INFINITE: u32 = u32::MAX;

/// Memory that C code would share between threads.
struct Shared<T>(UnsafeCell<T>);
// SAFETY: what is shared here is made to be.
unsafe impl<T> Sync for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Send for Shared<T> {}

impl<T> Shared<T> {
    fn zeroed() -> Self {
        // SAFETY: all of these types may be all zeros.
        Shared(UnsafeCell::new(unsafe { MaybeUninit::zeroed().assume_init() }))
    }
    fn get(&self) -> *mut T {
        self.0.get()
    }
}

#[test]
fn a_critical_section_is_one_threads_as_often_as_it_entered() {
    let section = Shared::<CRITICAL_SECTION>::zeroed();
    // SAFETY: the section lives to the end of the test, here and below.
    unsafe {
        assert_eq!(InitializeCriticalSectionAndSpinCount(section.get(), 0x8000_0400), 1);
        assert_eq!(SetCriticalSectionSpinCount(section.get(), 7), 0x400);
        EnterCriticalSection(section.get());
        assert_eq!(TryEnterCriticalSection(section.get()), 1);
        let elsewhere =
            || scope(|scope| scope.spawn(|| TryEnterCriticalSection(section.get())).join().unwrap());
        assert_eq!(elsewhere(), 0);
        LeaveCriticalSection(section.get());
        assert_eq!(elsewhere(), 0, "entered twice, left once");
        LeaveCriticalSection(section.get());
        LeaveCriticalSection(section.get());
        assert_eq!(elsewhere(), 1, "leaving once too often breaks nothing");
        DeleteCriticalSection(section.get());
    }
}

#[test]
fn a_critical_section_keeps_threads_apart_even_if_nobody_initialised_it() {
    const ROUNDS: usize = 20_000;
    let section = Shared::<CRITICAL_SECTION>::zeroed();
    let count = Shared::<usize>::zeroed();
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    // SAFETY: the count belongs to whoever is in the section.
                    unsafe {
                        EnterCriticalSection(section.get());
                        let before = count.get().read_volatile();
                        if round % 512 == 0 {
                            yield_now(); // Makes others sleep.
                        }
                        count.get().write_volatile(before + 1);
                        LeaveCriticalSection(section.get());
                    }
                }
            });
        }
    });
    // SAFETY: nobody else is left.
    assert_eq!(unsafe { *count.get() }, 4 * ROUNDS);
}

#[test]
fn readers_share_a_lock_and_writers_do_not() {
    let lock = Shared::<SRWLOCK>::zeroed();
    let lock = &lock;
    // SAFETY: the lock lives to the end of the test.
    unsafe {
        AcquireSRWLockShared(lock.get());
        assert_eq!(TryAcquireSRWLockShared(lock.get()), 1);
        assert_eq!(TryAcquireSRWLockExclusive(lock.get()), 0);
        ReleaseSRWLockShared(lock.get());
        assert_eq!(TryAcquireSRWLockExclusive(lock.get()), 0);
        ReleaseSRWLockShared(lock.get());
        assert_eq!(TryAcquireSRWLockExclusive(lock.get()), 1);
        assert_eq!(TryAcquireSRWLockShared(lock.get()), 0);
        ReleaseSRWLockExclusive(lock.get());
        ReleaseSRWLockExclusive(lock.get());
        ReleaseSRWLockShared(lock.get());
        assert_eq!(lock.get().cast::<u32>().read(), 0, "freeing a free lock changes nothing");
    }
}

#[test]
fn readers_and_writers_of_a_lock_all_get_their_turn() {
    const ROUNDS: usize = 5_000;
    let lock = Shared::<SRWLOCK>::zeroed();
    let pair = Shared::<[usize; 2]>::zeroed();
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    // SAFETY: the pair belongs to whoever holds the lock for writing.
                    unsafe {
                        AcquireSRWLockExclusive(lock.get());
                        let [first, second] = pair.get().read_volatile();
                        assert_eq!(first, second, "two writers, or a writer and a reader");
                        (&raw mut (*pair.get())[0]).write_volatile(first + 1);
                        if round % 64 == 0 {
                            yield_now();
                        }
                        (&raw mut (*pair.get())[1]).write_volatile(second + 1);
                        ReleaseSRWLockExclusive(lock.get());
                    }
                }
            });
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    // SAFETY: as above, for reading.
                    unsafe {
                        AcquireSRWLockShared(lock.get());
                        let first = (&raw const (*pair.get())[0]).read_volatile();
                        if round % 64 == 0 {
                            yield_now();
                        }
                        assert_eq!(first, (&raw const (*pair.get())[1]).read_volatile());
                        ReleaseSRWLockShared(lock.get());
                    }
                }
            });
        }
    });
    // SAFETY: nobody else is left.
    assert_eq!(unsafe { (*pair.get())[1] }, 3 * ROUNDS);
}

#[test]
fn readers_that_always_overlap_do_not_keep_a_writer_out() {
    let lock = Shared::<SRWLOCK>::zeroed();
    let done = AtomicU32::new(0);
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while done.load(Ordering::SeqCst) == 0 {
                    // SAFETY: the lock lives longer than the threads.
                    unsafe {
                        AcquireSRWLockShared(lock.get());
                        yield_now();
                        ReleaseSRWLockShared(lock.get());
                    }
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..200 {
                // SAFETY: as above.
                unsafe {
                    AcquireSRWLockExclusive(lock.get());
                    ReleaseSRWLockExclusive(lock.get());
                }
            }
            done.store(1, Ordering::SeqCst);
        });
    });
}

/// A queue of at most one element between producers and consumers.
#[test]
fn a_condition_variable_loses_no_wake() {
    const ROUNDS: usize = 5_000;
    let section = Shared::<CRITICAL_SECTION>::zeroed();
    let [full, empty] = [(), ()].map(|()| Shared::<CONDITION_VARIABLE>::zeroed());
    let slot = Shared::<usize>::zeroed();
    let sum = AtomicUsize::new(0);
    scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for value in 1..=ROUNDS {
                    // SAFETY: the slot belongs to whoever is in the section.
                    unsafe {
                        EnterCriticalSection(section.get());
                        while *slot.get() != 0 {
                            assert_eq!(SleepConditionVariableCS(empty.get(), section.get(), INFINITE), 1);
                        }
                        *slot.get() = value;
                        LeaveCriticalSection(section.get());
                        WakeConditionVariable(full.get());
                    }
                }
            });
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    // SAFETY: as above.
                    unsafe {
                        EnterCriticalSection(section.get());
                        while *slot.get() == 0 {
                            assert_eq!(SleepConditionVariableCS(full.get(), section.get(), INFINITE), 1);
                        }
                        sum.fetch_add(std::mem::take(&mut *slot.get()), Ordering::SeqCst);
                        LeaveCriticalSection(section.get());
                        WakeConditionVariable(empty.get());
                    }
                }
            });
        }
    });
    assert_eq!(sum.into_inner(), ROUNDS * (ROUNDS + 1));
}

#[test]
fn a_condition_variable_gives_the_lock_back_as_it_was_and_times_out() {
    let lock = Shared::<SRWLOCK>::zeroed();
    let condition = Shared::<CONDITION_VARIABLE>::zeroed();
    // SAFETY: both live to the end of the test.
    unsafe {
        InitializeSRWLock(lock.get());
        InitializeConditionVariable(condition.get());
        AcquireSRWLockShared(lock.get());
        assert_eq!(SleepConditionVariableSRW(condition.get(), lock.get(), 5, 1), 0);
        assert_eq!(GetLastError(), 1460);
        assert_eq!(TryAcquireSRWLockShared(lock.get()), 1, "held for reading");
        ReleaseSRWLockShared(lock.get());
        ReleaseSRWLockShared(lock.get());
        AcquireSRWLockExclusive(lock.get());
        assert_eq!(SleepConditionVariableSRW(condition.get(), lock.get(), 0, 0), 0);
        assert_eq!(TryAcquireSRWLockShared(lock.get()), 0, "held for writing");
        assert_eq!(SleepConditionVariableSRW(condition.get(), lock.get(), 0, 2), 0);
        assert_eq!(GetLastError(), 87);
    }
}

#[test]
fn waking_all_wakes_all() {
    let lock = Shared::<SRWLOCK>::zeroed();
    let condition = Shared::<CONDITION_VARIABLE>::zeroed();
    let ready = AtomicU32::new(0);
    let asleep = AtomicU32::new(0);
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // SAFETY: both outlive the threads.
                unsafe {
                    AcquireSRWLockExclusive(lock.get());
                    asleep.fetch_add(1, Ordering::SeqCst);
                    while ready.load(Ordering::SeqCst) == 0 {
                        SleepConditionVariableSRW(condition.get(), lock.get(), INFINITE, 0);
                    }
                    ReleaseSRWLockExclusive(lock.get());
                }
            });
        }
        while asleep.load(Ordering::SeqCst) < 4 {
            yield_now();
        }
        // SAFETY: as above.
        unsafe {
            AcquireSRWLockExclusive(lock.get()); // The last one sleeps by now.
            ready.store(1, Ordering::SeqCst);
            ReleaseSRWLockExclusive(lock.get());
            WakeAllConditionVariable(condition.get());
        }
    });
}

unsafe extern "C-unwind" fn initialize(
    _: *mut INIT_ONCE,
    calls: *mut c_void,
    context: *mut *mut c_void,
) -> i32 {
    // SAFETY: the tests pass a counter and a place for the context.
    unsafe {
        let call = (*calls.cast::<AtomicU32>()).fetch_add(1, Ordering::SeqCst);
        yield_now();
        context.write(ptr::without_provenance_mut(0x40));
        i32::from(call > 0) // Fails the first time.
    }
}

#[test]
fn a_one_time_initialization_runs_until_it_has_succeeded_once() {
    let once = Shared::<INIT_ONCE>::zeroed();
    let calls = AtomicU32::new(0);
    let failures = AtomicU32::new(0);
    scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut context = ptr::null_mut();
                let calls: *mut c_void = (&raw const calls).cast_mut().cast();
                // SAFETY: all live longer than the threads.
                match unsafe { InitOnceExecuteOnce(once.get(), Some(initialize), calls, &raw mut context) } {
                    0 => _ = failures.fetch_add(1, Ordering::SeqCst),
                    _ => assert_eq!(context as usize, 0x40),
                }
            });
        }
    });
    assert_eq!((calls.into_inner(), failures.into_inner()), (2, 1));
}

/// Finds what the caller has in its place for the context, and whether there is a place.
unsafe extern "C-unwind" fn doubles(
    _: *mut INIT_ONCE,
    placed: *mut c_void,
    context: *mut *mut c_void,
) -> i32 {
    // SAFETY: the test passes a flag, and its place or NULL.
    unsafe {
        *placed.cast::<bool>() = !context.is_null();
        if let Some(context) = context.as_mut() {
            *context = (*context as usize * 2) as *mut c_void;
        }
    }
    1
}

#[test]
fn an_initialization_gets_the_callers_own_place_for_the_context() {
    for (given, expected) in [(Some(0x20_usize), 0x40), (None, 0)] {
        let once = Shared::<INIT_ONCE>::zeroed();
        let mut place = given.unwrap_or(0) as *mut c_void;
        let mut placed = false;
        let asked = if given.is_some() { &raw mut place } else { ptr::null_mut() };
        // SAFETY: all live to the end of the round.
        let done = unsafe { InitOnceExecuteOnce(once.get(), Some(doubles), (&raw mut placed).cast(), asked) };
        assert_eq!((done, placed, place as usize), (1, given.is_some(), expected));
    }
}

#[test]
fn an_asynchronous_initialization_is_the_first_ones_to_finish() {
    let once = Shared::<INIT_ONCE>::zeroed();
    let (mut pending, mut context) = (-1, ptr::null_mut());
    let (once, pending, context) = (once.get(), &raw mut pending, &raw mut context);
    // SAFETY: all live to the end of the test.
    unsafe {
        assert_eq!((InitOnceBeginInitialize(once, 1, pending, context), GetLastError()), (0, 31));
        for _ in 0..2 {
            assert_eq!((InitOnceBeginInitialize(once, 2, pending, context), *pending), (1, 1));
        }
        assert_eq!((InitOnceBeginInitialize(once, 0, pending, context), GetLastError()), (0, 87));
        assert_eq!((InitOnceComplete(once, 2, 3 as *mut c_void), GetLastError()), (0, 87), "reserved bits");
        assert_eq!(InitOnceComplete(once, 2, 0x80 as *mut c_void), 1);
        assert_eq!((InitOnceComplete(once, 2, 0x90 as *mut c_void), GetLastError()), (0, 31));
        assert_eq!((InitOnceBeginInitialize(once, 1, pending, context), *pending), (1, 0));
        assert_eq!(*context as usize, 0x80);
    }
}

/// A value that another thread changes, of every size, at an address that need not be a multiple of four.
#[test]
fn a_wait_on_an_address_ends_when_the_value_changes() {
    #[repr(C)]
    #[derive(Default)]
    struct Values {
        eight: AtomicU64,
        one: [AtomicU8; 2],
        two: AtomicU16,
        four: AtomicU32,
    }
    let values = Arc::new(Values::default());
    let cases: [(*mut c_void, usize, &(dyn Fn() + Sync)); 4] = [
        (values.eight.as_ptr().cast(), 8, &|| values.eight.store(1 << 40, Ordering::SeqCst)),
        (values.one[1].as_ptr().cast(), 1, &|| values.one[1].store(1, Ordering::SeqCst)),
        (values.two.as_ptr().cast(), 2, &|| values.two.store(1, Ordering::SeqCst)),
        (values.four.as_ptr().cast(), 4, &|| values.four.store(1, Ordering::SeqCst)),
    ];
    for (address, size, change) in cases {
        let address = address as usize;
        scope(|scope| {
            scope.spawn(move || {
                let mut zero = 0u64;
                let address = address as *mut c_void;
                // SAFETY: the values live to the end of the test, here and below.
                assert_eq!(unsafe { WaitOnAddress(address, (&raw mut zero).cast(), size, INFINITE) }, 1);
            });
            change();
            WakeByAddressSingle(address as *mut c_void);
        });
        SetLastError(0);
        let mut same = [0u8; 8];
        let address = address as *mut c_void;
        // SAFETY: as above.
        unsafe {
            ptr::copy_nonoverlapping(address.cast::<u8>(), same.as_mut_ptr(), size);
            assert_eq!(WaitOnAddress(address, same.as_mut_ptr().cast(), size, 5), 0);
        }
        assert_eq!(GetLastError(), 1460);
    }
    let mut zero = 0u64;
    let zero = (&raw mut zero).cast::<c_void>();
    // SAFETY: the size is refused before anything is read.
    unsafe { assert_eq!((WaitOnAddress(zero, zero, 3, 0), GetLastError()), (0, 87)) };
}

#[test]
fn a_wait_that_need_not_sleep_leaves_nobody_to_wake() {
    let value = AtomicU32::new(0);
    let address = || value.as_ptr().cast::<c_void>();
    let wait = |expected: u32| {
        let mut expected = expected;
        // SAFETY: both live to the end of the test.
        unsafe { WaitOnAddress(address(), (&raw mut expected).cast(), 4, INFINITE) }
    };
    assert_eq!(wait(7), 1, "it is not 7");
    let (send, receive) = std::sync::mpsc::channel();
    scope(|scope| {
        scope.spawn(|| {
            // SAFETY: no preconditions.
            send.send(unsafe { libc::gettid() }).unwrap();
            assert_eq!(wait(0), 1);
        });
        let sleeper = receive.recv().unwrap();
        let is_asleep = || {
            let stat = std::fs::read_to_string(format!("/proc/self/task/{sleeper}/stat")).unwrap();
            stat.rsplit_once(')').unwrap().1.starts_with(" S")
        };
        while !is_asleep() {
            yield_now();
        }
        WakeByAddressSingle(address());
    });
}

#[test]
fn single_wakes_wake_one_each_and_in_turn() {
    const THREADS: u32 = 4;
    let tickets = AtomicU32::new(0);
    let passed = AtomicU32::new(0);
    let address = || tickets.as_ptr().cast::<c_void>();
    scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let held = tickets.load(Ordering::SeqCst);
                    if held > 0 {
                        let less =
                            tickets.compare_exchange(held, held - 1, Ordering::SeqCst, Ordering::SeqCst);
                        if less.is_ok() {
                            passed.fetch_add(1, Ordering::SeqCst);
                            return;
                        }
                        continue;
                    }
                    let mut zero = 0u32;
                    // SAFETY: the counter outlives the threads.
                    unsafe { WaitOnAddress(address(), (&raw mut zero).cast(), 4, INFINITE) };
                }
            });
        }
        for expected in 1..=THREADS {
            tickets.fetch_add(1, Ordering::SeqCst);
            WakeByAddressSingle(address());
            while passed.load(Ordering::SeqCst) < expected {
                yield_now();
            }
        }
        WakeByAddressAll(address());
    });
}

#[test]
fn a_barrier_lets_nobody_through_before_everybody_has_come_round_after_round() {
    const THREADS: usize = 3;
    const ROUNDS: usize = 300;
    let barrier = Shared::<SYNCHRONIZATION_BARRIER>::zeroed();
    let come = AtomicUsize::new(0);
    let last = AtomicUsize::new(0);
    // SAFETY: the barrier outlives the threads.
    unsafe {
        assert_eq!((InitializeSynchronizationBarrier(barrier.get(), 0, -1), GetLastError()), (0, 87));
        assert_eq!(InitializeSynchronizationBarrier(barrier.get(), THREADS as i32, 10), 1);
    }
    scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 1..=ROUNDS {
                    come.fetch_add(1, Ordering::SeqCst);
                    // SAFETY: as above.
                    if unsafe {
                        EnterSynchronizationBarrier(barrier.get(), if round % 2 == 0 { 2 } else { 0 })
                    } != 0
                    {
                        last.fetch_add(1, Ordering::SeqCst);
                    }
                    assert!(come.load(Ordering::SeqCst) >= round * THREADS, "round {round}");
                }
            });
        }
    });
    assert_eq!(last.into_inner(), ROUNDS, "one is the last of each round");
    // SAFETY: as above.
    assert_eq!(unsafe { DeleteSynchronizationBarrier(barrier.get()) }, 1);
}
