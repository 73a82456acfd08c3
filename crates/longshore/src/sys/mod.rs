//! What the face is built on: the completion port of one system, with the same names on every system.
//!
//! - Linux: [`longshore_engine`], which is a port of its own in user space (`linux.rs`
//!   only gives it its names here).
//! - Windows: the kernel's ports (`windows/`), which bring LIFO, the concurrency
//!   value and compensation with them.
//!
//! What all of them have alike is [`longshore_types`]: what an operation does and how it ended, its memory,
//! addresses, errors, timers, figures. A backend adds these, and the face uses nothing else of it:
//!
//! | name | is | promises |
//! |---|---|---|
//! | `Core<F>` | the port | FIFO packets; `post`, `take_at_once` (may always say no), `take`, `take_many`, `take_as`, `rouse_all`; `post_at` and `cancel_timer`; `attach`, `attach_accepted`; `close` drops each operation once the system no longer touches its buffers; `concurrency`, `stats` |
//! | `Handle<F>` | a descriptor on a port | `issue` never fails: one operation, one packet; `start_when_ready` may hand back its payload and outcome instead (`StartedOperation`); `cancel`, `close`, `shutdown`, `key`, `set_key`; it is released by the last reference, and every operation holds one |
//! | `Operation<F>` | one operation, boxed from issue to dequeue | `into_parts` gives everything back; its payload's memory stays where it is |
//! | `Face` | which types go through a port | |
//! | `Packet<F>` | what taking yields | |
//! | `blocking` | tells the port that its thread will block | public: the face passes it on |
//! | `Kind` | what a descriptor is | `Kind::File` for what works at offsets |
//! | `file_size`, `unix_sockets`, `set_concurrency` | what a handle does not say by itself, and what not every system can | |

pub use longshore_types::Started as StartedOperation;
pub use longshore_types::{
    Consume, Errno, FileRange, OpCode, Outcome, OwnedFile, OwnedSocket, Payload, Regions, SocketAddress,
    Stats, TakeError, TimerId,
};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;

#[cfg(not(any(target_os = "linux", windows)))]
compile_error!("longshore runs on Linux and on Windows");
