//! Winsock: what lasts after an error, what a bad pointer gets, who may bind what.

use longshore_win32::testing::*;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::spawn;
use std::time::Duration;
use windows_sys::Win32::Foundation::{ERROR_NETNAME_DELETED, ERROR_NOT_SUPPORTED, WAIT_TIMEOUT};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::System::IO::OVERLAPPED;

/// Nothing is mapped there.
const WILD: usize = 0x10;

fn start() {
    let mut data = ws::WSADATA::default();
    // SAFETY: writable.
    unsafe { assert_eq!(WSAStartup(0x0202, &mut data), 0) };
}

fn socket(kind: i32) -> SOCKET {
    start();
    longshore_socket(2, kind, 0)
}

fn address(ip: [u8; 4], port: u16) -> [u8; 16] {
    let mut address = [0; 16];
    address[..2].copy_from_slice(&2u16.to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&ip);
    address
}

fn error() -> i32 {
    GetLastError() as i32
}

fn bind(socket: SOCKET, port: u16) -> i32 {
    let address = address([127, 0, 0, 1], port);
    // SAFETY: sixteen readable bytes.
    if unsafe { longshore_bind(socket, address.as_ptr().cast(), 16) } == 0 { 0 } else { error() }
}

fn port_of(socket: SOCKET) -> u16 {
    let (mut name, mut length) = ([0u8; 16], 16);
    // SAFETY: writable places.
    unsafe { assert_eq!(longshore_getsockname(socket, name.as_mut_ptr().cast(), &mut length), 0) };
    u16::from_be_bytes([name[2], name[3]])
}

fn connect(socket: SOCKET, ip: [u8; 4], port: u16) -> i32 {
    let address = address(ip, port);
    // SAFETY: sixteen readable bytes.
    if unsafe { longshore_connect(socket, address.as_ptr().cast(), 16) } == 0 { 0 } else { error() }
}

/// A socket that is connected, and its peer.
fn connected() -> (SOCKET, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = socket(ws::SOCK_STREAM);
    assert_eq!(connect(socket, [127, 0, 0, 1], listener.local_addr().unwrap().port()), 0);
    (socket, listener.accept().unwrap().0)
}

/// Ends a connection by a reset, and waits until it has arrived.
fn reset(peer: TcpStream, socket: SOCKET) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: a valid option of its length.
    unsafe {
        let value = (&raw const linger).cast();
        libc::setsockopt(peer.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, value, 8);
    }
    drop(peer);
    let mut poll = ws::WSAPOLLFD { fd: socket, events: ws::POLLRDNORM | ws::POLLOUT, revents: 0 };
    // POLLOUT alone is there already.
    while poll.revents & ws::POLLHUP == 0 {
        // SAFETY: one valid entry.
        unsafe { WSAPoll(&mut poll, 1, 100) };
    }
}

fn receive(socket: SOCKET) -> (i32, i32) {
    let mut byte = 0u8;
    // SAFETY: a writable byte.
    let count = unsafe { longshore_recv(socket, (&raw mut byte).cast(), 1, 0) };
    (count, if count < 0 { error() } else { 0 })
}

fn send(socket: SOCKET) -> i32 {
    // SAFETY: a readable byte.
    if unsafe { longshore_send(socket, c"x".as_ptr(), 1, 0) } < 0 { error() } else { 0 }
}

fn set(socket: SOCKET, name: i32, value: i32) -> i32 {
    let value = (&raw const value).cast();
    // SAFETY: four readable bytes.
    if unsafe { longshore_setsockopt(socket, ws::SOL_SOCKET, name, value, 4) } == 0 { 0 } else { error() }
}

fn get(socket: SOCKET, name: i32) -> i32 {
    let (mut value, mut length) = (0, 4);
    // SAFETY: room for four bytes.
    unsafe { longshore_getsockopt(socket, ws::SOL_SOCKET, name, (&raw mut value).cast(), &mut length) };
    value
}

