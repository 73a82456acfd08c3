//! Memory that has run out (Q16): calls that need more of it fail with Windows' error, what exists goes on,
//! and the calls succeed again once there is memory. A process of its own, because the limit is the process'.

use longshore_fixtures::process::alone;
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    CURRENT_THREAD, CloseHandle, CreateEventA, CreateIoCompletionPort, CreateThread, CreateTimerQueueTimer,
    CreateWaitableTimerW, GetLastError, GetQueuedCompletionStatus, INVALID_HANDLE_VALUE,
    PostQueuedCompletionStatus, QueueUserAPC, SetEvent, SetWaitableTimer, SleepEx, WSABUF, WSAGetLastError,
    WSARecv, WSAStartup, WaitForSingleObject, closesocket, longshore_bind, longshore_socket,
};
use std::ffi::c_void;
use std::io::Write;
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::Win32::System::Threading::INFINITE;

const BLOCK: usize = 64 << 10;

/// Leaves a few mebibytes of memory, until it is dropped.
struct Few {
    limit: libc::rlimit,
    /// What libc would have had without asking the system: each block begins with the address of the next.
    taken: *mut c_void,
}

impl Few {
    fn left(bytes: usize) -> Few {
        let sizes = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = sizes.split(' ').next().unwrap().parse().unwrap();
        let mut taken = null_mut::<c_void>();
        // SAFETY: a valid place, and a valid limit; the blocks are large enough for an address.
        unsafe {
            let mut limit: libc::rlimit = std::mem::zeroed();
            libc::getrlimit(libc::RLIMIT_AS, &mut limit);
            let few = libc::rlimit { rlim_cur: pages * 4096, ..limit };
            assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &few), 0);
            loop {
                let block = libc::malloc(BLOCK);
                if block.is_null() {
                    break;
                }
                block.cast::<*mut c_void>().write(taken);
                taken = block;
            }
            let mut few = Few { limit, taken };
            (0..bytes / BLOCK).for_each(|_| few.give_back());
            few
        }
    }

    fn give_back(&mut self) {
        if !self.taken.is_null() {
            // SAFETY: the blocks of the list are valid.
            unsafe {
                let next = self.taken.cast::<*mut c_void>().read();
                libc::free(self.taken);
                self.taken = next;
            }
        }
    }
}

impl Drop for Few {
    fn drop(&mut self) {
        // SAFETY: the limit as it was.
        unsafe { libc::setrlimit(libc::RLIMIT_AS, &self.limit) };
        while !self.taken.is_null() {
            self.give_back();
        }
    }
}

const TIMES_MAX: usize = 1_000_000;

/// Makes things until one is refused; says with which error, and undoes all. Then it makes one with memory.
fn refused<T: Copy>(mut make: impl FnMut(usize) -> Option<T>, mut undo: impl FnMut(T)) -> u32 {
    let mut made = Vec::with_capacity(TIMES_MAX);
    let limit = Few::left(2 << 20);
    let error = loop {
        match make(made.len()) {
            Some(one) => made.push(one),
            None => break GetLastError(),
        }
        assert!(made.len() < TIMES_MAX, "memory does not run out");
    };
    assert!(made.len() > 10);
    made.drain(1..).for_each(&mut undo); // Needs no memory.
    drop(limit);
    let again = make(1).expect("there is memory again");
    undo(again);
    made.into_iter().for_each(undo);
    error
}

fn new_port() -> *mut c_void {
    // SAFETY: no pointers.
    CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0)
}

#[test]
fn a_post_without_memory_is_refused_and_what_was_posted_arrives_q16() {
    if !alone(this_test!()) {
        return;
    }
    let port = new_port();
    let mut taken = 0;
    let error = refused(
        |number| (PostQueuedCompletionStatus(port, 0, number, null_mut()) != 0).then_some(()),
        |()| {
            let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut());
            // SAFETY: writable places.
            unsafe {
                assert_ne!(
                    GetQueuedCompletionStatus(port, &mut bytes, &mut key, &mut overlapped, INFINITE),
                    0
                )
            };
            taken += 1;
        },
    );
    assert_eq!(error, ERROR_NO_SYSTEM_RESOURCES);
    assert!(taken > 1000);
}

