//! Socket addresses, between the standard library's shape and Winsock's.

use longshore_types::{Errno, SocketAddress};
use socket2::{SockAddr, SockAddrStorage};
use std::io;
use windows_sys::Win32::Networking::WinSock::{SOCKADDR, WSAEAFNOSUPPORT};

/// Winsock's form of an address.
///
/// # Errors
/// `WSAEAFNOSUPPORT` for a Unix socket's.
pub(super) fn encode(address: &SocketAddress) -> Result<SockAddr, Errno> {
    match address {
        SocketAddress::Inet(address) => Ok(SockAddr::from(*address)),
        SocketAddress::Unix(_) => Err(Errno(WSAEAFNOSUPPORT)),
    }
}

/// As a call takes it.
pub(super) fn as_ptr(address: &SockAddr) -> *const SOCKADDR {
    address.as_ptr().cast()
}

/// Room for the address the system writes when an operation ends.
pub(super) struct AddressRoom {
    storage: SockAddrStorage,
    length: i32,
}

impl AddressRoom {
    pub(super) fn new() -> Self {
        let storage = SockAddrStorage::zeroed();
        AddressRoom { length: storage.size_of(), storage }
    }

    /// For calls that write both, at the latest when they end.
    pub(super) fn as_raw_parts(&mut self) -> (*mut SOCKADDR, *mut i32) {
        ((&raw mut self.storage).cast(), &raw mut self.length)
    }

    /// The address the system wrote; `None` for none or another family.
    pub(super) fn decode(&self) -> Option<SocketAddress> {
        decode((&raw const self.storage).cast(), self.length)
    }
}

/// Copies an address out of memory of the system's making.
pub(super) fn decode(from: *const SOCKADDR, length: i32) -> Option<SocketAddress> {
    let mut storage = SockAddrStorage::zeroed();
    if from.is_null() || length <= 0 || length > storage.size_of() {
        return None;
    }
    // SAFETY: the system says that `length` bytes are there, and the storage is at least as large.
    unsafe {
        std::ptr::copy_nonoverlapping(from.cast::<u8>(), (&raw mut storage).cast::<u8>(), length as usize);
    }
    // SAFETY: the storage holds an address of this length.
    let address = unsafe { SockAddr::new(storage, length) };
    address.as_socket().map(SocketAddress::Inet)
}

/// Whether there are Unix sockets.
///
/// # Errors
/// Always: AcceptEx and ConnectEx do not know them.
pub fn unix_sockets() -> io::Result<()> {
    let message = "Unix sockets cannot be used with a completion port on Windows: use TCP on 127.0.0.1";
    Err(io::Error::new(io::ErrorKind::Unsupported, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_winsocks_shape() {
        for text in ["127.0.0.1:80", "[fe80::1%3]:65535"] {
            let address = SocketAddress::Inet(text.parse().unwrap());
            let system = encode(&address).unwrap();
            assert_eq!(decode(as_ptr(&system), system.len()), Some(address));
        }
        assert_eq!(encode(&SocketAddress::Unix(None)).err(), Some(Errno(WSAEAFNOSUPPORT)));
        assert_eq!(decode(std::ptr::null(), 16), None);
    }
}
