//! `ioctlsocket` and `WSAIoctl`.

use crate::abi::argument::{Callback, InBuffer, InOut, Out, OutBuffer};
use crate::abi::status::Status;
use crate::port::action::Plain;
use crate::port::file_object::FileObject;
use crate::port::overlapped::{begin_outside, end_pending, ended_inside};
use crate::port::request::{Overlapped, Request};
use crate::socket::address::RawAddress;
use crate::socket::connection::names::local_address;
use crate::socket::connection::{accept_ex, connect, disconnect};
use crate::socket::operation::completion::{CompletionRoutine, routine_of};
use crate::socket::operation::{message, transmit};
use crate::socket::options::{self, set_integer};
use crate::socket::polling;
use crate::socket::socket_object::{Fact, new_socket, state_of};
use crate::socket::wsa::{PENDING, SocketArg, WsaError};
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Foundation::STATUS_NOT_SUPPORTED;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP, WSAEWOULDBLOCK};
use windows_sys::core::GUID;

/// sockios.h, which the libc crate leaves out.
const SIOCATMARK: libc::c_ulong = 0x8905;

fn ask(descriptor: &OwnedFd, request: libc::c_ulong) -> Result<u32, Errno> {
    let mut value: libc::c_int = 0;
    // SAFETY: these requests write one int.
    match unsafe { libc::ioctl(descriptor.as_raw_fd(), request, &raw mut value) } {
        0 => Ok(value as u32),
        _ => Err(Errno::last()),
    }
}

/// `SIO_IDEAL_SEND_BACKLOG_QUERY`, `_IOR('t', 123, ULONG)`, which is not among the generated constants.
const IDEAL_SEND_BACKLOG_QUERY: u32 = ws::IOC_OUT | (4 << 16) | (b't' as u32) << 8 | 123;

/// `SIO_GET_INTERFACE_LIST`, `_IOR('t', 127, ULONG)`, likewise.
const GET_INTERFACE_LIST: u32 = ws::IOC_OUT | (4 << 16) | (b't' as u32) << 8 | 127;

/// FIONBIO, FIONREAD and SIOCATMARK, in Windows' numbers; `None` for another command.
fn simple(file: &FileObject, command: u32, argument: u32) -> Option<Result<Option<u32>, WsaError>> {
    let state = state_of(file);
    let error = |errno| state.error_of(errno);
    Some(match command as i32 {
        ws::FIONBIO => {
            if argument == 0 && state.events.is_selected() {
                return Some(Err(WsaError(WSAEINVAL)));
            }
            // A mode of the object, not of the descriptor, so that overlapped calls are not affected (S3).
            state.set(Fact::Nonblocking, argument != 0);
            Ok(None)
        }
        ws::FIONREAD => ask(&file.descriptor(), libc::FIONREAD).map(Some).map_err(error),
        // Windows' answer is the opposite of Linux's: TRUE means that no urgent data waits.
        ws::SIOCATMARK => {
            ask(&file.descriptor(), SIOCATMARK).map(|at_mark| Some(u32::from(at_mark == 0))).map_err(error)
        }
        _ => return None,
    })
}

/// Controls the mode of a socket.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEINVAL`.
///
/// Source: Windows documentation, `ioctlsocket`.
#[export]
pub unsafe fn ioctlsocket(socket: SocketArg, command: i32, argument: InOut<u32>) -> Result<(), WsaError> {
    let file = socket.get()?;
    let value = argument.read()?;
    let answer = simple(&file, command as u32, value).ok_or(WsaError(WSAEINVAL))??;
    Ok(answer.map_or(Ok(()), |answer| argument.write(answer))?)
}

/// The extension functions, by the number that asks for them.
fn extension(id: &GUID) -> Option<*const c_void> {
    let key = |guid: &GUID| (guid.data1, guid.data2, guid.data3, guid.data4);
    let known: [(GUID, *const c_void); 9] = [
        (ws::WSAID_ACCEPTEX, accept_ex::AcceptEx as *const c_void),
        (ws::WSAID_GETACCEPTEXSOCKADDRS, accept_ex::GetAcceptExSockaddrs as *const c_void),
        (ws::WSAID_CONNECTEX, connect::ConnectEx as *const c_void),
        (ws::WSAID_DISCONNECTEX, disconnect::DisconnectEx as *const c_void),
        (ws::WSAID_TRANSMITFILE, transmit::TransmitFile as *const c_void),
        (ws::WSAID_TRANSMITPACKETS, transmit::TransmitPackets as *const c_void),
        (ws::WSAID_WSARECVMSG, message::WSARecvMsg as *const c_void),
        (ws::WSAID_WSASENDMSG, message::WSASendMsg as *const c_void),
        (ws::WSAID_WSAPOLL, polling::WSAPoll as *const c_void),
    ];
    known.iter().find(|one| key(&one.0) == key(id)).map(|one| one.1)
}

