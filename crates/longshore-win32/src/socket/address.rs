//! Socket addresses: Windows' structures have Linux's layout, but another number for IPv6.

use crate::abi::argument::{InBuffer, InOut, OutBuffer};
use crate::path::windows_path::{self, Target};
use crate::socket::wsa::WsaError;
use longshore_engine::{Errno, SocketAddress};
use rustix::net::SocketAddrAny;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::{Deref, DerefMut};
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, WSAEAFNOSUPPORT, WSAEFAULT, WSAEINVAL,
};

/// `AF_` of Windows to `AF_` of Linux.
///
/// # Errors
/// `WSAEAFNOSUPPORT` for families that are not supported.
pub(crate) fn family_to_linux(family: i32) -> Result<i32, WsaError> {
    match u16::try_from(family) {
        // Windows takes this for IPv4.
        Ok(AF_UNSPEC | AF_INET) => Ok(libc::AF_INET),
        Ok(AF_INET6) => Ok(libc::AF_INET6),
        Ok(AF_UNIX) => Ok(libc::AF_UNIX),
        _ => Err(WsaError(WSAEAFNOSUPPORT)),
    }
}

/// `AF_` of Linux to `AF_` of Windows.
pub(crate) fn family_to_windows(family: i32) -> u16 {
    match family {
        libc::AF_INET => AF_INET,
        libc::AF_INET6 => AF_INET6,
        libc::AF_UNIX => AF_UNIX,
        _ => AF_UNSPEC,
    }
}

const FAULT: WsaError = WsaError(WSAEFAULT);

/// An address in Linux's form, the engine's, which knows Windows' form too.
#[derive(Clone, Copy)]
pub struct RawAddress(longshore_engine::RawAddress);

