//! tokio: a task per connection, on the current-thread runtime with one thread and
//! the multi-thread one with more.
//!
//! The accept loop is a task too, so the thread that called `block_on` sleeps and only the workers work.

use std::{io, net::TcpListener};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
};

use super::{IdleBuffer, ServerArgs, listen};
use crate::{
    Result,
    load::message::{self, BUFFER_BYTES},
};

pub fn run(args: &ServerArgs) -> Result<()> {
    let mut builder = if args.threads == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    let runtime = builder.worker_threads(args.threads).enable_io().build()?;
    let listener = listen()?;
    listener.set_nonblocking(true)?;
    let (idle_buffer, announce) = (args.idle_buffer, args.announce_blocking);
    runtime.block_on(async { tokio::spawn(accept(listener, idle_buffer, announce)).await })??;
    Ok(())
}

async fn accept(listener: TcpListener, idle_buffer: IdleBuffer, announce: bool) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true)?;
        match idle_buffer {
            IdleBuffer::Held => tokio::spawn(echo(stream, announce)),
            IdleBuffer::Absent => tokio::spawn(echo_when_readable(stream)),
        };
    }
}

/// The echo loop of tokio's own example; the buffer is part of the task.
async fn echo(mut stream: TcpStream, announce: bool) -> io::Result<()> {
    let mut buffer = [0; BUFFER_BYTES];
    loop {
        let bytes = stream.read(&mut buffer).await?;
        if bytes == 0 {
            return Ok(());
        }
        let request = &buffer[..bytes];
        if announce && message::asks_to_sleep(request) {
            tokio::task::block_in_place(|| message::handle(request));
        } else {
            message::handle(request);
        }
        stream.write_all(request).await?;
    }
}

/// The frugal loop: waits for readiness with no buffer, then reads on the stack.
async fn echo_when_readable(mut stream: TcpStream) -> io::Result<()> {
    loop {
        stream.readable().await?;
        let unsent = match turn(&stream) {
            Ok(Turn::Finished) => return Ok(()),
            Ok(Turn::Unsent(unsent)) => unsent,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        if !unsent.is_empty() {
            stream.write_all(&unsent).await?;
        }
    }
}

enum Turn {
    Finished,
    Unsent(Vec<u8>),
}

/// Not async, so that its buffer is on the stack and not in the task.
fn turn(stream: &TcpStream) -> io::Result<Turn> {
    let mut buffer = [0; BUFFER_BYTES];
    let bytes = stream.try_read(&mut buffer)?;
    if bytes == 0 {
        return Ok(Turn::Finished);
    }
    let request = &buffer[..bytes];
    message::handle(request);
    let sent = match stream.try_write(request) {
        Ok(sent) => sent,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
        Err(error) => return Err(error),
    };
    Ok(Turn::Unsent(request[sent..].to_vec()))
}
