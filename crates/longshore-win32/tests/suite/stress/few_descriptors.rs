//! Descriptors that have run out: what exists is served all the same. A process of its own,
//! because the limit is the process'.

use longshore_fixtures::process::alone;
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    AcceptEx, CancelIoEx, CreateEventA, CreateIoCompletionPort, GetLastError, GetQueuedCompletionStatus,
    HANDLE, WSABUF, WSARecv, WSAStartup, WaitForSingleObject, closesocket, longshore_bind, longshore_connect,
    longshore_getsockname, longshore_listen, longshore_recv, longshore_select, longshore_sendto,
    longshore_socket,
};
use std::io::Write;
use std::net::TcpStream;
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::System::IO::OVERLAPPED;

const LOOPBACK: [u8; 16] = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

/// Leaves so many descriptors free, until it is dropped.
struct Few(libc::rlimit);

impl Few {
    fn left(spare: u64) -> Few {
        // SAFETY: a valid place, and a valid limit.
        unsafe {
            let mut limit: libc::rlimit = std::mem::zeroed();
            libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
            let lowest = libc::dup(0);
            libc::close(lowest);
            let few = libc::rlimit { rlim_cur: lowest as u64 + spare, ..limit };
            assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &few), 0);
            Few(limit)
        }
    }
}

impl Drop for Few {
    fn drop(&mut self) {
        // SAFETY: the limit as it was.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &self.0) };
    }
}

fn bound(kind: i32) -> (usize, [u8; 16]) {
    let mut data = ws::WSADATA::default();
    let (mut address, mut length) = (LOOPBACK, 16);
    // SAFETY: writable places, an address of sixteen bytes.
    unsafe {
        assert_eq!(WSAStartup(0x0202, &mut data), 0);
        let socket = longshore_socket(2, kind, 0);
        assert_eq!(longshore_bind(socket, address.as_ptr().cast(), 16), 0);
        assert_eq!(longshore_getsockname(socket, address.as_mut_ptr().cast(), &mut length), 0);
        (socket, address)
    }
}

#[test]
fn existing_sockets_work_without_a_free_descriptor() {
    if !alone(this_test!()) {
        return;
    }
    let (socket, address) = bound(ws::SOCK_DGRAM);
    let mut byte = 0u8;
    let buffer = WSABUF { len: 1, buf: &raw mut byte };
    // SAFETY: writable places, an address of sixteen bytes, an OVERLAPPED that outlives the operation.
    unsafe {
        let event = CreateEventA(null(), 1, 0, null());
        let mut overlapped = OVERLAPPED { hEvent: event, ..OVERLAPPED::default() };
        let few = Few::left(0);
        let mut flags = 0;
        assert_eq!(WSARecv(socket, &buffer, 1, null_mut(), &mut flags, &mut overlapped, None), -1);
        assert_eq!(GetLastError() as i32, ws::WSA_IO_PENDING);
        assert_eq!(CancelIoEx(socket as _, null_mut()), 1);
        assert_eq!(WaitForSingleObject(event, 10_000), WAIT_OBJECT_0);
        // The calls that wait, in which the thread has no descriptor of its own either.
        assert_eq!(longshore_connect(socket, address.as_ptr().cast(), 16), 0, "{}", GetLastError());
        assert_eq!(longshore_sendto(socket, c"x".as_ptr(), 1, 0, null(), 0), 1, "{}", GetLastError());
        let mut set: [usize; 65] =
            [1, socket, 0].into_iter().chain([0; 62]).collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(longshore_select(0, set.as_mut_ptr().cast(), null_mut(), null_mut(), null()), 1);
        assert_eq!(longshore_recv(socket, (&raw mut byte).cast(), 1, 0), 1, "{}", GetLastError());
        assert_eq!(longshore_socket(2, ws::SOCK_DGRAM, 0), ws::INVALID_SOCKET);
        assert_eq!(GetLastError() as i32, ws::WSAEMFILE);
        drop(few);
    }
}

#[test]
fn acceptex_waits_for_a_connection_and_takes_it_without_a_free_descriptor() {
    if !alone(this_test!()) {
        return;
    }
    let (listener, address) = bound(ws::SOCK_STREAM);
    assert_eq!(longshore_listen(listener, 10), 0);
    let port = CreateIoCompletionPort(listener as HANDLE, null_mut(), 1, 0);
    let acceptor = longshore_socket(2, ws::SOCK_STREAM, 0);
    let (mut overlapped, mut buffer) = (OVERLAPPED::default(), [0u8; 128]);
    let mut peer = TcpStream::connect(("127.0.0.1", u16::from_be_bytes([address[2], address[3]]))).unwrap();
    let few = Few::left(0);
    // SAFETY: memory that outlives the operation, and writable places.
    unsafe {
        let start = buffer.as_mut_ptr().cast();
        assert_eq!(AcceptEx(listener, acceptor, start, 0, 32, 32, null_mut(), &mut overlapped), 0);
        assert_eq!(GetLastError() as i32, ws::WSA_IO_PENDING);
        let (mut bytes, mut key, mut ended) = (0, 0, null_mut());
        assert_eq!(GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut ended, 10_000), 1);
        peer.write_all(b"x").unwrap();
        let mut byte = 0u8;
        assert_eq!(longshore_recv(acceptor, (&raw mut byte).cast(), 1, 0), 1, "{}", GetLastError());
    }
    drop(few);
    closesocket(acceptor);
}
