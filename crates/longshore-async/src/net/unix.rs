//! Unix sockets.

use super::Use;
use super::acceptor::Acceptor;
use super::stream::stream;
use crate::operation::{self, StartResult};
use crate::runtime::Handle;
use crate::sync::Key;
use longshore::{Event, Listener, PeerAddr, Stream};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A Unix socket that listens. (unix(7))
pub struct UnixListener {
    acceptor: Arc<Acceptor>,
}

impl UnixListener {
    /// Listens at a path, which must not exist; it stays when the listener is gone.
    ///
    /// # Errors
    /// What the system says, such as `AddrInUse`; outside of a runtime.
    pub async fn bind(path: impl AsRef<Path>) -> io::Result<UnixListener> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let listener = longshore::blocking(|| Listener::bind_unix(runtime.port(), 0, path))?;
        Ok(UnixListener { acceptor: Acceptor::new(listener, runtime) })
    }

    /// Waits for the next connection; cancel-safe as [`TcpListener::accept`](super::TcpListener::accept).
    ///
    /// # Errors
    /// What the system says.
    pub async fn accept(&self) -> io::Result<(UnixStream, PeerAddr)> {
        self.acceptor.wait(|key, context| self.poll_accepted(key, context)).await
    }

    /// As [`UnixListener::accept`], for futures written by hand; of those, the last to poll is woken.
    pub fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(UnixStream, PeerAddr)>> {
        self.poll_accepted(&mut Key::by_hand(), context)
    }

    fn poll_accepted(
        &self,
        key: &mut Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(UnixStream, PeerAddr)>> {
        self.acceptor.poll_accept(key, context).map_ok(|(connection, peer)| (UnixStream { connection }, peer))
    }
}

impl Drop for UnixListener {
    fn drop(&mut self) {
        // The accept under way keeps the listener; its end is what lets go of it.
        self.acceptor.listener().close();
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnixListener").field("listener", self.acceptor.listener()).finish()
    }
}

/// A connected Unix stream socket, with the calls of [`TcpStream`](super::TcpStream).
pub struct UnixStream {
    pub(super) connection: Use,
}

stream!(UnixStream);

impl UnixStream {
    /// Connects to the listener at a path.
    ///
    /// # Errors
    /// What the system says, such as `NotFound` or `ConnectionRefused`; outside of a runtime.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<UnixStream> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let start = |packet| {
            let stream = Stream::connect_unix(runtime.port(), 0, path, packet)?;
            Ok(StartResult::Pending(move || stream.close()))
        };
        match operation::perform(start).await? {
            Event::Connect { stream, result } => {
                result.map(|()| UnixStream { connection: Use::new(stream, runtime.clone()) })
            }
            event => unreachable!("{event:?} is no connect's"),
        }
    }

    /// Two streams that are connected to each other.
    ///
    /// # Errors
    /// What the system says; outside of a runtime.
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (one, other) = std::os::unix::net::UnixStream::pair()?;
        Ok((UnixStream::from_std(one)?, UnixStream::from_std(other)?))
    }

    /// Takes over a connected socket.
    ///
    /// # Errors
    /// What the system says when the socket is given to the port; outside of a runtime.
    pub fn from_std(stream: std::os::unix::net::UnixStream) -> io::Result<UnixStream> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let stream = Stream::attach(runtime.port(), 0, stream)?;
        Ok(UnixStream { connection: Use::new(stream, runtime) })
    }
}
