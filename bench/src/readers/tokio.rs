//! tokio's way: a blocking call per read on its blocking pool, from `depth` tasks.

use std::{os::fd::AsRawFd, sync::Arc, time::Instant};

use super::{Block, Target, random_offset, read_block};
use crate::Result;

pub fn read(target: &Target, depth: usize, deadline: Instant) -> Result<u64> {
    let file = Arc::new(target.open()?);
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(depth).build()?;
    runtime.block_on(async {
        let tasks: Vec<_> = (0..depth)
            .map(|_| {
                let file = file.clone();
                tokio::spawn(async move {
                    let mut block = Block::new();
                    let mut reads = 0;
                    while Instant::now() < deadline {
                        let file = file.clone();
                        let offset = random_offset();
                        let read = move || read_block(file.as_raw_fd(), &mut block, offset).map(|()| block);
                        block = tokio::task::spawn_blocking(read).await??;
                        reads += 1;
                    }
                    std::io::Result::Ok(reads)
                })
            })
            .collect();
        let mut reads = 0;
        for task in tasks {
            reads += task.await??;
        }
        Ok(reads)
    })
}
