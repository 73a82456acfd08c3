//! Binding, listening and connecting: the calls of old and `ConnectEx` (docs/rules.md, section 13, CX1-CX5).

use crate::abi::last_error::{Win32Error, to_bool as to_win32_bool};
use crate::abi::status::Status;
use crate::port::action::{Action, Next, Plain};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{Request, StartResult, begin_pending};
use crate::port::sync_block::wait_ready;
use crate::socket::address::RawAddress;
use crate::socket::operation::accept::local_address;
use crate::socket::operation::send_receive::error_of;
use crate::socket::options;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{PENDING, SOCKET, WsaError, get, to_bool, to_int};
use longshore_engine::{Errno, OpCode, Outcome};
use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::Networking::WinSock::{
    SOMAXCONN, WSABUF, WSAEADDRINUSE, WSAEALREADY, WSAEFAULT, WSAEINVAL, WSAEISCONN, WSAENOTCONN,
    WSAEOPNOTSUPP, WSAEWOULDBLOCK,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

fn check(result: libc::c_int) -> Result<(), Errno> {
    if result == 0 { Ok(()) } else { Err(Errno::last()) }
}

/// Gives a socket its local address.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEINVAL` (bound already), `WSAEADDRINUSE`, `WSAEADDRNOTAVAIL`, `WSAEACCES`.
///
/// # Safety
/// `address` points to `length` readable bytes.
///
/// Source: Windows documentation, `bind`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_bind(socket: SOCKET, address: *const libc::sockaddr, length: i32) -> i32 {
    let bind = || -> Result<(), WsaError> {
        let file = get(socket)?;
        let state = state_of(&file);
        // SAFETY: the caller's promise.
        let address = unsafe { RawAddress::from_program(address, length) }?;
        if state.is(Fact::Bound) && !state.is(Fact::Reusable) {
            return Err(WsaError(WSAEINVAL));
        }
        if address.family() != state.family {
            return Err(WsaError(WSAEFAULT));
        }
        let descriptor = file.descriptor();
        // SAFETY: a valid address of the length it says.
        check(unsafe { libc::bind(descriptor.as_raw_fd(), address.as_ptr(), address.length()) })
            .map_err(|errno| state.error_of(errno))?;
        state.set(Fact::Bound, true);
        Ok(())
    };
    to_int(bind())
}

/// Makes a socket listen. `SOMAXCONN` and hints of it mean the system's largest backlog.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEINVAL` (not bound), `WSAEISCONN`, `WSAEOPNOTSUPP`, `WSAEADDRINUSE`.
///
/// Source: Windows documentation, `listen`.
#[unsafe(no_mangle)]
pub extern "C" fn longshore_listen(socket: SOCKET, backlog: i32) -> i32 {
    let listen = || -> Result<(), WsaError> {
        let file = get(socket)?;
        let state = state_of(&file);
        if !state.is_stream() {
            return Err(WsaError(WSAEOPNOTSUPP));
        }
        if state.is(Fact::Connected) {
            return Err(WsaError(WSAEISCONN));
        }
        if !state.is(Fact::Bound) {
            return Err(WsaError(WSAEINVAL));
        }
        // SOMAXCONN_HINT(n) is -n.
        let backlog = match backlog {
            all if all == SOMAXCONN as i32 => i32::MAX,
            hint if hint < 0 => hint.saturating_neg(),
            few => few.max(1),
        };
        let descriptor = file.descriptor();
        // SAFETY: no pointers.
        check(unsafe { libc::listen(descriptor.as_raw_fd(), backlog) }).map_err(|errno| match errno.0 {
            libc::EADDRINUSE => WsaError(WSAEADDRINUSE),
            _ => state.error_of(errno),
        })?;
        if !state.set(Fact::Listening, true) {
            file.detach(); // The engine is to know it as a listener.
        }
        Ok(())
    };
    to_int(listen())
}

/// What forbids a connection before the kernel is asked.
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

