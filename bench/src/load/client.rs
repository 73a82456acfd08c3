//! The load generator: one thread, raw epoll, closed loop.
//!
//! Every connection always has exactly one message under way; the answer to it triggers the next. The
//! generator is the same code for every server, so what differs between two servers is the servers.
//!
//! While it measures CPU the generator polls and never sleeps. On loopback the sender of a message pays
//! for waking the receiver, up to 15 us when that means waking a virtual machine's idle processor: a
//! price that a server whose clients are at the other end of a wire never pays, and that would drown
//! every difference between libraries.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::fd::AsFd,
    time::{Duration, Instant},
};

use socket2::SockRef;

use crate::{
    Result, interrupt,
    load::epoll::{Epoll, Events},
    load::message,
};

/// A server that says nothing for this long is broken, and is reported so instead of hanging the run.
const SILENCE_MAX: Duration = Duration::from_secs(2);
const SILENT: &str = "the server stopped answering";

pub struct Client {
    epoll: Epoll,
    events: Events,
    connections: Vec<Connection>,
    message: Vec<u8>,
}

/// One connection and how much of its answer has come.
pub struct Connection {
    socket: TcpStream,
    received: usize,
    /// As long as a message.
    answer: Vec<u8>,
}

impl Connection {
    /// Connects with TCP_NODELAY, and so that closing leaves no port in TIME_WAIT.
    fn open(address: SocketAddr, bytes: usize) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, received: 0, answer: vec![0; bytes] })
    }

    /// Sends one message. There is room: the one before it was answered.
    pub fn send(&mut self, message: &[u8]) -> Result<()> {
        self.received = 0;
        if self.socket.write(message)? != message.len() {
            return Err("the kernel took only part of a message".into());
        }
        Ok(())
    }

    /// Reads what has come; the answer once it is complete.
    pub fn receive(&mut self) -> Result<Option<&[u8]>> {
        match self.socket.read(&mut self.answer[self.received..]) {
            Ok(0) => Err("the server closed a connection".into()),
            Ok(bytes) => {
                self.received += bytes;
                Ok((self.received == self.answer.len()).then_some(&self.answer[..]))
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Client {
    /// Opens `count` connections for messages of `bytes` bytes.
    pub fn connect(address: SocketAddr, count: usize, bytes: usize) -> Result<Self> {
        let (epoll, events) = (Epoll::new()?, Events::with_capacity(512));
        let mut client = Self { epoll, events, connections: Vec::new(), message: message::message(false, bytes) };
        client.connect_more(address, count)?;
        Ok(client)
    }

    /// Opens `count` more connections.
    pub fn connect_more(&mut self, address: SocketAddr, count: usize) -> Result<()> {
        for _ in 0..count {
            let connection = Connection::open(address, self.message.len())?;
            self.epoll.add(connection.socket.as_fd(), self.connections.len() as u64)?;
            self.connections.push(connection);
        }
        Ok(())
    }

    pub fn connections(&mut self) -> &mut [Connection] {
        &mut self.connections
    }

    /// One message and its answer on each of the connections from `first` on, a few at a time.
    pub fn greet(&mut self, first: usize) -> Result<()> {
        const AT_ONCE: usize = 64;
        let message = self.message.clone();
        let mut start = first;
        while start < self.connections.len() {
            let end = self.connections.len().min(start + AT_ONCE);
            for connection in &mut self.connections[start..end] {
                connection.send(&message)?;
            }
            let mut missing = end - start;
            while missing > 0 {
                self.epoll.wait(&mut self.events, Some(SILENCE_MAX))?;
                if self.events.tokens().next().is_none() {
                    interrupt::check()?;
                    return Err(SILENT.into());
                }
                for token in self.events.tokens() {
                    missing -= usize::from(self.connections[token as usize].receive()?.is_some());
                }
            }
            start = end;
        }
        Ok(())
    }

    /// Puts one message under way on every connection.
    pub fn start(&mut self) -> Result<()> {
        let message = self.message.clone();
        for connection in &mut self.connections {
            connection.send(&message)?;
        }
        Ok(())
    }

    /// Keeps the loop going for `window` and returns the number of answers.
    pub fn run(&mut self, window: Duration) -> Result<u64> {
        let message = self.message.clone();
        let start = Instant::now();
        let (mut now, mut last_answer) = (start, start);
        let mut answers = 0;
        while now < start + window {
            self.epoll.wait(&mut self.events, Some(Duration::ZERO))?;
            now = Instant::now();
            if self.events.tokens().next().is_some() {
                last_answer = now;
            } else if now > last_answer + SILENCE_MAX {
                return Err(SILENT.into());
            }
            for token in self.events.tokens() {
                let connection = &mut self.connections[token as usize];
                if let Some(answer) = connection.receive()? {
                    if answer != message {
                        return Err("the answer is not an echo of the message".into());
                    }
                    answers += 1;
                    connection.send(&message)?;
                }
            }
        }
        interrupt::check()?;
        Ok(answers)
    }

    /// Exchanges exactly so many messages, at least one on each connection.
    pub fn exchange(&mut self, messages: u64) -> Result<()> {
        self.start()?;
        let mut unsent =
            messages.checked_sub(self.connections.len() as u64).ok_or("fewer messages than connections")?;
        let mut missing = messages;
        while missing > 0 {
            self.epoll.wait(&mut self.events, Some(SILENCE_MAX))?;
            interrupt::check()?;
            if self.events.tokens().next().is_none() {
                return Err(SILENT.into());
            }
            for token in self.events.tokens() {
                let connection = &mut self.connections[token as usize];
                if connection.receive()?.is_some() {
                    missing -= 1;
                    if unsent > 0 {
                        unsent -= 1;
                        connection.send(&self.message)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits until something came or `until` has passed, and returns the connections with something to read.
    pub fn wait_until(&mut self, until: Instant) -> Result<Vec<usize>> {
        self.epoll.wait(&mut self.events, Some(until.saturating_duration_since(Instant::now())))?;
        interrupt::check()?;
        Ok(self.events.tokens().map(|token| token as usize).collect())
    }
}
