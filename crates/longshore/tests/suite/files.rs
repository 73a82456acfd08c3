//! Files: what is read and written, and how it ends. Everything here holds over io_uring and over the pool of
//! threads: run it with `LONGSHORE_FILES` set to `ring` and to `pool`.

use crate::fixtures::*;
use longshore::{Buf, Completion, Event, File, OpId, Port, is_cancelled};
use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
#[cfg(target_os = "linux")]
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn read(port: &Port, file: &File, buf: impl Into<Buf>, offset: u64) -> (Buf, io::Result<usize>) {
    file.read_at(buf, offset, ());
    ended(take(port))
}

#[track_caller]
fn write(port: &Port, file: &File, buf: impl Into<Buf>, offset: u64) -> (Buf, io::Result<usize>) {
    file.write_at(buf, offset, ());
    ended(take(port))
}

// D1: key, context, buffer and handle come back with every completion.
#[test]
fn what_was_written_is_read_back() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"");
    let file = scratch.open(&port, 7);
    let bytes = content(0, 10_000);
    let address = bytes.as_ptr();
    file.write_at(bytes, 100, "write");
    let done = take(&port);
    assert_eq!((done.key, done.context), (7, "write"));
    let (buf, result) = ended(done);
    assert_eq!((result.unwrap(), buf.as_ptr()), (10_000, address));

    file.append("the end", "append");
    let done = take(&port);
    assert_eq!((done.key, done.context), (7, "append"));
    let (buf, result) = ended(done);
    assert_eq!((result.unwrap(), &buf[..]), (7, &b"the end"[..]));
    assert_eq!(file.size().unwrap(), 10_107);

    for sync in [File::sync, File::sync_data] {
        sync(&file, "sync");
        let done = take(&port);
        assert_eq!((done.key, done.context), (7, "sync"));
        let Event::Sync { file: back, result } = done.event else { panic!("not a sync") };
        assert_eq!(format!("{back:?}"), format!("{file:?}"));
        result.unwrap();
    }

    for cold in [false, true] {
        if cold {
            scratch.forget_cache();
        }
        let room = Vec::with_capacity(10_107);
        let address = room.as_ptr();
        file.read_at(room, 0, "read");
        let done = take(&port);
        assert_eq!((done.key, done.context), (7, "read"));
        let (buf, result) = ended(done);
        assert_eq!((result.unwrap(), buf.len(), buf.as_ptr()), (10_107, 10_107, address));
        assert!(buf[..100].iter().all(|byte| *byte == 0));
        assert_eq!(buf[100..10_100], content(0, 10_000));
        assert_eq!(&buf[10_100..], b"the end");
    }
    no_more(&port);
}

/// To spare `AsFd` in every line.
#[cfg(target_os = "linux")]
trait Raw {
    fn as_raw_fd(&self) -> i32;
}

#[cfg(target_os = "linux")]
impl<C: Send + 'static> Raw for File<C> {
    fn as_raw_fd(&self) -> i32 {
        std::os::fd::AsFd::as_fd(self).as_raw_fd()
    }
}

#[test]
fn several_buffers_are_one_piece_of_the_file() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"");
    let file = scratch.open(&port, 0);
    let bufs = vec![Buf::from("one"), Buf::from(""), Buf::from(vec![b'x'; 5000]), Buf::from("three")];
    file.write_vectored_at(bufs, 10, ());
    let Event::WriteVectored { bufs, result, .. } = take(&port).event else { panic!("not a gathered write") };
    assert_eq!((result.unwrap(), bufs.len()), (5008, 4));
    assert_eq!(&bufs[3][..], b"three");
    assert_eq!(scratch.content().len(), 5018);

    // More room than there is: the last buffers stay short or empty, whatever was in them before.
    for cold in [false, true] {
        if cold {
            scratch.forget_cache();
        }
        let rooms = [13, 5000, 100, 100].map(|room| Buf::from(vec![0xff; room])).into();
        file.read_vectored_at(rooms, 0, ());
        let Event::ReadVectored { bufs, result, .. } = take(&port).event else { panic!("not scattered") };
        assert_eq!(result.unwrap(), 5018);
        assert_eq!(bufs.iter().map(|buf| buf.len()).collect::<Vec<_>>(), [13, 5000, 5, 0]);
        assert_eq!((&bufs[0][10..], &bufs[2][..]), (&b"one"[..], &b"three"[..]));
        assert!(bufs[1].iter().all(|byte| *byte == b'x'));
    }
    no_more(&port);
}

