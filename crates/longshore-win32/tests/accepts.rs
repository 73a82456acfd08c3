//! AcceptEx as servers use it: one OVERLAPPED for one accept after the other.

use longshore_win32::accept::AcceptEx;
use longshore_win32::completion_port::{CreateIoCompletionPort, GetQueuedCompletionStatus};
use longshore_win32::connect::{longshore_bind, longshore_getsockname, longshore_listen};
use longshore_win32::handles::{CloseHandle, HANDLE, INVALID_HANDLE_VALUE};
use longshore_win32::last_error::GetLastError;
use longshore_win32::socket::{closesocket, longshore_socket};
use longshore_win32::startup::WSAStartup;
use longshore_win32::wsa::SOCKET;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::ptr::null_mut;
use windows_sys::Win32::Networking::WinSock::{AF_INET, SOCK_STREAM, WSA_IO_PENDING, WSADATA};
use windows_sys::Win32::System::IO::OVERLAPPED;

const DATA: u32 = 64;
const ADDRESS: u32 = 32;

fn tcp() -> SOCKET {
    longshore_socket(AF_INET.into(), SOCK_STREAM, 0)
}

fn listener() -> (SOCKET, SocketAddrV4) {
    let socket = tcp();
    let mut address = libc::sockaddr_in {
        sin_family: AF_INET,
        sin_port: 0,
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    };
    let mut length = size_of_val(&address) as i32;
    // SAFETY: a valid address of the length said.
    unsafe {
        assert_eq!(longshore_bind(socket, (&raw const address).cast(), length), 0);
        assert_eq!(longshore_listen(socket, 8), 0);
        assert_eq!(longshore_getsockname(socket, (&raw mut address).cast(), &mut length), 0);
    }
    (socket, SocketAddrV4::new(Ipv4Addr::LOCALHOST, u16::from_be(address.sin_port)))
}

/// Takes the next packet, which must be of a success: its OVERLAPPED and byte count.
fn next(port: HANDLE) -> (*mut OVERLAPPED, u32) {
    let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut());
    // SAFETY: three valid places.
    let taken = unsafe { GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut overlapped, 5000) };
    assert_eq!(taken, 1, "error {}", GetLastError());
    (overlapped, bytes)
}

/// AC7, AC8: closing a socket that was accepted before says nothing about the accept that is pending now, although both
/// were started with the same OVERLAPPED.
#[test]
fn closing_an_accepted_socket_leaves_the_next_accept_alone() {
    let mut data = WSADATA::default();
    // SAFETY: a valid place.
    assert_eq!(unsafe { WSAStartup(0x0202, &mut data) }, 0);
    let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0);
    let (listener, address) = listener();
    assert_eq!(CreateIoCompletionPort(listener as HANDLE, port, 7, 0), port);
    let mut overlapped = OVERLAPPED::default();
    let overlapped = &raw mut overlapped;
    let mut buffer = [0u8; (DATA + 2 * ADDRESS) as usize];
    let buffer = buffer.as_mut_ptr();
    let accept = |into: SOCKET| {
        // SAFETY: the buffer and the OVERLAPPED outlive the operation.
        let begun = unsafe {
            AcceptEx(listener, into, buffer.cast(), DATA, ADDRESS, ADDRESS, null_mut(), overlapped)
        };
        assert_eq!((begun, GetLastError()), (0, WSA_IO_PENDING as u32));
    };

    let first = tcp();
    accept(first);
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"first").unwrap();
    assert_eq!(next(port), (overlapped, 5));
    let second = tcp();
    accept(second);
    assert_eq!(closesocket(first), 0);
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"second").unwrap();
    assert_eq!(next(port), (overlapped, 6));
    for socket in [second, listener] {
        assert_eq!(closesocket(socket), 0);
    }
    CloseHandle(port);
}
