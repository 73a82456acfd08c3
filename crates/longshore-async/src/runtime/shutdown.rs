//! The end of a runtime.

use super::Handle;
use longshore::WorkerPool;
use std::fmt;
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a task that was aborted has to return from the poll that runs.
const GRACE: Duration = Duration::from_millis(100);

/// The runtime is gone that would have gone on with this: the source of the [`io::Error`] with which operations end
/// that wait when their runtime ends, or start later.
///
/// ```
/// use longshore_async::{Runtime, RuntimeEnded, block_on, net::TcpListener};
/// let runtime = Runtime::new()?;
/// let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
/// drop(runtime);
/// let error = block_on(listener.accept()).unwrap_err();
/// assert!(error.get_ref().is_some_and(|source| source.is::<RuntimeEnded>()));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeEnded;

impl fmt::Display for RuntimeEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the longshore-async runtime that it belongs to has ended")
    }
}

impl std::error::Error for RuntimeEnded {}

impl From<RuntimeEnded> for io::Error {
    fn from(ended: RuntimeEnded) -> io::Error {
        io::Error::other(ended)
    }
}

/// What was left when a runtime shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remaining {
    /// Tasks that had not ended by the deadline, and were aborted.
    pub tasks: usize,
    /// Of these, tasks that did not return from a poll: their threads are left
    /// behind, and end when the polls return.
    pub blocked: usize,
}

pub(super) fn shutdown(handle: &Handle, pool: Option<WorkerPool>, deadline: Duration) -> Remaining {
    let shared = handle.shared();
    let now = Instant::now();
    let deadline = now.checked_add(deadline).unwrap_or_else(|| now + Duration::from_secs(1 << 33));
    let tasks = if shared.wait_until_all_ended(deadline) { 0 } else { shared.count() };
    shared.abort_all();
    let ended = shared.wait_until_all_ended(Instant::now() + GRACE);
    let blocked = if ended { 0 } else { shared.count() };
    handle.port().close();
    if let Some(pool) = pool {
        if blocked == 0 {
            pool.join();
        } else {
            // Joins them some day, so that the caller need not.
            let (sender, receiver) = mpsc::channel::<WorkerPool>();
            let joiner = thread::Builder::new().name("longshore-join".into()).spawn(move || {
                receiver.into_iter().for_each(WorkerPool::join);
            });
            match joiner {
                Ok(_) => drop(sender.send(pool)),
                Err(_) => std::mem::forget(pool),
            }
        }
    }
    Remaining { tasks, blocked }
}

/// Aborts what there is and waits for the threads.
pub(super) fn stop(handle: &Handle, pool: WorkerPool) {
    handle.shared().abort_all();
    handle.port().close();
    pool.join();
}
