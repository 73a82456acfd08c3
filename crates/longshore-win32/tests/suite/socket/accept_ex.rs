//! AcceptEx, with the accepting socket, the listener, the thread and the OVERLAPPED going different ways.

use longshore_win32::testing::{
    AcceptEx, CancelIoEx, CloseHandle, CreateEventA, DisconnectEx, GetLastError, HANDLE,
    INVALID_HANDLE_VALUE, ResetEvent, WSABUF, WSAEventSelect, WSARecv, WSAStartup, WaitForSingleObject,
    closesocket, longshore_socket, *,
};
use std::io::Write;
use std::net::TcpStream;
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{ERROR_NOT_FOUND, ERROR_OPERATION_ABORTED, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::Networking::WinSock::{
    FD_READ, SOCK_STREAM, TF_REUSE_SOCKET, WSA_IO_PENDING, WSADATA, WSAEINVAL,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// An operation with room for 64 bytes and two addresses.
#[repr(C)]
struct Io {
    overlapped: OVERLAPPED,
    buffer: [u8; 128],
}

impl Io {
    fn new() -> Box<Io> {
        Box::new(Io { overlapped: OVERLAPPED::default(), buffer: [0; 128] })
    }
}

fn socket() -> usize {
    let mut data = WSADATA::default();
    // SAFETY: writable.
    unsafe { WSAStartup(0x0202, &mut data) };
    longshore_socket(2, SOCK_STREAM, 0)
}

/// A listener that is bound to a port, and where it listens.
fn listener() -> (usize, u16, HANDLE) {
    let listener = socket();
    let mut address = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0u8];
    let mut length = 16;
    // SAFETY: an address of sixteen bytes.
    unsafe {
        assert_eq!(longshore_bind(listener, address.as_ptr().cast(), 16), 0);
        assert_eq!(longshore_getsockname(listener, address.as_mut_ptr().cast(), &mut length), 0);
    }
    assert_eq!(longshore_listen(listener, 10), 0);
    let port = CreateIoCompletionPort(listener as HANDLE, null_mut(), 1, 0);
    assert!(!port.is_null());
    (listener, u16::from_be_bytes([address[2], address[3]]), port)
}

/// Starts an AcceptEx; the result is whether it ended at once.
fn accept(listener: usize, acceptor: usize, io: &mut Io, data: u32) -> bool {
    let (start, overlapped) = (io.buffer.as_mut_ptr().cast(), &mut io.overlapped);
    // SAFETY: the operation's own memory, which the test keeps.
    unsafe { AcceptEx(listener, acceptor, start, data, 32, 32, null_mut(), overlapped) != 0 }
}

fn accept_later(listener: usize, acceptor: usize, io: &mut Io, data: u32) {
    assert!(!accept(listener, acceptor, io, data));
    assert_eq!(GetLastError() as i32, WSA_IO_PENDING);
}

/// The error of the next packet, with its OVERLAPPED and count; `WAIT_TIMEOUT` with NULL if none comes.
fn next(port: HANDLE, wait_ms: u32) -> (u32, *mut OVERLAPPED, u32) {
    let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut());
    // SAFETY: three writable places.
    let taken = unsafe { GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut overlapped, wait_ms) };
    (if taken != 0 { 0 } else { GetLastError() }, overlapped, bytes)
}

const NONE: (u32, *mut OVERLAPPED, u32) = (WAIT_TIMEOUT, null_mut(), 0);

#[test]
fn closing_a_connection_leaves_the_next_accept_with_its_overlapped_alone() {
    let (listener, at, port) = listener();
    let (first, second) = (socket(), socket());
    let mut io = Io::new();
    accept_later(listener, first, &mut io, 64);
    let mut client = TcpStream::connect(("127.0.0.1", at)).unwrap();
    client.write_all(b"hello").unwrap();
    assert_eq!(next(port, 10_000), (0, &raw mut io.overlapped, 5));

    accept_later(listener, second, &mut io, 64);
    assert_eq!(closesocket(first), 0);
    assert_eq!(next(port, 0), NONE, "the AcceptEx of another socket was cancelled");

    let mut client = TcpStream::connect(("127.0.0.1", at)).unwrap();
    client.write_all(b"again!").unwrap();
    assert_eq!(next(port, 10_000), (0, &raw mut io.overlapped, 6));
    closesocket(second);
    closesocket(listener);
}

/// Makes the AcceptEx wait for data, which is the state the following tests are about.
fn connected(port: HANDLE, at: u16) -> TcpStream {
    let client = TcpStream::connect(("127.0.0.1", at)).unwrap();
    // The packet of a connection that comes after it shows that it has been seen.
    assert_eq!(next(port, 50), NONE);
    client
}

#[test]
fn cancelling_the_accepting_socket_does_not_end_an_accept_that_waits_for_data() {
    // AC7
    let (listener, at, port) = listener();
    let acceptor = socket();
    let mut io = Io::new();
    accept_later(listener, acceptor, &mut io, 64);
    let mut client = connected(port, at);
    assert_eq!(CancelIoEx(acceptor as HANDLE, null_mut()), 0);
    assert_eq!(GetLastError(), ERROR_NOT_FOUND);
    client.write_all(b"data").unwrap();
    assert_eq!(next(port, 10_000), (0, &raw mut io.overlapped, 4));
    closesocket(acceptor);
    closesocket(listener);
}

#[test]
fn cancelling_or_closing_the_listener_ends_an_accept_that_waits_for_data() {
    // AC7, AC8
    for close in [false, true] {
        let (listener, at, port) = listener();
        let acceptor = socket();
        let mut io = Io::new();
        accept_later(listener, acceptor, &mut io, 64);
        let _client = connected(port, at);
        match close {
            true => assert_eq!(closesocket(listener), 0),
            false => assert_eq!(CancelIoEx(listener as HANDLE, &io.overlapped as *const _ as *mut _), 1),
        }
        assert_eq!(next(port, 10_000), (ERROR_OPERATION_ABORTED, &raw mut io.overlapped, 0));
        closesocket(acceptor);
        closesocket(listener);
    }
}

