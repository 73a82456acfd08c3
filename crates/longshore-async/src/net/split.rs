//! The two directions of a connection, for two tasks.

use super::{TcpStream, Use};
use crate::sync::Key;
use longshore::Buf;
use std::fmt;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The receiving half of a [`TcpStream`](super::TcpStream) or a Unix stream.
pub struct OwnedReadHalf {
    pub(super) connection: Use,
}

/// The sending half of a [`TcpStream`](super::TcpStream) or a Unix stream. Dropping it finishes the writing
/// side, behind what was accepted.
pub struct OwnedWriteHalf {
    /// `None` once it was reunited.
    connection: Option<Use>,
}

impl OwnedReadHalf {
    pub(super) fn pair(connection: Use) -> (OwnedReadHalf, OwnedWriteHalf) {
        (OwnedReadHalf { connection: connection.clone() }, OwnedWriteHalf { connection: Some(connection) })
    }

    /// As [`TcpStream::recv`].
    ///
    /// # Errors
    /// As there.
    pub async fn recv(&self) -> io::Result<Buf> {
        self.connection.receive(|key, context| self.connection.poll_recv(key, context)).await
    }

    /// As [`TcpStream::read`].
    ///
    /// # Errors
    /// As there.
    pub async fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        self.connection.receive(|key, context| self.connection.poll_read(key, context, room)).await
    }

    #[allow(dead_code, reason = "only the traits behind features call it")]
    pub(crate) fn poll_read_with(
        &self,
        context: &mut Context<'_>,
        limit: usize,
        see: impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        self.connection.poll_read_with(&mut Key::by_hand(), context, limit, see)
    }

    #[allow(dead_code, reason = "only the traits behind features call it")]
    pub(crate) fn poll_read_into(
        &self,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.poll_read(&mut Key::by_hand(), context, room)
    }

    /// Puts a TCP stream together again; the halves back if they are not of the same connection.
    ///
    /// # Errors
    /// The two halves.
    pub fn reunite(self, mut other: OwnedWriteHalf) -> Result<TcpStream, (OwnedReadHalf, OwnedWriteHalf)> {
        match &other.connection {
            Some(connection) if Arc::ptr_eq(connection, &self.connection) => {
                other.connection = None;
                Ok(TcpStream { connection: self.connection })
            }
            _ => Err((self, other)),
        }
    }
}

impl OwnedWriteHalf {
    pub(super) fn connection(&self) -> &Use {
        self.connection.as_ref().expect("only reuniting takes it")
    }

    /// As [`TcpStream::send`].
    ///
    /// # Errors
    /// As there.
    pub async fn send(&self, buf: impl Into<Buf>) -> io::Result<()> {
        self.connection().send(buf.into()).await
    }

    /// As [`TcpStream::write`].
    ///
    /// # Errors
    /// As there.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.connection().transmit(|key, context| self.connection().poll_write(key, context, bytes)).await
    }

    /// As [`TcpStream::write_all`].
    ///
    /// # Errors
    /// As there.
    pub async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        self.connection().write_all(bytes).await
    }

    /// As [`TcpStream::flush`].
    ///
    /// # Errors
    /// As there.
    pub async fn flush(&self) -> io::Result<()> {
        self.connection().transmit(|key, context| self.connection().poll_flush(key, context)).await
    }

    /// As [`TcpStream::finish`].
    ///
    /// # Errors
    /// As there.
    pub async fn finish(&self) -> io::Result<()> {
        self.connection().transmit(|key, context| self.connection().poll_finish(key, context)).await
    }
}

#[allow(dead_code, reason = "only the traits behind features call them")]
impl OwnedWriteHalf {
    pub(crate) fn poll_write_from(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.connection().poll_write(&mut Key::by_hand(), context, bytes)
    }

    pub(crate) fn poll_flush_all(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection().poll_flush(&mut Key::by_hand(), context)
    }

    pub(crate) fn poll_finish(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection().poll_finish(&mut Key::by_hand(), context)
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            // The engine has it follow the sends under way. A connection that is gone has nothing to finish.
            let _ = connection.stream().shutdown(Shutdown::Write);
        }
    }
}

impl fmt::Debug for OwnedReadHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedReadHalf").field("stream", self.connection.stream()).finish()
    }
}

impl fmt::Debug for OwnedWriteHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedWriteHalf").field("stream", self.connection().stream()).finish()
    }
}
