//! The decisions, without an executor, and the inline attempt.

use super::*;
use crate::file_suite::bed::{Memory, Scratch, Temper, Test};
use std::os::fd::AsRawFd;

fn operation(verb: Verb, length: usize) -> Box<Operation<Test>> {
    Operation::new(Scratch::new(b"").open(), verb, Memory::zeroed(length))
}

fn errno(errno: i32) -> Result<usize, Errno> {
    Err(Errno(errno))
}

#[test]
fn a_short_transfer_goes_on_where_it_stopped() {
    for (verb, call) in [
        (Verb::ReadAt(1000), Call::Read(1030)),
        (Verb::WriteAt(1000), Call::Write(1030)),
        (Verb::Append, Call::Append),
    ] {
        let mut operation = operation(verb, 100);
        let address = operation.payload.blocks[0].as_ptr() as usize;
        assert_eq!(settle(&mut operation, 100, Ok(30)), Verdict::Again);
        let step = next(&mut operation).ok().unwrap();
        assert_eq!(step.call, call);
        let region = step.regions.single().unwrap();
        assert_eq!((region.iov_base as usize, region.iov_len), (address + 30, 70));
        assert_eq!(settle(&mut operation, 70, Ok(70)), Verdict::Finished);
        assert_eq!(operation.outcome.bytes, 100);
        assert_eq!(operation.outcome.error, None);
    }
}

#[test]
fn nothing_read_is_the_end_and_nothing_written_is_an_error() {
    let mut read = operation(Verb::ReadAt(0), 100);
    assert_eq!(settle(&mut read, 100, Ok(30)), Verdict::Again);
    assert_eq!(settle(&mut read, 70, Ok(0)), Verdict::Finished);
    assert_eq!((read.outcome.bytes, read.outcome.error), (30, None));
    let mut write = operation(Verb::WriteAt(0), 100);
    assert_eq!(settle(&mut write, 100, Ok(0)), Verdict::Finished);
    assert_eq!(write.outcome.error, Some(Errno(libc::EIO)));
}

#[test]
fn interruptions_are_not_reported() {
    let mut read = operation(Verb::ReadAt(0), 100);
    assert_eq!(settle(&mut read, 100, errno(libc::EINTR)), Verdict::Again);
    assert_eq!(settle(&mut read, 100, errno(libc::EAGAIN)), Verdict::Later);
    assert_eq!((read.outcome.bytes, read.outcome.error), (0, None));
}

#[test]
fn an_error_after_progress_reports_both() {
    let mut write = operation(Verb::WriteAt(0), 100);
    assert_eq!(settle(&mut write, 100, Ok(30)), Verdict::Again);
    assert_eq!(settle(&mut write, 70, errno(libc::ENOSPC)), Verdict::Finished);
    assert_eq!(write.outcome.error, Some(Errno(libc::ENOSPC)));
    assert_eq!(write.outcome.bytes, 30);
}

// F18.
#[test]
fn a_read_that_stopped_between_sectors_has_met_the_end() {
    for (first, expected) in [(100, None), (512, Some(Errno(libc::EINVAL))), (0, Some(Errno(libc::EINVAL)))] {
        let mut read = operation(Verb::ReadAt(4096), 1024);
        read.outcome.bytes = first;
        let asked = 1024 - first as usize;
        assert_eq!(settle(&mut read, asked, errno(libc::EINVAL)), Verdict::Finished);
        assert_eq!((read.outcome.bytes, read.outcome.error), (first, expected));
    }
}

#[test]
fn pauses_grow_and_are_bounded() {
    let pauses: Vec<u128> = (0..12).map(|count| pause(count).as_millis()).collect();
    assert_eq!(pauses, [1, 1, 2, 4, 8, 16, 32, 64, 128, 128, 128, 128]);
    assert_eq!(pause(u32::MAX).as_millis(), 128);
}

fn cached(scratch: &Scratch, offset: u64, length: usize) -> (Cached, Box<Operation<Test>>) {
    let mut operation = Operation::new(scratch.open(), Verb::ReadAt(offset), Memory::zeroed(length));
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

#[test]
fn a_source_goes_on_with_the_memory_of_an_attempt_that_made_progress() {
    let mut operation = operation(Verb::ReadAt(0), 100);
    operation.outcome.bytes = 1;
    assert_eq!(begin(&mut operation), Ok(()));
    assert_eq!(operation.payload.acquired, 0);
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
    let arena = crate::file_suite::bed::Arena::new(4096);
    let memory = Memory::leased(arena.lease(0, 4096));
    let mut operation = Operation::new(direct, Verb::ReadAt(0), memory);
    assert_eq!(try_cached(&mut operation), Cached::Unfinished);
    for verb in [Verb::WriteAt(0), Verb::Append, Verb::Sync(false)] {
        let mut operation = Operation::new(scratch.open(), verb, Memory::zeroed(1));
        assert_eq!(try_cached(&mut operation), Cached::Unfinished);
        assert_eq!(operation.payload.acquired, 0);
    }
}

#[test]
fn an_inline_attempt_without_memory_fails() {
    let scratch = Scratch::new(b"abc");
    let memory = Memory::zeroed(3).with_temper(Temper::FailsToAcquire(libc::ENOBUFS));
    let mut operation = Operation::new(scratch.open(), Verb::ReadAt(0), memory);
    assert_eq!(try_cached(&mut operation), Cached::Done);
    assert_eq!(operation.outcome.error, Some(Errno(libc::ENOBUFS)));
}
