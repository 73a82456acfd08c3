//! The catalogue of protocols, and connecting by name.

use crate::abi::last_error::GetLastError;
use crate::abi::text::{self, WCHAR};
use crate::resolve::resolver::{longshore_freeaddrinfo, longshore_getaddrinfo};
use crate::socket::address::RawAddress;
use crate::socket::duplicate::describe;
use crate::socket::operation::connect::longshore_connect;
use crate::socket::socket_object::state_of;
use crate::socket::wsa::{SOCKET, WsaError, get, to_bool, to_count};
use libc::c_char;
use std::ffi::{CStr, c_void};
use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOA, SOCK_DGRAM, SOCK_STREAM, TIMEVAL, WSAEFAULT, WSAEINVAL, WSAENOBUFS,
};

/// What there is: family of Linux, type, protocol.
const CATALOGUE: [(i32, i32, i32); 5] = [
    (libc::AF_INET, SOCK_STREAM, libc::IPPROTO_TCP),
    (libc::AF_INET, SOCK_DGRAM, libc::IPPROTO_UDP),
    (libc::AF_INET6, SOCK_STREAM, libc::IPPROTO_TCP),
    (libc::AF_INET6, SOCK_DGRAM, libc::IPPROTO_UDP),
    (libc::AF_UNIX, SOCK_STREAM, 0),
];

/// # Safety
/// As for the two exported forms.
unsafe fn enumerate(protocols: *const i32, buffer: *mut c_void, length: *mut u32, wide: bool) -> i32 {
    let list = || -> Result<usize, WsaError> {
        if length.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        let mut wanted = Vec::new();
        let mut next = protocols;
        // SAFETY: the caller's promise: a list ended by zero.
        unsafe {
            while !next.is_null() && *next != 0 {
                wanted.push(*next);
                next = next.add(1);
            }
        }
        let chosen = CATALOGUE.iter().filter(|one| protocols.is_null() || wanted.contains(&one.2));
        let entries: Vec<Vec<u8>> =
            chosen.map(|&(family, kind, protocol)| describe(family, kind, protocol, wide)).collect();
        let bytes = entries.concat();
        // SAFETY: the caller's promise.
        let room = unsafe { length.replace(bytes.len() as u32) } as usize;
        if room < bytes.len() || buffer.is_null() {
            return Err(WsaError(WSAENOBUFS));
        }
        // SAFETY: the caller's promise; it fits.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), bytes.len()) };
        Ok(entries.len())
    };
    to_count(list())
}

/// Lists the protocols there are; returns how many.
///
/// # Errors
/// −1 with `WSAENOBUFS` (`*length` says how much room is needed) or `WSAEFAULT`.
///
/// # Safety
/// `protocols` is NULL or ended by zero; `buffer` is as large as `*length` says.
///
/// Source: Windows documentation, `WSAEnumProtocolsA`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAEnumProtocolsA(
    protocols: *const i32,
    buffer: *mut c_void,
    length: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enumerate(protocols, buffer, length, false) }
}

/// Lists the protocols there are; returns how many.
///
/// # Errors
/// As for [`WSAEnumProtocolsA`].
///
/// # Safety
/// As for [`WSAEnumProtocolsA`].
///
/// Source: Windows documentation, `WSAEnumProtocolsW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAEnumProtocolsW(
    protocols: *const i32,
    buffer: *mut c_void,
    length: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enumerate(protocols, buffer, length, true) }
}

