//! `TransmitFile` (TF1, TF2).

use crate::abi::absent::absent;
use crate::object::handles::{self, HANDLE};
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{Buffers, Request, StartResult, begin_pending};
use crate::socket::operation::connect::settle_connecting;
use crate::socket::operation::disconnect;
use crate::socket::operation::waited::perform;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{PENDING, SOCKET, WsaError, get, to_bool};
use longshore_engine::{Errno, FileRange, OpCode, Outcome};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{
    TF_DISCONNECT, TF_REUSE_SOCKET, TRANSMIT_FILE_BUFFERS, WSAEINVAL, WSAENOTCONN, WSAENOTSOCK, WSAEOPNOTSUPP,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The largest transmission, in bytes (TF2).
const TRANSMIT_MAX: u64 = i32::MAX as u64 - 1;

/// The buffers around the file, and the length of the first.
///
/// # Safety
/// `around` is NULL or valid.
unsafe fn around(around: *const TRANSMIT_FILE_BUFFERS) -> (Buffers, u64) {
    let mut buffers = Buffers::new();
    let Some(around) = std::ptr::NonNull::new(around.cast_mut()) else {
        return (buffers, 0);
    };
    // SAFETY: the caller's promise.
    let around = unsafe { around.as_ref() };
    let mut add = |start: *mut std::ffi::c_void, length: u32| {
        let length = if start.is_null() { 0 } else { length as usize };
        if length > 0 {
            buffers.push(libc::iovec { iov_base: start, iov_len: length });
        }
        length as u64
    };
    let before = add(around.Head, around.HeadLength);
    add(around.Tail, around.TailLength);
    (buffers, before)
}

/// How much of the file is sent, from where.
fn range_of(file: &OwnedFd, offset: Option<u64>, bytes: u32) -> Result<(u64, u64), Errno> {
    // SAFETY: all-zero is a valid `stat`, read after the call filled it in.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: a valid place for the result.
    if unsafe { libc::fstat(file.as_raw_fd(), &mut stat) } != 0 {
        return Err(Errno::last());
    }
    let offset = match offset {
        Some(offset) => offset,
        // SAFETY: no pointers.
        None => u64::try_from(unsafe { libc::lseek(file.as_raw_fd(), 0, libc::SEEK_CUR) }).unwrap_or(0),
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
/// FALSE with `WSA_IO_PENDING`, `WSAENOTSOCK`, `WSAENOTCONN` (also for datagram sockets), `WSAEINVAL`.
///
/// # Safety
/// The buffers and `overlapped` stay valid until the end is delivered; `buffers` itself only during the call.
///
/// Source: Windows documentation, `TransmitFile`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TransmitFile(
    socket: SOCKET,
    file: HANDLE,
    bytes: u32,
    _bytes_per_send: u32,
    overlapped: *mut OVERLAPPED,
    buffers: *const TRANSMIT_FILE_BUFFERS,
    flags: u32,
) -> i32 {
    let transmit = || -> Result<(), WsaError> {
        let socket = get(socket)?;
        settle_connecting(&socket);
        let state = state_of(&socket);
        if !state.is_stream() || !state.is(Fact::Connected) {
            return Err(WsaError(WSAENOTCONN));
        }
        if flags & TF_REUSE_SOCKET != 0 && flags & TF_DISCONNECT == 0 {
            return Err(WsaError(WSAEINVAL));
        }
        // SAFETY: the caller's promise.
        let (buffers, before) = unsafe { around(buffers) };
        let op_code = if file.is_null() {
            OpCode::Send
        } else {
            let file = handles::get::<FileObject>(file).map_err(|_| WsaError(WSAENOTSOCK))?;
            let file: Arc<OwnedFd> = file.descriptor();
            // SAFETY: the caller's promise.
            let given = unsafe { overlapped.as_ref() }.map(|overlapped| {
                // SAFETY: every bit pattern is a valid offset.
                let parts = unsafe { overlapped.Anonymous.Anonymous };
                u64::from(parts.OffsetHigh) << 32 | u64::from(parts.Offset)
            });
            let (offset, length) = range_of(&file, given, bytes).map_err(|errno| state.error_of(errno))?;
            if length > TRANSMIT_MAX {
                return Err(WsaError(WSAEINVAL));
            }
            OpCode::SendFile(FileRange { file, offset, length, before }.into())
        };
        let action = Box::new(Transmit { flags });
        if overlapped.is_null() || !socket.overlapped {
            return perform(&socket, buffers, op_code, action, None).map(drop);
        }
        // SAFETY: the caller's promise.
        let request = unsafe { Request::new(&socket, overlapped, None, action) };
        let mut request = request.map_err(|error| WsaError(error.0 as i32))?;
        request.buffers = buffers;
        match begin_pending(request, op_code) {
            StartResult::Pending => Err(PENDING),
            StartResult::Ended(status, _) => Err(status.into()),
        }
    };
    to_bool(transmit())
}

/// A transmission under way.
struct Transmit {
    flags: u32,
}

impl Action for Transmit {
    /// All has been sent, or not.
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let status = request.status_of(&outcome);
        if !status.is_error() && self.flags & TF_DISCONNECT != 0 {
            disconnect::finish(&request.file, self.flags & TF_REUSE_SOCKET != 0);
        }
        Next::ended(status, &outcome)
    }
}

/// Sends an array of memory and file parts: not here.
///
/// # Errors
/// FALSE with `WSAEOPNOTSUPP`: offered so that asking for it succeeds, as on Windows; see TransmitFile.
///
/// # Safety
/// None of the arguments is looked at.
///
/// Source: Windows documentation, `LPFN_TRANSMITPACKETS`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TransmitPackets(
    _socket: SOCKET,
    _packets: *const std::ffi::c_void,
    _count: u32,
    _bytes_per_send: u32,
    _overlapped: *mut OVERLAPPED,
    _flags: u32,
) -> i32 {
    absent!(fails TransmitPackets, "use TransmitFile or WSASend");
    to_bool(Err(WsaError(WSAEOPNOTSUPP)))
}
