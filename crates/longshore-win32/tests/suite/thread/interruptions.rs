//! Who is interrupted, and who is told, when threads are between two calls.

use longshore_win32::testing::{
    CancelIoEx, CloseHandle, DuplicateHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE, WSAEventSelect,
    WSAStartup, WaitForSingleObject, closesocket, ioctlsocket, longshore_accept, longshore_setsockopt,
    longshore_socket, *,
};
use std::cell::Cell;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread::spawn;
use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::System::IO::OVERLAPPED;

/// Two connected sockets.
fn pair() -> [usize; 2] {
    let mut data = ws::WSADATA::default();
    let mut address = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0u8];
    let mut length = 16;
    // SAFETY: writable places, and an address of sixteen bytes.
    unsafe {
        WSAStartup(0x0202, &mut data);
        let (listener, one) = (longshore_socket(2, 1, 0), longshore_socket(2, 1, 0));
        assert_eq!(longshore_bind(listener, address.as_ptr().cast(), 16), 0);
        assert_eq!(longshore_getsockname(listener, address.as_mut_ptr().cast(), &mut length), 0);
        assert_eq!(longshore_listen(listener, 1), 0);
        assert_eq!(longshore_connect(one, address.as_ptr().cast(), 16), 0);
        let other = longshore_accept(listener, null_mut(), null_mut());
        assert_ne!(other, ws::INVALID_SOCKET);
        closesocket(listener);
        [one, other]
    }
}

fn set_receive_timeout(socket: usize, milliseconds: u32) {
    let value = (&raw const milliseconds).cast();
    // SAFETY: four readable bytes.
    let set = unsafe { longshore_setsockopt(socket, ws::SOL_SOCKET, ws::SO_RCVTIMEO, value, 4) };
    assert_eq!(set, 0);
}

/// Receives one byte, and says what the call returned and the error.
fn receive(socket: usize) -> (i32, i32) {
    let mut byte = 0u8;
    // SAFETY: one writable byte.
    let count = unsafe { longshore_recv(socket, (&raw mut byte).cast(), 1, 0) };
    (count, GetLastError() as i32)
}

fn send(socket: usize) {
    // SAFETY: one readable byte.
    assert_eq!(unsafe { longshore_send(socket, c"x".as_ptr(), 1, 0) }, 1);
}

#[test]
fn a_cancel_does_not_hit_the_next_call_of_a_thread() {
    let ([one, _peer], [other, _its_peer]) = (pair(), pair());
    set_receive_timeout(one, 1);
    set_receive_timeout(other, 1);
    let over = Arc::new(AtomicBool::new(false));
    let cancellers: Vec<_> = (0..2)
        .map(|_| {
            let over = over.clone();
            spawn(move || {
                while !over.load(Ordering::Acquire) {
                    CancelIoEx(one as HANDLE, null_mut());
                }
            })
        })
        .collect();
    for _ in 0..1000 {
        receive(one);
        assert_eq!(receive(other), (-1, ws::WSAETIMEDOUT), "meant for another socket");
    }
    over.store(true, Ordering::Release);
    cancellers.into_iter().for_each(|canceller| canceller.join().unwrap());
}

/// Receives when the thread's variables are destroyed.
struct Late(Cell<usize>);

static SEEN_LATE: AtomicUsize = AtomicUsize::new(0);

impl Drop for Late {
    fn drop(&mut self) {
        let (count, error) = receive(self.0.get());
        assert_eq!((count, error), (-1, ws::WSAETIMEDOUT));
        SEEN_LATE.fetch_add(1, Ordering::AcqRel);
    }
}

thread_local! {
    static LATE: Late = const { Late(Cell::new(0)) };
}

#[test]
fn a_thread_may_block_in_the_destructor_of_its_variable() {
    let [one, _peer] = pair();
    set_receive_timeout(one, 5);
    spawn(move || {
        // Made before the library's own variables, and so destroyed after them.
        LATE.with(|late| late.0.set(one));
        receive(one);
    })
    .join()
    .unwrap();
    assert_eq!(SEEN_LATE.load(Ordering::Acquire), 1);
}

