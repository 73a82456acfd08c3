//! Socket addresses, between the standard library's shape and the kernel's. The C face has the kernel's from
//! here too, and adds Windows' ([`RawAddress`]).

use super::{Errno, SocketAddress};
use rustix::net::SocketAddrAny;
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque};
use std::ffi::OsStr;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The kernel's shape of an address.
#[derive(Clone, Copy)]
pub struct RawAddress {
    storage: libc::sockaddr_storage,
    length: libc::socklen_t,
}

impl RawAddress {
    /// Room for whatever the kernel writes.
    pub fn room() -> Self {
        // SAFETY: all-zero is a valid sockaddr_storage (family AF_UNSPEC).
        let storage: libc::sockaddr_storage = unsafe { mem::zeroed() };
        RawAddress { storage, length: size_of::<libc::sockaddr_storage>() as libc::socklen_t }
    }

    /// The first bytes of a sockaddr, in the kernel's form; what exceeds a sockaddr_storage is left out.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut raw = RawAddress::room();
        let length = bytes.len().min(size_of::<libc::sockaddr_storage>());
        // SAFETY: there is room for so many bytes, and each may have any value.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut raw.storage).cast::<u8>(), length);
        }
        raw.length = length as libc::socklen_t;
        raw
    }

    /// All bytes there is room for; those after [`RawAddress::length`] mean nothing.
    pub fn bytes(&self) -> &[u8; size_of::<libc::sockaddr_storage>()] {
        // SAFETY: a sockaddr_storage is plain bytes, all of them initialised.
        unsafe { &*(&raw const self.storage).cast() }
    }

    /// For a call that reads it.
    pub fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    /// For a call that fills it in.
    pub fn as_mut_parts(&mut self) -> (*mut libc::sockaddr, &mut libc::socklen_t) {
        ((&raw mut self.storage).cast(), &mut self.length)
    }

    /// Its length in bytes.
    pub fn length(&self) -> libc::socklen_t {
        self.length
    }

    /// The number of the family.
    pub fn family(&self) -> libc::c_int {
        self.storage.ss_family.into()
    }

    /// The kernel's form of an address.
    ///
    /// # Errors
    /// For a path, `EINVAL` if it contains a zero and `ENAMETOOLONG` from 108 bytes on.
    pub fn new(address: &SocketAddress) -> Result<Self, Errno> {
        let mut raw = RawAddress::room();
        match address {
            SocketAddress::Inet(SocketAddr::V4(v4)) => {
                let sockaddr = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: v4.port().to_be(),
                    sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(v4.ip().octets()) },
                    sin_zero: [0; 8],
                };
                raw.write(sockaddr);
            }
            SocketAddress::Inet(SocketAddr::V6(v6)) => {
                let sockaddr = libc::sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as libc::sa_family_t,
                    sin6_port: v6.port().to_be(),
                    sin6_flowinfo: v6.flowinfo(),
                    sin6_addr: libc::in6_addr { s6_addr: v6.ip().octets() },
                    sin6_scope_id: v6.scope_id(),
                };
                raw.write(sockaddr);
            }
            SocketAddress::Unix(path) => {
                let path = path.as_deref().unwrap_or(Path::new("")).as_os_str().as_bytes();
                let mut sockaddr =
                    libc::sockaddr_un { sun_family: libc::AF_UNIX as libc::sa_family_t, sun_path: [0; 108] };
                if path.contains(&0) {
                    return Err(Errno::INVALID); // Would name another socket: a shorter or an abstract one.
                }
                if path.len() >= sockaddr.sun_path.len() {
                    return Err(Errno(libc::ENAMETOOLONG));
                }
                for (to, from) in sockaddr.sun_path.iter_mut().zip(path) {
                    *to = *from as libc::c_char;
                }
                raw.write(sockaddr);
                let header = mem::offset_of!(libc::sockaddr_un, sun_path);
                let terminator = usize::from(!path.is_empty());
                raw.length = (header + path.len() + terminator) as libc::socklen_t;
            }
        }
        Ok(raw)
    }

    fn write<T>(&mut self, sockaddr: T) {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        // SAFETY: `T` is one of the sockaddr types; sockaddr_storage is at least as large (asserted above)
        // and as strictly aligned as any of them.
        unsafe { (&raw mut self.storage).cast::<T>().write(sockaddr) };
        self.length = size_of::<T>() as libc::socklen_t;
    }

    /// The address the kernel wrote, or `None` for none or another family.
    pub fn decode(&self) -> Option<SocketAddress> {
        let length = self.length as usize;
        match libc::c_int::from(self.storage.ss_family) {
            libc::AF_INET if length >= size_of::<libc::sockaddr_in>() => {
                // SAFETY: the family says which type the storage holds, the length that it is whole.
                let v4 = unsafe { (&raw const self.storage).cast::<libc::sockaddr_in>().read() };
                let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
                let v4 = SocketAddrV4::new(ip, u16::from_be(v4.sin_port));
                Some(SocketAddress::Inet(v4.into()))
            }
            libc::AF_INET6 if length >= size_of::<libc::sockaddr_in6>() => {
                // SAFETY: as above.
                let v6 = unsafe { (&raw const self.storage).cast::<libc::sockaddr_in6>().read() };
                let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                let port = u16::from_be(v6.sin6_port);
                let v6 = SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id);
                Some(SocketAddress::Inet(v6.into()))
            }
            libc::AF_UNIX => {
                // SAFETY: as above; an unnamed address is shorter, and the rest of the storage is zero.
                let un = unsafe { (&raw const self.storage).cast::<libc::sockaddr_un>().read() };
                let header = mem::offset_of!(libc::sockaddr_un, sun_path);
                let named = length.saturating_sub(header).min(un.sun_path.len());
                let bytes: Vec<u8> = un.sun_path[..named].iter().map(|&byte| byte as u8).collect();
                let path = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
                let path = (!path.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(path)));
                Some(SocketAddress::Unix(path))
            }
            _ => None,
        }
    }
}

// SAFETY: the storage is initialised. The length is this module's or the kernel's.
unsafe impl SocketAddrArg for RawAddress {
    unsafe fn with_sockaddr<R>(&self, f: impl FnOnce(*const SocketAddrOpaque, SocketAddrLen) -> R) -> R {
        f(self.as_ptr().cast(), self.length)
    }
}

impl From<SocketAddrAny> for RawAddress {
    fn from(address: SocketAddrAny) -> Self {
        // SAFETY: so many bytes are initialised there.
        let bytes =
            unsafe { std::slice::from_raw_parts(address.as_ptr().cast::<u8>(), address.addr_len() as usize) };
        RawAddress::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_kernels_shape() {
        for address in [
            SocketAddress::Inet("127.0.0.1:80".parse().unwrap()),
            SocketAddress::Inet("[fe80::1%3]:65535".parse().unwrap()),
            SocketAddress::Unix(Some("/tmp/a socket".into())),
            SocketAddress::Unix(None),
        ] {
            assert_eq!(RawAddress::new(&address).unwrap().decode(), Some(address));
        }
    }

    #[test]
    fn a_path_too_long_for_the_kernel_is_an_error() {
        let path = "x".repeat(108);
        let error = RawAddress::new(&SocketAddress::Unix(Some(path.into()))).err();
        assert_eq!(error, Some(Errno(libc::ENAMETOOLONG)));
        assert_eq!(RawAddress::room().decode(), None);
    }
}
