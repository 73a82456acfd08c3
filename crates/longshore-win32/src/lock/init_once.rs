//! `INIT_ONCE`: eight bytes that may be all zeros. The two low bits say how far it
//! is, the rest is the context.

use crate::abi::argument::{Callback, Context, InOut, Out, Shared, WriteIfAsked};
use crate::abi::last_error::{self, Win32Error};
use crate::sync::futex::{self, Deadline};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use windows_sys::Win32::Foundation::{ERROR_GEN_FAILURE, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Threading::{
    INIT_ONCE_ASYNC, INIT_ONCE_CHECK_ONLY, INIT_ONCE_CTX_RESERVED_BITS, INIT_ONCE_INIT_FAILED,
};

/// The low bits of the word.
const STAGE: usize = (1 << INIT_ONCE_CTX_RESERVED_BITS) - 1;
const NOT_BEGUN: usize = 0;
/// One thread initialises, the others wait.
const BEGUN: usize = 1;
const DONE: usize = 2;
/// Several threads may initialise; the first one to finish counts.
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

const NOT_IN_THIS_STAGE: Win32Error = Win32Error(ERROR_GEN_FAILURE);

impl INIT_ONCE {
    fn begin(&self, asynchronous: bool) -> Result<Turn, Win32Error> {
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
                stage if stage == other => return Err(Win32Error(ERROR_INVALID_PARAMETER)),
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

    /// `None` is failure: the next thread begins again.
    fn end(&self, asynchronous: bool, context: Option<usize>) -> Result<(), Win32Error> {
        let stage = if asynchronous { BEGUN_BY_MANY } else { BEGUN };
        let word = match context {
            Some(context) if context & STAGE != 0 => return Err(Win32Error(ERROR_INVALID_PARAMETER)),
            Some(context) => context | DONE,
            None => NOT_BEGUN,
        };
        self.word
            .compare_exchange(stage, word, Ordering::AcqRel, Ordering::Relaxed)
            .map_err(|_| NOT_IN_THIS_STAGE)?;
        futex::wake_class(self.word.as_ptr().cast::<u32>(), i32::MAX, futex::EVERY_CLASS);
        Ok(())
    }
}

/// The function that [`InitOnceExecuteOnce`] calls. It may make a context.
pub type PINIT_ONCE_FN = unsafe extern "C-unwind" fn(*mut INIT_ONCE, *mut c_void, *mut *mut c_void) -> i32;

/// Makes the word ready for use.
///
/// Source: Windows documentation, `InitOnceInitialize`.
#[export]
pub unsafe fn InitOnceInitialize(once: Out<INIT_ONCE>) {
    once.store(INIT_ONCE { word: AtomicUsize::new(NOT_BEGUN) });
}

/// Calls the function unless that has been done, and waits while another thread does. If it returns FALSE, so
/// does this, and the next caller tries again.
#[export(callbacks)]
pub unsafe fn InitOnceExecuteOnce(
    once: Shared<INIT_ONCE>,
    function: Option<Callback<PINIT_ONCE_FN>>,
    parameter: Context,
    context: Option<InOut<*mut c_void>>,
) -> Result<(), Win32Error> {
    let made = match once.begin(false)? {
        Turn::Done(made) => made as *mut c_void,
        Turn::Yours => {
            // However the function ends (also by the end of the thread), the next caller may try.
            let turn = Unfinished(once.get());
            let function = function.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
            let place = context.map_or(std::ptr::null_mut(), InOut::as_ptr);
            // SAFETY: what the page of InitOnceCallback says it is called with: the
            // caller's own place for a context.
            if unsafe { function.call(once.as_ptr(), parameter.value(), place) } == 0 {
                return Err(Win32Error(last_error::GetLastError())); // The function's own.
            }
            let made = context.map_or(Ok(std::ptr::null_mut()), InOut::read)?;
            once.end(false, Some(made as usize))?;
            std::mem::forget(turn);
            made
        }
    };
    Ok(context.map(InOut::as_out).write_if_asked(made)?)
}

/// An initialization that was begun. If it is dropped, it has failed.
struct Unfinished<'a>(&'a INIT_ONCE);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let _ = self.0.end(false, None);
    }
}

/// Begins a one-time initialization. `pending` becomes FALSE if it has been done.
#[export]
pub unsafe fn InitOnceBeginInitialize(
    once: Shared<INIT_ONCE>,
    flags: u32,
    pending: Option<Out<i32>>,
    context: Option<Out<*mut c_void>>,
) -> Result<(), Win32Error> {
    let turn = match flags {
        0 | INIT_ONCE_ASYNC => once.begin(flags == INIT_ONCE_ASYNC),
        INIT_ONCE_CHECK_ONLY => match once.word.load(Ordering::Acquire) {
            word if word & STAGE == DONE => Ok(Turn::Done(word & !STAGE)),
            _ => Err(NOT_IN_THIS_STAGE),
        },
        _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
    };
    match turn {
        Err(error) => {
            if error == NOT_IN_THIS_STAGE {
                pending.write_if_asked(1)?;
            }
            Err(error)
        }
        Ok(Turn::Yours) => Ok(pending.write_if_asked(1)?),
        Ok(Turn::Done(made)) => {
            pending.write_if_asked(0)?;
            Ok(context.write_if_asked(made as *mut c_void)?)
        }
    }
}

/// Ends a one-time initialization. Fails with `ERROR_GEN_FAILURE` if another thread has ended it.
#[export]
pub unsafe fn InitOnceComplete(
    once: Shared<INIT_ONCE>,
    flags: u32,
    context: Context,
) -> Result<(), Win32Error> {
    match flags {
        0 | INIT_ONCE_ASYNC => once.end(flags == INIT_ONCE_ASYNC, Some(context.value() as usize)),
        INIT_ONCE_INIT_FAILED if context.value().is_null() => once.end(false, None),
        _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
    }
}
