//! The echo servers, one per contender: the same binary, re-executed as `longshore-bench server KIND ...`.
//!
//! Every server reads at most [`BUFFER_BYTES`](crate::load::message::BUFFER_BYTES) at once, runs
//! [`handle`](crate::load::message::handle), writes back what it read, and sets TCP_NODELAY on what
//! it accepts. Each is written the way its library's own examples are written: no tricks a
//! user of that library would not use.

mod compio;
mod epoll;
mod longshore;
mod longshore_async;
mod monoio;
mod ring;
mod tokio;

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Command,
};

use clap::{Args, ValueEnum};
use socket2::{Domain, Socket, Type};

use crate::{Result, peers::native::Native};

/// What a server process is started with.
#[derive(Args, Clone, Debug)]
pub struct ServerArgs {
    #[arg(value_enum)]
    kind: Kind,
    /// Threads that run handlers.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Threads at most, where the library starts more as handlers block.
    #[arg(long)]
    threads_max: Option<usize>,
    /// How many of them may run at once, where the library knows the difference.
    #[arg(long, default_value_t = 1)]
    concurrency: usize,
    /// Where the receive buffer is while a connection has nothing to say.
    #[arg(long, value_enum, default_value_t = IdleBuffer::Held)]
    idle_buffer: IdleBuffer,
    /// Tell the library that the handler is about to block.
    #[arg(long)]
    announce_blocking: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Epoll,
    Ring,
    Longshore,
    LongshoreAsync,
    Tokio,
    Compio,
    Monoio,
    /// C++, in a program of its own.
    #[value(skip)]
    Asio,
    /// C, in a program of its own.
    #[value(skip)]
    Libuv,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq)]
pub enum IdleBuffer {
    /// Each connection keeps its own.
    Held,
    /// A buffer is found when data has come.
    Absent,
}

/// A server as a row describes it.
#[derive(Clone)]
pub struct Spec {
    pub name: String,
    args: ServerArgs,
}

impl Spec {
    pub fn new(name: impl Into<String>, kind: Kind, threads: usize) -> Self {
        let args = ServerArgs {
            kind,
            threads,
            threads_max: None,
            concurrency: threads,
            idle_buffer: IdleBuffer::Held,
            announce_blocking: false,
        };
        Self { name: name.into(), args }
    }

    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.args.concurrency = concurrency;
        self
    }

    pub fn growing_to(mut self, threads_max: usize) -> Self {
        self.args.threads_max = Some(threads_max);
        self
    }

    pub fn without_idle_buffer(mut self) -> Self {
        self.args.idle_buffer = IdleBuffer::Absent;
        self
    }

    pub fn announcing_blocking(mut self) -> Self {
        self.args.announce_blocking = true;
        self
    }

    /// The command that starts this server.
    pub fn command(&self) -> Result<Command> {
        let kind = match self.args.kind {
            Kind::Asio => return self.native(Native::Asio),
            Kind::Libuv => return self.native(Native::Libuv),
            kind => value_name(kind),
        };
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["server", &kind])
            .args(["--threads", &self.args.threads.to_string()])
            .args(["--concurrency", &self.args.concurrency.to_string()])
            .args(["--idle-buffer", &value_name(self.args.idle_buffer)]);
        if let Some(threads_max) = self.args.threads_max {
            command.args(["--threads-max", &threads_max.to_string()]);
        }
        if self.args.announce_blocking {
            command.arg("--announce-blocking");
        }
        Ok(command)
    }

    fn native(&self, program: Native) -> Result<Command> {
        let mut command = Command::new(program.build()?);
        command.arg(self.args.threads.to_string());
        Ok(command)
    }
}

fn value_name(value: impl ValueEnum) -> String {
    value.to_possible_value().expect("only kinds served by this binary reach its command line").get_name().to_owned()
}

/// Runs one server in this process, until the process is killed.
pub fn run(args: &ServerArgs) -> Result<()> {
    match args.kind {
        Kind::Epoll => epoll::run(),
        Kind::Ring => ring::run(),
        Kind::Longshore => longshore::run(args),
        Kind::LongshoreAsync => longshore_async::run(args),
        Kind::Tokio => tokio::run(args),
        Kind::Compio => compio::run(args),
        Kind::Monoio => monoio::run(),
        Kind::Asio | Kind::Libuv => unreachable!("not a value of the command line"),
    }
}

/// The listening socket, the same for every server, already announced to the harness.
fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(4096)?;
    let listener: TcpListener = socket.into();
    println!("port {}", listener.local_addr()?.port());
    io::stdout().flush()?;
    Ok(listener)
}