/// The answer to a control code that is answered without the handle and the caller's buffer.
fn control(file: &Arc<FileObject>, code: u32, input: &[u8]) -> Result<Vec<u8>, WsaError> {
    let state = state_of(file);
    let integer = |place: usize| -> Result<u32, WsaError> {
        let bytes = input.get(place..).and_then(<[u8]>::first_chunk);
        Ok(u32::from_ne_bytes(*bytes.ok_or(WsaError(WSAEFAULT))?))
    };
    if matches!(code as i32, ws::FIONBIO | ws::FIONREAD | ws::SIOCATMARK) {
        let argument = if code as i32 == ws::FIONBIO { integer(0)? } else { 0 };
        let answer = simple(file, code, argument).ok_or(WsaError(ws::WSAEOPNOTSUPP))??;
        return Ok(answer.map_or_else(Vec::new, |answer| answer.to_ne_bytes().to_vec()));
    }
    match code {
        ws::SIO_GET_EXTENSION_FUNCTION_POINTER => {
            let id = input.get(..size_of::<GUID>()).ok_or(WsaError(WSAEFAULT))?;
            // SAFETY: as many bytes as a GUID has, and every pattern is one.
            let id = unsafe { id.as_ptr().cast::<GUID>().read_unaligned() };
            let function = extension(&id).ok_or(WsaError(WSAEINVAL))?;
            Ok((function as usize).to_ne_bytes().to_vec())
        }
        ws::SIO_KEEPALIVE_VALS => {
            let (on, idle_ms, interval_ms) = (integer(0)?, integer(4)?, integer(8)?);
            keep_alive(&file.descriptor(), on != 0, idle_ms, interval_ms)
                .map_err(|errno| state.error_of(errno))?;
            Ok(Vec::new())
        }
        ws::SIO_UDP_CONNRESET | ws::SIO_UDP_NETRESET => {
            let report = input.first().is_some_and(|_| input.iter().take(4).any(|&byte| byte != 0));
            if code == ws::SIO_UDP_CONNRESET {
                state.set(Fact::IgnoresUnreachable, !report);
                options::report_unreachable(&file.descriptor(), state.family, report);
            }
            Ok(Vec::new())
        }
        ws::SIO_TCP_INITIAL_RTO => {
            options::set_initial_retransmissions(&file.descriptor(), input)?;
            Ok(Vec::new())
        }
        IDEAL_SEND_BACKLOG_QUERY => Ok((64u32 << 10).to_ne_bytes().to_vec()),
        // Hints without a counterpart.
        ws::SIO_LOOPBACK_FAST_PATH
        | ws::SIO_TCP_SET_ACK_FREQUENCY
        | ws::SIO_PRIORITY_HINT
        | ws::SIO_FLUSH
        | ws::SIO_ENABLE_CIRCULAR_QUEUEING => Ok(Vec::new()),
        ws::SIO_ROUTING_INTERFACE_QUERY => route(input),
        _ => Err(WsaError(WSAEOPNOTSUPP)),
    }
}

fn keep_alive(descriptor: &OwnedFd, on: bool, idle_ms: u32, interval_ms: u32) -> Result<(), Errno> {
    set_integer(descriptor, libc::SOL_SOCKET, libc::SO_KEEPALIVE, on.into())?;
    if on {
        // Linux counts in seconds, and knows no zero.
        let seconds = |milliseconds: u32| milliseconds.div_ceil(1000).max(1) as i32;
        set_integer(descriptor, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, seconds(idle_ms))?;
        set_integer(descriptor, libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, seconds(interval_ms))?;
    }
    Ok(())
}

