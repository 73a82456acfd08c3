//! Sends back what it receives: `echo --addr A --threads N --concurrency N`.

use longshore_async::Runtime;
use longshore_async::net::{TcpListener, TcpStream};
use std::io;

fn main() -> io::Result<()> {
    let (mut address, mut threads, mut concurrency) = ("127.0.0.1:7007".to_owned(), None, 0);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next();
        match (name.as_str(), value) {
            ("--addr", Some(value)) => address = value,
            ("--threads", Some(value)) => threads = Some(number(&value)?),
            ("--concurrency", Some(value)) => concurrency = number(&value)?,
            _ => return Err(invalid("echo [--addr A] [--threads N] [--concurrency N]")),
        }
    }
    let mut builder = Runtime::builder().concurrency(concurrency);
    if let Some(threads) = threads {
        builder = builder.threads(threads);
    }
    builder.build()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
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

fn number(value: &str) -> io::Result<usize> {
    value.parse().map_err(|_| invalid(&format!("{value} is no number")))
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
