//! The exercise of `docs/coming-from-tokio.md` on tokio: keeps the last line of each client in a file.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

async fn talk(stream: TcpStream, name: String) -> std::io::Result<()> {
    let (reads, mut writes) = stream.into_split();
    let mut lines = BufReader::new(reads).lines();
    while let Some(line) = lines.next_line().await? {
        let name = name.clone();
        tokio::task::spawn_blocking(move || std::fs::write(name, line)).await??;
        writes.write_all(b"kept\n").await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(std::env::args().nth(1).unwrap_or("127.0.0.1:7009".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        tokio::spawn(talk(stream, format!("last-{}", peer.port())));
    }
}
