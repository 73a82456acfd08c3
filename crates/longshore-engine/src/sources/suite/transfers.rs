//! What is transferred, how much of it, and what is reported.

use crate::fixtures::{Fixture, Memory, Scratch, handle, issue};
use crate::operation::OpCode;
use crate::operation::transfer::BYTES_PER_CALL_MAX;
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;

pub(crate) fn what_was_written_is_read_back(fixture: Fixture) {
    let scratch = Scratch::new(b"");
    let file = scratch.open();
    let parts = vec![b"one".to_vec(), Vec::new(), b"two".to_vec()];
    assert_eq!(fixture.succeed(&file, OpCode::WriteAt(5), Memory::new(parts)), 6);
    assert_eq!(fixture.succeed(&file, OpCode::Sync(false), Memory::new(vec![])), 0);
    assert_eq!(fixture.succeed(&file, OpCode::Sync(true), Memory::new(vec![])), 0);
    let packet = fixture.run(&file, OpCode::ReadAt(0), Memory::zeroed(11));
    assert_eq!(packet.outcome.error, None);
    assert_eq!(packet.outcome.bytes, 11);
    assert_eq!(packet.payload.bytes(), b"\0\0\0\0\0onetwo");
    let parts = vec![vec![0; 2], vec![0; 4]];
    let packet = fixture.run(&file, OpCode::ReadAt(5), Memory::new(parts));
    assert_eq!(packet.payload.bytes(), b"onetwo");
    assert_eq!(packet.key(), 7);
    fixture.no_more_packets();
    fixture.end();
}

// F7, F8: at this level the end of the file is success; the face makes an error of "no bytes".
pub(crate) fn a_read_is_short_only_at_the_end(fixture: Fixture) {
    let scratch = Scratch::new(b"abcdef");
    let file = scratch.open();
    for (offset, expected) in [(0, &b"abcdef"[..]), (4, b"ef"), (6, b""), (1 << 40, b"")] {
        let packet = fixture.run(&file, OpCode::ReadAt(offset), Memory::zeroed(16));
        assert_eq!(packet.outcome.error, None);
        assert_eq!(packet.outcome.bytes, expected.len() as u64);
        assert_eq!(&packet.payload.bytes()[..expected.len()], expected);
    }
    fixture.end();
}

// F9, F10.
pub(crate) fn nothing_to_transfer_is_success(fixture: Fixture) {
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    for op_code in [OpCode::ReadAt(0), OpCode::ReadAt(100), OpCode::WriteAt(100), OpCode::Append] {
        assert_eq!(fixture.succeed(&file, op_code, Memory::new(vec![])), 0);
    }
    assert_eq!(scratch.content(), b"abc");
    fixture.end();
}

// F15.
pub(crate) fn offsets_beyond_four_gib_work(fixture: Fixture) {
    let scratch = Scratch::new(b"");
    let file = scratch.open();
    let offset = (1 << 32) - 4;
    let data = Memory::new(vec![b"boundary".to_vec()]);
    assert_eq!(fixture.succeed(&file, OpCode::WriteAt(offset), data), 8);
    let packet = fixture.run(&file, OpCode::ReadAt(offset), Memory::zeroed(9));
    assert_eq!(packet.outcome.bytes, 8);
    assert_eq!(&packet.payload.bytes()[..8], b"boundary");
    assert_eq!(std::fs::metadata(&scratch.path).unwrap().len(), (1 << 32) + 4);
    fixture.end();
}

// F16: the kernel takes 1024 regions at a time and stops there.
pub(crate) fn more_regions_than_one_call_takes(fixture: Fixture) {
    let scratch = Scratch::new(b"");
    let file = scratch.open();
    let parts: Vec<Vec<u8>> = (0..3000u32).map(|part| vec![part as u8; 1 + part as usize % 7]).collect();
    let whole = parts.concat();
    let length = whole.len() as u64;
    let empty: Vec<Vec<u8>> = parts.iter().map(|part| vec![0; part.len()]).collect();
    let written = fixture.succeed(&file, OpCode::WriteAt(0), Memory::new(parts.clone()));
    assert_eq!(written, length);
    assert_eq!(scratch.content(), whole);
    let packet = fixture.run(&file, OpCode::ReadAt(0), Memory::new(empty));
    assert_eq!(packet.outcome.bytes, length);
    assert_eq!(packet.payload.bytes(), whole);
    assert_eq!(fixture.succeed(&file, OpCode::Append, Memory::new(parts)), length);
    assert_eq!(scratch.content(), [&whole[..], &whole[..]].concat());
    fixture.end();
}

// F16: the kernel moves 0x7ffff000 bytes at a time and stops there.
pub(crate) fn more_bytes_than_one_call_moves(fixture: Fixture) {
    // Two gigabytes of memory: one at a time.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock();
    let length = BYTES_PER_CALL_MAX + (200 << 20);
    let marks = [0, BYTES_PER_CALL_MAX - 1, BYTES_PER_CALL_MAX, BYTES_PER_CALL_MAX + 1, length - 1];
    // Holes of a file in memory take none.
    let sparse = File::from(rustix::fs::memfd_create("sparse", rustix::fs::MemfdFlags::CLOEXEC).unwrap());
    for mark in marks {
        sparse.write_all_at(b"!", mark as u64).unwrap();
    }
    // The last byte asked for is beyond the end.
    let packet = fixture.run(&handle(sparse), OpCode::ReadAt(0), Memory::zeroed(length + 1));
    assert_eq!(packet.outcome.error, None);
    assert_eq!(packet.outcome.bytes, length as u64);
    for mark in marks {
        assert_eq!(packet.payload.blocks[0][mark], b'!', "at {mark:#x}");
    }
    assert_eq!(packet.payload.blocks[0][length], 0);
    fixture.end();
}

