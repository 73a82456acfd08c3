//! `longshore echo`: the smallest server there is, and a way to see what a blocking handler costs.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use longshore::{Buf, BufferPool, Completion, Event, Listener, Port, Started, Stream, WorkerPool};

use crate::failure::Failure;
use crate::hosting::counter::Counter;
use crate::hosting::refusals::Refusals;
use crate::hosting::workers::Workers;
use crate::hosting::{address, live, open_files, signals};

const ACCEPTS: usize = 64;
const MESSAGE_BYTES: usize = 4096;
const MESSAGES_MAX: usize = 4096;
/// How long to wait before accepting again after an accept failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(clap::Args)]
pub struct Arguments {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:7777")]
    addr: String,
    #[command(flatten)]
    workers: Workers,
    /// Block the handler of some messages for M milliseconds, as a slow database would
    #[arg(long, value_name = "M", requires = "block_every")]
    block_ms: Option<u64>,
    /// Which messages: every K-th
    #[arg(long, value_name = "K", requires = "block_ms", value_parser = clap::value_parser!(u64).range(1..))]
    block_every: Option<u64>,
}

enum Work {
    Accept,
    AcceptAgain,
    Connection(Seat),
    Signal,
}

/// Counts a connection for as long as it exists.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn new(connections: &Arc<AtomicUsize>) -> Seat {
        connections.fetch_add(1, Ordering::Relaxed);
        Seat(connections.clone())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Echo {
    port: Port<Work>,
    listener: Listener<Work>,
    buffers: BufferPool,
    connections: Arc<AtomicUsize>,
    messages: Counter,
    refusals: Refusals,
    blocking: Option<Blocking>,
}

struct Blocking {
    pause: Duration,
    every: u64,
    messages: AtomicU64,
}

impl Echo {
    fn handle(&self, done: Completion<Work>) {
        match (done.context, done.event) {
            (Work::Accept, Event::Accept { result: Ok((stream, _)), .. }) => {
                self.listener.accept(Work::Accept);
                stream.recv_pooled(&self.buffers, Work::Connection(Seat::new(&self.connections)));
            }
            // Most likely no descriptor is left: one will be when a connection ends.
            // The client was gone before it was accepted.
            (Work::Accept, Event::Accept { result: Err(error), .. })
                if error.kind() == std::io::ErrorKind::ConnectionAborted =>
            {
                self.listener.accept(Work::Accept);
            }
            (Work::Accept, event) => {
                let _ = self.port.post_after(ACCEPT_PAUSE, 0, Work::AcceptAgain);
                if let Event::Accept { result: Err(error), .. } = event {
                    self.refusals.say(self.connections.load(Ordering::Relaxed), &error);
                }
            }
            (Work::AcceptAgain, _) => {
                self.listener.accept(Work::Accept);
            }
            (Work::Connection(seat), Event::Recv { stream, buf, result: Ok(1..) }) => {
                self.send_back(stream, buf, seat)
            }
            (Work::Connection(seat), Event::Send { stream, result: Ok(_), .. }) => {
                stream.recv_pooled(&self.buffers, Work::Connection(seat));
            }
            (Work::Signal, _) => self.port.close(),
            // The peer finished or the connection failed: the last reference goes here, which closes it.
            _ => {}
        }
    }

    fn send_back(&self, stream: Stream<Work>, message: Buf, seat: Seat) {
        self.messages.add(1);
        if let Some(blocking) = &self.blocking {
            let number = blocking.messages.fetch_add(1, Ordering::Relaxed) + 1;
            if number.is_multiple_of(blocking.every) {
                // Not told to the port on purpose: it is to notice by itself.
                std::thread::sleep(blocking.pause);
            }
        }
        if let Started::Done(sent) = stream.start_send(message, Work::Connection(seat)) {
            self.handle(sent);
        }
    }
}

pub fn run(arguments: Arguments) -> Result<(), Failure> {
    open_files::raise_limit();
    let listening = address::listen(&arguments.addr)?;
    let local = listening.local_addr().map_err(Failure::attaching)?;
    let port = arguments.workers.port()?;
    let threads = arguments.workers.threads(port.concurrency());
    let listener = Listener::attach(&port, 0, listening).map_err(Failure::attaching)?;
    let echo = Arc::new(Echo {
        port: port.clone(),
        listener,
        buffers: BufferPool::new(MESSAGE_BYTES, MESSAGES_MAX),
        connections: Arc::default(),
        messages: Counter::default(),
        refusals: Refusals::new(),
        blocking: arguments.block_ms.zip(arguments.block_every).map(|(milliseconds, every)| Blocking {
            pause: Duration::from_millis(milliseconds),
            every,
            messages: AtomicU64::new(0),
        }),
    });
    let signals = signals::attach(&port).map_err(Failure::attaching)?;
    signals.recv(vec![0; 16], Work::Signal);
    for _ in 0..ACCEPTS {
        echo.listener.accept(Work::Accept);
    }
    let handler = echo.clone();
    let pool = WorkerPool::new(&port, threads, move |done| handler.handle(done)).map_err(Failure::threads)?;
    let concurrency = port.concurrency();
    let _ = writeln!(std::io::stdout(), "echoing on {local} (concurrency {concurrency}, {threads} threads)");
    let live = live::start(port, move || (echo.messages.total(), echo.connections.load(Ordering::Relaxed)));
    pool.join();
    live.stop();
    Ok(())
}
