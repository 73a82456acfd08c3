//! What the Win32 face promises, tested over its exported functions. One binary, because each one more
//! takes its time to link and its room on disk; what needs a process of its own runs this program again,
//! see `longshore_fixtures::process`.

#![allow(clippy::disallowed_types, reason = "tests have locks of their own")]

mod compiled;
mod file;
mod fixtures;
mod pool;
mod socket;
mod stress;
mod sync;
mod system;
mod thread;
