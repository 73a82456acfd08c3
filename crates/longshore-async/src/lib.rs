#![doc = include_str!("../README.md")]

pub mod fs;
mod interop;
pub mod net;
mod operation;
mod packet;
pub mod process;
mod runtime;
pub mod signal;
mod sync;
mod task;
pub mod time;
mod timers;

#[cfg(feature = "hyper")]
pub use interop::hyper;
pub use longshore::blocking;
pub use runtime::{
    Builder, Entered, Handle, Remaining, Runtime, RuntimeEnded, TaskInfo, block_on, spawn, spawn_blocking,
};
pub use task::{AbortHandle, Id, JoinError, JoinHandle, yield_now};
