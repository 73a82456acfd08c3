//! Names to addresses.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// The addresses of a host and port, such as `"localhost:80"`.
///
/// It asks the system's resolver in place, which may take seconds: the task blocks, and
/// the port releases another thread.
///
/// # Errors
/// As [`ToSocketAddrs::to_socket_addrs`].
pub async fn lookup_host(host: impl ToSocketAddrs) -> io::Result<impl Iterator<Item = SocketAddr>> {
    longshore::blocking(|| host.to_socket_addrs())
}
