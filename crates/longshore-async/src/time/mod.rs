//! Sleeping, deadlines and intervals.
//!
//! Times are [`std::time::Instant`]s. A timer fires when it is due and not before; how much later depends on
//! how busy the port's threads are.

mod interval;
mod sleep;
mod timeout;

pub use interval::{Interval, MissedTicks, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};