// More regions than the kernel takes in one call.
#[test]
fn thousands_of_buffers_go_in_one_operation() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"");
    let file = scratch.open(&port, 0);
    let bufs: Vec<_> = (0..3000).map(|number| Buf::from(content(number * 7, 7))).collect();
    file.write_vectored_at(bufs, 0, ());
    let Event::WriteVectored { result, .. } = take(&port).event else { panic!("not a gathered write") };
    assert_eq!(result.unwrap(), 21_000);
    assert_eq!(scratch.content(), content(0, 21_000));
    file.read_vectored_at((0..3000).map(|_| Buf::from(vec![0; 7])).collect(), 0, ());
    let Event::ReadVectored { bufs, result, .. } = take(&port).event else { panic!("not scattered") };
    assert_eq!(result.unwrap(), 21_000);
    assert!(bufs.iter().zip(0u64..).all(|(buf, number)| buf[..] == content(number * 7, 7)));
}

// F7, F8: and F18, whose reads come to the unaligned end of the file by another way.
#[test]
fn a_read_is_short_at_the_end_of_the_file_and_empty_beyond() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"");
    std::fs::write(&scratch.0, content(0, 5000)).unwrap();
    let file = scratch.open(&port, 0);
    for (offset, room, expected) in [
        (0, 4999, 4999),
        (0, 5000, 5000),
        (0, 5001, 5000),
        (0, 1 << 20, 5000),
        (4999, 16, 1),
        (5000, 1, 0),
        (5000, 4096, 0),
        (1 << 40, 4096, 0),
    ] {
        for cold in [false, true] {
            if cold {
                scratch.forget_cache();
            }
            let (buf, result) = read(&port, &file, vec![0xff; room], offset);
            assert_eq!((result.unwrap(), buf.len()), (expected, expected), "{room} bytes at {offset}");
            assert_eq!(buf[..], content(offset, expected));
        }
    }
    let Some(direct) = scratch.open_direct(&port, 0) else { return };
    for (offset, room, expected) in [(0, 4096, 4096), (0, 8192, 5000), (4096, 8192, 904), (8192, 4096, 0)] {
        let (buf, result) = read(&port, &direct, Buf::aligned(room, 4096), offset);
        assert_eq!((result.unwrap(), buf.len()), (expected, expected), "{room} bytes at {offset}");
        assert_eq!(buf[..], content(offset, expected));
    }
    no_more(&port);
}

// F9, F10.
#[test]
fn nothing_to_transfer_is_a_success_with_a_completion() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"abcdef");
    let file = scratch.open(&port, 3);
    for offset in [0, 3, 6, 1000, 1 << 33] {
        let (buf, result) = read(&port, &file, Vec::new(), offset);
        assert_eq!((result.unwrap(), buf.len()), (0, 0));
        let (_, result) = write(&port, &file, Vec::new(), offset);
        assert_eq!(result.unwrap(), 0);
        file.read_vectored_at(Vec::new(), offset, ());
        let Event::ReadVectored { result, .. } = take(&port).event else { panic!("not scattered") };
        assert_eq!(result.unwrap(), 0);
        file.write_vectored_at(vec![Buf::default(), Buf::from("")], offset, ());
        let Event::WriteVectored { bufs, result, .. } = take(&port).event else { panic!("not gathered") };
        assert_eq!((result.unwrap(), bufs.len()), (0, 2));
    }
    file.append("", ());
    assert_eq!(ended(take(&port)).1.unwrap(), 0);
    assert_eq!(scratch.content(), b"abcdef");
    no_more(&port);
}

// F15.
#[test]
fn offsets_beyond_four_gib_and_across_the_boundary_work() {
    const BOUNDARY: u64 = 1 << 32;
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"start");
    let file = scratch.open(&port, 0);
    let (_, result) = write(&port, &file, "12345678", BOUNDARY - 4);
    assert_eq!(result.unwrap(), 8);
    assert_eq!(file.size().unwrap(), BOUNDARY + 4);
    let (_, result) = write(&port, &file, "far", 3 * BOUNDARY + 1);
    assert_eq!(result.unwrap(), 3);
    assert_eq!(file.size().unwrap(), 3 * BOUNDARY + 4);
    for cold in [false, true] {
        if cold {
            scratch.forget_cache();
        }
        let (buf, result) = read(&port, &file, vec![0xff; 16], BOUNDARY - 8);
        assert_eq!((result.unwrap(), &buf[..]), (16, &b"\0\0\0\x0012345678\0\0\0\0"[..]));
        let (buf, _) = read(&port, &file, vec![0xff; 16], 3 * BOUNDARY + 1);
        assert_eq!(&buf[..], b"far");
        // Nothing of it landed where the low half of the offset points.
        let (buf, _) = read(&port, &file, vec![0xff; 8], 0);
        assert_eq!(&buf[..], b"start\0\0\0");
    }
}

