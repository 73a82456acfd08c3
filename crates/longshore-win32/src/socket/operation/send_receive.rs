//! Sending and receiving: `WSASend`, `WSARecv`, their datagram forms, and the calls of old (docs/rules.md, section 12).
//!
//! Receives without an OVERLAPPED are system calls on the descriptor. Sends on streams always go through the engine's
//! lane, also those that block: it keeps every send in one piece and in its order (S5, S19), whoever sends how.

use crate::abi::status::Status;
use crate::port::action::{Action, Plain};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{BoxedRoutine, Buffers, Request, StartResult, SyncResult, begin};
use crate::port::sync_block::{Interruption, NotReady, wait_ready};
use crate::socket::address::RawAddress;
use crate::socket::operation::icmp_error;
use crate::socket::operation::message::{CompletionRoutine, Datagram, Received, Told, outcome_of};
use crate::socket::operation::waited::{perform, send_without_blocking};
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{PENDING, SOCKET, WsaError, get, to_count, to_int};
use libc::c_char;
use longshore_engine::{Errno, OpCode};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
pub use windows_sys::Win32::Networking::WinSock::WSABUF;
use windows_sys::Win32::Networking::WinSock::{
    MSG_DONTROUTE, MSG_OOB, MSG_PARTIAL, MSG_PEEK, MSG_PUSH_IMMEDIATE, MSG_WAITALL, WSA_OPERATION_ABORTED,
    WSAECONNABORTED, WSAECONNRESET, WSAEFAULT, WSAEINTR, WSAEINVAL, WSAEMSGSIZE, WSAENOTCONN, WSAEOPNOTSUPP,
    WSAESHUTDOWN, WSAETIMEDOUT, WSAEWOULDBLOCK,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The memory of an array of `WSABUF`, which may be reused when the call returns (A6).
///
/// # Errors
/// `WSAEINVAL` for none (S7), `WSAEFAULT` for NULL.
///
/// # Safety
/// `array` is NULL or points to `count` of them.
pub(crate) unsafe fn buffers_of(array: *const WSABUF, count: u32) -> Result<Buffers, WsaError> {
    if count == 0 {
        return Err(WsaError(WSAEINVAL));
    }
    if array.is_null() {
        return Err(WsaError(WSAEFAULT));
    }
    // SAFETY: the caller's promise.
    let array = unsafe { std::slice::from_raw_parts(array, count as usize) };
    Ok(array
        .iter()
        .map(|buffer| libc::iovec { iov_base: buffer.buf.cast(), iov_len: buffer.len as usize })
        .collect())
}

fn one_buffer(start: *mut c_char, length: i32) -> Result<Buffers, WsaError> {
    let iov_len = usize::try_from(length).map_err(|_| WsaError(WSAEFAULT))?;
    Ok(smallvec::smallvec![libc::iovec { iov_base: start.cast(), iov_len }])
}

fn length_of(buffers: &Buffers) -> usize {
    buffers.iter().map(|buffer| buffer.iov_len).sum()
}

/// `MSG_` flags of Windows as those of Linux.
///
/// # Errors
/// `WSAEOPNOTSUPP` for unknown ones.
pub(crate) fn flags_to_linux(flags: u32) -> Result<i32, WsaError> {
    let known = [
        (MSG_OOB as u32, libc::MSG_OOB),
        (MSG_PEEK as u32, libc::MSG_PEEK),
        (MSG_DONTROUTE as u32, libc::MSG_DONTROUTE),
        (MSG_WAITALL as u32, libc::MSG_WAITALL),
        (MSG_PARTIAL, 0),
        (MSG_PUSH_IMMEDIATE as u32, 0),
    ];
    let mut rest = flags;
    let mut linux = 0;
    for (ours, theirs) in known {
        if flags & ours != 0 {
            linux |= theirs;
            rest &= !ours;
        }
    }
    if rest == 0 { Ok(linux) } else { Err(WsaError(WSAEOPNOTSUPP)) }
}

/// A program's completion routine as this face's.
///
/// # Errors
/// `WSAEINVAL` on a socket that is bound to a port (P7).
///
/// # Safety
/// `routine` may be called with an OVERLAPPED of the program's.
pub(crate) unsafe fn routine_of(
    file: &FileObject,
    routine: CompletionRoutine,
) -> Result<Option<BoxedRoutine>, WsaError> {
    let Some(routine) = routine else {
        return Ok(None);
    };
    if file.is_bound() {
        return Err(WsaError(WSAEINVAL));
    }
    Ok(Some(Box::new(move |status: Status, bytes, overlapped| {
        let error = if status.is_success() { 0 } else { status.to_winsock() as u32 };
        // SAFETY: the caller's promise.
        unsafe { routine(error, bytes as u32, overlapped, 0) };
    })))
}

/// A request on a socket.
///
/// # Errors
/// As for [`Request::new`].
///
/// # Safety
/// As for [`Request::new`].
pub(crate) unsafe fn request(
    file: &Arc<FileObject>,
    overlapped: *mut OVERLAPPED,
    routine: Option<BoxedRoutine>,
    action: Box<dyn Action>,
) -> Result<Box<Request>, WsaError> {
    // SAFETY: the caller's promise.
    unsafe { Request::new(file, overlapped, routine, action) }.map_err(|error| WsaError(error.0 as i32))
}

/// What an overlapped call returns (S1). The count has been given already (S2).
pub(crate) fn settle(begun: StartResult) -> Result<(), WsaError> {
    let (status, _) = outcome_of(begun)?;
    if status.is_success() { Ok(()) } else { Err(status.into()) }
}

/// The error of a blocking call that was not let through.
pub(crate) fn error_of(file: &FileObject, not_ready: NotReady) -> WsaError {
    let socket = state_of(file);
    match not_ready {
        NotReady::TimedOut => WsaError(WSAETIMEDOUT),
        NotReady::Interrupted(Interruption::Cancelled) => WsaError(WSA_OPERATION_ABORTED),
        NotReady::Interrupted(Interruption::Closed) if socket.is_connected_stream() => {
            WsaError(WSAECONNABORTED)
        }
        NotReady::Interrupted(_) => WsaError(WSAEINTR),
        NotReady::Failed(errno) => socket.error_of(errno),
    }
}

/// Repeats a call on the descriptor until it does not fail for want of readiness, waiting between (unless the socket
/// does not block).
pub(crate) fn until_ready<R>(
    file: &Arc<FileObject>,
    events: i16,
    mut call: impl FnMut(&OwnedFd) -> Result<R, Errno>,
) -> Result<R, WsaError> {
    let socket = state_of(file);
    let descriptor = file.descriptor();
    loop {
        match call(&descriptor) {
            Ok(result) => return Ok(result),
            Err(Errno(libc::EINTR)) => {}
            Err(Errno(libc::EAGAIN)) if socket.is(Fact::Nonblocking) => return Err(WsaError(WSAEWOULDBLOCK)),
            Err(Errno(libc::EAGAIN)) => {
                let timeout = socket.timeout(events);
                wait_ready(file, &descriptor, events, timeout).map_err(|reason| error_of(file, reason))?;
            }
            Err(errno) => return Err(socket.error_of(errno)),
        }
    }
}

/// What forbids a receive before the kernel is asked (S10).
pub(crate) fn check_receive(file: &FileObject) -> Result<(), WsaError> {
    let socket = state_of(file);
    if socket.is(Fact::ReceiveShutDown) {
        return Err(WsaError(WSAESHUTDOWN));
    }
    match socket.is_stream() {
        true if socket.is(Fact::Listening) => Err(WsaError(WSAENOTCONN)),
        true => Ok(()),
        false if socket.is(Fact::Bound) => Ok(()),
        false => Err(WsaError(WSAEINVAL)),
    }
}

/// What forbids a send before the kernel is asked.
pub(crate) fn check_send(file: &FileObject) -> Result<(), WsaError> {
    let socket = state_of(file);
    match socket.is(Fact::SendShutDown) {
        true => Err(WsaError(WSAESHUTDOWN)),
        false if socket.is(Fact::Listening) => Err(WsaError(WSAENOTCONN)),
        false => Ok(()),
    }
}

/// A receive that the call itself carries out, blocking if the socket does.
///
/// # Safety
/// The buffers are writable, `received` is NULL or writable, and so is what `report` writes to.
pub(crate) unsafe fn receive_now(
    file: &Arc<FileObject>,
    mut buffers: Buffers,
    flags: i32,
    mut report: Option<&mut Received>,
    received: *mut u32,
) -> Result<(), WsaError> {
    check_receive(file)?;
    let socket = state_of(file);
    let all = flags & libc::MSG_WAITALL != 0 && flags & libc::MSG_PEEK == 0 && socket.is_stream();
    let flags = (flags & !libc::MSG_WAITALL) | libc::MSG_DONTWAIT;
    let wanted = length_of(&buffers);
    if icmp_error::take(file) {
        return Err(WsaError(WSAECONNRESET));
    }
    let (mut bytes, mut told) = (0, Told::default());
    loop {
        let result = until_ready(file, libc::POLLIN, |descriptor| {
            let mut address = RawAddress::room();
            // SAFETY: all-zero is a valid msghdr.
            let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
            let (name, length) = address.as_mut_parts();
            message.msg_name = name.cast();
            message.msg_namelen = *length;
            message.msg_iov = buffers.as_mut_ptr();
            // What is left over is for another call, or lost as the rest of a datagram is.
            message.msg_iovlen = buffers.len().min(libc::UIO_MAXIOV as usize) as _;
            let control: &mut [u8] = report.as_mut().map_or(&mut [], |report| report.control());
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = control.len() as _;
            // SAFETY: everything the message names is valid, the buffers by the caller's promise (and if they are
            // not, the kernel says so).
            let count = unsafe { libc::recvmsg(descriptor.as_raw_fd(), &mut message, flags) };
            if count < 0 {
                let errno = Errno::last();
                let report = errno.0 == libc::ECONNREFUSED && !socket.is_stream();
                return Err(if report && !icmp_error::met_by_receive(file) {
                    Errno(libc::EINTR)
                } else {
                    errno
                });
            }
            *address.as_mut_parts().1 = message.msg_namelen;
            let told = Told {
                sender: (message.msg_namelen > 0).then_some(address),
                truncated: message.msg_flags & libc::MSG_TRUNC != 0,
                flags: message.msg_flags,
                control_bytes: message.msg_controllen as usize,
            };
            Ok((count as usize, told))
        });
        let count;
        (count, told) = match result {
            Ok(result) => result,
            // What came before counts.
            Err(_) if bytes > 0 => break,
            Err(error) => return Err(error),
        };
        bytes += count;
        if !all || count == 0 || bytes >= wanted {
            break;
        }
        advance(&mut buffers, count);
    }
    socket.events.enable(file, libc::POLLIN);
    let truncated = told.truncated && !socket.is_stream();
    if let Some(message) = report {
        message.report(&told);
    }
    if !received.is_null() {
        // SAFETY: the caller's promise.
        unsafe { received.write(bytes as u32) };
    }
    if truncated { Err(WsaError(WSAEMSGSIZE)) } else { Ok(()) }
}

fn advance(buffers: &mut Buffers, mut bytes: usize) {
    while bytes > 0 && !buffers.is_empty() {
        let step = bytes.min(buffers[0].iov_len);
        buffers[0].iov_base = buffers[0].iov_base.cast::<u8>().wrapping_add(step).cast();
        buffers[0].iov_len -= step;
        bytes -= step;
        if buffers[0].iov_len == 0 {
            buffers.remove(0);
        }
    }
}

/// A send that the call itself carries out, blocking if the socket does.
///
/// # Safety
/// The buffers are readable, `sent` is NULL or writable.
pub(crate) unsafe fn send_now(
    file: &Arc<FileObject>,
    buffers: Buffers,
    op_code: OpCode,
    action: Box<dyn Action>,
    sent: *mut u32,
) -> Result<(), WsaError> {
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
    if !sent.is_null() {
        // SAFETY: the caller's promise.
        unsafe { sent.write(count as u32) };
    }
    Ok(())
}

/// The flags of a receive without an OVERLAPPED.
///
/// # Safety
/// `flags` is writable.
unsafe fn report_flags(result: &Result<(), WsaError>, flags: *mut u32) {
    let partial = match result {
        Ok(()) => 0,
        Err(WsaError(WSAEMSGSIZE)) => MSG_PARTIAL,
        Err(_) => return,
    };
    // SAFETY: the caller's promise.
    unsafe { flags.write(partial) };
}

/// Receives (S1-S9). Without an OVERLAPPED the call waits, unless the socket does not block.
///
/// # Errors
/// −1 with `WSA_IO_PENDING` when the receive goes on, `WSAENOTSOCK`, `WSAEINVAL`, `WSAENOTCONN`, `WSAESHUTDOWN`,
/// `WSAECONNRESET`, `WSAEMSGSIZE` for a cut datagram, `WSAEFAULT`.
///
/// # Safety
/// `buffers` points to `count` of them; their memory and `overlapped` stay valid until the end is delivered (A6).
/// `received` is NULL or writable, `flags` readable and writable.
///
/// Source: Windows documentation, `WSARecv`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSARecv(
    socket: SOCKET,
    buffers: *const WSABUF,
    count: u32,
    received: *mut u32,
    flags: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: CompletionRoutine,
) -> i32 {
    let none = std::ptr::null_mut();
    // SAFETY: the caller's promise.
    unsafe {
        WSARecvFrom(socket, buffers, count, received, flags, none, std::ptr::null_mut(), overlapped, routine)
    }
}

