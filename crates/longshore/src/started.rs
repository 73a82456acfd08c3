//! Completions inside the call, for those who ask.
//!
//! The completion of an ordinary operation comes through the port, in order (Q1), even if the operation ended
//! at once; any thread may take it. Most sends end at once. A handler that goes on with the connection itself
//! can start them with one of these calls, and so avoid the queue. On Windows this is a mode of a handle
//! (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS). Here each call decides, and both kinds may be mixed.

use crate::request::Subject;
use crate::sys::OpCode;
use crate::{Buf, BufferPool, Completion, File, Listener, OpId, Stream, UdpSocket};
use std::net::SocketAddr;
use std::ops::Range;

/// The result of a call that starts an operation and may complete it.
///
/// ```
/// use longshore::{Event, Port, Started, Stream};
/// # #[cfg(target_os = "linux")] {
/// let (near, _far) = std::os::unix::net::UnixStream::pair()?;
/// let port = Port::new(1)?;
/// let stream = Stream::attach(&port, 0, near)?;
/// match stream.start_send("hello", ()) {
///     Started::Done(done) => assert!(matches!(done.event, Event::Send { result: Ok(5), .. })),
///     Started::Pending(_) => assert!(port.get().is_ok()),
/// }
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a completion that is dropped drops its handle and its buffer"]
pub enum Started<C: Send + 'static> {
    /// It has ended, with success or an error. This is its only completion: none comes through the port.
    Done(Completion<C>),
    /// Its completion comes through the port (never, if the port is closed).
    Pending(OpId),
}

impl<C: Send + 'static> Started<C> {
    /// The completion, if it is there.
    pub fn done(self) -> Option<Completion<C>> {
        match self {
            Started::Done(completion) => Some(completion),
            Started::Pending(_) => None,
        }
    }
}

/// The `start_` calls do what the calls without that prefix do, but return the completion of an operation
/// that ends at once. The system decides whether it does: a program must handle both cases. A handler that
/// keeps receiving from a peer that keeps sending keeps its thread: receive through the port now and then.
impl<C: Send + 'static> Stream<C> {
    /// As [`Stream::send`].
    #[inline]
    pub fn start_send(&self, buf: impl Into<Buf>, context: C) -> Started<C> {
        self.start(OpCode::Send, context, Subject::Send(buf.into()))
    }

    /// As [`Stream::send_vectored`].
    pub fn start_send_vectored(&self, bufs: Vec<Buf>, context: C) -> Started<C> {
        self.start(OpCode::Send, context, Subject::SendVectored(bufs))
    }

    /// As [`Stream::send_file`].
    pub fn start_send_file(
        &self,
        head: impl Into<Buf>,
        file: &File<C>,
        range: Range<u64>,
        tail: impl Into<Buf>,
        context: C,
    ) -> Started<C> {
        let (op_code, subject) = Self::sending_file(head.into(), file, range, tail.into());
        self.start(op_code, context, subject)
    }

    /// As [`Stream::recv`].
    #[inline]
    pub fn start_recv(&self, buf: impl Into<Buf>, context: C) -> Started<C> {
        self.start(OpCode::Recv, context, Subject::Recv(buf.into()))
    }

    /// As [`Stream::recv_append`].
    #[inline]
    pub fn start_recv_append(&self, buf: impl Into<Buf>, context: C) -> Started<C> {
        self.start(OpCode::Recv, context, Subject::RecvAppend(buf.into()))
    }

    /// As [`Stream::recv_pooled`].
    #[inline]
    pub fn start_recv_pooled(&self, pool: &BufferPool, context: C) -> Started<C> {
        self.start(OpCode::Recv, context, Subject::Recv(Buf::awaited(pool.clone())))
    }

    /// As [`Stream::recv_vectored`].
    pub fn start_recv_vectored(&self, bufs: Vec<Buf>, context: C) -> Started<C> {
        self.start(OpCode::Recv, context, Subject::RecvVectored(bufs))
    }

    /// As [`Stream::readable`].
    pub fn start_readable(&self, context: C) -> Started<C> {
        self.start(OpCode::Readable, context, Subject::Readable)
    }
}

/// See [`Stream::start_send`].
impl<C: Send + 'static> Listener<C> {
    /// As [`Listener::accept`].
    pub fn start_accept(&self, context: C) -> Started<C> {
        self.start(OpCode::Accept, context, Subject::Accept)
    }
}

/// See [`Stream::start_send`].
impl<C: Send + 'static> UdpSocket<C> {
    /// As [`UdpSocket::recv_from`].
    pub fn start_recv_from(&self, buf: impl Into<Buf>, context: C) -> Started<C> {
        self.start(OpCode::RecvFrom, context, Subject::RecvFrom(buf.into()))
    }

    /// As [`UdpSocket::send_to`].
    pub fn start_send_to(&self, buf: impl Into<Buf>, to: SocketAddr, context: C) -> Started<C> {
        let op_code = OpCode::SendTo(crate::PeerAddr::Inet(to).into());
        self.start(op_code, context, Subject::SendTo(buf.into()))
    }
}

/// See [`Stream::start_send`]. A read is done at once if the page cache has it all; on Windows none is.
impl<C: Send + 'static> File<C> {
    /// As [`File::read_at`].
    #[inline]
    pub fn start_read_at(&self, buf: impl Into<Buf>, offset: u64, context: C) -> Started<C> {
        self.start(OpCode::ReadAt(offset), context, Subject::Read(buf.into()))
    }

    /// As [`File::read_vectored_at`].
    pub fn start_read_vectored_at(&self, bufs: Vec<Buf>, offset: u64, context: C) -> Started<C> {
        self.start(OpCode::ReadAt(offset), context, Subject::ReadVectored(bufs))
    }
}
