//! The end of a source with operations in every stage.

use crate::fixtures::{Arena, Fixture, Memory, Scratch, handle, wait_until};
use crate::operation::OpCode;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const MIB: usize = 1 << 20;

// Design 3.3: what the kernel still writes to is released by nobody.
pub(crate) fn closing_releases_no_memory_the_kernel_writes_to(fixture: Fixture) {
    const READS: usize = 300;
    let scratch = Scratch::new(&vec![0x11; 16 * MIB]);
    let arena = Arena::new(READS * MIB);
    let drops = Arc::new(AtomicUsize::new(0));
    let file = scratch.open_with(libc::O_DIRECT);
    for read in 0..READS {
        let lease = arena.lease(read * MIB, MIB);
        let memory = Memory::leased(lease).counted(&drops);
        fixture.issue(&file, OpCode::ReadAt((read % 16 * MIB) as u64), memory);
    }
    // One is through, so many are in flight.
    let first = fixture.packet();
    fixture.source.close();
    drop(first);
    fixture.end();
    assert_eq!(drops.load(Ordering::SeqCst), READS);
    // Whatever the kernel still had to write, it would have written by now.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(arena.written_after_poisoning(), 0);
    assert_eq!(Arc::strong_count(&file), 1, "an operation was leaked");
}

// C3. A pipe belongs elsewhere, but nothing else is certain to keep a call waiting.
pub(crate) fn what_runs_at_the_close_ends_without_a_packet(fixture: Fixture) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let file = handle(reader);
    let drops = Arc::new(AtomicUsize::new(0));
    fixture.issue(&file, OpCode::ReadAt(0), Memory::zeroed(1).counted(&drops));
    std::thread::sleep(Duration::from_millis(30));
    fixture.source.close();
    writer.write_all(b"!").unwrap();
    wait_until("the drop", || drops.load(Ordering::SeqCst) == 1);
    assert_eq!(fixture.collector.delivered.load(Ordering::SeqCst), 0);
    fixture.no_more_packets();
    fixture.end();
}

// C3.
pub(crate) fn closing_drops_everything_without_a_packet(fixture: Fixture) {
    const READS: usize = 600;
    let scratch = Scratch::new(&vec![0x11; MIB]);
    let file = scratch.open_with(libc::O_DIRECT);
    let arena = Arena::new(READS * MIB);
    let drops = Arc::new(AtomicUsize::new(0));
    for read in 0..READS {
        let lease = arena.lease(read * MIB, MIB);
        fixture.issue(&file, OpCode::ReadAt(0), Memory::leased(lease).counted(&drops));
    }
    fixture.source.close();
    fixture.source.close();
    let mut delivered = 0;
    wait_until("every operation to be let go", || {
        drops.load(Ordering::SeqCst) + fixture.collector.delivered.load(Ordering::SeqCst) == READS
    });
    while let Ok(packet) = fixture.packets.try_recv() {
        assert_eq!(packet.outcome.error, None, "a packet for a dropped one");
        delivered += 1;
    }
    assert!(delivered < READS);
    fixture.end();
    assert_eq!(drops.load(Ordering::SeqCst), READS);
}

pub(crate) fn a_closed_source_drops_what_is_issued(fixture: Fixture) {
    let scratch = Scratch::new(b"abc");
    let drops = Arc::new(AtomicUsize::new(0));
    fixture.source.close();
    for _ in 0..10 {
        let memory = Memory::zeroed(3).counted(&drops);
        fixture.issue(&scratch.open(), OpCode::ReadAt(0), memory);
    }
    assert_eq!(drops.load(Ordering::SeqCst), 10);
    assert_eq!(fixture.source.cancel(&scratch.open(), crate::operation::Which::All), 0);
    fixture.no_more_packets();
    fixture.end();
}

pub(crate) fn dropping_the_source_closes_it(fixture: Fixture) {
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    fixture.succeed(&file, OpCode::ReadAt(0), Memory::zeroed(3));
    // Fails if a thread of the source outlives it.
    fixture.end();
}

pub(crate) fn without_a_sink_operations_are_dropped(fixture: Fixture) {
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    let drops = Arc::new(AtomicUsize::new(0));
    let Fixture { source, collector, .. } = fixture;
    drop(collector);
    for _ in 0..10 {
        let memory = Memory::zeroed(3).counted(&drops);
        crate::fixtures::issue(&*source, &file, OpCode::ReadAt(0), memory);
    }
    wait_until("the drops", || drops.load(Ordering::SeqCst) == 10);
}
