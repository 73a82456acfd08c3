//! Running the user's code on threads that must survive it.
//!
//! A payload's methods and its `Drop` are the user's code. A thread that drives I/O for everyone must not die
//! of one operation's panic: its other operations would be abandoned while the kernel still works on them.

use super::{Face, Operation};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic is logged and turned into `None`. `work` may leave half-changed values behind: the
/// engine drops them and never reads them again.
pub(crate) fn catch_panic<R>(what: &str, work: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(value) => Some(value),
        Err(panic) => {
            tracing::error!("{what} panicked: {}; the thread goes on without it", message(panic.as_ref()));
            // The value thrown may panic when it is dropped. The value of that second panic is leaked.
            if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
                std::mem::forget(another);
            }
            None
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "(no message)"
    }
}

/// Drops an operation, and with it the user's payload. Never to be called under a lock.
pub(crate) fn drop_operation<F: Face>(operation: Box<Operation<F>>) {
    catch_panic("dropping an operation's payload", || drop(operation));
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[test]
    fn a_panic_ends_the_work_and_nothing_else() {
        assert_eq!(catch_panic("a sum", || 1 + 1), Some(2));
        assert_eq!(catch_panic("a bomb", || drop(Bomb)), None);
        assert!(catch_panic("throwing a bomb", || std::panic::panic_any(Bomb)).is_none());
    }
}