#[test]
fn a_reset_lasts_for_every_later_call_s26() {
    let (socket, peer) = connected();
    reset(peer, socket);
    for _ in 0..3 {
        assert_eq!(receive(socket), (-1, ws::WSAECONNRESET));
    }
    assert_eq!(send(socket), ws::WSAECONNRESET);
    let mut poll = ws::WSAPOLLFD { fd: socket, events: ws::POLLRDNORM | ws::POLLOUT, revents: 0 };
    // SAFETY: one valid entry.
    assert_eq!(unsafe { WSAPoll(&mut poll, 1, 0) }, 1);
    assert_eq!(poll.revents, ws::POLLERR | ws::POLLHUP | ws::POLLOUT);
    let (mut name, mut length) = ([0u8; 16], 16);
    // SAFETY: writable places.
    let named = unsafe { longshore_getpeername(socket, name.as_mut_ptr().cast(), &mut length) };
    assert_eq!((named, &name[4..8]), (0, &[127, 0, 0, 1][..]), "the peer's address is remembered");
}

#[test]
fn two_pending_receives_both_hear_of_a_reset_s26() {
    let (socket, peer) = connected();
    let port = CreateIoCompletionPort(socket as HANDLE, null_mut(), 1, 0);
    let mut bytes = [0u8; 2];
    let (mut overlapped, mut flags) = ([OVERLAPPED::default(), OVERLAPPED::default()], 0);
    for (byte, overlapped) in bytes.iter_mut().zip(&mut overlapped) {
        let buffer = WSABUF { len: 1, buf: byte };
        // SAFETY: memory that outlives the operation.
        unsafe { assert_eq!(WSARecv(socket, &buffer, 1, null_mut(), &mut flags, overlapped, None), -1) };
    }
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: a valid option of its length.
    unsafe {
        let value = (&raw const linger).cast();
        libc::setsockopt(peer.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, value, 8);
    }
    drop(peer);
    for _ in 0..2 {
        let (mut count, mut key, mut ended) = (0, 0, null_mut());
        // SAFETY: three writable places.
        let taken = unsafe { GetQueuedCompletionStatus(port, &mut count, &mut key, &mut ended, 10_000) };
        assert_eq!((taken, GetLastError(), count), (0, ERROR_NETNAME_DELETED, 0));
    }
}

#[test]
fn a_bad_pointer_is_wsaefault_and_a_call_does_not_wait_with_it_s25() {
    let (stream, _peer) = connected();
    let datagrams = socket(ws::SOCK_DGRAM);
    assert_eq!(bind(datagrams, 0), 0);
    let wild = WILD as *mut u8;
    let failed = |what: &str, result: i32| {
        assert_eq!((result, error()), (-1, ws::WSAEFAULT), "{what}");
        SetLastError(0);
    };
    let (mut number, mut length, mut flags) = (0u32, 16, 0);
    let wild_buffer = WSABUF { len: 10, buf: wild };
    let good = WSABUF { len: 1, buf: (&raw mut number).cast() };
    // SAFETY: none of these is there, and that is what the calls are to find out.
    unsafe {
        failed("recv, NULL", longshore_recv(stream, null_mut(), 10, 0));
        failed("recv", longshore_recv(stream, wild.cast(), 10, 0));
        failed("send", longshore_send(stream, wild.cast(), 10, 0));
        failed("ioctlsocket", ioctlsocket(stream, ws::FIONBIO, wild.cast()));
        failed("setsockopt", longshore_setsockopt(stream, ws::SOL_SOCKET, ws::SO_KEEPALIVE, wild.cast(), 4));
        let value = (&raw mut number).cast();
        failed(
            "getsockopt",
            longshore_getsockopt(stream, ws::SOL_SOCKET, ws::SO_TYPE, wild.cast(), &mut length),
        );
        failed("getsockopt", longshore_getsockopt(stream, ws::SOL_SOCKET, ws::SO_TYPE, value, wild.cast()));
        failed("bind", longshore_bind(socket(ws::SOCK_STREAM), wild.cast(), 16));
        failed("connect", longshore_connect(socket(ws::SOCK_STREAM), wild.cast(), 16));
        failed("getsockname", longshore_getsockname(stream, wild.cast(), &mut length));
        failed("select", longshore_select(0, wild.cast(), null_mut(), null_mut(), null()));
        failed("WSAPoll", WSAPoll(wild.cast(), 1, 0));
        let (none, no_routine) = (null_mut(), None);
        failed("WSABUF array", WSASend(stream, wild.cast(), 1, &mut number, 0, none, no_routine));
        failed("WSABUF", WSASend(stream, &wild_buffer, 1, &mut number, 0, none, no_routine));
        failed("sent", WSASend(stream, &good, 1, wild.cast(), 0, none, no_routine));
        failed("to", WSASendTo(datagrams, &good, 1, &mut number, 0, wild.cast(), 16, none, no_routine));
        failed("flags", WSARecv(stream, &good, 1, &mut number, wild.cast(), none, no_routine));
        failed("OVERLAPPED", WSARecv(stream, &good, 1, null_mut(), &mut flags, wild.cast(), None));
        failed(
            "WSAIoctl",
            WSAIoctl(
                stream,
                ws::SIO_KEEPALIVE_VALS,
                wild.cast(),
                12,
                none.cast(),
                0,
                &mut number,
                none,
                None,
            ),
        );
        let around = ws::TRANSMIT_FILE_BUFFERS { Head: wild.cast(), HeadLength: 9, ..Default::default() };
        assert_eq!(TransmitFile(stream, null_mut(), 0, 0, null_mut(), &around, 0), 0, "TransmitFile");
        assert_eq!(error(), ws::WSAEFAULT);
        let huge = WSABUF { len: u32::MAX, buf: (&raw mut number).cast() };
        failed("4 GiB", WSARecv(stream, &huge, 1, &mut number, &mut 0, none, no_routine));
    }
}

