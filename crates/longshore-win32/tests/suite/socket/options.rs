//! Socket options that are laid out otherwise than Linux', or are no socket's.

use longshore_win32::testing::*;
use std::net::UdpSocket;
use std::ptr::null_mut;
use std::thread::spawn;
use windows_sys::Win32::Networking::WinSock as ws;

/// SO_SYNCHRONOUS_NONALERT
const NOT_OVERLAPPED: i32 = 0x20;

fn socket(family: i32, kind: i32) -> SOCKET {
    let mut data = ws::WSADATA::default();
    // SAFETY: writable.
    unsafe { assert_eq!(WSAStartup(0x0202, &mut data), 0) };
    longshore_socket(family, kind, 0)
}

/// 0, or the error.
fn set(socket: SOCKET, level: i32, name: i32, value: &[u8]) -> i32 {
    // SAFETY: as many readable bytes as said.
    let result =
        unsafe { longshore_setsockopt(socket, level, name, value.as_ptr().cast(), value.len() as i32) };
    if result == 0 { 0 } else { GetLastError() as i32 }
}

fn get(socket: SOCKET, level: i32, name: i32) -> i32 {
    let (mut value, mut length) = (-9i32, 4);
    // SAFETY: writable places.
    let result = unsafe { longshore_getsockopt(socket, level, name, (&raw mut value).cast(), &mut length) };
    assert_eq!(result, 0, "{}", GetLastError());
    value
}

/// A `SOCKADDR_STORAGE` with an IPv4 address.
fn storage(ip: [u8; 4]) -> [u8; 128] {
    let mut bytes = [0; 128];
    bytes[..2].copy_from_slice(&2u16.to_ne_bytes());
    bytes[4..8].copy_from_slice(&ip);
    bytes
}

const GROUP: [u8; 4] = [239, 255, 77, 1];

/// The index of the loopback device.
const LOOPBACK: u32 = 1;

/// A datagram socket of Winsock's that has done `join`, and what it gets of datagrams to the group: one from
/// 127.0.0.1, then one from 127.0.0.2.
fn first_datagram(join: impl FnOnce(SOCKET)) -> Vec<u8> {
    let receiver = socket(2, ws::SOCK_DGRAM);
    let mut address = [0u8; 16];
    address[..2].copy_from_slice(&2u16.to_ne_bytes());
    let mut length = 16;
    // SAFETY: sixteen bytes, readable and writable.
    unsafe {
        assert_eq!(longshore_bind(receiver, address.as_ptr().cast(), 16), 0);
        assert_eq!(longshore_getsockname(receiver, address.as_mut_ptr().cast(), &mut length), 0);
    }
    let port = u16::from_be_bytes([address[2], address[3]]);
    join(receiver);
    for (from, text) in [("127.0.0.1", "other"), ("127.0.0.2", "chosen")] {
        let sender = UdpSocket::bind((from, 0)).unwrap();
        // Out through the loopback device, whatever the routes are.
        let device = libc::ip_mreqn {
            imr_multiaddr: libc::in_addr { s_addr: 0 },
            imr_address: libc::in_addr { s_addr: 0 },
            imr_ifindex: LOOPBACK as i32,
        };
        // SAFETY: a valid option of its length.
        let result = unsafe {
            libc::setsockopt(
                std::os::fd::AsRawFd::as_raw_fd(&sender),
                libc::IPPROTO_IP,
                libc::IP_MULTICAST_IF,
                (&raw const device).cast(),
                size_of_val(&device) as u32,
            )
        };
        assert_eq!(result, 0);
        sender.send_to(text.as_bytes(), (std::net::Ipv4Addr::from(GROUP), port)).unwrap();
    }
    let mut text = [0u8; 16];
    // SAFETY: as many writable bytes as said.
    let count = unsafe { longshore_recv(receiver, text.as_mut_ptr().cast(), 16, 0) };
    closesocket(receiver);
    text[..count as usize].to_vec()
}

