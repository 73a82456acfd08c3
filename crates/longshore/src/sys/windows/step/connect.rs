//! Making a connection.

use super::super::address::{as_ptr, encode};
use super::super::operation::{Face, Operation, Room};
use super::Verdict;
use super::winsock::{Started, done, set_option};
use longshore_types::{Errno, OpCode, SocketAddress};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;
use windows_sys::Win32::Networking::WinSock::{
    SIO_GET_EXTENSION_FUNCTION_POINTER, SO_UPDATE_CONNECT_CONTEXT, SOCKADDR, SOCKET, WSAID_CONNECTEX,
    WSAIoctl, bind,
};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::core::BOOL;

/// ConnectEx.
///
/// # Safety
/// That of [`try_start`](super::try_start).
pub(super) unsafe fn start<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let OpCode::Connect(ref to) = operation.op_code else { return Err(Errno::INVALID) };
    let to = encode(to)?;
    let socket = operation.handle.raw_socket();
    let connect_ex = connect_ex(socket)?;
    // CX1: it must be bound. The error for a socket that is bound already is ignored.
    let any = SocketAddress::Inet(match to.is_ipv6() {
        true => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
        false => (std::net::Ipv4Addr::UNSPECIFIED, 0).into(),
    });
    let any = encode(&any)?;
    // SAFETY: a valid address of the length it says.
    unsafe { bind(socket, as_ptr(&any), any.len()) };
    operation.room = Room::To(Box::new(to));
    let Room::To(to) = &operation.room else { unreachable!("just made") };
    // SAFETY: the address is in a box of the operation's; nothing is sent along.
    done(unsafe { connect_ex(socket, as_ptr(to), to.len(), null(), 0, null_mut(), address.cast()) })
}

/// The socket gets its addresses, which it does not have before that (CX4).
pub(super) fn finish<F: Face>(
    operation: &mut Operation<F>,
    failure: Option<Errno>,
) -> Result<Verdict, Errno> {
    failure.map_or(Ok(()), Err)?;
    set_option(operation.handle.raw_socket(), SO_UPDATE_CONNECT_CONTEXT, &[])?;
    Ok(Verdict::Finished)
}

type ConnectEx = unsafe extern "system" fn(
    SOCKET,
    *const SOCKADDR,
    i32,
    *const c_void,
    u32,
    *mut u32,
    *mut OVERLAPPED,
) -> BOOL;

/// The one function of these that no library exports.
fn connect_ex(socket: SOCKET) -> Result<ConnectEx, Errno> {
    static FOUND: OnceLock<ConnectEx> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(*found);
    }
    let (id, mut function, mut bytes) = (WSAID_CONNECTEX, None::<ConnectEx>, 0);
    // SAFETY: the input is a GUID, the output has room for a function's address, which is never null.
    let result = unsafe {
        WSAIoctl(
            socket,
            SIO_GET_EXTENSION_FUNCTION_POINTER,
            (&raw const id).cast(),
            size_of_val(&id) as u32,
            (&raw mut function).cast(),
            size_of_val(&function) as u32,
            &mut bytes,
            null_mut(),
            None,
        )
    };
    match function {
        Some(function) if result == 0 => Ok(*FOUND.get_or_init(|| function)),
        _ => Err(Errno::last()),
    }
}
