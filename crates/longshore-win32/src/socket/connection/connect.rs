//! Connecting: `connect`, `WSAConnect` and `ConnectEx` (docs/rules/13_extensions.md, CX1-CX5).

use crate::abi::argument::{Ignored, InBuffer};
use crate::abi::door::True;
use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin_pending};
use crate::port::request::{Overlapped, Request};
use crate::port::sync_block::{Alertable, wait_ready};
use crate::socket::address::RawAddress;
use crate::socket::connection::bind::share_time_wait;
use crate::socket::operation::readiness::error_of;
use crate::socket::operation::stream::StreamSend;
use crate::socket::options;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{PENDING, SocketArg, WsaError};
use longshore_engine::{Errno, OpCode, Outcome};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::Networking::WinSock::{
    WSAEADDRNOTAVAIL, WSAEALREADY, WSAEINVAL, WSAEISCONN, WSAEOPNOTSUPP, WSAEWOULDBLOCK,
};

/// Refuses a connection for which the kernel need not be asked.
fn check_connect(file: &FileObject) -> Result<(), WsaError> {
    let state = state_of(file);
    if state.is(Fact::Listening) || state.is(Fact::Accepting) {
        return Err(WsaError(WSAEINVAL)); // AC9
    }
    if state.is_stream() && state.is(Fact::Connected) && !state.is(Fact::Reusable) {
        return Err(WsaError(WSAEISCONN));
    }
    Ok(())
}

/// Refuses the wildcard address and port 0, to which Linux would connect.
///
/// # Errors
/// `WSAEADDRNOTAVAIL`.
pub(crate) fn check_target(address: &RawAddress) -> Result<(), WsaError> {
    match address.to_inet() {
        Some(target) if target.ip().is_unspecified() || target.port() == 0 => Err(WsaError(WSAEADDRNOTAVAIL)),
        _ => Ok(()),
    }
}

fn connected(file: &FileObject) {
    let state = state_of(file);
    state.set(Fact::Connecting, false);
    state.begin_connection();
    share_time_wait(state, &file.descriptor(), true);
}

/// Removes a failed connection, or the peer of a datagram socket, from a descriptor, which stays bound.
fn disconnect(descriptor: &OwnedFd) -> Result<(), Errno> {
    Ok(rustix::net::connect_unspec(descriptor)?)
}

/// The error of a nonblocking connect, if it has ended.
fn connection_error(descriptor: &OwnedFd) -> Result<(), Errno> {
    match options::get_integer(descriptor, libc::SOL_SOCKET, libc::SO_ERROR)? {
        0 => Ok(()),
        error => Err(Errno(error)),
    }
}

/// Checks whether a nonblocking connect has succeeded, for calls that depend on it.
pub(crate) fn settle_connecting(file: &FileObject) {
    let state = state_of(file);
    if !state.is(Fact::Connecting) {
        return;
    }
    let descriptor = file.descriptor();
    if rustix::net::getpeername(&descriptor).is_ok() {
        connected(file);
    }
}

