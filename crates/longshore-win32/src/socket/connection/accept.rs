//! Accepting without an OVERLAPPED: `accept` and `WSAAccept`.

use crate::abi::argument::{Callback, Context, InOut, OutBuffer};
use crate::port::file_object::FileObject;
use crate::socket::address::RawAddress;
use crate::socket::connection::names::local_address;
use crate::socket::operation::readiness::until_ready;
use crate::socket::socket_object::{Fact, SocketState, insert, state_of};
use crate::socket::wsa::{SOCKET, SocketArg, WsaError};
use longshore_engine::{Details, Errno, Outcome};
use longshore_win32_macros::export;
use rustix::net::SocketFlags;
use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{
    CF_ACCEPT, CF_DEFER, WSABUF, WSAECONNREFUSED, WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP, WSATRY_AGAIN,
};

fn accept_once(descriptor: &OwnedFd) -> Result<(OwnedFd, RawAddress), Errno> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    match rustix::net::acceptfrom_with(descriptor, flags) {
        Ok((accepted, address)) => Ok((accepted, address.map_or_else(RawAddress::none, RawAddress::from))),
        // The connection is gone; the next one counts.
        Err(rustix::io::Errno::CONNABORTED | rustix::io::Errno::PROTO) => Err(Errno(libc::EINTR)),
        Err(errno) => Err(errno.into()),
    }
}

/// A connection that was deferred (`CF_DEFER`): the next accepting call gets it.
pub(crate) struct Deferred {
    descriptor: OwnedFd,
    peer: RawAddress,
}

impl Deferred {
    /// What AcceptEx would have been told.
    pub(crate) fn into_outcome(self) -> Outcome {
        let address = Some(self.peer.to_engine());
        let details = Details { accepted: Some(self.descriptor), address, ..Details::default() };
        Outcome { details: Some(Box::new(details)), ..Outcome::default() }
    }
}

/// A socket object for a connection of `listener`. It inherits what Windows says.
fn connection(listener: &FileObject, descriptor: OwnedFd) -> Arc<FileObject> {
    let of = state_of(listener);
    let state = SocketState::new(of.family, of.kind, of.protocol);
    state.set(Fact::Connected, true);
    state.set(Fact::Bound, true);
    state.inherit(of);
    state.note_connected();
    let file = FileObject::new(descriptor, listener.overlapped, state);
    of.events.inherit(&file);
    file
}

fn listening(socket: SocketArg) -> Result<Arc<FileObject>, WsaError> {
    let file = socket.get()?;
    let state = state_of(&file);
    if !state.is_stream() {
        return Err(WsaError(WSAEOPNOTSUPP));
    }
    if !state.is(Fact::Listening) {
        return Err(WsaError(WSAEINVAL));
    }
    Ok(file)
}

/// Takes a connection, waiting for it unless the listener does not block. Queues no packet (S18).
///
/// # Errors
/// `INVALID_SOCKET` with `WSAENOTSOCK`, `WSAEINVAL` (not listening), `WSAEWOULDBLOCK`, `WSAEINTR` (closed
/// meanwhile), `WSAEMFILE`, `WSAEFAULT`.
///
/// Source: Windows documentation, `accept`.
#[export(callbacks)]
pub unsafe fn longshore_accept(
    socket: SocketArg,
    address: Option<OutBuffer<libc::sockaddr>>,
    length: InOut<i32>,
) -> Result<SOCKET, WsaError> {
    accept(socket, address, length, |_, _| Ok(()))
}

/// What decides whether a connection is accepted.
pub type ConditionFunction = unsafe extern "C-unwind" fn(
    *mut WSABUF,
    *mut WSABUF,
    *mut c_void,
    *mut c_void,
    *mut WSABUF,
    *mut WSABUF,
    *mut u32,
    *mut c_void,
) -> i32;

/// Takes a connection if `condition` accepts it. A refused one is closed; a deferred one waits
/// for the next call that accepts.
///
/// # Errors
/// As for [`longshore_accept`]; `WSAECONNREFUSED` and `WSATRY_AGAIN`.
///
/// Source: Windows documentation, `WSAAccept`.
#[export(callbacks)]
pub unsafe fn WSAAccept(
    socket: SocketArg,
    address: Option<OutBuffer<libc::sockaddr>>,
    length: InOut<i32>,
    condition: Option<Callback<ConditionFunction>>,
    data: Context,
) -> Result<SOCKET, WsaError> {
    accept(socket, address, length, |peer, descriptor| match condition {
        Some(condition) => ask(condition, peer, descriptor, data),
        None => Ok(()),
    })
}

fn accept(
    socket: SocketArg,
    address: Option<OutBuffer<libc::sockaddr>>,
    length: InOut<i32>,
    decide: impl FnOnce(&RawAddress, &OwnedFd) -> Result<(), WsaError>,
) -> Result<SOCKET, WsaError> {
    let listener = listening(socket)?;
    let state = state_of(&listener);
    if let Some(address) = address {
        // Checked before a connection is taken, which could get lost.
        if usize::try_from(length.read()?).unwrap_or(0) < state.address_size() {
            return Err(WsaError(WSAEFAULT));
        }
        address.probe(state.address_size())?;
    }
    let deferred = state.deferred.lock().pop();
    let (descriptor, peer) = match deferred {
        Some(Deferred { descriptor, peer }) => (descriptor, peer),
        None => until_ready(&listener, libc::POLLIN, accept_once)?,
    };
    state.events.enable(&listener, libc::POLLIN);
    match decide(&peer, &descriptor) {
        Err(WsaError(WSATRY_AGAIN)) => {
            state.deferred.lock().push(Deferred { descriptor, peer });
            return Err(WsaError(WSATRY_AGAIN));
        }
        decision => decision?,
    }
    if let Some(address) = address {
        peer.to_program(address, length)?;
    }
    insert(connection(&listener, descriptor))
}

fn ask(
    condition: Callback<ConditionFunction>,
    peer: &RawAddress,
    descriptor: &OwnedFd,
    data: Context,
) -> Result<(), WsaError> {
    let buffer = |bytes: &mut Vec<u8>| WSABUF { len: bytes.len() as u32, buf: bytes.as_mut_ptr() };
    let mut caller = peer.to_windows();
    let mut callee = local_address(descriptor).map_or_else(|_| Vec::new(), |address| address.to_windows());
    let mut nothing = Vec::new();
    let (mut caller, mut callee) = (buffer(&mut caller), buffer(&mut callee));
    let (mut caller_data, mut callee_data) =
        (buffer(&mut nothing), WSABUF { len: 0, buf: std::ptr::null_mut() });
    let none = std::ptr::null_mut();
    let mut group = 0;
    // SAFETY: the arguments of a condition function; the buffers live until the call returns.
    let answer = unsafe {
        condition.call(
            &mut caller,
            &mut caller_data,
            none,
            none,
            &mut callee,
            &mut callee_data,
            &mut group,
            data.value(),
        )
    };
    match answer as u32 {
        CF_ACCEPT => Ok(()),
        CF_DEFER => Err(WsaError(WSATRY_AGAIN)),
        _ => Err(WsaError(WSAECONNREFUSED)),
    }
}