// F13: neither -1, which the system's calls would take for the file's own position,
// nor another negative offset.
#[test]
fn offsets_that_cannot_be_are_refused_and_the_buffer_comes_back() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"abcdef");
    let file = scratch.open(&port, 0);
    for offset in [u64::MAX, u64::MAX - 1, u64::MAX - 99, 1 << 63] {
        let (buf, result) = read(&port, &file, vec![1, 2, 3], offset);
        assert_eq!((result.unwrap_err().kind(), buf.capacity()), (ErrorKind::InvalidInput, 3));
        let (buf, result) = write(&port, &file, "text", offset);
        assert_eq!((result.unwrap_err().kind(), &buf[..]), (ErrorKind::InvalidInput, &b"text"[..]));
    }
    assert_eq!(scratch.content(), b"abcdef");
}

fn available_memory_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map_or(0, |kib| kib * 1024)
}

// F16: one call of the system's moves 0x7fff_f000 bytes and no more.
#[cfg(target_os = "linux")]
#[test]
fn one_read_of_more_than_two_gib_is_one_operation() {
    const LENGTH: usize = 0x7fff_f000 + 3 * 4096;
    if available_memory_bytes() < 2 * LENGTH as u64 {
        skipped("a read of more than 2 GiB needs more memory than there is");
        return;
    }
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"");
    let plain = OpenOptions::new().write(true).open(&scratch.0).unwrap();
    plain.set_len(LENGTH as u64 + 4096).unwrap();
    for mark in [0, 0x7fff_f000 - 4, LENGTH as u64 - 8, LENGTH as u64] {
        plain.write_all_at(b"12345678", mark).unwrap();
    }
    // Past the page cache, which would need as much memory again.
    let (file, buf) = match scratch.open_direct(&port, 0) {
        Some(file) => (file, Buf::aligned(LENGTH, 4096)),
        None => (scratch.open(&port, 0), Buf::from(Vec::with_capacity(LENGTH))),
    };
    file.read_at(buf, 0, ());
    let done = port.get_timeout(4 * PATIENCE).unwrap().expect("a completion");
    let (buf, result) = ended(done);
    assert_eq!((result.unwrap(), buf.len()), (LENGTH, LENGTH));
    for mark in [0, 0x7fff_f000 - 4, LENGTH - 8] {
        assert_eq!(&buf[mark..mark + 8], b"12345678", "at {mark:#x}");
    }
    no_more(&port);
}

// F12.
#[test]
fn appends_through_several_handles_are_never_torn() {
    const THREADS: usize = 4;
    const RECORDS: usize = 1000;
    const IN_FLIGHT: usize = 32;
    let scratch = Scratch::new(b"");
    // Of different lengths, so that a torn one cannot pass for two whole ones.
    let record = |thread: usize, number: usize| {
        let filler = "x".repeat(1 + (number * 37 + thread) % 300);
        format!("<{thread} {number} {filler}>\n")
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let path = scratch.0.clone();
            go(move || {
                let port = Port::new(1).unwrap();
                let file = File::open(&port, 0, path, OpenOptions::new().write(true)).unwrap();
                for number in 0..RECORDS + IN_FLIGHT {
                    if number >= IN_FLIGHT {
                        let (buf, result) = ended(take(&port));
                        assert_eq!(result.unwrap(), buf.len());
                    }
                    if number < RECORDS {
                        file.append(record(thread, number), ());
                    }
                }
                no_more(&port);
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join());
    let text = String::from_utf8(scratch.content()).unwrap();
    let found: HashSet<_> = text.split_inclusive('\n').map(str::to_owned).collect();
    assert_eq!(text.lines().count(), THREADS * RECORDS);
    for thread in 0..THREADS {
        for number in 0..RECORDS {
            assert!(found.contains(&record(thread, number)), "record {number} of {thread} is torn or lost");
        }
    }
}

// F14, the Linux way: O_APPEND.
#[test]
fn a_file_opened_to_append_ignores_the_offset() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"abcdef");
    let file = File::open(&port, 0, &scratch.0, OpenOptions::new().append(true)).unwrap();
    assert_eq!(write(&port, &file, "ghi", 1).1.unwrap(), 3);
    assert_eq!(scratch.content(), b"abcdefghi");
}

