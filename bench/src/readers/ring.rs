//! A bare io_uring with `depth` reads under way, issued and reaped by one thread.
//!
//! Two ways to issue, because neither is best everywhere: each read with a system call of its
//! own, as fio does, starts the disk earlier; all reads that replace a batch of completions
//! with one system call saves CPU.

use std::{io, mem::ManuallyDrop, os::fd::AsRawFd, time::Instant};

use io_uring::{IoUring, opcode, squeue, types::Fd};

use super::{BLOCK_BYTES, Block, Target, check, random_offset};
use crate::Result;

#[derive(Clone, Copy, PartialEq)]
pub enum Submit {
    EachRead,
    Batches,
}

pub fn read(target: &Target, depth: usize, submit: Submit, deadline: Instant) -> Result<u64> {
    let file = target.open()?;
    // Freed only when no read is under way any more: closing a ring stops none of
    // them. After an error they leak.
    let mut blocks = ManuallyDrop::new((0..depth).map(|_| Block::new()).collect::<Vec<_>>());
    let mut ring: IoUring =
        IoUring::builder().setup_single_issuer().setup_defer_taskrun().build(depth.next_power_of_two() as u32)?;
    let fd = Fd(file.as_raw_fd());
    let entry = |index: usize, block: &mut Block| {
        opcode::Read::new(fd, block.0.as_mut_ptr(), BLOCK_BYTES as u32)
            .offset(random_offset())
            .build()
            .user_data(index as u64)
    };
    for (index, block) in blocks.iter_mut().enumerate() {
        push(&mut ring, entry(index, block))?;
    }

    let mut reads = 0;
    let mut under_way = depth;
    let mut completions = Vec::with_capacity(depth);
    while under_way > 0 {
        ring.submit_and_wait(1)?;
        completions.extend(ring.completion().map(|entry| (entry.user_data() as usize, entry.result())));
        let more = Instant::now() < deadline;
        for (index, result) in completions.drain(..) {
            if result < 0 {
                return Err(io::Error::from_raw_os_error(-result).into());
            }
            check(result as usize)?;
            reads += 1;
            if more {
                push(&mut ring, entry(index, &mut blocks[index]))?;
                if submit == Submit::EachRead {
                    ring.submit()?;
                }
            } else {
                under_way -= 1;
            }
        }
    }
    drop(ManuallyDrop::into_inner(blocks));
    Ok(reads)
}

fn push(ring: &mut IoUring, entry: squeue::Entry) -> Result<()> {
    // SAFETY: the block the entry points to is boxed and is not freed while its read is under way.
    unsafe { ring.submission().push(&entry)? };
    Ok(())
}
