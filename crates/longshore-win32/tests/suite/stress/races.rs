//! Two things at once: an operation ends while its call has not returned, while it is cancelled, while
//! its file or its port is closed, while the file is bound, while its thread ends. It ends once, is told
//! once, and nothing of it is touched afterwards. `LONGSHORE_RACES` says how often each race is run (a
//! part of it for what takes longer).

use longshore_win32::testing::{
    CancelIoEx, CloseHandle, CreateEventA, CreateFileA, GetLastError, HANDLE, INVALID_HANDLE_VALUE,
    ResetEvent, SetFileCompletionNotificationModes, WSAStartup, WaitForSingleObject, closesocket,
    longshore_accept, longshore_socket, *,
};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::spawn;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{
    ERROR_CONNECTION_ABORTED, ERROR_IO_PENDING, ERROR_OPERATION_ABORTED, GENERIC_READ, GENERIC_WRITE,
    STATUS_CANCELLED, STATUS_PENDING, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Storage::FileSystem as fs;
use windows_sys::Win32::System::IO::OVERLAPPED;

fn rounds() -> usize {
    std::env::var("LONGSHORE_RACES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10_000)
}

/// An operation as servers make it: everything in one block, which whoever takes the packet frees.
#[repr(C)]
struct Io {
    overlapped: OVERLAPPED,
    buffer: ws::WSABUF,
    flags: u32,
    bytes: u32,
    byte: u8,
}

impl Io {
    /// Freed by [`Io::free`].
    fn new(event: HANDLE) -> *mut Io {
        let overlapped = OVERLAPPED { hEvent: event, ..OVERLAPPED::default() };
        let buffer = ws::WSABUF { len: 1, buf: null_mut() };
        let io = Box::into_raw(Box::new(Io { overlapped, buffer, flags: 0, bytes: 0, byte: 0 }));
        // SAFETY: just made.
        unsafe { (*io).buffer.buf = &raw mut (*io).byte };
        io
    }

    /// # Safety
    /// Made by [`Io::new`], and ended.
    unsafe fn free(io: *mut Io) {
        // SAFETY: the caller's promise. The poison shows a late write where no sanitizer does.
        unsafe {
            io.cast::<u8>().write_bytes(0xa5, size_of::<Io>());
            drop(Box::from_raw(io));
        }
    }

    /// # Safety
    /// Made by [`Io::new`].
    unsafe fn status(io: *mut Io) -> usize {
        // SAFETY: the caller's promise; who sees the end sees what came before it (D7).
        unsafe { AtomicUsize::from_ptr(&raw mut (*io).overlapped.Internal) }.load(Ordering::Acquire)
    }
}

/// Receives one byte; what comes of it.
///
/// # Safety
/// `io` is made by [`Io::new`], and idle.
unsafe fn receive(socket: usize, io: *mut Io) -> Result<(), i32> {
    // SAFETY: the caller's promise; the pointers are taken before the call, after
    // which the memory may be gone.
    let result = unsafe {
        let (buffer, bytes, flags) = (&raw const (*io).buffer, &raw mut (*io).bytes, &raw mut (*io).flags);
        WSARecv(socket, buffer, 1, bytes, flags, io.cast(), None)
    };
    if result == 0 { Ok(()) } else { Err(GetLastError() as i32) }
}

fn send(socket: usize) {
    let buffer = ws::WSABUF { len: 1, buf: c"x".as_ptr().cast_mut().cast() };
    let mut sent = 0;
    // SAFETY: one readable byte.
    unsafe { WSASend(socket, &buffer, 1, &mut sent, 0, null_mut(), None) };
}

const SIZE: i32 = 16;

fn bound(kind: i32) -> (usize, [u8; 16]) {
    let mut data = ws::WSADATA::default();
    let mut address = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0u8];
    let mut length = SIZE;
    // SAFETY: writable places, and an address of sixteen bytes.
    unsafe {
        WSAStartup(0x0202, &mut data);
        let socket = longshore_socket(2, kind, 0);
        assert_eq!(longshore_bind(socket, address.as_ptr().cast(), SIZE), 0);
        assert_eq!(longshore_getsockname(socket, address.as_mut_ptr().cast(), &mut length), 0);
        (socket, address)
    }
}

/// Two connected sockets.
fn pair() -> [usize; 2] {
    let (listener, address) = bound(ws::SOCK_STREAM);
    assert_eq!(longshore_listen(listener, 1), 0);
    let one = longshore_socket(2, ws::SOCK_STREAM, 0);
    // SAFETY: an address of sixteen bytes; none is asked for.
    let other = unsafe {
        assert_eq!(longshore_connect(one, address.as_ptr().cast(), SIZE), 0);
        longshore_accept(listener, null_mut(), null_mut())
    };
    assert_ne!(other, ws::INVALID_SOCKET);
    assert_eq!(closesocket(listener), 0);
    [one, other]
}

/// A datagram socket, and one that is connected to it.
fn datagrams() -> [usize; 2] {
    let ((one, address), (other, _)) = (bound(ws::SOCK_DGRAM), bound(ws::SOCK_DGRAM));
    // SAFETY: an address of sixteen bytes.
    assert_eq!(unsafe { longshore_connect(other, address.as_ptr().cast(), SIZE) }, 0);
    [one, other]
}

fn port_for(socket: usize) -> HANDLE {
    let port = CreateIoCompletionPort(socket as HANDLE, null_mut(), 7, 0);
    assert!(!port.is_null());
    port
}

/// Takes a packet: its operation, the error or 0, and the count.
fn take(port: HANDLE, wait_ms: u32) -> Option<(*mut Io, u32, u32)> {
    let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut());
    // SAFETY: three writable places.
    let taken = unsafe { GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut overlapped, wait_ms) };
    let error = if taken != 0 { 0 } else { GetLastError() };
    if overlapped.is_null() {
        assert!(matches!(error, WAIT_TIMEOUT | 6 | 735), "{error}");
        return None;
    }
    assert_eq!(key, 7);
    Some((overlapped.cast(), error, bytes))
}

