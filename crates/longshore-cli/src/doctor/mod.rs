//! `longshore doctor`: what this machine offers, what Longshore makes of it, and what to change.

#[cfg(target_os = "linux")]
mod advice;
#[cfg(target_os = "linux")]
mod facts;
#[cfg(target_os = "linux")]
mod report;
#[cfg(windows)]
mod windows;

use crate::failure::Failure;
use crate::terminal;

pub fn run() -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    let text = report::render(&facts::gather());
    #[cfg(windows)]
    let text = windows::report();
    terminal::output(format_args!("{text}"))
}
