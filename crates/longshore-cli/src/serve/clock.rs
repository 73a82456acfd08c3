//! The two clocks the server reads once per event.
//!
//! On Linux both are the kernel's coarse clocks: a few milliseconds of accuracy for a read without a
//! system call, and everything here counts in whole seconds or in limits of many milliseconds.

#[cfg(target_os = "linux")]
use rustix::time::{ClockId, clock_gettime};

#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Seconds since 1970: the `Date` of responses, and what cached files are checked against.
    pub second: u64,
    /// Milliseconds on a clock nobody sets: deadlines.
    pub monotonic_ms: u64,
}

impl Now {
    #[cfg(windows)]
    pub fn read() -> Now {
        use std::sync::LazyLock;
        use std::time::{Instant, SystemTime};
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Now {
            second: wall.map_or(0, |wall| wall.as_secs()),
            monotonic_ms: START.elapsed().as_millis() as u64,
        }
    }

    #[cfg(target_os = "linux")]
    pub fn read() -> Now {
        let wall = clock_gettime(ClockId::RealtimeCoarse);
        let monotonic = clock_gettime(ClockId::MonotonicCoarse);
        Now {
            second: u64::try_from(wall.tv_sec).unwrap_or(0),
            monotonic_ms: monotonic.tv_sec as u64 * 1000 + monotonic.tv_nsec as u64 / 1_000_000,
        }
    }
}
