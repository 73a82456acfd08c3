//! `ReadFile` and `WriteFile`: the rows of F1-F22.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_win32::testing::{
    FlushFileBuffers, GetFileSize, GetFileSizeEx, GetFileType, GetLastError, GetOverlappedResult, HANDLE,
    INVALID_HANDLE_VALUE, ReadFile, ReadFileEx, SetEndOfFile, SetFileCompletionNotificationModes,
    SetFilePointer, SetFilePointerEx, SetFileValidData, SetLastError, WriteFile, WriteFileEx, apc, thread,
    wait,
};
use std::cell::Cell;
use std::ptr::null_mut;
use windows_sys::Win32::System::IO::OVERLAPPED;

fn position(file: HANDLE) -> u32 {
    unsafe { SetFilePointer(file, 0, null_mut(), 1) }
}

fn size(file: HANDLE) -> i64 {
    let mut size = -1;
    assert_eq!(unsafe { GetFileSizeEx(file, &mut size) }, 1);
    size
}

/// A page, and one behind it that is not there.
struct Cliff(*mut u8);

impl Cliff {
    fn new() -> Cliff {
        unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let pages = libc::mmap(null_mut(), 8192, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
            assert_ne!(pages, libc::MAP_FAILED);
            assert_eq!(libc::mprotect(pages.byte_add(4096), 4096, libc::PROT_NONE), 0);
            Cliff(pages.cast())
        }
    }
}

impl Drop for Cliff {
    fn drop(&mut self) {
        unsafe { libc::munmap(self.0.cast(), 8192) };
    }
}

#[test]
fn an_overlapped_disk_file_always_says_pending_and_always_sends_a_packet() {
    let directory = Directory::new();
    let port = Port::new();
    let file = open(&directory.write("file", "hello"), BOTH, OVERLAPPED_FLAG);
    port.bind(file);
    assert_eq!(SetFileCompletionNotificationModes(file, 1), 1);
    for _ in 0..2 {
        // The second time everything is certainly cached (F1).
        let mut buffer = [0; 5];
        let mut ov = overlapped(0);
        assert_eq!(read(file, &mut buffer, &mut *ov), Err(997));
        assert_eq!(port.next(&ov), (Ok(()), 5));
        assert_eq!((&buffer, ov.Internal, ov.InternalHigh), (b"hello", 0, 5));
    }
    let mut ov = overlapped(5);
    assert_eq!(write(file, b" world", &mut *ov), Err(997));
    assert_eq!(port.next(&ov), (Ok(()), 6));
    assert!(port.is_empty());
    close(file);
    assert_eq!(directory.read("file"), b"hello world");
}

#[test]
fn a_synchronous_file_uses_the_offset_and_moves_its_position_f2() {
    let directory = Directory::new();
    let file = open(&directory.name("file"), BOTH, 0);
    let (signal, handle) = event(false);
    let mut ov = overlapped(13);
    ov.hEvent = handle;
    untouched_error(|| assert_eq!(write(file, b"12345", &mut *ov), Ok(5)));
    assert_eq!((position(file), ov.Internal, ov.InternalHigh), (18, 0, 5));
    assert!(is_signaled(&signal));
    let mut buffer = [0; 3];
    assert_eq!(read(file, &mut buffer, &mut *overlapped(14)), Ok(3));
    assert_eq!((&buffer, position(file)), (b"234", 17));
    assert_eq!(read(file, &mut buffer, null_mut()), Ok(1), "from there on");
    assert_eq!((buffer[0], position(file)), (b'5', 18));
    close(file);
    close(handle);
}

#[test]
fn an_overlapped_disk_file_needs_an_overlapped_f3() {
    let directory = Directory::new();
    let file = open(&directory.write("file", "x"), BOTH, OVERLAPPED_FLAG);
    assert_eq!(read(file, &mut [0], null_mut()), Err(87));
    assert_eq!(write(file, b"x", null_mut()), Err(87));
    assert_eq!(unsafe { ReadFile(file, null_mut(), 0, null_mut(), null_mut()) }, 0);
    close(file);
}

