//! UDP.

use super::connection::inet;
use super::lookup::lookup_host;
use crate::runtime::{Handle, Packet};
use crate::sync::{Mutex, lock};
use crate::waiters::Waiters;
use longshore::{Buf, Datagram, Event, OpId, Started};
use std::fmt;
use std::future::poll_fn;
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
pub(crate) struct Datagrams {
    socket: longshore::UdpSocket<Packet>,
    receiving: Mutex<Receiving>,
}

type Received = (Buf, io::Result<Datagram>);

struct Receiving {
    ready: Option<Received>,
    in_flight: Option<OpId>,
    waiters: Waiters,
}

impl Datagrams {
    /// A receive has ended, on a thread of the pool.
    pub(crate) fn received(&self, buf: Buf, result: io::Result<Datagram>) {
        let mut receiving = lock(&self.receiving);
        receiving.in_flight = None;
        receiving.ready = Some((buf, result));
        let waiters = receiving.waiters.take();
        drop(receiving);
        waiters.wake();
    }

    fn poll_received(self: &Arc<Self>, context: &mut Context<'_>) -> Poll<Received> {
        let mut receiving = lock(&self.receiving);
        if receiving.ready.is_none() && receiving.in_flight.is_none() {
            let buf = Buf::from(Vec::with_capacity(DATAGRAM_BYTES));
            match self.socket.start_recv_from(buf, Packet::ReceiveFrom(self.clone())) {
                Started::Done(done) => {
                    let Event::RecvFrom { buf, result, .. } = done.event else {
                        unreachable!("a receive ends as a receive")
                    };
                    receiving.ready = Some((buf, result));
                }
                Started::Pending(id) => receiving.in_flight = Some(id),
            }
        }
        match receiving.ready.take() {
            Some(received) => Poll::Ready(received),
            None => {
                receiving.waiters.add(context.waker());
                Poll::Pending
            }
        }
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
        let receiving = Receiving { ready: None, in_flight: None, waiters: Waiters::new() };
        UdpSocket { socket: Arc::new(Datagrams { socket, receiving: Mutex::new(receiving) }) }
    }

    /// Receives a datagram in a buffer of its own, and who sent it.
    ///
    /// Cancel-safe: a datagram that comes after this future was dropped is the next one's.
    ///
    /// # Errors
    /// What the system says.
    pub async fn recv_from_owned(&self) -> io::Result<(Buf, SocketAddr)> {
        let (buf, result) = poll_fn(|context| self.socket.poll_received(context)).await;
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
        match event.await {
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
        let in_flight = lock(&self.socket.receiving).in_flight;
        if let Some(id) = in_flight {
            self.socket.socket.cancel(id);
        }
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpSocket").field("socket", &self.socket.socket).finish()
    }
}
