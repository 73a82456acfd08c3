//! Q8: a thread that blocks in one of these calls gives its slot of the port to another, at once: the
//! monitor, which would notice as well, has nothing to do with it.

use longshore_engine::{Core, Face, Packet, Payload, Regions};
use longshore_win32::testing::{
    CloseHandle, CreateEventA, GetCurrentThread, HANDLE, QueueUserAPC, SetEvent, WaitOnAddress,
    WakeByAddressSingle, *,
};
use std::cell::UnsafeCell;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread::spawn;

const INFINITE: u32 = u32::MAX;

struct Numbers;

impl Face for Numbers {
    type Post = u32;
    type Payload = Nothing;
}

struct Nothing;

// SAFETY: it names no memory.
unsafe impl Payload for Nothing {
    fn regions(&mut self, _: &mut Regions) {}
}

/// What two threads meet at.
struct Meeting {
    event: HANDLE,
    section: UnsafeCell<CRITICAL_SECTION>,
    lock: UnsafeCell<SRWLOCK>,
    condition: UnsafeCell<CONDITION_VARIABLE>,
    value: AtomicU32,
}

// SAFETY: all of this is made to be shared.
unsafe impl Sync for Meeting {}
// SAFETY: as above.
unsafe impl Send for Meeting {}

impl Meeting {
    fn new() -> Arc<Meeting> {
        // SAFETY: no name; these may be all zeros.
        unsafe {
            Arc::new(Meeting {
                event: CreateEventA(null(), 1, 0, null()),
                section: std::mem::zeroed(),
                lock: std::mem::zeroed(),
                condition: std::mem::zeroed(),
                value: AtomicU32::new(0),
            })
        }
    }
}

/// One thread takes a packet from a port of one slot and blocks; the other can unblock it only
/// once it has got the second packet.
fn check(name: &str, prepare: fn(&Meeting), block: fn(&Meeting), unblock: fn(&Meeting)) {
    let core = Core::<Numbers>::new(1).unwrap();
    let meeting = Meeting::new();
    prepare(&meeting);
    let (send, receive) = channel();
    let blocker = {
        let (core, meeting) = (core.clone(), meeting.clone());
        spawn(move || {
            let Ok(Packet::Posted { post: 1, .. }) = core.take(None) else { panic!("the first packet") };
            send.send(()).unwrap();
            block(&meeting);
        })
    };
    core.post(0, 1).unwrap();
    receive.recv().unwrap();
    let other = {
        let core = core.clone();
        spawn(move || assert!(matches!(core.take(None), Ok(Packet::Posted { post: 2, .. }))))
    };
    core.post(0, 2).unwrap();
    other.join().unwrap();
    assert_eq!(core.stats().compensations, 0, "{name}: the monitor had to step in");
    unblock(&meeting);
    blocker.join().unwrap();
    CloseHandle(meeting.event);
}

#[test]
fn every_wait_gives_the_slot_back() {
    let nothing: fn(&Meeting) = |_| {};
    let set: fn(&Meeting) = |meeting| _ = SetEvent(meeting.event);
    check("WaitForSingleObject", nothing, |meeting| _ = WaitForSingleObject(meeting.event, INFINITE), set);
    check(
        "WaitForMultipleObjects",
        nothing,
        // SAFETY: a live array.
        |meeting| _ = unsafe { WaitForMultipleObjects(2, [meeting.event; 2].as_ptr(), 0, INFINITE) },
        set,
    );
    check(
        "SignalObjectAndWait",
        nothing,
        |meeting| {
            // SAFETY: no name.
            let other = unsafe { CreateEventA(null(), 0, 0, null()) };
            SignalObjectAndWait(other, meeting.event, INFINITE, 0);
        },
        set,
    );
    check("Sleep", nothing, |_| Sleep(50), nothing);
    check("SleepEx", nothing, |_| _ = SleepEx(50, 1), nothing);
}

#[test]
fn every_contended_lock_gives_the_slot_back() {
    // SAFETY: the meeting outlives the threads.
    let enter: fn(&Meeting) = |meeting| unsafe { EnterCriticalSection(meeting.section.get()) };
    // SAFETY: the meeting outlives the threads.
    let leave: fn(&Meeting) = |meeting| unsafe { LeaveCriticalSection(meeting.section.get()) };
    check("EnterCriticalSection", enter, enter, leave);
    // SAFETY: the meeting outlives the threads.
    let write: fn(&Meeting) = |meeting| unsafe { AcquireSRWLockExclusive(meeting.lock.get()) };
    // SAFETY: the meeting outlives the threads.
    let end_write: fn(&Meeting) = |meeting| unsafe { ReleaseSRWLockExclusive(meeting.lock.get()) };
    // SAFETY: the meeting outlives the threads.
    let read: fn(&Meeting) = |meeting| unsafe { AcquireSRWLockShared(meeting.lock.get()) };
    check("AcquireSRWLockExclusive", write, write, end_write);
    check("AcquireSRWLockShared", write, read, end_write);
    check(
        "SleepConditionVariableCS",
        |_| {},
        // SAFETY: the meeting outlives the threads.
        |meeting| unsafe {
            EnterCriticalSection(meeting.section.get());
            while meeting.value.load(Ordering::SeqCst) == 0 {
                SleepConditionVariableCS(meeting.condition.get(), meeting.section.get(), INFINITE);
            }
            LeaveCriticalSection(meeting.section.get());
        },
        // SAFETY: the meeting outlives the threads.
        |meeting| unsafe {
            EnterCriticalSection(meeting.section.get());
            meeting.value.store(1, Ordering::SeqCst);
            LeaveCriticalSection(meeting.section.get());
            WakeConditionVariable(meeting.condition.get());
        },
    );
    check(
        "WaitOnAddress",
        |_| {},
        // SAFETY: the meeting outlives the threads.
        |meeting| unsafe {
            let mut zero = 0u32;
            while meeting.value.load(Ordering::SeqCst) == 0 {
                WaitOnAddress(meeting.value.as_ptr().cast(), (&raw mut zero).cast(), 4, INFINITE);
            }
        },
        |meeting| {
            meeting.value.store(1, Ordering::SeqCst);
            WakeByAddressSingle(meeting.value.as_ptr().cast());
        },
    );
}

unsafe extern "C-unwind" fn nothing(_: usize) {}

#[test]
fn a_wait_that_does_not_block_keeps_the_slot() {
    let core = Core::<Numbers>::new(1).unwrap();
    // SAFETY: no name.
    let event = unsafe { CreateEventA(null(), 1, 1, null()) };
    core.post(0, 1).unwrap();
    core.post(0, 2).unwrap();
    assert!(core.take(None).is_ok());
    let other = {
        let core = core.clone();
        spawn(move || core.take(None).is_ok())
    };
    while core.stats().parked == 0 {
        std::thread::yield_now();
    }
    assert_eq!(WaitForSingleObject(event, INFINITE), 0);
    assert_eq!(SleepEx(0, 1), 0);
    // SAFETY: the function takes any number.
    unsafe { QueueUserAPC(Some(nothing), GetCurrentThread(), 0) };
    assert_eq!(WaitForSingleObjectEx(event, INFINITE, 1), 192);
    assert_eq!(WaitForSingleObject(null_mut(), INFINITE), INFINITE);
    assert!(core.stats().queued == 1 && !other.is_finished(), "the packet is still there");
    Sleep(1);
    assert!(other.join().unwrap());
    CloseHandle(event);
}