// F4.
#[cfg(target_os = "linux")]
#[test]
fn the_files_own_position_is_neither_used_nor_moved() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 10_000));
    let file = scratch.open(&port, 0);
    // SAFETY: no pointers; the descriptor is open.
    let seek = |to, whence| unsafe { libc::lseek(file.as_raw_fd(), to, whence) };
    assert_eq!(seek(123, libc::SEEK_SET), 123);
    scratch.forget_cache();
    assert_eq!(read(&port, &file, vec![0; 10], 5000).0[..], content(5000, 10));
    assert_eq!(read(&port, &file, vec![0; 10], 0).0[..], content(0, 10));
    write(&port, &file, "text", 6000).1.unwrap();
    file.append("text", ());
    ended(take(&port)).1.unwrap();
    assert_eq!(seek(0, libc::SEEK_CUR), 123);
}

// F18. What is misaligned is for the file system to say; some do without.
#[cfg(target_os = "linux")]
#[test]
fn unbuffered_access_takes_aligned_buffers_and_refuses_others() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 64 * 1024));
    scratch.forget_cache();
    let Some(file) = scratch.open_direct(&port, 0) else { return };
    let (buf, result) = read(&port, &file, Buf::aligned(16_384, 4096), 4096);
    assert_eq!((result.unwrap(), &buf[..]), (16_384, &content(4096, 16_384)[..]));
    let mut buf = Buf::aligned(8192, 4096);
    assert!(buf.try_extend_from_slice(&[7; 8192]));
    let (buf, result) = write(&port, &file, buf, 8192);
    assert_eq!((result.unwrap(), &buf[..]), (8192, &[7; 8192][..]));
    assert_eq!(&scratch.content()[8192..16_384], &[7; 8192]);

    let plain = OpenOptions::new().read(true).custom_flags(libc::O_DIRECT).open(&scratch.0).unwrap();
    for (offset, length) in [(1, 4096), (511, 4096), (0, 100), (4096, 513)] {
        let mut buf = Buf::aligned(length, 4096);
        assert!(buf.try_extend_from_slice(&vec![0; length]));
        let expected = plain.read_at(buf.as_mut_slice().unwrap(), offset);
        let (back, result) = read(&port, &file, Buf::aligned(length, 4096), offset);
        assert_eq!(back.capacity(), length);
        match expected {
            Err(error) => assert_eq!(Some(errno(result)), error.raw_os_error(), "{length} at {offset}"),
            Ok(count) => assert_eq!(result.unwrap(), count, "{length} at {offset}"),
        }
    }
    no_more(&port);
}

// F22.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_says_so_and_the_buffer_comes_back() {
    let port = Port::new(1).unwrap();
    let full = File::open(&port, 0, "/dev/full", OpenOptions::new().read(true).write(true)).unwrap();
    let (buf, result) = write(&port, &full, content(0, 5000), 0);
    assert_eq!((errno(result), &buf[..]), (libc::ENOSPC, &content(0, 5000)[..]));
    full.append("text", ());
    let (buf, result) = ended(take(&port));
    assert_eq!((errno(result), &buf[..]), (libc::ENOSPC, &b"text"[..]));
    full.write_vectored_at(vec![Buf::from("a"), Buf::from("b")], 0, ());
    let Event::WriteVectored { bufs, result, .. } = take(&port).event else { panic!("not gathered") };
    assert_eq!((errno(result), bufs.len(), &bufs[1][..]), (libc::ENOSPC, 2, &b"b"[..]));
    // The handle is none the worse for it.
    let (buf, result) = read(&port, &full, vec![0xff; 100], 0);
    assert_eq!((result.unwrap(), &buf[..]), (100, &[0; 100][..]));
    no_more(&port);
}

// F22 again, on a disk: the part that went in is not the whole.
#[cfg(target_os = "linux")]
#[test]
fn a_full_file_system_says_so_and_the_buffer_comes_back() {
    // A mount that only this thread sees, and that is gone with it.
    go(|| {
        let port = Port::new(1).unwrap();
        let Some(directory) = small_file_system(64 * 1024) else { return };
        let path = directory.0.join("file");
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(true).clone();
        let file = File::open(&port, 0, &path, &options).unwrap();
        let bytes = content(0, 1 << 20);
        let (buf, result) = write(&port, &file, bytes.clone(), 0);
        assert_eq!((errno(result), buf.into_vec()), (libc::ENOSPC, bytes));
        assert!(file.size().unwrap() <= 64 * 1024);
        file.append(vec![1; 1 << 17], ());
        assert_eq!(errno(ended(take(&port)).1), libc::ENOSPC);
        // Room again, and all is well.
        OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
        assert_eq!(write(&port, &file, content(0, 4096), 0).1.unwrap(), 4096);
        assert_eq!(std::fs::read(&path).unwrap(), content(0, 4096));
        no_more(&port);
    })
    .join();
}

/// A directory that is gone at the end of the test.
struct Directory(PathBuf);