impl Deref for RawAddress {
    type Target = longshore_engine::RawAddress;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for RawAddress {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl From<SocketAddrAny> for RawAddress {
    fn from(address: SocketAddrAny) -> Self {
        RawAddress(address.into())
    }
}

impl RawAddress {
    /// The size of an address of a family, by Linux's number.
    pub(crate) fn size_of_family(family: i32) -> usize {
        match family {
            libc::AF_INET => size_of::<libc::sockaddr_in>(),
            libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
            _ => size_of::<libc::sockaddr_un>(),
        }
    }

    /// Room for any address.
    pub fn room() -> Self {
        RawAddress(longshore_engine::RawAddress::room())
    }

    /// What a socket has that the kernel tells no address of.
    pub(crate) fn none() -> Self {
        RawAddress(longshore_engine::RawAddress::from_bytes(&[]))
    }

    /// The address a program passed, `length` bytes of it.
    ///
    /// # Errors
    /// `WSAEFAULT` for NULL, or a length that is too short for the family; `WSAEAFNOSUPPORT`.
    ///
    pub(crate) fn from_program(address: InBuffer<libc::sockaddr>, length: i32) -> Result<Self, WsaError> {
        let length = usize::try_from(length).unwrap_or(0);
        let mut bytes = [0; size_of::<libc::sockaddr_storage>()];
        let copied = length.min(bytes.len());
        address.read(&mut bytes[..copied])?;
        RawAddress::from_windows(&bytes[..copied])
    }

    /// An address in Windows' form.
    ///
    /// # Errors
    /// `WSAEFAULT` for a length that is too short for the family; `WSAEAFNOSUPPORT`.
    pub(crate) fn from_windows(bytes: &[u8]) -> Result<Self, WsaError> {
        let copied = bytes.len().min(size_of::<libc::sockaddr_storage>());
        if copied < size_of::<u16>() {
            return Err(FAULT);
        }
        let mut linux = [0; size_of::<libc::sockaddr_storage>()];
        let linux = &mut linux[..copied];
        linux.copy_from_slice(&bytes[..copied]);
        let family = family_to_linux(u16::from_ne_bytes([bytes[0], bytes[1]]).into())?;
        let needed = match family {
            libc::AF_INET => size_of::<libc::sockaddr_in>(),
            libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
            _ => size_of::<u16>(),
        };
        if copied < needed {
            return Err(FAULT);
        }
        linux[..2].copy_from_slice(&(family as libc::sa_family_t).to_ne_bytes());
        if family == libc::AF_UNIX
            && let Some(path) = path_on_linux(&bytes[2..copied.min(size_of::<libc::sockaddr_un>())])?
        {
            let mut raw = (family as libc::sa_family_t).to_ne_bytes().to_vec();
            raw.extend_from_slice(&path);
            return Ok(RawAddress(longshore_engine::RawAddress::from_bytes(&raw)));
        }
        // A program passes the whole structure of a Unix address; Linux counts the path alone.
        let length = match family {
            libc::AF_UNIX => {
                let path = &linux[2..copied.min(size_of::<libc::sockaddr_un>())];
                let named = path.iter().position(|&byte| byte == 0);
                2 + match named {
                    Some(0) => path.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1),
                    Some(end) => end,
                    None => path.len(),
                }
            }
            _ => needed,
        };
        Ok(RawAddress(longshore_engine::RawAddress::from_bytes(&linux[..length])))
    }

    /// The address in Windows' form: as many bytes as Windows gives.
    pub fn to_windows(&self) -> Vec<u8> {
        let length = match self.family() {
            libc::AF_INET => size_of::<libc::sockaddr_in>(),
            libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
            libc::AF_UNIX => size_of::<libc::sockaddr_un>(),
            _ => self.length() as usize,
        };
        let mut bytes = self.bytes()[..length.min(size_of::<libc::sockaddr_storage>())].to_vec();
        if bytes.len() >= 2 {
            bytes[..2].copy_from_slice(&family_to_windows(self.family()).to_ne_bytes());
        }
        bytes
    }

    /// The address of an internet family.
    pub(crate) fn to_inet(self) -> Option<SocketAddr> {
        match self.to_engine() {
            SocketAddress::Inet(address) => Some(address),
            SocketAddress::Unix(_) => None,
        }
    }

    /// Zeros: no address. Connecting a datagram socket to it removes its peer.
    pub(crate) fn is_nobody(self) -> bool {
        self.to_inet().is_some_and(|address| address.ip().is_unspecified() && address.port() == 0)
    }

    /// Writes it to the program's memory: all of it, or nothing.
    ///
    /// # Errors
    /// `WSAEFAULT` if there is too little room, or no place for the length.
    ///
    pub(crate) fn to_program(
        self,
        address: OutBuffer<libc::sockaddr>,
        length: InOut<i32>,
    ) -> Result<(), WsaError> {
        let bytes = self.to_windows();
        let room = usize::try_from(length.read()?).unwrap_or(0);
        if room < bytes.len() {
            return Err(FAULT);
        }
        address.write(&bytes)?;
        Ok(length.write(bytes.len() as i32)?)
    }

    /// The engine's form of it.
    pub fn to_engine(self) -> SocketAddress {
        // Of another family there is none here: see `from_windows`.
        self.decode().unwrap_or(SocketAddress::Inet((Ipv4Addr::UNSPECIFIED, 0).into()))
    }

    /// From the engine's form.
    ///
    /// # Errors
    /// Those of [`longshore_engine::RawAddress::new`]: a path has a zero in it, or is too long.
    pub fn of_engine(address: &SocketAddress) -> Result<Self, Errno> {
        longshore_engine::RawAddress::new(address).map(RawAddress)
    }

    /// An address of an internet family.
    pub fn of_inet(address: SocketAddr) -> Self {
        // Only a path has no encoding.
        RawAddress::of_engine(&SocketAddress::Inet(address)).unwrap_or_else(|_| RawAddress::room())
    }

    /// The address of a peer, which the kernel gave. A name that fills the structure has no end in it, which
    /// a program would look for: to programs such a peer has no name.
    pub fn of_peer(address: &SocketAddress) -> Self {
        let unnamed = |_| longshore_engine::RawAddress::from_bytes(&(libc::AF_UNIX as u16).to_ne_bytes());
        RawAddress::of_engine(address).unwrap_or_else(|errno| RawAddress(unnamed(errno)))
    }
}

/// The path of a Unix address as Linux has it, if it is spelled as on Windows (`C:\\tmp\\x`).
///
/// # Errors
/// `WSAEINVAL` for what is no path, or does not fit once it is translated.
fn path_on_linux(path: &[u8]) -> Result<Option<Vec<u8>>, WsaError> {
    let path = path.split(|&byte| byte == 0).next().unwrap_or_default();
    let has_drive = matches!(path, [letter, b':', ..] if letter.is_ascii_alphabetic());
    if !has_drive && !path.contains(&b'\\') {
        return Ok(None);
    }
    match windows_path::target(path) {
        Ok(Target::Path(path)) if path.as_os_str().len() < UNIX_PATH_MAX => {
            Ok(Some(path.into_os_string().into_encoded_bytes()))
        }
        _ => Err(WsaError(WSAEINVAL)),
    }
}

/// `sun_path` with the zero at its end.
const UNIX_PATH_MAX: usize = 108;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::argument::Argument;