/// Runs two things that meet at various distances.
fn at_once(round: usize, one: impl FnOnce() + Send, other: impl FnOnce() + Send) {
    let go = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !go.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            (0..round % 13 * 20).for_each(|_| std::hint::spin_loop());
            one();
        });
        go.store(true, Ordering::Release);
        (0..round % 7 * 40).for_each(|_| std::hint::spin_loop());
        other();
    });
}

/// S22, A7, D6: whoever takes a packet frees the operation at once, whether its call has returned or not.
fn ping_pong(modes: u8) {
    const PENDING_MAX: usize = 16;
    let [one, peer] = pair();
    let port = port_for(one);
    let total = rounds();
    assert_eq!(SetFileCompletionNotificationModes(one as HANDLE, modes), 1);
    let freed = Arc::new(AtomicUsize::new(0));
    let takers: Vec<_> = (0..2)
        .map(|_| {
            let (port, freed) = (port as usize, freed.clone());
            spawn(move || {
                let mut packets = 0;
                while freed.load(Ordering::Acquire) < total {
                    if let Some((io, error, bytes)) = take(port as HANDLE, 20) {
                        assert_eq!((error, bytes), (0, 1));
                        // SAFETY: it has ended, and has one packet.
                        unsafe { Io::free(io) };
                        freed.fetch_add(1, Ordering::AcqRel);
                        packets += 1;
                    }
                }
                packets
            })
        })
        .collect();
    let sender = spawn(move || (0..total).for_each(|_| send(peer)));
    let mut inside = 0;
    for issued in 0..total {
        while issued - freed.load(Ordering::Acquire) >= PENDING_MAX {
            std::thread::yield_now();
        }
        let io = Io::new(null_mut());
        // SAFETY: fresh; from here on it may be gone.
        match unsafe { receive(one, io) } {
            Err(ws::WSA_IO_PENDING) => {}
            Ok(()) if modes & 1 == 0 => {}
            Ok(()) => {
                inside += 1;
                // SAFETY: it ended inside the call, and has no packet.
                unsafe { Io::free(io) };
                freed.fetch_add(1, Ordering::AcqRel);
            }
            Err(error) => panic!("{error}"),
        }
    }
    sender.join().unwrap();
    let packets: usize = takers.into_iter().map(|taker| taker.join().unwrap()).sum();
    assert_eq!(inside + packets, total, "D6");
    assert!(take(port, 0).is_none());
    closesocket(one);
    closesocket(peer);
    CloseHandle(port);
}

#[test]
fn an_operation_is_freed_before_its_call_returns() {
    ping_pong(0);
}

#[test]
fn those_that_end_inside_the_call_and_the_packets_are_all_there_are() {
    ping_pong(3);
}

