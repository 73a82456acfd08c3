//! Longshore's files: one thread at the port, `depth` reads under way.

use longshore::{Buf, Event, File, Port};

use super::{BLOCK_BYTES, Stop, Target, check, random_offset};
use crate::Result;

pub fn read(target: &Target, depth: usize, stop: Stop) -> Result<u64> {
    let port = Port::<()>::new(1)?;
    let file = File::open(&port, 0, target.path(), &target.options())?;
    for _ in 0..depth {
        file.read_at(Buf::aligned(BLOCK_BYTES, BLOCK_BYTES), random_offset(), ());
    }
    let mut reads = 0;
    let mut under_way = depth;
    while under_way > 0 {
        let Event::Read { file, buf, result } = port.get()?.event else { continue };
        check(result?)?;
        reads += 1;
        if stop.goes_on(reads) {
            file.read_at(buf, random_offset(), ());
        } else {
            under_way -= 1;
        }
    }
    Ok(reads)
}
