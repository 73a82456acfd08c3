//! The two addresses of a socket.

use crate::abi::argument::{InOut, OutBuffer};
use crate::socket::address::RawAddress;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SocketArg, WsaError};
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::os::fd::{AsRawFd, OwnedFd};
use windows_sys::Win32::Networking::WinSock::{WSAEINVAL, WSAENOTCONN};

/// asm-generic/socket.h, which the libc crate leaves out.
const SO_PEERNAME: libc::c_int = 28;

/// The address a descriptor is bound to.
///
/// # Errors
/// Those of getsockname(2).
pub(crate) fn local_address(descriptor: &OwnedFd) -> Result<RawAddress, Errno> {
    Ok(rustix::net::getsockname(descriptor)?.into())
}

/// The address a descriptor is, was or will be connected to. Unlike getpeername(2), the option also works
/// when it is not connected at this moment.
fn peer_address(descriptor: &OwnedFd, family: i32) -> Option<RawAddress> {
    let mut address = RawAddress::room();
    let (name, length) = address.as_mut_parts();
    *length = RawAddress::size_of_family(family) as libc::socklen_t; // At most the address of the family.
    // SAFETY: room for any address.
    unsafe {
        if libc::getsockopt(descriptor.as_raw_fd(), libc::SOL_SOCKET, SO_PEERNAME, name.cast(), length) == 0 {
            return Some(address);
        }
    }
    rustix::net::getpeername(descriptor).ok().flatten().map(RawAddress::from)
}

/// The local address of a socket.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEINVAL` (not bound), `WSAEFAULT`.
///
/// Source: Windows documentation, `getsockname`.
#[export]
pub unsafe fn longshore_getsockname(
    socket: SocketArg,
    address: OutBuffer<libc::sockaddr>,
    length: InOut<i32>,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    let state = state_of(&file);
    if !state.is(Fact::Bound) && !state.is(Fact::Connecting) {
        return Err(WsaError(WSAEINVAL));
    }
    let local = local_address(&file.descriptor()).map_err(|errno| state.error_of(errno))?;
    local.to_program(address, length)
}

/// The address of the peer, also of one whose connection has ended.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAENOTCONN`, `WSAEFAULT`.
///
/// Source: Windows documentation, `getpeername`.
#[export]
pub unsafe fn longshore_getpeername(
    socket: SocketArg,
    address: OutBuffer<libc::sockaddr>,
    length: InOut<i32>,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    let state = state_of(&file);
    if !state.is(Fact::Connected) && !state.is(Fact::Connecting) {
        return Err(WsaError(WSAENOTCONN));
    }
    peer_address(&file.descriptor(), state.family).ok_or(WsaError(WSAENOTCONN))?.to_program(address, length)
}