/// Whether a nonblocking connect has failed.
fn has_failed(descriptor: &OwnedFd) -> bool {
    let mut poll = libc::pollfd { fd: descriptor.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid pollfd.
    unsafe { libc::poll(&mut poll, 1, 0) };
    poll.revents & (libc::POLLERR | libc::POLLHUP) != 0
}

fn connect(file: &FileObject, address: &RawAddress, timeout: Option<Duration>) -> Result<(), WsaError> {
    settle_connecting(file);
    let state = state_of(file);
    check_connect(file)?;
    let descriptor = file.descriptor();
    if state.is(Fact::Connecting) {
        if !has_failed(&descriptor) {
            return Err(WsaError(WSAEALREADY));
        }
        state.set(Fact::Connecting, false);
        let _ = disconnect(&descriptor);
    }
    if !state.is_stream() && address.is_nobody() {
        // Zeros dissolve the association.
        disconnect(&descriptor).map_err(|errno| state.error_of(errno))?;
        state.set(Fact::Connected, false);
        return Ok(());
    }
    check_target(address)?;
    match rustix::net::connect(&descriptor, &**address).map_err(Errno::from) {
        Ok(()) => {}
        Err(Errno(libc::EINPROGRESS | libc::EALREADY)) => {
            state.set(Fact::Connecting, true);
            state.events.enable(file, libc::POLLOUT);
            if state.is(Fact::Nonblocking) {
                return Err(WsaError(WSAEWOULDBLOCK));
            }
            let waited = wait_ready(file, &descriptor, libc::POLLOUT, timeout, Alertable::Yes);
            let ended = match waited {
                Ok(()) => connection_error(&descriptor).map_err(|errno| state.error_of(errno)),
                Err(reason) => Err(error_of(file, reason)),
            };
            if ended.is_err() {
                state.set(Fact::Connecting, false);
                let _ = disconnect(&descriptor);
            }
            ended?;
        }
        Err(errno) => {
            if state.is_stream() {
                let _ = disconnect(&descriptor);
            }
            return Err(state.error_of(errno));
        }
    }
    connected(file);
    state.events.connected(file);
    Ok(())
}

/// Connects, waiting for it unless the socket does not block. Queues no packet (S18).
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEISCONN`, `WSAEINVAL`, `WSAEALREADY`, `WSAEWOULDBLOCK`, `WSAECONNREFUSED`,
/// `WSAETIMEDOUT`, `WSAENETUNREACH`, `WSAEADDRNOTAVAIL` (also for a wildcard address and for port 0).
///
/// Source: Windows documentation, `connect`.
#[export(callbacks)]
pub unsafe fn longshore_connect(
    socket: SocketArg,
    address: InBuffer<libc::sockaddr>,
    length: i32,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    connect(&file, &RawAddress::from_program(address, length)?, None)
}

/// Connects; connect data and quality of service are not supported.
///
/// # Errors
/// As for [`longshore_connect`].
///
/// Source: Windows documentation, `WSAConnect`.
#[export(callbacks)]
pub unsafe fn WSAConnect(
    socket: SocketArg,
    address: InBuffer<libc::sockaddr>,
    length: i32,
    _caller_data: Ignored,
    _callee_data: Ignored,
    _sqos: Ignored,
    _gqos: Ignored,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    connect(&file, &RawAddress::from_program(address, length)?, None)
}

/// Connects a socket to an address in this library's form. Without a timeout it takes as long as the kernel
/// tries.
///
/// # Errors
/// As for [`longshore_connect`].
pub(crate) fn connect_to(
    file: &FileObject,
    address: &RawAddress,
    timeout: Option<Duration>,
) -> Result<(), WsaError> {
    connect(file, address, timeout)
}

/// A ConnectEx under way: what to send first.
struct Connect {
    start: *mut c_void,
    length: usize,
}

// SAFETY: the buffer is the operation's until its end is delivered (A6).
unsafe impl Send for Connect {}

impl Action for Connect {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let status = request.status_of(&outcome);
        let file = request.file.clone();
        let state = state_of(&file);
        state.set(Fact::Connecting, false);
        if status.is_error() {
            if !file.is_closed() {
                let _ = disconnect(&file.descriptor());
            }
            return Next::Ended(status, 0);
        }
        connected(&file);
        state.set(Fact::ContextDue, true);
        if self.length == 0 {
            return Next::Ended(Status::SUCCESS, 0);
        }
        request.buffers = smallvec::smallvec![libc::iovec { iov_base: self.start, iov_len: self.length }];
        Next::Continue(file, OpCode::Send, Box::new(StreamSend)) // CX2
    }
}

/// Connects a bound socket, then sends the buffer if there is one. Always pends (CX1).
///
/// # Errors
/// FALSE with `WSA_IO_PENDING`, or `ERROR_INVALID_PARAMETER` without an OVERLAPPED, `WSAENOTSOCK`,
/// `WSAEINVAL` (not bound, listening, connecting), `WSAEISCONN`, `WSAEFAULT`, `WSAEADDRNOTAVAIL`. The
/// connection's own errors come with the packet (CX3).
///
/// Source: Windows documentation, `LPFN_CONNECTEX`.
#[export]
pub unsafe fn ConnectEx(
    socket: SocketArg,
    address: InBuffer<libc::sockaddr>,
    length: i32,
    buffer: Option<InBuffer>,
    buffer_length: u32,
    _sent: Ignored,
    overlapped: Option<Overlapped>,
) -> Result<True, WsaError> {
    let overlapped = overlapped.ok_or(WsaError(ERROR_INVALID_PARAMETER as i32))?;
    overlapped.mark_pending()?;
    let file = socket.get()?;
    settle_connecting(&file);
    let state = state_of(&file);
    if !state.is_stream() {
        return Err(WsaError(WSAEOPNOTSUPP));
    }
    let address = RawAddress::from_program(address, length)?;
    check_connect(&file)?;
    let fit = state.is(Fact::Bound) || state.is(Fact::Reusable);
    if !fit || state.is(Fact::Connecting) {
        return Err(WsaError(WSAEINVAL));
    }
    check_target(&address)?;
    let (start, length) = match buffer {
        None => (std::ptr::null_mut(), 0),
        Some(buffer) => {
            buffer.probe(buffer_length as usize)?;
            (buffer.as_ptr().cast_mut(), buffer_length as usize)
        }
    };
    let request = Request::of(file.clone(), Some(overlapped), None, Box::new(Connect { start, length }))?;
    if state.set(Fact::Connecting, true) {
        return Err(WsaError(WSAEINVAL));
    }
    match begin_pending(request, OpCode::Connect(address.to_engine().into())) {
        StartResult::Pending => Err(PENDING),
        StartResult::Ended(status, _) => {
            state.set(Fact::Connecting, false);
            Err(status.into())
        }
    }
}
