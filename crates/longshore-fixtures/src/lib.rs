//! What the test suites of all crates share.
//!
//! - [`patience`]: how long to wait for what must happen.
//! - [`process`]: tests that need a process of their own.
//! - [`tools`]: programs of other packages that a test needs, such as a C++ compiler.

pub mod patience;
pub mod process;
#[cfg(target_os = "linux")]
pub mod signals;
pub mod tools;

use std::io::Write;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

/// A value that lives for ever, and is no leak to a sanitizer: for threads that may be ended at any place.
pub fn forever<T: Sync>(value: T) -> &'static T {
    static KEPT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let kept: &'static T = Box::leak(Box::new(value));
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(std::ptr::from_ref(kept).expose_provenance());
    kept
}

/// Says on standard error that the calling test, or a part of it, was skipped, and why.
///
/// It is written past the capture of test output, which shows only what failing tests print.
#[track_caller]
pub fn skipped(reason: &str) {
    let thread = std::thread::current();
    let place = Location::caller();
    // The harness names the thread of a test after the test, unless it has only one.
    let test = match thread.name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => place.to_string(),
    };
    // In one piece, for other tests write at the same time.
    let line = format!("skipped: {test}: {reason}\n");
    // A closed standard error is no reason to fail.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
