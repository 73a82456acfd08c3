//! Locked ranges (F20), anonymous pipes, scattered pages (F19), standard handles.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_win32::testing::{
    CancelIoEx, CancelSynchronousIo, CreatePipe, GetFileType, GetLastError, HANDLE, INVALID_HANDLE_VALUE,
    LockFile, LockFileEx, PeekNamedPipe, ReadFileScatter, UnlockFile, UnlockFileEx, WriteFileGather,
};
use std::ptr::null_mut;
use std::sync::mpsc::channel;
use windows_sys::Win32::Storage::FileSystem::FILE_SEGMENT_ELEMENT;
use windows_sys::Win32::System::IO::OVERLAPPED;

const FAIL_IMMEDIATELY: u32 = 1;
const EXCLUSIVE: u32 = 2;

fn lock(file: HANDLE, flags: u32, length: u32, overlapped: &mut OVERLAPPED) -> Result<(), u32> {
    result(unsafe { LockFileEx(file, flags, 0, length, 0, overlapped) })
}

#[test]
fn a_busy_range_pends_and_an_unlock_brings_the_packet_f20() {
    let directory = Directory::new();
    let name = directory.write("file", "0123456789");
    let (first, second) = (open(&name, BOTH, OVERLAPPED_FLAG), open(&name, BOTH, OVERLAPPED_FLAG));
    let port = Port::new();
    port.bind(second);
    let mut held = overlapped(0);
    assert_eq!(lock(first, EXCLUSIVE, 5, &mut held), Ok(()));
    assert_eq!((held.Internal, held.InternalHigh), (0, 0));
    let mut ov = overlapped(4);
    assert_eq!(lock(second, EXCLUSIVE | FAIL_IMMEDIATELY, 5, &mut ov), Err(33));
    assert!(port.is_empty(), "refused inside the call");
    assert_eq!(lock(second, EXCLUSIVE, 5, &mut ov), Err(997));
    assert!(port.is_empty(), "busy");
    assert_eq!(unsafe { UnlockFileEx(first, 0, 5, 0, &mut *overlapped(0)) }, 1);
    assert_eq!(port.next(&ov), (Ok(()), 0));
    assert_eq!((LockFile(first, 8, 0, 1, 0), GetLastError()), (0, 33), "the second has it now");
    assert_eq!(UnlockFile(second, 4, 0, 5, 0), 1);
    assert_eq!((UnlockFile(second, 4, 0, 5, 0), GetLastError()), (0, 158));
    close(first);
    close(second);
}

#[test]
fn a_waiting_lock_is_cancelled_and_ends_with_its_file() {
    let directory = Directory::new();
    let name = directory.write("file", "0123456789");
    let (first, second) = (open(&name, BOTH, OVERLAPPED_FLAG), open(&name, BOTH, OVERLAPPED_FLAG));
    let port = Port::new();
    port.bind(second);
    assert_eq!(lock(first, EXCLUSIVE, 10, &mut overlapped(0)), Ok(()));
    let mut ov = overlapped(0);
    assert_eq!(lock(second, 0, 1, &mut ov), Err(997));
    assert_eq!(CancelIoEx(second, &mut *overlapped(0)), 0, "another one");
    assert_eq!(CancelIoEx(second, &mut *ov), 1);
    assert_eq!(port.next(&ov), (Err(995), 0));
    assert_eq!((CancelIoEx(second, &mut *ov), GetLastError()), (0, 1168), "K3");
    let (signal, handle) = event(true);
    let mut ov = overlapped(0);
    ov.hEvent = handle;
    assert_eq!(lock(second, 0, 1, &mut ov), Err(997));
    assert!(!is_signaled(&signal), "D9");
    close(second);
    assert_eq!(port.next(&ov), (Err(995), 0));
    assert!(is_signaled(&signal), "K11");
    let third = open(&name, BOTH, OVERLAPPED_FLAG);
    port.bind(third);
    let mut ov = overlapped(0);
    assert_eq!(lock(third, 0, 1, &mut ov), Err(997));
    close(first);
    assert_eq!(port.next(&ov), (Ok(()), 0), "a close unlocks");
    close(third);
    close(handle);
}

