//! Sending: `WSASend`, `WSASendTo`, and the calls of BSD sockets (docs/rules/12_sockets.md).
//!
//! Sends on streams always go through the engine's lane, also blocking ones. The lane keeps every send in one
//! piece and all sends in order (S5, S19), whichever threads and calls they come from.

use crate::abi::argument::{Callback, In, InBuffer, Out, WriteIfAsked};
use crate::port::action::Action;
use crate::port::at_once::{Transfer, begin_transfer};
use crate::port::file_object::FileObject;
use crate::port::overlapped::begin;
use crate::port::request::{Buffers, Overlapped, Request, SyncResult};
use crate::port::transfer::Direction;
use crate::socket::address::RawAddress;
use crate::socket::connection::connect::{check_target, settle_connecting};
use crate::socket::operation::buffers::{Given, WSABUF, flags_to_linux, one_buffer};
use crate::socket::operation::completion::{CompletionRoutine, routine_of, settle};
use crate::socket::operation::message::{Datagram, SEND_TRIES};
use crate::socket::operation::stream::StreamSend;
use crate::socket::operation::waited::{perform, send_without_blocking};
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SocketArg, WsaError};
use libc::c_char;
use longshore_engine::OpCode;
use longshore_win32_macros::export;
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{WSAEFAULT, WSAENOTCONN, WSAESHUTDOWN, WSAEWOULDBLOCK};

/// Refuses a send for which the kernel need not be asked.
#[inline]
pub(crate) fn check_send(file: &FileObject) -> Result<(), WsaError> {
    let socket = state_of(file);
    if socket.is(Fact::SendShutDown) {
        return Err(WsaError(WSAESHUTDOWN));
    }
    if socket.is_stream() && !socket.is(Fact::Connected) { check_connecting(file) } else { Ok(()) }
}

#[cold]
fn check_connecting(file: &FileObject) -> Result<(), WsaError> {
    let socket = state_of(file);
    settle_connecting(file);
    match socket.is(Fact::Connected) {
        true => Ok(()),
        false if socket.is(Fact::Connecting) && socket.is(Fact::Nonblocking) => Err(WsaError(WSAEWOULDBLOCK)),
        false => Err(WsaError(WSAENOTCONN)),
    }
}

/// A send that the call itself carries out; it blocks if the socket does. Returns how much was sent.
///
/// # Errors
/// That of the send.
pub(crate) fn send_now(
    file: &Arc<FileObject>,
    buffers: Buffers,
    op_code: OpCode,
    action: Box<dyn Action>,
) -> Result<usize, WsaError> {
    check_send(file)?;
    let socket = state_of(file);
    let count = if socket.is_stream() && socket.is(Fact::Nonblocking) {
        send_without_blocking(file, &buffers)?
    } else {
        perform(file, buffers, op_code, action, socket.timeout(libc::POLLOUT))?
    };
    if !socket.is_stream() {
        socket.set(Fact::Bound, true);
    }
    Ok(count)
}

/// The address of a send; a stream ignores it.
#[inline]
fn target(
    file: &FileObject,
    to: Option<InBuffer<libc::sockaddr>>,
    length: i32,
) -> Result<Option<RawAddress>, WsaError> {
    match to {
        Some(to) if !state_of(file).is_stream() => {
            let address = RawAddress::from_program(to, length)?;
            check_target(&address)?;
            Ok(Some(address))
        }
        _ => Ok(None),
    }
}

/// How to send, and the action at the end.
#[inline]
fn operation(file: &FileObject, address: Option<RawAddress>, flags: i32) -> (OpCode, Box<dyn Action>) {
    if state_of(file).is_stream() {
        let op_code = if flags == 0 { OpCode::Send } else { OpCode::SendMessage(flags, None) };
        return (op_code, Box::new(StreamSend));
    }
    datagram(address, flags)
}

#[inline(never)]
fn datagram(address: Option<RawAddress>, flags: i32) -> (OpCode, Box<dyn Action>) {
    let to = address.as_ref().map(|address| Box::new(address.to_engine()));
    let op_code = match to {
        Some(address) if flags == 0 => OpCode::SendTo(address),
        address => OpCode::SendMessage(flags, address),
    };
    (op_code, Box::new(Datagram { flags, address, control: Vec::new(), tries_left: SEND_TRIES }))
}

/// The arguments of a send of Winsock 2, besides its memory.
struct Asked<'a> {
    sent: Option<Out<'a, u32>>,
    flags: u32,
    to: Option<InBuffer<'a, libc::sockaddr>>,
    to_length: i32,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
}

