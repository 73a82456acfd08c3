//! The catalogue of protocols, and connecting by name.

use crate::abi::argument::{CStrArg, Ignored, In, InOut, Out, OutBuffer, WStrArg};
use crate::abi::door::True;
use crate::resolve::resolver::resolve;
use crate::socket::address::RawAddress;
use crate::socket::connection::connect::connect_to;
use crate::socket::connection::names::local_address;
use crate::socket::duplicate::describe;
use crate::socket::polling::Timeval;
use crate::socket::socket_object::state_of;
use crate::socket::wsa::{SocketArg, WsaError};
use longshore_win32_macros::export;
use std::ffi::CStr;
use std::time::Instant;
use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOA, SOCK_DGRAM, SOCK_STREAM, WSAEFAULT, WSAEINVAL, WSAENOBUFS,
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

/// Where a call reports an address, if the program asks.
struct Report<'a> {
    length: Option<InOut<'a, u32>>,
    place: Option<OutBuffer<'a, libc::sockaddr>>,
}

impl Report<'_> {
    /// That an address of the family can be reported, before there is a connection that an error would lose.
    fn check(&self, family: i32) -> Result<(), WsaError> {
        let Some(place) = self.place else { return Ok(()) };
        let size = RawAddress::size_of_family(family);
        let room = self.length.ok_or(WsaError(WSAEFAULT))?.read()?;
        if (room as usize) < size {
            return Err(WsaError(WSAEFAULT));
        }
        Ok(place.probe(size)?)
    }

    fn write(&self, address: &RawAddress) -> Result<(), WsaError> {
        let (Some(length), Some(place)) = (self.length, self.place) else { return Ok(()) };
        let bytes = address.to_windows();
        place.write(&bytes)?;
        Ok(length.write(bytes.len() as u32)?)
    }
}

/// Connects to the first address of a name that answers.
fn connect_by_name(
    socket: SocketArg,
    node: &CStr,
    service: &CStr,
    reports: [Report; 2],
    timeout: Option<In<Timeval>>,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    let state = state_of(&file);
    let family = state.family;
    let [local, remote] = reports;
    local.check(family)?;
    remote.check(family)?;
    let timeout = timeout.map(Timeval::duration).transpose()?;
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let hints = ADDRINFOA { ai_socktype: SOCK_STREAM, ..ADDRINFOA::default() };
    let found = resolve(Some(node), Some(service), Some(&hints))?;
    let mut result = Err(WsaError(WSAEINVAL));
    for address in found.iter().filter_map(|one| RawAddress::from_windows(&one.address).ok()) {
        if address.family() == family {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            result = connect_to(&file, &address, left);
            if result.is_ok() {
                let own = local_address(&file.descriptor()).map_err(|errno| state.error_of(errno))?;
                local.write(&own)?;
                remote.write(&address)?;
                break;
            }
        }
    }
    result
}

/// Connects to a host and a service by name, and reports the two addresses of the connection if asked.
///
/// # Errors
/// FALSE with the errors of `getaddrinfo` and `connect`; `WSAEFAULT` if there is no room for an address that
/// is asked for; `WSAEINVAL` for a negative timeout, `WSAETIMEDOUT` when it has passed.
///
/// Source: Windows documentation, `WSAConnectByNameA`.
#[export(callbacks)]
pub unsafe fn WSAConnectByNameA(
    socket: SocketArg,
    node: CStrArg,
    service: CStrArg,
    local_length: Option<InOut<u32>>,
    local: Option<OutBuffer<libc::sockaddr>>,
    remote_length: Option<InOut<u32>>,
    remote: Option<OutBuffer<libc::sockaddr>>,
    timeout: Option<In<Timeval>>,
    _reserved: Ignored,
) -> Result<True, WsaError> {
    let local = Report { length: local_length, place: local };
    let remote = Report { length: remote_length, place: remote };
    connect_by_name(socket, node.get()?, service.get()?, [local, remote], timeout)?;
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
    local_length: Option<InOut<u32>>,
    local: Option<OutBuffer<libc::sockaddr>>,
    remote_length: Option<InOut<u32>>,
    remote: Option<OutBuffer<libc::sockaddr>>,
    timeout: Option<In<Timeval>>,
    _reserved: Ignored,
) -> Result<True, WsaError> {
    let text = |text: WStrArg| text.to_text().map_err(|_| WsaError(WSAEFAULT));
    let local = Report { length: local_length, place: local };
    let remote = Report { length: remote_length, place: remote };
    connect_by_name(socket, &text(node)?, &text(service)?, [local, remote], timeout)?;
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