/// An `INTERFACE_INFO` for each of this machine's IPv4 addresses.
fn interface_list(file: &FileObject) -> Result<Vec<u8>, WsaError> {
    if state_of(file).family != libc::AF_INET {
        return Err(WsaError(WSAEINVAL));
    }
    // Flags of Windows, which has Linux's first five under other names.
    const FLAGS: [(i32, u32); 5] = [
        (libc::IFF_UP, 0x1),
        (libc::IFF_BROADCAST, 0x2),
        (libc::IFF_LOOPBACK, 0x4),
        (libc::IFF_POINTOPOINT, 0x8),
        (libc::IFF_MULTICAST, 0x10),
    ];
    // As wide as an IPv6 address: the structure has a union of them.
    const ADDRESS: usize = 24;
    let mut bytes = Vec::new();
    let mut first: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: a valid place for the list, which is freed below.
    if unsafe { libc::getifaddrs(&mut first) } != 0 {
        return Err(Status::of_socket(Errno::last()).into());
    }
    let mut next = first;
    // SAFETY: the list is the system's own, ended by NULL, and lives until it is freed.
    while let Some(one) = unsafe { next.as_ref() } {
        next = one.ifa_next;
        // SAFETY: NULL or a valid address.
        let family = unsafe { one.ifa_addr.as_ref() }.map(|address| i32::from(address.sa_family));
        if family != Some(libc::AF_INET) {
            continue;
        }
        let known = FLAGS.iter().filter(|(linux, _)| one.ifa_flags & *linux as u32 != 0);
        bytes.extend(known.fold(0u32, |flags, (_, windows)| flags | windows).to_ne_bytes());
        for address in [one.ifa_addr, one.ifa_ifu, one.ifa_netmask] {
            let start = bytes.len();
            if !address.is_null() {
                // SAFETY: an IPv4 address, as its fellows are.
                let address = unsafe { std::slice::from_raw_parts(address.cast::<u8>(), 16) };
                bytes.extend_from_slice(address);
            }
            bytes.resize(start + ADDRESS, 0);
        }
    }
    // SAFETY: from getifaddrs.
    unsafe { libc::freeifaddrs(first) };
    Ok(bytes)
}

/// The local address the kernel would send from to this one: it says so for a datagram
/// socket that is connected there.
fn route(input: &[u8]) -> Result<Vec<u8>, WsaError> {
    let to = RawAddress::from_windows(input)?;
    let found = || -> Result<RawAddress, Errno> {
        let probe = new_socket(to.family(), libc::SOCK_DGRAM, 0)?;
        rustix::net::connect(&probe, &*to)?;
        local_address(&probe)
    };
    let mut bytes = found().map_err(Status::of_socket)?.to_windows();
    bytes[2..4].fill(0);
    Ok(bytes)
}

