//! What a descriptor is.

use rustix::fs::FileType;
use rustix::net::{SocketType, ipproto, sockopt};
use std::io;
use std::os::fd::BorrowedFd;

/// What a descriptor is, as far as the calls on it differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A TCP socket that does not listen: a short receive means there is nothing more until the next event.
    Tcp,
    /// Any other stream socket.
    Socket,
    /// A listening socket; `tcp` says whether its connections are [`Kind::Tcp`].
    Listener {
        /// The connections are [`Kind::Tcp`].
        tcp: bool,
    },
    /// A datagram socket.
    Datagram,
    /// A pollable descriptor that is not a socket.
    Pipe,
    /// A regular file, a block device, or whatever else cannot be polled.
    File,
}

impl Kind {
    pub(crate) fn is_socket(self) -> bool {
        matches!(self, Kind::Tcp | Kind::Socket | Kind::Listener { .. } | Kind::Datagram)
    }

    /// A connection, which is made once and fails once.
    pub(crate) fn is_stream(self) -> bool {
        matches!(self, Kind::Tcp | Kind::Socket)
    }

    /// Asks the kernel.
    pub(crate) fn of(descriptor: BorrowedFd<'_>) -> io::Result<Kind> {
        let stat = rustix::fs::fstat(descriptor)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile | FileType::BlockDevice | FileType::Directory => Ok(Kind::File),
            FileType::Socket => {
                let stream = sockopt::socket_type(descriptor)? == SocketType::STREAM;
                // The protocol rather than the family: SCTP streams keep messages apart, so that a short
                // receive says nothing there, and Unix sockets have no protocol.
                let tcp = sockopt::socket_protocol(descriptor)? == Some(ipproto::TCP);
                let listens = sockopt::socket_acceptconn(descriptor)?;
                Ok(match (stream, listens) {
                    (true, true) => Kind::Listener { tcp },
                    (true, false) if tcp => Kind::Tcp,
                    (true, false) => Kind::Socket,
                    (false, _) => Kind::Datagram,
                })
            }
            // Character devices may or may not be pollable; registering them tells.
            _ => Ok(Kind::Pipe),
        }
    }
}
