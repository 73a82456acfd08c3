//! Accepting: the blocking calls, and `AcceptEx` with its second step (docs/rules.md, section 13, AC1-AC10).
//!
//! AcceptEx is an operation on the *listener* (P10, AC7). When a connection has come, its descriptor takes the place
//! of the accepting socket's, whose handle, port, modes and options stay (AC10). If data is wanted as well, a receive
//! on that socket follows, still on the listener's account.

use crate::abi::last_error::{Win32Error, to_bool as to_win32_bool};
use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::buffer_check::is_plausible;
use crate::port::file_object::FileObject;
use crate::port::overlapped::{Request, StartResult, SyncResult, begin};
use crate::socket::address::RawAddress;
use crate::socket::operation::send_receive::until_ready;
use crate::socket::socket_object::{Fact, Receiving, SocketState, insert, state_of, to_socket};
use crate::socket::wsa::{PENDING, SOCKET, WsaError, get, to_bool};
use longshore_engine::{Errno, OpCode, Outcome, Tag};
use std::ffi::c_void;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED};
use windows_sys::Win32::Networking::WinSock::{
    CF_ACCEPT, CF_DEFER, WSABUF, WSAECONNREFUSED, WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP, WSATRY_AGAIN,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

fn accept_once(descriptor: &OwnedFd) -> Result<(OwnedFd, RawAddress), Errno> {
    let mut address = RawAddress::room();
    let (name, length) = address.as_mut_parts();
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: room for any address.
    let accepted = unsafe { libc::accept4(descriptor.as_raw_fd(), name, length, flags) };
    if accepted < 0 {
        return Err(match Errno::last().0 {
            // The connection is gone; the next one counts.
            libc::ECONNABORTED | libc::EPROTO => Errno(libc::EINTR),
            errno => Errno(errno),
        });
    }
    // SAFETY: a fresh descriptor that nobody else owns.
    Ok((unsafe { OwnedFd::from_raw_fd(accepted) }, address))
}

/// A socket object for a connection that `listener` got.
fn connection(listener: &FileObject, descriptor: OwnedFd) -> Arc<FileObject> {
    let of = state_of(listener);
    let state = SocketState::new(of.family, of.kind, of.protocol);
    state.set(Fact::Connected, true);
    state.set(Fact::Bound, true);
    state.set(Fact::Nonblocking, of.is(Fact::Nonblocking));
    state.note_connected();
    FileObject::new(descriptor, listener.overlapped, state)
}

fn listening(socket: SOCKET) -> Result<Arc<FileObject>, WsaError> {
    let file = get(socket)?;
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
/// `INVALID_SOCKET` with `WSAENOTSOCK`, `WSAEINVAL` (not listening), `WSAEWOULDBLOCK`, `WSAEINTR` (closed meanwhile),
/// `WSAEMFILE`, `WSAEFAULT`.
///
/// # Safety
/// `address` and `length` are NULL or writable, `length` readable.
///
/// Source: Windows documentation, `accept`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_accept(
    socket: SOCKET,
    address: *mut libc::sockaddr,
    length: *mut i32,
) -> SOCKET {
    // SAFETY: the caller's promise.
    unsafe { WSAAccept(socket, address, length, None, 0) }
}

/// What decides whether a connection is accepted.
pub type ConditionFunction = unsafe extern "C" fn(
    caller: *mut WSABUF,
    caller_data: *mut WSABUF,
    sqos: *mut c_void,
    gqos: *mut c_void,
    callee: *mut WSABUF,
    callee_data: *mut WSABUF,
    group: *mut u32,
    data: usize,
) -> i32;

/// The same, or everything is accepted.
pub type Condition = Option<ConditionFunction>;

/// Takes a connection if `condition` accepts it. A refused one is closed; a deferred one is too, since Linux has
/// established it already.
///
/// # Errors
/// As for [`longshore_accept`]; `WSAECONNREFUSED` and `WSATRY_AGAIN`.
///
/// # Safety
/// As for [`longshore_accept`]; `condition` may be called with `data`.
///
/// Source: Windows documentation, `WSAAccept`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAAccept(
    socket: SOCKET,
    address: *mut libc::sockaddr,
    length: *mut i32,
    condition: Condition,
    data: usize,
) -> SOCKET {
    let accept = || -> Result<SOCKET, WsaError> {
        let listener = listening(socket)?;
        let (descriptor, peer) = until_ready(&listener, libc::POLLIN, accept_once)?;
        state_of(&listener).events.enable(&listener, libc::POLLIN);
        if let Some(condition) = condition {
            // SAFETY: the caller's promise.
            unsafe { ask(condition, &peer, &descriptor, data) }?;
        }
        if !address.is_null() {
            // SAFETY: the caller's promise.
            unsafe { peer.to_program(address, length) }?;
        }
        insert(connection(&listener, descriptor))
    };
    to_socket(accept())
}

