//! `AcceptEx` with its second step (docs/rules/13_extensions.md, AC1-AC10).
//!
//! AcceptEx is an operation on the *listener* (P10, AC7). When a connection comes, its descriptor replaces
//! the accepting socket's; that socket's handle, port, modes and options stay (AC10). If data is wanted as
//! well, a receive on that socket follows; it still belongs to the listener's operation.
//!
//! It always pends (AC4). Once a connection may have been taken, every ending comes by packet. After an error
//! the accepting socket can be used again.

use crate::abi::argument::{Argument, InBuffer, Out, OutBuffer};
use crate::abi::door::True;
use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin_outside, begin_pending, finish};
use crate::port::request::{Overlapped, Request, SyncResult};
use crate::socket::address::RawAddress;
use crate::socket::connection::disconnect;
use crate::socket::connection::names::local_address;
use crate::socket::placeholder;
use crate::socket::socket_object::{Fact, Receiving, state_of};
use crate::socket::wsa::{PENDING, SocketArg, WsaError};
use longshore_engine::{Errno, OpCode, Outcome, Tag};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED};
use windows_sys::Win32::Networking::WinSock::{WSAEFAULT, WSAEINVAL};

/// An AcceptEx under way.
struct Accept {
    acceptor: Arc<FileObject>,
    areas: Areas,
    /// The areas cannot hold the addresses (AC2).
    too_small: bool,
    /// The accepting socket has no descriptor of its own any more.
    gave_placeholder: bool,
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
    /// An area holds the address, and in its last four bytes the address' length
    /// (AC6: the layout is our own).
    fn write(&self, place: usize, size: usize, address: &RawAddress) {
        let bytes = address.to_windows();
        if size < bytes.len() + AREA_EXTRA {
            return;
        }
        // SAFETY: the program's buffer, the operation's until its end is delivered (A6).
        let buffer = unsafe { OutBuffer::<u8>::from_c(self.start) };
        let _ = buffer.from(place).write(&bytes);
        let _ = buffer.from(place + size - 4).write(&(bytes.len() as u32).to_ne_bytes());
    }
}

/// The length of the address in an area, if there is one.
fn address_in(area: OutBuffer, size: usize) -> Option<i32> {
    let room = size.checked_sub(AREA_EXTRA)?;
    // SAFETY: only the address is used.
    let place = unsafe { InBuffer::<c_void>::from_c(area.from(size - 4).as_ptr()) };
    let mut length = [0; 4];
    place.read(&mut length).ok()?;
    let length = u32::from_ne_bytes(length);
    (length as usize <= room).then_some(length as i32)
}

impl Accept {
    /// The accepting socket no longer waits for a connection.
    fn give_back(&self, status: Status) -> Next {
        state_of(&self.acceptor).set(Fact::Accepting, false);
        Next::Ended(status, 0)
    }

    /// Descriptors have run out. The accepting socket's own descriptor is closed, so that the connection can
    /// have it. If another thread takes it first, the accept is tried again later.
    fn wait_for_descriptor(mut self: Box<Self>, listener: Arc<FileObject>) -> Next {
        match placeholder::shared().filter(|_| !self.gave_placeholder) {
            Some(shared) => {
                self.gave_placeholder = true;
                self.acceptor.replace_descriptor(shared);
                Next::Continue(listener, OpCode::Accept, self)
            }
            None => Next::Later(listener, OpCode::Accept, self),
        }
    }
}

