//! Going to a `__try` and coming back: the registers of a frame, and the few instructions that change between
//! stacks.
//!
//! A function with `__try` keeps a [`Frame`] on its stack for each, and the compiler wrapper writes
//! (simplified; the macros are in `longshore/abi/msvc.h`):
//!
//! ```c
//! struct longshore_try frame __attribute__((cleanup(longshore_try_leave)));
//! switch (longshore_try_enter(&frame, kind)) {           // returns several times, like setjmp
//! case BODY:    { the __try block } break;
//! case FILTER:  longshore_try_answer(&frame, the filter expression);
//! case HANDLER: { the __except block } break;
//! }
//! ```
//!
//! 1. `longshore_try_enter` saves what a function must preserve, and where it returns to.
//! 2. [`run`] lets a part of the function run while everything below it stays as it is: what a fault
//!    interrupted, the signal handler, the search. The function's frame pointer is the frame's, its stack
//!    pointer lies under the caller's. That is how Windows runs filters and `__finally` blocks, and why a
//!    filter sees the function's variables and the exception's registers, and may have the program go on.
//! 3. `longshore_try_answer` ends that part and returns from [`run`].
//! 4. [`land`] enters the function for good: what lies below it is gone.
//!
//! The compiler has to address the function's variables by the frame pointer, and to keep them in memory. The
//! first is so since the macros mention alloca(3), the second since the wrapper has such functions compiled
//! without optimisation; a fault has no place in the flow of control that an optimiser sees.

use std::arch::naked_asm;
use std::mem::offset_of;

/// Why `longshore_try_enter` returns. The values are in `msvc.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Stage {
    /// Evaluate the filter.
    Filter = 1,
    /// Run the `__except` block, and go on behind it.
    Handler = 2,
    /// Run the `__finally` block; the body was left by an exception or by a jump.
    Abnormal = 3,
    /// Run the `__finally` block; the body came to its end.
    Normal = 4,
}

/// Where in its life a [`Frame`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum State {
    /// In the list, of a `__try` with `__except`.
    Except = 0,
    /// In the list, of a `__try` with `__finally`.
    Finally = 1,
    /// Its `__finally` block runs.
    Running = 2,
    /// Neither is the list interested in it, nor anybody else.
    Done = 3,
}

const REGISTERS: usize = if cfg!(target_arch = "aarch64") { 20 } else { 7 };

/// `struct longshore_try`: a `__try` that a thread is in.
#[repr(C)]
pub struct Frame {
    /// The one around it.
    pub(super) next: *mut Frame,
    pub(super) state: State,
    /// The stack that [`run`] returns to.
    back: usize,
    /// The stack of the function, and where in it `longshore_try_enter` returns to.
    stack: usize,
    place: usize,
    /// For `GetExceptionCode` and `GetExceptionInformation`.
    pub(super) code: usize,
    pub(super) pointers: *mut super::Pointers,
    /// What a function preserves. x86-64: rbx, rbp, r12 to r15, then MXCSR and the x87 control word.
    /// AArch64: x19 to x29, d8 to d15, FPCR.
    registers: [usize; REGISTERS],
}

/// How far below the caller a part of a function runs: room for arguments that the function puts at its end.
const DISTANCE: usize = 1024;

/// In C, `int longshore_try_enter(struct longshore_try *frame, int kind)`: begins a `__try`. It returns 0,
/// and again for every [`Stage`] that the function is asked to run.
///
/// # Safety
/// Only what the compiler wrapper writes may call it, from C.
#[cfg(target_arch = "x86_64")]
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn longshore_try_enter(frame: *mut Frame, kind: u32) -> u32 {
    naked_asm!(
        "mov rax, [rsp]",
        "mov [rdi + {place}], rax",
        "lea rax, [rsp + 8]",
        "mov [rdi + {stack}], rax",
        "mov [rdi + {registers}], rbx",
        "mov [rdi + {registers} + 8], rbp",
        "mov [rdi + {registers} + 16], r12",
        "mov [rdi + {registers} + 24], r13",
        "mov [rdi + {registers} + 32], r14",
        "mov [rdi + {registers} + 40], r15",
        "stmxcsr [rdi + {registers} + 48]",
        "fnstcw [rdi + {registers} + 52]",
        "jmp {entered}",
        place = const offset_of!(Frame, place),
        stack = const offset_of!(Frame, stack),
        registers = const offset_of!(Frame, registers),
        entered = sym super::frames::entered,
    )
}