/// # Safety
/// `condition` may be called with `data`.
unsafe fn ask(
    condition: ConditionFunction,
    peer: &RawAddress,
    descriptor: &OwnedFd,
    data: usize,
) -> Result<(), WsaError> {
    let buffer = |bytes: &mut Vec<u8>| WSABUF { len: bytes.len() as u32, buf: bytes.as_mut_ptr() };
    let mut caller = peer.to_windows();
    let mut callee = local_address(descriptor).map_or_else(Vec::new, |address| address.to_windows());
    let mut nothing = Vec::new();
    let (mut caller, mut callee) = (buffer(&mut caller), buffer(&mut callee));
    let (mut caller_data, mut callee_data) =
        (buffer(&mut nothing), WSABUF { len: 0, buf: std::ptr::null_mut() });
    let none = std::ptr::null_mut();
    let mut group = 0;
    // SAFETY: the caller's promise; the buffers live until the call returns.
    let answer = unsafe {
        condition(&mut caller, &mut caller_data, none, none, &mut callee, &mut callee_data, &mut group, data)
    };
    match answer as u32 {
        CF_ACCEPT => Ok(()),
        CF_DEFER => Err(WsaError(WSATRY_AGAIN)),
        _ => Err(WsaError(WSAECONNREFUSED)),
    }
}

/// The address a descriptor is bound to.
pub(crate) fn local_address(descriptor: &OwnedFd) -> Option<RawAddress> {
    let mut address = RawAddress::room();
    let (name, length) = address.as_mut_parts();
    // SAFETY: room for any address.
    let result = unsafe { libc::getsockname(descriptor.as_raw_fd(), name, length) };
    (result == 0).then_some(address)
}

/// An AcceptEx under way.
struct Accept {
    acceptor: Arc<FileObject>,
    areas: Areas,
    /// The areas cannot hold the addresses (AC2).
    too_small: bool,
}

/// The caller's buffer: data, local address, remote address.
#[derive(Clone, Copy)]
struct Areas {
    start: *mut u8,
    data: usize,
    local: usize,
    remote: usize,
}

// SAFETY: the buffer is the operation's until its end is delivered (A6).
unsafe impl Send for Areas {}

/// What an area must have room for beside the address.
const AREA_EXTRA: usize = 16;

impl Areas {
    /// An area holds the address, and in its last four bytes the address' length (AC6: the layout is our own).
    ///
    /// # Safety
    /// The buffer is writable.
    unsafe fn write(&self, place: usize, size: usize, address: &RawAddress) {
        let bytes = address.to_windows();
        if size < bytes.len() + AREA_EXTRA {
            return;
        }
        // SAFETY: the caller's promise; it fits.
        unsafe {
            let start = self.start.add(place);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len());
            start.add(size - 4).cast::<u32>().write_unaligned(bytes.len() as u32);
        }
    }
}