/// Receives, with the sender of a datagram (S10-S12).
///
/// # Errors
/// As for [`WSARecv`].
///
/// # Safety
/// As for [`WSARecv`]; `from` and `from_length` are NULL or stay valid until the end is delivered.
///
/// Source: Windows documentation, `WSARecvFrom`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSARecvFrom(
    socket: SOCKET,
    buffers: *const WSABUF,
    count: u32,
    received: *mut u32,
    flags: *mut u32,
    from: *mut libc::sockaddr,
    from_length: *mut i32,
    overlapped: *mut OVERLAPPED,
    routine: CompletionRoutine,
) -> i32 {
    let receive = || -> Result<(), WsaError> {
        let file = get(socket)?;
        // SAFETY: the caller's promise.
        let buffers = unsafe { buffers_of(buffers, count) }?;
        if flags.is_null() || (received.is_null() && overlapped.is_null()) {
            return Err(WsaError(WSAEFAULT));
        }
        // SAFETY: the caller's promise.
        let linux_flags = flags_to_linux(unsafe { flags.read() })?;
        let state = state_of(&file);
        let plain = state.is_stream() && linux_flags == 0;
        let mut report = Received::new(from, from_length);
        report.flags_on_linux = linux_flags;
        if overlapped.is_null() || !file.overlapped {
            let report = if plain { None } else { Some(&mut report) };
            // SAFETY: the caller's promise.
            let result = unsafe { receive_now(&file, buffers, linux_flags, report, received) };
            // SAFETY: the caller's promise.
            unsafe { report_flags(&result, flags) };
            return result;
        }
        check_receive(&file)?;
        if icmp_error::take(&file) {
            return Err(WsaError(WSAECONNRESET));
        }
        let action: Box<dyn Action> = if plain { Box::new(Plain) } else { Box::new(report) };
        // SAFETY: the caller's promise.
        unsafe {
            let routine = routine_of(&file, routine)?;
            let mut request = request(&file, overlapped, routine, action)?;
            let op_code = match (state.is_stream(), length_of(&buffers)) {
                (true, 0) => OpCode::Readable, // S7
                (true, _) if linux_flags == 0 => OpCode::Recv,
                _ => OpCode::RecvMessage(linux_flags),
            };
            request.buffers = buffers;
            request.answer = SyncResult { bytes: received, flags };
            let result = settle(begin(request, op_code));
            if result != Err(PENDING) {
                state.events.enable(&file, libc::POLLIN);
            }
            result
        }
    };
    to_int(receive())
}