#[cfg(target_os = "linux")]
impl Drop for Directory {
    fn drop(&mut self) {
        let path = c_path(&self.0);
        // SAFETY: the path is a string that lives through the call.
        unsafe { libc::umount2(path.as_ptr(), libc::MNT_DETACH) };
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[cfg(target_os = "linux")]
fn c_path(path: &Path) -> std::ffi::CString {
    std::ffi::CString::new(path.to_str().unwrap()).unwrap()
}

#[cfg(target_os = "linux")]
fn small_file_system(bytes: usize) -> Option<Directory> {
    let name = format!("longshore-full-{}", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    let directory = Directory(path);
    let path = c_path(&directory.0);
    let data = std::ffi::CString::new(format!("size={bytes}")).unwrap();
    // SAFETY: every pointer is null, where that is allowed, or a string that lives through the call.
    let mounted = unsafe {
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(
                std::ptr::null(),
                c"/".as_ptr(),
                std::ptr::null(),
                libc::MS_REC | libc::MS_PRIVATE,
                std::ptr::null(),
            ) == 0
            && libc::mount(c"longshore".as_ptr(), path.as_ptr(), c"tmpfs".as_ptr(), 0, data.as_ptr().cast())
                == 0
    };
    if mounted {
        return Some(directory);
    }
    skipped(&format!("no file system can be mounted here: {}", io::Error::last_os_error()));
    None
}

// F22.
#[cfg(target_os = "linux")]
#[test]
fn a_handle_allows_what_it_was_opened_for_and_nothing_else() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"abcdef");
    let writer = File::open(&port, 0, &scratch.0, OpenOptions::new().write(true)).unwrap();
    let (buf, result) = read(&port, &writer, vec![1, 2, 3], 0);
    assert_eq!((errno(result), buf.capacity()), (libc::EBADF, 3));
    let reader = File::open(&port, 0, &scratch.0, OpenOptions::new().read(true)).unwrap();
    let (buf, result) = write(&port, &reader, "text", 0);
    assert_eq!((errno(result), &buf[..]), (libc::EBADF, &b"text"[..]));
    reader.append("text", ());
    assert_eq!(errno(ended(take(&port)).1), libc::EBADF);
    assert_eq!(scratch.content(), b"abcdef");

    // F23.
    let directory = File::open(&port, 0, env!("CARGO_TARGET_TMPDIR"), OpenOptions::new().read(true)).unwrap();
    let (buf, result) = read(&port, &directory, vec![1, 2, 3], 0);
    assert_eq!((errno(result), buf.capacity()), (libc::EISDIR, 3));
    directory.sync(());
    let Event::Sync { result, .. } = take(&port).event else { panic!("not a sync") };
    result.unwrap();
    no_more(&port);
}

#[test]
fn reading_into_memory_that_is_not_ours_to_write_is_refused() {
    static TEXT: &[u8] = b"immutable";
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 8192));
    let shared: Arc<[u8]> = Arc::from(TEXT);
    let files = [Some(scratch.open(&port, 0)), scratch.open_direct(&port, 0)];
    for file in files.into_iter().flatten() {
        for buf in [Buf::from(TEXT), Buf::from(shared.clone())] {
            let (buf, result) = read(&port, &file, buf, 0);
            assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
            assert_eq!(&buf[..], TEXT);
        }
        let bufs = vec![Buf::aligned(4096, 4096), Buf::from(TEXT), Buf::aligned(4096, 4096)];
        file.read_vectored_at(bufs, 0, ());
        let Event::ReadVectored { bufs, result, .. } = take(&port).event else { panic!("not scattered") };
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(bufs.iter().map(|buf| buf.len()).collect::<Vec<_>>(), [0, TEXT.len(), 0]);
    }
    assert_eq!((&shared[..], Arc::strong_count(&shared)), (TEXT, 1));
    // Writing from it is what it is for.
    let file = scratch.open(&port, 0);
    write(&port, &file, shared.clone(), 0).1.unwrap();
    assert_eq!(&scratch.content()[..9], TEXT);
    no_more(&port);
}