#[inline(always)]
fn send(socket: SocketArg, buffers: In<WSABUF>, count: u32, asked: Asked<'_>) -> Result<(), WsaError> {
    let file = socket.borrow()?;
    let given = Given::read(buffers, count)?;
    if asked.sent.is_none() && asked.overlapped.is_none() {
        return Err(WsaError(WSAEFAULT));
    }
    let flags = flags_to_linux(asked.flags)?;
    let answer = SyncResult::of_count(asked.sent.map_or(std::ptr::null_mut(), Out::as_ptr));
    if let (Some(overlapped), Some(region)) = (asked.overlapped, given.one())
        && file.overlapped
        && flags == 0
        && asked.routine.is_none()
        && state_of(&file).is_stream()
    {
        check_send(&file)?;
        let transfer = Transfer { region, answer, action: || Box::new(StreamSend) };
        return settle(begin_transfer(&file, Direction::Write, overlapped, transfer)?);
    }
    send_otherwise(&file.to_arc(), given.buffers(), flags, answer, asked)
}

/// A send on a datagram socket, with flags or with a routine, of several or empty regions, or without an
/// OVERLAPPED.
#[inline(never)]
fn send_otherwise(
    file: &Arc<FileObject>,
    buffers: Buffers,
    flags: i32,
    answer: SyncResult,
    asked: Asked<'_>,
) -> Result<(), WsaError> {
    let address = target(file, asked.to, asked.to_length)?;
    let (op_code, action) = operation(file, address, flags);
    let Some(overlapped) = asked.overlapped.filter(|_| file.overlapped) else {
        let count = send_now(file, buffers, op_code, action)?;
        return Ok(asked.sent.write_if_asked(count as u32)?);
    };
    check_send(file)?;
    let routine = routine_of(file, asked.routine)?;
    let mut request = Request::of(file.clone(), Some(overlapped), routine, action)?;
    request.buffers = buffers;
    if !state_of(file).is_stream() {
        state_of(file).set(Fact::Bound, true);
    }
    request.answer = answer;
    settle(begin(request, op_code))
}

/// Sends all of the buffers (S5). Without an OVERLAPPED the call waits, unless the
/// socket does not block (S23).
///
/// # Errors
/// −1 with `WSA_IO_PENDING` when the send goes on, `WSAENOTSOCK`, `WSAEINVAL`, `WSAENOTCONN`, `WSAESHUTDOWN`,
/// `WSAECONNRESET`, `WSAEWOULDBLOCK`, `WSAEFAULT` (also for NULL `sent` without an OVERLAPPED, S2).
///
/// Source: Windows documentation, `WSASend`.
#[export(callbacks)]
pub unsafe fn WSASend(
    socket: SocketArg,
    buffers: In<WSABUF>,
    count: u32,
    sent: Option<Out<u32>>,
    flags: u32,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
) -> Result<(), WsaError> {
    send(socket, buffers, count, Asked { sent, flags, to: None, to_length: 0, overlapped, routine })
}

/// Sends, a datagram to an address.
///
/// # Errors
/// As for [`WSASend`]; `WSAEMSGSIZE`, `WSAEADDRNOTAVAIL` (a wildcard address, port 0).
///
/// Source: Windows documentation, `WSASendTo`.
#[export(callbacks)]
pub unsafe fn WSASendTo(
    socket: SocketArg,
    buffers: In<WSABUF>,
    count: u32,
    sent: Option<Out<u32>>,
    flags: u32,
    to: Option<InBuffer<libc::sockaddr>>,
    to_length: i32,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
) -> Result<(), WsaError> {
    send(socket, buffers, count, Asked { sent, flags, to, to_length, overlapped, routine })
}

fn send_one(
    socket: SocketArg,
    start: InBuffer<c_char>,
    length: i32,
    flags: i32,
    to: Option<InBuffer<libc::sockaddr>>,
    to_length: i32,
) -> Result<i32, WsaError> {
    let file = socket.get()?;
    let buffers = one_buffer(start.as_ptr().cast_mut().cast(), length)?;
    let flags = flags_to_linux(flags as u32)?;
    let address = target(&file, to, to_length)?;
    let (op_code, action) = operation(&file, address, flags);
    send_now(&file, buffers, op_code, action).map(|count| count as i32)
}

/// Sends one buffer.
///
/// # Errors
/// As for [`WSASend`].
///
/// Source: Windows documentation, `send`.
#[export(callbacks)]
pub unsafe fn longshore_send(
    socket: SocketArg,
    start: InBuffer<c_char>,
    length: i32,
    flags: i32,
) -> Result<i32, WsaError> {
    send_one(socket, start, length, flags, None, 0)
}

/// Sends one buffer, a datagram to an address.
///
/// # Errors
/// As for [`WSASendTo`].
///
/// Source: Windows documentation, `sendto`.
#[export(callbacks)]
pub unsafe fn longshore_sendto(
    socket: SocketArg,
    start: InBuffer<c_char>,
    length: i32,
    flags: i32,
    to: Option<InBuffer<libc::sockaddr>>,
    to_length: i32,
) -> Result<i32, WsaError> {
    send_one(socket, start, length, flags, to, to_length)
}
