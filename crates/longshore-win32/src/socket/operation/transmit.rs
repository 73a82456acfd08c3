//! `TransmitFile` (TF1, TF2).

use crate::abi::absent::absent;
use crate::abi::argument::{Argument, Ignored, In, InBuffer, plain};
use crate::abi::door::True;
use crate::object::handles::{self, HANDLE};
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin_pending};
use crate::port::request::{Buffers, Overlapped, Request};
use crate::socket::connection::connect::settle_connecting;
use crate::socket::connection::disconnect;
use crate::socket::operation::waited::perform;
use crate::socket::options::reset_at_close;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{PENDING, SocketArg, WsaError};
use longshore_engine::{Errno, FileRange, OpCode, Outcome};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{
    TF_DISCONNECT, TF_REUSE_SOCKET, TRANSMIT_FILE_BUFFERS, WSAEINVAL, WSAENOTCONN, WSAENOTSOCK, WSAEOPNOTSUPP,
};

/// The largest transmission, in bytes (TF2).
const TRANSMIT_MAX: u64 = i32::MAX as u64 - 1;

plain!(TRANSMIT_FILE_BUFFERS);

/// The buffers around the file, and the length of the first.
fn around(around: Option<In<TRANSMIT_FILE_BUFFERS>>) -> Result<(Buffers, u64), WsaError> {
    let mut buffers = Buffers::new();
    let Some(around) = around else {
        return Ok((buffers, 0));
    };
    let around = around.read()?;
    let mut add = |start: *mut c_void, length: u32| -> Result<u64, WsaError> {
        let length = if start.is_null() { 0 } else { length as usize };
        if length > 0 {
            // SAFETY: the address is only asked about.
            unsafe { InBuffer::<c_void>::from_c(start) }.probe(length)?;
            buffers.push(libc::iovec { iov_base: start, iov_len: length });
        }
        Ok(length as u64)
    };
    let before = add(around.Head, around.HeadLength)?;
    add(around.Tail, around.TailLength)?;
    Ok((buffers, before))
}

/// How much of the file is sent, from where.
fn range_of(file: &OwnedFd, offset: Option<u64>, bytes: u32) -> Result<(u64, u64), Errno> {
    let stat = rustix::fs::fstat(file)?;
    let offset = match offset {
        Some(offset) => offset,
        None => rustix::fs::tell(file).unwrap_or(0),
    };
    let left = (stat.st_size as u64).saturating_sub(offset);
    let length = match bytes {
        0 => left,
        bytes => u64::from(bytes).min(left),
    };
    Ok((offset, length))
}

/// Sends a buffer, a file or a part of it, and another buffer, and optionally ends the connection.
///
/// # Errors
/// FALSE with `WSA_IO_PENDING`, `WSAENOTSOCK`, `WSAENOTCONN` (also for datagram
/// sockets), `WSAEINVAL`, `WSAEFAULT`.
///
/// Source: Windows documentation, `TransmitFile`.
#[export(callbacks)]
pub unsafe fn TransmitFile(
    socket: SocketArg,
    file: HANDLE,
    bytes: u32,
    _bytes_per_send: u32,
    overlapped: Option<Overlapped>,
    buffers: Option<In<TRANSMIT_FILE_BUFFERS>>,
    flags: u32,
) -> Result<True, WsaError> {
    let socket = socket.get()?;
    settle_connecting(&socket);
    let state = state_of(&socket);
    if !state.is_stream() || !state.is(Fact::Connected) {
        return Err(WsaError(WSAENOTCONN));
    }
    if flags & TF_REUSE_SOCKET != 0 && flags & TF_DISCONNECT == 0 {
        return Err(WsaError(WSAEINVAL));
    }
    let (buffers, before) = around(buffers)?;
    let op_code = if file.is_null() {
        OpCode::Send
    } else {
        let file = handles::get::<FileObject>(file).map_err(|_| WsaError(WSAENOTSOCK))?;
        let file: Arc<OwnedFd> = file.descriptor();
        let given = overlapped.map(Overlapped::offset).transpose()?;
        let (offset, length) = range_of(&file, given, bytes).map_err(|errno| state.error_of(errno))?;
        if length > TRANSMIT_MAX {
            return Err(WsaError(WSAEINVAL));
        }
        OpCode::SendFile(FileRange { file, offset, length, before }.into())
    };
    let action = Box::new(Transmit { flags });
    let Some(overlapped) = overlapped.filter(|_| socket.overlapped) else {
        perform(&socket, buffers, op_code, action, None)?;
        return Ok(True);
    };
    let mut request = Request::of(socket.clone(), Some(overlapped), None, action)?;
    request.buffers = buffers;
    match begin_pending(request, op_code) {
        StartResult::Pending => Err(PENDING),
        StartResult::Ended(status, _) => Err(status.into()),
    }
}

/// A transmission under way.
struct Transmit {
    flags: u32,
}

impl Action for Transmit {
    /// All has been sent, or not.
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let status = request.status_of(&outcome);
        if status.is_error() && outcome.bytes > 0 {
            reset_at_close(&request.file.descriptor()); // As for a send.
        }
        if !status.is_error()
            && self.flags & TF_DISCONNECT != 0
            && let Err(status) = disconnect::finish(&request.file, self.flags & TF_REUSE_SOCKET != 0)
        {
            return Next::Ended(status, outcome.bytes as usize);
        }
        Next::ended(status, &outcome)
    }
}

/// Sends an array of parts of memory and files; not supported.
///
/// # Errors
/// FALSE with `WSAEOPNOTSUPP`. It exists because programs ask for its address. Use `TransmitFile`.
///
/// Source: Windows documentation, `LPFN_TRANSMITPACKETS`.
#[export]
pub fn TransmitPackets(
    _socket: SocketArg,
    _packets: Ignored,
    _count: u32,
    _bytes_per_send: u32,
    _overlapped: Ignored,
    _flags: u32,
) -> Result<True, WsaError> {
    absent!(fails TransmitPackets, "use TransmitFile or WSASend");
    Err(WsaError(WSAEOPNOTSUPP))
}
