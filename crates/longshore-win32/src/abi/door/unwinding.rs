//! What may unwind through this library, and what may not.
//!
//! Three kinds of unwinding can come to a frame of ours:
//!
//! | kind | from | what happens |
//! |---|---|---|
//! | a panic | this library | [`catch_panic`] catches it |
//! | the end of a thread | pthread_exit(3), which `ExitThread` uses; pthread_cancel(3) | it passes, and runs destructors |
//! | somebody's exception | C++ code in a callback | [`call`] ends the process with a line that says so |
//!
//! `std::panic::catch_unwind` knows only the first: at the second it aborts the process. So the
//! two functions here run above a frame of their own, `longshore_unwinding_frame`, whose
//! personality routine tells the kinds apart:
//!
//! 1. The frame calls a function with one argument, and returns NULL.
//! 2. An exception is thrown. In the unwinder's first phase, which only searches, the personality routine
//!    claims panics, ends the process for foreign exceptions, and lets the end of a thread pass.
//! 3. For a panic the second phase arrives at the frame's landing with the
//!    exception, which the frame returns.
//! 4. Only `catch_unwind` can take the payload out of a panic, so the exception is
//!    raised again inside of one.
//!
//! As on Windows, an exception that nobody handles ends the process. A C++ exception cannot pass from a
//! callback through this library to the program's frames below. Windows does not promise that either.

use crate::sync::rank::nothing_is_held;
use std::any::Any;
use std::arch::global_asm;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".pushsection .text.longshore_unwinding, \"ax\", @progbits",
    ".p2align 4",
    ".globl longshore_unwinding_frame",
    ".hidden longshore_unwinding_frame",
    ".type longshore_unwinding_frame, @function",
    // longshore_unwinding_frame(rdi function, rsi argument) -> rax exception or NULL.
    "longshore_unwinding_frame:",
    ".cfi_startproc",
    ".cfi_personality 0x1b, {personality}", // pc-relative, four bytes
    "push rbp",
    ".cfi_def_cfa_offset 16",
    ".cfi_offset rbp, -16",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "mov rax, rdi",
    "mov rdi, rsi",
    "call rax",
    "xor eax, eax",
    ".globl longshore_unwinding_landing",
    ".hidden longshore_unwinding_landing",
    "longshore_unwinding_landing:",
    "pop rbp",
    ".cfi_def_cfa rsp, 8",
    "ret",
    ".cfi_endproc",
    ".size longshore_unwinding_frame, . - longshore_unwinding_frame",
    ".popsection",
    personality = sym personality,
);

#[cfg(target_arch = "aarch64")]
global_asm!(
    ".pushsection .text.longshore_unwinding, \"ax\", @progbits",
    ".p2align 4",
    ".globl longshore_unwinding_frame",
    ".hidden longshore_unwinding_frame",
    ".type longshore_unwinding_frame, @function",
    // longshore_unwinding_frame(x0 function, x1 argument) -> x0 exception or NULL.
    "longshore_unwinding_frame:",
    ".cfi_startproc",
    ".cfi_personality 0x1b, {personality}", // pc-relative, four bytes
    "stp x29, x30, [sp, #-16]!",
    ".cfi_def_cfa_offset 16",
    ".cfi_offset x29, -16",
    ".cfi_offset x30, -8",
    "mov x29, sp",
    ".cfi_def_cfa_register x29",
    "mov x2, x0",
    "mov x0, x1",
    "blr x2",
    "mov x0, #0",
    ".globl longshore_unwinding_landing",
    ".hidden longshore_unwinding_landing",
    "longshore_unwinding_landing:",
    "ldp x29, x30, [sp], #16",
    ".cfi_def_cfa sp, 0",
    ".cfi_restore x29",
    ".cfi_restore x30",
    "ret",
    ".cfi_endproc",
    ".size longshore_unwinding_frame, . - longshore_unwinding_frame",
    ".popsection",
    personality = sym personality,
);

