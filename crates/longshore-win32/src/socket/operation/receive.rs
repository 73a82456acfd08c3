//! Receiving: `WSARecv`, `WSARecvFrom`, and the calls of BSD sockets (docs/rules/12_sockets.md).
//!
//! With an OVERLAPPED a receive is an operation of the engine's; without, a system call on the descriptor.

use crate::abi::argument::{Callback, In, InOut, Out, OutBuffer, WriteIfAsked};
use crate::abi::status::Status;
use crate::port::action::Action;
use crate::port::at_once::{Transfer, begin_transfer};
use crate::port::file_object::FileObject;
use crate::port::overlapped::begin;
use crate::port::request::{Buffers, Overlapped, Request, SyncResult};
use crate::port::transfer::Direction;
use crate::socket::address::RawAddress;
use crate::socket::operation::buffers::{Given, WSABUF, advance, flags_to_linux, length_of, one_buffer};
use crate::socket::operation::completion::{CompletionRoutine, routine_of, settle};
use crate::socket::operation::icmp_error;
use crate::socket::operation::message::{MessageInfo, Received};
use crate::socket::operation::readiness::until_ready;
use crate::socket::operation::stream::Receive;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{PENDING, SocketArg, WsaError};
use libc::c_char;
use longshore_engine::{Errno, OpCode};
use longshore_win32_macros::export;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{
    MSG_PARTIAL, WSAECONNRESET, WSAEFAULT, WSAEINVAL, WSAEMSGSIZE, WSAENOTCONN, WSAESHUTDOWN,
};

/// Refuses a receive for which the kernel need not be asked (S10).
#[inline]
pub(crate) fn check_receive(file: &FileObject) -> Result<(), WsaError> {
    let socket = state_of(file);
    if socket.is(Fact::ReceiveShutDown) {
        return Err(WsaError(WSAESHUTDOWN));
    }
    match socket.is_stream() {
        true if socket.is(Fact::Listening) => Err(WsaError(WSAENOTCONN)),
        true => Ok(()),
        false if socket.is(Fact::Bound) => Ok(()),
        false => Err(WsaError(WSAEINVAL)),
    }
}

/// How many bytes came, and whether the rest of a datagram was lost (S11).
pub(crate) struct Receipt {
    pub(crate) bytes: usize,
    cut: bool,
}

impl Receipt {
    /// The error of a call that reports a cut datagram by its return value.
    pub(crate) fn whole(&self) -> Result<(), WsaError> {
        if self.cut { Err(WsaError(WSAEMSGSIZE)) } else { Ok(()) }
    }
}

/// A receive that the call itself carries out; it blocks if the socket does. Writes what `report` asks for.
///
/// # Errors
/// The error of the receive; a cut datagram is not an error.
pub(crate) fn receive_now(
    file: &Arc<FileObject>,
    mut buffers: Buffers,
    flags: i32,
    mut report: Option<&mut Received>,
) -> Result<Receipt, WsaError> {
    check_receive(file)?;
    let socket = state_of(file);
    let all = flags & libc::MSG_WAITALL != 0 && flags & libc::MSG_PEEK == 0 && socket.is_stream();
    let flags = (flags & !libc::MSG_WAITALL) | libc::MSG_DONTWAIT;
    let wanted = length_of(&buffers);
    if icmp_error::take(file) {
        return Err(WsaError(WSAECONNRESET));
    }
    let (mut bytes, mut info) = (0, MessageInfo::default());
    loop {
        let result = until_ready(file, libc::POLLIN, |descriptor| {
            let mut address = RawAddress::room();
            // SAFETY: all-zero is a valid msghdr.
            let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
            let (name, length) = address.as_mut_parts();
            message.msg_name = name.cast();
            message.msg_namelen = *length;
            message.msg_iov = buffers.as_mut_ptr();
            // The rest is left for another call, or lost if it is the rest of a datagram.
            message.msg_iovlen = buffers.len().min(libc::UIO_MAXIOV as usize) as _;
            let control: &mut [u8] = report.as_mut().map_or(&mut [], |report| report.control());
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = control.len() as _;
            // SAFETY: everything the message names is this function's but for the buffers, which the program
            // wants written; if they are not there, the kernel says so.
            let count = unsafe { libc::recvmsg(descriptor.as_raw_fd(), &mut message, flags) };
            if count < 0 {
                let errno = Errno::last();
                let report = errno.0 == libc::ECONNREFUSED && !socket.is_stream();
                return Err(if report && !icmp_error::met_by_receive(file) {
                    Errno(libc::EINTR)
                } else {
                    errno
                });
            }
            if count == 0 && wanted > 0 {
                socket.check_end()?;
            }
            *address.as_mut_parts().1 = message.msg_namelen;
            let info = MessageInfo {
                sender: (message.msg_namelen > 0).then_some(address),
                truncated: message.msg_flags & libc::MSG_TRUNC != 0,
                flags: message.msg_flags,
                control_bytes: message.msg_controllen as usize,
            };
            Ok((count as usize, info))
        });
        let count;
        (count, info) = match result {
            Ok(result) => result,
            // Data that came before the error counts.
            Err(_) if bytes > 0 => break,
            Err(error) => return Err(error),
        };
        bytes += count;
        if !all || count == 0 || bytes >= wanted {
            break;
        }
        advance(&mut buffers, count);
    }
    socket.events.enable(file, libc::POLLIN);
    let status = report.map(|report| report.report(&info));
    let cut = (info.truncated || status == Some(Status::BUFFER_OVERFLOW)) && !socket.is_stream();
    Ok(Receipt { bytes, cut })
}