/// Connects to the first address of a name that answers.
fn connect_by_name(socket: SOCKET, node: &CStr, service: &CStr) -> Result<(), WsaError> {
    let file = get(socket)?;
    let family = state_of(&file).family;
    let mut list: *mut ADDRINFOA = std::ptr::null_mut();
    let hints = ADDRINFOA { ai_socktype: SOCK_STREAM, ..ADDRINFOA::default() };
    // SAFETY: valid strings, hints and place.
    let error = unsafe { longshore_getaddrinfo(node.as_ptr(), service.as_ptr(), &hints, &mut list) };
    if error != 0 {
        return Err(WsaError(error));
    }
    let mut result = Err(WsaError(WSAEINVAL));
    let mut next = list;
    // SAFETY: the list is ours until it is freed; each address is as long as it says.
    unsafe {
        while let Some(one) = next.as_ref() {
            next = one.ai_next;
            let (address, length) = (one.ai_addr.cast(), one.ai_addrlen as i32);
            if RawAddress::from_program(address, length).is_ok_and(|raw| raw.family() == family) {
                if longshore_connect(socket, address, length) == 0 {
                    result = Ok(());
                    break;
                }
                result = Err(WsaError(GetLastError() as i32));
            }
        }
        longshore_freeaddrinfo(list);
    }
    result
}

/// Connects to a host and a service by name. The addresses are not reported, and the time is the system's.
///
/// # Errors
/// FALSE with the errors of `getaddrinfo` and `connect`.
///
/// # Safety
/// The strings are valid; the other pointers are not looked at.
///
/// Source: Windows documentation, `WSAConnectByNameA`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAConnectByNameA(
    socket: SOCKET,
    node: *const c_char,
    service: *const c_char,
    _local_length: *mut u32,
    _local: *mut libc::sockaddr,
    _remote_length: *mut u32,
    _remote: *mut libc::sockaddr,
    _timeout: *const TIMEVAL,
    _reserved: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(match unsafe { (text::narrow(node), text::narrow(service)) } {
        (Ok(node), Ok(service)) => connect_by_name(socket, &node, &service),
        _ => Err(WsaError(WSAEFAULT)),
    })
}

/// Connects to a host and a service by name.
///
/// # Errors
/// As for [`WSAConnectByNameA`].
///
/// # Safety
/// As for [`WSAConnectByNameA`].
///
/// Source: Windows documentation, `WSAConnectByNameW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAConnectByNameW(
    socket: SOCKET,
    node: *const WCHAR,
    service: *const WCHAR,
    _local_length: *mut u32,
    _local: *mut libc::sockaddr,
    _remote_length: *mut u32,
    _remote: *mut libc::sockaddr,
    _timeout: *const TIMEVAL,
    _reserved: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(match unsafe { (text::wide(node), text::wide(service)) } {
        (Ok(node), Ok(service)) => connect_by_name(socket, &node, &service),
        _ => Err(WsaError(WSAEFAULT)),
    })
}

/// A number in network order.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`.
///
/// # Safety
/// `to` is NULL or writable.
///
/// Source: Windows documentation, `WSAHtonl`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAHtonl(socket: SOCKET, number: u32, to: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { convert(socket, number.to_be(), to) }
}

/// A number in network order.
///
/// # Errors
/// As for [`WSAHtonl`].
///
/// # Safety
/// As for [`WSAHtonl`].
///
/// Source: Windows documentation, `WSAHtons`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAHtons(socket: SOCKET, number: u16, to: *mut u16) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { convert(socket, number.to_be(), to) }
}

/// A number in this machine's order.
///
/// # Errors
/// As for [`WSAHtonl`].
///
/// # Safety
/// As for [`WSAHtonl`].
///
/// Source: Windows documentation, `WSANtohl`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSANtohl(socket: SOCKET, number: u32, to: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { convert(socket, u32::from_be(number), to) }
}

/// A number in this machine's order.
///
/// # Errors
/// As for [`WSAHtonl`].
///
/// # Safety
/// As for [`WSAHtonl`].
///
/// Source: Windows documentation, `WSANtohs`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSANtohs(socket: SOCKET, number: u16, to: *mut u16) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { convert(socket, u16::from_be(number), to) }
}

/// # Safety
/// `to` is NULL or writable.
unsafe fn convert<T>(socket: SOCKET, number: T, to: *mut T) -> i32 {
    crate::socket::wsa::to_int(get(socket).and_then(|_| {
        if to.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        // SAFETY: the caller's promise.
        unsafe { to.write(number) };
        Ok(())
    }))
}
