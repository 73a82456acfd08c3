//! The catalogue of protocols, and connecting by name.

use crate::abi::argument::{CStrArg, In, InOut, Out, OutBuffer, WStrArg};
use crate::abi::door::True;
use crate::resolve::resolver::resolve;
use crate::socket::address::RawAddress;
use crate::socket::connection::connect::connect_to;
use crate::socket::duplicate::describe;
use crate::socket::socket_object::state_of;
use crate::socket::wsa::{SocketArg, WsaError};
use longshore_win32_macros::export;
use std::ffi::{CStr, c_void};
use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOA, SOCK_DGRAM, SOCK_STREAM, TIMEVAL, WSAEFAULT, WSAEINVAL, WSAENOBUFS,
};

/// The protocols: family of Linux, type, protocol.
const CATALOGUE: [(i32, i32, i32); 5] = [
    (libc::AF_INET, SOCK_STREAM, libc::IPPROTO_TCP),
    (libc::AF_INET, SOCK_DGRAM, libc::IPPROTO_UDP),
    (libc::AF_INET6, SOCK_STREAM, libc::IPPROTO_TCP),
    (libc::AF_INET6, SOCK_DGRAM, libc::IPPROTO_UDP),
    (libc::AF_UNIX, SOCK_STREAM, 0),
];

fn enumerate(
    protocols: Option<In<i32>>,
    buffer: Option<OutBuffer>,
    length: InOut<u32>,
    wide: bool,
) -> Result<i32, WsaError> {
    let mut wanted = Vec::new();
    if let Some(list) = protocols {
        // Ended by zero.
        loop {
            match list.at(wanted.len()).read()? {
                0 => break,
                protocol => wanted.push(protocol),
            }
        }
    }
    let chosen = CATALOGUE.iter().filter(|one| protocols.is_none() || wanted.contains(&one.2));
    let entries: Vec<Vec<u8>> =
        chosen.map(|&(family, kind, protocol)| describe(family, kind, protocol, wide)).collect();
    let bytes = entries.concat();
    let room = length.read()? as usize;
    length.write(bytes.len() as u32)?;
    let buffer = buffer.filter(|_| room >= bytes.len()).ok_or(WsaError(WSAENOBUFS))?;
    buffer.write(&bytes)?;
    Ok(entries.len() as i32)
}

/// Lists the protocols there are; returns how many.
///
/// # Errors
/// −1 with `WSAENOBUFS` (`*length` says how much room is needed) or `WSAEFAULT`.
///
/// Source: Windows documentation, `WSAEnumProtocolsA`.
#[export]
pub unsafe fn WSAEnumProtocolsA(
    protocols: Option<In<i32>>,
    buffer: Option<OutBuffer>,
    length: InOut<u32>,
) -> Result<i32, WsaError> {
    enumerate(protocols, buffer, length, false)
}

/// Lists the protocols there are; returns how many.
///
/// # Errors
/// As for [`WSAEnumProtocolsA`].
///
/// Source: Windows documentation, `WSAEnumProtocolsW`.
#[export]
pub unsafe fn WSAEnumProtocolsW(
    protocols: Option<In<i32>>,
    buffer: Option<OutBuffer>,
    length: InOut<u32>,
) -> Result<i32, WsaError> {
    enumerate(protocols, buffer, length, true)
}

/// Connects to the first address of a name that answers.
fn connect_by_name(socket: SocketArg, node: &CStr, service: &CStr) -> Result<(), WsaError> {
    let file = socket.get()?;
    let family = state_of(&file).family;
    let hints = ADDRINFOA { ai_socktype: SOCK_STREAM, ..ADDRINFOA::default() };
    let found = resolve(Some(node), Some(service), Some(&hints))?;
    let mut result = Err(WsaError(WSAEINVAL));
    for address in found.iter().filter_map(|one| RawAddress::from_windows(&one.address).ok()) {
        if address.family() == family {
            result = connect_to(&file, &address);
            if result.is_ok() {
                break;
            }
        }
    }
    result
}

/// Connects to a host and a service by name. The addresses are not reported, and the
/// system's timeout is used.
///
/// # Errors
/// FALSE with the errors of `getaddrinfo` and `connect`.
///
/// Source: Windows documentation, `WSAConnectByNameA`.
#[export(callbacks)]
pub unsafe fn WSAConnectByNameA(
    socket: SocketArg,
    node: CStrArg,
    service: CStrArg,
    _local_length: *mut u32,
    _local: *mut libc::sockaddr,
    _remote_length: *mut u32,
    _remote: *mut libc::sockaddr,
    _timeout: *const TIMEVAL,
    _reserved: *mut c_void,
) -> Result<True, WsaError> {
    connect_by_name(socket, node.get()?, service.get()?)?;
    Ok(True)
}

/// Connects to a host and a service by name.
///
/// # Errors
/// As for [`WSAConnectByNameA`].
///
/// Source: Windows documentation, `WSAConnectByNameW`.
#[export(callbacks)]
pub unsafe fn WSAConnectByNameW(
    socket: SocketArg,
    node: WStrArg,
    service: WStrArg,
    _local_length: *mut u32,
    _local: *mut libc::sockaddr,
    _remote_length: *mut u32,
    _remote: *mut libc::sockaddr,
    _timeout: *const TIMEVAL,
    _reserved: *mut c_void,
) -> Result<True, WsaError> {
    let text = |text: WStrArg| text.to_text().map_err(|_| WsaError(WSAEFAULT));
    connect_by_name(socket, &text(node)?, &text(service)?)?;
    Ok(True)
}

/// A number in network order.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`.
///
/// Source: Windows documentation, `WSAHtonl`.
#[export]
pub unsafe fn WSAHtonl(socket: SocketArg, number: u32, to: Out<u32>) -> Result<(), WsaError> {
    socket.get()?;
    Ok(to.write(number.to_be())?)
}

/// A number in network order.
///
/// # Errors
/// As for [`WSAHtonl`].
///
/// Source: Windows documentation, `WSAHtons`.
#[export]
pub unsafe fn WSAHtons(socket: SocketArg, number: u16, to: Out<u16>) -> Result<(), WsaError> {
    socket.get()?;
    Ok(to.write(number.to_be())?)
}

/// A number in this machine's order.
///
/// # Errors
/// As for [`WSAHtonl`].
///
/// Source: Windows documentation, `WSANtohl`.
#[export]
pub unsafe fn WSANtohl(socket: SocketArg, number: u32, to: Out<u32>) -> Result<(), WsaError> {
    socket.get()?;
    Ok(to.write(u32::from_be(number))?)
}

/// A number in this machine's order.
///
/// # Errors
/// As for [`WSAHtonl`].
///
/// Source: Windows documentation, `WSANtohs`.
#[export]
pub unsafe fn WSANtohs(socket: SocketArg, number: u16, to: Out<u16>) -> Result<(), WsaError> {
    socket.get()?;
    Ok(to.write(u16::from_be(number))?)
}