/// Sends all of the buffers (S5). Without an OVERLAPPED the call waits, unless the socket does not block (S23).
///
/// # Errors
/// −1 with `WSA_IO_PENDING` when the send goes on, `WSAENOTSOCK`, `WSAEINVAL`, `WSAENOTCONN`, `WSAESHUTDOWN`,
/// `WSAECONNRESET`, `WSAEWOULDBLOCK`, `WSAEFAULT` (also for NULL `sent` without an OVERLAPPED, S2).
///
/// # Safety
/// As for [`WSARecv`].
///
/// Source: Windows documentation, `WSASend`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASend(
    socket: SOCKET,
    buffers: *const WSABUF,
    count: u32,
    sent: *mut u32,
    flags: u32,
    overlapped: *mut OVERLAPPED,
    routine: CompletionRoutine,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { WSASendTo(socket, buffers, count, sent, flags, std::ptr::null(), 0, overlapped, routine) }
}

/// Sends, a datagram to an address.
///
/// # Errors
/// As for [`WSASend`]; `WSAEMSGSIZE`, `WSAEADDRNOTAVAIL`.
///
/// # Safety
/// As for [`WSASend`]; `to` is NULL or points to `to_length` readable bytes.
///
/// Source: Windows documentation, `WSASendTo`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASendTo(
    socket: SOCKET,
    buffers: *const WSABUF,
    count: u32,
    sent: *mut u32,
    flags: u32,
    to: *const libc::sockaddr,
    to_length: i32,
    overlapped: *mut OVERLAPPED,
    routine: CompletionRoutine,
) -> i32 {
    let send = || -> Result<(), WsaError> {
        let file = get(socket)?;
        // SAFETY: the caller's promise.
        let buffers = unsafe { buffers_of(buffers, count) }?;
        if sent.is_null() && overlapped.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        let flags = flags_to_linux(flags)?;
        let state = state_of(&file);
        // A stream's address is not looked at.
        let address = match state.is_stream() || to.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { RawAddress::from_program(to, to_length) }?),
        };
        let to = address.as_ref().map(|address| Box::new(address.to_engine()));
        let action: Box<dyn Action> = match state.is_stream() {
            true => Box::new(Plain),
            false => Box::new(Datagram { flags, address, control: Vec::new(), again: false }),
        };
        let op_code = match (state.is_stream(), to) {
            (true, _) if flags == 0 => OpCode::Send,
            (_, Some(address)) if flags == 0 => OpCode::SendTo(address),
            (_, address) => OpCode::SendMessage(flags, address),
        };
        if overlapped.is_null() || !file.overlapped {
            // SAFETY: the caller's promise.
            return unsafe { send_now(&file, buffers, op_code, action, sent) };
        }
        check_send(&file)?;
        // SAFETY: the caller's promise.
        unsafe {
            let routine = routine_of(&file, routine)?;
            let mut request = request(&file, overlapped, routine, action)?;
            request.buffers = buffers;
            if !state.is_stream() {
                state.set(Fact::Bound, true);
            }
            request.answer = SyncResult::of_count(sent);
            settle(begin(request, op_code))
        }
    };
    to_int(send())
}