#[test]
fn a_synchronous_lock_waits_and_can_be_interrupted() {
    let directory = Directory::new();
    let name = directory.write("file", "0123456789");
    let first = open(&name, BOTH, 0);
    assert_eq!(LockFile(first, 0, 0, 10, 0), 1);
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for interrupted in [true, false] {
            let (sender, name) = (sender.clone(), &name);
            let thread = scope.spawn(move || {
                let second = open(name, BOTH, 0);
                let thread =
                    longshore_win32::testing::handles::insert(longshore_win32::testing::thread::current())
                        .unwrap();
                sender.send(thread as usize).unwrap();
                let locked = lock(second, EXCLUSIVE, 1, &mut overlapped(3));
                close(second);
                locked
            });
            let handle = receiver.recv().unwrap() as HANDLE;
            match interrupted {
                true => {
                    while CancelSynchronousIo(handle) == 0 {
                        assert_eq!(GetLastError(), 1168, "it does not wait yet");
                        std::thread::yield_now();
                    }
                    assert_eq!(thread.join().unwrap(), Err(995));
                }
                false => {
                    std::thread::yield_now();
                    assert_eq!(UnlockFile(first, 0, 0, 10, 0), 1);
                    assert_eq!(thread.join().unwrap(), Ok(()));
                }
            }
            close(handle);
        }
    });
    close(first);
}

#[test]
fn locks_keep_others_from_reading_and_writing() {
    let directory = Directory::new();
    let name = directory.write("file", "0123456789");
    let first = open(&name, BOTH, 0);
    assert_eq!(LockFile(first, 2, 0, 3, 0), 1);
    for flags in [0, OVERLAPPED_FLAG] {
        let other = open(&name, BOTH, flags);
        assert_eq!(read(other, &mut [0; 3], &mut *overlapped(4)), Err(33));
        assert_eq!(write(other, b"x", &mut *overlapped(2)), Err(33));
        if flags == 0 {
            assert_eq!(read(other, &mut [0; 10], null_mut()), Err(33), "at the position");
            assert_eq!(read(other, &mut [0; 2], null_mut()), Ok(2));
        }
        close(other);
    }
    assert_eq!(write(first, b"x", &mut *overlapped(2)), Ok(1), "but not their owner");
    close(first);
    let other = open(&name, BOTH, 0);
    assert_eq!(read(other, &mut [0; 10], null_mut()), Ok(10));
    close(other);
}

struct Pipe {
    read: HANDLE,
    write: HANDLE,
}

fn pipe() -> Pipe {
    let (mut read, mut write) = (null_mut(), null_mut());
    assert_eq!(unsafe { CreatePipe(&mut read, &mut write, std::ptr::null(), 0) }, 1);
    Pipe { read, write }
}

#[test]
fn an_anonymous_pipe_blocks_until_there_is_something() {
    let pipe = pipe();
    assert_eq!(GetFileType(pipe.read), 3);
    let reader = pipe.read as usize;
    let thread = std::thread::spawn(move || {
        let mut buffer = [0; 16];
        (read(reader as HANDLE, &mut buffer, null_mut()), buffer)
    });
    assert_eq!(write(pipe.write, b"hello", null_mut()), Ok(5));
    let (count, buffer) = thread.join().unwrap();
    assert_eq!((count, &buffer[..5]), (Ok(5), &b"hello"[..]));
    assert_eq!(read(pipe.write, &mut [0], null_mut()), Err(5));
    assert_eq!(write(pipe.read, b"x", null_mut()), Err(5));
    assert_eq!(write(pipe.write, b"rest", null_mut()), Ok(4));
    close(pipe.write);
    assert_eq!(read(pipe.read, &mut [0; 3], null_mut()), Ok(3), "what was written stays");
    assert_eq!(read(pipe.read, &mut [0; 3], null_mut()), Ok(1));
    assert_eq!(read(pipe.read, &mut [0; 3], null_mut()), Err(109));
    close(pipe.read);
}

#[test]
fn a_long_write_goes_through_a_small_pipe_whole() {
    let pipe = pipe();
    let data: Vec<u8> = (0..1_000_000u32).map(|number| number as u8).collect();
    let (writer, expected) = (pipe.write as usize, data.clone());
    let thread = std::thread::spawn(move || {
        let count = write(writer as HANDLE, &data, null_mut());
        close(writer as HANDLE);
        count
    });
    let mut arrived = Vec::new();
    let mut buffer = [0; 7000];
    loop {
        match read(pipe.read, &mut buffer, null_mut()) {
            Ok(count) => arrived.extend_from_slice(&buffer[..count as usize]),
            Err(error) => break assert_eq!(error, 109),
        }
    }
    assert_eq!((thread.join().unwrap(), arrived == expected), (Ok(1_000_000), true));
    close(pipe.read);
}

