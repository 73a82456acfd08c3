//! WSAStartup and WSACleanup.

use longshore_fixtures::patience::eventually;
use longshore_fixtures::{process::alone, this_test};
use longshore_win32::testing::*;
use std::net::TcpListener;
use std::thread::spawn;
use windows_sys::Win32::Networking::WinSock as ws;

fn start() {
    let mut data = ws::WSADATA::default();
    // SAFETY: writable.
    unsafe { assert_eq!(WSAStartup(0x0202, &mut data), 0) };
}

/// 0, or the error of a call that only a socket can answer.
fn type_of(socket: SOCKET) -> i32 {
    let (mut kind, mut length) = (0i32, 4);
    // SAFETY: writable places.
    let result = unsafe {
        longshore_getsockopt(socket, ws::SOL_SOCKET, ws::SO_TYPE, (&raw mut kind).cast(), &mut length)
    };
    if result == 0 { 0 } else { GetLastError() as i32 }
}

#[test]
fn the_last_cleanup_closes_every_socket_and_no_earlier_one_does_s29() {
    if !alone(this_test!()) {
        return;
    }
    start();
    start();
    let listener = longshore_socket(2, ws::SOCK_STREAM, 0);
    let mut address = [0u8; 16];
    address[..2].copy_from_slice(&2u16.to_ne_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    let mut length = 16;
    // SAFETY: sixteen bytes, readable and writable.
    unsafe {
        assert_eq!(longshore_bind(listener, address.as_ptr().cast(), 16), 0);
        assert_eq!(longshore_getsockname(listener, address.as_mut_ptr().cast(), &mut length), 0);
    }
    assert_eq!(longshore_listen(listener, 5), 0);
    let port = u16::from_be_bytes([address[2], address[3]]);
    // SAFETY: no places for the address are allowed.
    let waiting = spawn(move || unsafe {
        let accepted = longshore_accept(listener, std::ptr::null_mut(), std::ptr::null_mut());
        (accepted, GetLastError())
    });
    assert_eq!(WSACleanup(), 0);
    assert_eq!(type_of(listener), 0, "one use is left");
    assert_eq!(WSACleanup(), 0);
    let (accepted, error) = waiting.join().unwrap();
    assert!(accepted == ws::INVALID_SOCKET && error != 0, "the call that waited ends: {error}");
    assert_eq!(type_of(listener), ws::WSANOTINITIALISED);
    assert_eq!((WSACleanup(), GetLastError() as i32), (-1, ws::WSANOTINITIALISED));
    eventually("the address is free", || TcpListener::bind(("127.0.0.1", port)).is_ok());
    start();
    assert_eq!(type_of(listener), ws::WSAENOTSOCK);
    assert_ne!(longshore_socket(2, ws::SOCK_STREAM, 0), ws::INVALID_SOCKET);
}
