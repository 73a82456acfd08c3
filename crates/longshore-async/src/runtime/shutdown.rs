//! The end of a runtime.

use super::Handle;
use longshore::WorkerPool;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a task that was aborted has to return from the poll that runs.
const GRACE: Duration = Duration::from_millis(100);

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