#[test]
fn objects_without_memory_are_refused_and_closing_needs_none_q16() {
    if !alone(this_test!()) {
        return;
    }
    let some = |handle: *mut c_void| (!handle.is_null()).then_some(handle);
    let close = |handle| assert_ne!(CloseHandle(handle), 0);
    // SAFETY: NULL, or strings.
    unsafe {
        let existing = some(CreateEventA(null(), 0, 0, null())).unwrap();
        let error = refused(|_| some(CreateEventA(null(), 0, 0, null())), close);
        assert_eq!(error, ERROR_NO_SYSTEM_RESOURCES);
        let mut name = [0u8; 16];
        let mut named = |number: usize| {
            write!(&mut name[..15], "{number:015}").unwrap();
            some(CreateEventA(null(), 0, 0, name.as_ptr().cast()))
        };
        assert_eq!(refused(&mut named, close), ERROR_NO_SYSTEM_RESOURCES);
        assert_ne!(SetEvent(existing), 0);
        assert_eq!(WaitForSingleObject(existing, 0), 0);
        let far = -1_000_000_000_000i64;
        let timer = |_| {
            let timer = some(CreateWaitableTimerW(null(), 0, null()))?;
            assert_ne!(SetWaitableTimer(timer, &far, 0, None, null_mut(), 0), 0);
            Some(timer)
        };
        assert_eq!(refused(timer, close), ERROR_NO_SYSTEM_RESOURCES);
        unsafe extern "C-unwind" fn tick(_: *mut c_void, _: u8) {}
        let queue_timer = |_| {
            let mut timer = null_mut();
            let made = CreateTimerQueueTimer(&mut timer, null_mut(), Some(tick), null_mut(), 1 << 30, 0, 0);
            (made != 0).then_some(())
        };
        assert_eq!(refused(queue_timer, drop), ERROR_NO_SYSTEM_RESOURCES);
    }
}

#[test]
fn apcs_without_memory_are_refused_and_those_queued_run_q16() {
    if !alone(this_test!()) {
        return;
    }
    unsafe extern "C-unwind" fn nothing(_: usize) {}
    // SAFETY: a function that may be called with anything.
    let queue = |_| (unsafe { QueueUserAPC(Some(nothing), CURRENT_THREAD, 0) } != 0).then_some(());
    assert_eq!(refused(queue, drop), ERROR_NO_SYSTEM_RESOURCES);
    assert_eq!(SleepEx(0, 1), 192, "WAIT_IO_COMPLETION");
}

#[test]
fn sockets_and_receives_without_memory_fail_with_wsaenobufs_q16() {
    if !alone(this_test!()) {
        return;
    }
    let mut data = ws::WSADATA::default();
    let loopback: [u8; 16] = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut overlappeds = vec![OVERLAPPED::default(); TIMES_MAX];
    let mut byte = 0u8;
    // SAFETY: writable places, an address of sixteen bytes; the buffers outlive the socket.
    unsafe {
        assert_eq!(WSAStartup(0x0202, &mut data), 0);
        let socket = longshore_socket(2, ws::SOCK_DGRAM, 0);
        assert_eq!(longshore_bind(socket, loopback.as_ptr().cast(), 16), 0);
        let port = new_port();
        assert_eq!(CreateIoCompletionPort(socket as *mut c_void, port, 1, 0), port);
        let receive = |number: usize| {
            let buffer = WSABUF { len: 1, buf: (&raw mut byte).cast() };
            let mut flags = 0;
            let overlapped = &raw mut overlappeds[number];
            let begun = WSARecv(socket, &buffer, 1, null_mut(), &mut flags, overlapped, None);
            (begun == 0 || WSAGetLastError() == ws::WSA_IO_PENDING).then_some(())
        };
        // One overlapped is used again while it is pending; nothing ever arrives.
        assert_eq!(refused(receive, drop) as i32, ws::WSAENOBUFS);
        assert_eq!(closesocket(socket), 0);
    }
}

#[test]
fn a_thread_without_memory_is_refused_q16() {
    if !alone(this_test!()) {
        return;
    }
    unsafe extern "C-unwind" fn nothing(_: *mut c_void) -> u32 {
        0
    }
    let limit = Few::left(0);
    // SAFETY: a function that may be called with anything.
    let start = || unsafe { CreateThread(null(), 256 << 20, Some(nothing), null_mut(), 0, null_mut()) };
    assert!(start().is_null());
    assert_eq!(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    drop(limit);
    let thread = start();
    assert!(!thread.is_null());
    // SAFETY: no pointers but the handle.
    assert_eq!(WaitForSingleObject(thread, INFINITE), 0);
}
