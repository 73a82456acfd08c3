//! The reference: one thread, level-triggered epoll, one read and one write per message.
//!
//! There is nothing here but the system calls an echo needs, so a ratio against it is the price of a library.
//! It keeps no state per connection either, so it is also the floor of the memory row.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    os::fd::{AsFd, AsRawFd},
};

use super::listen;
use crate::{
    Result,
    load::epoll::{Epoll, Events},
    load::message::{self, BUFFER_BYTES},
};

pub fn run() -> Result<()> {
    let listener = listen()?;
    listener.set_nonblocking(true)?;
    let listener_token = listener.as_raw_fd() as u64;
    let epoll = Epoll::new()?;
    epoll.add(listener.as_fd(), listener_token)?;
    // Indexed by descriptor.
    let mut streams: Vec<Option<TcpStream>> = Vec::new();
    let mut events = Events::with_capacity(512);
    let mut buffer = [0; BUFFER_BYTES];

    loop {
        epoll.wait(&mut events, None)?;
        for token in events.tokens() {
            if token == listener_token {
                let Ok((stream, _)) = listener.accept() else { continue };
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                let fd = stream.as_raw_fd() as usize;
                epoll.add(stream.as_fd(), fd as u64)?;
                if streams.len() <= fd {
                    streams.resize_with(fd + 1, || None);
                }
                streams[fd] = Some(stream);
            } else {
                let slot = &mut streams[token as usize];
                let Some(stream) = slot else { continue };
                match echo(stream, &mut buffer) {
                    Ok(true) => {}
                    Ok(false) | Err(_) => *slot = None,
                }
            }
        }
    }
}

/// One message; false when the peer has finished.
fn echo(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<bool> {
    let bytes = match stream.read(buffer) {
        Ok(0) => return Ok(false),
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
        Err(error) => return Err(error),
    };
    message::handle(&buffer[..bytes]);
    // A closed-loop peer leaves room for its answer, so this never sees a full socket.
    stream.write_all(&buffer[..bytes])?;
    Ok(true)
}
