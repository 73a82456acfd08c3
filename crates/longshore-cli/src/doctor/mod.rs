//! `longshore doctor`: what this machine offers, what Longshore makes of it, and what to change.

mod advice;
mod facts;
mod report;

use std::io::Write;

pub fn run() {
    // A closed standard output is the reader's choice.
    let _ = std::io::stdout().write_all(report::render(&facts::gather()).as_bytes());
}
