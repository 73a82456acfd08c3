//! Longshore: `threads` threads, or more as handlers block, on a port that lets `concurrency` of them run.
//!
//! The example of its documentation: a handler that matches on what finished. Buffers travel with the
//! operations; a connection that keeps its buffer receives into the one it just sent from.

use std::sync::Arc;

use longshore::{Buf, BufferPool, Completion, Event, Listener, Port, Started, Stream, WorkerPool};

use super::{IdleBuffer, ServerArgs, listen};
use crate::{
    Result,
    load::message::{self, BUFFER_BYTES},
};

/// Accepts that wait at any time.
const ACCEPTS: usize = 64;
/// More pooled buffers than there can be requests in handlers and answers under way.
const POOLED_BUFFERS_MAX: usize = 1024;

pub fn run(args: &ServerArgs) -> Result<()> {
    let port = Port::<()>::new(args.concurrency)?;
    let listener = Listener::attach(&port, 0, listen()?)?;
    for _ in 0..ACCEPTS {
        listener.accept(());
    }
    let announce = args.announce_blocking;
    let threads = args.threads..=args.threads_max.unwrap_or(args.threads);
    match args.idle_buffer {
        IdleBuffer::Held => {
            WorkerPool::new(&port, threads, move |done| echo(done, announce, &receive))?.join();
        }
        IdleBuffer::Absent => {
            let pool = Arc::new(BufferPool::new(BUFFER_BYTES, POOLED_BUFFERS_MAX));
            let receive = move |stream: &Stream<()>, _sent: Option<Buf>| {
                stream.recv_pooled(&pool, ());
            };
            WorkerPool::new(&port, threads, move |done| echo(done, announce, &receive))?.join();
        }
    }
    Ok(())
}

fn receive(stream: &Stream<()>, sent: Option<Buf>) {
    stream.recv(sent.unwrap_or_else(|| vec![0; BUFFER_BYTES].into()), ());
}

/// One completion; `receive` starts the next receive, given the buffer that was just sent.
fn echo(done: Completion<()>, announce: bool, receive: &impl Fn(&Stream<()>, Option<Buf>)) {
    match done.event {
        Event::Accept { listener, result } => {
            listener.accept(());
            let Ok((stream, _)) = result else { return };
            // If the connection was reset in the meantime, its receive reports it.
            let _ = stream.set_nodelay(true);
            receive(&stream, None);
        }
        Event::Recv { stream, buf, result: Ok(bytes) } if bytes > 0 => {
            if announce && message::asks_to_sleep(&buf) {
                longshore::blocking(|| message::handle(&buf));
            } else {
                message::handle(&buf);
            }
            // Most sends end inside the call; nothing of the port is needed for them.
            if let Started::Done(sent) = stream.start_send(buf, ()) {
                echo(sent, announce, receive);
            }
        }
        Event::Send { stream, buf, result: Ok(_) } => receive(&stream, Some(buf)),
        // The last reference to the stream goes here, and closes the connection.
        _ => {}
    }
}