#[test]
fn a_send_of_more_than_there_is_memory_for_is_an_error() {
    let [one, _peer] = pair();
    let mut yes = 1;
    let mut sent = 0;
    let page = vec![0u8; 4096];
    let huge = [ws::WSABUF { len: u32::MAX, buf: page.as_ptr().cast_mut() }; 64];
    // SAFETY: writable places; that the buffers are not as long as they say is what is tested.
    unsafe {
        assert_eq!(ioctlsocket(one, ws::FIONBIO, &mut yes), 0);
        assert_eq!(WSASend(one, huge.as_ptr(), 64, &mut sent, 0, null_mut(), None), -1);
    }
    assert!(matches!(GetLastError() as i32, ws::WSAENOBUFS | ws::WSAEFAULT));
}

#[test]
fn an_event_is_set_whenever_the_service_stopped_listening_for_the_port() {
    // D9: no thread is in the port, so the service listens, for as long as an
    // operation with an event is under way.
    let [one, peer] = pair();
    let port = CreateIoCompletionPort(one as HANDLE, null_mut(), 1, 0);
    assert!(!port.is_null());
    let (started, next) = channel::<()>();
    let sender = spawn(move || {
        for () in next {
            // The second byte comes when nobody waits for it, mostly, and lets the service stop.
            send(peer);
            send(peer);
        }
    });
    // SAFETY: no name; the OVERLAPPED and the byte outlive the operations, which have all ended.
    unsafe {
        let event = CreateEventA(null(), 1, 0, null());
        let (mut byte, mut overlapped) = (0u8, OVERLAPPED { hEvent: event, ..OVERLAPPED::default() });
        let buffer = ws::WSABUF { len: 1, buf: &raw mut byte };
        for _ in 0..5_000 {
            started.send(()).unwrap();
            for _ in 0..2 {
                let mut flags = 0;
                let call = WSARecv(one, &buffer, 1, null_mut(), &mut flags, &mut overlapped, None);
                assert!(call == 0 || GetLastError() as i32 == ws::WSA_IO_PENDING);
                assert_eq!(WaitForSingleObject(event, 10_000), WAIT_OBJECT_0, "nobody listened");
            }
        }
        drop(started);
        sender.join().unwrap();
        closesocket(one);
        CloseHandle(event);
        CloseHandle(port);
    }
}

#[test]
fn network_events_can_be_selected_anew_at_any_time() {
    let [one, peer] = pair();
    // SAFETY: no name.
    let event = unsafe { CreateEventA(null(), 1, 0, null()) } as usize;
    let over = Arc::new(AtomicBool::new(false));
    let done = over.clone();
    let busy = spawn(move || {
        while !done.load(Ordering::Acquire) {
            send(peer);
        }
    });
    let again = |times: usize| {
        for time in 0..times {
            let wanted = if time % 5 == 0 { 0 } else { 0x3f };
            assert_eq!(WSAEventSelect(one, event as HANDLE, wanted), 0, "{}", GetLastError());
            while receive(one).0 > 0 {}
        }
    };
    // A socket without a selection can be made to block again, but receives here must not.
    assert_eq!(WSAEventSelect(one, event as HANDLE, 0x3f), 0);
    std::thread::scope(|scope| {
        scope.spawn(|| again(2_000));
        again(2_000);
    });
    over.store(true, Ordering::Release);
    busy.join().unwrap();
}

#[test]
fn a_duplicate_that_was_made_names_a_living_object() {
    let me = INVALID_HANDLE_VALUE;
    // What the other thread is to close: 0 for nothing yet, 1 for nothing any more.
    let to_close = Arc::new(AtomicUsize::new(0));
    let handed_over = to_close.clone();
    let closer = spawn(move || {
        loop {
            match handed_over.load(Ordering::Acquire) {
                0 => std::thread::yield_now(),
                1 => return,
                port => {
                    CloseHandle(port as HANDLE);
                    handed_over.store(0, Ordering::Release);
                }
            }
        }
    });
    for round in 0..2_000 {
        let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0);
        let mut duplicate = null_mut();
        to_close.store(port as usize, Ordering::Release);
        (0..round % 50).for_each(|_| std::hint::spin_loop());
        // SAFETY: writable.
        let made = unsafe { DuplicateHandle(me, port, me, &mut duplicate, 0, 0, 2) } != 0;
        while to_close.load(Ordering::Acquire) != 0 {
            std::thread::yield_now();
        }
        if made {
            assert_eq!(PostQueuedCompletionStatus(duplicate, 0, 0, null_mut()), 1, "it was closed");
            assert_eq!(CloseHandle(duplicate), 1);
        }
    }
    to_close.store(1, Ordering::Release);
    closer.join().unwrap();
}

