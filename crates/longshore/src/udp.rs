//! Datagram sockets.

use crate::handle::handle;
use crate::request::{Request, Subject, Types};
use crate::sys::{Handle, OpCode, OwnedSocket};
use crate::{Buf, OpId, PeerAddr, Port};
use socket2::SockRef;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

/// A UDP socket attached to a port. Clones are the same socket.
pub struct UdpSocket<C: Send + 'static = ()> {
    handle: Arc<Handle<Types<C>>>,
}

handle!(UdpSocket, socket);

impl<C: Send + 'static> UdpSocket<C> {
    /// Binds a new socket; port 0 lets the system choose.
    ///
    /// # Errors
    /// `AddrInUse`, `AddrNotAvailable`, `PermissionDenied`, a name that does not resolve, a closed port.
    pub fn bind(port: &Port<C>, key: usize, address: impl ToSocketAddrs) -> io::Result<Self> {
        UdpSocket::attach(port, key, std::net::UdpSocket::bind(address)?)
    }

    /// Attaches a socket that exists. It becomes non-blocking, and so do its duplicates.
    ///
    /// # Errors
    /// As for [`Stream::attach`](crate::Stream::attach).
    pub fn attach(port: &Port<C>, key: usize, socket: impl Into<OwnedSocket>) -> io::Result<Self> {
        let handle = port.core().attach(socket.into(), key, None)?;
        Ok(UdpSocket { handle })
    }

    /// Receives one datagram, which replaces the buffer's contents; if it is longer than the buffer's room
    /// the completion says `truncated`, and the rest is lost. (WSARecvFrom, S11)
    pub fn recv_from(&self, buf: impl Into<Buf>, context: C) -> OpId {
        self.issue(OpCode::RecvFrom, context, Subject::RecvFrom(buf.into()))
    }

    /// Sends one datagram. (WSASendTo)
    pub fn send_to(&self, buf: impl Into<Buf>, to: SocketAddr, context: C) -> OpId {
        let op_code = OpCode::SendTo(PeerAddr::Inet(to).into());
        self.issue(op_code, context, Subject::SendTo(buf.into()))
    }

    /// The address the socket is bound to.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<PeerAddr> {
        SockRef::from(self).local_addr().and_then(crate::stream::address)
    }
}