// F18: the call that looks for more starts between two sectors.
pub(crate) fn a_direct_read_of_the_unaligned_tail_is_short(fixture: Fixture) {
    let scratch = Scratch::new(&[5; 4096 + 100]);
    let file = scratch.open_with(libc::O_DIRECT);
    let arena = crate::fixtures::Arena::new(8192);
    let packet = fixture.run(&file, OpCode::ReadAt(0), Memory::leased(arena.lease(0, 8192)));
    assert_eq!(packet.outcome.error, None);
    assert_eq!(packet.outcome.bytes, 4096 + 100);
    fixture.end();
}

// F22.
pub(crate) fn errors_are_the_kernels(fixture: Fixture) {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let data = || Memory::new(vec![b"data".to_vec()]);
    assert_eq!(fixture.fail(&handle(full), OpCode::WriteAt(0), data()), libc::ENOSPC);
    let scratch = Scratch::new(b"content");
    let write_only = OpenOptions::new().write(true).open(&scratch.path).unwrap();
    assert_eq!(fixture.fail(&handle(write_only), OpCode::ReadAt(0), data()), libc::EBADF);
    let read_only = handle(File::open(&scratch.path).unwrap());
    assert_eq!(fixture.fail(&read_only, OpCode::WriteAt(0), data()), libc::EBADF);
    assert_eq!(fixture.fail(&read_only, OpCode::Append, data()), libc::EBADF);
    let unaligned = scratch.open_with(libc::O_DIRECT);
    let direct = fixture.run(&unaligned, OpCode::ReadAt(1), data());
    // Not every file system minds (F18).
    assert!(matches!(direct.outcome.error.map(|errno| errno.0), None | Some(libc::EINVAL)));
    fixture.end();
}

// F4, F13: an offset of -1 would be the file's own position.
pub(crate) fn impossible_requests_are_refused(fixture: Fixture) {
    let scratch = Scratch::new(b"content");
    let file = scratch.open();
    for offset in [u64::MAX, u64::MAX - 1, i64::MIN as u64] {
        let memory = || Memory::zeroed(4);
        assert_eq!(fixture.fail(&file, OpCode::ReadAt(offset), memory()), libc::EINVAL);
        assert_eq!(fixture.fail(&file, OpCode::WriteAt(offset), memory()), libc::EINVAL);
    }
    assert_eq!(fixture.fail(&file, OpCode::Recv, Memory::zeroed(4)), libc::EOPNOTSUPP);
    assert_eq!(scratch.content(), b"content");
    fixture.end();
}

// F12.
pub(crate) fn appends_are_never_torn(fixture: Fixture) {
    const APPENDERS: usize = 4;
    const RECORDS: usize = 1000;
    const LENGTH: usize = 96;
    let scratch = Scratch::new(b"");
    std::thread::scope(|scope| {
        for appender in 0..APPENDERS {
            let source = fixture.source.clone();
            let file = scratch.open();
            scope.spawn(move || {
                for record in 0..RECORDS {
                    let mut bytes = vec![appender as u8; LENGTH];
                    bytes[1..5].copy_from_slice(&(record as u32).to_le_bytes());
                    let tail = bytes.split_off(LENGTH / 3);
                    // Every other record in two regions.
                    let parts =
                        if record % 2 == 0 { vec![bytes, tail] } else { vec![[bytes, tail].concat()] };
                    issue(&*source, &file, OpCode::Append, Memory::new(parts));
                }
            });
        }
    });
    for _ in 0..APPENDERS * RECORDS {
        let packet = fixture.packet();
        assert_eq!(packet.outcome.error, None);
        assert_eq!(packet.outcome.bytes, LENGTH as u64);
    }
    let content = scratch.content();
    assert_eq!(content.len(), APPENDERS * RECORDS * LENGTH);
    let mut seen = vec![false; APPENDERS * RECORDS];
    for record in content.chunks(LENGTH) {
        let appender = record[0] as usize;
        let number = u32::from_le_bytes(record[1..5].try_into().unwrap()) as usize;
        assert!(record[5..].iter().all(|&byte| byte as usize == appender));
        assert!(!std::mem::replace(&mut seen[appender * RECORDS + number], true));
    }
    fixture.no_more_packets();
    fixture.end();
}

// F4, F12.
pub(crate) fn an_append_leaves_the_file_position_alone(fixture: Fixture) {
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    let data = || Memory::new(vec![b"def".to_vec()]);
    fixture.succeed(&file, OpCode::Append, data());
    fixture.succeed(&file, OpCode::WriteAt(0), data());
    fixture.succeed(&file, OpCode::ReadAt(0), Memory::zeroed(6));
    // SAFETY: no pointers; the handle keeps the descriptor open.
    let position = unsafe { libc::lseek(file.descriptor().as_raw_fd(), 0, libc::SEEK_CUR) };
    assert_eq!(position, 0);
    assert_eq!(scratch.content(), b"defdef");
    fixture.end();
}