#[test]
fn a_member_hears_the_source_it_named_and_no_other_s30() {
    // IP_MREQ_SOURCE: group, source, interface.
    let by_fields = first_datagram(|receiver| {
        let value = [GROUP, [127, 0, 0, 2], [127, 0, 0, 1]].concat();
        assert_eq!(set(receiver, ws::IPPROTO_IP, ws::IP_ADD_SOURCE_MEMBERSHIP, &value), 0);
        assert_eq!(set(receiver, ws::IPPROTO_IP, ws::IP_ADD_SOURCE_MEMBERSHIP, &value[..11]), ws::WSAEFAULT);
    });
    assert_eq!(by_fields, b"chosen");
    let by_addresses = first_datagram(|receiver| {
        let interface = [LOOPBACK.to_ne_bytes(), [0; 4]].concat();
        let value = [&interface[..], &storage(GROUP), &storage([127, 0, 0, 2])].concat();
        assert_eq!(set(receiver, ws::IPPROTO_IP, ws::MCAST_JOIN_SOURCE_GROUP as i32, &value), 0);
    });
    assert_eq!(by_addresses, b"chosen");
    let anyone = first_datagram(|receiver| {
        let value = [&LOOPBACK.to_ne_bytes()[..], &[0; 4], &storage(GROUP)].concat();
        assert_eq!(set(receiver, ws::IPPROTO_IP, ws::MCAST_JOIN_GROUP as i32, &value), 0);
        let source = [&value[..], &storage([127, 0, 0, 1])].concat();
        assert_eq!(set(receiver, ws::IPPROTO_IP, ws::MCAST_BLOCK_SOURCE as i32, &source), 0);
    });
    assert_eq!(anyone, b"chosen");
}

#[test]
fn how_long_a_connection_lasts_without_acknowledgements() {
    let tcp = socket(2, ws::SOCK_STREAM);
    for (seconds, milliseconds) in [(7, 7000), (0, 0), (-1, -1)] {
        assert_eq!(set(tcp, ws::IPPROTO_TCP, ws::TCP_MAXRT, &i32::to_ne_bytes(seconds)), 0);
        assert_eq!(get(tcp, ws::IPPROTO_TCP, ws::TCP_MAXRT), seconds);
        assert_eq!(get(tcp, ws::IPPROTO_TCP, ws::TCP_MAXRTMS), milliseconds);
    }
    assert_eq!(set(tcp, ws::IPPROTO_TCP, ws::TCP_MAXRT, &i32::to_ne_bytes(-2)), ws::WSAEINVAL);
    // TCP_INITIAL_RTO_PARAMETERS: an unspecified time, three retries.
    for (value, result) in [(&[0xFFu8, 0xFF, 3, 0][..], 0), (&[0xFF, 0xFF][..], -1)] {
        let mut returned = 0;
        // SAFETY: as many readable bytes as said; nothing is written but the count.
        let done = unsafe {
            let length = value.len() as u32;
            let input = value.as_ptr().cast_mut().cast();
            WSAIoctl(
                tcp,
                ws::SIO_TCP_INITIAL_RTO,
                input,
                length,
                null_mut(),
                0,
                &mut returned,
                null_mut(),
                None,
            )
        };
        assert_eq!(done, result);
    }
    closesocket(tcp);
}

#[test]
fn the_kind_of_sockets_is_an_option_of_the_thread_s31() {
    let none = ws::INVALID_SOCKET;
    assert_eq!(closesocket(socket(2, ws::SOCK_STREAM)), 0); // Winsock is started now.
    let bound = |socket: SOCKET| {
        let port = CreateIoCompletionPort(socket as HANDLE, null_mut(), 1, 0);
        closesocket(socket);
        !port.is_null() && CloseHandle(port) != 0
    };
    assert_eq!(get(none, ws::SOL_SOCKET, ws::SO_OPENTYPE), 0);
    assert!(bound(socket(2, ws::SOCK_STREAM)));
    assert_eq!(set(none, ws::SOL_SOCKET, ws::SO_OPENTYPE, &NOT_OVERLAPPED.to_ne_bytes()), 0);
    assert_eq!(get(none, ws::SOL_SOCKET, ws::SO_OPENTYPE), NOT_OVERLAPPED);
    assert!(!bound(socket(2, ws::SOCK_STREAM)));
    assert_eq!(spawn(move || get(none, ws::SOL_SOCKET, ws::SO_OPENTYPE)).join().unwrap(), 0);
    assert_eq!(set(none, ws::SOL_SOCKET, ws::SO_OPENTYPE, &0i32.to_ne_bytes()), 0);
    assert!(bound(socket(2, ws::SOCK_STREAM)));
}
