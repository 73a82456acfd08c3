//! longshore-async: a task per connection, as for tokio.
//!
//! With a buffer in the task it is the same program as tokio's, read and write_all; without one it is the loop of
//! longshore-async's own example, recv and send of the runtime's buffers.

use std::io;

use longshore_async::{
    Runtime,
    net::{TcpListener, TcpStream},
    spawn,
};

use super::{IdleBuffer, ServerArgs, listen};
use crate::{
    Result,
    load::message::{self, BUFFER_BYTES},
};

pub fn run(args: &ServerArgs) -> Result<()> {
    let threads = args.threads..=args.threads_max.unwrap_or(args.threads);
    let runtime = Runtime::builder().concurrency(args.concurrency).threads(threads).build()?;
    let listener = listen()?;
    let idle_buffer = args.idle_buffer;
    runtime.block_on(async { spawn(accept(listener, idle_buffer)).await })??;
    Ok(())
}

async fn accept(listener: std::net::TcpListener, idle_buffer: IdleBuffer) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true)?;
        match idle_buffer {
            IdleBuffer::Held => spawn(echo(stream)).detach(),
            IdleBuffer::Absent => spawn(echo_owned(stream)).detach(),
        }
    }
}

async fn echo(stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; BUFFER_BYTES];
    loop {
        let bytes = stream.read(&mut buffer).await?;
        if bytes == 0 {
            return Ok(());
        }
        message::handle(&buffer[..bytes]);
        stream.write_all(&buffer[..bytes]).await?;
    }
}

async fn echo_owned(stream: TcpStream) -> io::Result<()> {
    loop {
        let request = stream.recv().await?;
        if request.is_empty() {
            return Ok(());
        }
        message::handle(&request);
        stream.send(request).await?;
    }
}
