//! What can be attached to a port: sockets and files.

use longshore_types::Errno;
use std::io;
use std::os::windows::io::{AsRawHandle, AsRawSocket, OwnedHandle, OwnedSocket};
use std::sync::Arc;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Networking::WinSock::*;

/// Something to attach.
#[derive(Debug)]
pub enum Descriptor {
    /// A socket.
    Socket(OwnedSocket),
    /// A file, which [`FileRange`](longshore_types::FileRange) shares.
    File(Arc<OwnedHandle>),
}

impl From<OwnedSocket> for Descriptor {
    fn from(socket: OwnedSocket) -> Self {
        Descriptor::Socket(socket)
    }
}

impl From<OwnedHandle> for Descriptor {
    fn from(file: OwnedHandle) -> Self {
        Descriptor::File(Arc::new(file))
    }
}

impl Descriptor {
    pub(super) fn raw(&self) -> HANDLE {
        match self {
            Descriptor::Socket(socket) => socket.as_raw_socket() as HANDLE,
            Descriptor::File(file) => file.as_raw_handle(),
        }
    }
}

/// What a descriptor is, as far as the calls on it differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A stream socket that does not listen.
    Stream,
    /// A listening socket, of this address family.
    Listener(i32),
    /// A datagram socket.
    Datagram,
    /// A file.
    File,
}

impl Kind {
    /// Finds out.
    pub(super) fn of(socket: &OwnedSocket) -> io::Result<Kind> {
        let s = socket.as_raw_socket() as SOCKET;
        if option(s, SO_TYPE)? == SOCK_DGRAM {
            return Ok(Kind::Datagram);
        }
        if option(s, SO_ACCEPTCONN)? != 0 {
            let address = socket2::SockRef::from(socket).local_addr()?;
            return Ok(Kind::Listener(i32::from(address.family())));
        }
        Ok(Kind::Stream)
    }
}

fn option(socket: SOCKET, name: i32) -> io::Result<i32> {
    let (mut value, mut length) = (0i32, size_of::<i32>() as i32);
    // SAFETY: `value` has room for the `length` bytes asked for.
    let result = unsafe { getsockopt(socket, SOL_SOCKET, name, (&raw mut value).cast(), &mut length) };
    if result != 0 { Err(Errno::last().into()) } else { Ok(value) }
}

/// Makes the calls without an OVERLAPPED non-blocking: a pooled receive ends with one. Calls with an
/// OVERLAPPED are not affected (S3).
pub(super) fn set_nonblocking(socket: &OwnedSocket) -> io::Result<()> {
    let mut on = 1;
    // SAFETY: `on` is a valid place.
    match unsafe { ioctlsocket(socket.as_raw_socket() as SOCKET, FIONBIO, &mut on) } {
        0 => Ok(()),
        _ => Err(Errno::last().into()),
    }
}

/// On a datagram socket that is not connected, Linux does not report an unreachable peer, and Windows
/// would end a receive with it (S20).
pub(super) fn ignore_unreachable_peers(socket: &OwnedSocket) {
    if socket2::SockRef::from(socket).peer_addr().is_ok() {
        return;
    }
    let (off, mut bytes) = (0u32, 0);
    // SAFETY: the input is four readable bytes; there is no output but the count. What does not know
    // the option has nothing to be told.
    unsafe {
        WSAIoctl(
            socket.as_raw_socket() as SOCKET,
            SIO_UDP_CONNRESET,
            (&raw const off).cast(),
            size_of::<u32>() as u32,
            std::ptr::null_mut(),
            0,
            &mut bytes,
            std::ptr::null_mut(),
            None,
        );
    }
}
