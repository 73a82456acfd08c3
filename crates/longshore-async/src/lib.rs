//! async/await on an I/O completion port: the runtime in which a task may block.
//!
//! A task that is ready is a packet on a [`longshore::Port`]. The port's threads poll tasks: the thread that
//! slept last is woken first, at most as many tasks run as the concurrency value says, and **when a task
//! blocks, another thread is released in its place**. A database driver, a file, a lock, a long look-up of a
//! name: call it in the task. Nobody else waits for it.
//!
//! ```no_run
//! use longshore_async::net::TcpListener;
//!
//! # fn main() -> std::io::Result<()> {
//! longshore_async::Runtime::new()?.block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:7007").await?;
//!     loop {
//!         let (stream, _peer) = listener.accept().await?;
//!         longshore_async::spawn(async move {
//!             loop {
//!                 match stream.recv().await {
//!                     Ok(data) if !data.is_empty() => stream.send(data).await?,
//!                     result => return result.map(drop),
//!                 }
//!             }
//!         })
//!         .detach();
//!     }
//! })
//! # }
//! ```
//!
//! # What blocking means
//!
//! A task that blocks keeps its thread, and suspends only itself: also the other branches of a `join!` or
//! `select!` in the *same* task. Spawn what is to go on meanwhile. The port finds out by itself that a thread
//! blocks, within about a millisecond; a call that says so with [`blocking`] has another thread run at once.

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