#[test]
fn more_buffers_than_a_system_call_takes_are_sent_and_received() {
    const COUNT: usize = 2_000;
    let [one, peer] = pair();
    let (mut yes, mut sent, mut received, mut flags) = (1, 0, 0, ws::MSG_WAITALL as u32);
    let mut data: Vec<u8> = (0..COUNT).map(|index| index as u8).collect();
    let mut into = vec![0u8; COUNT];
    let parts = |bytes: &mut [u8]| -> Vec<ws::WSABUF> {
        bytes.iter_mut().map(|byte| ws::WSABUF { len: 1, buf: byte }).collect()
    };
    let (from, to) = (parts(&mut data), parts(&mut into));
    // SAFETY: as many buffers as said, of a byte each, which are there during the calls.
    unsafe {
        assert_eq!(ioctlsocket(one, ws::FIONBIO, &mut yes), 0);
        let result = WSASend(one, from.as_ptr(), COUNT as u32, &mut sent, 0, null_mut(), None);
        assert_eq!((result, sent as usize), (0, COUNT), "{}", GetLastError());
        let count = COUNT as u32;
        let result = WSARecv(peer, to.as_ptr(), count, &mut received, &mut flags, null_mut(), None);
        assert_eq!((result, received as usize), (0, COUNT), "{}", GetLastError());
    }
    assert_eq!(into, data);
}

#[test]
fn a_send_goes_on_though_nobody_is_in_the_port() {
    // S5: the peer may have to get all of it before the program comes to take the packet.
    const BYTES: usize = 16 << 20;
    let [one, peer] = pair();
    let port = CreateIoCompletionPort(one as HANDLE, null_mut(), 1, 0);
    let data = vec![7u8; BYTES];
    let mut overlapped = OVERLAPPED::default();
    let buffer = ws::WSABUF { len: BYTES as u32, buf: data.as_ptr().cast_mut() };
    set_receive_timeout(peer, 10_000);
    let (mut into, mut left) = (vec![0u8; 1 << 16], BYTES);
    // SAFETY: the buffers and the OVERLAPPED outlive the operation.
    unsafe {
        assert_eq!(WSASend(one, &buffer, 1, null_mut(), 0, &mut overlapped, None), -1);
        assert_eq!(GetLastError() as i32, ws::WSA_IO_PENDING);
        while left > 0 {
            let count = longshore_recv(peer, into.as_mut_ptr().cast(), into.len() as i32, 0);
            assert!(count > 0, "{} with {left} bytes to come", GetLastError());
            left -= count as usize;
        }
        let (mut bytes, mut key, mut ended) = (0, 0, null_mut());
        assert_eq!(GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut ended, 10_000), 1);
        assert_eq!((bytes as usize, ended), (BYTES, &raw mut overlapped));
        closesocket(one);
        closesocket(peer);
        CloseHandle(port);
    }
}

#[test]
fn a_long_send_to_a_fast_reader_goes_on_though_nobody_is_in_the_port() {
    // What yields to others has no event coming that would tell of it.
    const BYTES: usize = 64 << 20;
    let [one, peer] = pair();
    let port = CreateIoCompletionPort(one as HANDLE, null_mut(), 1, 0);
    let data = vec![7u8; BYTES];
    set_receive_timeout(peer, 10_000);
    for _ in 0..8 {
        let reader = spawn(move || {
            let (mut into, mut left) = (vec![0u8; 1 << 20], BYTES);
            while left > 0 {
                // SAFETY: as many writable bytes as said.
                let count = unsafe { longshore_recv(peer, into.as_mut_ptr().cast(), 1 << 20, 0) };
                assert!(count > 0, "{} with {left} bytes to come", GetLastError());
                left -= count as usize;
            }
        });
        let mut overlapped = OVERLAPPED::default();
        let buffer = ws::WSABUF { len: BYTES as u32, buf: data.as_ptr().cast_mut() };
        // SAFETY: the buffer and the OVERLAPPED outlive the operation.
        unsafe { WSASend(one, &buffer, 1, null_mut(), 0, &mut overlapped, None) };
        reader.join().unwrap();
        let (mut bytes, mut key, mut ended) = (0, 0, null_mut());
        // SAFETY: three writable places.
        unsafe {
            assert_eq!(GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut ended, 10_000), 1);
        }
        assert_eq!(bytes as usize, BYTES);
    }
    closesocket(one);
    closesocket(peer);
    CloseHandle(port);
}
