//! Windows: a thin layer over the kernel's completion ports.
//!
//! The kernel queues packets first in first out, releases waiting threads last in first out, lets at
//! most the concurrency value of them run, and releases another when one of them blocks (Q1-Q12). None
//! of that is repeated here. This layer adds what C leaves to the programmer: who owns an OVERLAPPED
//! and its buffers, and until when.
//!
//! # An operation's life
//!
//! 1. [`Operation`] begins with its OVERLAPPED: one allocation, whose address the kernel and the table of the
//!    handle ([`pending`]) know. It is leaked when it is issued.
//! 2. The starting call ([`start`](step::start)) ends in one of two ways. *A packet will come*: it
//!    succeeded, it is pending, or it ended with a warning (D1-D3). From that moment another thread may have
//!    taken the packet and freed the operation (A7): nothing may touch it any more. *It failed*: no packet
//!    will come (A9), so one is posted.
//! 3. The thread that dequeues the packet takes the box back by its address, and out of the table.
//!    Some operations then take another step ([`step::finish`]): a pooled receive fetches its
//!    data, a large file its next part.
//! 4. The operation holds the handle, the handle the port. A socket is closed, and then the port, only
//!    when nothing can come for them any more. No buffer is ever freed under the kernel, whatever is
//!    dropped or closed first (A6).
//!
//! # Closing the port
//!
//! The port's *handle* is not closed by [`Core::close`]: packets of operations in flight could then never be
//! dequeued, and nobody would know when the kernel is done with their memory (C3, C4). Instead everything is
//! cancelled, what is queued is discarded, and a thread made for the purpose dequeues what is still to come.
//! Threads that wait are woken by an APC: unlike a packet it reaches the thread it is for, past the
//! concurrency value and the LIFO order. So waits are alertable, which a program notices only if it queues
//! APCs to threads that wait in a port.
//!
//! # Notification modes
//!
//! FILE_SKIP_SET_EVENT_ON_HANDLE is set: no thread waits for a handle here.
//! FILE_SKIP_COMPLETION_PORT_ON_SUCCESS is not: the face promises that every completion comes through the
//! port, in its order (Q1), so this layer would have to post what the kernel did not queue: one more system
//! call instead of one wake less. This also avoids the mode's traps: the choice between "pending" and
//! "ended" at the moment of return (M6), the warning that posts in spite of the mode (D3), providers that
//! are no IFS (M5). Completions inside the call ([`Handle::start_when_ready`]) come from a call without an
//! OVERLAPPED, which needs no mode.
//!
//! # What differs from Linux, and where the public documentation says so
//!
//! A handle belongs to one port for good, duplicates included (P3, P4). A listener listens until its last
//! clone is gone. There are no Unix sockets and no pipes, and a port cannot be polled. Files must have been
//! opened for overlapped operations; those that were not are opened again ([`file`]).

mod address;
mod descriptor;
mod file;
mod handle;
mod members;
mod operation;
mod pending;
mod port;
mod status;
mod step;
mod timers;

pub use address::unix_sockets;
pub use descriptor::Kind;
pub use file::file_size;
pub use handle::Handle;
pub use members::blocking;
pub use operation::{Face, Operation, Packet};
pub use port::{Core, set_concurrency};
