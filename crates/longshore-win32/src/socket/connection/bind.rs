//! Giving a socket its local address, and listening (docs/rules/12_sockets.md).
//!
//! Windows lets a socket bind an address that only connections in TIME_WAIT still use, and no other
//! used one (S27). On Linux this needs SO_REUSEADDR, which also lets two sockets bind the same address
//! as long as neither listens. So:
//!
//! 1. A socket binds without the option. If that fails, it tries once more with it. This succeeds if every
//!    user of the address has the option and none listens. Then the option is removed.
//! 2. A socket that listens or is connected gets the option. Accepted sockets inherit it, and have it when
//!    they are in TIME_WAIT. Even so, no other socket can bind the address of a listener.
//! 3. If the program set SO_REUSEADDR, the socket binds with the option and keeps it.

use crate::abi::argument::InBuffer;
use crate::port::file_object::FileObject;
use crate::socket::address::RawAddress;
use crate::socket::options::set_integer;
use crate::socket::socket_object::{Fact, SocketState, state_of};
use crate::socket::wsa::{SocketArg, WsaError};
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::os::fd::OwnedFd;
use windows_sys::Win32::Networking::WinSock::{
    SOMAXCONN, WSAEACCES, WSAEADDRINUSE, WSAEFAULT, WSAEINVAL, WSAEISCONN, WSAEOPNOTSUPP,
};

fn bind_once(descriptor: &OwnedFd, address: &RawAddress) -> Result<(), Errno> {
    Ok(rustix::net::bind(descriptor, &**address)?)
}

/// Lets others bind the address once the socket is in TIME_WAIT (2. at the head). If Linux refuses the
/// option, its own behaviour remains; that is no reason to fail.
pub(crate) fn share_time_wait(state: &SocketState, descriptor: &OwnedFd, share: bool) {
    if state.is_stream() && state.family != libc::AF_UNIX {
        let share = share || state.is(Fact::SharesAddress);
        let _ = set_integer(descriptor, libc::SOL_SOCKET, libc::SO_REUSEADDR, share.into());
    }
}

/// Binds as Windows would (1. and 3. at the head).
pub(crate) fn bind_as_windows(
    state: &SocketState,
    descriptor: &OwnedFd,
    address: &RawAddress,
) -> Result<(), Errno> {
    let bound = bind_once(descriptor, address);
    let stream = state.is_stream() && state.family != libc::AF_UNIX;
    if !stream || bound != Err(Errno(libc::EADDRINUSE)) || state.is(Fact::SharesAddress) {
        return bound;
    }
    share_time_wait(state, descriptor, true);
    let bound = bind_once(descriptor, address);
    share_time_wait(state, descriptor, false);
    bound
}

/// Gives a socket its local address.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEINVAL` (bound already), `WSAEADDRINUSE`, `WSAEACCES` (in use, though the
/// socket would share), `WSAEADDRNOTAVAIL`.
///
/// Source: Windows documentation, `bind`, "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE".
#[export]
pub unsafe fn longshore_bind(
    socket: SocketArg,
    address: InBuffer<libc::sockaddr>,
    length: i32,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    let state = state_of(&file);
    let address = RawAddress::from_program(address, length)?;
    if state.is(Fact::Bound) && !state.is(Fact::Reusable) {
        return Err(WsaError(WSAEINVAL));
    }
    if address.family() != state.family {
        return Err(WsaError(WSAEFAULT));
    }
    bind_as_windows(state, &file.descriptor(), &address).map_err(|errno| match errno.0 {
        libc::EADDRINUSE if state.is(Fact::SharesAddress) => WsaError(WSAEACCES),
        libc::EADDRINUSE => WsaError(WSAEADDRINUSE),
        _ => state.error_of(errno),
    })?;
    state.set(Fact::Bound, true);
    state.set(Fact::BoundByProgram, true);
    Ok(())
}

/// Makes a socket listen. `SOMAXCONN` and hints of it mean the system's largest backlog.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEINVAL` (not bound), `WSAEISCONN`, `WSAEOPNOTSUPP`, `WSAEADDRINUSE`.
///
/// Source: Windows documentation, `listen`.
#[export]
pub fn longshore_listen(socket: SocketArg, backlog: i32) -> Result<(), WsaError> {
    let file = socket.get()?;
    listen(&file, backlog)
}

fn listen(file: &FileObject, backlog: i32) -> Result<(), WsaError> {
    let state = state_of(file);
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
    // Before listen(2), which checks the address once more.
    share_time_wait(state, &descriptor, true);
    let listening = rustix::net::listen(&descriptor, backlog).map_err(Errno::from);
    if listening.is_err() && !state.is(Fact::Listening) {
        share_time_wait(state, &descriptor, false);
    }
    listening.map_err(|errno| match errno.0 {
        libc::EADDRINUSE => WsaError(WSAEADDRINUSE),
        _ => state.error_of(errno),
    })?;
    if !state.set(Fact::Listening, true) {
        file.detach(); // The engine attaches it anew, as a listener.
    }
    Ok(())
}