/// The arguments of a receive of Winsock 2, besides its memory.
struct Asked<'a> {
    received: Option<Out<'a, u32>>,
    flags: InOut<'a, u32>,
    /// Where the sender goes when the receive ends, which may be after the call: NULL for nowhere.
    from: *mut libc::sockaddr,
    from_length: *mut i32,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
}

impl Asked<'_> {
    /// Where an end inside the call is reported.
    #[inline(always)]
    fn answer(&self) -> SyncResult {
        SyncResult {
            bytes: self.received.map_or(std::ptr::null_mut(), Out::as_ptr),
            flags: self.flags.as_ptr(),
        }
    }
}

#[inline(always)]
fn receive(socket: SocketArg, buffers: In<WSABUF>, count: u32, asked: Asked<'_>) -> Result<(), WsaError> {
    let file = socket.borrow()?;
    let given = Given::read(buffers, count)?;
    if asked.received.is_none() && asked.overlapped.is_none() {
        return Err(WsaError(WSAEFAULT));
    }
    let linux_flags = flags_to_linux(asked.flags.read()?)?;
    let state = state_of(&file);
    if let (Some(overlapped), Some(region)) = (asked.overlapped, given.one())
        && file.overlapped
        && linux_flags == 0
        && asked.routine.is_none()
        && state.is_stream()
    {
        check_receive(&file)?;
        let transfer = Transfer { region, answer: asked.answer(), action: || Box::new(Receive) };
        let result = settle(begin_transfer(&file, Direction::Read, overlapped, transfer)?);
        if result != Err(PENDING) {
            state.events.enable(&file, libc::POLLIN);
        }
        return result;
    }
    receive_otherwise(&file.to_arc(), given.buffers(), linux_flags, asked)
}

/// A receive on a datagram socket, with flags or with a routine, of several or empty regions, or without an
/// OVERLAPPED.
#[inline(never)]
fn receive_otherwise(
    file: &Arc<FileObject>,
    buffers: Buffers,
    linux_flags: i32,
    asked: Asked<'_>,
) -> Result<(), WsaError> {
    let answer = asked.answer();
    let Asked { received, flags, from, from_length, overlapped, routine } = asked;
    let state = state_of(file);
    let plain = state.is_stream() && linux_flags == 0;
    let report = || Received::new(from, from_length, linux_flags);
    let Some(overlapped) = overlapped.filter(|_| file.overlapped) else {
        let mut report = (!plain).then(report);
        let receipt = receive_now(file, buffers, linux_flags, report.as_mut())?;
        received.write_if_asked(receipt.bytes as u32)?;
        flags.write(if receipt.cut { MSG_PARTIAL } else { 0 })?;
        return receipt.whole();
    };
    check_receive(file)?;
    if icmp_error::take(file) {
        return Err(WsaError(WSAECONNRESET));
    }
    let action: Box<dyn Action> = if plain { Box::new(Receive) } else { Box::new(report()) };
    let routine = routine_of(file, routine)?;
    let mut request = Request::of(file.clone(), Some(overlapped), routine, action)?;
    let op_code = match (state.is_stream(), length_of(&buffers)) {
        (true, 0) => OpCode::Readable, // S7
        (true, _) if linux_flags == 0 => OpCode::Recv,
        _ => OpCode::RecvMessage(linux_flags),
    };
    request.buffers = buffers;
    request.answer = answer;
    let result = settle(begin(request, op_code));
    if result != Err(PENDING) {
        state.events.enable(file, libc::POLLIN);
    }
    result
}

