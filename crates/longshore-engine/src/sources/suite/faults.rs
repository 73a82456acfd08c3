//! Payloads that misbehave.

use crate::fixtures::{Fixture, Memory, Scratch, Temper, issue, wait_until};
use crate::operation::OpCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) fn a_payload_that_panics_in_drop_harms_nobody(fixture: Fixture) {
    const ROUNDS: usize = 50;
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    let drops = Arc::new(AtomicUsize::new(0));
    let Fixture { source, collector, .. } = fixture;
    // Without a sink the source has to drop what it finishes, on its own threads.
    drop(collector);
    for _ in 0..ROUNDS {
        for temper in [Temper::PanicsInDrop, Temper::Calm] {
            let memory = Memory::zeroed(3).with_temper(temper).counted(&drops);
            issue(&*source, &file, OpCode::ReadAt(0), memory);
        }
    }
    wait_until("the drops", || drops.load(Ordering::SeqCst) == 2 * ROUNDS);
    // Its threads are still there.
    issue(&*source, &file, OpCode::ReadAt(0), Memory::zeroed(3).counted(&drops));
    wait_until("one more", || drops.load(Ordering::SeqCst) == 2 * ROUNDS + 1);
    // At the end it drops them on the closing thread, too.
    for _ in 0..2000 {
        let memory = Memory::zeroed(3).with_temper(Temper::PanicsInDrop).counted(&drops);
        issue(&*source, &file, OpCode::ReadAt(0), memory);
    }
    source.close();
    wait_until("the last drops", || drops.load(Ordering::SeqCst) == 2 * ROUNDS + 1 + 2000);
    assert_eq!(Arc::strong_count(&file), 1);
}

fn fails_alone(fixture: Fixture, temper: Temper, errno: i32) {
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    for _ in 0..10 {
        let memory = Memory::zeroed(3).with_temper(temper);
        assert_eq!(fixture.fail(&file, OpCode::ReadAt(0), memory), errno);
        assert_eq!(fixture.succeed(&file, OpCode::ReadAt(0), Memory::zeroed(3)), 3);
    }
    fixture.no_more_packets();
    fixture.end();
}

pub(crate) fn a_payload_that_panics_in_acquire_fails_alone(fixture: Fixture) {
    fails_alone(fixture, Temper::PanicsInAcquire, libc::EIO);
}

pub(crate) fn a_payload_that_panics_in_regions_fails_alone(fixture: Fixture) {
    fails_alone(fixture, Temper::PanicsInRegions, libc::EIO);
}

pub(crate) fn a_failed_acquire_is_the_operations_error(fixture: Fixture) {
    fails_alone(fixture, Temper::FailsToAcquire(libc::ENOBUFS), libc::ENOBUFS);
}

pub(crate) fn acquire_is_called_once(fixture: Fixture) {
    let scratch = Scratch::new(b"");
    let file = scratch.open();
    // In several calls of the kernel.
    let parts = vec![vec![1; 2]; 3000];
    let packet = fixture.run(&file, OpCode::WriteAt(0), Memory::new(parts));
    assert_eq!(packet.payload.acquired, 1);
    assert_eq!(packet.payload.released, 0);
    fixture.end();
}