/// Receives into one buffer.
///
/// # Errors
/// As for [`WSARecv`].
///
/// # Safety
/// `length` writable bytes at `start`.
///
/// Source: Windows documentation, `recv`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_recv(socket: SOCKET, start: *mut c_char, length: i32, flags: i32) -> i32 {
    let none = std::ptr::null_mut();
    // SAFETY: the caller's promise.
    unsafe { longshore_recvfrom(socket, start, length, flags, none, std::ptr::null_mut()) }
}

/// Receives into one buffer, with the sender of a datagram.
///
/// # Errors
/// As for [`WSARecv`].
///
/// # Safety
/// As for [`longshore_recv`]; `from` and `from_length` are NULL or writable.
///
/// Source: Windows documentation, `recvfrom`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_recvfrom(
    socket: SOCKET,
    start: *mut c_char,
    length: i32,
    flags: i32,
    from: *mut libc::sockaddr,
    from_length: *mut i32,
) -> i32 {
    let receive = || -> Result<usize, WsaError> {
        let file = get(socket)?;
        let flags = flags_to_linux(flags as u32)?;
        let mut report = Received::new(from, from_length);
        let mut count = 0;
        // SAFETY: the caller's promise.
        unsafe { receive_now(&file, one_buffer(start, length)?, flags, Some(&mut report), &mut count) }?;
        Ok(count as usize)
    };
    to_count(receive())
}

