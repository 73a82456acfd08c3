//! fork(2): which children may use this library.
//!
//! A child has one thread. If the process had one as well, as before a daemon starts its work, the child is a
//! copy of a process at rest and may do everything. If it had several, the child lacks the library's threads,
//! and its locks are as the other threads left them. POSIX allows such a child `exec`, `_exit` and little
//! more. There every call that names an object or makes one fails, instead of waiting for a thread that is
//! not there.

use crate::abi::last_error::Win32Error;
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use windows_sys::Win32::Foundation::ERROR_NOT_SUPPORTED;

unsafe extern "C" {
    /// Nonzero if the process certainly has one thread (glibc 2.32).
    static __libc_single_threaded: c_char;
    /// pthread_atfork(3) by the name that is no program's.
    fn __register_atfork(
        before: Option<unsafe extern "C" fn()>,
        in_parent: Option<unsafe extern "C" fn()>,
        in_child: Option<unsafe extern "C" fn()>,
        object: *const c_void,
    ) -> c_int;
    /// What the program or library is known by that this code is linked into.
    static __dso_handle: c_void;
}

/// The fork that is under way leaves threads behind.
static LEAVES_THREADS: AtomicBool = AtomicBool::new(false);

/// This process is a child that was left without its threads.
static LEFT_ALONE: AtomicBool = AtomicBool::new(false);

/// Has forks noticed from now on. Called at the start of the program.
pub(crate) fn prepare() {
    // SAFETY: functions without parameters, which do what a child may do.
    unsafe { __register_atfork(Some(before), None, Some(in_child), &raw const __dso_handle) };
}

unsafe extern "C" fn before() {
    // SAFETY: libc's variable, a byte. While other threads end it may be old, and says "several" then.
    let single = unsafe { (&raw const __libc_single_threaded).read_volatile() };
    LEAVES_THREADS.store(single == 0, Ordering::Relaxed);
}

unsafe extern "C" fn in_child() {
    if LEAVES_THREADS.load(Ordering::Relaxed) {
        LEFT_ALONE.store(true, Ordering::Relaxed);
    }
}

/// Whether the calling process may use objects.
///
/// # Errors
/// `ERROR_NOT_SUPPORTED` in the child of a process with several threads. The log has a line about it.
#[inline]
pub(crate) fn check() -> Result<(), Win32Error> {
    if LEFT_ALONE.load(Ordering::Relaxed) { refuse() } else { Ok(()) }
}

#[cold]
fn refuse() -> Result<(), Win32Error> {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !TOLD.swap(true, Ordering::Relaxed) {
        tracing::error!(
            "the child of a process with threads cannot use the Win32 API: fork earlier, or exec"
        );
    }
    Err(Win32Error(ERROR_NOT_SUPPORTED))
}
