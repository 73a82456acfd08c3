//! Reading and writing: what is transferred, and how an operation ends.

use super::{read, write};
use crate::fixtures::*;
use longshore::{Buf, Event, File, Port};
use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::ErrorKind;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
#[cfg(target_os = "linux")]
use std::os::unix::fs::FileExt;

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