#[test]
fn an_accept_that_waits_for_data_outlives_its_thread_if_the_listener_is_bound() {
    // TX1: the accepting socket is not bound, which the listener's operation does not care about.
    let (listener, at, port) = listener();
    let (acceptor, unbound) = (socket(), socket());
    let (io, other) = (Box::into_raw(Io::new()), Box::into_raw(Io::new()));
    let (one, another, packets) = (io as usize, other as usize, port as usize);
    let start = move || {
        // SAFETY: made above, and kept until the operations have ended.
        let (io, other) = unsafe { (&mut *(one as *mut Io), &mut *(another as *mut Io)) };
        accept_later(listener, acceptor, io, 64);
        // The thread has started something that its end would have cancelled.
        let (mut flags, buffer) = (0, WSABUF { len: 0, buf: null_mut() });
        // SAFETY: as above.
        unsafe { WSARecv(unbound, &buffer, 1, null_mut(), &mut flags, &mut other.overlapped, None) };
        connected(packets as HANDLE, at)
    };
    let mut client = std::thread::spawn(start).join().unwrap();
    assert_eq!(next(port, 50), NONE, "cancelled with its thread");
    client.write_all(b"data").unwrap();
    assert_eq!(next(port, 10_000), (0, io.cast(), 4));
    // SAFETY: made above; both have ended.
    unsafe { drop((Box::from_raw(io), Box::from_raw(other))) };
    for socket in [acceptor, unbound, listener] {
        closesocket(socket);
    }
}

#[test]
fn a_socket_that_was_used_again_and_connected_is_in_use() {
    // AC1, DX3
    let (listener, at, port) = listener();
    let acceptor = socket();
    let mut io = Io::new();
    let mut clients = Vec::new();
    accept_later(listener, acceptor, &mut io, 0);
    clients.push(TcpStream::connect(("127.0.0.1", at)).unwrap());
    assert_eq!(next(port, 10_000).0, 0);
    // SAFETY: no OVERLAPPED.
    assert_eq!(unsafe { DisconnectEx(acceptor, null_mut(), TF_REUSE_SOCKET, 0) }, 1);
    accept_later(listener, acceptor, &mut io, 0);
    clients.push(TcpStream::connect(("127.0.0.1", at)).unwrap());
    assert_eq!(next(port, 10_000).0, 0);
    assert!(!accept(listener, acceptor, &mut io, 0));
    assert_eq!(GetLastError() as i32, WSAEINVAL, "it is connected");
    closesocket(acceptor);
    closesocket(listener);
}

#[test]
fn a_buffer_that_is_not_there_is_refused() {
    let (listener, _, port) = listener();
    let acceptor = socket();
    let mut overlapped = OVERLAPPED::default();
    for start in [INVALID_HANDLE_VALUE, 16 as HANDLE] {
        // SAFETY: the OVERLAPPED is valid; nothing is at the address, which is what is tested.
        let started = unsafe { AcceptEx(listener, acceptor, start, 0, 32, 32, null_mut(), &mut overlapped) };
        assert_eq!((started, GetLastError() as i32), (0, windows_sys::Win32::Networking::WinSock::WSAEFAULT));
    }
    assert_eq!(next(port, 0), NONE);
    closesocket(acceptor);
    closesocket(listener);
}

#[test]
fn network_events_follow_the_socket_to_its_connection() {
    // AC10, DX3: and a socket that is used again lets go of its former connection.
    let (listener, at, port) = listener();
    let acceptor = socket();
    // SAFETY: no name.
    let event = unsafe { CreateEventA(null(), 1, 0, null()) };
    let mut io = Io::new();
    for reused in [false, true] {
        assert_eq!(WSAEventSelect(acceptor, event, FD_READ as i32), 0);
        accept_later(listener, acceptor, &mut io, 0);
        let mut client = TcpStream::connect(("127.0.0.1", at)).unwrap();
        assert_eq!(next(port, 10_000).0, 0);
        client.write_all(b"x").unwrap();
        assert_eq!(WaitForSingleObject(event, 10_000), WAIT_OBJECT_0, "reused: {reused}");
        assert_eq!(ResetEvent(event), 1);
        // SAFETY: no OVERLAPPED.
        assert_eq!(unsafe { DisconnectEx(acceptor, null_mut(), TF_REUSE_SOCKET, 0) }, 1);
        // The byte was not read, so that closing the connection resets it. The
        // service may be looking at it just now.
        let deadline = Instant::now() + Duration::from_secs(10);
        while client.write_all(b"y").is_ok() {
            assert!(Instant::now() < deadline, "the former descriptor is still open");
            std::thread::yield_now();
        }
    }
    closesocket(acceptor);
    closesocket(listener);
    CloseHandle(event);
}

#[test]
fn an_accept_gets_its_data_though_nobody_is_in_the_accepting_sockets_port() {
    // P10: the packet goes to the listener's port, and that is where the program waits.
    let (listener, at, port) = listener();
    let acceptor = socket();
    let other = CreateIoCompletionPort(acceptor as HANDLE, null_mut(), 2, 0);
    assert!(!other.is_null());
    let mut io = Io::new();
    accept_later(listener, acceptor, &mut io, 64);
    let mut client = connected(port, at);
    client.write_all(b"data").unwrap();
    assert_eq!(next(port, 10_000), (0, &raw mut io.overlapped, 4));
    closesocket(acceptor);
    closesocket(listener);
    CloseHandle(other);
}
