#![doc = include_str!("../README.md")]
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

mod buf;
mod buffer_pool;
mod event;
mod file;
mod handle;
mod listener;
mod port;
mod request;
mod started;
mod stream;
mod sys;
mod threads;
mod udp;
mod worker_pool;

pub use buf::Buf;
pub use buffer_pool::BufferPool;
pub use event::{Completion, Datagram, Event, PeerAddr};
pub use file::File;
pub use handle::OpId;
pub use listener::Listener;
pub use port::{Closed, Port};
pub use started::Started;
pub use stream::Stream;
pub use sys::{Stats, TimerId, blocking};
pub use threads::Threads;
pub use udp::UdpSocket;
pub use worker_pool::WorkerPool;

/// Whether an operation failed because it was cancelled: `ECANCELED`, on Windows `ERROR_OPERATION_ABORTED`
/// (whose `ErrorKind` is `TimedOut`, so ask here).
pub fn is_cancelled(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(sys::Errno::CANCELLED.0)
}