/// The place and the length of the address in an area, if there is one.
///
/// # Safety
/// `area` points to `size` readable bytes.
unsafe fn address_in(area: *mut u8, size: usize) -> Option<(*mut libc::sockaddr, i32)> {
    if size < AREA_EXTRA {
        return None;
    }
    // SAFETY: the caller's promise.
    let length = unsafe { area.add(size - 4).cast::<u32>().read_unaligned() };
    (length as usize <= size - AREA_EXTRA).then_some((area.cast(), length as i32))
}

impl Action for Accept {
    fn conclude(self: Box<Self>, request: &mut Request, mut outcome: Outcome) -> Next {
        let status = request.status_of(&outcome);
        let state = state_of(&self.acceptor);
        let listener = request.file.clone();
        // The listener's operation has a connection, or has failed: closing the acceptor no longer concerns it. (The same
        // OVERLAPPED may be the next operation's by then.)
        state.accepting.lock().take();
        let ended = |status| {
            state.set(Fact::Accepting, false);
            Next::Ended(status, 0)
        };
        if status.is_error() {
            return ended(status);
        }
        if self.too_small {
            return ended(Status(STATUS_BUFFER_TOO_SMALL));
        }
        let Some((descriptor, Some(peer))) = outcome.take_accepted() else {
            return ended(Status(STATUS_CANCELLED));
        };
        if self.acceptor.is_closed() {
            return ended(Status(STATUS_CANCELLED)); // AC8: the connection goes with it.
        }
        let saved = state.options.lock();
        saved.apply(&descriptor);
        drop(saved);
        let descriptor = self.acceptor.replace_descriptor(descriptor);
        for fact in [Fact::Connected, Fact::Bound, Fact::ContextDue] {
            state.set(fact, true);
        }
        state.set(Fact::Reusable, false);
        state.note_connected();
        let areas = self.areas;
        // SAFETY: the program's buffer, the operation's until its end is delivered (A6).
        unsafe {
            if areas.local > 0
                && let Some(local) = local_address(&descriptor)
            {
                areas.write(areas.data, areas.local, &local);
            }
            areas.write(areas.data + areas.local, areas.remote, &RawAddress::of_engine(&peer));
        }
        if areas.data == 0 {
            return ended(Status::SUCCESS); // AC3
        }
        request.buffers =
            smallvec::smallvec![libc::iovec { iov_base: areas.start.cast(), iov_len: areas.data }];
        let tag = request.tag();
        let of = state_of(&listener);
        of.receiving.lock().push(Receiving { tag, socket: Arc::downgrade(&self.acceptor) });
        let data = AcceptedData { acceptor: self.acceptor.clone(), listener: listener.clone(), tag };
        if listener.is_closed() {
            return data.over(listener.status_at_close(), 0);
        }
        request.second_step = true;
        Next::Continue(self.acceptor.clone(), OpCode::Recv, Box::new(data))
    }
}

/// An AcceptEx that waits for the first data (AC3).
struct AcceptedData {
    acceptor: Arc<FileObject>,
    listener: Arc<FileObject>,
    tag: Tag,
}

impl Action for AcceptedData {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let status = match request.status_of(&outcome) {
            Status::CANCELLED if self.acceptor.is_closed() => self.acceptor.status_at_close(), // AC8
            status => status,
        };
        self.over(status, if status.is_error() { 0 } else { outcome.bytes as usize })
    }
}

impl AcceptedData {
    fn over(&self, status: Status, bytes: usize) -> Next {
        state_of(&self.acceptor).set(Fact::Accepting, false);
        let of = state_of(&self.listener);
        let mut receiving = of.receiving.lock();
        if let Some(place) = receiving.iter().position(|one| one.tag == self.tag) {
            receiving.swap_remove(place);
        }
        Next::Ended(status, bytes)
    }
}

