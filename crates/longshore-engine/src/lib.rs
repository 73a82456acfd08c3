//! The engine of Longshore on Linux: the completion port itself, and the sources that feed it.
//!
//! This crate is what the faces stand on; programs use `longshore`. It knows neither face. What it has in common with
//! the Windows backend is in `longshore-types`. Its rooms, from the top floor down; each uses those below it:
//!
//! | floor | room | is |
//! |---|---|---|
//! | 7 | `port` | the port as a face sees it: [`Core`] |
//! | 6 | `sources` | what executes operations: the reactor (epoll), io_uring, blocking threads, timers |
//! | 5 | `handle` | an attached descriptor, its two lanes, and the system calls tried on it |
//! | 4 | `operation` | one operation from issue to dequeue: [`Operation`], [`Packet`], [`Errno`] |
//! | 3 | `dispatch` | where threads meet: queue, waiters, concurrency value; knows nothing of descriptors |
//! | 2 | `monitor` | the thread that looks after ports whose threads do not come back |
//! | 1 | `sync` | locks, and how threads of the engine's own are started |
//!
//! One circle is meant, and is the ownership itself: an operation holds its [`Handle`], so that the
//! descriptor outlives it, and a handle holds its [`Core`], so that the port outlives the handle (P11, TX8).
//! So `operation` names `handle`, and `handle` names `port`. Nothing else points up.
//!
//! Start reading at `port`, then `dispatch`, its `waiters` and its `concurrency`.

// A library panics where its documentation says so; standard output and error are the program's.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

#[cfg(not(target_os = "linux"))]
compile_error!("longshore-engine is the Linux engine; on Windows `longshore` uses the system's own ports");

mod dispatch;
#[cfg(test)]
mod fixtures;
mod handle;
mod monitor;
mod operation;
mod port;
mod sources;
mod sync;

pub use dispatch::{Membership, blocking};
pub use handle::{Handle, Kind};
pub use longshore_types::{
    Consume, Details, Errno, FileRange, OpCode, Outcome, Payload, Regions, SocketAddress, Started, Stats,
    Tag, TakeError, TimerId,
};
pub use operation::{Face, Operation, Packet, RawAddress, magazine};
pub use port::Core;
/// What tells a thread in [`Core::take_until_or`] to leave.
pub use sync::AtomicBool as StopFlag;
#[doc(hidden)] // For its row in bench/ alone.
pub use sync::Lock;
pub use sync::hold_off::{HoldOff, defer_stop, on_stop};
pub use sync::{Mutex, MutexGuard};
