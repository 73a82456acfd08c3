//! What the tests of the sockets share: patience, connections, and completions taken apart.
//!
//! Every wait has a deadline that only a broken engine reaches. Waiting for something that must *not* happen
//! takes [`MOMENT`]; everything else waits for an event.
#![allow(dead_code)]

#[path = "../system/mod.rs"]
mod system;

use longshore::{Buf, Completion, Event, Port, Stream};
use std::fmt::Debug;
use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
#[allow(unused_imports, reason = "every test binary uses a part")]
pub use system::*;

/// How long to wait for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(25);

/// How long to wait for what must not happen.
pub const MOMENT: Duration = Duration::from_millis(40);

/// The next packet, which must come.
pub fn next<C: Send + 'static>(port: &Port<C>) -> Completion<C> {
    match port.get_timeout(PATIENCE) {
        Ok(Some(completion)) => completion,
        Ok(None) => panic!("no packet came within {PATIENCE:?}"),
        Err(_) => panic!("the port is closed"),
    }
}

/// No packet comes.
pub fn nothing<C: Send + Debug + 'static>(port: &Port<C>) {
    if let Some(completion) = port.get_timeout(MOMENT).expect("the port is open") {
        panic!("a packet came: {completion:?}");
    }
}

/// Waits until `done`, looking now and then; for conditions nobody announces.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A TCP connection; blocking calls on both ends give up after [`PATIENCE`].
pub fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    for end in [&ours, &theirs] {
        end.set_read_timeout(Some(PATIENCE)).unwrap();
        end.set_write_timeout(Some(PATIENCE)).unwrap();
    }
    (ours, theirs)
}

/// A stream on the port and its peer.
pub fn stream<C: Send + 'static>(port: &Port<C>, key: usize) -> (Stream<C>, TcpStream) {
    let (ours, theirs) = connection();
    (Stream::attach(port, key, ours).unwrap(), theirs)
}

/// The parts of a finished receive.
pub fn received<C: Send + Debug>(done: Completion<C>) -> (Stream<C>, Buf, io::Result<usize>) {
    match done.event {
        Event::Recv { stream, buf, result } => (stream, buf, result),
        other => panic!("not a receive: {other:?}"),
    }
}

/// The parts of a finished send.
pub fn sent<C: Send + Debug>(done: Completion<C>) -> (Stream<C>, Buf, io::Result<usize>) {
    match done.event {
        Event::Send { stream, buf, result } => (stream, buf, result),
        other => panic!("not a send: {other:?}"),
    }
}

/// The stream of a finished connect or accept that succeeded.
pub fn connected<C: Send + Debug>(done: Completion<C>) -> Stream<C> {
    match done.event {
        Event::Connect { stream, result: Ok(()) } => stream,
        Event::Accept { result: Ok((stream, _)), .. } => stream,
        other => panic!("not a connection: {other:?}"),
    }
}

/// The error number of a failure.
pub fn errno<T: Debug>(result: io::Result<T>) -> i32 {
    result.expect_err("must fail").raw_os_error().expect("an error of the system")
}

/// Everything up to the end of the stream.
pub fn read_all(mut from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Bytes that differ from their neighbours at any distance likely to be confused.
pub fn pattern(length: usize) -> Vec<u8> {
    let mut dice = Dice(length as u64 | 1);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&dice.throw().to_ne_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Small pseudo-random numbers (xorshift), the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn throw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        (self.throw() >> 11) % limit
    }
}

/// Set in a copy of the test program that runs one test in a process of its own.
const ALONE: &str = "LONGSHORE_TEST_ALONE";

/// Runs the rest of the named test in a process of its own, for tests that change process-wide limits or count
/// descriptors. True in that process; false in the parent, once the child has succeeded.
pub fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test} failed in its own process:\n{stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "no test of this name: {test}");
    for line in stderr.lines() {
        eprintln!("{line}");
    }
    false
}