/// Linux allows `connect` to the wildcard address; so does Windows not.
fn connected(file: &FileObject) {
    let state = state_of(file);
    state.set(Fact::Connecting, false);
    state.set(Fact::Reusable, false);
    state.set(Fact::Connected, true);
    state.set(Fact::Bound, true);
    state.note_connected();
}

/// The error a connection that was being made ended with, if it ended.
fn connection_error(descriptor: &OwnedFd) -> Result<(), Errno> {
    match options::get_integer(descriptor, libc::SOL_SOCKET, libc::SO_ERROR)? {
        0 => Ok(()),
        error => Err(Errno(error)),
    }
}

/// Notices that a connection made without blocking is there, for calls that need to know.
pub(crate) fn settle_connecting(file: &FileObject) {
    let state = state_of(file);
    if !state.is(Fact::Connecting) {
        return;
    }
    let descriptor = file.descriptor();
    let mut peer = RawAddress::room();
    let (name, length) = peer.as_mut_parts();
    // SAFETY: room for any address.
    if unsafe { libc::getpeername(descriptor.as_raw_fd(), name, length) } == 0 {
        connected(file);
    }
}

/// Connects, waiting for it unless the socket does not block. Queues no packet (S18).
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEISCONN`, `WSAEINVAL`, `WSAEALREADY`, `WSAEWOULDBLOCK`, `WSAECONNREFUSED`,
/// `WSAETIMEDOUT`, `WSAENETUNREACH`, `WSAEADDRNOTAVAIL`.
///
/// # Safety
/// `address` points to `length` readable bytes.
///
/// Source: Windows documentation, `connect`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_connect(
    socket: SOCKET,
    address: *const libc::sockaddr,
    length: i32,
) -> i32 {
    let connect = || -> Result<(), WsaError> {
        let file = get(socket)?;
        settle_connecting(&file);
        let state = state_of(&file);
        // SAFETY: the caller's promise.
        let address = unsafe { RawAddress::from_program(address, length) }?;
        check_connect(&file)?;
        if state.is(Fact::Connecting) {
            return Err(WsaError(WSAEALREADY));
        }
        let descriptor = file.descriptor();
        // SAFETY: a valid address of the length it says.
        let begun = unsafe { libc::connect(descriptor.as_raw_fd(), address.as_ptr(), address.length()) };
        match check(begun) {
            Ok(()) => {}
            Err(Errno(libc::EINPROGRESS | libc::EALREADY)) => {
                state.set(Fact::Connecting, true);
                state.events.enable(&file, libc::POLLOUT);
                if state.is(Fact::Nonblocking) {
                    return Err(WsaError(WSAEWOULDBLOCK));
                }
                let waited = wait_ready(&file, &descriptor, libc::POLLOUT, None);
                state.set(Fact::Connecting, false);
                waited.map_err(|reason| error_of(&file, reason))?;
                connection_error(&descriptor).map_err(|errno| state.error_of(errno))?;
            }
            Err(errno) => return Err(state.error_of(errno)),
        }
        connected(&file);
        Ok(())
    };
    to_int(connect())
}

/// Connects; data at connection time and quality of service do not exist here.
///
/// # Errors
/// As for [`longshore_connect`].
///
/// # Safety
/// As for [`longshore_connect`].
///
/// Source: Windows documentation, `WSAConnect`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAConnect(
    socket: SOCKET,
    address: *const libc::sockaddr,
    length: i32,
    _caller_data: *const WSABUF,
    _callee_data: *mut WSABUF,
    _sqos: *const c_void,
    _gqos: *const c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { longshore_connect(socket, address, length) }
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
        state_of(&file).set(Fact::Connecting, false);
        if status.is_error() {
            return Next::Ended(status, 0);
        }
        connected(&file);
        state_of(&file).set(Fact::ContextDue, true);
        if self.length == 0 {
            return Next::Ended(Status::SUCCESS, 0);
        }
        request.buffers = smallvec::smallvec![libc::iovec { iov_base: self.start, iov_len: self.length }];
        Next::Continue(file, OpCode::Send, Box::new(Plain)) // CX2
    }
}

/// Connects a bound socket, then sends the buffer if there is one. Always pends (CX1).
///
/// # Errors
/// FALSE with `WSA_IO_PENDING`, or `ERROR_INVALID_PARAMETER` without an OVERLAPPED, `WSAENOTSOCK`, `WSAEINVAL` (not
/// bound, listening, connecting), `WSAEISCONN`, `WSAEFAULT`. The connection's own errors come with the packet (CX3).
///
/// # Safety
/// `address` points to `length` readable bytes; the buffer and `overlapped` stay valid until the end is delivered.
///
/// Source: Windows documentation, `LPFN_CONNECTEX`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConnectEx(
    socket: SOCKET,
    address: *const libc::sockaddr,
    length: i32,
    buffer: *mut c_void,
    buffer_length: u32,
    _sent: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> i32 {
    if overlapped.is_null() {
        return to_win32_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    // SAFETY: the caller's promise.
    unsafe { crate::port::overlapped::mark_pending(overlapped) };
    let connect = || -> Result<(), WsaError> {
        let file = get(socket)?;
        settle_connecting(&file);
        let state = state_of(&file);
        if !state.is_stream() {
            return Err(WsaError(WSAEOPNOTSUPP));
        }
        // SAFETY: the caller's promise.
        let address = unsafe { RawAddress::from_program(address, length) }?;
        check_connect(&file)?;
        let fit = state.is(Fact::Bound) || state.is(Fact::Reusable);
        if !fit || state.is(Fact::Connecting) {
            return Err(WsaError(WSAEINVAL));
        }
        let length = if buffer.is_null() { 0 } else { buffer_length as usize };
        let action = Box::new(Connect { start: buffer, length });
        // SAFETY: the caller's promise.
        let request = unsafe { Request::new(&file, overlapped, None, action) };
        let request = request.map_err(|error| WsaError(error.0 as i32))?;
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
    };
    to_bool(connect())
}

/// Reports an address of a socket.
///
/// # Safety
/// `address` and `length` are NULL or writable, `length` readable.
unsafe fn report(
    file: &Arc<FileObject>,
    found: Option<RawAddress>,
    address: *mut libc::sockaddr,
    length: *mut i32,
) -> Result<(), WsaError> {
    let found = found.ok_or_else(|| state_of(file).error_of(Errno::last()))?;
    // SAFETY: the caller's promise.
    unsafe { found.to_program(address, length) }
}

/// The local address of a socket.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEINVAL` (not bound), `WSAEFAULT`.
///
/// # Safety
/// `address` and `length` are NULL or writable, `length` readable.
///
/// Source: Windows documentation, `getsockname`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_getsockname(
    socket: SOCKET,
    address: *mut libc::sockaddr,
    length: *mut i32,
) -> i32 {
    let name = || -> Result<(), WsaError> {
        let file = get(socket)?;
        let state = state_of(&file);
        if !state.is(Fact::Bound) && !state.is(Fact::Connecting) {
            return Err(WsaError(WSAEINVAL));
        }
        // SAFETY: the caller's promise.
        unsafe { report(&file, local_address(&file.descriptor()), address, length) }
    };
    to_int(name())
}

/// The address of the peer.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAENOTCONN`, `WSAEFAULT`.
///
/// # Safety
/// As for [`longshore_getsockname`].
///
/// Source: Windows documentation, `getpeername`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_getpeername(
    socket: SOCKET,
    address: *mut libc::sockaddr,
    length: *mut i32,
) -> i32 {
    let name = || -> Result<(), WsaError> {
        let file = get(socket)?;
        let mut peer = RawAddress::room();
        let (name, size) = peer.as_mut_parts();
        // SAFETY: room for any address.
        let result = unsafe { libc::getpeername(file.descriptor().as_raw_fd(), name, size) };
        if result != 0 {
            return Err(WsaError(WSAENOTCONN));
        }
        // SAFETY: the caller's promise.
        unsafe { report(&file, Some(peer), address, length) }
    };
    to_int(name())
}