/// Receives (S1-S9). Without an OVERLAPPED the call waits, unless the socket does not block.
///
/// # Errors
/// −1 with `WSA_IO_PENDING` when the receive goes on, `WSAENOTSOCK`, `WSAEINVAL`, `WSAENOTCONN`,
/// `WSAESHUTDOWN`, `WSAECONNRESET`, `WSAEMSGSIZE` for a cut datagram, `WSAEFAULT`.
///
/// Source: Windows documentation, `WSARecv`.
#[export(callbacks)]
pub unsafe fn WSARecv(
    socket: SocketArg,
    buffers: In<WSABUF>,
    count: u32,
    received: Option<Out<u32>>,
    flags: InOut<u32>,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
) -> Result<(), WsaError> {
    let (from, from_length) = (std::ptr::null_mut(), std::ptr::null_mut());
    receive(socket, buffers, count, Asked { received, flags, from, from_length, overlapped, routine })
}

/// Receives, with the sender of a datagram (S10-S12).
///
/// # Errors
/// As for [`WSARecv`].
///
/// Source: Windows documentation, `WSARecvFrom`.
#[export(callbacks)]
pub unsafe fn WSARecvFrom(
    socket: SocketArg,
    buffers: In<WSABUF>,
    count: u32,
    received: Option<Out<u32>>,
    flags: InOut<u32>,
    from: *mut libc::sockaddr,
    from_length: *mut i32,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
) -> Result<(), WsaError> {
    receive(socket, buffers, count, Asked { received, flags, from, from_length, overlapped, routine })
}

/// A receive into one buffer.
fn receive_one(
    socket: SocketArg,
    start: OutBuffer<c_char>,
    length: i32,
    flags: i32,
    mut report: Option<Received>,
) -> Result<i32, WsaError> {
    let file = socket.get()?;
    let flags = flags_to_linux(flags as u32)?;
    let buffers = one_buffer(start.as_ptr().cast(), length)?;
    let receipt = receive_now(&file, buffers, flags, report.as_mut())?;
    receipt.whole().map(|()| receipt.bytes as i32)
}

/// Receives into one buffer.
///
/// # Errors
/// As for [`WSARecv`].
///
/// Source: Windows documentation, `recv`.
#[export(callbacks)]
pub unsafe fn longshore_recv(
    socket: SocketArg,
    start: OutBuffer<c_char>,
    length: i32,
    flags: i32,
) -> Result<i32, WsaError> {
    receive_one(socket, start, length, flags, None)
}

/// Receives into one buffer, with the sender of a datagram.
///
/// # Errors
/// As for [`WSARecv`].
///
/// Source: Windows documentation, `recvfrom`.
#[export(callbacks)]
pub unsafe fn longshore_recvfrom(
    socket: SocketArg,
    start: OutBuffer<c_char>,
    length: i32,
    flags: i32,
    from: *mut libc::sockaddr,
    from_length: *mut i32,
) -> Result<i32, WsaError> {
    receive_one(socket, start, length, flags, Some(Received::new(from, from_length, 0)))
}

/// Receives into one buffer, and says by its flags whether a datagram was cut.
///
/// # Errors
/// As for [`WSARecv`].
///
/// Source: Windows documentation, `WSARecvEx`.
#[export(callbacks)]
pub unsafe fn WSARecvEx(
    socket: SocketArg,
    start: OutBuffer<c_char>,
    length: i32,
    flags: InOut<i32>,
) -> Result<i32, WsaError> {
    let file = socket.get()?;
    let linux_flags = flags_to_linux(flags.read()? as u32)?;
    let buffers = one_buffer(start.as_ptr().cast(), length)?;
    let receipt = receive_now(&file, buffers, linux_flags, None)?;
    flags.write(if receipt.cut { MSG_PARTIAL as i32 } else { 0 })?;
    Ok(receipt.bytes as i32)
}
