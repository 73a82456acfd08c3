//! compio: completion-based, a thread per core.
//!
//! One thread serves everything from one runtime. With more, the main thread accepts (blocking, it has
//! nothing else to do) and compio's dispatcher gives each connection to a worker for life.

use std::{io, num::NonZeroUsize};

use compio::{
    BufResult,
    dispatcher::Dispatcher,
    io::{AsyncRead, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

use super::{ServerArgs, listen};
use crate::{
    Result,
    load::message::{self, BUFFER_BYTES},
};

pub fn run(args: &ServerArgs) -> Result<()> {
    if args.threads == 1 { run_alone() } else { run_dispatched(args.threads) }
}

fn run_alone() -> Result<()> {
    Runtime::new()?.block_on(async {
        let listener = TcpListener::from_std(listen()?)?;
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            compio::runtime::spawn(echo(stream)).detach();
        }
    })
}

fn run_dispatched(threads: usize) -> Result<()> {
    let workers = NonZeroUsize::new(threads).ok_or("compio needs a thread")?;
    let dispatcher = Dispatcher::builder().worker_threads(workers).build()?;
    let listener = listen()?;
    loop {
        let Ok((stream, _)) = listener.accept() else { continue };
        let serve = move || async move { echo(TcpStream::from_std(stream)?).await };
        // What comes back is a future for the connection's end, which nobody waits for.
        drop(dispatcher.dispatch(serve).map_err(|_| "compio's workers are gone")?);
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(BUFFER_BYTES);
    loop {
        let BufResult(read, filled) = stream.read(buffer).await;
        if read? == 0 {
            return Ok(());
        }
        message::handle(&filled);
        let BufResult(written, mut taken) = stream.write_all(filled).await;
        written?;
        taken.clear();
        buffer = taken;
    }
}