/// Takes a connection into a socket made before, with both addresses and, if wanted, the first data.
///
/// # Errors
/// FALSE with `WSA_IO_PENDING` when it goes on; AC1: `ERROR_INVALID_PARAMETER` without an OVERLAPPED, `WSAENOTSOCK`,
/// `WSAEINVAL` (not listening, or the accepting socket is in use), `WSAEFAULT`.
///
/// # Safety
/// `buffer` has room for the three lengths and stays valid, like `overlapped`, until the end is delivered (A6).
/// `received` is NULL or writable.
///
/// Source: Windows documentation, `AcceptEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AcceptEx(
    listener: SOCKET,
    acceptor: SOCKET,
    buffer: *mut c_void,
    data_length: u32,
    local_length: u32,
    remote_length: u32,
    received: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> i32 {
    if overlapped.is_null() {
        return to_win32_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    // SAFETY: the caller's promise; AC1: pending already when an argument is refused.
    unsafe { crate::port::overlapped::mark_pending(overlapped) };
    let accept = || -> Result<(), WsaError> {
        let file = get(listener)?;
        let acceptor = get(acceptor)?;
        let (of, into) = (state_of(&file), state_of(&acceptor));
        if !of.is(Fact::Listening) || !into.is_stream() || into.family != of.family {
            return Err(WsaError(WSAEINVAL));
        }
        let used = [Fact::Bound, Fact::Connected, Fact::Connecting, Fact::Listening];
        if used.iter().any(|&fact| into.is(fact)) && !into.is(Fact::Reusable) {
            return Err(WsaError(WSAEINVAL));
        }
        // The addresses are written by this library rather than by the kernel, which would find out.
        let room = data_length as usize + local_length as usize + remote_length as usize;
        if buffer.is_null() || remote_length == 0 || !is_plausible(buffer, room) {
            return Err(WsaError(WSAEFAULT));
        }
        if into.set(Fact::Accepting, true) {
            return Err(WsaError(WSAEINVAL));
        }
        let needed = of.address_size() + AREA_EXTRA;
        let areas = Areas {
            start: buffer.cast(),
            data: data_length as usize,
            local: local_length as usize,
            remote: remote_length as usize,
        };
        let too_small = (areas.local > 0 && areas.local < needed) || areas.remote < needed;
        let action = Box::new(Accept { acceptor: acceptor.clone(), areas, too_small });
        // AC2: a connection that cannot be reported stays in the backlog.
        let op_code = if too_small { OpCode::Readable } else { OpCode::Accept };
        // SAFETY: the caller's promise.
        let request = unsafe { Request::new(&file, overlapped, None, action) };
        let mut request = request.map_err(|error| {
            into.set(Fact::Accepting, false);
            WsaError(error.0 as i32)
        })?;
        request.answer = SyncResult::of_count(received);
        *into.accepting.lock() = Some((request.tag(), Arc::downgrade(&file)));
        match begin(request, op_code) {
            StartResult::Pending => Err(PENDING),
            StartResult::Ended(status, _) if status.is_error() => {
                into.accepting.lock().take();
                into.set(Fact::Accepting, false);
                Err(status.into())
            }
            StartResult::Ended(..) => Ok(()),
        }
    };
    to_bool(accept())
}

/// Finds the addresses in the buffer that AcceptEx filled in (AC6). What was not asked for is left alone (AC2).
///
/// # Safety
/// The lengths are those given to AcceptEx; the four places are writable.
///
/// Source: Windows documentation, `GetAcceptExSockaddrs`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAcceptExSockaddrs(
    buffer: *mut c_void,
    data_length: u32,
    local_length: u32,
    remote_length: u32,
    local: *mut *mut libc::sockaddr,
    local_size: *mut i32,
    remote: *mut *mut libc::sockaddr,
    remote_size: *mut i32,
) {
    let find = |place: usize, size: u32, address: *mut *mut libc::sockaddr, length: *mut i32| {
        if buffer.is_null() || address.is_null() || length.is_null() {
            return;
        }
        // SAFETY: the caller's promise.
        unsafe {
            if let Some((found, count)) = address_in(buffer.cast::<u8>().add(place), size as usize) {
                address.write(found);
                length.write(count);
            }
        }
    };
    find(data_length as usize, local_length, local, local_size);
    find(data_length as usize + local_length as usize, remote_length, remote, remote_size);
}