// D6, F17.
#[test]
fn many_operations_of_several_threads_end_once_each_with_the_right_data() {
    const ISSUERS: usize = 4;
    const EACH: usize = 1500;
    const BLOCKS: u64 = 512;
    let port = Port::new(2).unwrap();
    let scratch = Scratch::new(&content(0, BLOCKS as usize * 4096));
    scratch.forget_cache();
    let buffered = scratch.open(&port, 1);
    let direct = scratch.open_direct(&port, 2).unwrap_or_else(|| scratch.open(&port, 2));
    let seen: Arc<Vec<AtomicUsize>> = Arc::new((0..ISSUERS * EACH).map(|_| AtomicUsize::new(0)).collect());
    let total = Arc::new(AtomicUsize::new(0));
    let wrong = Arc::new(Mutex::new(Vec::new()));
    let crew = Crew::new(&port, 3, {
        let (seen, total, wrong) = (seen.clone(), total.clone(), wrong.clone());
        move |_, done: Completion<(usize, u64)>| {
            let (number, block) = done.context;
            let (buf, result) = ended(done);
            if !matches!(result, Ok(4096)) || buf[..] != content(block * 4096, 4096) {
                wrong.lock().unwrap().push((number, block, result));
            }
            seen[number].fetch_add(1, Ordering::SeqCst);
            total.fetch_add(1, Ordering::SeqCst);
        }
    });
    let issuers: Vec<_> = (0..ISSUERS)
        .map(|issuer| {
            let files = [buffered.clone(), direct.clone()];
            go(move || {
                let mut dice = Dice(issuer as u64 + 1);
                for number in 0..EACH {
                    let block = dice.below(BLOCKS);
                    let file = &files[dice.below(2) as usize];
                    let context = (issuer * EACH + number, block);
                    file.read_at(Buf::aligned(4096, 4096), block * 4096, context);
                }
            })
        })
        .collect();
    issuers.into_iter().for_each(|issuer| issuer.join());
    eventually("every read ends", || total.load(Ordering::SeqCst) >= ISSUERS * EACH);
    for_a_while("none ends twice", || total.load(Ordering::SeqCst) == ISSUERS * EACH);
    assert!(seen.iter().all(|times| times.load(Ordering::SeqCst) == 1));
    let wrong = std::mem::take(&mut *wrong.lock().unwrap());
    assert!(wrong.is_empty(), "{wrong:?}");
    crew.dismiss(&port);
}

// TX1: not even as cancelled.
#[test]
fn operations_outlive_the_thread_that_issued_them() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 64 * 65_536));
    scratch.forget_cache();
    let file = scratch.open_direct(&port, 0).unwrap_or_else(|| scratch.open(&port, 0));
    for _ in 0..10 {
        let file = file.clone();
        go(move || {
            for number in 0..64 {
                file.read_at(Buf::aligned(65_536, 4096), number * 65_536, number);
            }
        })
        .join();
        let mut seen = HashSet::new();
        for _ in 0..64 {
            let done = take(&port);
            let number = done.context;
            let (buf, result) = ended(done);
            assert_eq!(result.unwrap(), 65_536);
            assert_eq!(buf[..512], content(number * 65_536, 512));
            assert!(seen.insert(number));
        }
        no_more(&port);
    }
}

// K3, K4, K10.
#[test]
fn a_cancel_that_races_with_the_end_leaves_exactly_one_completion() {
    const READS: u64 = 48;
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, READS as usize * 16_384));
    scratch.forget_cache();
    let file = scratch.open_direct(&port, 0).unwrap_or_else(|| scratch.open(&port, 0));
    let mut dice = Dice(1);
    for round in 0..40 {
        let ids: Vec<OpId> = (0..READS)
            .map(|number| file.read_at(Buf::aligned(16_384, 4096), number * 16_384, number))
            .collect();
        let canceller = go({
            let file = file.clone();
            let first = dice.below(READS) as usize;
            move || {
                let found: Vec<_> = ids[first..].iter().map(|id| file.cancel(*id)).collect();
                let again = ids[first..].iter().filter(|id| file.cancel(**id)).count();
                (first, found, again)
            }
        });
        let mut endings = vec![None; READS as usize];
        for _ in 0..READS {
            let done = take(&port);
            let number = done.context;
            let (buf, result) = ended(done);
            let cancelled = match result {
                Ok(count) => {
                    assert_eq!((count, &buf[..64]), (16_384, &content(number * 16_384, 64)[..]));
                    false
                }
                Err(error) => {
                    assert!(is_cancelled(&error), "{error}");
                    true
                }
            };
            assert_eq!(buf.capacity(), 16_384);
            assert_eq!(
                endings[number as usize].replace(cancelled),
                None,
                "{number} of round {round} came twice"
            );
        }
        let (first, found, again) = canceller.join();
        assert_eq!(again, 0, "found twice");
        for (number, cancelled) in endings.into_iter().enumerate() {
            let found = number >= first && found[number - first];
            assert!(found || cancelled == Some(false), "{number} of round {round} ended without being found");
        }
        no_more(&port);
    }
}