#[test]
fn a_cancel_and_the_end_make_one_packet() {
    // D6, K4, K9: what a cancelled receive had got is not lost.
    let [one, peer] = pair();
    let port = port_for(one);
    let (mut received, rounds) = (0, rounds() / 2);
    for round in 0..rounds {
        let io = Io::new(null_mut());
        // SAFETY: fresh.
        let begun = unsafe { receive(one, io) };
        assert!(matches!(begun, Ok(()) | Err(ws::WSA_IO_PENDING)));
        let name = io as usize;
        at_once(
            round,
            || {
                CancelIoEx(one as HANDLE, name as *mut _);
            },
            || send(peer),
        );
        let (ended, error, bytes) = take(port, 10_000).expect("a packet");
        assert_eq!(ended, io);
        assert!(matches!((error, bytes), (0, 1) | (ERROR_OPERATION_ABORTED, 0)), "{error} {bytes}");
        received += bytes as usize;
        assert!(take(port, 0).is_none(), "D6");
        // SAFETY: ended.
        unsafe { Io::free(io) };
    }
    while received < rounds {
        let io = Io::new(null_mut());
        // SAFETY: fresh, and freed after its packet.
        unsafe {
            let _ = receive(one, io);
            assert_eq!(take(port, 10_000), Some((io, 0, 1)), "K9: bytes were lost");
            Io::free(io);
        }
        received += 1;
    }
    closesocket(one);
    closesocket(peer);
    CloseHandle(port);
}

#[test]
fn a_close_and_the_end_make_one_packet() {
    // D6, TX3
    for round in 0..rounds() / 10 {
        let [one, peer] = pair();
        let port = port_for(one);
        let io = Io::new(null_mut());
        // SAFETY: fresh.
        assert_eq!(unsafe { receive(one, io) }, Err(ws::WSA_IO_PENDING));
        at_once(round, || assert_eq!(closesocket(one), 0), || send(peer));
        let (ended, error, bytes) = take(port, 10_000).expect("a packet");
        assert_eq!(ended, io);
        assert!(matches!((error, bytes), (0, 1) | (ERROR_CONNECTION_ABORTED, 0)), "{error} {bytes}");
        assert!(take(port, 0).is_none(), "D6");
        // SAFETY: ended.
        unsafe { Io::free(io) };
        closesocket(peer);
        CloseHandle(port);
    }
}

#[test]
fn an_end_while_the_file_is_bound_is_told_by_the_packet_or_by_the_status() {
    // P5
    let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0);
    let shared = port as usize;
    for round in 0..rounds() / 5 {
        let [one, peer] = datagrams();
        let io = Io::new(null_mut());
        // SAFETY: fresh.
        assert_eq!(unsafe { receive(one, io) }, Err(ws::WSA_IO_PENDING));
        let bind = || {
            let port = shared as HANDLE;
            assert_eq!(CreateIoCompletionPort(one as HANDLE, port, 7, 0), port);
        };
        at_once(round, bind, || send(peer));
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(packet) = take(port, 1) {
                assert_eq!(packet, (io, 0, 1));
                break;
            }
            // SAFETY: it is freed below.
            if unsafe { Io::status(io) } != STATUS_PENDING as usize {
                // By the status alone: the packet, if there is one, would have written it.
                assert!(take(port, 0).is_none(), "both");
                break;
            }
            assert!(Instant::now() < deadline, "neither");
        }
        assert!(take(port, 0).is_none(), "D6");
        // SAFETY: ended.
        unsafe { Io::free(io) };
        closesocket(one);
        closesocket(peer);
    }
    CloseHandle(port);
}

