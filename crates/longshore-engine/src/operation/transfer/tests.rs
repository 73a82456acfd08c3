//! The decisions, without an executor.

use super::*;
use crate::fixtures::{Memory, Scratch, Test};

fn operation(op_code: OpCode, length: usize) -> Box<Operation<Test>> {
    Operation::new(Scratch::new(b"").open(), op_code, Memory::zeroed(length))
}

fn errno(errno: i32) -> Result<usize, Errno> {
    Err(Errno(errno))
}

#[test]
fn a_short_transfer_goes_on_where_it_stopped() {
    for (op_code, call) in [
        (OpCode::ReadAt(1000), Call::Read(1030)),
        (OpCode::WriteAt(1000), Call::Write(1030)),
        (OpCode::Append, Call::Append),
    ] {
        let mut operation = operation(op_code, 100);
        let address = operation.payload.blocks[0].as_ptr() as usize;
        assert_eq!(settle(&mut operation, 100, Ok(30)), Verdict::Again);
        let step = next(&mut operation).ok().unwrap();
        assert_eq!(step.call, call);
        let region = step.regions.single().unwrap();
        assert_eq!((region.start() as usize, region.length()), (address + 30, 70));
        assert_eq!(settle(&mut operation, 70, Ok(70)), Verdict::Finished);
        assert_eq!(operation.outcome.bytes, 100);
        assert_eq!(operation.outcome.error, None);
    }
}

#[test]
fn nothing_read_is_the_end_and_nothing_written_is_an_error() {
    let mut read = operation(OpCode::ReadAt(0), 100);
    assert_eq!(settle(&mut read, 100, Ok(30)), Verdict::Again);
    assert_eq!(settle(&mut read, 70, Ok(0)), Verdict::Finished);
    assert_eq!((read.outcome.bytes, read.outcome.error), (30, None));
    let mut write = operation(OpCode::WriteAt(0), 100);
    assert_eq!(settle(&mut write, 100, Ok(0)), Verdict::Finished);
    assert_eq!(write.outcome.error, Some(Errno(libc::EIO)));
}

#[test]
fn interruptions_are_not_reported() {
    let mut read = operation(OpCode::ReadAt(0), 100);
    assert_eq!(settle(&mut read, 100, errno(libc::EINTR)), Verdict::Again);
    assert_eq!(settle(&mut read, 100, errno(libc::EAGAIN)), Verdict::Later);
    assert_eq!((read.outcome.bytes, read.outcome.error), (0, None));
}

#[test]
fn an_error_after_progress_reports_both() {
    let mut write = operation(OpCode::WriteAt(0), 100);
    assert_eq!(settle(&mut write, 100, Ok(30)), Verdict::Again);
    assert_eq!(settle(&mut write, 70, errno(libc::ENOSPC)), Verdict::Finished);
    assert_eq!(write.outcome.error, Some(Errno(libc::ENOSPC)));
    assert_eq!(write.outcome.bytes, 30);
}

// F18.
#[test]
fn a_read_that_stopped_between_sectors_has_met_the_end() {
    for (first, expected) in [(100, None), (512, Some(Errno(libc::EINVAL))), (0, Some(Errno(libc::EINVAL)))] {
        let mut read = operation(OpCode::ReadAt(4096), 1024);
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

#[test]
fn a_source_goes_on_with_the_memory_of_an_attempt_that_made_progress() {
    let mut operation = operation(OpCode::ReadAt(0), 100);
    operation.outcome.bytes = 1;
    assert_eq!(begin(&mut operation), Ok(()));
    assert_eq!(operation.payload.acquired, 0);
}
