//! How long to wait. Only a broken program reaches a deadline; a busy machine does not.

use std::time::{Duration, Instant};

/// Long enough for anything that will happen at all.
pub const PATIENCE: Duration = Duration::from_secs(25);

/// Waits for a condition that no event announces: checks it again and again until it holds.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_micros(500));
    }
}
