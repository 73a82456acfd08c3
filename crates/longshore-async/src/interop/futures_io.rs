//! The traits of `futures-io`.

use crate::net::{OwnedReadHalf, OwnedWriteHalf, TcpStream};
use futures_io::{AsyncRead, AsyncWrite};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

macro_rules! read {
    ($name:ty) => {
        impl AsyncRead for $name {
            fn poll_read(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                room: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                self.poll_read_into(context, room)
            }
        }
    };
}

macro_rules! write {
    ($name:ty) => {
        impl AsyncWrite for $name {
            fn poll_write(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.poll_write_from(context, bytes)
            }

            fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_flush_all(context)
            }

            fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_finish(context)
            }
        }
    };
}

read!(TcpStream);
write!(TcpStream);
read!(OwnedReadHalf);
write!(OwnedWriteHalf);
#[cfg(unix)]
read!(crate::net::UnixStream);
#[cfg(unix)]
write!(crate::net::UnixStream);
#[cfg(unix)]
read!(crate::process::PipeReader);