/// An `_Unwind_Exception`, of which this module reads nothing.
type Exception = c_void;
/// An `_Unwind_Context`.
type Context = c_void;

unsafe extern "C" {
    static longshore_unwinding_landing: u8;
    fn _Unwind_SetGR(context: *mut Context, register: c_int, value: usize);
    fn _Unwind_SetIP(context: *mut Context, address: usize);
}

unsafe extern "C-unwind" {
    fn longshore_unwinding_frame(
        function: unsafe extern "C-unwind" fn(*mut c_void),
        argument: *mut c_void,
    ) -> *mut Exception;
    fn _Unwind_RaiseException(exception: *mut Exception) -> c_int;
}

// Of the Itanium C++ ABI, "Exception Handling", 1.
const SEARCH_PHASE: c_int = 1;
const HANDLER_FRAME: c_int = 4;
const FORCE_UNWIND: c_int = 8;
const HANDLER_FOUND: c_int = 6;
const INSTALL_CONTEXT: c_int = 7;
const CONTINUE_UNWIND: c_int = 8;
/// Where a landing finds the exception: rax and x0 are both number 0.
const FIRST_REGISTER: c_int = 0;
/// The class of Rust's panics. (Older compilers wrote it in the order in which the ABI reads it.)
const PANIC: u64 = u64::from_ne_bytes(*b"MOZ\0RUST");
const PANIC_OF_OLD: u64 = u64::from_be_bytes(*b"MOZ\0RUST");

extern "C" fn personality(
    _version: c_int,
    actions: c_int,
    class: u64,
    exception: *mut Exception,
    context: *mut Context,
) -> c_int {
    if actions & FORCE_UNWIND != 0 {
        return CONTINUE_UNWIND; // The thread ends.
    }
    if !matches!(class, PANIC | PANIC_OF_OLD) {
        foreign_exception(class);
    }
    if actions & SEARCH_PHASE != 0 {
        return HANDLER_FOUND;
    }
    if actions & HANDLER_FRAME == 0 {
        return CONTINUE_UNWIND;
    }
    // SAFETY: the unwinder's own context; the landing belongs to the frame it stands for.
    unsafe {
        _Unwind_SetGR(context, FIRST_REGISTER, exception as usize);
        _Unwind_SetIP(context, &raw const longshore_unwinding_landing as usize);
    }
    INSTALL_CONTEXT
}

/// Ends the process: an exception would leave a function of the program that this library called.
fn foreign_exception(class: u64) -> ! {
    let language = match class {
        PANIC | PANIC_OF_OLD => "a panic",
        _ if class.to_be_bytes().starts_with(b"GNUCC++") || class.to_be_bytes().starts_with(b"CLNGC++") => {
            "a C++ exception"
        }
        _ => "an exception",
    };
    crate::abi::door::say(format_args!(
        "{language} left a callback, and nobody handles it: the process ends"
    ));
    std::process::abort()
}

thread_local! {
    static ENDING: Cell<bool> = const { Cell::new(false) };
}

/// From now on the thread unwinds to its end.
pub(crate) fn thread_ends() {
    ENDING.set(true);
}

/// Whether the thread unwinds because it ends.
pub(crate) fn thread_is_ending() -> bool {
    ENDING.get()
}

union Slot<F, R> {
    body: ManuallyDrop<F>,
    result: ManuallyDrop<R>,
}

/// Runs `body` in the slot, and leaves its result there.
unsafe extern "C-unwind" fn run<F: FnOnce() -> R, R>(slot: *mut c_void) {
    let slot = slot.cast::<Slot<F, R>>();
    // SAFETY: the slot of `catch_panic`, whose body nobody else takes.
    unsafe {
        let body = ManuallyDrop::take(&mut (*slot).body);
        let result = body();
        (*slot).result = ManuallyDrop::new(result);
    }
}

