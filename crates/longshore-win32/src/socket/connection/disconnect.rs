//! Ending connections: `shutdown`, `WSASendDisconnect`, and `DisconnectEx` with reuse (DX1-DX3).

use crate::abi::argument::Ignored;
use crate::abi::door::True;
use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin_pending};
use crate::port::request::{Overlapped, Request};
use crate::socket::connection::bind::bind_as_windows;
use crate::socket::connection::connect::settle_connecting;
use crate::socket::connection::names::local_address;
use crate::socket::operation::waited::perform;
use crate::socket::options;
use crate::socket::placeholder;
use crate::socket::socket_object::{Fact, new_socket, state_of};
use crate::socket::wsa::{PENDING, SocketArg, WsaError};
use longshore_engine::{Errno, OpCode, Outcome};
use longshore_win32_macros::export;
use std::net::Shutdown;
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{
    SD_BOTH, SD_RECEIVE, SD_SEND, TF_REUSE_SOCKET, WSAEINVAL, WSAENOTCONN,
};

/// Shuts a direction of the connection down. Earlier sends go out first.
fn shut_down(file: &FileObject, how: Shutdown) -> Result<(), WsaError> {
    settle_connecting(file);
    let state = state_of(file);
    if state.is_stream() && !state.is(Fact::Connected) {
        return Err(WsaError(WSAENOTCONN));
    }
    if how != Shutdown::Read {
        state.set(Fact::SendShutDown, true);
    }
    if how != Shutdown::Write {
        state.set(Fact::ReceiveShutDown, true);
    }
    let done = match file.attached() {
        Some(handle) => handle.shutdown(how).map_err(Errno::from),
        None => {
            let how = match how {
                Shutdown::Read => rustix::net::Shutdown::Read,
                Shutdown::Write => rustix::net::Shutdown::Write,
                Shutdown::Both => rustix::net::Shutdown::Both,
            };
            rustix::net::shutdown(file.descriptor(), how).map_err(Errno::from)
        }
    };
    match done {
        Ok(()) => Ok(()),
        // The peer has reset the connection, or this is a datagram socket: this side
        // counts as shut down all the same.
        Err(Errno(libc::ENOTCONN)) => Ok(()),
        Err(errno) => Err(state.error_of(errno)),
    }
}

/// Finishes sending, receiving, or both. Queues no packet (S18).
///
/// # Errors
/// `WSAENOTSOCK`, `WSAENOTCONN`, `WSAEINVAL`.
///
/// Source: Windows documentation, `shutdown`.
#[export]
pub fn longshore_shutdown(socket: SocketArg, how: i32) -> Result<(), WsaError> {
    let file = socket.get()?;
    let how = match how {
        SD_RECEIVE => Shutdown::Read,
        SD_SEND => Shutdown::Write,
        SD_BOTH => Shutdown::Both,
        _ => return Err(WsaError(WSAEINVAL)),
    };
    shut_down(&file, how)
}

/// Finishes sending.
///
/// # Errors
/// As for [`longshore_shutdown`].
///
/// Source: Windows documentation, `WSASendDisconnect`.
#[export]
pub fn WSASendDisconnect(socket: SocketArg, _data: Ignored) -> Result<(), WsaError> {
    shut_down(&*socket.get()?, Shutdown::Write)
}

/// Finishes receiving.
///
/// # Errors
/// As for [`longshore_shutdown`].
///
/// Source: Windows documentation, `WSARecvDisconnect`.
#[export]
pub fn WSARecvDisconnect(socket: SocketArg, _data: Ignored) -> Result<(), WsaError> {
    shut_down(&*socket.get()?, Shutdown::Read)
}

/// Finishes sending once everything sent before has gone (DX2), and makes the socket fit for
/// AcceptEx and ConnectEx again if `TF_REUSE_SOCKET` is given (DX3). With an OVERLAPPED it always
/// pends (DX1), without it blocks.
///
/// # Errors
/// FALSE with `WSA_IO_PENDING`, `WSAENOTSOCK`, `WSAEINVAL` (other flags), `WSAENOTCONN`.
///
/// Source: Windows documentation, `LPFN_DISCONNECTEX`.
#[export(callbacks)]
pub unsafe fn DisconnectEx(
    socket: SocketArg,
    overlapped: Option<Overlapped>,
    flags: u32,
    _reserved: u32,
) -> Result<True, WsaError> {
    if let Some(overlapped) = overlapped {
        overlapped.mark_pending()?;
    }
    let file = socket.get()?;
    if flags & !TF_REUSE_SOCKET != 0 {
        return Err(WsaError(WSAEINVAL));
    }
    settle_connecting(&file);
    if !state_of(&file).is(Fact::Connected) {
        return Err(WsaError(WSAENOTCONN));
    }
    let action = Box::new(Disconnect { reuse: flags & TF_REUSE_SOCKET != 0 });
    // A send of nothing comes after everything that was sent before.
    let Some(overlapped) = overlapped else {
        perform(&file, smallvec::smallvec![], OpCode::Send, action, None)?;
        return Ok(True);
    };
    let request = Request::of(file.clone(), Some(overlapped), None, action)?;
    match begin_pending(request, OpCode::Send) {
        StartResult::Pending => Err(PENDING),
        StartResult::Ended(status, _) => Err(status.into()),
    }
}

/// A DisconnectEx under way.
struct Disconnect {
    reuse: bool,
}

impl Action for Disconnect {
    /// Everything sent before has gone.
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let status = request.status_of(&outcome);
        if status.is_error() && (status == Status::CANCELLED || request.file.is_closed()) {
            return Next::Ended(status, 0);
        }
        let status = finish(&request.file, self.reuse).err().unwrap_or(Status::SUCCESS);
        Next::Ended(status, 0)
    }
}

/// Finishes the connection, and replaces the descriptor for the next one.
///
/// # Errors
/// There is no descriptor for the next one.
pub(crate) fn finish(file: &FileObject, reuse: bool) -> Result<(), Status> {
    let descriptor = file.descriptor();
    // The sends are done, so there is nothing to wait for. An error means that the peer ended the
    // connection first.
    let _ = rustix::net::shutdown(&descriptor, rustix::net::Shutdown::Write);
    state_of(file).set(Fact::SendShutDown, true);
    if reuse { replace(file) } else { Ok(()) }
}

/// Gives a socket whose connection failed a new descriptor. If none is free, it gets the shared
/// placeholder, which is enough for AcceptEx.
pub(crate) fn renew(file: &FileObject) {
    if replace(file).is_err()
        && let Some(shared) = placeholder::shared()
    {
        file.replace_descriptor(shared);
        state_of(file).end_connection();
    }
}

/// A new descriptor, bound to the address to which the program had bound this one.
fn replace(file: &FileObject) -> Result<(), Status> {
    let state = state_of(file);
    let fresh = new_socket(state.family, libc::SOCK_STREAM, state.protocol).map_err(Status::of_socket)?;
    options::prepare(&fresh, state.family, state.kind);
    state.options.lock().apply(&fresh);
    if state.is(Fact::BoundByProgram)
        && let Ok(address) = local_address(&file.descriptor())
    {
        // If another socket has taken the address, the descriptor stays unbound.
        let _ = bind_as_windows(state, &fresh, &address);
    }
    file.replace_descriptor(Arc::new(fresh));
    state.end_connection();
    Ok(())
}
