//! The engine of Longshore on Linux: the completion port itself, and the sources that feed it.
//!
//! This crate is what the faces stand on; programs use `longshore`. It knows neither face. Start reading at
//! [`port`](Core), then `dispatch`, `waiters` and `concurrency` for how threads meet, `operation` for the life
//! of an operation, `handle` and `reactor` for what can be polled, `ring` and `workers` for what cannot.

#[cfg(not(target_os = "linux"))]
compile_error!("longshore-engine is the Linux engine; on Windows `longshore` uses the system's own ports");

mod address;
mod association;
mod attempt;
mod attendance;
mod concurrency;
mod dispatch;
mod entrance;
#[cfg(test)]
mod file_suite;
mod files;
mod handle;
mod lane;
#[cfg(not(loom))]
mod lock;
#[cfg(all(test, loom))]
mod models;
mod monitor;
mod operation;
mod port;
mod probe;
mod queue;
mod reactor;
mod regions;
mod ring;
mod shield;
mod source;
mod stats;
mod sync;
mod threads;
mod timers;
mod transfer;
mod waiters;
mod workers;

pub use address::SocketAddress;
pub use association::blocking;
pub use handle::{Handle, Kind, Started};
pub use operation::{Errno, Face, FileRange, Label, Operation, Outcome, Payload, Verb};
pub use port::{Core, TakeError};
pub use reactor::Packet;
pub use regions::Regions;
pub use stats::Stats;
pub use timers::TimerId;
