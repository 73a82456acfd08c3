//! What a port delivers.

use crate::{Buf, File, Listener, Stream, UdpSocket};
use std::io;
use std::net::SocketAddr;

pub use crate::sys::SocketAddress as PeerAddr;

/// A packet taken from a port: a posted one, a timer, or a finished operation.
#[derive(Debug)]
pub struct Completion<C: Send + 'static> {
    /// The key of the handle the operation was issued on, or the key it was posted with.
    pub key: usize,
    /// The value that was given to the operation, the timer or the post.
    pub context: C,
    /// What happened.
    pub event: Event<C>,
}

/// What happened. Handles and buffers come back in it, whether the operation succeeded or not.
///
/// `result` is an error if the operation failed; a cancelled one fails with an error for which
/// [`is_cancelled`](crate::is_cancelled) is true. Dropping the last clone of a handle closes it, so a handler
/// that ignores an event of a broken connection closes that connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<C: Send + 'static> {
    /// From [`Port::post`](crate::Port::post).
    Posted,
    /// From [`Port::post_after`](crate::Port::post_after).
    Timer {
        /// The timer was cancelled before it was due.
        cancelled: bool,
    },
    /// From [`Listener::accept`].
    Accept {
        /// The listener.
        listener: Listener<C>,
        /// The connection, attached to the listener's port with the listener's key, and the peer.
        result: io::Result<(Stream<C>, PeerAddr)>,
    },
    /// From [`Stream::connect`].
    Connect {
        /// The connection.
        stream: Stream<C>,
        /// Whether it was made.
        result: io::Result<()>,
    },
    /// From [`Stream::recv`], [`Stream::recv_append`] and [`Stream::recv_pooled`].
    Recv {
        /// The connection.
        stream: Stream<C>,
        /// What was received.
        buf: Buf,
        /// Bytes received; 0 when the peer has finished sending, or when there was no room.
        result: io::Result<usize>,
    },
    /// From [`Stream::recv_vectored`].
    RecvVectored {
        /// The connection.
        stream: Stream<C>,
        /// What was received, filled in order.
        bufs: Vec<Buf>,
        /// Bytes received, as for [`Event::Recv`].
        result: io::Result<usize>,
    },
    /// From [`Stream::readable`].
    Readable {
        /// The connection.
        stream: Stream<C>,
        /// Whether a receive would find something: data or the end.
        result: io::Result<()>,
    },
    /// From [`Stream::send`].
    Send {
        /// The connection.
        stream: Stream<C>,
        /// What was sent.
        buf: Buf,
        /// Bytes sent: all of them.
        result: io::Result<usize>,
    },
    /// From [`Stream::send_vectored`].
    SendVectored {
        /// The connection.
        stream: Stream<C>,
        /// What was sent.
        bufs: Vec<Buf>,
        /// Bytes sent: all of them.
        result: io::Result<usize>,
    },
    /// From [`Stream::send_file`].
    SendFile {
        /// The connection.
        stream: Stream<C>,
        /// What went before the file.
        head: Buf,
        /// The file.
        file: File<C>,
        /// What followed it.
        tail: Buf,
        /// Bytes sent in all.
        result: io::Result<u64>,
    },
    /// From [`UdpSocket::recv_from`].
    RecvFrom {
        /// The socket.
        socket: UdpSocket<C>,
        /// The datagram.
        buf: Buf,
        /// Its size and sender.
        result: io::Result<Datagram>,
    },
    /// From [`UdpSocket::send_to`].
    SendTo {
        /// The socket.
        socket: UdpSocket<C>,
        /// The datagram.
        buf: Buf,
        /// Bytes sent.
        result: io::Result<usize>,
    },
    /// From [`File::read_at`].
    Read {
        /// The file.
        file: File<C>,
        /// What was read.
        buf: Buf,
        /// Bytes read: less than there was room for only at the end of the file, 0 beyond it.
        result: io::Result<usize>,
    },
    /// From [`File::read_vectored_at`].
    ReadVectored {
        /// The file.
        file: File<C>,
        /// What was read, filled in order.
        bufs: Vec<Buf>,
        /// Bytes read, as for [`Event::Read`].
        result: io::Result<usize>,
    },
    /// From [`File::write_at`] and [`File::append`].
    Write {
        /// The file.
        file: File<C>,
        /// What was written.
        buf: Buf,
        /// Bytes written: all of them.
        result: io::Result<usize>,
    },
    /// From [`File::write_vectored_at`].
    WriteVectored {
        /// The file.
        file: File<C>,
        /// What was written.
        bufs: Vec<Buf>,
        /// Bytes written: all of them.
        result: io::Result<usize>,
    },
    /// From [`File::sync`] and [`File::sync_data`].
    Sync {
        /// The file.
        file: File<C>,
        /// Whether everything is on the device.
        result: io::Result<()>,
    },
}

/// A received datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Bytes received, at most the room there was.
    pub bytes: usize,
    /// Who sent it.
    pub from: SocketAddr,
    /// It was longer than the buffer; the rest is lost.
    pub truncated: bool,
}
