//! Error numbers of the operating system.

use std::fmt;
use std::io;

/// An error number of the operating system.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

impl Errno {
    /// The operation was cancelled before it finished (K1).
    pub const CANCELLED: Errno = Errno(libc::ECANCELED);

    /// An argument makes no sense.
    pub const INVALID: Errno = Errno(libc::EINVAL);

    /// The error the calling thread's last system call left behind.
    pub fn last() -> Errno {
        // SAFETY: the place is the calling thread's, valid as long as the thread.
        Errno(unsafe { *libc::__errno_location() })
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from(*self).fmt(f)
    }
}

impl From<Errno> for io::Error {
    fn from(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno.0)
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        Errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(errno: rustix::io::Errno) -> Errno {
        Errno(errno.raw_os_error())
    }
}
