//! Memory that the kernel reads into: it stays until the kernel is done with it, whatever becomes of the
//! port. Holds over io_uring and over the pool of threads.

use crate::fixtures::*;
use longshore::{Buf, File, Port};
use std::io::Write;

fn held() -> Buf {
    Buf::aligned(HELD.size(), HELD.align())
}

/// Issues reads that take a while, ends the port in some way, and watches the memory.
fn memory_outlives_the_kernels_use(end: fn(Port<CountsDrop>)) {
    const READS: u64 = 48;
    let _turn = one_at_a_time();
    let scratch = Scratch::new(&content(0, READS as usize * HELD.size()));
    for _ in 0..8 {
        scratch.forget_cache();
        let before = freed();
        let dropped = Dropped::new();
        let port = Port::new(1).unwrap();
        let file = scratch.open_direct(&port, 0).unwrap_or_else(|| scratch.open(&port, 0));
        for number in 0..READS {
            file.read_at(held(), number * HELD.size() as u64, dropped.context());
        }
        drop(file);
        end(port);
        eventually("all is dropped", || {
            dropped.count() as u64 >= READS && freed() - before >= READS as usize
        });
        assert_eq!((dropped.count() as u64, freed() - before), (READS, READS as usize));
    }
    for_a_while("late writes", || true);
    nothing_freed_was_touched();
}

// C3, and 3.3 of the design: closing a ring does not stop its I/O.
#[test]
fn a_port_dropped_with_reads_in_flight_frees_their_memory_once_the_kernel_is_done() {
    memory_outlives_the_kernels_use(drop);
}

#[test]
fn a_port_closed_with_reads_in_flight_frees_their_memory_once_the_kernel_is_done() {
    memory_outlives_the_kernels_use(|port| {
        port.close();
        port.close();
        assert!(port.get().is_err());
    });
}

#[test]
fn a_port_closed_while_threads_wait_for_its_reads_frees_their_memory_once() {
    memory_outlives_the_kernels_use(|port| {
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let port = port.clone();
                // Some get completions, which they drop unread.
                go(move || while port.get().is_ok() {})
            })
            .collect();
        port.close();
        waiters.into_iter().for_each(|waiter| waiter.join());
    });
}

#[test]
fn completions_that_nobody_read_are_dropped_with_the_port() {
    memory_outlives_the_kernels_use(|port| {
        eventually("they are queued", || port.stats().queued == 48);
        drop(port);
    });
}

// A read that no cancel can interrupt, as over the pool, ends after the port is gone.
#[cfg(target_os = "linux")]
#[test]
fn a_read_that_outlasts_its_port_still_has_its_memory() {
    let _turn = one_at_a_time();
    let before = freed();
    let dropped = Dropped::new();
    let port = Port::new(1).unwrap();
    let (reader, mut writer) = pipe();
    let file = File::attach(&port, 0, reader).unwrap();
    for _ in 0..40 {
        file.read_at(held(), 0, dropped.context());
    }
    drop((file, port));
    // Where it was interrupted nobody reads any more.
    for _ in 0..40 {
        let _ = writer.write_all(&[0x5a; 4096]);
    }
    drop(writer);
    eventually("all is dropped", || dropped.count() >= 40 && freed() - before >= 40);
    assert_eq!((dropped.count(), freed() - before), (40, 40));
    for_a_while("late writes", || true);
    nothing_freed_was_touched();
}

// A6: forgetting leaks, and that is all.
#[test]
fn a_forgotten_port_lets_the_kernel_finish_and_frees_nothing() {
    let _turn = one_at_a_time();
    let before = freed();
    let dropped = Dropped::new();
    let scratch = Scratch::new(&content(0, 16 * HELD.size()));
    scratch.forget_cache();
    let port = Port::new(1).unwrap();
    let file = scratch.open_direct(&port, 0).unwrap_or_else(|| scratch.open(&port, 0));
    for number in 0..16 {
        file.read_at(held(), number * HELD.size() as u64, dropped.context());
    }
    drop(file);
    std::mem::forget(port);
    for_a_while("nothing is freed", || dropped.count() == 0 && freed() == before);
}
