//! Descriptors that have run out when the library first needs some of its own: what fails then works later. A process of
//! its own, because the first time comes once.

use longshore_fixtures::process::alone;
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    CancelIoEx, CreateEventA, GetLastError, WSABUF, WSARecv, WSAStartup, WaitForSingleObject, longshore_bind,
    longshore_socket,
};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::System::IO::OVERLAPPED;

#[test]
fn an_operation_that_found_no_descriptors_left_can_be_started_again() {
    if !alone(this_test!()) {
        return;
    }
    let mut data = ws::WSADATA::default();
    let address = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0u8];
    let mut byte = 0u8;
    let buffer = WSABUF { len: 1, buf: &raw mut byte };
    // SAFETY: writable places, an address of sixteen bytes, an OVERLAPPED that outlives the operation.
    unsafe {
        assert_eq!(WSAStartup(0x0202, &mut data), 0);
        let socket = longshore_socket(2, ws::SOCK_DGRAM, 0);
        assert_eq!(longshore_bind(socket, address.as_ptr().cast(), 16), 0);
        let event = CreateEventA(null(), 1, 0, null());
        let mut overlapped = OVERLAPPED { hEvent: event, ..OVERLAPPED::default() };
        let mut receive = || {
            let mut flags = 0;
            assert_eq!(WSARecv(socket, &buffer, 1, null_mut(), &mut flags, &mut overlapped, None), -1);
            GetLastError() as i32
        };
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        // The more of what is needed can be had, the later it fails.
        let lowest = libc::dup(0);
        libc::close(lowest);
        for spare in 0..4 {
            let few = libc::rlimit { rlim_cur: lowest as u64 + spare, ..limit };
            assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &few), 0);
            assert_ne!(receive(), ws::WSA_IO_PENDING, "{spare} descriptors were enough");
        }
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
        assert_eq!(receive(), ws::WSA_IO_PENDING);
        assert_eq!(CancelIoEx(socket as _, null_mut()), 1);
        assert_eq!(WaitForSingleObject(event, 10_000), WAIT_OBJECT_0);
    }
}
