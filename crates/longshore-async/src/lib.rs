#![doc = include_str!("../README.md")]

pub mod fs;
mod interop;
pub mod net;
mod operation;
pub mod process;
mod runtime;
pub mod signal;
mod sync;
mod task;
pub mod time;
mod waiters;

#[cfg(feature = "hyper")]
pub use interop::hyper;
pub use longshore::blocking;
pub use runtime::{Builder, Entered, Handle, Remaining, Runtime, TaskInfo, block_on};
pub use task::{AbortHandle, Id, JoinError, JoinHandle, spawn, spawn_blocking, yield_now};
