//! `pread` in a loop: what a read costs when nothing is asynchronous.

use std::{os::fd::AsRawFd, time::Instant};

use super::{Block, Target, random_offset, read_block};
use crate::Result;

pub fn read(target: &Target, deadline: Instant) -> Result<u64> {
    let file = target.open()?;
    let mut block = Block::new();
    let mut reads = 0;
    while Instant::now() < deadline {
        read_block(file.as_raw_fd(), &mut block, random_offset())?;
        reads += 1;
    }
    Ok(reads)
}
