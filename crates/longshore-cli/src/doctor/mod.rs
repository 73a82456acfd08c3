//! `longshore doctor`: what this machine offers, what Longshore makes of it, and what to change.

#[cfg(target_os = "linux")]
mod advice;
#[cfg(target_os = "linux")]
mod facts;
#[cfg(target_os = "linux")]
mod report;
#[cfg(windows)]
mod windows;

use std::io::Write;

pub fn run() {
    // A closed standard output is the reader's choice.
    #[cfg(target_os = "linux")]
    let text = report::render(&facts::gather());
    #[cfg(windows)]
    let text = windows::report();
    let _ = std::io::stdout().write_all(text.as_bytes());
}
