//! Listening sockets.

use crate::handle::handle;
use crate::request::{Request, Subject, Types};
use crate::sys::{Handle, OpCode, OwnedSocket};
use crate::{OpId, PeerAddr, Port};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use std::io;
use std::net::ToSocketAddrs;
use std::path::Path;
use std::sync::Arc;

/// Connections the system keeps for us until they are accepted; it may clip this (net.core.somaxconn).
const BACKLOG: i32 = 4096;

/// A listening TCP or Unix socket attached to a port.
///
/// Issue as many accepts as you like: each takes one connection, in the order they were issued. An
/// application should keep a few outstanding. Clones are the same listener; the last one dropped closes it,
/// and outstanding accepts hold one. On Windows [`Listener::close`] ends the accepts, but the system goes on
/// listening until that last one is dropped.
pub struct Listener<C: Send + 'static = ()> {
    handle: Arc<Handle<Types<C>>>,
}

handle!(Listener, socket);

impl<C: Send + 'static> Listener<C> {
    /// Listens on a TCP address, on Linux with `SO_REUSEADDR` (on Windows that would let others
    /// take it). Port 0 lets the system choose: see [`Listener::local_addr`]. Of several
    /// addresses the first that works is used.
    ///
    /// # Errors
    /// `AddrInUse`, `AddrNotAvailable`, `PermissionDenied` (a port below 1024), a name that
    /// does not resolve, a closed port.
    pub fn bind(port: &Port<C>, key: usize, address: impl ToSocketAddrs) -> io::Result<Self> {
        let mut last_error = io::Error::new(io::ErrorKind::InvalidInput, "no address to listen on");
        for address in address.to_socket_addrs()? {
            let listen = || {
                let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
                // Elsewhere it means that an address may be taken from whoever has it.
                #[cfg(target_os = "linux")]
                socket.set_reuse_address(true)?;
                socket.bind(&address.into())?;
                socket.listen(BACKLOG)?;
                Ok(socket)
            };
            match listen() {
                Ok(socket) => return Listener::attach(port, key, socket),
                Err(error) => last_error = error,
            }
        }
        Err(last_error)
    }

    /// Listens on a Unix socket at a path that does not exist yet.
    ///
    /// # Errors
    /// `AddrInUse` if the path exists, and the errors of bind(2); on Windows always `Unsupported`.
    pub fn bind_unix(port: &Port<C>, key: usize, path: impl AsRef<Path>) -> io::Result<Self> {
        crate::sys::unix_sockets()?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(path)?)?;
        socket.listen(BACKLOG)?;
        Listener::attach(port, key, socket)
    }

    /// Attaches a listener that exists: a `std::net::TcpListener` or `std::os::unix::net::UnixListener`. It
    /// becomes non-blocking, and so do its duplicates.
    ///
    /// # Errors
    /// As for [`Stream::attach`](crate::Stream::attach).
    pub fn attach(port: &Port<C>, key: usize, listener: impl Into<OwnedSocket>) -> io::Result<Self> {
        let handle = port.core().attach(listener.into(), key, None)?;
        Ok(Listener { handle })
    }

    pub(crate) fn attach_accepted(&self, stream: OwnedSocket) -> io::Result<Arc<Handle<Types<C>>>> {
        self.handle.core().attach_accepted(&self.handle, stream)
    }

    /// Takes the next connection. (AcceptEx) Ends as [`Event::Accept`](crate::Event::Accept); the connection
    /// is attached to this port and carries this key until told otherwise.
    ///
    /// While there are too many open files, or there is no memory, it waits, the connection in the backlog,
    /// and is tried again about every 100 ms (on Linux).
    pub fn accept(&self, context: C) -> OpId {
        self.issue(OpCode::Accept, context, Subject::Accept)
    }

    /// The address listened on.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<PeerAddr> {
        SockRef::from(self).local_addr().and_then(crate::stream::address)
    }
}