// K1, K4, K9: what cannot be interrupted (a blocking call) is not counted, and goes on.
#[cfg(target_os = "linux")]
#[test]
fn cancel_all_ends_as_many_as_it_says_and_loses_no_data() {
    const READS: usize = 40;
    let port = Port::new(1).unwrap();
    let (reader, mut writer) = pipe();
    let file = File::attach(&port, 0, reader).unwrap();
    let (other, mut others) = pipe();
    let other = File::attach(&port, 1, other).unwrap();
    for number in 0..READS {
        file.read_at(vec![0; 1], 0, number);
    }
    other.read_at(vec![0; 1], 0, READS);
    let found = file.cancel_all();
    writer.write_all(&vec![b'x'; READS - found]).unwrap();
    let mut seen = HashSet::new();
    let mut cancelled = 0;
    for _ in 0..READS {
        let done = take(&port);
        assert_eq!(done.key, 0, "another handle's operation was cancelled");
        assert!(seen.insert(done.context));
        let (buf, result) = ended(done);
        match result {
            Ok(count) => assert_eq!((count, &buf[..]), (1, &b"x"[..])),
            Err(error) => {
                assert!(is_cancelled(&error), "{error}");
                cancelled += 1;
            }
        }
    }
    assert_eq!(cancelled, found);
    assert_eq!(file.cancel_all(), 0);
    no_more(&port);
    others.write_all(b"y").unwrap();
    let done = take(&port);
    assert_eq!(done.key, 1);
    assert_eq!(&ended(done).0[..], b"y");
    // And a later read finds what comes later.
    writer.write_all(b"z").unwrap();
    file.read_at(vec![0; 1], 0, 0);
    assert_eq!(&ended(take(&port)).0[..], b"z");
}

// K4, F24, TX3.
#[test]
fn closing_a_file_leaves_exactly_one_completion_for_each_operation() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 1 << 20));
    for round in 0..20 {
        scratch.forget_cache();
        let file = scratch.open_direct(&port, 5).unwrap_or_else(|| scratch.open(&port, 5));
        for number in 0..32 {
            match number % 4 {
                3 => file.write_at(Buf::aligned(0, 4096), number * 16_384, number),
                _ => file.read_at(Buf::aligned(16_384, 4096), number * 16_384, number),
            };
        }
        file.close();
        // Too late.
        file.read_at(Buf::aligned(4096, 4096), 0, 32);
        file.sync(33);
        drop(file);
        let mut seen = HashSet::new();
        for _ in 0..34 {
            let done = take(&port);
            let number = done.context;
            assert_eq!(done.key, 5);
            assert!(seen.insert(number), "{number} of round {round} came twice");
            let error = match done.event {
                Event::Sync { result, .. } => result.err(),
                event => {
                    let done = Completion { key: 5, context: number, event };
                    let (buf, result) = ended(done);
                    if result.is_ok() && !buf.is_empty() {
                        assert_eq!(buf[..64], content(number * 16_384, 64));
                    }
                    result.err()
                }
            };
            assert!(error.as_ref().is_none_or(is_cancelled), "{error:?}");
            assert!(number < 32 || error.is_some(), "{number} was issued after the close");
        }
        no_more(&port);
    }
}

// TX8: an operation holds the descriptor.
#[test]
fn operations_in_flight_keep_the_file_open() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 1 << 20));
    scratch.forget_cache();
    let file = scratch.open_direct(&port, 0).unwrap_or_else(|| scratch.open(&port, 0));
    for number in 0..16 {
        file.read_at(Buf::aligned(65_536, 4096), number * 65_536, number);
    }
    drop(file);
    // Whatever takes over the number is not what they read.
    let other = Scratch::new(b"other");
    let _others: Vec<_> = (0..8).map(|_| std::fs::File::open(&other.0).unwrap()).collect();
    for _ in 0..16 {
        let done = take(&port);
        let number = done.context;
        let (buf, result) = ended(done);
        assert_eq!((result.unwrap(), &buf[..64]), (65_536, &content(number * 65_536, 64)[..]));
    }
}

