//! Saying that connections cannot be accepted, once a second at most.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::open_files;

/// When the last failed accept was spoken of. Clients decide how many fail, so not every one is worth a line.
pub struct Refusals {
    started: Instant,
    /// In seconds since the start, counted from 1; 0 before the first. A hint, hence relaxed.
    said_second: AtomicU64,
}

impl Refusals {
    pub fn new() -> Refusals {
        Refusals { started: Instant::now(), said_second: AtomicU64::new(0) }
    }

    /// The caller has issued the next accept before: writing to the log may take long.
    pub fn say(&self, open: usize, error: &io::Error) {
        let second = self.started.elapsed().as_secs() + 1;
        if self.said_second.swap(second, Ordering::Relaxed) == second {
            return;
        }
        tracing::warn!("cannot accept a connection while {open} are open: {error}");
        if let Some(advice) = open_files::advice(error) {
            tracing::warn!("{advice}");
        }
    }
}
