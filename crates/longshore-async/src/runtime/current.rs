//! Which runtime the calling thread is in, and what it is to run next.

use super::{Handle, Shared};
use crate::task::cell::Scheduled;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

/// The place for the one task that a completion wakes, which runs on the same thread.
enum Next {
    /// A task is being polled, or this is none of the runtime's threads: what is woken is posted.
    Closed,
    /// For a task of this runtime; those of another belong on its own threads.
    Empty(*const Shared),
    Task(Scheduled),
}

thread_local! {
    static HANDLE: RefCell<Option<Handle>> = const { RefCell::new(None) };
    static NEXT: Cell<Next> = const { Cell::new(Next::Closed) };
}

/// The runtime of the calling thread.
pub(super) fn handle() -> Option<Handle> {
    HANDLE.try_with(|handle| handle.borrow().clone()).ok().flatten()
}

/// The calling thread is one of this runtime's.
#[inline]
pub(super) fn stay_in(shared: &Arc<Shared>) {
    // A thread whose own place is gone runs its last destructors: it is in no runtime any more.
    let _ = HANDLE.try_with(|current| {
        let mut current = current.borrow_mut();
        match &*current {
            Some(handle) if Arc::ptr_eq(handle.shared(), shared) => {}
            _ => *current = Some(shared.handle()),
        }
    });
}

/// Until it is dropped, the calling thread is in a runtime; from [`Handle::enter`].
#[must_use = "the thread leaves the runtime when this is dropped"]
pub struct Entered {
    before: Option<Handle>,
    /// It belongs to its thread.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Entered {
    pub(super) fn new(handle: Handle) -> Entered {
        // Within the last destructors of a thread its place may be gone: then it stays in none.
        let before = HANDLE.try_with(|current| current.replace(Some(handle))).ok().flatten();
        Entered { before, _not_send: std::marker::PhantomData }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.before.take();
        let left = HANDLE.try_with(|current| current.replace(before));
        drop(left);
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entered")
    }
}

/// Runs code of this crate that wakes tasks, and returns the first one of this runtime's.
#[inline]
pub(super) fn first_woken(runtime: &Shared, wake: impl FnOnce()) -> Option<Scheduled> {
    /// Puts back what was there before, also when waking panics.
    struct Opened {
        before: Option<Next>,
    }

    impl Opened {
        fn close(&mut self) -> Option<Scheduled> {
            let before = self.before.take()?;
            match NEXT.try_with(|next| next.replace(before)) {
                Ok(Next::Task(task)) => Some(task),
                _ => None,
            }
        }
    }

    impl Drop for Opened {
        fn drop(&mut self) {
            if let Some(task) = self.close() {
                // It was promised a run.
                task.reschedule();
            }
        }
    }

    let mut opened = Opened { before: NEXT.try_with(|next| next.replace(Next::Empty(runtime))).ok() };
    wake();
    opened.close()
}

/// Takes the runtime's task, if it is the first one that is woken now; otherwise it comes back.
#[inline]
pub(super) fn offer(runtime: &Shared, task: Scheduled) -> Option<Scheduled> {
    let mut task = Some(task);
    let _ = NEXT.try_with(|next| match next.replace(Next::Closed) {
        Next::Empty(of) if std::ptr::eq(of, runtime) => {
            next.set(Next::Task(task.take().expect("it was put there")))
        }
        other => next.set(other),
    });
    task
}
