//! A chat: every line that one client sends goes to all the others. Try it with `nc 127.0.0.1 7008`.

use async_channel::{Receiver, Sender, bounded};
use clap::Parser;
use futures::StreamExt;
use futures::io::{AsyncBufReadExt, BufReader};
use longshore_async::net::{TcpListener, TcpStream};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:7008")]
    addr: String,
    /// Tasks that run at a time; 0 for one a CPU.
    #[arg(long, default_value_t = 0)]
    concurrency: usize,
}

/// Lines that wait for a client. One that is further behind misses some.
const BEHIND_MAX: usize = 64;

#[derive(Default)]
struct Room(Mutex<HashMap<SocketAddr, Sender<Arc<str>>>>);

impl Room {
    fn clients(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, Sender<Arc<str>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lines that others say from now on.
    fn enter(&self, client: SocketAddr) -> Receiver<Arc<str>> {
        let (sender, lines) = bounded(BEHIND_MAX);
        self.clients().insert(client, sender);
        self.tell(client, "is here");
        lines
    }

    fn tell(&self, from: SocketAddr, line: &str) {
        let line: Arc<str> = format!("{from}: {line}\n").into();
        for (&client, sender) in self.clients().iter() {
            if client != from {
                let _ = sender.try_send(line.clone());
            }
        }
    }
}

async fn talk(stream: TcpStream, client: SocketAddr, lines: Receiver<Arc<str>>, room: &Room) -> io::Result<()> {
    let (reads, writes) = stream.into_split();
    let writer = longshore_async::spawn(async move {
        while let Ok(line) = lines.recv().await {
            writes.write_all(line.as_bytes()).await?;
        }
        io::Result::Ok(())
    });
    let mut said = BufReader::new(reads).lines();
    let ended = loop {
        match said.next().await {
            Some(Ok(line)) => room.tell(client, &line),
            Some(Err(error)) => break Err(error),
            None => break Ok(()),
        }
    };
    // The writer ends with its channel.
    room.clients().remove(&client);
    room.tell(client, "has left");
    writer.await??;
    ended
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let runtime = longshore_async::Runtime::builder().concurrency(options.concurrency).build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.addr).await?;
        println!("listening on {}", listener.local_addr()?);
        let room = Arc::new(Room::default());
        loop {
            let (stream, client) = listener.accept().await?;
            // Here and not in the task, so that clients enter in the order in which they came.
            let lines = room.enter(client);
            let room = room.clone();
            longshore_async::spawn(async move {
                if let Err(error) = talk(stream, client, lines, &room).await {
                    eprintln!("{client}: {error}");
                }
            })
            .detach();
        }
    })
}
