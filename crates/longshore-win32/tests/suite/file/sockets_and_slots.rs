//! `ReadFile` and `WriteFile` on sockets (S15), and what blocking calls on files do
//! to a port's slots (Q8, Q9).
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_engine::{Core, Face, Packet, Payload, Regions};
use longshore_win32::testing::{
    CreatePipe, GetFileType, HANDLE, LockFile, LockFileEx, ReadFileEx, UnlockFile, WriteFileEx, ioctlsocket,
    longshore_connect, longshore_socket, thread, wait,
};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ptr::null_mut;
use std::sync::mpsc::channel;
use windows_sys::Win32::Networking::WinSock::WSADATA;
use windows_sys::Win32::System::IO::OVERLAPPED;

unsafe extern "C" {
    fn WSAStartup(version: u16, data: *mut WSADATA) -> i32;
}

fn start() {
    assert_eq!(unsafe { WSAStartup(0x202, &mut WSADATA::default()) }, 0);
}

/// A connected socket of the library, and its peer.
fn connected() -> (HANDLE, TcpStream) {
    start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let socket = longshore_socket(2, 1, 0);
    let address = libc::sockaddr_in {
        sin_family: 2,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    };
    assert_eq!(unsafe { longshore_connect(socket, (&raw const address).cast(), 16) }, 0);
    (socket as HANDLE, listener.accept().unwrap().0)
}

#[test]
fn a_socket_is_read_and_written_like_a_file_s15() {
    let (socket, mut peer) = connected();
    assert_eq!(GetFileType(socket), 3);
    let port = Port::new();
    port.bind(socket);
    let mut arrived = [0; 5];
    let mut ov = overlapped(2);
    assert!(matches!(write(socket, b"hello", &mut *ov), Ok(5) | Err(997)), "the offset says nothing");
    assert_eq!(port.next(&ov), (Ok(()), 5));
    peer.read_exact(&mut arrived).unwrap();
    assert_eq!(&arrived, b"hello");
    assert_eq!(read(socket, &mut arrived, null_mut()), Err(87), "F3");
    assert_eq!(write(socket, b"x", null_mut()), Err(87));
    assert_eq!(read(socket, &mut arrived, &mut *overlapped(-1i64 as u64)), Err(87));
    let mut ov = overlapped(0);
    assert_eq!(read(socket, &mut arrived, &mut *ov), Err(997));
    peer.write_all(b"abc").unwrap();
    assert_eq!(port.next(&ov), (Ok(()), 3));
    drop(peer);
    let mut ov = overlapped(0);
    assert!(matches!(read(socket, &mut arrived, &mut *ov), Ok(0) | Err(997)));
    assert_eq!(port.next(&ov), (Ok(()), 0), "the peer's end");
    close(socket);
    assert_eq!(read(socket, &mut arrived, &mut *ov), Err(6));
}

#[test]
fn the_errors_of_a_socket_are_those_of_files() {
    let (socket, peer) = connected();
    let port = Port::new();
    port.bind(socket);
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let mut ov = overlapped(0);
    assert_eq!(read(socket, &mut [0; 4], &mut *ov), Err(997));
    unsafe {
        use std::os::fd::AsRawFd;
        let (level, name) = (libc::SOL_SOCKET, libc::SO_LINGER);
        libc::setsockopt(
            peer.as_raw_fd(),
            level,
            name,
            (&raw const linger).cast(),
            size_of_val(&linger) as u32,
        );
    }
    drop(peer);
    assert_eq!(port.next(&ov), (Err(64), 0), "reset");
    close(socket);
}

#[test]
fn a_blocking_read_waits_even_on_a_socket_that_does_not() {
    const FIONBIO: i32 = 0x8004_667E_u32 as i32;
    start();
    let socket = unsafe { longshore_win32::testing::WSASocketA(2, 1, 0, std::ptr::null_mut(), 0, 0) };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = libc::sockaddr_in {
        sin_family: 2,
        sin_port: listener.local_addr().unwrap().port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    };
    assert_eq!(unsafe { longshore_connect(socket, (&raw const address).cast(), 16) }, 0);
    let mut peer = listener.accept().unwrap().0;
    let mut on = 1;
    assert_eq!(unsafe { ioctlsocket(socket, FIONBIO, &mut on) }, 0);
    let thread = std::thread::spawn(move || {
        let mut buffer = [0; 8];
        let count = read(socket as HANDLE, &mut buffer, null_mut());
        (count, buffer)
    });
    peer.write_all(b"late").unwrap();
    let (count, buffer) = thread.join().unwrap();
    assert_eq!((count, &buffer[..4]), (Ok(4), &b"late"[..]));
    let data = vec![3; 4_000_000];
    let reader = std::thread::spawn(move || {
        let mut all = vec![0; 4_000_000];
        peer.read_exact(&mut all).map(|()| all)
    });
    assert_eq!(write(socket as HANDLE, &data, null_mut()), Ok(4_000_000));
    assert!(reader.join().unwrap().unwrap() == data);
    close(socket as HANDLE);
}

