//! Setting a runtime up.

use super::{Handle, Runtime, Shared};
use longshore::{Port, Threads, WorkerPool};
use std::io;
use std::time::Duration;

/// How many tasks may block at a time without holding up the others, unless told otherwise.
const BLOCKED_MAX: usize = 512;

/// How a [`Runtime`] is to be.
///
/// ```
/// use longshore_async::Runtime;
/// let runtime = Runtime::builder().concurrency(2).threads(2..=100).build()?;
/// assert_eq!(runtime.handle().concurrency(), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    concurrency: usize,
    threads: Option<Threads>,
    slow_poll: Option<Duration>,
}

impl Builder {
    /// The default: as many tasks at a time as there are CPUs.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// How many tasks run at a time, those that block not counted: the port's concurrency value. 0 stands for
    /// the number of CPUs that the process may use.
    pub fn concurrency(mut self, concurrency: usize) -> Builder {
        self.concurrency = concurrency;
        self
    }

    /// How many threads there are: a number of them (`8`), or between a least and a most (`2..=100`). Those
    /// beyond the concurrency value are for tasks that block, so the most decides how many may
    /// block at a time without holding up the others. By default as many as the concurrency value,
    /// and up to 512 more while they are needed.
    pub fn threads(mut self, threads: impl Into<Threads>) -> Builder {
        self.threads = Some(threads.into());
        self
    }

    /// Warns, by `tracing`, of every poll that takes longer, with the place where the task was spawned. Off
    /// by default: it costs two looks at the clock for each poll.
    pub fn warn_of_polls_longer_than(mut self, limit: Duration) -> Builder {
        self.slow_poll = Some(limit);
        self
    }

    /// Makes the port and starts the threads.
    ///
    /// # Errors
    /// `InvalidInput` for no threads, or a least that exceeds the most; otherwise what the system says when it refuses
    /// descriptors, memory or threads.
    pub fn build(self) -> io::Result<Runtime> {
        let port = Port::new(self.concurrency)?;
        let concurrency = port.concurrency();
        let threads = self.threads.unwrap_or_else(|| (concurrency..=concurrency + BLOCKED_MAX).into());
        let handle = Handle::new(Shared::new(port, self.slow_poll));
        let shared = handle.shared().clone();
        let pool = WorkerPool::new(handle.port(), threads, move |completion| shared.dispatch(completion))?;
        Ok(Runtime { handle, pool: Some(pool) })
    }
}
