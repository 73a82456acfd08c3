//! Deadlines.

use super::sleep::{Sleep, after, sleep_until};
use crate::runtime::RuntimeEnded;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Gives a future so much time; after that it is dropped with the [`Timeout`]. If the runtime ends before, so
/// does the time ([`Elapsed::is_runtime_ended`]).
///
/// ```
/// use longshore_async::time::timeout;
/// use std::time::Duration;
/// # longshore_async::Runtime::new()?.block_on(async {
/// let never = std::future::pending::<()>();
/// assert!(timeout(Duration::from_millis(5), never).await.is_err());
/// assert_eq!(timeout(Duration::from_secs(5), async { 1 }).await, Ok(1));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn timeout<F: Future>(duration: Duration, future: F) -> Timeout<F> {
    timeout_at(after(duration), future)
}

/// Gives a future until then.
pub fn timeout_at<F: Future>(deadline: Instant, future: F) -> Timeout<F> {
    Timeout { future, sleep: sleep_until(deadline) }
}

/// The future of [`timeout`] and [`timeout_at`]: the output in time, or [`Elapsed`].
#[derive(Debug)]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `future` is pinned as the whole is, and never moved out; `sleep` may move.
        let (future, sleep) = unsafe {
            let this = self.get_unchecked_mut();
            (Pin::new_unchecked(&mut this.future), &mut this.sleep)
        };
        match future.poll(context) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => {
                sleep.poll_ended(context).map(|ended| Err(Elapsed { runtime_ended: ended.is_err() }))
            }
        }
    }
}

/// A future was not ready in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    runtime_ended: bool,
}

impl Elapsed {
    /// The runtime whose timer it was has ended before the time: nobody would have fired it.
    pub fn is_runtime_ended(&self) -> bool {
        self.runtime_ended
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.runtime_ended {
            false => f.write_str("the deadline has passed"),
            true => write!(f, "the deadline was given up: {RuntimeEnded}"),
        }
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(error: Elapsed) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, error)
    }
}
