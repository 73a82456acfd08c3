//! Tasks: futures that the threads of a [`Runtime`](crate::Runtime) poll.

pub(crate) mod cell;
pub(crate) mod state;
mod yielding;

#[cfg(all(test, loom))]
mod models;

use cell::TaskRef;
use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub use yielding::yield_now;

/// Tells tasks apart; never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u64);

impl Id {
    pub(crate) fn next() -> Id {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Id(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Awaits the output of a task.
///
/// It is a future: `Ok` with the task's output, or a [`JoinError`] if the task panicked or was
/// aborted. Dropping it detaches the task, which goes on; awaiting is cancel-safe, so a handle may be
/// polled in a `select!` again and again.
#[must_use = "a task whose handle is dropped goes on by itself; `let _ = ...` says that this is meant"]
pub struct JoinHandle<T> {
    task: TaskRef,
    output: PhantomData<fn() -> T>,
}

impl<T> JoinHandle<T> {
    pub(crate) fn new(task: TaskRef) -> JoinHandle<T> {
        JoinHandle { task, output: PhantomData }
    }

    /// Requests the end of the task: its future is dropped by the thread that would poll it next, or after
    /// the poll that runs now. Awaiting the handle tells when; a task that ends first keeps its output.
    pub fn abort(&self) {
        self.task.abort();
    }

    /// Aborts the task without its output type, and without keeping the output.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle { task: self.task.clone() }
    }

    /// Lets the task go on by itself, as dropping the handle does.
    pub fn detach(self) {}

    /// Whether the task is over: its output is there, or was taken.
    pub fn is_finished(&self) -> bool {
        self.task.header().state.is_completed()
    }

    /// The task's number.
    pub fn id(&self) -> Id {
        self.task.header().description.id
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let completed = self.task.header().state.is_completed();
        if !completed && self.task.await_completion(context.waker()) {
            return Poll::Pending;
        }
        // SAFETY: it has completed, `T` is its output's type since `new`, and this is its join handle.
        Poll::Ready(unsafe { self.task.take_output() })
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        self.task.withdraw();
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id())
            .field("is_finished", &self.is_finished())
            .finish()
    }
}

/// Aborts a task that somebody else awaits; from [`JoinHandle::abort_handle`].
#[derive(Clone)]
pub struct AbortHandle {
    task: TaskRef,
}

impl AbortHandle {
    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        self.task.abort();
    }

    /// As [`JoinHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        self.task.header().state.is_completed()
    }

    /// The task's number.
    pub fn id(&self) -> Id {
        self.task.header().description.id
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle")
            .field("id", &self.id())
            .field("is_finished", &self.is_finished())
            .finish()
    }
}

/// Why a task has no output.
pub struct JoinError {
    id: Id,
    panic: Option<std::sync::Mutex<Box<dyn Any + Send>>>,
}

impl JoinError {
    pub(crate) fn cancelled(id: Id) -> JoinError {
        JoinError { id, panic: None }
    }

    pub(crate) fn panicked(id: Id, panic: Box<dyn Any + Send>) -> JoinError {
        JoinError { id, panic: Some(std::sync::Mutex::new(panic)) }
    }

    /// The task was aborted, or its runtime shut down.
    pub fn is_cancelled(&self) -> bool {
        self.panic.is_none()
    }

    /// The task panicked.
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// The panic's payload, or the error back if there was no panic.
    ///
    /// # Errors
    /// The error itself, if the task was cancelled.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send>, JoinError> {
        match self.panic {
            Some(panic) => Ok(panic.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)),
            None => Err(self),
        }
    }

    /// Goes on with the task's panic on this thread.
    ///
    /// # Panics
    /// Always: with the task's panic, or because there was none.
    pub fn resume_panic(self) -> ! {
        match self.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(error) => panic!("{error}, it did not panic"),
        }
    }

    /// The task's number.
    pub fn id(&self) -> Id {
        self.id
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.is_panic() { "panicked" } else { "was cancelled" };
        write!(f, "task {} {how}", self.id)
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> io::Error {
        io::Error::other(error)
    }
}

/// The name of a task, for [`Handle::spawn_named`].
pub(crate) type Name = Option<Arc<str>>;
