//! Sleeping.

use crate::runtime::{Handle, RuntimeEnded, Shared};
use crate::timers::{Ended, Key, Timer};
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
/// If it is first polled outside of a runtime, and if the runtime ends before: nobody would fire its timer.
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

impl Sleep {
    /// As its `poll`, but says so when the runtime has ended.
    pub(super) fn poll_ended(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        if self.deadline <= Instant::now() {
            self.take_back();
            return Poll::Ready(Ok(()));
        }
        let runtime = match &self.timer {
            Some((runtime, key)) => match runtime.timers().replace(*key, context.waker())? {
                Timer::Waits => return Poll::Pending,
                // By the port's clock, which is ahead.
                Timer::Fired => runtime.clone(),
            },
            None => Handle::current().shared().clone(),
        };
        let key = runtime.timers().add(self.deadline, context.waker().clone())?;
        self.timer = Some((runtime, key));
        Poll::Pending
    }
}

impl Future for Sleep {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.poll_ended(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) => Poll::Ready(()),
            Poll::Ready(Err(Ended)) => panic!("a sleep waited for its time: {RuntimeEnded}"),
        }
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
