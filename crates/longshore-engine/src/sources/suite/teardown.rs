//! The end of a source with operations in every stage.

use crate::fixtures::{Arena, Bed, Memory, Scratch, handle, wait_until};
use crate::operation::Verb;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const MIB: usize = 1 << 20;

// Design 3.3: what the kernel still writes to is released by nobody.
pub(crate) fn closing_releases_no_memory_the_kernel_writes_to(bed: Bed) {
    const READS: usize = 300;
    let scratch = Scratch::new(&vec![0x11; 16 * MIB]);
    let arena = Arena::new(READS * MIB);
    let drops = Arc::new(AtomicUsize::new(0));
    let file = scratch.open_with(libc::O_DIRECT);
    for read in 0..READS {
        let lease = arena.lease(read * MIB, MIB);
        let memory = Memory::leased(lease).counted(&drops);
        bed.issue(&file, Verb::ReadAt((read % 16 * MIB) as u64), memory);
    }
    // One is through, so many are in flight.
    let first = bed.packet();
    bed.source.close();
    drop(first);
    bed.end();
    assert_eq!(drops.load(Ordering::SeqCst), READS);
    // Whatever the kernel still had to write, it would have written by now.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(arena.written_after_poisoning(), 0);
    assert_eq!(Arc::strong_count(&file), 1, "an operation was leaked");
}

// C3. A pipe belongs elsewhere, but nothing else is certain to keep a call waiting.
pub(crate) fn what_runs_at_the_close_ends_without_a_packet(bed: Bed) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let file = handle(reader);
    let drops = Arc::new(AtomicUsize::new(0));
    bed.issue(&file, Verb::ReadAt(0), Memory::zeroed(1).counted(&drops));
    std::thread::sleep(Duration::from_millis(30));
    bed.source.close();
    writer.write_all(b"!").unwrap();
    wait_until("the drop", || drops.load(Ordering::SeqCst) == 1);
    assert_eq!(bed.collector.delivered.load(Ordering::SeqCst), 0);
    bed.no_more_packets();
    bed.end();
}

// C3.
pub(crate) fn closing_drops_everything_without_a_packet(bed: Bed) {
    const READS: usize = 600;
    let scratch = Scratch::new(&vec![0x11; MIB]);
    let file = scratch.open_with(libc::O_DIRECT);
    let arena = Arena::new(READS * MIB);
    let drops = Arc::new(AtomicUsize::new(0));
    for read in 0..READS {
        let lease = arena.lease(read * MIB, MIB);
        bed.issue(&file, Verb::ReadAt(0), Memory::leased(lease).counted(&drops));
    }
    bed.source.close();
    bed.source.close();
    let mut delivered = 0;
    wait_until("every operation to be let go", || {
        drops.load(Ordering::SeqCst) + bed.collector.delivered.load(Ordering::SeqCst) == READS
    });
    while let Ok(packet) = bed.packets.try_recv() {
        assert_eq!(packet.outcome.error, None, "a packet for a dropped one");
        delivered += 1;
    }
    assert!(delivered < READS);
    bed.end();
    assert_eq!(drops.load(Ordering::SeqCst), READS);
}

pub(crate) fn a_closed_source_drops_what_is_issued(bed: Bed) {
    let scratch = Scratch::new(b"abc");
    let drops = Arc::new(AtomicUsize::new(0));
    bed.source.close();
    for _ in 0..10 {
        let memory = Memory::zeroed(3).counted(&drops);
        bed.issue(&scratch.open(), Verb::ReadAt(0), memory);
    }
    assert_eq!(drops.load(Ordering::SeqCst), 10);
    assert_eq!(bed.source.cancel(&scratch.open(), crate::operation::Which::All), 0);
    bed.no_more_packets();
    bed.end();
}

pub(crate) fn dropping_the_source_closes_it(bed: Bed) {
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    bed.succeed(&file, Verb::ReadAt(0), Memory::zeroed(3));
    // Fails if a thread of the source outlives it.
    bed.end();
}

pub(crate) fn without_a_sink_operations_are_dropped(bed: Bed) {
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    let drops = Arc::new(AtomicUsize::new(0));
    let Bed { source, collector, .. } = bed;
    drop(collector);
    for _ in 0..10 {
        let memory = Memory::zeroed(3).counted(&drops);
        crate::fixtures::issue(&*source, &file, Verb::ReadAt(0), memory);
    }
    wait_until("the drops", || drops.load(Ordering::SeqCst) == 10);
}