/// A `SOCKET_ADDRESS_LIST` of this machine's addresses of the socket's family, for a buffer at
/// `place`: its pointers point into it.
fn address_list(file: &FileObject, place: usize) -> Vec<u8> {
    let family = state_of(file).family;
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut first: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: a valid place for the list, which is freed below.
    if unsafe { libc::getifaddrs(&mut first) } == 0 {
        let mut next = first;
        // SAFETY: the list is the system's own, ended by NULL, and lives until it is freed.
        while let Some(one) = unsafe { next.as_ref() } {
            next = one.ifa_next;
            // SAFETY: NULL or a valid address.
            let Some(address) = (unsafe { one.ifa_addr.as_ref() }) else {
                continue;
            };
            if i32::from(address.sa_family) != family || one.ifa_flags & libc::IFF_UP as u32 == 0 {
                continue;
            }
            let mut raw = RawAddress::room();
            let length = match family {
                libc::AF_INET => size_of::<libc::sockaddr_in>(),
                libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
                _ => continue,
            };
            let (to, size) = raw.as_mut_parts();
            // SAFETY: an address of this family is as long, and there is room for any.
            unsafe { std::ptr::copy_nonoverlapping(one.ifa_addr.cast::<u8>(), to.cast::<u8>(), length) };
            *size = length as libc::socklen_t;
            found.push(raw.to_windows());
        }
        // SAFETY: from getifaddrs.
        unsafe { libc::freeifaddrs(first) };
    }
    // A count, then an address and a length for each, then the addresses.
    let head = 8 + found.len() * 16;
    let mut bytes = vec![0; head];
    bytes[..4].copy_from_slice(&(found.len() as u32).to_ne_bytes());
    for (index, address) in found.iter().enumerate() {
        let at = place + bytes.len();
        let entry = 8 + index * 16;
        bytes[entry..entry + 8].copy_from_slice(&at.to_ne_bytes());
        bytes[entry + 8..entry + 12].copy_from_slice(&(address.len() as u32).to_ne_bytes());
        bytes.extend_from_slice(address);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    bytes
}

/// Controls a socket (IO rules). Every code here is answered inside the call; with an OVERLAPPED on a bound
/// socket a packet follows, with no byte count in it (IO6).
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT` (too little room: `*returned` says how much is needed; no `returned`, IO1),
/// `WSAEINVAL`, `WSAEOPNOTSUPP`, `WSAEWOULDBLOCK` for changes that would have to be waited for. A code that
/// is not known fails by packet, if there is an OVERLAPPED (IO7).
///
/// Source: Windows documentation, `WSAIoctl`.
#[export]
pub unsafe fn WSAIoctl(
    socket: SocketArg,
    code: u32,
    input: Option<InBuffer>,
    input_length: u32,
    output: Option<OutBuffer>,
    output_length: u32,
    returned: Out<u32>,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    returned.probe()?; // IO1, with an OVERLAPPED too.
    let input = match input {
        None => Vec::new(),
        Some(input) => input.to_vec(input_length as usize)?,
    };
    if matches!(code, ws::SIO_ADDRESS_LIST_CHANGE | ws::SIO_ROUTING_INTERFACE_CHANGE) {
        return Err(WsaError(if overlapped.is_none() { WSAEWOULDBLOCK } else { WSAEOPNOTSUPP }));
    }
    let place = output.map_or(0, |output| output.as_ptr() as usize);
    let answer = match code {
        ws::SIO_ADDRESS_LIST_QUERY => Ok(address_list(&file, place)),
        GET_INTERFACE_LIST => interface_list(&file),
        ws::SIO_BASE_HANDLE | ws::SIO_BSP_HANDLE | ws::SIO_BSP_HANDLE_SELECT | ws::SIO_BSP_HANDLE_POLL => {
            Ok((socket.value() & !3).to_ne_bytes().to_vec())
        }
        _ => control(&file, code, &input),
    };
    let Some(overlapped) = overlapped.filter(|_| file.overlapped) else {
        return give(answer?, output, output_length, returned);
    };
    if answer == Err(WsaError(WSAEOPNOTSUPP)) {
        // IO7: the driver does not know the code.
        let routine = routine_of(&file, routine)?;
        let request = Request::of(file.clone(), Some(overlapped), routine, Box::new(Plain))?;
        begin_outside(&request);
        end_pending(request, Status(STATUS_NOT_SUPPORTED), 0);
        return Err(PENDING);
    }
    give(answer?, output, output_length, returned)?;
    let routine = routine_of(&file, routine)?;
    let request = Request::of(file.clone(), Some(overlapped), routine, Box::new(Plain))?;
    ended_inside(request, Status::SUCCESS, 0);
    Ok(())
}

/// Writes an answer to the program's memory: all of it or nothing. Its length is written in both cases.
fn give(bytes: Vec<u8>, output: Option<OutBuffer>, room: u32, returned: Out<u32>) -> Result<(), WsaError> {
    returned.write(bytes.len() as u32)?;
    match output {
        _ if bytes.is_empty() => Ok(()),
        Some(output) if bytes.len() <= room as usize => Ok(output.write(&bytes)?),
        _ => Err(WsaError(WSAEFAULT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_extension_function_is_known_by_its_number() {
        let accept = extension(&ws::WSAID_ACCEPTEX).unwrap();
        assert_eq!(accept, accept_ex::AcceptEx as *const c_void);
        assert_ne!(extension(&ws::WSAID_CONNECTEX), extension(&ws::WSAID_DISCONNECTEX));
        assert_eq!(extension(&ws::WSAID_MULTIPLE_RIO), None, "registered I/O is not here");
    }

    #[test]
    fn the_way_to_loopback_is_loopback() {
        let to = RawAddress::of_inet("127.0.0.1:9".parse().unwrap());
        let from = route(&to.to_windows()).unwrap();
        assert_eq!(from[4..8], [127, 0, 0, 1]);
    }
}
