//! Ending connections: `shutdown`, `WSASendDisconnect`, and `DisconnectEx` with reuse (DX1-DX3).

use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{Request, StartResult, begin_pending};
use crate::socket::operation::connect::settle_connecting;
use crate::socket::operation::waited::perform;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{PENDING, SOCKET, WsaError, get, to_bool, to_int};
use longshore_engine::{Errno, OpCode, Outcome};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{
    SD_BOTH, SD_RECEIVE, SD_SEND, TF_REUSE_SOCKET, WSABUF, WSAEINVAL, WSAENOTCONN,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// Finishes a direction of the connection. What was sent before goes out first.
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
                Shutdown::Read => libc::SHUT_RD,
                Shutdown::Write => libc::SHUT_WR,
                Shutdown::Both => libc::SHUT_RDWR,
            };
            // SAFETY: no pointers.
            match unsafe { libc::shutdown(file.descriptor().as_raw_fd(), how) } {
                0 => Ok(()),
                _ => Err(Errno::last()),
            }
        }
    };
    match done {
        Ok(()) => Ok(()),
        // The peer's reset was faster, or it is a datagram socket: this side is finished all the same.
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
#[unsafe(no_mangle)]
pub extern "C" fn longshore_shutdown(socket: SOCKET, how: i32) -> i32 {
    to_int(get(socket).and_then(|file| {
        let how = match how {
            SD_RECEIVE => Shutdown::Read,
            SD_SEND => Shutdown::Write,
            SD_BOTH => Shutdown::Both,
            _ => return Err(WsaError(WSAEINVAL)),
        };
        shut_down(&file, how)
    }))
}

/// Finishes sending.
///
/// # Errors
/// As for [`longshore_shutdown`].
///
/// Source: Windows documentation, `WSASendDisconnect`.
#[unsafe(no_mangle)]
pub extern "C" fn WSASendDisconnect(socket: SOCKET, _data: *const WSABUF) -> i32 {
    to_int(get(socket).and_then(|file| shut_down(&file, Shutdown::Write)))
}

/// Finishes receiving.
///
/// # Errors
/// As for [`longshore_shutdown`].
///
/// Source: Windows documentation, `WSARecvDisconnect`.
#[unsafe(no_mangle)]
pub extern "C" fn WSARecvDisconnect(socket: SOCKET, _data: *mut WSABUF) -> i32 {
    to_int(get(socket).and_then(|file| shut_down(&file, Shutdown::Read)))
}

/// Finishes sending once everything sent before has gone (DX2), and makes the socket fit for AcceptEx and ConnectEx
/// again if `TF_REUSE_SOCKET` is given (DX3). With an OVERLAPPED it always pends (DX1), without it blocks.
///
/// # Errors
/// FALSE with `WSA_IO_PENDING`, `WSAENOTSOCK`, `WSAEINVAL` (other flags), `WSAENOTCONN`.
///
/// # Safety
/// `overlapped` is NULL or stays valid until the end is delivered.
///
/// Source: Windows documentation, `LPFN_DISCONNECTEX`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DisconnectEx(
    socket: SOCKET,
    overlapped: *mut OVERLAPPED,
    flags: u32,
    _reserved: u32,
) -> i32 {
    if !overlapped.is_null() {
        // SAFETY: the caller's promise.
        unsafe { crate::port::overlapped::mark_pending(overlapped) };
    }
    let disconnect = || -> Result<(), WsaError> {
        let file = get(socket)?;
        if flags & !TF_REUSE_SOCKET != 0 {
            return Err(WsaError(WSAEINVAL));
        }
        settle_connecting(&file);
        if !state_of(&file).is(Fact::Connected) {
            return Err(WsaError(WSAENOTCONN));
        }
        let action = Box::new(Disconnect { reuse: flags & TF_REUSE_SOCKET != 0 });
        // A send of nothing comes after everything that was sent before.
        if overlapped.is_null() {
            return perform(&file, smallvec::smallvec![], OpCode::Send, action, None).map(drop);
        }
        // SAFETY: the caller's promise.
        let request = unsafe { Request::new(&file, overlapped, None, action) };
        let request = request.map_err(|error| WsaError(error.0 as i32))?;
        match begin_pending(request, OpCode::Send) {
            StartResult::Pending => Err(PENDING),
            StartResult::Ended(status, _) => Err(status.into()),
        }
    };
    to_bool(disconnect())
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
        finish(&request.file, self.reuse);
        Next::Ended(Status::SUCCESS, 0)
    }
}

/// Finishes the connection, and replaces the descriptor for the next one.
pub(crate) fn finish(file: &Arc<FileObject>, reuse: bool) {
    let descriptor = file.descriptor();
    // The sends are done, so nothing has to be waited for. An error means that the peer was faster.
    // SAFETY: no pointers.
    unsafe { libc::shutdown(descriptor.as_raw_fd(), libc::SHUT_WR) };
    let state = state_of(file);
    state.set(Fact::SendShutDown, true);
    if !reuse {
        return;
    }
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: no pointers.
    let fresh = unsafe { libc::socket(state.family, kind, state.protocol) };
    if fresh < 0 {
        tracing::warn!("no descriptor for a socket to be used again");
        return;
    }
    // SAFETY: a fresh descriptor that nobody else owns.
    let fresh = unsafe { OwnedFd::from_raw_fd(fresh) };
    state.options.lock().apply(&fresh);
    file.replace_descriptor(fresh);
    for fact in [Fact::Connected, Fact::SendShutDown, Fact::ReceiveShutDown, Fact::ContextDue] {
        state.set(fact, false);
    }
    state.set(Fact::Reusable, true);
}
