//! Sleeping.

use super::timers::Key;
use crate::runtime::{Handle, Shared};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Far enough to be never: some thirty years.
const NEVER: Duration = Duration::from_secs(1 << 30);

/// Waits for a while. (Blocking the thread instead, with [`std::thread::sleep`], is
/// allowed but costs a thread.)
///
/// # Panics
/// If it is first polled outside of a runtime.
///
/// ```
/// # use std::time::{Duration, Instant};
/// # longshore_async::Runtime::new()?.block_on(async {
/// let begun = Instant::now();
/// longshore_async::time::sleep(Duration::from_millis(5)).await;
/// assert!(begun.elapsed() >= Duration::from_millis(5));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    sleep_until(after(duration))
}

/// Waits until a time.
///
/// # Panics
/// As [`sleep`].
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline, timer: None }
}

pub(super) fn after(duration: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(duration).unwrap_or_else(|| now + NEVER)
}

/// The future of [`sleep`] and [`sleep_until`]. Dropping it takes the timer back.
pub struct Sleep {
    deadline: Instant,
    timer: Option<(Arc<Shared>, Key)>,
}

impl Sleep {
    /// When it ends.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Gives it another end, also after it has ended.
    pub fn reset(&mut self, deadline: Instant) {
        self.take_back();
        self.deadline = deadline;
    }

    fn take_back(&mut self) {
        if let Some((runtime, key)) = self.timer.take() {
            runtime.timers().remove(key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.deadline <= Instant::now() {
            self.take_back();
            return Poll::Ready(());
        }
        if let Some((runtime, key)) = &self.timer
            && runtime.timers().replace(*key, context.waker())
        {
            return Poll::Pending;
        }
        let runtime = match &self.timer {
            Some((runtime, _)) => runtime.clone(),
            None => Handle::current().shared().clone(),
        };
        let key = runtime.timers().add(&runtime, self.deadline, context.waker());
        self.timer = Some((runtime, key));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.take_back();
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("deadline", &self.deadline).finish()
    }
}
