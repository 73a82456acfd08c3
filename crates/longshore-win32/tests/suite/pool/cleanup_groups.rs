//! Cleanup groups: what they close, wait for and cancel.

use super::{Gate, SOON, environment, given, is_asleep, parameter, simple, wait_until, work};
use longshore_win32::testing::{GetCurrentThreadId, *};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

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
