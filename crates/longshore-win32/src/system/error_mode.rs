//! Error modes: whether Windows shows message boxes for errors. Nothing does here; the modes are kept.

use crate::abi::argument::{Out, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use longshore_win32_macros::export;
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static THREAD: Cell<u32> = const { Cell::new(0) };
}

/// Sets the process's error mode; returns the former one.
#[export]
pub fn SetErrorMode(mode: u32) -> u32 {
    PROCESS.swap(mode, Ordering::Relaxed)
}

/// The process's error mode.
#[export]
pub fn GetErrorMode() -> u32 {
    PROCESS.load(Ordering::Relaxed)
}

/// Sets the thread's error mode.
#[export]
pub unsafe fn SetThreadErrorMode(mode: u32, former: Option<Out<u32>>) -> Result<(), Win32Error> {
    let old = THREAD.try_with(|thread| thread.replace(mode)).unwrap_or(0);
    Ok(former.write_if_asked(old)?)
}

/// The thread's error mode.
#[export]
pub fn GetThreadErrorMode() -> u32 {
    THREAD.try_with(Cell::get).unwrap_or(0)
}