/// The same for AArch64.
///
/// # Safety
/// Only what the compiler wrapper writes may call it, from C.
#[cfg(target_arch = "aarch64")]
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn longshore_try_enter(frame: *mut Frame, kind: u32) -> u32 {
    naked_asm!(
        "str x30, [x0, #{place}]",
        "mov x9, sp",
        "str x9, [x0, #{stack}]",
        "add x9, x0, #{registers}",
        "stp x19, x20, [x9]",
        "stp x21, x22, [x9, #16]",
        "stp x23, x24, [x9, #32]",
        "stp x25, x26, [x9, #48]",
        "stp x27, x28, [x9, #64]",
        "str x29, [x9, #80]",
        "stp d8, d9, [x9, #88]",
        "stp d10, d11, [x9, #104]",
        "stp d12, d13, [x9, #120]",
        "stp d14, d15, [x9, #136]",
        "mrs x10, fpcr",
        "str x10, [x9, #152]",
        "b {entered}",
        place = const offset_of!(Frame, place),
        stack = const offset_of!(Frame, stack),
        registers = const offset_of!(Frame, registers),
        entered = sym super::frames::entered,
    )
}

/// Has the frame's function run a stage on the stack below, and returns what it answers.
///
/// # Safety
/// The frame's function has not returned.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn run(frame: *mut Frame, stage: Stage) -> i32 {
    naked_asm!(
        "push rbx",
        "push rbp",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        // A filter that is asked again while it runs returns to this call first, then to the one before.
        "push qword ptr [rdi + {back}]",
        "mov [rdi + {back}], rsp",
        "lea rdx, [rsp - {distance}]",
        "and rdx, -64",
        "jmp {enter_again}",
        back = const offset_of!(Frame, back),
        distance = const DISTANCE,
        enter_again = sym enter_again,
    )
}

#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn run(frame: *mut Frame, stage: Stage) -> i32 {
    naked_asm!(
        "sub sp, sp, #176",
        "stp x19, x20, [sp]",
        "stp x21, x22, [sp, #16]",
        "stp x23, x24, [sp, #32]",
        "stp x25, x26, [sp, #48]",
        "stp x27, x28, [sp, #64]",
        "stp x29, x30, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        // A filter that is asked again while it runs returns to this call first, then to the one before.
        "ldr x9, [x0, #{back}]",
        "str x9, [sp, #160]",
        "mov x9, sp",
        "str x9, [x0, #{back}]",
        "sub x2, x9, #{distance}",
        "b {enter_again}",
        back = const offset_of!(Frame, back),
        distance = const DISTANCE,
        enter_again = sym enter_again,
    )
}

/// Enters the frame's function again, on this stack.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn enter_again(frame: *mut Frame, stage: Stage, stack: usize) -> ! {
    naked_asm!(
        "mov rbx, [rdi + {registers}]",
        "mov rbp, [rdi + {registers} + 8]",
        "mov r12, [rdi + {registers} + 16]",
        "mov r13, [rdi + {registers} + 24]",
        "mov r14, [rdi + {registers} + 32]",
        "mov r15, [rdi + {registers} + 40]",
        "ldmxcsr [rdi + {registers} + 48]",
        "fldcw [rdi + {registers} + 52]",
        "mov eax, esi",
        "mov rsp, rdx",
        "jmp [rdi + {place}]",
        registers = const offset_of!(Frame, registers),
        place = const offset_of!(Frame, place),
    )
}

