//! `longshore serve`: an HTTP/1.1 server for the files below a directory.

mod answer;
mod cache;
mod clock;
mod connection;
#[cfg_attr(windows, path = "files_windows.rs")]
mod files;
mod outgoing;
mod pages;
mod server;
mod site;
mod sweep;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use longshore::{BufferPool, Listener, WorkerPool};

use self::connection::Connection;
use self::files::Root;
use self::server::Server;
use self::site::Site;
use crate::failure::Failure;
use crate::hosting::counter::Counter;
use crate::hosting::refusals::Refusals;
use crate::hosting::workers::Workers;
use crate::hosting::{address, live, open_files, signals};

/// Accepts kept outstanding, so that a burst of connections finds the port ready.
const ACCEPTS: usize = 64;
/// Receive buffers are taken from a pool when data has arrived: idle connections pin none.
const RECEIVE_BYTES: usize = 4096;
const RECEIVE_BUFFERS_MAX: usize = 4096;

/// Of the descriptors this part at most is for files kept open; all others are for connections.
const FILES_SHARE: usize = 8;

#[derive(clap::Args)]
pub struct Arguments {
    /// The directory to serve
    directory: PathBuf,
    /// The address to listen on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: String,
    #[command(flatten)]
    workers: Workers,
    /// Serve and list names that begin with a dot too; without it only /.well-known/ is served of them
    #[arg(long)]
    hidden: bool,
    #[command(flatten)]
    limits: Limits,
    /// Resolve paths without openat2 (Linux)
    #[arg(long, hide = true)]
    without_openat2: bool,
}

/// How long a client may take. Hidden: the tests shorten them.
#[derive(clap::Args)]
pub struct Limits {
    /// From the first byte of a request to its last
    #[arg(long = "request-timeout-ms", hide = true, default_value_t = 10_000)]
    request_ms: u64,
    /// From a response to the next request
    #[arg(long = "idle-timeout-ms", hide = true, default_value_t = 30_000)]
    idle_ms: u64,
    /// For a response, or a piece of a large one, to be taken
    #[arg(long = "send-timeout-ms", hide = true, default_value_t = 30_000)]
    send_ms: u64,
    /// For the responses in flight when the server is told to stop
    #[arg(long = "drain-timeout-ms", hide = true, default_value_t = 5_000)]
    drain_ms: u64,
}

impl Limits {
    fn shortest_ms(&self) -> u64 {
        self.request_ms.min(self.idle_ms).min(self.send_ms)
    }

    /// The least time between two looks at the connections: a second, or less when a limit is so short that a
    /// second would be a coarse measure of it.
    fn sweep_interval_ms(&self) -> u64 {
        (self.shortest_ms() / 4).clamp(10, 1_000)
    }
}

/// The context of every operation on the server's port.
pub enum Work {
    Accept,
    AcceptAgain,
    Connection(Box<Connection>),
    /// When it was due.
    Sweep(u64),
    Signal,
    TimeIsUp,
}

pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let directory = arguments.directory.display();
    let root = Root::open(&arguments.directory, arguments.without_openat2).map_err(|error| {
        Failure::new(match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("cannot serve {directory}: there is no such directory")
            }
            std::io::ErrorKind::NotADirectory => {
                format!("cannot serve {directory}: it is not a directory")
            }
            _ => format!("cannot serve {directory}: {error}"),
        })
    })?;
    let descriptors = open_files::raise_limit();
    let listening = address::listen(&arguments.addr)?;
    let local = listening.local_addr().map_err(Failure::attaching)?;

    let port = arguments.workers.port()?;
    let threads = arguments.workers.threads(port.concurrency());
    let listener = Listener::attach(&port, 0, listening).map_err(Failure::attaching)?;
    let server = Arc::new(Server {
        site: Site::new(port.clone(), root, descriptors / FILES_SHARE, arguments.hidden),
        limits: arguments.limits,
        buffers: BufferPool::new(RECEIVE_BYTES, RECEIVE_BUFFERS_MAX),
        connections: Arc::default(),
        requests: Counter::default(),
        stopping: AtomicBool::new(false),
        refusals: Refusals::new(),
        next_sweep_ms: AtomicU64::new(u64::MAX),
        listener,
        port: port.clone(),
    });
    let signals = signals::attach(&port).map_err(Failure::attaching)?;
    signals.recv(vec![0; 16], Work::Signal);
    for _ in 0..ACCEPTS {
        server.accept();
    }

    let handler = server.clone();
    let pool = WorkerPool::new(&port, threads, move |done| handler.handle(done)).map_err(Failure::threads)?;
    // Whoever reads the address may connect: everything is ready. A closed standard
    // output is no reason to stop.
    let _ = writeln!(
        std::io::stdout(),
        "serving {directory} on http://{local} (concurrency {}, {threads} threads)",
        port.concurrency()
    );
    let live = live::start(port, {
        let server = server.clone();
        move || (server.requests.total(), server.connections.count())
    });
    pool.join();
    live.stop();
    Ok(())
}