impl Action for Accept {
    fn conclude(self: Box<Self>, request: &mut Request, mut outcome: Outcome) -> Next {
        let listener = request.file.clone();
        if matches!(outcome.error, Some(Errno(libc::EMFILE | libc::ENFILE))) && !listener.is_closed() {
            return self.wait_for_descriptor(listener);
        }
        let status = request.status_of(&outcome);
        let state = state_of(&self.acceptor);
        // The listener's operation has a connection, or has failed: closing the acceptor no longer affects
        // it. (The OVERLAPPED may be in use by the next operation.)
        state.accepting.lock().take();
        if status.is_error() {
            return self.give_back(status);
        }
        if self.too_small {
            return self.give_back(Status(STATUS_BUFFER_TOO_SMALL));
        }
        let Some((descriptor, Some(peer))) = outcome.take_accepted() else {
            return self.give_back(Status(STATUS_CANCELLED));
        };
        if self.acceptor.is_closed() {
            return self.give_back(Status(STATUS_CANCELLED)); // AC8: the connection goes with it.
        }
        let saved = state.options.lock();
        saved.apply(&descriptor);
        drop(saved);
        let descriptor = Arc::new(descriptor);
        self.acceptor.replace_descriptor(descriptor.clone());
        state.begin_connection();
        state.set(Fact::ContextDue, true);
        let areas = self.areas;
        if areas.local > 0
            && let Ok(local) = local_address(&descriptor)
        {
            areas.write(areas.data, areas.local, &local);
        }
        areas.write(areas.data + areas.local, areas.remote, &RawAddress::of_peer(&peer));
        if areas.data == 0 {
            return self.give_back(Status::SUCCESS); // AC3
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
        if status.is_error() && !self.acceptor.is_closed() {
            disconnect::renew(&self.acceptor); // AC4: fresh again.
        }
        state_of(&self.acceptor).set(Fact::Accepting, false);
        let of = state_of(&self.listener);
        let mut receiving = of.receiving.lock();
        if let Some(place) = receiving.iter().position(|one| one.tag == self.tag) {
            receiving.swap_remove(place);
        }
        Next::Ended(status, bytes)
    }
}

/// Takes a connection into a socket made before, with both addresses and, if wanted, the
/// first data. Always pends (AC4).
///
/// # Errors
/// FALSE with `WSA_IO_PENDING` when it goes on; AC1: `ERROR_INVALID_PARAMETER` without an OVERLAPPED,
/// `WSAENOTSOCK`, `WSAEINVAL` (not listening, or the accepting socket is in use), `WSAEFAULT`. What becomes
/// of the connection comes with the packet.
///
/// Source: Windows documentation, `AcceptEx`.
#[export]
pub unsafe fn AcceptEx(
    listener: SocketArg,
    acceptor: SocketArg,
    buffer: OutBuffer,
    data_length: u32,
    local_length: u32,
    remote_length: u32,
    received: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
) -> Result<True, WsaError> {
    let overlapped = overlapped.ok_or(WsaError(ERROR_INVALID_PARAMETER as i32))?;
    overlapped.mark_pending()?; // AC1: it is pending even if an argument is refused.
    let file = listener.get()?;
    let acceptor = acceptor.get()?;
    let (of, into) = (state_of(&file), state_of(&acceptor));
    if !of.is(Fact::Listening) || !into.is_stream() || into.family != of.family {
        return Err(WsaError(WSAEINVAL));
    }
    let used = [Fact::Bound, Fact::Connected, Fact::Connecting, Fact::Listening];
    if used.iter().any(|&fact| into.is(fact)) && !into.is(Fact::Reusable) {
        return Err(WsaError(WSAEINVAL));
    }
    let room = data_length as usize + local_length as usize + remote_length as usize;
    if buffer.is_null() || remote_length == 0 {
        return Err(WsaError(WSAEFAULT));
    }
    buffer.probe(room)?;
    let needed = of.address_size() + AREA_EXTRA;
    let areas = Areas {
        start: buffer.as_ptr().cast(),
        data: data_length as usize,
        local: local_length as usize,
        remote: remote_length as usize,
    };
    let too_small = (areas.local > 0 && areas.local < needed) || areas.remote < needed;
    let accept = Accept { acceptor: acceptor.clone(), areas, too_small, gave_placeholder: false };
    // AC2: a connection that cannot be reported stays in the backlog.
    let op_code = if too_small { OpCode::Readable } else { OpCode::Accept };
    let mut request = Request::of(file.clone(), Some(overlapped), None, Box::new(accept))?;
    if into.set(Fact::Accepting, true) {
        return Err(WsaError(WSAEINVAL));
    }
    request.answer = SyncResult::of_count(received.map_or(std::ptr::null_mut(), Out::as_ptr));
    *into.accepting.lock() = Some((request.tag(), Arc::downgrade(&file)));
    let deferred = if too_small { None } else { of.deferred.lock().pop() };
    if let Some(deferred) = deferred {
        begin_outside(&request);
        finish(request, deferred.into_outcome());
        return Err(PENDING);
    }
    match begin_pending(request, op_code) {
        StartResult::Pending => Err(PENDING),
        StartResult::Ended(status, _) => {
            into.accepting.lock().take();
            into.set(Fact::Accepting, false);
            Err(status.into())
        }
    }
}

/// Finds the addresses in the buffer that AcceptEx filled in (AC6). An address that was not
/// asked for is not touched (AC2).
///
/// Source: Windows documentation, `GetAcceptExSockaddrs`.
#[export]
pub unsafe fn GetAcceptExSockaddrs(
    buffer: OutBuffer,
    data_length: u32,
    local_length: u32,
    remote_length: u32,
    local: Option<Out<*mut libc::sockaddr>>,
    local_size: Option<Out<i32>>,
    remote: Option<Out<*mut libc::sockaddr>>,
    remote_size: Option<Out<i32>>,
) {
    let find =
        |place: usize, size: u32, address: Option<Out<*mut libc::sockaddr>>, length: Option<Out<i32>>| {
            let area = buffer.from(place);
            if let (false, Some(address), Some(length)) = (buffer.is_null(), address, length)
                && let Some(count) = address_in(area, size as usize)
            {
                address.store(area.as_ptr().cast());
                length.store(count);
            }
        };
    find(data_length as usize, local_length, local, local_size);
    find(data_length as usize + local_length as usize, remote_length, remote, remote_size);
}