/// Runs `body`, which may call functions of the program, and catches a panic. The end of the thread passes.
///
/// # Errors
/// The panic's payload.
pub(crate) fn catch_panic<F: FnOnce() -> R, R>(body: F) -> Result<R, Box<dyn Any + Send>> {
    let mut slot = Slot { body: ManuallyDrop::new(body) };
    // SAFETY: `run` gets the slot it expects. The frame passes unwinding on as this module says.
    let exception = unsafe { longshore_unwinding_frame(run::<F, R>, (&raw mut slot).cast()) };
    if exception.is_null() {
        // SAFETY: `run` came to its end.
        return Ok(unsafe { ManuallyDrop::into_inner(slot.result) });
    }
    Err(taken_apart(exception))
}

/// The payload of a panic that arrived at the landing.
#[cold]
fn taken_apart(exception: *mut Exception) -> Box<dyn Any + Send> {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: an exception that was caught, and that nobody else has.
        unsafe { _Unwind_RaiseException(exception) };
    }));
    match caught {
        Err(panic) => panic,
        Ok(()) => std::process::abort(), // The unwinder found no frame to stop at: its tables are gone.
    }
}

/// Calls a function of the program. The end of the thread passes; an exception that would
/// leave the function ends the process.
///
/// # Panics
/// With debug assertions, if the calling thread holds a lock of this library.
#[cfg_attr(debug_assertions, track_caller)]
pub(crate) fn call<R>(function: impl FnOnce() -> R) -> R {
    nothing_is_held("a callback");
    match catch_panic(function) {
        Ok(result) => result,
        // A callback written in Rust panicked, and nothing here can handle that.
        Err(_panic) => foreign_exception(PANIC),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_panic_is_caught_with_its_payload_and_the_thread_panics_no_more() {
        let dropped = AtomicU32::new(0);
        struct Counts<'a>(&'a AtomicU32);
        impl Drop for Counts<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        for _ in 0..3 {
            let caught = catch_panic(|| -> () {
                let _counts = Counts(&dropped);
                std::panic::panic_any(42_u32);
            });
            assert_eq!(caught.unwrap_err().downcast_ref(), Some(&42_u32));
            assert!(!std::thread::panicking());
        }
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
        let text = String::from("a value with a destructor");
        assert_eq!(catch_panic(|| text).unwrap(), "a value with a destructor");
    }

    /// What `ExitThread` does inside of a callback.
    #[test]
    fn the_end_of_a_thread_passes_and_runs_destructors() {
        static DROPPED: AtomicU32 = AtomicU32::new(0);
        struct Counts;
        impl Drop for Counts {
            fn drop(&mut self) {
                DROPPED.fetch_add(1, Ordering::SeqCst);
            }
        }
        unsafe extern "C-unwind" {
            fn pthread_exit(value: *mut c_void) -> !;
        }
        extern "C-unwind" fn thread(_: *mut c_void) -> *mut c_void {
            let _outer = Counts;
            let ended = catch_panic(|| {
                let _inner = Counts;
                // SAFETY: every frame down to the thread's start may be unwound.
                call(|| unsafe { pthread_exit(7 as *mut c_void) })
            });
            ended.map_or(std::ptr::null_mut(), |()| 8 as *mut c_void)
        }
        // SAFETY: a plain thread, which is joined; its function may be unwound, as pthread_create allows.
        let value = unsafe {
            let mut created: libc::pthread_t = std::mem::zeroed();
            let begin = std::mem::transmute::<
                extern "C-unwind" fn(*mut c_void) -> *mut c_void,
                extern "C" fn(*mut c_void) -> *mut c_void,
            >(thread);
            assert_eq!(
                libc::pthread_create(&raw mut created, std::ptr::null(), begin, std::ptr::null_mut()),
                0
            );
            let mut value = std::ptr::null_mut();
            libc::pthread_join(created, &raw mut value);
            value as usize
        };
        assert_eq!((value, DROPPED.load(Ordering::SeqCst)), (7, 2));
    }
}
