//! `ioctlsocket` and `WSAIoctl`.

use crate::abi::status::Status;
use crate::port::action::Plain;
use crate::port::file_object::FileObject;
use crate::port::overlapped::{Request, StartResult, ended_inside};
use crate::socket::address::RawAddress;
use crate::socket::operation::message::{self, CompletionRoutine};
use crate::socket::operation::{accept, connect, disconnect, transmit};
use crate::socket::options::{self, set_integer};
use crate::socket::polling;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SOCKET, WsaError, get, to_int};
use longshore_engine::Errno;
use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP, WSAEWOULDBLOCK};
use windows_sys::Win32::System::IO::OVERLAPPED;
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

/// FIONBIO, FIONREAD and SIOCATMARK, in Windows' numbers; `None` for another command.
fn simple(file: &FileObject, command: u32, argument: u32) -> Option<Result<Option<u32>, WsaError>> {
    let state = state_of(file);
    let error = |errno| state.error_of(errno);
    Some(match command as i32 {
        ws::FIONBIO => {
            if argument == 0 && state.events.is_selected() {
                return Some(Err(WsaError(WSAEINVAL)));
            }
            // Of the object, not of the descriptor: overlapped calls are not concerned (S3).
            state.set(Fact::Nonblocking, argument != 0);
            Ok(None)
        }
        ws::FIONREAD => ask(&file.descriptor(), libc::FIONREAD).map(Some).map_err(error),
        // Windows answers the other way round: TRUE means that no urgent data waits.
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
/// # Safety
/// `argument` is NULL or points to 32 readable and writable bits.
///
/// Source: Windows documentation, `ioctlsocket`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ioctlsocket(socket: SOCKET, command: i32, argument: *mut u32) -> i32 {
    let control = || -> Result<(), WsaError> {
        let file = get(socket)?;
        if argument.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        // SAFETY: the caller's promise.
        let value = unsafe { argument.read() };
        match simple(&file, command as u32, value) {
            None => Err(WsaError(WSAEINVAL)),
            Some(Err(error)) => Err(error),
            Some(Ok(None)) => Ok(()),
            Some(Ok(Some(answer))) => {
                // SAFETY: the caller's promise.
                unsafe { argument.write(answer) };
                Ok(())
            }
        }
    };
    to_int(control())
}

/// The extension functions, by the number that asks for them.
fn extension(id: &GUID) -> Option<*const c_void> {
    let key = |guid: &GUID| (guid.data1, guid.data2, guid.data3, guid.data4);
    let known: [(GUID, *const c_void); 9] = [
        (ws::WSAID_ACCEPTEX, accept::AcceptEx as *const c_void),
        (ws::WSAID_GETACCEPTEXSOCKADDRS, accept::GetAcceptExSockaddrs as *const c_void),
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

/// The answer to a control code that needs neither the handle nor the caller's buffer.
fn control(file: &Arc<FileObject>, code: u32, input: &[u8]) -> Result<Vec<u8>, WsaError> {
    let state = state_of(file);
    let integer = |place: usize| -> Result<u32, WsaError> {
        let bytes = input.get(place..place + 4).ok_or(WsaError(WSAEFAULT))?;
        Ok(u32::from_ne_bytes(bytes.try_into().expect("four bytes")))
    };
    if matches!(code as i32, ws::FIONBIO | ws::FIONREAD | ws::SIOCATMARK) {
        let argument = if code as i32 == ws::FIONBIO { integer(0)? } else { 0 };
        let answer = simple(file, code, argument).expect("one of the three")?;
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
        IDEAL_SEND_BACKLOG_QUERY => Ok((64u32 << 10).to_ne_bytes().to_vec()),
        // Hints without a counterpart.
        ws::SIO_LOOPBACK_FAST_PATH
        | ws::SIO_TCP_INITIAL_RTO
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

/// The local address the kernel would send from to this one: it says so for a datagram socket that is connected there.
fn route(input: &[u8]) -> Result<Vec<u8>, WsaError> {
    // SAFETY: as many readable bytes as said.
    let to = unsafe { RawAddress::from_program(input.as_ptr().cast(), input.len() as i32) }?;
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: no pointers.
    let probe = unsafe { libc::socket(to.family(), kind, 0) };
    if probe < 0 {
        return Err(Status::of_socket(Errno::last()).into());
    }
    // SAFETY: a fresh descriptor that nobody else owns.
    let probe = unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(probe) };
    // SAFETY: a valid address of the length it says.
    if unsafe { libc::connect(probe.as_raw_fd(), to.as_ptr(), to.length()) } != 0 {
        return Err(Status::of_socket(Errno::last()).into());
    }
    let mut bytes = accept::local_address(&probe).ok_or(WsaError(WSAEFAULT))?.to_windows();
    bytes[2..4].fill(0);
    Ok(bytes)
}

/// A `SOCKET_ADDRESS_LIST` of this machine's addresses of the socket's family, for a buffer at `place`: its pointers
/// point into it.
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

/// Controls a socket (docs/rules.md, section 10). Every code here is answered inside the call; with an OVERLAPPED on a
/// bound socket a
/// packet follows, with no byte count in it (IO6).
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT` (too little room: `*returned` says how much is needed), `WSAEINVAL`, `WSAEOPNOTSUPP`,
/// `WSAEWOULDBLOCK` for changes that would have to be waited for.
///
/// # Safety
/// The buffers are as long as said; `returned` is NULL or writable; `overlapped` is NULL or stays valid until the end
/// is delivered.
///
/// Source: Windows documentation, `WSAIoctl`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAIoctl(
    socket: SOCKET,
    code: u32,
    input: *const c_void,
    input_length: u32,
    output: *mut c_void,
    output_length: u32,
    returned: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: CompletionRoutine,
) -> i32 {
    let answer = || -> Result<(), WsaError> {
        let file = get(socket)?;
        if returned.is_null() && overlapped.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        let input = match input.is_null() {
            true => &[][..],
            // SAFETY: the caller's promise.
            false => unsafe { std::slice::from_raw_parts(input.cast::<u8>(), input_length as usize) },
        };
        if matches!(code, ws::SIO_ADDRESS_LIST_CHANGE | ws::SIO_ROUTING_INTERFACE_CHANGE) {
            return Err(WsaError(if overlapped.is_null() { WSAEWOULDBLOCK } else { WSAEOPNOTSUPP }));
        }
        let bytes = match code {
            ws::SIO_ADDRESS_LIST_QUERY => address_list(&file, output as usize),
            ws::SIO_BASE_HANDLE
            | ws::SIO_BSP_HANDLE
            | ws::SIO_BSP_HANDLE_SELECT
            | ws::SIO_BSP_HANDLE_POLL => (socket & !3).to_ne_bytes().to_vec(),
            _ => control(&file, code, input)?,
        };
        let fits = bytes.len() <= output_length as usize && (bytes.is_empty() || !output.is_null());
        if !returned.is_null() {
            // SAFETY: the caller's promise.
            unsafe { returned.write(bytes.len() as u32) };
        }
        if !fits {
            return Err(WsaError(WSAEFAULT));
        }
        if !bytes.is_empty() {
            // SAFETY: the caller's promise; it fits.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), output.cast(), bytes.len()) };
        }
        if overlapped.is_null() {
            return Ok(());
        }
        // SAFETY: the caller's promise.
        unsafe {
            let routine = crate::socket::operation::send_receive::routine_of(&file, routine)?;
            let request = Request::new(&file, overlapped, routine, Box::new(Plain));
            let request = request.map_err(|error| WsaError(error.0 as i32))?;
            match ended_inside(request, Status::SUCCESS, 0) {
                StartResult::Ended(..) | StartResult::Pending => Ok(()),
            }
        }
    };
    to_int(answer())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_extension_function_is_known_by_its_number() {
        let accept = extension(&ws::WSAID_ACCEPTEX).unwrap();
        assert_eq!(accept, accept::AcceptEx as *const c_void);
        assert_ne!(extension(&ws::WSAID_CONNECTEX), extension(&ws::WSAID_DISCONNECTEX));
        assert_eq!(extension(&ws::WSAID_MULTIPLE_RIO), None, "registered I/O is not here");
    }

    #[test]
    fn the_way_to_loopback_is_loopback() {
        let to =
            RawAddress::of_engine(&longshore_engine::SocketAddress::Inet("127.0.0.1:9".parse().unwrap()));
        let from = route(&to.to_windows()).unwrap();
        assert_eq!(from[4..8], [127, 0, 0, 1]);
    }
}