/// Sends one buffer.
///
/// # Errors
/// As for [`WSASend`].
///
/// # Safety
/// `length` readable bytes at `start`.
///
/// Source: Windows documentation, `send`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_send(
    socket: SOCKET,
    start: *const c_char,
    length: i32,
    flags: i32,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { longshore_sendto(socket, start, length, flags, std::ptr::null(), 0) }
}

/// Sends one buffer, a datagram to an address.
///
/// # Errors
/// As for [`WSASendTo`].
///
/// # Safety
/// As for [`longshore_send`]; `to` is NULL or points to `to_length` readable bytes.
///
/// Source: Windows documentation, `sendto`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_sendto(
    socket: SOCKET,
    start: *const c_char,
    length: i32,
    flags: i32,
    to: *const libc::sockaddr,
    to_length: i32,
) -> i32 {
    let length = match u32::try_from(length) {
        Ok(length) => length,
        Err(_) => return to_count(Err(WsaError(WSAEFAULT))),
    };
    let buffer = WSABUF { len: length, buf: start.cast_mut().cast() };
    let mut sent = 0;
    let overlapped = std::ptr::null_mut();
    // SAFETY: the caller's promise; the buffer is read only.
    let result =
        unsafe { WSASendTo(socket, &buffer, 1, &mut sent, flags as u32, to, to_length, overlapped, None) };
    if result == 0 { sent as i32 } else { result }
}

/// Receives into one buffer, and says by its flags whether a datagram was cut.
///
/// # Errors
/// As for [`WSARecv`].
///
/// # Safety
/// As for [`longshore_recv`]; `flags` is readable and writable.
///
/// Source: Windows documentation, `WSARecvEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSARecvEx(socket: SOCKET, start: *mut c_char, length: i32, flags: *mut i32) -> i32 {
    let buffer = WSABUF { len: u32::try_from(length).unwrap_or(0), buf: start.cast() };
    let (mut count, overlapped) = (0, std::ptr::null_mut());
    // SAFETY: the caller's promise.
    match unsafe { WSARecv(socket, &buffer, 1, &mut count, flags.cast(), overlapped, None) } {
        0 => count as i32,
        failed => failed,
    }
}
