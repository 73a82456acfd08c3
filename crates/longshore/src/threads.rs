//! How many threads a pool has.

use std::ops::RangeInclusive;
use std::time::Duration;

/// How many threads a [`WorkerPool`](crate::WorkerPool) has: a fixed number (`8.into()`), or between a least
/// and a most (`(2..=64).into()`).
///
/// ```
/// use longshore::{Port, Threads, WorkerPool};
/// use std::time::Duration;
/// let port = Port::<()>::new(2)?;
/// let threads = Threads::from(2..=64).idle_max(Duration::from_secs(60));
/// let pool = WorkerPool::new(&port, threads, |_| {})?;
/// assert_eq!(pool.threads(), 2);
/// pool.shutdown();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threads {
    pub(crate) least: usize,
    pub(crate) most: usize,
    pub(crate) idle_max: Duration,
}

impl Threads {
    /// How long a thread beyond the least stays without work; 20 seconds if it is not said. It may stay
    /// longer, if no other of the pool's threads sleeps in the port.
    pub fn idle_max(mut self, time: Duration) -> Threads {
        self.idle_max = time;
        self
    }
}

impl From<usize> for Threads {
    fn from(threads: usize) -> Threads {
        Threads::from(threads..=threads)
    }
}

impl From<RangeInclusive<usize>> for Threads {
    fn from(threads: RangeInclusive<usize>) -> Threads {
        let (least, most) = threads.into_inner();
        Threads { least, most, idle_max: longshore_crew::IDLE_MAX }
    }
}
