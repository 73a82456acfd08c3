//! UDP.

use super::connection::inet;
use super::lookup::lookup_host;
use crate::operation::{Kept, Look, Slot};
use crate::packet::{Packet, Starter};
use crate::runtime::Handle;
use crate::sync::Key;
use longshore::{Buf, Datagram, Event};
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::task::{Context, Poll};

/// The largest datagram that is received whole.
const DATAGRAM_BYTES: usize = 64 * 1024;

/// A UDP socket.
///
/// The receive under way belongs to the socket: a future that is dropped loses no datagram.
pub struct UdpSocket {
    socket: Arc<Datagrams>,
}

/// The socket with the receive that futures wait for.
struct Datagrams {
    socket: longshore::UdpSocket<Packet>,
    receiving: Slot<Received>,
}

/// The datagram that nobody has taken yet.
#[derive(Default)]
struct Received(Option<(Buf, io::Result<Datagram>)>);

impl Kept for Received {
    fn keep(&mut self, event: Event<Packet>) {
        match event {
            Event::RecvFrom { buf, result, .. } => self.0 = Some((buf, result)),
            event => unreachable!("{event:?} is no receive's"),
        }
    }
}

impl Starter for Datagrams {
    fn ended(self: Arc<Self>, event: Event<Packet>) {
        self.receiving.ended(event);
    }

    fn lost(&self) {
        self.receiving.lost();
    }
}

impl Datagrams {
    fn poll_received(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(Buf, io::Result<Datagram>)>> {
        let take = |received: &mut Received, _| received.0.take().map_or(Look::Start, Look::Take);
        let start = || {
            let buf = Buf::from(Vec::with_capacity(DATAGRAM_BYTES));
            self.socket.start_recv_from(buf, Packet::operation(self.clone()))
        };
        self.receiving.poll(key, context, take, start)
    }
}

impl UdpSocket {
    /// A socket with the first of the addresses that can be bound.
    ///
    /// # Errors
    /// What the system says, such as `AddrInUse`; outside of a runtime.
    pub async fn bind(addresses: impl ToSocketAddrs) -> io::Result<UdpSocket> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let socket = longshore::blocking(|| longshore::UdpSocket::bind(runtime.port(), 0, addresses))?;
        Ok(UdpSocket::new(socket))
    }

    /// Takes over a socket.
    ///
    /// # Errors
    /// What the system says when the socket is given to the port; outside of a runtime.
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        let runtime = Handle::current_or_error()?.shared().clone();
        let socket = longshore::UdpSocket::attach(runtime.port(), 0, socket)?;
        Ok(UdpSocket::new(socket))
    }

    fn new(socket: longshore::UdpSocket<Packet>) -> UdpSocket {
        UdpSocket { socket: Arc::new(Datagrams { socket, receiving: Slot::new(Received::default()) }) }
    }

    /// Receives a datagram in a buffer of its own, and who sent it.
    ///
    /// Cancel-safe: a datagram that comes after this future was dropped is the next one's.
    ///
    /// # Errors
    /// What the system says.
    pub async fn recv_from_owned(&self) -> io::Result<(Buf, SocketAddr)> {
        let received = self.socket.receiving.wait(|key, context| self.socket.poll_received(key, context));
        let (buf, result) = received.await?;
        result.map(|datagram| (buf, datagram.from))
    }

    /// Receives a datagram into the caller's memory; what does not fit there is lost. Cancel-safe.
    ///
    /// # Errors
    /// What the system says.
    pub async fn recv_from(&self, room: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (buf, from) = self.recv_from_owned().await?;
        let count = buf.len().min(room.len());
        room[..count].copy_from_slice(&buf[..count]);
        Ok((count, from))
    }

    /// Sends a datagram to the first of the addresses; how many bytes.
    ///
    /// # Errors
    /// What the system says.
    pub async fn send_to(&self, bytes: &[u8], to: impl ToSocketAddrs) -> io::Result<usize> {
        let to = lookup_host(to).await?.next();
        let to =
            to.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the name has no addresses"))?;
        let buf = Buf::from(bytes.to_vec());
        let event = crate::operation::started(
            |packet| self.socket.socket.start_send_to(buf, to, packet),
            |id| {
                self.socket.socket.cancel(id);
            },
        );
        match event.await? {
            Event::SendTo { result, .. } => result,
            event => unreachable!("{event:?} is no send's"),
        }
    }

    /// The socket's address.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        inet(self.socket.socket.local_addr()?)
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        if let Some(id) = self.socket.receiving.under_way() {
            self.socket.socket.cancel(id);
        }
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpSocket").field("socket", &self.socket.socket).finish()
    }
}