    #[test]
    fn a_unix_address_has_a_path_of_windows() {
        let translated = |path: &[u8]| {
            let mut program = vec![1, 0];
            program.extend_from_slice(path);
            program.resize(110, 0);
            RawAddress::from_windows(&program).map(|raw| raw.to_engine())
        };
        let unix = |path: &str| Ok(SocketAddress::Unix(Some(path.into())));
        assert_eq!(translated(b"C:\\tmp\\x.sock"), unix("/tmp/x.sock"));
        assert_eq!(translated(b".\\here\\x"), unix("here/x"));
        assert_eq!(translated(b"/tmp/x.sock"), unix("/tmp/x.sock"));
        assert_eq!(translated(b"\\\\server\\x").err(), Some(WsaError(WSAEINVAL)));
    }

    #[test]
    fn ipv6_changes_its_number_at_the_boundary_and_nothing_else() {
        let mut program = [0u8; 28];
        program[..2].copy_from_slice(&23u16.to_ne_bytes());
        program[2..4].copy_from_slice(&8080u16.to_be_bytes());
        program[23] = 1;
        let raw = RawAddress::from_windows(&program).unwrap();
        assert_eq!(raw.family(), libc::AF_INET6);
        assert_eq!(raw.to_engine(), SocketAddress::Inet("[::1]:8080".parse().unwrap()));
        assert_eq!(RawAddress::of_engine(&raw.to_engine()).unwrap().to_windows(), program);
    }

    #[test]
    fn a_path_without_an_encoding_is_an_error_and_a_peer_of_that_name_has_none() {
        let long = SocketAddress::Unix(Some("x".repeat(108).into()));
        assert_eq!(RawAddress::of_engine(&long).err(), Some(Errno(libc::ENAMETOOLONG)));
        let zero = SocketAddress::Unix(Some("a\0b".into()));
        assert_eq!(RawAddress::of_engine(&zero).err(), Some(Errno(libc::EINVAL)));
        assert_eq!(RawAddress::of_peer(&long).to_engine(), SocketAddress::Unix(None));
    }

    #[test]
    fn too_little_room_is_a_fault_and_writes_nothing() {
        let raw = RawAddress::of_inet("127.0.0.1:80".parse().unwrap());
        let (mut room, mut length) = ([0xCCu8; 16], 15);
        // SAFETY: 15 writable bytes are claimed, 16 exist.
        let (address, place) =
            unsafe { (OutBuffer::from_c(room.as_mut_ptr().cast()), InOut::from_c(&raw mut length)) };
        let result = raw.to_program(address, place);
        assert_eq!((result, length, room), (Err(FAULT), 15, [0xCC; 16]));
    }

    #[test]
    fn a_short_or_missing_address_is_a_fault() {
        let address = [2u8, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        for length in [0, 1, 15, -1] {
            // SAFETY: 16 readable bytes.
            let address = unsafe { InBuffer::from_c(address.as_ptr().cast()) };
            let result = RawAddress::from_program(address, length);
            assert_eq!(result.err(), Some(FAULT), "length {length}");
        }
        // SAFETY: NULL is allowed.
        let nothing = unsafe { InBuffer::from_c(std::ptr::null()) };
        assert_eq!(RawAddress::from_program(nothing, 16).err(), Some(FAULT));
    }
}