// F8: what a read finds is the file before or after the cut, never a hang.
#[test]
fn a_file_cut_while_it_is_read_ends_every_read() {
    const LENGTH: u64 = 512 * 1024;
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, LENGTH as usize));
    let whole = content(0, LENGTH as usize);
    let stop = Arc::new(AtomicBool::new(false));
    let cutter = go({
        let (stop, path) = (stop.clone(), scratch.0.clone());
        move || {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            let mut dice = Dice(7);
            while !stop.load(Ordering::Relaxed) {
                file.set_len(dice.below(LENGTH)).unwrap();
                file.set_len(LENGTH).unwrap();
            }
        }
    });
    let files = [Some(scratch.open(&port, 0)), scratch.open_direct(&port, 1)];
    for file in files.into_iter().flatten() {
        for _ in 0..30 {
            for number in 0..8 {
                file.read_at(Buf::aligned(65_536, 4096), number * 65_536, number);
            }
            for _ in 0..8 {
                let done = take(&port);
                let at = done.context as usize * 65_536;
                let (buf, result) = ended(done);
                assert_eq!(result.unwrap(), buf.len());
                let sound = buf.iter().zip(&whole[at..]).all(|(got, wrote)| *got == 0 || got == wrote);
                assert!(sound, "bytes that were never in the file");
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    cutter.join();
    no_more(&port);
}

// Q3: a thread asleep in the port is woken for what a file source delivers.
#[cfg(target_os = "linux")]
#[test]
fn a_sleeping_thread_is_woken_for_a_read() {
    let port = Port::new(1).unwrap();
    let (reader, mut writer) = pipe();
    let file = File::attach(&port, 4, reader).unwrap();
    for _ in 0..50 {
        let sleeper = go({
            let port = port.clone();
            move || ended(take(&port)).0.into_vec()
        });
        parked(&port, 1);
        file.read_at(vec![0; 1], 0, ());
        writer.write_all(b"x").unwrap();
        assert_eq!(sleeper.join(), b"x");
    }
}

#[test]
fn attaching_to_a_closed_port_is_refused_and_issuing_on_it_drops_the_operation() {
    let scratch = Scratch::new(b"abcdef");
    let dropped = Dropped::new();
    let port = Port::new(1).unwrap();
    let file = scratch.open(&port, 0);
    port.close();
    let refused = File::open(&port, 0, &scratch.0, OpenOptions::new().read(true)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    file.read_at(vec![0; 8], 0, dropped.context());
    file.sync(dropped.context());
    assert_eq!(dropped.count(), 2);
}

#[test]
fn a_file_that_cannot_be_opened_is_the_openers_error() {
    let port = Port::<()>::new(1).unwrap();
    let error = File::open(&port, 0, "/nonexistent/file", OpenOptions::new().read(true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// What serves files in this process, once they have been used past the page cache.
#[cfg(target_os = "linux")]
fn use_files() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"");
    let file = scratch.open(&port, 0);
    write(&port, &file, "text", 0).1.unwrap();
    assert_eq!(scratch.content(), b"text");
    let part = part().unwrap();
    let (ring, pool) = (has_thread("longshore-ring"), has_thread("longshore-file"));
    match part.as_str() {
        "ring" => assert!(ring && !pool, "{:?}", thread_names()),
        "pool" => assert!(pool && !ring, "{:?}", thread_names()),
        // Either, and one of them only.
        _ => assert!(ring != pool, "{:?}", thread_names()),
    }
    drop((port, file));
    eventually("its threads end with the port", || {
        !has_thread("longshore-ring") && !has_thread("longshore-file")
    });
}

/// Whether this system lets us have a ring at all.
#[cfg(target_os = "linux")]
fn rings_are_allowed() -> bool {
    // SAFETY: no ring has no entries, so the call fails before it looks at the pointer; how tells.
    let made = unsafe { libc::syscall(libc::SYS_io_uring_setup, 0, std::ptr::null_mut::<u8>()) };
    let error = io::Error::last_os_error().raw_os_error();
    made >= 0 || !matches!(error, Some(libc::EPERM | libc::ENOSYS))
}

#[cfg(target_os = "linux")]
#[test]
fn the_environment_chooses_what_serves_files() {
    if part().is_some() {
        return use_files();
    }
    play(this_test!(), "pool", Some("pool"));
    play(this_test!(), "either", None);
    play(this_test!(), "either", Some(""));
    play(this_test!(), "either", Some("something else"));
    if rings_are_allowed() {
        play(this_test!(), "ring", Some("ring"));
        play(this_test!(), "ring", None);
    } else {
        skipped("io_uring is refused here");
    }
}

// A device answers when it likes; nothing of ours may wait for it in the thread that issues.
#[cfg(target_os = "linux")]
#[test]
fn issuing_does_not_wait_for_the_device() {
    let port = Port::new(1).unwrap();
    let (reader, writer) = pipe();
    let file = File::attach(&port, 0, reader).unwrap();
    let begun = Instant::now();
    for _ in 0..100 {
        file.read_at(vec![0; 1], 0, ());
    }
    assert!(begun.elapsed() < PATIENCE, "it waited");
    assert!(port.get_timeout(Duration::from_millis(1)).unwrap().is_none());
    // The end of the pipe ends the reads.
    drop(writer);
    for _ in 0..100 {
        assert_eq!(ended(take(&port)).1.unwrap(), 0);
    }
    no_more(&port);
}