static RAN: AtomicU32 = AtomicU32::new(0);

unsafe extern "C-unwind" fn apc(_: usize) {
    RAN.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn apcs_run_inside_a_blocking_receive_which_goes_on_ap1() {
    let (socket, mut peer) = connected();
    RAN.store(0, Ordering::SeqCst);
    let waiting = spawn(move || {
        // SAFETY: a function of this program.
        unsafe { assert_ne!(QueueUserAPC(Some(apc), GetCurrentThread(), 0), 0) };
        receive(socket)
    });
    while RAN.load(Ordering::SeqCst) == 0 {
        assert!(!waiting.is_finished(), "the receive ended");
        std::thread::yield_now();
    }
    peer.write_all(b"x").unwrap();
    assert_eq!(waiting.join().unwrap(), (1, 0));
}

unsafe extern "C-unwind" fn defer(
    _: *mut WSABUF,
    _: *mut WSABUF,
    _: *mut std::ffi::c_void,
    _: *mut std::ffi::c_void,
    _: *mut WSABUF,
    _: *mut WSABUF,
    _: *mut u32,
    _: *mut std::ffi::c_void,
) -> i32 {
    ws::CF_DEFER as i32
}

fn listening() -> (SOCKET, u16) {
    let listener = socket(ws::SOCK_STREAM);
    assert_eq!(bind(listener, 0), 0);
    assert_eq!(longshore_listen(listener, 5), 0);
    (listener, port_of(listener))
}

#[test]
fn a_deferred_connection_goes_to_the_next_accept() {
    let (listener, port) = listening();
    let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // SAFETY: a condition function, and no places for the address.
    let accepted = unsafe {
        assert_eq!(WSAAccept(listener, null_mut(), null_mut(), Some(defer), null_mut()), ws::INVALID_SOCKET);
        assert_eq!(error(), ws::WSATRY_AGAIN);
        longshore_accept(listener, null_mut(), null_mut())
    };
    assert_ne!(accepted, ws::INVALID_SOCKET);
    peer.write_all(b"x").unwrap();
    assert_eq!(receive(accepted), (1, 0));
}

#[test]
fn an_address_is_bound_once_unless_both_share_it_s27() {
    let first = socket(ws::SOCK_STREAM);
    assert_eq!(bind(first, 0), 0);
    let port = port_of(first);
    assert_eq!(bind(socket(ws::SOCK_STREAM), port), ws::WSAEADDRINUSE, "though the first does not listen");
    let sharing = socket(ws::SOCK_STREAM);
    assert_eq!((get(sharing, ws::SO_REUSEADDR), set(sharing, ws::SO_REUSEADDR, 1)), (0, 0));
    assert_eq!(get(sharing, ws::SO_REUSEADDR), 1);
    assert_eq!(set(sharing, ws::SO_EXCLUSIVEADDRUSE, 1), ws::WSAEINVAL);
    assert_eq!(bind(sharing, port), ws::WSAEACCES, "it would take what the first does not share");
    let one = socket(ws::SOCK_STREAM);
    set(one, ws::SO_REUSEADDR, 1);
    assert_eq!((bind(one, 0), bind(sharing, port_of(one))), (0, 0));
}

#[test]
fn a_server_restarts_over_connections_in_time_wait_s27() {
    // Between the two servers anybody on the machine may be given the port; not every time.
    let restarted = (0..20).any(|_| {
        let (listener, port) = listening();
        let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
        // SAFETY: no places for the address.
        let accepted = unsafe { longshore_accept(listener, null_mut(), null_mut()) };
        closesocket(accepted); // The side that closes first has the TIME_WAIT.
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        drop(peer);
        closesocket(listener);
        let next = socket(ws::SOCK_STREAM);
        let restarted = (bind(next, port), longshore_listen(next, 5)) == (0, 0);
        if restarted {
            assert_eq!(bind(socket(ws::SOCK_STREAM), port), ws::WSAEADDRINUSE);
        }
        restarted
    });
    assert!(restarted);
}

#[test]
fn accepted_sockets_inherit_the_timeouts() {
    let (listener, port) = listening();
    assert_eq!((set(listener, ws::SO_RCVTIMEO, 20), set(listener, ws::SO_SNDTIMEO, 30)), (0, 0));
    let _peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // SAFETY: no places for the address.
    let accepted = unsafe { longshore_accept(listener, null_mut(), null_mut()) };
    assert_eq!((get(accepted, ws::SO_RCVTIMEO), get(accepted, ws::SO_SNDTIMEO)), (20, 30));
    assert_eq!(receive(accepted), (-1, ws::WSAETIMEDOUT));
}

/// An `fd_set`.
#[repr(C)]
struct Set {
    count: u32,
    sockets: [SOCKET; 64],
}

#[test]
fn select_counts_a_socket_once_and_a_closed_one_is_ready() {
    let (socket, mut peer) = connected();
    peer.write_all(b"x").unwrap();
    let mut set = Set { count: 2, sockets: [socket; 64] };
    let place = (&raw mut set).cast();
    // SAFETY: a set with two sockets.
    assert_eq!(unsafe { longshore_select(0, place, null_mut(), null_mut(), null()) }, 1);
    assert_eq!(set.count, 1);
    assert_eq!(receive(socket), (1, 0));
    let waiting = spawn(move || {
        let mut set = Set { count: 1, sockets: [socket; 64] };
        let place = (&raw mut set).cast();
        // SAFETY: a set with a socket.
        (unsafe { longshore_select(0, place, null_mut(), null_mut(), null()) }, error())
    });
    std::thread::sleep(Duration::from_millis(20)); // It is right either way; this makes it the interesting one.
    closesocket(socket);
    let (count, error) = waiting.join().unwrap();
    assert!(count == 1 || (count, error) == (-1, ws::WSAENOTSOCK), "{count}, {error}");
}

#[test]
fn connections_that_cannot_be_have_windows_errors_again_and_again() {
    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let stream = socket(ws::SOCK_STREAM);
    for _ in 0..3 {
        assert_eq!(connect(stream, [127, 0, 0, 1], refused), ws::WSAECONNREFUSED);
    }
    assert_eq!(send(stream), ws::WSAENOTCONN, "it never was connected");
    assert_eq!(connect(stream, [0; 4], 80), ws::WSAEADDRNOTAVAIL);
    let datagrams = socket(ws::SOCK_DGRAM);
    assert_eq!(connect(datagrams, [0; 4], 80), ws::WSAEADDRNOTAVAIL);
    assert_eq!(connect(datagrams, [127, 0, 0, 1], 0), ws::WSAEADDRNOTAVAIL);
    let nonblocking = socket(ws::SOCK_STREAM);
    let mut yes = 1;
    // SAFETY: a readable number.
    unsafe { ioctlsocket(nonblocking, ws::FIONBIO, &mut yes) };
    for _ in 0..2 {
        let result = connect(nonblocking, [127, 0, 0, 1], refused);
        assert!(matches!(result, ws::WSAEWOULDBLOCK | ws::WSAECONNREFUSED), "{result}");
        let mut set = Set { count: 1, sockets: [nonblocking; 64] };
        let place = (&raw mut set).cast();
        if result == ws::WSAEWOULDBLOCK {
            // SAFETY: a set with a socket.
            assert_eq!(unsafe { longshore_select(0, null_mut(), null_mut(), place, null()) }, 1);
        }
    }
}

#[test]
fn wsaioctl_wants_a_place_for_the_count_and_an_unknown_code_fails_by_packet_io7() {
    let socket = socket(ws::SOCK_STREAM);
    let port = CreateIoCompletionPort(socket as HANDLE, null_mut(), 1, 0);
    let (mut overlapped, mut returned, mut on) = (OVERLAPPED::default(), 0, 1u32);
    let next = |wait_ms| {
        let (mut count, mut key, mut ended) = (0, 0, null_mut());
        // SAFETY: three writable places.
        let taken = unsafe { GetQueuedCompletionStatus(port, &mut count, &mut key, &mut ended, wait_ms) };
        (taken, GetLastError())
    };
    // SAFETY: memory that outlives the calls.
    unsafe {
        let input = (&raw mut on).cast();
        let result =
            WSAIoctl(socket, ws::FIONBIO as u32, input, 4, null_mut(), 0, null_mut(), &mut overlapped, None);
        assert_eq!((result, error()), (-1, ws::WSAEFAULT));
        assert_eq!(next(0), (0, WAIT_TIMEOUT), "no packet");
        let unknown = 0x8800_1234;
        let result = WSAIoctl(socket, unknown, input, 4, null_mut(), 0, &mut returned, &mut overlapped, None);
        assert_eq!((result, error()), (-1, ws::WSA_IO_PENDING));
        assert_eq!(next(10_000), (0, ERROR_NOT_SUPPORTED));
    }
}

#[test]
fn a_datagram_that_is_too_long_fails_in_the_call_and_has_no_packet() {
    let socket = socket(ws::SOCK_DGRAM);
    let port = CreateIoCompletionPort(socket as HANDLE, null_mut(), 1, 0);
    let data = vec![0u8; 70_000];
    let buffer = WSABUF { len: 70_000, buf: data.as_ptr().cast_mut() };
    let (to, mut overlapped) = (address([127, 0, 0, 1], 9), OVERLAPPED::default());
    let (mut count, mut key, mut ended) = (0, 0, null_mut());
    // SAFETY: memory that outlives the operation, and three writable places.
    unsafe {
        let to = to.as_ptr().cast();
        let result = WSASendTo(socket, &buffer, 1, null_mut(), 0, to, 16, &mut overlapped, None);
        assert_eq!((result, error()), (-1, ws::WSAEMSGSIZE));
        assert_eq!(GetQueuedCompletionStatus(port, &mut count, &mut key, &mut ended, 0), 0);
    }
    assert_eq!(GetLastError(), WAIT_TIMEOUT);
}

#[test]
fn a_send_that_is_cut_off_ends_in_a_reset_s28() {
    let (socket, mut peer) = connected();
    let data = vec![7u8; 32 << 20];
    let buffer = WSABUF { len: data.len() as u32, buf: data.as_ptr().cast_mut() };
    let mut overlapped = OVERLAPPED::default();
    // SAFETY: memory that outlives the operation, which the close ends.
    unsafe {
        assert_eq!(WSASend(socket, &buffer, 1, null_mut(), 0, &mut overlapped, None), -1);
        assert_eq!(error(), ws::WSA_IO_PENDING);
    }
    closesocket(socket);
    let ended = peer.read_to_end(&mut Vec::new());
    assert_eq!(ended.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn acceptex_of_a_connection_that_was_reset_ends_by_packet_and_leaves_the_socket_fresh_ac4() {
    let (listener, number) = listening();
    let port = CreateIoCompletionPort(listener as HANDLE, null_mut(), 1, 0);
    let acceptor = socket(ws::SOCK_STREAM);
    let gone = TcpStream::connect(("127.0.0.1", number)).unwrap();
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: a valid option of its length.
    unsafe {
        let value = (&raw const linger).cast();
        libc::setsockopt(gone.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, value, 8);
    }
    drop(gone);
    let (mut overlapped, mut buffer) = (OVERLAPPED::default(), [0u8; 128]);
    let mut accept = || {
        let (mut count, mut key, mut ended) = (0, 0, null_mut());
        // SAFETY: memory that outlives the operation, and three writable places.
        let taken = unsafe {
            let start = buffer.as_mut_ptr().cast();
            assert_eq!(AcceptEx(listener, acceptor, start, 64, 32, 32, null_mut(), &mut overlapped), 0);
            assert_eq!(error(), ws::WSA_IO_PENDING, "always");
            GetQueuedCompletionStatus(port, &mut count, &mut key, &mut ended, 10_000)
        };
        (taken, GetLastError(), count)
    };
    assert_eq!(accept(), (0, ERROR_NETNAME_DELETED, 0));
    let mut next = TcpStream::connect(("127.0.0.1", number)).unwrap();
    next.write_all(b"x").unwrap();
    let (taken, _, count) = accept();
    assert_eq!((taken, count), (1, 1), "the same accepting socket");
}

#[test]
fn the_services_of_two_threads_are_not_mixed_up() {
    let threads = [(c"http", 80u16), (c"https", 443)].map(|(name, port)| {
        spawn(move || {
            for _ in 0..2000 {
                // SAFETY: a string; the result is the thread's until its next call.
                let found = unsafe { longshore_getservbyname(name.as_ptr(), null()).as_ref() };
                let Some(found) = found else { return false };
                assert_eq!(found.s_port as u16, port.to_be());
            }
            true
        })
    });
    for thread in threads {
        if !thread.join().unwrap() {
            eprintln!("skipped: this machine has no /etc/services (apt install netbase)");
        }
    }
}

#[test]
fn a_port_keeps_the_packet_that_has_no_place_to_go() {
    let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0);
    assert_eq!(PostQueuedCompletionStatus(port, 7, 8, null_mut()), 1);
    let (mut bytes, mut key, mut ended) = (0, 0, null_mut());
    // SAFETY: places that are there, and one that is not.
    unsafe {
        let wild = WILD as *mut usize;
        assert_eq!(GetQueuedCompletionStatus(port, &mut bytes, wild, &mut ended, 0), 0);
        assert_eq!(GetLastError(), windows_sys::Win32::Foundation::ERROR_NOACCESS);
        assert_eq!(GetQueuedCompletionStatusEx(port, wild.cast(), 1, &mut bytes, 0, 0), 0);
        assert_eq!(GetLastError(), windows_sys::Win32::Foundation::ERROR_NOACCESS);
        assert_eq!(GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut ended, 0), 1);
    }
    assert_eq!((bytes, key), (7, 8));
}

#[test]
fn control_data_that_has_too_little_room_is_wsaemsgsize() {
    let receiver = socket(ws::SOCK_DGRAM);
    assert_eq!(bind(receiver, 0), 0);
    let yes = 1i32;
    let on = (&raw const yes).cast();
    let to = address([127, 0, 0, 1], port_of(receiver));
    let (mut byte, mut control, mut count) = (0u8, [0u8; 8], 0);
    let mut buffer = WSABUF { len: 1, buf: &mut byte };
    let mut message = ws::WSAMSG {
        lpBuffers: (&raw mut buffer).cast(),
        dwBufferCount: 1,
        Control: WSABUF { len: 8, buf: control.as_mut_ptr() },
        ..Default::default()
    };
    // SAFETY: readable and writable places of the lengths said.
    unsafe {
        assert_eq!(longshore_setsockopt(receiver, ws::IPPROTO_IP, ws::IP_PKTINFO, on, 4), 0);
        assert_eq!(longshore_sendto(socket(ws::SOCK_DGRAM), c"x".as_ptr(), 1, 0, to.as_ptr().cast(), 16), 1);
        let result = WSARecvMsg(receiver, &mut message, &mut count, null_mut(), None);
        assert_eq!((result, error(), count, byte), (-1, ws::WSAEMSGSIZE, 1, b'x'));
    }
    assert_eq!(message.dwFlags, ws::MSG_CTRUNC);
}

#[test]
fn disconnectex_keeps_the_binding_for_the_next_connection_dx3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = listener.local_addr().unwrap().port();
    let socket = socket(ws::SOCK_STREAM);
    assert_eq!(bind(socket, 0), 0);
    let own = port_of(socket);
    assert_eq!(connect(socket, [127, 0, 0, 1], there), 0);
    let _first = listener.accept().unwrap();
    // SAFETY: no OVERLAPPED.
    assert_eq!(unsafe { DisconnectEx(socket, null_mut(), ws::TF_REUSE_SOCKET, 0) }, 1, "{}", error());
    assert_eq!(port_of(socket), own);
}

