//! Socket options.
//!
//! Most are integers with another number on Linux; the table [`INTEGERS`] pairs them. Options that a program
//! sets are remembered, because AcceptEx and DisconnectEx replace the descriptor (AC10, DX3).

use crate::abi::argument::{InBuffer, InOut, OutBuffer};
use crate::abi::status::Status;
use crate::port::file_object::FileObject;
use crate::socket::address::family_to_linux;
use crate::socket::socket_object::{Fact, SocketState, state_of};
use crate::socket::startup;
use crate::socket::wsa::{SOCKET, SocketArg, WsaError, get};
use libc::c_char;
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::cell::Cell;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{WSAEFAULT, WSAEINVAL, WSAENOPROTOOPT};

/// As long as the longest value of an option.
const VALUE_MAX: usize = 1024;

/// Options as the program set them, in Linux's numbers, for a descriptor that takes
/// the place of the present one.
#[derive(Default)]
pub struct SavedOptions(Vec<(i32, i32, Vec<u8>)>);

impl SavedOptions {
    /// Sets them on another descriptor.
    pub fn apply(&self, descriptor: &OwnedFd) {
        for (level, name, value) in &self.0 {
            // Errors are ignored: an option that worked on one descriptor of the kind works on the other.
            let _ = set_raw(descriptor, *level, *name, value);
        }
    }

    fn remember(&mut self, level: i32, name: i32, value: &[u8]) {
        self.0.retain(|one| (one.0, one.1) != (level, name));
        self.0.push((level, name, value.to_vec()));
    }
}

fn set_raw(descriptor: &OwnedFd, level: i32, name: i32, value: &[u8]) -> Result<(), Errno> {
    let fd = descriptor.as_raw_fd();
    // SAFETY: as many readable bytes as said.
    match unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), value.len() as libc::socklen_t) }
    {
        0 => Ok(()),
        _ => Err(Errno::last()),
    }
}

/// An option whose value is an int, by Linux's numbers.
///
/// # Errors
/// Those of getsockopt(2).
pub(crate) fn get_integer(descriptor: &OwnedFd, level: i32, name: i32) -> Result<i32, Errno> {
    let mut value: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    let fd = descriptor.as_raw_fd();
    // SAFETY: room for an int.
    match unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &mut length) } {
        0 => Ok(value),
        _ => Err(Errno::last()),
    }
}

/// Sets an option whose value is an int, by Linux's numbers.
///
/// # Errors
/// Those of setsockopt(2).
pub(crate) fn set_integer(descriptor: &OwnedFd, level: i32, name: i32, value: i32) -> Result<(), Errno> {
    set_raw(descriptor, level, name, &value.to_ne_bytes())
}

/// What every new socket needs to behave as on Windows: an IPv6 socket does not accept IPv4, and a datagram
/// socket gets reports of ICMP about earlier datagrams (S20).
pub(crate) fn prepare(descriptor: &OwnedFd, family: i32, kind: i32) {
    // A refusal leaves Linux's behaviour, which is no reason to fail.
    if family == libc::AF_INET6 {
        let _ = set_integer(descriptor, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1);
    }
    if kind == ws::SOCK_DGRAM {
        report_unreachable(descriptor, family, true);
    }
}

/// Closing the descriptor resets its connection.
pub(crate) fn reset_at_close(descriptor: &OwnedFd) {
    let _ = set_raw(descriptor, libc::SOL_SOCKET, libc::SO_LINGER, &linger(true, 0));
}

/// Whether a datagram socket is told that a datagram found no receiver (S20, SIO_UDP_CONNRESET).
pub(crate) fn report_unreachable(descriptor: &OwnedFd, family: i32, report: bool) {
    let _ = match family {
        libc::AF_INET => set_integer(descriptor, libc::IPPROTO_IP, libc::IP_RECVERR, report.into()),
        libc::AF_INET6 => set_integer(descriptor, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, report.into()),
        _ => Ok(()),
    };
}

