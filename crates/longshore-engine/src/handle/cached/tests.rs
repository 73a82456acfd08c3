//! The inline attempt, against a real page cache.

use super::*;
use crate::fixtures::{Memory, Scratch, Temper, Test};
use crate::operation::Errno;
use std::os::fd::AsRawFd;

fn cached(scratch: &Scratch, offset: u64, length: usize) -> (Cached, Box<Operation<Test>>) {
    let mut operation = Operation::new(scratch.open(), OpCode::ReadAt(offset), Memory::zeroed(length));
    (try_cached(&mut operation), operation)
}

#[test]
fn cached_data_is_read_on_the_spot_up_to_the_end() {
    let scratch = Scratch::new(&[7; 10_000]);
    for (offset, length, expected) in [(0, 4096, 4096), (8192, 4096, 1808), (10_000, 10, 0), (0, 0, 0)] {
        let (attempt, operation) = cached(&scratch, offset, length);
        assert_eq!(attempt, Cached::Done);
        assert_eq!(operation.outcome.bytes, expected);
        assert_eq!(operation.outcome.error, None);
        assert_eq!(operation.payload.acquired, 1);
        assert_eq!(operation.payload.released, 0);
    }
}

#[test]
fn what_is_not_cached_is_left_to_a_source() {
    let scratch = Scratch::new(&vec![7; 64 * 1024]);
    let file = std::fs::File::open(&scratch.path).unwrap();
    file.sync_all().unwrap();
    let evict = |offset| {
        // SAFETY: no pointers.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), offset, 0, libc::POSIX_FADV_DONTNEED) };
    };
    evict(0);
    let (attempt, mut operation) = cached(&scratch, 0, 64 * 1024);
    // Where temporary files are kept in memory, nothing can be evicted.
    if attempt == Cached::Done {
        return eprintln!("not tested: the file stays in memory");
    }
    assert_eq!(operation.outcome.bytes, 0);
    // The buffer was given back, and the source takes it again.
    assert_eq!((operation.payload.acquired, operation.payload.released), (1, 1));
    assert_eq!(begin(&mut operation), Ok(()));
    assert_eq!(operation.payload.acquired, 2);
}

// The kernel starts to read ahead even if it must not wait, and may be done before the next call. So what is
// found half-cached may be there in full or not, but never in a state that lies.
#[test]
fn a_half_cached_read_is_finished_or_counts_its_progress() {
    const HALF: usize = 16 * 1024;
    let scratch = Scratch::new(&[7; 2 * HALF]);
    let file = std::fs::File::open(&scratch.path).unwrap();
    file.sync_all().unwrap();
    for _ in 0..200 {
        // SAFETY: no pointers.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        // SAFETY: no pointers.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_RANDOM) };
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut [0; HALF], 0).unwrap();
        let (attempt, operation) = cached(&scratch, 0, 2 * HALF);
        let done = operation.outcome.bytes as usize;
        let bytes = operation.payload.bytes();
        assert!(bytes[..done].iter().all(|&byte| byte == 7));
        assert!(bytes[done..].iter().all(|&byte| byte == 0));
        assert_eq!(operation.outcome.error, None);
        assert_eq!(attempt == Cached::Done, done == 2 * HALF);
        let kept = usize::from(attempt == Cached::Unfinished && done == 0);
        assert_eq!(operation.payload.released, kept);
    }
}

#[test]
fn what_would_block_or_take_long_is_not_tried() {
    let scratch = Scratch::new(&vec![7; 1 << 20]);
    let (attempt, operation) = cached(&scratch, 0, CACHED_BYTES_MAX + 1);
    assert_eq!((attempt, operation.outcome.bytes), (Cached::Unfinished, 0));
    assert_eq!(operation.payload.acquired, operation.payload.released);
    let (attempt, operation) = cached(&scratch, 0, CACHED_BYTES_MAX);
    assert_eq!(attempt, Cached::Done);
    assert_eq!(operation.outcome.bytes, CACHED_BYTES_MAX as u64);
    // A direct read waits for the device, RWF_NOWAIT or not. (Unless the file has yet to be written back.)
    std::fs::File::open(&scratch.path).unwrap().sync_all().unwrap();
    let direct = scratch.open_with(libc::O_DIRECT);
    let arena = crate::fixtures::Arena::new(4096);
    let memory = Memory::leased(arena.lease(0, 4096));
    let mut operation = Operation::new(direct, OpCode::ReadAt(0), memory);
    assert_eq!(try_cached(&mut operation), Cached::Unfinished);
    for op_code in [OpCode::WriteAt(0), OpCode::Append, OpCode::Sync(false)] {
        let mut operation = Operation::new(scratch.open(), op_code, Memory::zeroed(1));
        assert_eq!(try_cached(&mut operation), Cached::Unfinished);
        assert_eq!(operation.payload.acquired, 0);
    }
}

#[test]
fn an_inline_attempt_without_memory_fails() {
    let scratch = Scratch::new(b"abc");
    let memory = Memory::zeroed(3).with_temper(Temper::FailsToAcquire(libc::ENOBUFS));
    let mut operation = Operation::new(scratch.open(), OpCode::ReadAt(0), memory);
    assert_eq!(try_cached(&mut operation), Cached::Done);
    assert_eq!(operation.outcome.error, Some(Errno(libc::ENOBUFS)));
}
