//! Sockets.
//!
//! Every operation here can be dropped while it waits: see the methods for what that means.

mod acceptor;
mod connection;
mod lookup;
mod tcp;
mod tcp_split;

pub use lookup::lookup_host;
pub use tcp::{TcpListener, TcpStream};
pub use tcp_split::{OwnedReadHalf, OwnedWriteHalf};

pub(crate) use acceptor::Acceptor;
pub(crate) use connection::{Connection, Use};