#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn enter_again(frame: *mut Frame, stage: Stage, stack: usize) -> ! {
    naked_asm!(
        "add x9, x0, #{registers}",
        "ldp x19, x20, [x9]",
        "ldp x21, x22, [x9, #16]",
        "ldp x23, x24, [x9, #32]",
        "ldp x25, x26, [x9, #48]",
        "ldp x27, x28, [x9, #64]",
        "ldr x29, [x9, #80]",
        "ldp d8, d9, [x9, #88]",
        "ldp d10, d11, [x9, #104]",
        "ldp d12, d13, [x9, #120]",
        "ldp d14, d15, [x9, #136]",
        "ldr x10, [x9, #152]",
        "msr fpcr, x10",
        "ldr x30, [x0, #{place}]",
        "mov sp, x2",
        "mov w0, w1",
        "ret",
        registers = const offset_of!(Frame, registers),
        place = const offset_of!(Frame, place),
    )
}

/// Goes on in the frame's function. What its stack has below it is given up.
///
/// # Safety
/// The frame's function has not returned, and nothing below it has anything to clean up.
pub(super) unsafe fn land(frame: *mut Frame, stage: Stage) -> ! {
    // SAFETY: the caller's promise; the stack is the function's own.
    unsafe { enter_again(frame, stage, (*frame).stack) }
}

/// In C, `void longshore_try_answer(struct longshore_try *frame, int answer)`: the end of a filter or of a
/// `__finally` block, which [`run`] returns.
///
/// # Safety
/// Only what the compiler wrapper writes may call it, from C, in a stage that [`run`] began.
#[cfg(target_arch = "x86_64")]
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn longshore_try_answer(frame: *mut Frame, answer: i32) -> ! {
    naked_asm!(
        "mov rsp, [rdi + {back}]",
        "pop qword ptr [rdi + {back}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbp",
        "pop rbx",
        "mov eax, esi",
        "ret",
        back = const offset_of!(Frame, back),
    )
}

/// The same for AArch64.
///
/// # Safety
/// Only what the compiler wrapper writes may call it, from C, in a stage that [`run`] began.
#[cfg(target_arch = "aarch64")]
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn longshore_try_answer(frame: *mut Frame, answer: i32) -> ! {
    naked_asm!(
        "ldr x9, [x0, #{back}]",
        "mov sp, x9",
        "ldr x9, [sp, #160]",
        "str x9, [x0, #{back}]",
        "ldp x19, x20, [sp]",
        "ldp x21, x22, [sp, #16]",
        "ldp x23, x24, [sp, #32]",
        "ldp x25, x26, [sp, #48]",
        "ldp x27, x28, [sp, #64]",
        "ldp x29, x30, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "add sp, sp, #176",
        "mov w0, w1",
        "ret",
        back = const offset_of!(Frame, back),
    )
}

/// In C, `void longshore_try_leave(struct longshore_try *frame)`: the scope of a `__try` is left, in whatever
/// way. Out of a running `__finally` block the program jumps: the function gets its own stack back.
///
/// # Safety
/// Only what the compiler wrapper writes may call it, from C.
#[cfg(target_arch = "x86_64")]
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C-unwind" fn longshore_try_leave(frame: *mut Frame) {
    naked_asm!(
        "cmp qword ptr [rdi + {state}], {running}",
        "jne {left}",
        "mov qword ptr [rdi + {state}], {done}",
        "pop rax",
        "mov rsp, [rdi + {stack}]",
        "jmp rax",
        state = const offset_of!(Frame, state),
        stack = const offset_of!(Frame, stack),
        running = const State::Running as usize,
        done = const State::Done as usize,
        left = sym super::frames::left,
    )
}

/// The same for AArch64.
///
/// # Safety
/// Only what the compiler wrapper writes may call it, from C.
#[cfg(target_arch = "aarch64")]
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C-unwind" fn longshore_try_leave(frame: *mut Frame) {
    naked_asm!(
        "ldr x9, [x0, #{state}]",
        "cmp x9, #{running}",
        // A conditional branch reaches a mebibyte only.
        "b.eq 2f",
        "b {left}",
        "2:",
        "mov x9, #{done}",
        "str x9, [x0, #{state}]",
        "ldr x9, [x0, #{stack}]",
        "mov sp, x9",
        "ret",
        state = const offset_of!(Frame, state),
        stack = const offset_of!(Frame, stack),
        running = const State::Running as usize,
        done = const State::Done as usize,
        left = sym super::frames::left,
    )
}
