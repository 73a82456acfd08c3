//! The real program as a child process, and a client that speaks bytes to it.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Nothing here takes this long unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running `longshore`, killed when dropped.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
    /// The line it printed when it was ready.
    pub greeting: String,
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A shell that closes or limits something and then becomes the program.
pub fn shell(before: &str, arguments: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_longshore");
    shell
        .args(["-c", &format!("{before}; exec {program} \"$@\""), "sh"])
        .args(arguments)
        .stdin(Stdio::null());
    shell
}

impl Program {
    /// Starts it on a free port and waits until it says which.
    pub fn start(arguments: &[&str]) -> Program {
        Program::start_command(command(arguments))
    }

    pub fn start_command(mut command: Command) -> Program {
        let mut child = command.args(["--addr", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut greeting = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
        let address = greeting
            .split([' ', '/'])
            .find_map(|word| word.parse().ok())
            .unwrap_or_else(|| panic!("no address in {greeting:?}"));
        Program { child, address, greeting }
    }

    /// What it says on standard error, if that was piped.
    pub fn take_stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().unwrap()
    }

    pub fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).unwrap())
    }

    /// One request on a connection of its own.
    pub fn exchange(&self, request: &str) -> Response {
        let mut client = self.connect();
        client.send(request);
        client.receive()
    }

    pub fn get(&self, path: &str) -> Response {
        self.exchange(&get(path))
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the program to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    pub fn open_sockets(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .unwrap()
            .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
            .filter(|target| target.to_string_lossy().starts_with("socket:"))
            .count()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for a state of another process that sends no event: looks again until it is there.
pub fn eventually(what: &str, mut there: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !there() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")
}

/// A request with further fields, each ended by `\r\n`.
pub fn get_with(path: &str, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n")
}

pub struct Client {
    pub stream: TcpStream,
    /// Received, but not part of a response yet.
    pending: Vec<u8>,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a field; there must not be two.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().filter_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        let value = values.next();
        assert!(values.next().is_none(), "two {name} in {}", self.head);
        value
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    pub fn new(stream: TcpStream) -> Client {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, pending: Vec::new() }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// A head alone, as HEAD and 304 are answered with.
    pub fn receive_head(&mut self) -> Response {
        let end = loop {
            if let Some(end) = find(&self.pending, b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.fill() > 0, "closed within a head: {:?}", String::from_utf8_lossy(&self.pending));
        };
        let head = String::from_utf8(self.pending.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        assert!(head.starts_with("HTTP/1.1 "), "{head}");
        Response { status: status.unwrap(), head, body: Vec::new() }
    }

    pub fn receive(&mut self) -> Response {
        let mut response = self.receive_head();
        if response.status == 304 {
            return response;
        }
        let length: usize = response.field("Content-Length").expect("a length").parse().unwrap();
        while self.pending.len() < length {
            assert!(self.fill() > 0, "closed after {} of {length} bytes", self.pending.len());
        }
        response.body = self.pending.drain(..length).collect();
        response
    }

    /// The server closed, and sent nothing that was not received yet.
    pub fn assert_closed(&mut self) {
        let received = self.fill();
        assert_eq!((received, self.pending.len()), (0, 0), "{:?}", String::from_utf8_lossy(&self.pending));
    }

    /// Receives once; 0 when the server closed.
    pub fn fill(&mut self) -> usize {
        let mut bytes = [0; 65536];
        match self.stream.read(&mut bytes) {
            Ok(count) => {
                self.pending.extend_from_slice(&bytes[..count]);
                count
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}
