//! Threads of the engine's own.

use std::io;
use std::thread;

/// Starts a detached thread that gets no signals: they are for the user's threads, and a handler must not run
/// on a thread that the program does not know.
pub(crate) fn start(
    name: String,
    stack_bytes: Option<usize>,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let mut builder = thread::Builder::new().name(name);
    if let Some(bytes) = stack_bytes {
        builder = builder.stack_size(bytes);
    }
    // The new thread inherits the mask, so there is no moment in which it takes a signal.
    let before = SignalMask::block_all();
    let started = builder.spawn(work);
    before.restore();
    started.map(drop)
}

struct SignalMask(libc::sigset_t);

impl SignalMask {
    /// Blocks every signal for the calling thread and returns what was blocked before.
    fn block_all() -> SignalMask {
        // SAFETY: signal sets are plain integers, for which all zeroes is a value.
        let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
        // SAFETY: both sets live through the calls.
        unsafe {
            libc::sigfillset(&raw mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        }
        SignalMask(before)
    }

    fn restore(self) {
        // SAFETY: the set lives through the call; the present mask is not asked for.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn is_blocked(signal: i32) -> bool {
        // SAFETY: see `block_all`.
        let mut mask: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: no change is asked for, and the set lives through both calls.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), &raw mut mask);
            libc::sigismember(&raw const mask, signal) == 1
        }
    }

    #[test]
    fn signals_stay_with_the_threads_of_the_user() {
        let (sender, receiver) = mpsc::channel();
        start("longshore-test".to_owned(), None, move || {
            let _ = sender.send(is_blocked(libc::SIGTERM));
        })
        .unwrap();
        assert_eq!(receiver.recv(), Ok(true));
        assert!(!is_blocked(libc::SIGTERM));
    }
}