#[test]
fn the_end_of_the_thread_and_of_its_operation_set_the_event_once() {
    // TX1, TX2
    let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0);
    // SAFETY: no name.
    let event = unsafe { CreateEventA(null(), 1, 0, null()) };
    for round in 0..rounds() / 10 {
        let [one, peer] = datagrams();
        let exempt = round % 2 == 0;
        if exempt {
            assert_eq!(CreateIoCompletionPort(one as HANDLE, port, 7, 0), port);
        }
        ResetEvent(event);
        let io = Io::new(if exempt { null_mut() } else { event });
        let name = io as usize;
        // SAFETY: fresh.
        let begin = || assert_eq!(unsafe { receive(one, name as *mut Io) }, Err(ws::WSA_IO_PENDING));
        std::thread::scope(|scope| {
            let thread = scope.spawn(begin);
            // It is over for `std` before the thread's own end begins, which is what the datagram is to meet.
            while !thread.is_finished() {
                std::thread::yield_now();
            }
            if round % 3 == 0 {
                thread.join().unwrap();
            }
            (0..round % 11 * 40).for_each(|_| std::hint::spin_loop());
            send(peer);
        });
        if exempt {
            assert_eq!(take(port, 10_000), Some((io, 0, 1)), "the thread's end cancelled it");
        } else {
            assert_eq!(WaitForSingleObject(event, 10_000), WAIT_OBJECT_0);
            // SAFETY: freed below.
            let status = unsafe { Io::status(io) };
            assert!(status == 0 || status == STATUS_CANCELLED as u32 as usize, "{status:#x}");
        }
        assert!(take(port, 0).is_none(), "D6");
        // SAFETY: ended.
        unsafe { Io::free(io) };
        closesocket(one);
        closesocket(peer);
    }
    CloseHandle(event);
    CloseHandle(port);
}

#[test]
fn an_event_is_set_though_the_port_is_closed_meanwhile() {
    // C3, C4
    // SAFETY: no name.
    let event = unsafe { CreateEventA(null(), 1, 0, null()) };
    for round in 0..rounds() / 10 {
        let [one, peer] = datagrams();
        let port = port_for(one) as usize;
        let io = Io::new(event);
        // SAFETY: fresh.
        assert_eq!(unsafe { receive(one, io) }, Err(ws::WSA_IO_PENDING));
        at_once(round, || assert_eq!(CloseHandle(port as HANDLE), 1), || send(peer));
        assert_eq!(WaitForSingleObject(event, 10_000), WAIT_OBJECT_0, "nobody listened");
        // SAFETY: ended.
        unsafe {
            assert_eq!(Io::status(io), 0);
            Io::free(io);
        }
        assert!(take(port as HANDLE, 0).is_none(), "C5");
        closesocket(one);
        closesocket(peer);
    }
    CloseHandle(event);
}

#[test]
fn a_lock_is_given_back_though_it_is_taken_while_the_file_is_closed() {
    // F20
    let path = std::env::temp_dir().join(format!("longshore-races-{}", std::process::id()));
    let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    let open = || {
        let flags = fs::FILE_FLAG_OVERLAPPED;
        // SAFETY: a string ended by NUL.
        let file = unsafe {
            let access = GENERIC_READ | GENERIC_WRITE;
            CreateFileA(name.as_ptr(), access, 7, null(), fs::OPEN_ALWAYS, flags, null_mut())
        };
        assert_ne!(file, INVALID_HANDLE_VALUE);
        file
    };
    // SAFETY: no name.
    let event = unsafe { CreateEventA(null(), 1, 0, null()) };
    let keeper = open();
    for round in 0..rounds() / 2 {
        // One round in two somebody else has the lock, and it is waited for.
        let held = round % 2 == 0;
        assert!(!held || LockFile(keeper, 0, 0, 1, 0) == 1);
        let file = open() as usize;
        ResetEvent(event);
        let io = Io::new(event) as usize;
        let begun = AtomicUsize::new(0);
        let lock = || {
            // SAFETY: freed below.
            let locked = unsafe {
                LockFileEx(file as HANDLE, fs::LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, io as *mut OVERLAPPED)
            };
            let error = if locked != 0 { 0 } else { GetLastError() };
            begun.store(error as usize, Ordering::Release);
        };
        at_once(round, lock, || assert_eq!(CloseHandle(file as HANDLE), 1));
        if begun.load(Ordering::Acquire) as u32 == ERROR_IO_PENDING {
            assert_eq!(WaitForSingleObject(event, 10_000), WAIT_OBJECT_0, "it waits for ever");
        }
        assert!(!held || UnlockFile(keeper, 0, 0, 1, 0) == 1);
        assert_eq!(LockFile(keeper, 0, 0, 1, 0), 1, "a closed file keeps the lock");
        assert_eq!(UnlockFile(keeper, 0, 0, 1, 0), 1);
        // SAFETY: ended, or refused.
        unsafe { Io::free(io as *mut Io) };
    }
    CloseHandle(keeper);
    CloseHandle(event);
    std::fs::remove_file(path).unwrap();
}
