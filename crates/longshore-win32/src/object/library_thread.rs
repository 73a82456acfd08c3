//! The library's own threads: of the timers, the poller, the console.
//!
//! 1. They leave the program's signals to the program's threads: everything is blocked in them but faults,
//!    and the signal that `SuspendThread` sends.
//! 2. If the work panics, it is started again: a bug of this library in one alarm must not stop all others.
//! 3. Work may call functions of the program, which may end the thread (`ExitThread` in a timer's callback).
//!    Then a new thread goes on with the work. `std::thread` would abort there.

use crate::abi::door::unwinding;
use crate::sync::stop_signal;
use std::ffi::{CStr, c_void};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What a thread of the library does. It is called again if it panics, and by
/// another thread if the thread ends.
type Work = dyn Fn() + Send + Sync;

struct Start {
    /// The kernel keeps at most 15 bytes.
    name: &'static CStr,
    work: Arc<Work>,
}

/// How long to wait after a panic, so that work that always panics does not use up the processor.
const REST: Duration = Duration::from_millis(10);

/// Starts a thread that ends when `work` returns.
///
/// # Errors
/// Those of pthread_create(3): no memory, too many threads.
pub(crate) fn start(name: &'static CStr, work: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    start_one(Start { name, work: Arc::new(work) })
}

/// The signals that a thread of the library does not take.
fn blocked() -> libc::sigset_t {
    let kept =
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS, libc::SIGABRT];
    // SAFETY: sigfillset initialises the set that the others change.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigfillset(&raw mut set);
        for signal in kept.into_iter().chain([stop_signal()]) {
            libc::sigdelset(&raw mut set, signal);
        }
        set
    }
}

fn start_one(start: Start) -> io::Result<()> {
    let start = Box::into_raw(Box::new(start));
    let blocked = blocked();
    // SAFETY: `begin` differs from the type only in that pthread_exit may unwind it,
    // which pthread_create allows.
    let begin = unsafe {
        std::mem::transmute::<
            extern "C-unwind" fn(*mut c_void) -> *mut c_void,
            extern "C" fn(*mut c_void) -> *mut c_void,
        >(begin)
    };
    // SAFETY: everything is initialised before it is used. The thread inherits the mask that is in force
    // while it is made, so that it gets no signal before it sets its own.
    let result = unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        let mut created: libc::pthread_t = std::mem::zeroed();
        libc::pthread_attr_init(&raw mut attributes);
        libc::pthread_attr_setdetachstate(&raw mut attributes, libc::PTHREAD_CREATE_DETACHED);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const blocked, &raw mut before);
        let result = libc::pthread_create(&raw mut created, &raw const attributes, begin, start.cast());
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        libc::pthread_attr_destroy(&raw mut attributes);
        result
    };
    if result != 0 {
        // SAFETY: the thread was not started, so the box is still ours.
        drop(unsafe { Box::from_raw(start) });
        return Err(io::Error::from_raw_os_error(result));
    }
    Ok(())
}

/// Work in progress. If it is dropped, the thread ends in the middle of the work.
struct Unfinished(Option<Start>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some(start) = self.0.take() else { return };
        if let Err(error) = start_one(start) {
            tracing::error!(%error, "a thread of the library ended in a callback, and no other takes its place");
        }
    }
}

extern "C-unwind" fn begin(start: *mut c_void) -> *mut c_void {
    // SAFETY: the box that `start_one` made, and handed over.
    let start = *unsafe { Box::from_raw(start.cast::<Start>()) };
    // SAFETY: a string ended by NUL.
    unsafe { libc::prctl(libc::PR_SET_NAME, start.name.as_ptr()) };
    let (name, work) = (start.name, start.work.clone());
    let mut unfinished = Unfinished(Some(start));
    while let Err(panic) = unwinding::catch_panic(|| work()) {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("");
        tracing::error!(thread = ?name, "a thread of the library panicked, and goes on: {text}");
        std::thread::sleep(REST);
    }
    unfinished.0 = None;
    std::ptr::null_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::channel;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn work_that_panics_is_taken_up_again_and_so_is_work_whose_thread_ends() {
        unsafe extern "C-unwind" {
            fn pthread_exit(value: *mut c_void) -> !;
        }
        static TIMES: AtomicU32 = AtomicU32::new(0);
        let (send, receive) = channel();
        let send = Mutex::new(send);
        start(c"ls-test-again", move || {
            match TIMES.fetch_add(1, Ordering::SeqCst) {
                0 => panic!("on purpose"),
                // SAFETY: this frame and those under it may be unwound.
                1 => unwinding::call(|| unsafe { pthread_exit(std::ptr::null_mut()) }),
                time => send.lock().unwrap().send(time).unwrap(),
            }
        })
        .unwrap();
        assert_eq!(receive.recv_timeout(LONG), Ok(2));
        assert!(receive.recv_timeout(LONG).is_err(), "the work has returned, and was dropped");
    }

    #[test]
    fn signals_of_the_program_are_the_programs() {
        let (send, receive) = channel();
        let send = Mutex::new(send);
        start(c"ls-test-signals", move || {
            // SAFETY: the mask is only read.
            let mask = unsafe {
                let mut mask: libc::sigset_t = std::mem::zeroed();
                libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), &raw mut mask);
                mask
            };
            // SAFETY: an initialised set.
            let has = |signal| unsafe { libc::sigismember(&raw const mask, signal) == 1 };
            send.lock().unwrap().send((has(libc::SIGINT), has(libc::SIGUSR1), has(libc::SIGSEGV))).unwrap();
        })
        .unwrap();
        assert_eq!(receive.recv_timeout(LONG), Ok((true, true, false)));
    }
}