/// Options that are integers on both sides: level and name of Windows, level and name of Linux.
const INTEGERS: &[(i32, i32, i32, i32)] = &[
    (ws::SOL_SOCKET, ws::SO_DEBUG, libc::SOL_SOCKET, libc::SO_DEBUG),
    (ws::SOL_SOCKET, ws::SO_KEEPALIVE, libc::SOL_SOCKET, libc::SO_KEEPALIVE),
    (ws::SOL_SOCKET, ws::SO_DONTROUTE, libc::SOL_SOCKET, libc::SO_DONTROUTE),
    (ws::SOL_SOCKET, ws::SO_BROADCAST, libc::SOL_SOCKET, libc::SO_BROADCAST),
    (ws::SOL_SOCKET, ws::SO_OOBINLINE, libc::SOL_SOCKET, libc::SO_OOBINLINE),
    (ws::SOL_SOCKET, ws::SO_SNDBUF, libc::SOL_SOCKET, libc::SO_SNDBUF),
    (ws::SOL_SOCKET, ws::SO_RCVBUF, libc::SOL_SOCKET, libc::SO_RCVBUF),
    (ws::SOL_SOCKET, ws::SO_RCVLOWAT, libc::SOL_SOCKET, libc::SO_RCVLOWAT),
    (ws::SOL_SOCKET, ws::SO_SNDLOWAT, libc::SOL_SOCKET, libc::SO_SNDLOWAT),
    (ws::IPPROTO_TCP, ws::TCP_NODELAY, libc::IPPROTO_TCP, libc::TCP_NODELAY),
    (ws::IPPROTO_TCP, ws::TCP_KEEPIDLE, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
    (ws::IPPROTO_TCP, ws::TCP_KEEPINTVL, libc::IPPROTO_TCP, libc::TCP_KEEPINTVL),
    (ws::IPPROTO_TCP, ws::TCP_KEEPCNT, libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
    (ws::IPPROTO_TCP, ws::TCP_MAXSEG, libc::IPPROTO_TCP, libc::TCP_MAXSEG),
    (ws::IPPROTO_TCP, ws::TCP_FASTOPEN, libc::IPPROTO_TCP, libc::TCP_FASTOPEN),
    (ws::IPPROTO_IP, ws::IP_TOS, libc::IPPROTO_IP, libc::IP_TOS),
    (ws::IPPROTO_IP, ws::IP_TTL, libc::IPPROTO_IP, libc::IP_TTL),
    (ws::IPPROTO_IP, ws::IP_HDRINCL, libc::IPPROTO_IP, libc::IP_HDRINCL),
    (ws::IPPROTO_IP, ws::IP_MULTICAST_TTL, libc::IPPROTO_IP, libc::IP_MULTICAST_TTL),
    (ws::IPPROTO_IP, ws::IP_MULTICAST_LOOP, libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP),
    (ws::IPPROTO_IP, ws::IP_PKTINFO, libc::IPPROTO_IP, libc::IP_PKTINFO),
    (ws::IPPROTO_IP, ws::IP_RECVTTL, libc::IPPROTO_IP, libc::IP_RECVTTL),
    (ws::IPPROTO_IPV6, ws::IPV6_V6ONLY, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
    (ws::IPPROTO_IPV6, ws::IPV6_UNICAST_HOPS, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS),
    (ws::IPPROTO_IPV6, ws::IPV6_MULTICAST_IF, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF),
    (ws::IPPROTO_IPV6, ws::IPV6_MULTICAST_HOPS, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS),
    (ws::IPPROTO_IPV6, ws::IPV6_MULTICAST_LOOP, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP),
    (ws::IPPROTO_IPV6, ws::IPV6_PKTINFO, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO),
    (ws::IPPROTO_IPV6, ws::IPV6_HOPLIMIT, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT),
    (ws::IPPROTO_IPV6, ws::IPV6_TCLASS, libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
];

/// Options whose value is a structure of the same layout on both sides.
const STRUCTURES: &[(i32, i32, i32, i32, usize)] = &[
    (ws::IPPROTO_IP, ws::IP_MULTICAST_IF, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, 4),
    (ws::IPPROTO_IP, ws::IP_ADD_MEMBERSHIP, libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP, 8),
    (ws::IPPROTO_IP, ws::IP_DROP_MEMBERSHIP, libc::IPPROTO_IP, libc::IP_DROP_MEMBERSHIP, 8),
    (ws::IPPROTO_IPV6, ws::IPV6_ADD_MEMBERSHIP, libc::IPPROTO_IPV6, libc::IPV6_ADD_MEMBERSHIP, 20),
    (ws::IPPROTO_IPV6, ws::IPV6_DROP_MEMBERSHIP, libc::IPPROTO_IPV6, libc::IPV6_DROP_MEMBERSHIP, 20),
];

/// Memberships and sources whose value is a number of an interface and socket addresses (`GROUP_REQ`,
/// `GROUP_SOURCE_REQ`): Windows' name, Linux' name, and how many addresses. The levels have the same numbers.
const GROUPS: &[(u32, i32, usize)] = &[
    (ws::MCAST_JOIN_GROUP, 42, 1),
    (ws::MCAST_LEAVE_GROUP, 45, 1),
    (ws::MCAST_BLOCK_SOURCE, 43, 2),
    (ws::MCAST_UNBLOCK_SOURCE, 44, 2),
    (ws::MCAST_JOIN_SOURCE_GROUP, 46, 2),
    (ws::MCAST_LEAVE_SOURCE_GROUP, 47, 2),
];

/// The same for IPv4 by `IP_MREQ_SOURCE`: group, source, interface, which Linux has as group, interface, source.
const SOURCES: &[(i32, i32)] = &[
    (ws::IP_ADD_SOURCE_MEMBERSHIP, libc::IP_ADD_SOURCE_MEMBERSHIP),
    (ws::IP_DROP_SOURCE_MEMBERSHIP, libc::IP_DROP_SOURCE_MEMBERSHIP),
    (ws::IP_BLOCK_SOURCE, libc::IP_BLOCK_SOURCE),
    (ws::IP_UNBLOCK_SOURCE, libc::IP_UNBLOCK_SOURCE),
];

/// A value of [`GROUPS`] or [`SOURCES`] as Linux has it: level, name and bytes. None for other options.
fn multicast_on_linux(level: i32, name: i32, value: &[u8]) -> Result<Option<(i32, i32, Vec<u8>)>, WsaError> {
    let whole = |length: usize| value.get(..length).map(<[u8]>::to_vec).ok_or(WsaError(WSAEFAULT));
    if let Some(&(_, name, addresses)) = GROUPS.iter().find(|one| one.0 as i32 == name)
        && matches!(level, ws::IPPROTO_IP | ws::IPPROTO_IPV6)
    {
        const ADDRESS: usize = size_of::<libc::sockaddr_storage>();
        let mut linux = whole(8 + addresses * ADDRESS)?;
        for address in linux[8..].chunks_exact_mut(ADDRESS) {
            let family = family_to_linux(u16::from_ne_bytes([address[0], address[1]]).into())?;
            address[..2].copy_from_slice(&(family as libc::sa_family_t).to_ne_bytes());
        }
        return Ok(Some((level, name, linux)));
    }
    if let Some(&(_, name)) = SOURCES.iter().find(|one| one.0 == name)
        && level == ws::IPPROTO_IP
    {
        let mut linux = whole(12)?;
        linux[4..].rotate_left(4);
        return Ok(Some((libc::IPPROTO_IP, name, linux)));
    }
    Ok(None)
}

thread_local! {
    /// SO_OPENTYPE: what `socket` makes on this thread, 0 for sockets for overlapped I/O.
    static OPEN_TYPE: Cell<i32> = const { Cell::new(0) };
}

/// Whether the sockets this thread makes are for overlapped I/O.
pub(crate) fn opens_overlapped() -> bool {
    OPEN_TYPE.get() == 0
}

/// How long data may wait for its acknowledgement until the connection ends, in Linux' milliseconds. -1 is for
/// ever, which Linux has not: the most it takes is 24 days.
fn set_longest_retransmission(descriptor: &OwnedFd, value: i32, unit_ms: i32) -> Result<Vec<u8>, WsaError> {
    let milliseconds = match value {
        -1 => i32::MAX,
        0.. => value.saturating_mul(unit_ms),
        _ => return Err(WsaError(WSAEINVAL)),
    };
    set_integer(descriptor, libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, milliseconds)
        .map_err(|errno| WsaError::from(Status::of_socket(errno)))?;
    Ok(milliseconds.to_ne_bytes().to_vec())
}

/// TCP_MAXRT and TCP_MAXRTMS, by their unit.
fn retransmission_unit_ms(level: i32, name: i32) -> Option<i32> {
    match (level, name) {
        (ws::IPPROTO_TCP, ws::TCP_MAXRT) => Some(1000),
        (ws::IPPROTO_TCP, ws::TCP_MAXRTMS) => Some(1),
        _ => None,
    }
}

/// SIO_TCP_INITIAL_RTO: how often a connection is tried. The time until the first retry is Linux' own.
///
/// # Errors
/// `WSAEFAULT` for a value that is too short.
pub(crate) fn set_initial_retransmissions(descriptor: &OwnedFd, value: &[u8]) -> Result<(), WsaError> {
    /// `TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS`, `TCP_INITIAL_RTO_UNSPECIFIED_MAX_SYN_RETRANSMISSIONS`
    const NONE: u8 = 0xFE;
    const UNSPECIFIED: u8 = 0xFF;
    let count = match value.get(..4).ok_or(WsaError(WSAEFAULT))?[2] {
        0 | UNSPECIFIED => return Ok(()),
        // One is the least that Linux takes.
        NONE => 1,
        count => i32::from(count).min(127),
    };
    set_integer(descriptor, libc::IPPROTO_TCP, libc::TCP_SYNCNT, count)
        .map_err(|errno| Status::of_socket(errno).into())
}

fn integer_on_linux(level: i32, name: i32) -> Option<(i32, i32)> {
    let known = INTEGERS.iter().find(|one| (one.0, one.1) == (level, name));
    known.map(|one| (one.2, one.3))
}

/// The integer a program passed: an `int`, or a `BOOL` of one byte.
fn integer_of(value: &[u8]) -> Result<i32, WsaError> {
    match value {
        [a, b, c, d, ..] => Ok(i32::from_ne_bytes([*a, *b, *c, *d])),
        [one, ..] => Ok((*one).into()),
        [] => Err(WsaError(WSAEFAULT)),
    }
}

/// Sets an option.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEINVAL`, `WSAENOPROTOOPT`.
///
/// Source: Windows documentation, `setsockopt`.
#[export]
pub unsafe fn longshore_setsockopt(
    socket: SocketArg,
    level: i32,
    name: i32,
    value: InBuffer<c_char>,
    length: i32,
) -> Result<(), WsaError> {
    // SO_OPENTYPE is the thread's; programs pass INVALID_SOCKET.
    let of_thread = (level, name) == (ws::SOL_SOCKET, ws::SO_OPENTYPE);
    let file = if of_thread { None } else { Some(socket.get()?) };
    let count = usize::try_from(length).map_err(|_| WsaError(WSAEFAULT))?;
    // No option has a longer value.
    let mut bytes = [0; VALUE_MAX];
    let count = count.min(bytes.len());
    value.read(&mut bytes[..count])?;
    let Some(file) = file else {
        startup::check()?;
        OPEN_TYPE.set(integer_of(&bytes[..count])?);
        return Ok(());
    };
    set_option(&file, level, name, &bytes[..count])
}

fn set_option(file: &FileObject, level: i32, name: i32, value: &[u8]) -> Result<(), WsaError> {
    let state = state_of(file);
    let descriptor = file.descriptor();
    let apply = |level: i32, name: i32, value: &[u8]| -> Result<(), WsaError> {
        set_raw(&descriptor, level, name, value).map_err(|errno| match errno.0 {
            libc::ENOPROTOOPT | libc::EOPNOTSUPP => WsaError(WSAENOPROTOOPT),
            _ => state.error_of(errno),
        })?;
        state.options.lock().remember(level, name, value);
        Ok(())
    };
    if level == ws::SOL_SOCKET {
        match name {
            ws::SO_UPDATE_ACCEPT_CONTEXT => return update_accept_context(state, value),
            ws::SO_UPDATE_CONNECT_CONTEXT => {
                state.set(Fact::ContextDue, false);
                return Ok(());
            }
            ws::SO_RCVTIMEO | ws::SO_SNDTIMEO => {
                let milliseconds = integer_of(value)? as u32;
                let place = match name {
                    ws::SO_RCVTIMEO => &state.receive_timeout_ms,
                    _ => &state.send_timeout_ms,
                };
                place.store(milliseconds, Ordering::Relaxed);
                return Ok(());
            }
            ws::SO_LINGER => {
                // Two 16-bit numbers: on or off, and seconds.
                let [on, _, low, high, ..] = value else {
                    return Err(WsaError(WSAEFAULT));
                };
                let seconds = u16::from_ne_bytes([*low, *high]);
                let on = *on != 0 || value[1] != 0;
                return apply(libc::SOL_SOCKET, libc::SO_LINGER, &linger(on, seconds));
            }
            ws::SO_DONTLINGER => {
                return apply(libc::SOL_SOCKET, libc::SO_LINGER, &linger(integer_of(value)? == 0, 0));
            }
            ws::SO_EXCLUSIVEADDRUSE | ws::SO_REUSEADDR => {
                return set_sharing(state, &descriptor, name, value);
            }
            ws::SO_CONDITIONAL_ACCEPT
            | ws::SO_RANDOMIZE_PORT
            | ws::SO_PORT_SCALABILITY
            | ws::SO_REUSE_UNICASTPORT => {
                return integer_of(value).map(drop);
            }
            // Linux has a minimum for the buffer (S17).
            ws::SO_SNDBUF => {
                state.set(Fact::Unbuffered, integer_of(value)? == 0);
            }
            ws::SO_ACCEPTCONN | ws::SO_ERROR | ws::SO_TYPE | ws::SO_CONNECT_TIME | ws::SO_MAX_MSG_SIZE => {
                return Err(WsaError(WSAENOPROTOOPT));
            }
            _ => {}
        }
    }
    if (level, name) == (ws::IPPROTO_IP, ws::IP_DONTFRAGMENT) {
        let mode = if integer_of(value)? != 0 { libc::IP_PMTUDISC_DO } else { libc::IP_PMTUDISC_DONT };
        return apply(libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, &mode.to_ne_bytes());
    }
    if let Some((level, name)) = integer_on_linux(level, name) {
        return apply(level, name, &integer_of(value)?.to_ne_bytes());
    }
    if let Some(unit_ms) = retransmission_unit_ms(level, name) {
        let set = set_longest_retransmission(&descriptor, integer_of(value)?, unit_ms)?;
        state.options.lock().remember(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, &set);
        return Ok(());
    }
    if let Some((level, name, value)) = multicast_on_linux(level, name, value)? {
        return apply(level, name, &value);
    }
    if let Some(one) = STRUCTURES.iter().find(|one| (one.0, one.1) == (level, name)) {
        let value = value.get(..one.4).ok_or(WsaError(WSAEFAULT))?;
        return apply(one.2, one.3, value);
    }
    Err(WsaError(WSAENOPROTOOPT))
}

/// SO_REUSEADDR and SO_EXCLUSIVEADDRUSE: a socket has at most one of them (S27).
fn set_sharing(state: &SocketState, descriptor: &OwnedFd, name: i32, value: &[u8]) -> Result<(), WsaError> {
    let on = integer_of(value)? != 0;
    let (fact, other) = match name {
        ws::SO_REUSEADDR => (Fact::SharesAddress, Fact::Exclusive),
        _ => (Fact::Exclusive, Fact::SharesAddress),
    };
    if on && state.is(other) {
        return Err(WsaError(WSAEINVAL));
    }
    state.set(fact, on);
    // After the bind the option on the descriptor is set for TIME_WAIT; the
    // program's choice counts at the bind.
    if fact == Fact::SharesAddress && !state.is(Fact::Bound) {
        set_integer(descriptor, libc::SOL_SOCKET, libc::SO_REUSEADDR, on.into())
            .map_err(|errno| state.error_of(errno))?;
    }
    Ok(())
}

fn linger(on: bool, seconds: u16) -> [u8; 8] {
    let mut value = [0; 8];
    value[..4].copy_from_slice(&i32::from(on).to_ne_bytes());
    value[4..].copy_from_slice(&i32::from(seconds).to_ne_bytes());
    value
}

/// AC5: the value is the listener, which must be a socket.
fn update_accept_context(state: &SocketState, value: &[u8]) -> Result<(), WsaError> {
    let listener = value.first_chunk().ok_or(WsaError(WSAEFAULT))?;
    get(SOCKET::from_ne_bytes(*listener))?;
    if !state.is(Fact::Connected) {
        return Err(WsaError(ws::WSAENOTCONN));
    }
    state.set(Fact::ContextDue, false);
    Ok(())
}

/// Gets an option.
///
/// # Errors
/// As for [`longshore_setsockopt`].
///
/// Source: Windows documentation, `getsockopt`.
#[export]
pub unsafe fn longshore_getsockopt(
    socket: SocketArg,
    level: i32,
    name: i32,
    value: OutBuffer<c_char>,
    length: InOut<i32>,
) -> Result<(), WsaError> {
    let of_thread = (level, name) == (ws::SOL_SOCKET, ws::SO_OPENTYPE);
    let file = if of_thread { None } else { Some(socket.get()?) };
    let room = usize::try_from(length.read()?).unwrap_or(0);
    if (level, name) == (ws::SOL_SOCKET, ws::SO_ERROR) {
        value.probe(room.min(4))?; // Reading SO_ERROR clears it.
    }
    let mut answer = match file {
        Some(file) => get_option(&file, level, name)?,
        None => {
            startup::check()?;
            OPEN_TYPE.get().to_ne_bytes().to_vec()
        }
    };
    if room == 1 && answer.len() == 4 {
        answer.truncate(1); // A BOOL of one byte.
    }
    if room < answer.len() {
        return Err(WsaError(WSAEFAULT));
    }
    value.write(&answer)?;
    Ok(length.write(answer.len() as i32)?)
}

fn get_option(file: &FileObject, level: i32, name: i32) -> Result<Vec<u8>, WsaError> {
    let state = state_of(file);
    let descriptor = file.descriptor();
    let integer = |value: i32| Ok(value.to_ne_bytes().to_vec());
    if level == ws::SOL_SOCKET {
        match name {
            ws::SO_TYPE => return integer(state.kind),
            ws::SO_ACCEPTCONN => return integer(state.is(Fact::Listening).into()),
            ws::SO_RCVTIMEO => return integer(state.receive_timeout_ms.load(Ordering::Relaxed) as i32),
            ws::SO_SNDTIMEO => return integer(state.send_timeout_ms.load(Ordering::Relaxed) as i32),
            ws::SO_SNDBUF if state.is(Fact::Unbuffered) => return integer(0),
            // Linux keeps twice what was asked for, for its own use.
            ws::SO_SNDBUF | ws::SO_RCVBUF => {
                let name = if name == ws::SO_SNDBUF { libc::SO_SNDBUF } else { libc::SO_RCVBUF };
                let kept = get_integer(&descriptor, libc::SOL_SOCKET, name);
                return integer(kept.map_err(|errno| state.error_of(errno))? / 2);
            }
            ws::SO_CONNECT_TIME => {
                crate::socket::connection::connect::settle_connecting(file);
                // AC3: -1 while it is not connected.
                let connected = state.connected_at().filter(|_| state.is(Fact::Connected));
                return integer(connected.map_or(-1, |at| at.elapsed().as_secs() as i32));
            }
            ws::SO_MAX_MSG_SIZE => return integer(if state.is_stream() { -1 } else { 65507 }),
            ws::SO_ERROR => {
                let error = get_integer(&descriptor, libc::SOL_SOCKET, libc::SO_ERROR);
                let error = error.map_err(|errno| state.error_of(errno))?;
                return integer(if error == 0 { 0 } else { state.error_of(Errno(error)).0 });
            }
            ws::SO_LINGER | ws::SO_DONTLINGER => {
                let mut value = [0i32; 2];
                let mut length = size_of_val(&value) as libc::socklen_t;
                let fd = descriptor.as_raw_fd();
                // SAFETY: room for the two integers of a linger.
                let result = unsafe {
                    let value = value.as_mut_ptr().cast();
                    libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_LINGER, value, &mut length)
                };
                if result != 0 {
                    return Err(state.error_of(Errno::last()));
                }
                if name == ws::SO_DONTLINGER {
                    return integer((value[0] == 0).into());
                }
                let halves = [value[0] as u16, value[1] as u16];
                return Ok(halves.iter().flat_map(|half| half.to_ne_bytes()).collect());
            }
            ws::SO_EXCLUSIVEADDRUSE => return integer(state.is(Fact::Exclusive).into()),
            ws::SO_REUSEADDR => return integer(state.is(Fact::SharesAddress).into()),
            ws::SO_CONDITIONAL_ACCEPT | ws::SO_RANDOMIZE_PORT | ws::SO_PORT_SCALABILITY => {
                return integer(0);
            }
            ws::SO_PROTOCOL_INFOA | ws::SO_PROTOCOL_INFOW => {
                return Ok(crate::socket::duplicate::description(file, name == ws::SO_PROTOCOL_INFOW));
            }
            _ => {}
        }
    }
    if (level, name) == (ws::IPPROTO_IP, ws::IP_DONTFRAGMENT) {
        let mode = get_integer(&descriptor, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER);
        return integer((mode.map_err(|errno| state.error_of(errno))? == libc::IP_PMTUDISC_DO).into());
    }
    if let Some((level, name)) = integer_on_linux(level, name) {
        return integer(get_integer(&descriptor, level, name).map_err(|errno| state.error_of(errno))?);
    }
    if let Some(unit_ms) = retransmission_unit_ms(level, name) {
        let kept = get_integer(&descriptor, libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT);
        return integer(match kept.map_err(|errno| state.error_of(errno))? {
            i32::MAX => -1,
            milliseconds => milliseconds / unit_ms,
        });
    }
    Err(WsaError(if level == ws::SOL_SOCKET { WSAENOPROTOOPT } else { WSAEINVAL }))
}