#[test]
fn an_overlapped_file_has_no_moving_position_f4() {
    let directory = Directory::new();
    let file = open(&directory.write("file", "abcdef"), BOTH, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    for offset in [0, 2, 4] {
        let mut buffer = [0; 2];
        let mut ov = overlapped(offset);
        assert_eq!(read(file, &mut buffer, &mut *ov), Err(997));
        assert_eq!(port.next(&ov), (Ok(()), 2));
        assert_eq!(&buffer[..], &b"abcdef"[offset as usize..][..2]);
        let parts = unsafe { ov.Anonymous.Anonymous };
        assert_eq!((u64::from(parts.Offset), parts.OffsetHigh, position(file)), (offset, 0, 0));
    }
    close(file);
}

#[test]
fn success_leaves_the_last_error_alone_f6() {
    let directory = Directory::new();
    let file = open(&directory.name("file"), BOTH, 0);
    untouched_error(|| assert_eq!(write(file, b"x", null_mut()), Ok(1)));
    untouched_error(|| assert_eq!(read(file, &mut [0], null_mut()), Ok(0)));
    close(file);
}

#[test]
fn the_end_of_the_file_has_three_faces_f7() {
    let directory = Directory::new();
    let name = directory.write("file", "123456");
    let port = Port::new();
    let file = open(&name, READ, OVERLAPPED_FLAG);
    port.bind(file);
    for offset in [6, 100] {
        let mut ov = overlapped(offset);
        assert_eq!(read(file, &mut [0; 4], &mut *ov), Err(997));
        assert_eq!(port.next(&ov), (Err(38), 0));
        assert_eq!((ov.Internal, ov.InternalHigh), (0xC000_0011, 0));
        let mut bytes = 77;
        assert_eq!(unsafe { GetOverlappedResult(file, &*ov as *const _ as *mut _, &mut bytes, 0) }, 0);
        assert_eq!((GetLastError(), bytes), (38, 0));
    }
    close(file);
    let file = open(&name, READ, 0);
    let mut ov = overlapped(6);
    assert_eq!(read(file, &mut [0; 4], &mut *ov), Err(38));
    assert_eq!((ov.Internal, ov.InternalHigh), (0xC000_0011, 0));
    assert_eq!(unsafe { SetFilePointer(file, 6, null_mut(), 0) }, 6);
    assert_eq!(read(file, &mut [0; 4], null_mut()), Ok(0));
    close(file);
}

#[test]
fn a_read_that_meets_the_end_is_short_f8() {
    let directory = Directory::new();
    let name = directory.write("file", "123456");
    let file = open(&name, READ, 0);
    assert_eq!(read(file, &mut [0; 16], null_mut()), Ok(6));
    close(file);
    let file = open(&name, READ, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    let mut ov = overlapped(2);
    assert_eq!(read(file, &mut [0; 16], &mut *ov), Err(997));
    assert_eq!(port.next(&ov), (Ok(()), 4));
    close(file);
}

#[test]
fn nothing_may_be_transferred_from_and_to_nowhere_f9_f10() {
    let directory = Directory::new();
    let name = directory.write("file", "123456");
    let file = open(&name, BOTH, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    for offset in [0, 6, 1000] {
        let mut ov = overlapped(offset);
        assert_eq!(unsafe { ReadFile(file, null_mut(), 0, null_mut(), &mut *ov) }, 0);
        assert_eq!((GetLastError(), port.next(&ov)), (997, (Ok(()), 0)));
        assert_eq!(unsafe { WriteFile(file, std::ptr::null(), 0, null_mut(), &mut *ov) }, 0);
        assert_eq!((GetLastError(), port.next(&ov)), (997, (Ok(()), 0)));
    }
    assert_eq!(size(file), 6);
    close(file);
    let file = open(&name, BOTH, 0);
    let mut count = 7;
    assert_eq!(unsafe { ReadFile(file, null_mut(), 0, &mut count, &mut *overlapped(9)) }, 1);
    assert_eq!(unsafe { WriteFile(file, std::ptr::null(), 0, &mut count, &mut *overlapped(9)) }, 1);
    assert_eq!((count, size(file)), (0, 6));
    close(file);
}

#[test]
fn a_bad_buffer_fails_the_call_whole_f11() {
    let directory = Directory::new();
    let name = directory.write("file", vec![b'x'; 8192]);
    let cliff = Cliff::new();
    let nowhere = 8 as *mut _;
    for flags in [0, OVERLAPPED_FLAG] {
        let port = Port::new();
        let file = open(&name, BOTH, flags);
        if flags != 0 {
            port.bind(file);
        }
        let (signal, handle) = event(true);
        let mut ov = overlapped(0);
        ov.hEvent = handle;
        let edge = cliff.0.wrapping_add(4090);
        for bad in [nowhere, null_mut(), edge] {
            let mut count = u32::MAX;
            SetLastError(0);
            assert_eq!(unsafe { ReadFile(file, bad.cast(), 100, &mut count, &mut *ov) }, 0);
            assert_eq!((GetLastError(), count), (998, 0));
            if flags != 0 {
                assert_eq!((ov.Internal, ov.InternalHigh), (0x103, 0xDEAD_BEEF), "A9");
                assert!(is_signaled(&signal), "not reset for reads");
            }
            assert_eq!(unsafe { WriteFile(file, bad.cast(), 100, &mut count, &mut *ov) }, 0);
            assert_eq!(GetLastError(), 1784);
        }
        if flags == 0 {
            let mut count = 0;
            assert_eq!(unsafe { ReadFile(file, edge.cast(), 100, &mut count, null_mut()) }, 0);
            assert_eq!((GetLastError(), position(file)), (998, 0), "no partial data, and the position stays");
        } else {
            assert!(port.is_empty(), "no packet");
        }
        assert_eq!(unsafe { ReadFile(INVALID_HANDLE_VALUE, nowhere.cast(), 1, null_mut(), &mut *ov) }, 0);
        assert_eq!(GetLastError(), 6, "the handle comes first");
        close(file);
        close(handle);
    }
    assert_eq!(directory.read("file"), vec![b'x'; 8192], "nothing of a bad buffer was written");
}

#[test]
fn appends_from_several_handles_are_whole_and_all_there_f12() {
    const THREADS: usize = 4;
    const RECORDS: usize = 300;
    let directory = Directory::new();
    let name = directory.name("file");
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let name = &name;
            scope.spawn(move || {
                let flags = if number % 2 == 0 { OVERLAPPED_FLAG } else { 0 };
                let file = open(name, WRITE, flags);
                let (_, handle) = event(false);
                let record = [b'a' + number as u8; 16];
                for _ in 0..RECORDS {
                    let mut ov = overlapped(u64::MAX);
                    ov.hEvent = handle;
                    match write(file, &record, &mut *ov) {
                        Ok(16) if flags == 0 => continue,
                        Err(997) if flags != 0 => {}
                        other => panic!("{other:?}"),
                    }
                    let mut bytes = 0;
                    assert_eq!(unsafe { GetOverlappedResult(file, &mut *ov, &mut bytes, 1) }, 1);
                    assert_eq!(bytes, 16);
                }
                close(file);
                close(handle);
            });
        }
    });
    let content = directory.read("file");
    assert_eq!(content.len(), THREADS * RECORDS * 16);
    assert!(content.chunks(16).all(|record| record.iter().all(|&byte| byte == record[0])), "no torn record");
}

