//! compio's files: `depth` tasks on one thread, each lending a block to the kernel per read.

use std::{mem::MaybeUninit, rc::Rc, time::Instant};

use compio::{
    BufResult,
    buf::{IoBuf, IoBufMut, SetLen},
    fs::OpenOptions,
    io::AsyncReadAt,
};

use super::{BLOCK_BYTES, Block, Target, check, random_offset};
use crate::Result;

/// A block as compio borrows it: all of it is room.
struct Room(Box<Block>);

impl IoBuf for Room {
    fn as_init(&self) -> &[u8] {
        &[]
    }
}

impl SetLen for Room {
    // A read always fills the whole block, so its length needs no keeping.
    unsafe fn set_len(&mut self, _len: usize) {}
}

impl IoBufMut for Room {
    fn as_uninit(&mut self) -> &mut [MaybeUninit<u8>] {
        let block: *mut [u8; BLOCK_BYTES] = &mut self.0.0;
        // SAFETY: the block is exclusively borrowed through `self`; compio only ever
        // writes initialized bytes to it.
        unsafe { &mut *block.cast::<[MaybeUninit<u8>; BLOCK_BYTES]>() }
    }
}

pub fn read(target: &Target, depth: usize, deadline: Instant) -> Result<u64> {
    compio::runtime::Runtime::new()?.block_on(async {
        let file = OpenOptions::new().read(true).custom_flags(target.flags()).open(target.path()).await?;
        let file = Rc::new(file);
        let tasks: Vec<_> = (0..depth)
            .map(|_| {
                let file = file.clone();
                compio::runtime::spawn(async move {
                    let mut room = Room(Block::new());
                    let mut reads = 0;
                    while Instant::now() < deadline {
                        let BufResult(result, returned) = file.read_at(room, random_offset()).await;
                        check(result?)?;
                        room = returned;
                        reads += 1;
                    }
                    std::io::Result::Ok(reads)
                })
            })
            .collect();
        let mut reads = 0;
        for task in tasks {
            reads += task.await.map_err(|_| "a reading task panicked")??;
        }
        Ok(reads)
    })
}