#[test]
fn a_pipe_nobody_reads_is_an_error_and_no_signal() {
    let pipe = pipe();
    close(pipe.read);
    assert_eq!(write(pipe.write, b"x", null_mut()), Err(232));
    close(pipe.write);
}

#[test]
fn a_blocked_pipe_read_is_cancelled_k8() {
    let pipe = pipe();
    let reader = pipe.read as usize;
    let (sender, receiver) = channel();
    let thread = std::thread::spawn(move || {
        let thread =
            longshore_win32::testing::handles::insert(longshore_win32::testing::thread::current()).unwrap();
        sender.send(thread as usize).unwrap();
        read(reader as HANDLE, &mut [0; 16], null_mut())
    });
    let handle = receiver.recv().unwrap() as HANDLE;
    while CancelSynchronousIo(handle) == 0 {
        std::thread::yield_now();
    }
    assert_eq!(thread.join().unwrap(), Err(995));
    assert_eq!(write(pipe.write, b"x", null_mut()), Ok(1), "the pipe is as before");
    assert_eq!(read(pipe.read, &mut [0; 4], null_mut()), Ok(1));
    close(handle);
    close(pipe.read);
    close(pipe.write);
}

#[test]
fn peeking_takes_nothing() {
    let pipe = pipe();
    let peek = |room: usize| {
        let mut buffer = vec![0u8; room];
        let (mut read, mut available, mut left) = (9, 9, 9);
        let start = buffer.as_mut_ptr().cast();
        let value =
            unsafe { PeekNamedPipe(pipe.read, start, room as u32, &mut read, &mut available, &mut left) };
        result(value).map(|()| {
            assert_eq!(left, 0);
            (buffer[..read as usize].to_vec(), available)
        })
    };
    assert_eq!(peek(4), Ok((vec![], 0)));
    assert_eq!(write(pipe.write, b"123456", null_mut()), Ok(6));
    assert_eq!(peek(4), Ok((b"1234".to_vec(), 6)));
    assert_eq!(peek(0), Ok((vec![], 6)));
    close(pipe.write);
    assert_eq!(peek(10), Ok((b"123456".to_vec(), 6)));
    assert_eq!(read(pipe.read, &mut [0; 10], null_mut()), Ok(6));
    assert_eq!(peek(10), Err(109));
    close(pipe.read);
}

#[repr(align(4096))]
struct Page([u8; 4096]);

fn segments(pages: &mut [Box<Page>]) -> Vec<FILE_SEGMENT_ELEMENT> {
    let mut elements: Vec<FILE_SEGMENT_ELEMENT> =
        pages.iter_mut().map(|page| FILE_SEGMENT_ELEMENT { Buffer: page.0.as_mut_ptr().cast() }).collect();
    elements.push(FILE_SEGMENT_ELEMENT { Buffer: null_mut() });
    elements
}

#[test]
fn f19_what_lies_behind_the_end_of_the_file_is_left_alone() {
    // A temporary directory is often memory, which has no direct reads of this kind;
    // the working directory is a disk.
    let directory = Directory::within(&std::env::current_dir().unwrap());
    let file = open(&directory.write("file", vec![b'x'; 4096 + 700]), READ, OVERLAPPED_FLAG | NO_BUFFERING);
    let port = Port::new();
    port.bind(file);
    let mut pages: Vec<Box<Page>> = (0..3).map(|_| Box::new(Page([b'-'; 4096]))).collect();
    let (elements, mut ov) = (segments(&mut pages), overlapped(0));
    let begun = unsafe { ReadFileScatter(file, elements.as_ptr(), 3 * 4096, null_mut(), &mut *ov) };
    assert_eq!(result(begun), Err(997));
    assert_eq!(port.next(&ov), (Ok(()), 4096 + 700));
    let [first, second, third] = &pages[..] else { unreachable!() };
    assert!(first.0.iter().chain(&second.0[..700]).all(|&byte| byte == b'x'));
    let changed = second.0[700..].iter().chain(&third.0).position(|&byte| byte != b'-');
    assert_eq!(changed, None, "a byte behind the end");
    close(file);
}