#[test]
fn a_new_selection_does_not_tell_what_the_old_one_told() {
    let (socket, mut peer) = connected();
    peer.write_all(b"x").unwrap();
    // SAFETY: no name.
    let event = unsafe { CreateEventA(null(), 1, 0, null()) };
    let told = |wait_ms| {
        WaitForSingleObject(event, wait_ms);
        let mut events = ws::WSANETWORKEVENTS { lNetworkEvents: 0, iErrorCode: [77; 10] };
        // SAFETY: a writable structure.
        assert_eq!(unsafe { WSAEnumNetworkEvents(socket, event, &mut events) }, 0);
        (events.lNetworkEvents as u32, events.iErrorCode[ws::FD_ACCEPT_BIT as usize])
    };
    let wanted = (ws::FD_READ | ws::FD_CONNECT) as i32;
    assert_eq!(WSAEventSelect(socket, event, wanted), 0);
    let (mut seen, untouched) = told(10_000);
    assert_eq!(untouched, 77, "the code of what did not happen");
    while seen & ws::FD_READ == 0 {
        seen |= told(10_000).0;
    }
    assert_ne!(seen & ws::FD_CONNECT, 0, "the connect that waited");
    assert_eq!(WSAEventSelect(socket, event, wanted), 0);
    assert_eq!(told(0).0, 0);
}

