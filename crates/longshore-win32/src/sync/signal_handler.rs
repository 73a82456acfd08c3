//! Nothing allocates or takes a lock in a signal handler, and the check of it.
//!
//! A signal handler interrupts its thread anywhere: inside the allocator, or while it holds a lock, which the
//! handler would then wait for for ever. That happens once in a million signals, so no test finds it. With
//! debug assertions a thread knows that it runs a handler of this library ([`Running`]), and the allocator
//! and the locks end the process if they are used meanwhile, whatever the signal interrupted.
//!
//! Filters and handlers of the program run in the middle of it, and may do what they like: see
//! [`programs_turn`]. Without debug assertions all of it is nothing.

#[cfg(all(debug_assertions, not(loom)))]
pub(crate) use checked::{Running, may_not, programs_turn};
#[cfg(not(all(debug_assertions, not(loom))))]
pub(crate) use unchecked::{Running, may_not, programs_turn};

#[cfg(all(debug_assertions, not(loom)))]
mod checked {
    use std::cell::Cell;

    thread_local! {
        /// The calling thread runs a handler of this library. Without a destructor, as handlers run at any
        /// time.
        static RUNNING: Cell<bool> = const { Cell::new(false) };
    }

    /// While this exists, the calling thread runs a signal handler of this library.
    pub(crate) struct Running {
        /// A handler may interrupt another one.
        before: bool,
    }

    impl Running {
        pub(crate) fn begins() -> Running {
            Running { before: RUNNING.replace(true) }
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            RUNNING.set(self.before);
        }
    }

    /// Runs code of the program inside of a handler. It need not come back: then the handler has ended.
    pub(crate) fn programs_turn<R>(code: impl FnOnce() -> R) -> R {
        let before = RUNNING.replace(false);
        let result = code();
        RUNNING.set(before);
        result
    }

    /// What follows must not happen in a signal handler. Ends the process if it does: a panic would allocate.
    #[inline]
    pub(crate) fn may_not(what: &'static str) {
        if RUNNING.get() {
            stop(what);
        }
    }

    #[cold]
    fn stop(what: &'static str) -> ! {
        RUNNING.set(false);
        for part in ["longshore: a signal handler ", what, "\n"] {
            let _ = rustix::io::write(rustix::stdio::stderr(), part.as_bytes());
        }
        std::process::abort()
    }
}

#[cfg(not(all(debug_assertions, not(loom))))]
mod unchecked {
    pub(crate) struct Running;

    impl Running {
        #[inline(always)]
        pub(crate) fn begins() -> Running {
            Running
        }
    }

    #[inline(always)]
    pub(crate) fn programs_turn<R>(code: impl FnOnce() -> R) -> R {
        code()
    }

    #[inline(always)]
    pub(crate) fn may_not(_: &'static str) {}
}

#[cfg(all(test, debug_assertions, not(loom)))]
mod tests {
    use super::*;
    use crate::sync::lock::Lock;
    use std::process::Command;

    /// Runs one of the tests below in a process of its own, which does what it must not. How that ends.
    fn alone(test: &str) -> (Option<i32>, String) {
        use std::os::unix::process::ExitStatusExt;
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new(program);
        command.args([&format!("sync::signal_handler::tests::{test}"), "--exact", "--nocapture"]);
        let output = command.env("LONGSHORE_TEST_OFFENDS", "1").output().unwrap();
        (output.status.signal(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn offends() -> bool {
        std::env::var_os("LONGSHORE_TEST_OFFENDS").is_some()
    }

    #[test]
    fn a_handler_that_allocates_ends_the_process() {
        if offends() {
            let _running = Running::begins();
            drop(std::hint::black_box(Box::new([0_u8; 64])));
            return;
        }
        let (signal, text) = alone("a_handler_that_allocates_ends_the_process");
        assert_eq!(signal, Some(libc::SIGABRT), "{text}");
        assert!(text.contains("longshore: a signal handler allocates memory\n"), "{text}");
    }

    #[test]
    fn a_handler_that_frees_ends_the_process() {
        if offends() {
            let memory = std::hint::black_box(Box::new([0_u8; 64]));
            let _running = Running::begins();
            drop(memory);
            return;
        }
        let (signal, text) = alone("a_handler_that_frees_ends_the_process");
        assert_eq!(signal, Some(libc::SIGABRT), "{text}");
        assert!(text.contains("longshore: a signal handler frees memory\n"), "{text}");
    }

    #[test]
    fn a_handler_that_takes_a_lock_ends_the_process() {
        let lock = Lock::last("one", 5);
        if offends() {
            let _running = Running::begins();
            std::hint::black_box(*lock.lock());
            return;
        }
        let (signal, text) = alone("a_handler_that_takes_a_lock_ends_the_process");
        assert_eq!(signal, Some(libc::SIGABRT), "{text}");
        assert!(text.contains("longshore: a signal handler takes a lock\n"), "{text}");
    }

    #[test]
    fn the_programs_code_may_do_both_inside_of_a_handler() {
        let lock = Lock::last("one", 5);
        let both = || *std::hint::black_box(Box::new(*lock.lock()));
        let sum = {
            let _outer = Running::begins();
            programs_turn(|| {
                let inner = { Running::begins() };
                drop(inner);
                both()
            })
        };
        assert_eq!(sum + both(), 10);
    }
}
