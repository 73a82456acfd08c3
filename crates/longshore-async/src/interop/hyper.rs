//! What hyper 1 asks of a runtime: its I/O traits on [`TcpStream`], an executor and a timer.
//!
//! ```no_run
//! # use longshore_async::net::TcpListener;
//! # async fn serve(listener: TcpListener) -> std::io::Result<()> {
//! loop {
//!     let (stream, _peer) = listener.accept().await?;
//!     let service = hyper::service::service_fn(async |_request| {
//!         Ok::<_, std::convert::Infallible>(hyper::Response::new("hello".to_owned()))
//!     });
//!     longshore_async::spawn(async move {
//!         hyper::server::conn::http1::Builder::new()
//!             .timer(longshore_async::hyper::Timer)
//!             .serve_connection(stream, service)
//!             .await
//!     })
//!     .detach();
//! }
//! # }
//! ```

use crate::net::TcpStream;
use crate::time;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

impl Read for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let limit = room.remaining();
        let taken = ready!(self.poll_read_with(context, limit, |bytes| room.put_slice(bytes)));
        Poll::Ready(taken)
    }
}

impl Write for TcpStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_from(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush_all(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_finish(context)
    }
}

/// Spawns hyper's tasks on the runtime of the calling thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Executor;

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        crate::spawn(future).detach();
    }
}

/// Times hyper's deadlines on the runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

impl hyper::rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(time::sleep(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(time::sleep_until(deadline))
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn hyper::rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<time::Sleep>() {
            Some(sleep) => sleep.get_mut().reset(deadline),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

impl hyper::rt::Sleep for time::Sleep {}
