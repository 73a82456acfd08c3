//! The runtime: a port whose packets are tasks, and the threads that serve it.
//!
//! The way of a task:
//!
//! 1. `spawn` makes its cell, puts it on the list and posts a packet with the right to run it.
//! 2. A thread of the pool takes the packet and polls the task. While it does, it holds one of the port's
//!    slots; if the future blocks, the port gives the slot to another thread.
//! 3. What the task waits for is an operation of the port, a timer or another task. The completion
//!    of an operation is taken by a thread of the pool, which keeps the result where the future
//!    looks for it, and wakes the task: the first task that one completion wakes runs on that
//!    thread at once, others are posted.
//! 4. A task that ends leaves its output in its cell, and the list.

mod block_on;
mod builder;
mod current;
mod handle;
mod run;
mod shutdown;
mod spawn;

pub use block_on::block_on;
pub use builder::Builder;
pub use current::Entered;
pub use handle::{Handle, TaskInfo};
pub use shutdown::{Remaining, RuntimeEnded};
pub use spawn::{spawn, spawn_blocking};

pub(crate) use handle::Shared;

use longshore::WorkerPool;
use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

/// A port with the threads that run tasks on it.
///
/// Dropping it aborts the tasks that are left and waits for its threads, which end when the polls that run
/// now have returned. [`Runtime::shutdown`] gives tasks time to finish.
///
/// Futures that wait outside of its tasks, in a `block_on` or in another runtime, for its sockets, files or
/// timers end with it: with the error [`RuntimeEnded`], and a sleep with a panic.
///
/// ```
/// let runtime = longshore_async::Runtime::new()?;
/// assert_eq!(runtime.block_on(async { longshore_async::spawn(async { 6 * 7 }).await.unwrap() }), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime {
    handle: Handle,
    /// `None` once it was shut down.
    pool: Option<WorkerPool>,
}

impl Runtime {
    /// A runtime with the default values of [`Builder`].
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new() -> io::Result<Runtime> {
        Builder::new().build()
    }

    /// Sets a runtime up.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Runs a future on the calling thread until it ends; what it spawns runs on the runtime's threads.
    ///
    /// It works everywhere, also within a task and nested: a thread that waits here blocks, and the port
    /// releases another one in its place. Within a task, as any call that blocks, it needs such a thread
    /// ([`Builder::threads`]): if every thread waits for a task that none is left to run, they wait for ever.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }

    /// As [`spawn`](crate::spawn), on this runtime.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> crate::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// What starts tasks on this runtime from anywhere.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits for at most `deadline` until every task has ended, aborts those that
    /// have not, and stops the threads.
    ///
    /// A thread whose task does not return from a poll is left behind; [`Remaining::blocked`] counts those.
    pub fn shutdown(mut self, deadline: Duration) -> Remaining {
        let pool = self.pool.take();
        shutdown::shutdown(&self.handle, pool, deadline)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            shutdown::stop(&self.handle, pool);
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("handle", &self.handle).finish()
    }
}
