//! `INIT_ONCE`: eight bytes that may be all zeros. The two low bits say how far it is, the rest is the context.

use crate::abi::last_error::SetLastError;
use crate::sync::futex::{self, Deadline};
use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use windows_sys::Win32::Foundation::{ERROR_GEN_FAILURE, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Threading::{
    INIT_ONCE_ASYNC, INIT_ONCE_CHECK_ONLY, INIT_ONCE_CTX_RESERVED_BITS, INIT_ONCE_INIT_FAILED,
};

/// The low bits of the word.
const STAGE: usize = (1 << INIT_ONCE_CTX_RESERVED_BITS) - 1;
const NOT_BEGUN: usize = 0;
/// One thread is at it, the others wait.
const BEGUN: usize = 1;
const DONE: usize = 2;
/// Several threads may be at it; the first to finish counts.
const BEGUN_BY_MANY: usize = 3;

/// A one-time initialization.
#[repr(transparent)]
pub struct INIT_ONCE {
    /// The change to `DONE` releases what the initialization wrote.
    word: AtomicUsize,
}

/// What to do next.
enum Turn {
    Yours,
    Done(usize),
}

type Failure = u32;

impl INIT_ONCE {
    fn begin(&self, asynchronous: bool) -> Result<Turn, Failure> {
        let (mine, other) = if asynchronous { (BEGUN_BY_MANY, BEGUN) } else { (BEGUN, BEGUN_BY_MANY) };
        loop {
            let word = self.word.load(Ordering::Acquire);
            match word & STAGE {
                DONE => return Ok(Turn::Done(word & !STAGE)),
                NOT_BEGUN => {
                    if self.word.compare_exchange(word, mine, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                        return Ok(Turn::Yours);
                    }
                }
                stage if stage == other => return Err(ERROR_INVALID_PARAMETER),
                BEGUN_BY_MANY => return Ok(Turn::Yours),
                // Q8
                _ => longshore_engine::blocking(|| self.sleep()),
            }
        }
    }

    fn sleep(&self) {
        // SAFETY: the low half of the word, which comes first in memory, and is as aligned.
        let low = unsafe { AtomicU32::from_ptr(self.word.as_ptr().cast::<u32>()) };
        futex::wait(low, BEGUN as u32, Deadline::NEVER);
    }

    /// `None` is failure: the next one begins again.
    fn end(&self, asynchronous: bool, context: Option<usize>) -> Result<(), Failure> {
        let stage = if asynchronous { BEGUN_BY_MANY } else { BEGUN };
        let word = match context {
            Some(context) if context & STAGE != 0 => return Err(ERROR_INVALID_PARAMETER),
            Some(context) => context | DONE,
            None => NOT_BEGUN,
        };
        self.word
            .compare_exchange(stage, word, Ordering::AcqRel, Ordering::Relaxed)
            .map_err(|_| ERROR_GEN_FAILURE)?;
        futex::wake_class(self.word.as_ptr().cast::<u32>(), i32::MAX, futex::EVERY_CLASS);
        Ok(())
    }
}

fn failed(error: Failure) -> i32 {
    SetLastError(error);
    0
}

/// Stores a context for the caller, who may not want it.
///
/// # Safety
/// `target` is NULL or writable.
unsafe fn give<T>(target: *mut T, value: T) {
    if !target.is_null() {
        // SAFETY: the caller's promise.
        unsafe { target.write(value) };
    }
}

/// The function that [`InitOnceExecuteOnce`] calls.
pub type PINIT_ONCE_FN = unsafe extern "C-unwind" fn(*mut INIT_ONCE, *mut c_void, *mut *mut c_void) -> i32;

/// Makes the word ready for use.
///
/// Source: Windows documentation, `InitOnceInitialize`.
///
/// # Safety
/// `once` must be writable, and nobody may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceInitialize(once: *mut INIT_ONCE) {
    // SAFETY: the caller's promise.
    unsafe { once.write(INIT_ONCE { word: AtomicUsize::new(NOT_BEGUN) }) };
}

/// Calls the function unless that has been done, and waits while another thread does. If it returns FALSE, so does
/// this, and the next caller tries again.
///
/// # Safety
/// `once` must point to an `INIT_ONCE`; `context` is NULL or writable; the function may be called with these.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn InitOnceExecuteOnce(
    once: *mut INIT_ONCE,
    function: PINIT_ONCE_FN,
    parameter: *mut c_void,
    context: *mut *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    let this = unsafe { &*once };
    let made = match this.begin(false) {
        Err(error) => return failed(error),
        Ok(Turn::Done(made)) => made,
        Ok(Turn::Yours) => {
            let mut made = std::ptr::null_mut();
            // SAFETY: the caller's promise.
            let succeeded = unsafe { function(once, parameter, &raw mut made) } != 0;
            if !succeeded {
                let _ = this.end(false, None);
                return 0;
            }
            if let Err(error) = this.end(false, Some(made as usize)) {
                let _ = this.end(false, None);
                return failed(error);
            }
            made as usize
        }
    };
    // SAFETY: the caller's promise.
    unsafe { give(context, made as *mut c_void) };
    1
}

/// Begins a one-time initialization. `pending` becomes FALSE if it has been done.
///
/// # Safety
/// `once` must point to an `INIT_ONCE`; `pending` and `context` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceBeginInitialize(
    once: *mut INIT_ONCE,
    flags: u32,
    pending: *mut i32,
    context: *mut *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    let this = unsafe { &*once };
    let turn = match flags {
        0 | INIT_ONCE_ASYNC => this.begin(flags == INIT_ONCE_ASYNC),
        INIT_ONCE_CHECK_ONLY => match this.word.load(Ordering::Acquire) {
            word if word & STAGE == DONE => Ok(Turn::Done(word & !STAGE)),
            _ => Err(ERROR_GEN_FAILURE),
        },
        _ => Err(ERROR_INVALID_PARAMETER),
    };
    match turn {
        Err(error) => {
            if error == ERROR_GEN_FAILURE {
                // SAFETY: the caller's promise.
                unsafe { give(pending, 1) };
            }
            failed(error)
        }
        Ok(Turn::Yours) => {
            // SAFETY: the caller's promise.
            unsafe { give(pending, 1) };
            1
        }
        Ok(Turn::Done(made)) => {
            // SAFETY: the caller's promise.
            unsafe {
                give(pending, 0);
                give(context, made as *mut c_void);
            }
            1
        }
    }
}

/// Ends a one-time initialization. Fails with `ERROR_GEN_FAILURE` if another thread has ended it.
///
/// # Safety
/// `once` must point to an `INIT_ONCE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceComplete(once: *mut INIT_ONCE, flags: u32, context: *mut c_void) -> i32 {
    // SAFETY: the caller's promise.
    let this = unsafe { &*once };
    let ended = match flags {
        0 | INIT_ONCE_ASYNC => this.end(flags == INIT_ONCE_ASYNC, Some(context as usize)),
        INIT_ONCE_INIT_FAILED if context.is_null() => this.end(false, None),
        _ => Err(ERROR_INVALID_PARAMETER),
    };
    match ended {
        Ok(()) => 1,
        Err(error) => failed(error),
    }
}
