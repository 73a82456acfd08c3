//! Sockets.
//!
//! Every operation here can be dropped while it waits: see the methods for what that means.

mod acceptor;
mod connection;
mod lookup;
mod split;
mod stream;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;

pub use lookup::lookup_host;
pub use split::{OwnedReadHalf, OwnedWriteHalf};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixListener, UnixStream};

pub(crate) use connection::Use;
