//! Accepting a connection.

use super::super::address::decode;
use super::super::descriptor::Kind;
use super::super::operation::{ACCEPT_ADDRESS_BYTES, Face, Operation, Room};
use super::Verdict;
use super::winsock::{Started, done, set_option};
use longshore_types::Errno;
use socket2::{Domain, Socket, Type};
use std::os::windows::io::AsRawSocket;
use std::ptr::null_mut;
use windows_sys::Win32::Networking::WinSock::{
    AcceptEx, GetAcceptExSockaddrs, SO_UPDATE_ACCEPT_CONTEXT, SOCKET, WSAECONNABORTED, WSAECONNRESET,
    WSAENOTCONN,
};

/// AcceptEx, into a socket made for the purpose.
///
/// # Safety
/// That of [`try_start`](super::try_start).
pub(super) unsafe fn start<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let Kind::Listener(family) = operation.handle.kind() else {
        return Err(Errno::INVALID);
    };
    let accepted = Socket::new(Domain::from(family), Type::STREAM, None)?;
    let listener = operation.handle.raw_socket();
    let socket = accepted.as_raw_socket() as SOCKET;
    operation.outcome.details_mut().accepted = Some(accepted.into());
    operation.room = Room::Accepted(Box::new([0; 2 * ACCEPT_ADDRESS_BYTES]));
    let Room::Accepted(room) = &mut operation.room else { unreachable!("just made") };
    let output = room.as_mut_ptr().cast();
    let length = ACCEPT_ADDRESS_BYTES as u32;
    let mut bytes = 0;
    // SAFETY: the output has room for both addresses, in a box of the operation's,
    // which owns the new socket too.
    let result = unsafe { AcceptEx(listener, socket, output, 0, length, length, &mut bytes, address.cast()) };
    done(result)
}

/// The new socket gets its addresses. A connection that is gone already makes way for the next.
pub(super) fn finish<F: Face>(
    operation: &mut Operation<F>,
    failure: Option<Errno>,
) -> Result<Verdict, Errno> {
    match failure {
        None => {}
        // It belongs to the connection that was about to be accepted, which is gone.
        Some(Errno(WSAECONNRESET | WSAECONNABORTED | WSAENOTCONN)) => {
            operation.outcome.details = None;
            return Ok(Verdict::Again);
        }
        Some(errno) => {
            operation.outcome.details = None;
            return Err(errno);
        }
    }
    let listener = operation.handle.raw_socket();
    let details = operation.outcome.details_mut();
    let accepted = details.accepted.as_ref().expect("made when the accept was started");
    // AC5: before that it has no addresses and cannot be shut down.
    let updated =
        set_option(accepted.as_raw_socket() as SOCKET, SO_UPDATE_ACCEPT_CONTEXT, &listener.to_ne_bytes());
    if let Err(errno) = updated {
        operation.outcome.details = None;
        return if errno == Errno(WSAENOTCONN) { Ok(Verdict::Again) } else { Err(errno) };
    }
    if let Room::Accepted(room) = &operation.room {
        let length = ACCEPT_ADDRESS_BYTES as u32;
        let (mut local, mut peer) = (null_mut(), null_mut());
        let (mut local_length, mut peer_length) = (0, 0);
        // SAFETY: the memory is what AcceptEx filled in, with the same lengths; the
        // results point into it (AC6).
        unsafe {
            let output = room.as_ptr().cast();
            GetAcceptExSockaddrs(
                output,
                0,
                length,
                length,
                &mut local,
                &mut local_length,
                &mut peer,
                &mut peer_length,
            );
        }
        details.address = decode(peer, peer_length);
    }
    Ok(Verdict::Finished)
}
