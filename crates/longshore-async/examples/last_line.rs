//! The exercise of `docs/coming-from-tokio.md`: keeps the last line of each client in a file.

use futures::StreamExt;
use futures::io::{AsyncBufReadExt, BufReader};
use longshore_async::net::{TcpListener, TcpStream};

async fn talk(stream: TcpStream, name: String) -> std::io::Result<()> {
    let (reads, writes) = stream.into_split();
    let mut lines = BufReader::new(reads).lines();
    while let Some(line) = lines.next().await {
        std::fs::write(&name, line?)?;
        writes.write_all(b"kept\n").await?;
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    longshore_async::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(std::env::args().nth(1).unwrap_or("127.0.0.1:7009".into())).await?;
        println!("listening on {}", listener.local_addr()?);
        loop {
            let (stream, peer) = listener.accept().await?;
            longshore_async::spawn(talk(stream, format!("last-{}", peer.port()))).detach();
        }
    })
}