/// Connects by name, with so much room for each address and a timeout in microseconds.
fn connect_by_name(port: u16, room: u32, timeout_us: i64) -> (i32, SOCKET, [[u8; 16]; 2], [u32; 2]) {
    let socket = socket(ws::SOCK_STREAM);
    let service = std::ffi::CString::new(port.to_string()).unwrap();
    let ([mut local, mut remote], mut lengths) = ([[0xCC; 16]; 2], [room; 2]);
    let [local_length, remote_length] = &mut lengths;
    let timeout = [0, timeout_us];
    // SAFETY: strings, writable places of the lengths said, and a `struct timeval`.
    let done = unsafe {
        WSAConnectByNameA(
            socket,
            c"127.0.0.1".as_ptr(),
            service.as_ptr(),
            local_length,
            local.as_mut_ptr().cast(),
            remote_length,
            remote.as_mut_ptr().cast(),
            timeout.as_ptr().cast(),
            null(),
        )
    };
    (if done == 0 { error() } else { 0 }, socket, [local, remote], lengths)
}

#[test]
fn connecting_by_name_reports_both_addresses() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (error, socket, [local, remote], lengths) = connect_by_name(port, 16, 30_000_000);
    assert_eq!((error, lengths), (0, [16, 16]));
    assert_eq!(remote, address([127, 0, 0, 1], port));
    assert_eq!(local, address([127, 0, 0, 1], port_of(socket)));
    assert_eq!(listener.accept().unwrap().1.port(), port_of(socket));
}

#[test]
fn connecting_by_name_checks_its_arguments_before_it_connects() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let untouched = [[0xCC; 16]; 2];
    let (error, _, places, lengths) = connect_by_name(port, 15, 30_000_000);
    assert_eq!((error, places, lengths), (ws::WSAEFAULT, untouched, [15, 15]));
    let (error, _, places, _) = connect_by_name(port, 16, -1);
    assert_eq!((error, places), (ws::WSAEINVAL, untouched));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody has connected");
}
