//! Sends back what it receives.

use clap::Parser;
use longshore_async::Runtime;
use longshore_async::net::{TcpListener, TcpStream};
use std::io;

#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:7007")]
    addr: String,
    /// Threads; by default 64 more than tasks that run at a time.
    #[arg(long)]
    threads: Option<usize>,
    /// Tasks that run at a time; 0 for one a CPU.
    #[arg(long, default_value_t = 0)]
    concurrency: usize,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let mut builder = Runtime::builder().concurrency(options.concurrency);
    if let Some(threads) = options.threads {
        builder = builder.threads(threads);
    }
    builder.build()?.block_on(async {
        let listener = TcpListener::bind(options.addr).await?;
        println!("listening on {}", listener.local_addr()?);
        loop {
            let (stream, _peer) = listener.accept().await?;
            longshore_async::spawn(echo(stream)).detach();
        }
    })
}

async fn echo(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let data = stream.recv().await?;
        if data.is_empty() {
            return Ok(());
        }
        stream.send(data).await?;
    }
}
