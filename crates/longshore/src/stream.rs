//! Connected byte streams.

use crate::handle::handle;
use crate::request::{Request, Subject, Types};
use crate::sys::{FileRange, Handle, OpCode, OwnedSocket};
use crate::{Buf, BufferPool, File, Listener, OpId, PeerAddr, Port};
use socket2::{Domain, SockRef, Socket, Type};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A byte stream attached to a port: a TCP or Unix connection, a pipe, a terminal.
///
/// Any thread may issue operations. Issuing never blocks and never fails: the result and the buffer come with
/// the completion. Several may be outstanding; receives are served in the order they were issued, and so are
/// sends. Clones are the same stream; the last one dropped closes it, and operations in flight hold one.
pub struct Stream<C: Send + 'static = ()> {
    handle: Arc<Handle<Types<C>>>,
}

handle!(Stream, socket);

impl<C: Send + 'static> Stream<C> {
    /// Attaches an existing descriptor: a `std::net::TcpStream`, a
    /// `std::os::unix::net::UnixStream`, one end of a pipe, or any other descriptor that can be
    /// polled. It becomes non-blocking, and so do its duplicates.
    ///
    /// On Windows: a connected socket, which then belongs to this port for good, its
    /// duplicates included (P3, P4).
    ///
    /// # Errors
    /// `Unsupported` if the descriptor cannot be polled (a regular file: see [`File`]); `BrokenPipe` if the
    /// port is closed; too many open files or watches; on Windows `InvalidInput` if it is attached already,
    /// or was made without `WSA_FLAG_OVERLAPPED`.
    pub fn attach(port: &Port<C>, key: usize, stream: impl Into<OwnedSocket>) -> io::Result<Self> {
        let handle = port.core().attach(stream.into(), key, None)?;
        Ok(Stream { handle })
    }

    pub(crate) fn accepted(listener: &Listener<C>, stream: OwnedSocket) -> io::Result<Self> {
        let handle = listener.attach_accepted(stream)?;
        Ok(Stream { handle })
    }

    /// Begins a TCP connection. (ConnectEx) Ends as [`Event::Connect`](crate::Event::Connect): refused,
    /// unreachable and timed-out connections are its error. The stream is returned at once as well, to cancel
    /// ([`Stream::cancel_all`]: nothing else is under way on it).
    ///
    /// It takes an address and not a name, because looking a name up blocks. Do that with
    /// `longshore::blocking(|| name.to_socket_addrs())`.
    ///
    /// # Errors
    /// Only if no socket could be made: too many open files, an address family the
    /// system lacks, a closed port.
    pub fn connect(port: &Port<C>, key: usize, address: SocketAddr, context: C) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        let stream = Stream::attach(port, key, socket)?;
        let op_code = OpCode::Connect(PeerAddr::Inet(address).into());
        stream.issue(op_code, context, Subject::Connect);
        Ok(stream)
    }

    /// Begins a connection to a Unix socket.
    ///
    /// # Errors
    /// As for [`Stream::connect`]; on Windows always `Unsupported`.
    pub fn connect_unix(port: &Port<C>, key: usize, path: impl AsRef<Path>, context: C) -> io::Result<Self> {
        crate::sys::unix_sockets()?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        let stream = Stream::attach(port, key, socket)?;
        let op_code = OpCode::Connect(PeerAddr::Unix(Some(path.as_ref().into())).into());
        stream.issue(op_code, context, Subject::Connect);
        Ok(stream)
    }

    /// Receives what is there, at least one byte, into the whole room of the buffer, replacing its contents.
    /// Ends with 0 bytes when the peer has finished sending. (WSARecv, S6, S8) When the connection failed, by
    /// a reset for instance, this and every later receive and send reports it.
    ///
    /// A buffer without any room is an error (`InvalidInput`), since nothing received would look like the end
    /// of the stream; [`Stream::readable`] waits without one (S7).
    #[inline]
    pub fn recv(&self, buf: impl Into<Buf>, context: C) -> OpId {
        self.issue(OpCode::Recv, context, Subject::Recv(buf.into()))
    }

    /// As [`Stream::recv`], but adds to the buffer's contents, in the room after
    /// them. A full buffer is an error.
    pub fn recv_append(&self, buf: impl Into<Buf>, context: C) -> OpId {
        self.issue(OpCode::Recv, context, Subject::RecvAppend(buf.into()))
    }

    /// As [`Stream::recv`], into a buffer that is taken from the pool only when there is data. A
    /// waiting connection holds no buffer.
    ///
    /// On Windows it waits with a receive of no bytes, and takes the data when its completion is taken: a
    /// receive issued behind it may be served before it. Keep only one outstanding.
    #[inline]
    pub fn recv_pooled(&self, pool: &BufferPool, context: C) -> OpId {
        self.issue(OpCode::Recv, context, Subject::Recv(Buf::awaited(pool.clone())))
    }

    /// Receives into several buffers, filled in order. Buffers without any room between them are an error.
    pub fn recv_vectored(&self, bufs: Vec<Buf>, context: C) -> OpId {
        self.issue(OpCode::Recv, context, Subject::RecvVectored(bufs))
    }

    /// Waits until a receive would find something: data, the end of the stream, or an error.
    pub fn readable(&self, context: C) -> OpId {
        self.issue(OpCode::Readable, context, Subject::Readable)
    }

    /// Sends all of the buffer. Partial success is never reported. (WSASend, S5)
    ///
    /// If it is cancelled or fails in the middle, the peer has an unknown part of it; close the stream then
    /// (K9). On Linux a TCP connection is reset then, so that the peer does not take the part for the whole.
    #[inline]
    pub fn send(&self, buf: impl Into<Buf>, context: C) -> OpId {
        self.issue(OpCode::Send, context, Subject::Send(buf.into()))
    }

    /// Sends all of several buffers, in order, with nothing in between.
    pub fn send_vectored(&self, bufs: Vec<Buf>, context: C) -> OpId {
        self.issue(OpCode::Send, context, Subject::SendVectored(bufs))
    }

    /// Sends `head`, then a range of the file, then `tail`, without copying the file's contents. Fails with
    /// EIO if the file ends before the range does (`ERROR_HANDLE_EOF` on Windows). (TransmitFile, TF1)
    ///
    /// The file's position is neither used nor moved. The sending thread reads parts of the file that are not
    /// in the page cache. That may block it; the port notices. On Windows one operation sends less than 2
    /// GiB, head and tail included; more is refused (`WSAEMSGSIZE`, TF2).
    pub fn send_file(
        &self,
        head: impl Into<Buf>,
        file: &File<C>,
        range: Range<u64>,
        tail: impl Into<Buf>,
        context: C,
    ) -> OpId {
        let (op_code, subject) = Self::sending_file(head.into(), file, range, tail.into());
        self.issue(op_code, context, subject)
    }

    pub(crate) fn sending_file(
        head: Buf,
        file: &File<C>,
        range: Range<u64>,
        tail: Buf,
    ) -> (OpCode, Subject<C>) {
        let range = FileRange {
            file: file.share_descriptor(),
            offset: range.start,
            length: range.end.saturating_sub(range.start),
            before: head.len() as u64,
        };
        (OpCode::SendFile(range.into()), Subject::SendFile(Box::new((head, file.clone(), tail))))
    }

    /// Shuts one or both directions down. After `Write` the peer sees the end after all sends that were
    /// issued before; later sends fail. The reading side is shut down at once.
    ///
    /// # Errors
    /// `NotConnected`; `ENOTSOCK` for what is not a socket. On Linux none while sends still wait.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.handle.shutdown(how)
    }

    /// What closing does with data not yet sent: `None` sends it in the background, zero discards it and
    /// resets the connection, anything else waits that long inside close(2). (SO_LINGER)
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.socket().set_linger(linger)
    }

    /// Sends small pieces at once instead of gathering them. (TCP_NODELAY)
    ///
    /// # Errors
    /// Those of setsockopt(2): not a TCP stream.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket().set_tcp_nodelay(nodelay)
    }

    /// The address of this end.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<PeerAddr> {
        self.socket().local_addr().and_then(address)
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// `NotConnected`.
    pub fn peer_addr(&self) -> io::Result<PeerAddr> {
        self.socket().peer_addr().and_then(address)
    }

    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

/// An address as the socket calls return it.
pub(crate) fn address(address: socket2::SockAddr) -> io::Result<PeerAddr> {
    match address.as_socket() {
        Some(inet) => Ok(PeerAddr::Inet(inet)),
        #[cfg(target_os = "linux")]
        None if address.is_unix() => Ok(PeerAddr::Unix(address.as_pathname().map(Into::into))),
        None => Err(io::ErrorKind::Unsupported.into()),
    }
}
