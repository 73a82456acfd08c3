//! Socket addresses.

use std::net::SocketAddr;
use std::path::PathBuf;

/// The address of a socket or of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketAddress {
    /// IPv4 or IPv6.
    Inet(SocketAddr),
    /// A Unix socket's path; `None` for an unnamed or abstract one. Never on Windows.
    Unix(Option<PathBuf>),
}
