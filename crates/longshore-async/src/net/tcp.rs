//! TCP.

use super::connection::inet;
use super::lookup::lookup_host;
use super::{Acceptor, OwnedReadHalf, OwnedWriteHalf, Use};
use crate::operation::{self, Begun};
use crate::runtime::Handle;
use longshore::{Buf, Event, Listener, Stream};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
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
/// let client = longshore_async::spawn(async move { TcpStream::connect(address).await?.write_all(b"hello").await });
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
    /// Cancel-safe: a connection that comes after this future was dropped is the next one's. Several tasks may wait; each
    /// connection goes to one of them.
    ///
    /// # Errors
    /// What the system says. Out of descriptors it waits until there are some again; the connection stays in the queue.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|context| self.poll_accept(context)).await
    }

    /// As [`TcpListener::accept`], for futures written by hand.
    pub fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = std::task::ready!(self.acceptor.poll_accept(context));
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
/// Two families of calls are on it. With *owned* buffers ([`recv`](TcpStream::recv), [`send`](TcpStream::send)) nothing is
/// copied. With *borrowed* ones ([`read`](TcpStream::read), [`write`](TcpStream::write) and the traits of `futures-io`,
/// tokio and hyper, each behind its feature) bytes go through a buffer of the runtime's pool.
///
/// Dropping it sends what was accepted and then the end of the stream.
pub struct TcpStream {
    pub(super) connection: Use,
}

impl TcpStream {
    /// Connects to the first of the addresses that answers.
    ///
    /// Names are resolved in place (see [`lookup_host`](super::lookup_host)). Cancel-safe: dropped while it waits, it gives
    /// the attempt up.
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
            Ok(Begun::Pending(move || stream.close()))
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

    /// Receives what is there, at least one byte, in a buffer of the runtime's pool; an empty one is the end of the stream.
    /// While it waits, the connection holds no buffer.
    ///
    /// Cancel-safe: what comes after this future was dropped is the next one's.
    ///
    /// # Errors
    /// What the system says, such as `ConnectionReset`; it lasts for every later receive.
    pub async fn recv(&self) -> io::Result<Buf> {
        poll_fn(|context| self.connection.poll_recv(context)).await
    }

    /// Sends all of a buffer.
    ///
    /// Dropped while it waits, it has sent none of the buffer, or goes on to send all of it in the background.
    ///
    /// # Errors
    /// What the system says, such as `BrokenPipe`; the peer may have got a part.
    pub async fn send(&self, buf: impl Into<Buf>) -> io::Result<()> {
        let mut buf = Some(buf.into());
        poll_fn(|context| self.connection.poll_start_send(context, &mut buf)).await?;
        self.flush().await
    }

    /// Receives what is there into the caller's memory. `Ok(0)` is the end of the stream, or no room.
    ///
    /// Cancel-safe: a future that was dropped has taken nothing.
    ///
    /// # Errors
    /// As [`TcpStream::recv`].
    pub async fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        poll_fn(|context| self.connection.poll_read(context, room)).await
    }

    /// Fills the caller's memory.
    ///
    /// Not cancel-safe: a future that was dropped may have taken a part.
    ///
    /// # Errors
    /// `UnexpectedEof` if the stream ends before; as [`TcpStream::recv`].
    pub async fn read_exact(&self, room: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < room.len() {
            match self.read(&mut room[filled..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        Ok(())
    }

    /// Shows what is there and leaves it to the next receive.
    ///
    /// # Errors
    /// As [`TcpStream::recv`].
    pub async fn peek(&self, room: &mut [u8]) -> io::Result<usize> {
        poll_fn(|context| self.connection.poll_peek(context, room)).await
    }

    /// Waits until a receive would find something: data, the end or an error.
    ///
    /// # Errors
    /// None that a receive would not report as well.
    pub async fn readable(&self) -> io::Result<()> {
        poll_fn(|context| self.connection.poll_readable(context)).await
    }

    /// Accepts bytes to be sent, at least one, at most a buffer of the pool; how many. It waits while the kernel does not
    /// take what was accepted before.
    ///
    /// Cancel-safe: a future that was dropped has accepted nothing.
    ///
    /// # Errors
    /// What the system says to these bytes or to those that were accepted before.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        poll_fn(|context| self.connection.poll_write(context, bytes)).await
    }

    /// Accepts all of the bytes.
    ///
    /// Not cancel-safe: a future that was dropped may have accepted a part.
    ///
    /// # Errors
    /// As [`TcpStream::write`].
    pub async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut accepted = 0;
        while accepted < bytes.len() {
            accepted += self.write(&bytes[accepted..]).await?;
        }
        Ok(())
    }

    /// Waits until all that was accepted has been handed to the kernel.
    ///
    /// # Errors
    /// What the system said to it.
    pub async fn flush(&self) -> io::Result<()> {
        poll_fn(|context| self.connection.poll_flush(context)).await
    }

    /// Finishes the writing side: the peer sees the end of the stream behind what was accepted.
    ///
    /// # Errors
    /// What the system says, to what was accepted before as well.
    pub async fn finish(&self) -> io::Result<()> {
        poll_fn(|context| self.connection.poll_finish(context)).await
    }

    /// Finishes one or both directions at once. To finish the writing side behind what was accepted, use
    /// [`TcpStream::finish`].
    ///
    /// # Errors
    /// `NotConnected`.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.connection.stream().shutdown(how)
    }

    /// Two halves for two tasks. The connection ends with the last of them; dropping the writing half finishes the writing
    /// side.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        OwnedReadHalf::pair(self.connection)
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

#[allow(dead_code, reason = "only the traits behind features call them")]
impl TcpStream {
    pub(crate) fn poll_read_into(
        &self,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.poll_read(context, room)
    }

    pub(crate) fn poll_write_from(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.connection.poll_write(context, bytes)
    }

    pub(crate) fn poll_flush_all(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.poll_flush(context)
    }

    pub(crate) fn poll_finish(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.poll_finish(context)
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpStream").field("stream", self.connection.stream()).finish()
    }
}