#[test]
fn negative_offsets_mean_nothing_f13() {
    let directory = Directory::new();
    let name = directory.write("file", "123");
    let file = open(&name, BOTH, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    for offset in [-2, -100, i64::MIN] {
        assert_eq!(read(file, &mut [0], &mut *overlapped(offset as u64)), Err(87));
        assert_eq!(write(file, b"x", &mut *overlapped(offset as u64)), Err(87));
    }
    assert_eq!(read(file, &mut [0], &mut *overlapped(u64::MAX)), Err(87));
    assert!(port.is_empty());
    close(file);
    let file = open(&name, BOTH, 0);
    assert_eq!(unsafe { SetFilePointer(file, 1, null_mut(), 0) }, 1);
    let mut buffer = [0];
    assert_eq!(read(file, &mut buffer, &mut *overlapped(-2i64 as u64)), Ok(1));
    assert_eq!((buffer[0], position(file)), (b'2', 2), "on a synchronous file -2 is the position");
    assert_eq!(read(file, &mut buffer, &mut *overlapped(-3i64 as u64)), Err(87));
    close(file);
}

#[test]
fn the_right_to_append_alone_always_appends_f14() {
    const FILE_APPEND_DATA: u32 = 4;
    let directory = Directory::new();
    let name = directory.write("file", "abcd");
    let file = open(&name, FILE_APPEND_DATA, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    let mut ov = overlapped(1);
    assert_eq!(write(file, b"EF", &mut *ov), Err(997));
    assert_eq!(port.next(&ov), (Ok(()), 2));
    let mut ov = overlapped(-100i64 as u64);
    assert_eq!(write(file, b"F", &mut *ov), Err(997), "whatever the offset");
    assert_eq!(port.next(&ov), (Ok(()), 1));
    close(file);
    let file = open(&name, FILE_APPEND_DATA, 0);
    assert_eq!(write(file, b"G", &mut *overlapped(0)), Ok(1));
    assert_eq!(unsafe { SetFilePointer(file, 0, null_mut(), 0) }, 0);
    assert_eq!(write(file, b"H", null_mut()), Ok(1));
    assert_eq!(position(file), 9);
    close(file);
    assert_eq!(directory.read("file"), b"abcdEFFGH");
}

#[test]
fn files_go_on_past_four_gibibytes_f15() {
    const BOUNDARY: u64 = 1 << 32;
    let directory = Directory::new();
    let name = directory.name("file");
    for flags in [0, OVERLAPPED_FLAG] {
        let file = open(&name, BOTH, flags);
        let (_, handle) = event(false);
        let mut bytes = 0;
        let mut ov = overlapped(BOUNDARY - 4);
        ov.hEvent = handle;
        let _ = write(file, b"12345678", &mut *ov);
        assert_eq!(unsafe { GetOverlappedResult(file, &mut *ov, &mut bytes, 1) }, 1);
        let mut buffer = [0; 8];
        let mut ov = overlapped(BOUNDARY - 2);
        ov.hEvent = handle;
        let _ = read(file, &mut buffer, &mut *ov);
        assert_eq!(unsafe { GetOverlappedResult(file, &mut *ov, &mut bytes, 1) }, 1);
        assert_eq!((bytes, &buffer[..6]), (6, &b"345678"[..]));
        let mut high = 0;
        assert_eq!(unsafe { GetFileSize(file, &mut high) }, 4);
        assert_eq!((high, size(file)), (1, BOUNDARY as i64 + 4));
        close(file);
        close(handle);
    }
}

#[test]
fn a_transfer_longer_than_one_call_of_linux_arrives_whole_f16() {
    // 4096 bytes more than Linux moves in one call. The memory is the same 16 MiB mapped again and again.
    const LENGTH: usize = 0x8000_0000;
    // Where there is one, on a file system that keeps no copy of what it reads from a hole.
    let shared = Some(std::path::Path::new("/dev/shm")).filter(|parent| parent.is_dir());
    let directory = shared.map_or_else(Directory::new, Directory::within);
    let name = directory.name("file");
    let file = open(&name, BOTH, 0);
    let mut at = 0;
    assert_eq!(unsafe { SetFilePointerEx(file, LENGTH as i64 + 4096, &mut at, 0) }, 1);
    assert_eq!(SetEndOfFile(file), 1);
    close(file);
    let memory = unsafe {
        let flags = libc::MAP_SHARED | libc::MAP_NORESERVE;
        let shared = libc::memfd_create(c"pages".as_ptr(), libc::MFD_CLOEXEC);
        const WINDOW: usize = 1 << 24;
        assert_eq!(libc::ftruncate(shared, WINDOW as i64), 0);
        let none = libc::PROT_NONE;
        let hold = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let memory = libc::mmap(null_mut(), LENGTH, none, hold, -1, 0);
        assert_ne!(memory, libc::MAP_FAILED);
        for start in (0..LENGTH).step_by(WINDOW) {
            let rights = libc::PROT_READ | libc::PROT_WRITE;
            let place = memory.byte_add(start);
            let mapped = libc::mmap(place, WINDOW, rights, flags | libc::MAP_FIXED, shared, 0);
            assert_eq!(mapped, place);
        }
        libc::close(shared);
        memory
    };
    for flags in [0, OVERLAPPED_FLAG] {
        let file = open(&name, READ, flags);
        let (_, handle) = event(false);
        let mut ov = overlapped(0);
        ov.hEvent = handle;
        let mut bytes = 0;
        let value = unsafe { ReadFile(file, memory, LENGTH as u32, &mut bytes, &mut *ov) };
        if value == 0 {
            assert_eq!(GetLastError(), 997);
            assert_eq!(unsafe { GetOverlappedResult(file, &mut *ov, &mut bytes, 1) }, 1);
        }
        assert_eq!(bytes, LENGTH as u32);
        close(file);
        close(handle);
    }
    unsafe { libc::munmap(memory, LENGTH) };
}

#[test]
fn unbuffered_transfers_are_aligned_f18() {
    #[repr(align(4096))]
    struct Aligned([u8; 8192]);
    let parents = [std::env::temp_dir(), "/dev/shm".into()];
    for parent in parents.iter().filter(|parent| parent.is_dir()) {
        let directory = Directory::within(parent);
        let name = directory.write("file", vec![b'y'; 5000]);
        let mut buffer = Box::new(Aligned([0; 8192]));
        for flags in [0, OVERLAPPED_FLAG] {
            let file = open(&name, BOTH, flags | NO_BUFFERING);
            let (_, handle) = event(false);
            let mut transfer = |offset: u64, start: usize, length: usize| {
                let mut ov = overlapped(offset);
                ov.hEvent = handle;
                match read(file, &mut buffer.0[start..start + length], &mut *ov) {
                    Err(997) => {
                        let mut bytes = 0;
                        match unsafe { GetOverlappedResult(file, &mut *ov, &mut bytes, 1) } {
                            0 => Err(GetLastError()),
                            _ => Ok(bytes),
                        }
                    }
                    result => result,
                }
            };
            assert_eq!(transfer(1, 0, 4096), Err(87), "the offset");
            assert_eq!(transfer(0, 0, 100), Err(87), "the length");
            assert_eq!(transfer(0, 8, 4096), Err(87), "the buffer");
            assert_eq!(transfer(0, 0, 4096), Ok(4096));
            assert_eq!(transfer(4096, 0, 4096), Ok(5000 - 4096), "the tail");
            assert_eq!(transfer(8192, 0, 4096), Err(38));
            close(file);
            close(handle);
        }
    }
}

#[test]
fn a_full_disk_and_missing_rights_are_told_f22() {
    let full = open(&c"/dev/full".to_owned(), WRITE, 0);
    assert_eq!(write(full, b"x", null_mut()), Err(112));
    close(full);
    let directory = Directory::new();
    let name = directory.write("file", "x");
    for flags in [0, OVERLAPPED_FLAG] {
        let reader = open(&name, READ, flags);
        assert_eq!(write(reader, b"x", &mut *overlapped(0)), Err(5));
        close(reader);
        let writer = open(&name, WRITE, flags);
        assert_eq!(read(writer, &mut [0], &mut *overlapped(0)), Err(5));
        close(writer);
        let asker = open(&name, 0, flags);
        assert_eq!(read(asker, &mut [0], &mut *overlapped(0)), Err(5));
        assert_eq!((GetFileType(asker), size(asker)), (1, 1));
        close(asker);
    }
}

#[test]
fn a_close_lets_a_write_finish_f24() {
    let directory = Directory::new();
    let port = Port::new();
    for round in 0..50u8 {
        let file = open(&directory.name("file"), WRITE, OVERLAPPED_FLAG);
        port.bind(file);
        let data = vec![round; 100_000];
        let mut ov = overlapped(0);
        assert_eq!(write(file, &data, &mut *ov), Err(997));
        close(file);
        match port.next(&ov) {
            (Ok(()), 100_000) => assert_eq!(directory.read("file"), data),
            other => assert_eq!(other, (Err(995), 0)),
        }
        assert!(port.is_empty(), "exactly one packet");
    }
}

#[test]
fn the_position_follows_its_conventions() {
    let directory = Directory::new();
    let file = open(&directory.write("file", "0123456789"), BOTH, 0);
    let mut high = 0;
    assert_eq!(unsafe { SetFilePointer(file, -1, null_mut(), 2) }, 9);
    assert_eq!(unsafe { SetFilePointer(file, 1, null_mut(), 1) }, 10);
    assert_eq!(unsafe { SetFilePointer(file, -11, null_mut(), 1) }, u32::MAX);
    assert_eq!((GetLastError(), position(file)), (131, 10), "before the start");
    assert_eq!(unsafe { SetFilePointer(file, 0, null_mut(), 3) }, u32::MAX);
    assert_eq!(GetLastError(), 87);
    SetLastError(5);
    assert_eq!(
        unsafe { SetFilePointer(file, -1, &mut high, 0) },
        u32::MAX,
        "0x00000000FFFFFFFF is a position"
    );
    assert_eq!((GetLastError(), high), (0, 0));
    high = 2;
    assert_eq!(unsafe { SetFilePointer(file, 5, &mut high, 0) }, 5);
    assert_eq!(high, 2);
    assert_eq!(unsafe { SetFilePointer(file, 0, null_mut(), 1) }, u32::MAX, "nobody takes the high half");
    assert_eq!(GetLastError(), 87);
    let mut at = 0;
    assert_eq!(unsafe { SetFilePointerEx(file, 4, &mut at, 0) }, 1);
    assert_eq!((at, SetEndOfFile(file), size(file)), (4, 1, 4));
    assert_eq!((SetFileValidData(file, 4), SetFileValidData(file, 5), GetLastError()), (1, 0, 87));
    assert_eq!(FlushFileBuffers(file), 1);
    close(file);
    let reader = open(&directory.name("file"), READ, 0);
    assert_eq!((SetEndOfFile(reader), GetLastError()), (0, 5));
    assert_eq!((FlushFileBuffers(reader), GetLastError()), (0, 5));
    close(reader);
}

thread_local! {
    static CALLED: Cell<Option<(u32, u32, *mut OVERLAPPED)>> = const { Cell::new(None) };
}

unsafe extern "C-unwind" fn routine(error: u32, bytes: u32, overlapped: *mut OVERLAPPED) {
    CALLED.set(Some((error, bytes, overlapped)));
}

/// Waits alertably until the routine was called.
fn called() -> (u32, u32, *mut OVERLAPPED) {
    let thread: std::sync::Arc<dyn longshore_win32::testing::Object> = thread::current();
    assert_eq!(wait::wait_one(&thread, 20_000, true), 192);
    CALLED.take().expect("the routine was called")
}

#[test]
fn a_completion_routine_runs_in_an_alertable_wait_of_its_thread_ap4() {
    let directory = Directory::new();
    let file = open(&directory.write("file", "12345"), BOTH, OVERLAPPED_FLAG);
    let mut buffer = [0u8; 8];
    let (start, length) = (buffer.as_mut_ptr().cast(), buffer.len() as u32);
    let mut ov = overlapped(0);
    // hEvent is the program's own, even if it is no event.
    ov.hEvent = 0x1234_5677 as HANDLE;
    SetLastError(5);
    assert_eq!(unsafe { ReadFileEx(file, start, length, &mut *ov, Some(routine)) }, 1);
    assert_eq!((GetLastError(), CALLED.get()), (0, None));
    assert_eq!(called(), (0, 5, &raw mut *ov));
    assert_eq!(ov.hEvent, 0x1234_5677 as HANDLE);
    let mut ov = overlapped(5);
    assert_eq!(unsafe { ReadFileEx(file, start, length, &mut *ov, Some(routine)) }, 1, "queued");
    assert_eq!(called(), (38, 0, &raw mut *ov), "the end of the file");
    assert_eq!(unsafe { WriteFileEx(file, start, 5, &mut *ov, Some(routine)) }, 1);
    assert_eq!(called(), (0, 5, &raw mut *ov));
    assert_eq!(directory.read("file"), b"1234512345");
    let refused = |value: i32| {
        assert_eq!(value, 0);
        assert!(!apc::run_pending() && CALLED.get().is_none(), "it is not called then");
        GetLastError()
    };
    assert_eq!(refused(unsafe { ReadFileEx(file, start, 8, null_mut(), Some(routine)) }), 87);
    assert_eq!(refused(unsafe { ReadFileEx(file, 8 as _, 8, &mut *ov, Some(routine)) }), 998);
    assert_eq!(refused(unsafe { WriteFileEx(file, 8 as _, 8, &mut *ov, Some(routine)) }), 1784);
    let port = Port::new();
    port.bind(file);
    assert_eq!(refused(unsafe { ReadFileEx(file, start, 8, &mut *ov, Some(routine)) }), 87, "P7");
    assert_eq!(refused(unsafe { WriteFileEx(file, start, 8, &mut *ov, Some(routine)) }), 87, "P7");
    assert!(port.is_empty());
    close(file);
    let file = open(&directory.name("file"), BOTH, 0);
    assert_eq!(refused(unsafe { ReadFileEx(file, start, 8, &mut *ov, Some(routine)) }), 87);
    close(file);
}
