//! The `__try` statements a thread is in, the search for one that handles an exception, and the way to it.
//!
//! 1. Each thread has a list of frames, the innermost first. The code the compiler wrapper writes puts one in
//!    and takes it out; what leaves a `__try` in any way passes `longshore_try_leave`: its end, a jump, a C++
//!    exception.
//! 2. An exception is looked for a handler first: filters are asked from the inside to the outside, and
//!    nothing is given up yet (SEH4). A filter may have the program go on where it was.
//! 3. Once a filter says so, the `__finally` blocks inside run, then the `__except` block (SEH5). Each frame
//!    leaves the list before its block runs, so that an exception in the block finds the frames around it.
//! 4. The list is its thread's own, and nothing here allocates or locks: all of it may run in a signal
//!    handler.
//!
//! The headers' `longjmp` ends the frames it leaves as an exception would (SEH13). A jump that knows nothing
//! of this passes nothing: frames that lie where the stack has ended since are dropped when the list is used
//! next.

use super::landing::{self, Frame, Stage, State};
use super::{CONTINUE_SEARCH, Pointers, fault};
use crate::abi::door::unwinding;
use crate::sync::signal_handler::programs_turn;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

thread_local! {
    /// The innermost frame.
    static FRAMES: Cell<*mut Frame> = const { Cell::new(ptr::null_mut()) };
}

/// What the frames say of an exception.
pub(super) enum Verdict {
    /// The program goes on with the registers of the exception.
    GoesOn,
    /// Nobody handles it.
    Nobody,
    /// This frame's `__except` block does.
    Handler(*mut Frame),
}

/// The innermost frame, without those that lie below the stack.
fn innermost(stack: usize) -> *mut Frame {
    let mut frame = FRAMES.get();
    while !frame.is_null() && frame.addr() < stack {
        // SAFETY: the memory is the thread's stack, which is never given back.
        frame = unsafe { (*frame).next };
    }
    FRAMES.set(frame);
    frame
}

/// The second half of `longshore_try_enter`. Kind 0 is a `__try` with `__except`, 1 one with `__finally`.
/// Returns what that returns first.
pub(super) unsafe extern "C" fn entered(frame: *mut Frame, kind: u32) -> u32 {
    fault::install();
    let here = ptr::from_ref(&kind).addr();
    // SAFETY: the caller's variable, which stays where it is until the frame is left.
    unsafe {
        (*frame).next = innermost(here);
        (*frame).state = if kind == 0 { State::Except } else { State::Finally };
    }
    FRAMES.set(frame);
    0
}

/// Takes a frame and what is inside of it out of the list.
unsafe fn remove(frame: *mut Frame) {
    // SAFETY: the caller's frame.
    FRAMES.set(unsafe { (*frame).next });
}

/// Runs the `__finally` block of a frame in the list.
unsafe fn finish(frame: *mut Frame, stage: Stage) {
    // SAFETY: the frame's function has not returned, since the frame was in the list. The block may never
    // come back, and nothing here waits for it.
    unsafe {
        remove(frame);
        (*frame).state = State::Running;
        landing::run(frame, stage);
        (*frame).state = State::Done;
    }
}

/// The second half of `longshore_try_leave`.
pub(super) unsafe extern "C-unwind" fn left(frame: *mut Frame) {
    // SAFETY: the frame of whoever leaves it.
    unsafe {
        match (*frame).state {
            // SEH9: the end of a thread runs no blocks.
            State::Finally if !unwinding::thread_is_ending() => finish(frame, Stage::Abnormal),
            State::Finally | State::Except => {
                remove(frame);
                (*frame).state = State::Done;
            }
            State::Running | State::Done => {}
        }
    }
}

/// In C, `void longshore_try_finish(struct longshore_try *frame)`: the body of a `__try` with `__finally`
/// came to its end.
///
/// # Safety
/// Only what the compiler wrapper writes may call it, from C.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn longshore_try_finish(frame: *mut Frame) {
    // SAFETY: the frame of the caller.
    unsafe { finish(frame, Stage::Normal) }
}

/// Asks the filters, the innermost first. `stack` is where the stack ended when the exception happened.
pub(super) fn search(pointers: &mut Pointers, stack: usize) -> Verdict {
    let mut frame = innermost(stack);
    while !frame.is_null() {
        // SAFETY: frames in the list belong to functions that have not returned; the record is the caller's.
        let answer = unsafe {
            match (*frame).state {
                State::Except => {
                    (*frame).code = (*pointers.record).code as usize;
                    (*frame).pointers = pointers;
                    programs_turn(|| landing::run(frame, Stage::Filter))
                }
                _ => CONTINUE_SEARCH,
            }
        };
        match answer {
            CONTINUE_SEARCH => {}
            1.. => return Verdict::Handler(frame),
            _ => return Verdict::GoesOn,
        }
        // SAFETY: as above.
        frame = unsafe { (*frame).next };
    }
    Verdict::Nobody
}

/// Runs the `__finally` blocks inside of `target`, or all of them.
///
/// # Safety
/// What lies on the stack below the frames may be given up: a block may jump elsewhere.
pub(super) unsafe fn unwind(target: *mut Frame) {
    loop {
        let frame = FRAMES.get();
        if frame == target || frame.is_null() {
            return;
        }
        // SAFETY: a frame in the list.
        unsafe { left(frame) };
    }
}

/// Gives control to the `__except` block of a frame in the list.
///
/// # Safety
/// As for [`unwind`].
pub(super) unsafe fn handle(target: *mut Frame, code: u32) -> ! {
    // SAFETY: the caller's promise.
    unsafe {
        unwind(target);
        remove(target);
        (*target).state = State::Done;
        // Exceptions inside the blocks have asked its filter, too.
        (*target).code = code as usize;
        landing::land(target, Stage::Handler)
    }
}

/// What [`longshore_setjmp`] writes.
#[repr(C)]
struct Noted {
    frame: *mut Frame,
    /// Its own address, so that nothing else is taken for it.
    own: *mut Noted,
}

/// In C, `void longshore_setjmp(void *place)`: notes which frame is the innermost.
///
/// # Safety
/// At `place` there is room for two pointers. Only `setjmp.h` calls it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_setjmp(place: *mut c_void) {
    let noted = place.cast::<Noted>();
    // SAFETY: the caller's promise.
    unsafe { noted.write(Noted { frame: innermost(ptr::from_ref(&place).addr()), own: noted }) };
}

/// In C, `void longshore_longjmp(void *place)`: the frames entered since are left, as by an exception
/// (SEH13).
///
/// # Safety
/// `place` is one of a jump buffer. Only `setjmp.h` calls it.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn longshore_longjmp(place: *mut c_void) {
    let noted = place.cast::<Noted>();
    // SAFETY: the caller's promise; frames in the list belong to functions that have not returned.
    unsafe {
        if (*noted).own != noted {
            return; // The buffer was filled by code that knows nothing of this.
        }
        let target = (*noted).frame;
        let mut frame = innermost(ptr::from_ref(&place).addr());
        while !frame.is_null() && frame != target {
            frame = (*frame).next;
        }
        // A frame that was left meanwhile: the jump itself is an error.
        if frame == target {
            unwind(target);
        }
    }
}
