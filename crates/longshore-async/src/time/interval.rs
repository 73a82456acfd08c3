//! Ticking.

use super::sleep::{Sleep, sleep_until};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// Ticks at once, and then with each period.
///
/// # Panics
/// If the period is zero.
pub fn interval(period: Duration) -> Interval {
    interval_at(Instant::now(), period)
}

/// Ticks at a time, and then with each period.
///
/// # Panics
/// If the period is zero.
pub fn interval_at(first: Instant, period: Duration) -> Interval {
    assert!(!period.is_zero(), "an interval of no time would never wait");
    Interval { sleep: sleep_until(first), period, missed: MissedTicks::default() }
}

/// What to do about ticks that nobody was there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTicks {
    /// They come one after the other, without waiting, until the next one is in time again.
    #[default]
    Burst,
    /// The next one comes a period after the late one.
    Delay,
    /// They are left out; the next one comes at the next multiple of the period.
    Skip,
}

/// Ticks with a period; from [`interval`].
#[derive(Debug)]
pub struct Interval {
    sleep: Sleep,
    period: Duration,
    missed: MissedTicks,
}

impl Interval {
    /// Waits for the next tick; when it was due. Cancel-safe: no tick is lost.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|context| self.poll_tick(context)).await
    }

    /// As [`Interval::tick`], for futures written by hand.
    pub fn poll_tick(&mut self, context: &mut Context<'_>) -> Poll<Instant> {
        ready!(Pin::new(&mut self.sleep).poll(context));
        let due = self.sleep.deadline();
        let now = Instant::now();
        let next = match self.missed {
            MissedTicks::Burst => due + self.period,
            MissedTicks::Delay => now.max(due) + self.period,
            MissedTicks::Skip => {
                let late = now.saturating_duration_since(due);
                let into = late.as_nanos() % self.period.as_nanos();
                let left = self.period - Duration::from_nanos(u64::try_from(into).unwrap_or(u64::MAX));
                now.max(due) + left
            }
        };
        self.sleep.reset(next);
        Poll::Ready(due)
    }

    /// What to do about ticks that nobody was there for.
    pub fn set_missed_ticks(&mut self, missed: MissedTicks) {
        self.missed = missed;
    }

    /// The period.
    pub fn period(&self) -> Duration {
        self.period
    }
}