thread_local! {
    static CALLED: Cell<Option<(u32, u32)>> = const { Cell::new(None) };
}

unsafe extern "C-unwind" fn routine(error: u32, bytes: u32, _: *mut OVERLAPPED) {
    CALLED.set(Some((error, bytes)));
}

#[test]
fn a_socket_takes_completion_routines_from_the_file_calls() {
    let (socket, mut peer) = connected();
    let mut buffer = [0u8; 8];
    let mut ov = overlapped(0);
    assert_eq!(unsafe { ReadFileEx(socket, buffer.as_mut_ptr().cast(), 8, &mut *ov, Some(routine)) }, 1);
    peer.write_all(b"hello").unwrap();
    let own: std::sync::Arc<dyn longshore_win32::testing::Object> = thread::current();
    assert_eq!(wait::wait_one(&own, 20_000, true), 192);
    assert_eq!((CALLED.take(), &buffer[..5]), (Some((0, 5)), &b"hello"[..]));
    assert_eq!(unsafe { WriteFileEx(socket, buffer.as_ptr().cast(), 5, &mut *ov, Some(routine)) }, 1);
    assert_eq!(wait::wait_one(&own, 20_000, true), 192);
    assert_eq!(CALLED.take(), Some((0, 5)));
    close(socket);
}

struct Numbers;

impl Face for Numbers {
    type Post = u32;
    type Payload = Nothing;
}

struct Nothing;

unsafe impl Payload for Nothing {
    fn regions(&mut self, _: &mut Regions) {}
}

/// One thread takes a packet from a port of one slot and blocks; the other can unblock it only once it has
/// got the second packet. Returns how often the monitor had to step in for that.
fn gives_its_slot_to_another(block: impl FnOnce() + Send, unblock: impl FnOnce()) -> u64 {
    let core = Core::<Numbers>::new(1).unwrap();
    core.post(1, 0).unwrap();
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        let first = &core;
        scope.spawn(move || {
            assert!(matches!(first.take(None), Ok(Packet::Posted { key: 1, .. })));
            sender.send(()).unwrap();
            block();
        });
        receiver.recv().unwrap();
        core.post(2, 0).unwrap();
        assert!(matches!(core.take(None), Ok(Packet::Posted { key: 2, .. })));
        let compensations = core.stats().compensations;
        unblock();
        compensations
    })
}

/// The monitor may step in before a thread that is kept off the CPU comes to the call; not every time.
fn without_the_monitor(mut compensations: impl FnMut() -> u64) {
    assert!((0..20).any(|_| compensations() == 0), "the monitor had to step in");
}

#[test]
fn a_blocked_call_on_a_file_gives_its_slot_to_another_thread_q8() {
    let (mut reader, mut writer) = (null_mut(), null_mut());
    assert_eq!(unsafe { CreatePipe(&mut reader, &mut writer, std::ptr::null(), 0) }, 1);
    let read_end = reader as usize;
    without_the_monitor(|| {
        gives_its_slot_to_another(
            || assert_eq!(read(read_end as HANDLE, &mut [0; 4], null_mut()), Ok(1)),
            || assert_eq!(write(writer, b"x", null_mut()), Ok(1)),
        )
    });
    let directory = Directory::new();
    let name = directory.write("file", "x");
    let (first, second) = (open(&name, BOTH, 0), open(&name, BOTH, 0));
    assert_eq!(LockFile(first, 0, 0, 1, 0), 1);
    let waits = second as usize;
    without_the_monitor(|| {
        let compensations = gives_its_slot_to_another(
            || assert_eq!(unsafe { LockFileEx(waits as HANDLE, 2, 0, 1, 0, &mut *overlapped(0)) }, 1),
            || assert_eq!(UnlockFile(first, 0, 0, 1, 0), 1),
        );
        // Back to the first, for another time.
        assert_eq!((UnlockFile(second, 0, 0, 1, 0), LockFile(first, 0, 0, 1, 0)), (1, 1));
        compensations
    });
    [reader, writer, first, second].into_iter().for_each(close);
}
