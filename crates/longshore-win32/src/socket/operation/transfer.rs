//! `ReadFile` and `WriteFile` on a socket (S15): a receive and a send whose errors are those of files.

use crate::abi::argument::Out;
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::port::action::{Action, Plain};
use crate::port::at_once::{self, Transfer};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin};
use crate::port::request::{BoxedRoutine, Overlapped, Request, SyncResult};
use crate::port::sync_block::{Alertable, wait_ready};
use crate::port::transfer::{Direction, Memory};
use crate::socket::operation::message::Received;
use crate::socket::operation::readiness::error_of;
use crate::socket::operation::receive::{check_receive, receive_now};
use crate::socket::operation::send::{check_send, send_now};
use crate::socket::operation::stream::{Receive, StreamSend};
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::WsaError;
use longshore_engine::OpCode;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_CONNECTION_ABORTED, ERROR_IO_PENDING, ERROR_MORE_DATA, ERROR_NETNAME_DELETED,
    ERROR_NO_SYSTEM_RESOURCES, ERROR_NOACCESS, ERROR_OPERATION_ABORTED, ERROR_PIPE_NOT_CONNECTED,
    ERROR_SEM_TIMEOUT, ERROR_UNEXP_NET_ERR,
};
use windows_sys::Win32::Networking::WinSock::{
    WSA_OPERATION_ABORTED, WSAEACCES, WSAECONNABORTED, WSAECONNRESET, WSAEFAULT, WSAEINTR, WSAEMSGSIZE,
    WSAENOBUFS, WSAESHUTDOWN, WSAETIMEDOUT, WSAEWOULDBLOCK,
};

/// The error of a socket as that of a file (G7).
fn to_win32(error: WsaError) -> Win32Error {
    Win32Error(match error.0 {
        WSAECONNRESET => ERROR_NETNAME_DELETED,
        WSAECONNABORTED => ERROR_CONNECTION_ABORTED,
        WSAESHUTDOWN => ERROR_PIPE_NOT_CONNECTED,
        WSAETIMEDOUT => ERROR_SEM_TIMEOUT,
        WSAEFAULT => ERROR_NOACCESS,
        WSAEACCES => ERROR_ACCESS_DENIED,
        WSAENOBUFS => ERROR_NO_SYSTEM_RESOURCES,
        WSAEMSGSIZE => ERROR_MORE_DATA,
        WSA_OPERATION_ABORTED | WSAEINTR => ERROR_OPERATION_ABORTED,
        _ => ERROR_UNEXP_NET_ERR,
    })
}

/// Starts a receive or a send.
///
/// # Errors
/// `ERROR_IO_PENDING`, or the error of the operation; those of [`Request::of`].
pub(crate) fn begin_transfer(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
    count: Option<Out<u32>>,
    overlapped: Overlapped,
    routine: Option<BoxedRoutine>,
) -> Result<usize, Win32Error> {
    let socket = state_of(file);
    match direction {
        Direction::Read => check_receive(file),
        Direction::Write => check_send(file),
    }
    .map_err(to_win32)?;
    let answer = SyncResult::of_count(count.map_or(std::ptr::null_mut(), Out::as_ptr));
    let receive: fn() -> Box<dyn Action> = || Box::new(Receive);
    let send: fn() -> Box<dyn Action> = || Box::new(StreamSend);
    let begun = match socket.is_stream() && memory.length > 0 && routine.is_none() {
        true => {
            let action = if direction == Direction::Read { receive } else { send };
            let transfer = Transfer { region: memory.region(), answer, action };
            at_once::begin_transfer(file, direction, overlapped, transfer)?
        }
        false => {
            let (op_code, action): (_, Box<dyn Action>) = match (direction, socket.is_stream()) {
                (Direction::Read, true) if memory.length == 0 => (OpCode::Readable, receive()),
                (Direction::Read, true) => (OpCode::Recv, receive()),
                (Direction::Read, false) => {
                    let (from, from_length) = (std::ptr::null_mut(), std::ptr::null_mut());
                    let received = Received::new(from, from_length, 0);
                    (OpCode::RecvMessage(0), Box::new(received))
                }
                (Direction::Write, true) => (OpCode::Send, send()),
                (Direction::Write, false) => (OpCode::SendMessage(0, None), Box::new(Plain)),
            };
            let mut request = Request::of(file.clone(), Some(overlapped), routine, action)?;
            request.buffers = memory.buffers();
            request.answer = answer;
            begin(request, op_code)
        }
    };
    match begun {
        StartResult::Ended(status, bytes) => {
            if direction == Direction::Read {
                socket.events.enable(file, libc::POLLIN);
            }
            if status == Status::SUCCESS { Ok(bytes) } else { Err(status.into()) }
        }
        StartResult::Pending => Err(Win32Error(ERROR_IO_PENDING)),
    }
}

/// Receives or sends, and waits even if the socket is nonblocking.
///
/// # Errors
/// The error of the operation.
pub(crate) fn transfer(
    file: &Arc<FileObject>,
    direction: Direction,
    memory: Memory,
) -> Result<usize, Win32Error> {
    let stream = state_of(file).is_stream();
    let events = match direction {
        Direction::Read => libc::POLLIN,
        Direction::Write => libc::POLLOUT,
    };
    loop {
        let result = match direction {
            Direction::Read => receive_now(file, memory.buffers(), 0, None)
                .and_then(|receipt| receipt.whole().map(|()| receipt.bytes)),
            Direction::Write => {
                let op_code = if stream { OpCode::Send } else { OpCode::SendMessage(0, None) };
                send_now(file, memory.buffers(), op_code, Box::new(Plain))
            }
        };
        match result {
            Ok(count) => return Ok(count),
            Err(WsaError(WSAEWOULDBLOCK)) => {
                debug_assert!(state_of(file).is(Fact::Nonblocking));
                let waited = wait_ready(file, &file.descriptor(), events, None, Alertable::No);
                waited.map_err(|reason| to_win32(error_of(file, reason)))?;
            }
            Err(error) => return Err(to_win32(error)),
        }
    }
}
