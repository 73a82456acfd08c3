//! What a descriptor is.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

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
        let fd = descriptor.as_raw_fd();
        // SAFETY: all-zero is a valid `stat`, and it is only read after the call filled it in.
        let mut stat: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: `stat` is a valid place for the result.
        if unsafe { libc::fstat(fd, &mut stat) } != 0 {
            return Err(io::Error::last_os_error());
        }
        match stat.st_mode & libc::S_IFMT {
            libc::S_IFREG | libc::S_IFBLK | libc::S_IFDIR => Ok(Kind::File),
            libc::S_IFSOCK => {
                let stream = option(fd, libc::SO_TYPE)? == libc::SOCK_STREAM;
                // The protocol rather than the family: SCTP streams keep messages apart, so that a short
                // receive says nothing there, and Unix sockets have no protocol.
                let tcp = option(fd, libc::SO_PROTOCOL)? == libc::IPPROTO_TCP;
                let listens = option(fd, libc::SO_ACCEPTCONN)? != 0;
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

fn option(fd: libc::c_int, name: libc::c_int) -> io::Result<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` has room for the `length` bytes asked for.
    let result =
        unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, (&raw mut value).cast(), &mut length) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(value)
}