#[test]
fn pages_are_gathered_and_scattered_f19() {
    let directory = Directory::new();
    let name = directory.name("file");
    let file = open(&name, BOTH, OVERLAPPED_FLAG | NO_BUFFERING);
    let port = Port::new();
    port.bind(file);
    let mut pages: Vec<Box<Page>> = (0..3).map(|number| Box::new(Page([number; 4096]))).collect();
    let mut elements = segments(&mut pages);
    let (none, mut ov) = (null_mut(), overlapped(0));
    let gather = |file, length, ov: *mut OVERLAPPED| {
        result(unsafe { WriteFileGather(file, elements.as_ptr(), length, none, ov) })
    };
    assert_eq!(gather(file, 3 * 4096, &mut *ov), Err(997));
    assert_eq!(port.next(&ov), (Ok(()), 3 * 4096));
    assert!(directory.read("file").chunks(4096).zip(0..).all(|(chunk, number)| chunk == [number; 4096]));
    assert_eq!(gather(file, 100, &mut *ov), Err(87), "not whole sectors");
    assert_eq!(gather(file, 4096, null_mut()), Err(87));
    let synchronous = open(&name, BOTH, NO_BUFFERING);
    assert_eq!(gather(synchronous, 4096, &mut *ov), Err(87));
    let buffered = open(&name, BOTH, OVERLAPPED_FLAG);
    assert_eq!(gather(buffered, 4096, &mut *ov), Err(87));
    elements.swap(0, 1);
    let mut ov = overlapped(4096);
    let scatter = |elements: &[FILE_SEGMENT_ELEMENT], ov: *mut OVERLAPPED| {
        result(unsafe { ReadFileScatter(file, elements.as_ptr(), 2 * 4096, none, ov) })
    };
    assert_eq!(scatter(&elements, &mut *ov), Err(997));
    assert_eq!(port.next(&ov), (Ok(()), 2 * 4096));
    assert_eq!((pages[1].0, pages[0].0, pages[2].0), ([1; 4096], [2; 4096], [2; 4096]));
    elements[1].Buffer = 0x10_000_000_000_001 as *mut _;
    assert_eq!(scatter(&elements, &mut *ov), Err(87), "no page's address");
    elements[1].Buffer = 0x1000 as *mut _;
    assert_eq!(scatter(&elements, &mut *ov), Err(998), "no page there");
    assert!(port.is_empty());
    [file, synchronous, buffered].into_iter().for_each(close);
}

#[test]
fn standard_handles_take_readfile_and_writefile() {
    use longshore_win32::testing::{GetStdHandle, STD_OUTPUT_HANDLE};
    let output = GetStdHandle(STD_OUTPUT_HANDLE);
    assert_ne!(output, INVALID_HANDLE_VALUE);
    assert_eq!(write(output, b"", null_mut()), Ok(0));
    assert_eq!(read(output, &mut [0], null_mut()), Err(5));
    assert!((1..=3).contains(&GetFileType(output)));
    let console = create(&c"CONOUT$".to_owned(), WRITE, 0, OPEN_EXISTING, 0).unwrap();
    assert_eq!(write(console, b"", null_mut()), Ok(0));
    close(console);
}

#[test]
fn a_pipe_behind_standard_input_is_looked_at() {
    use longshore_win32::testing::Stream;
    let mut ends = [0; 2];
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    let input =
        longshore_win32::testing::handles::insert(std::sync::Arc::new(Stream::new(ends[0], true))).unwrap();
    let available = || {
        let mut available = 9;
        let none = null_mut();
        result(unsafe { PeekNamedPipe(input, none, 0, none.cast(), &mut available, none.cast()) })
            .map(|()| available)
    };
    assert_eq!(available(), Ok(0));
    assert_eq!(unsafe { libc::write(ends[1], c"abc".as_ptr().cast(), 3) }, 3);
    assert_eq!(available(), Ok(3));
    unsafe { libc::close(ends[1]) };
    assert_eq!(available(), Ok(3));
    assert_eq!(read(input, &mut [0; 8], null_mut()), Ok(3));
    assert_eq!(available(), Err(109));
    assert_eq!(read(input, &mut [0; 8], null_mut()), Err(109));
    unsafe { libc::close(ends[0]) };
    close(input);
}
