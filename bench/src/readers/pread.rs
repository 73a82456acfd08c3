//! `pread` in a loop: what a read costs when nothing is asynchronous.

use std::os::fd::AsRawFd;

use super::{Block, Stop, Target, random_offset, read_block};
use crate::Result;

pub fn read(target: &Target, stop: Stop) -> Result<u64> {
    let file = target.open()?;
    let mut block = Block::new();
    let mut reads = 0;
    while stop.goes_on(reads) {
        read_block(file.as_raw_fd(), &mut block, random_offset())?;
        reads += 1;
    }
    Ok(reads)
}
