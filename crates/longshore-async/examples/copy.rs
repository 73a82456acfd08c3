//! Copies a file, several pieces at a time, and says how far it is.

use clap::Parser;
use futures::{StreamExt, TryStreamExt, stream};
use longshore_async::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

#[derive(Parser)]
struct Options {
    from: PathBuf,
    to: PathBuf,
    /// Bytes of a piece.
    #[arg(long, default_value_t = 1 << 20)]
    piece: u64,
    /// Pieces under way at a time.
    #[arg(long, default_value_t = 8)]
    pieces: usize,
}

async fn copy_piece(from: &File, to: &File, offset: u64, bytes: u64) -> io::Result<u64> {
    let (read, buf) = from.read_at(Vec::with_capacity(bytes as usize), offset).await;
    if (read? as u64) < bytes {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter meanwhile"));
    }
    to.write_at(buf, offset).await.0?;
    Ok(bytes)
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let piece = options.piece.max(1);
    longshore_async::Runtime::new()?.block_on(async {
        let (from, to) = (File::open(&options.from).await?, File::create(&options.to).await?);
        let size = from.size().await?;
        let offsets = (0..size).step_by(usize::try_from(piece).unwrap_or(usize::MAX));
        let mut pieces = stream::iter(offsets)
            .map(|offset| copy_piece(&from, &to, offset, piece.min(size - offset)))
            .buffer_unordered(options.pieces.max(1));
        let (mut done, mut shown) = (0, None);
        while let Some(bytes) = pieces.try_next().await? {
            done += bytes;
            let percent = done * 100 / size;
            if shown != Some(percent) {
                print!("\r{percent:3} %");
                io::stdout().flush()?;
                shown = Some(percent);
            }
        }
        to.sync_all().await?;
        println!("\r{done} bytes");
        Ok(())
    })
}
