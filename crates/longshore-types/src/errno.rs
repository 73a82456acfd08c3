//! Error numbers of the operating system.

use std::fmt;
use std::io;

/// An error number of the operating system: of errno(3), on Windows Win32's for files and Winsock's for sockets.
/// The standard library takes all of them, so the [`io::Error`] made of one has the right kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

#[cfg(unix)]
impl Errno {
    /// The operation was cancelled before it finished (K1): `ECANCELED`, on Windows `ERROR_OPERATION_ABORTED`.
    pub const CANCELLED: Errno = Errno(rustix::io::Errno::CANCELED.raw_os_error());

    /// An argument makes no sense: `EINVAL`, on Windows `WSAEINVAL`.
    pub const INVALID: Errno = Errno(rustix::io::Errno::INVAL.raw_os_error());

    /// What an error becomes that has no number: `EIO`, on Windows `ERROR_GEN_FAILURE`.
    const UNKNOWN: Errno = Errno(rustix::io::Errno::IO.raw_os_error());
}

#[cfg(windows)]
impl Errno {
    /// The operation was cancelled before it finished (K1): `ERROR_OPERATION_ABORTED`, on Linux `ECANCELED`.
    pub const CANCELLED: Errno = Errno(windows_sys::Win32::Foundation::ERROR_OPERATION_ABORTED as i32);

    /// An argument makes no sense: `WSAEINVAL`, on Linux `EINVAL`.
    pub const INVALID: Errno = Errno(windows_sys::Win32::Networking::WinSock::WSAEINVAL);

    /// What an error becomes that has no number: `ERROR_GEN_FAILURE`, on Linux `EIO`.
    const UNKNOWN: Errno = Errno(windows_sys::Win32::Foundation::ERROR_GEN_FAILURE as i32);
}

impl Errno {
    /// The error the calling thread's last system call left behind, Winsock's included.
    #[inline]
    pub fn last() -> Errno {
        Errno::from(io::Error::last_os_error())
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from(*self).fmt(f)
    }
}

impl From<Errno> for io::Error {
    #[inline]
    fn from(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno.0)
    }
}

impl From<io::Error> for Errno {
    #[inline]
    fn from(error: io::Error) -> Errno {
        error.raw_os_error().map_or(Errno::UNKNOWN, Errno)
    }
}

#[cfg(unix)]
impl From<rustix::io::Errno> for Errno {
    #[inline]
    fn from(errno: rustix::io::Errno) -> Errno {
        Errno(errno.raw_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn numbers_survive_the_standard_librarys_error() {
        assert_eq!(Errno::from(io::Error::from(Errno::CANCELLED)), Errno::CANCELLED);
        assert_eq!(io::Error::from(Errno::INVALID).kind(), ErrorKind::InvalidInput);
        assert_eq!(Errno::from(io::Error::other("without a number")), Errno::UNKNOWN);
        assert_ne!(Errno::CANCELLED, Errno::UNKNOWN);
    }

    #[test]
    fn the_last_error_is_the_calling_threads() {
        std::fs::metadata("/there/is/no/such/file").unwrap_err();
        assert_eq!(io::Error::from(Errno::last()).kind(), ErrorKind::NotFound);
    }
}
