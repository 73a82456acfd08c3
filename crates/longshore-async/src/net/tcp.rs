//! TCP.

use super::Use;
use super::acceptor::Acceptor;
use super::connection::inet;
use super::lookup::lookup_host;
use super::stream::stream;
use crate::operation::{self, StartResult};
use crate::runtime::Handle;
use crate::sync::Key;
use longshore::{Event, Listener, Stream};
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A TCP socket that listens.
///
/// ```
/// use longshore_async::net::{TcpListener, TcpStream};
/// # longshore_async::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let address = listener.local_addr()?;
/// let client = longshore_async::spawn(async move {
///     TcpStream::connect(address).await?.write_all(b"hello").await
/// });
/// let (server, _peer) = listener.accept().await?;
/// assert_eq!(&*server.recv().await?, b"hello");
/// client.await?
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpListener {
    acceptor: Arc<Acceptor>,
}

impl TcpListener {
    /// Listens on the first of the addresses that can be bound; port 0 stands for any that is free.
    ///
    /// # Errors
    /// What the system says to the last address, such as `AddrInUse`; outside of a runtime.
    pub async fn bind(addresses: impl ToSocketAddrs) -> io::Result<TcpListener> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let listener = longshore::blocking(|| Listener::bind(runtime.port(), 0, addresses))?;
        Ok(TcpListener { acceptor: Acceptor::new(listener, runtime) })
    }

    /// Takes over a socket that listens.
    ///
    /// # Errors
    /// What the system says when the socket is given to the port; outside of a runtime.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<TcpListener> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let listener = Listener::attach(runtime.port(), 0, listener)?;
        Ok(TcpListener { acceptor: Acceptor::new(listener, runtime) })
    }

    /// Waits for the next connection.
    ///
    /// Cancel-safe: a connection that comes after this future was dropped is the next one's. Several tasks
    /// may wait; each connection goes to one of them.
    ///
    /// # Errors
    /// What the system says. Out of descriptors it waits until there are some again;
    /// the connection stays in the queue.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.acceptor.wait(|key, context| self.poll_accepted(key, context)).await
    }

    /// As [`TcpListener::accept`], for futures written by hand; of those, the last to poll is woken.
    pub fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.poll_accepted(&mut Key::by_hand(), context)
    }

    fn poll_accepted(
        &self,
        key: &mut Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = std::task::ready!(self.acceptor.poll_accept(key, context));
        Poll::Ready(accepted.and_then(|(connection, peer)| Ok((TcpStream { connection }, inet(peer)?))))
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        inet(self.acceptor.listener().local_addr()?)
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        // The accept under way keeps the listener; its end is what lets go of it.
        self.acceptor.listener().close();
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListener").field("listener", self.acceptor.listener()).finish()
    }
}

/// A TCP connection.
///
/// Two families of calls are on it. With *owned* buffers ([`recv`](TcpStream::recv),
/// [`send`](TcpStream::send)) nothing is copied. With *borrowed* ones ([`read`](TcpStream::read),
/// [`write`](TcpStream::write) and the traits of `futures-io`, tokio and hyper, each behind its feature)
/// bytes go through a buffer of the runtime's pool.
///
/// Dropping it sends what was accepted and then the end of the stream.
pub struct TcpStream {
    pub(super) connection: Use,
}

stream!(TcpStream);

impl TcpStream {
    /// Connects to the first of the addresses that answers.
    ///
    /// Names are resolved in place (see [`lookup_host`](super::lookup_host)). Cancel-safe: dropped while it
    /// waits, it gives the attempt up.
    ///
    /// # Errors
    /// What the system says to the last address, such as `ConnectionRefused`; outside of a runtime.
    pub async fn connect(addresses: impl ToSocketAddrs) -> io::Result<TcpStream> {
        let mut failure = None;
        for address in lookup_host(addresses).await? {
            match TcpStream::connect_to(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure
            .unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the name has no addresses")))
    }

    async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let start = |packet| {
            let stream = Stream::connect(runtime.port(), 0, address, packet)?;
            Ok(StartResult::Pending(move || stream.close()))
        };
        match operation::perform(start).await? {
            Event::Connect { stream, result } => {
                result.map(|()| TcpStream { connection: Use::new(stream, runtime) })
            }
            event => unreachable!("{event:?} is no connect's"),
        }
    }

    /// Takes over a connected socket.
    ///
    /// # Errors
    /// What the system says when the socket is given to the port; outside of a runtime.
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let stream = Stream::attach(runtime.port(), 0, stream)?;
        Ok(TcpStream { connection: Use::new(stream, runtime) })
    }

    /// Whether small writes go out at once. (TCP_NODELAY)
    ///
    /// # Errors
    /// What the system says.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.connection.stream().set_nodelay(nodelay)
    }

    /// What closing does with data not yet sent. (SO_LINGER)
    ///
    /// # Errors
    /// What the system says.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.connection.stream().set_linger(linger)
    }

    /// This side's address.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.connection.local_addr()
    }

    /// The peer's address.
    ///
    /// # Errors
    /// What the system says.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.connection.peer_addr()
    }
}
