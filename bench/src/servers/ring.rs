//! One thread on a bare io_uring: the least a completion-based server can do.
//!
//! `SINGLE_ISSUER | DEFER_TASKRUN` is the fastest way to run a ring that one thread owns: completions
//! are gathered when that thread waits, and nothing interrupts it. Accepting is multishot; receive
//! and send alternate per connection.

use std::os::fd::{AsRawFd, RawFd};

use io_uring::{IoUring, opcode, squeue, types::Fd};

use super::listen;
use crate::{
    Result,
    load::message::{self, BUFFER_BYTES},
};

const ENTRIES: u32 = 4096;

#[derive(Clone, Copy)]
enum Step {
    Accept,
    Receive(RawFd),
    Send(RawFd),
}

impl Step {
    fn encode(self) -> u64 {
        let (kind, fd) = match self {
            Step::Accept => (0, 0),
            Step::Receive(fd) => (1, fd),
            Step::Send(fd) => (2, fd),
        };
        (fd as u64) << 2 | kind
    }

    fn decode(data: u64) -> Self {
        let fd = (data >> 2) as RawFd;
        match data & 3 {
            0 => Step::Accept,
            1 => Step::Receive(fd),
            _ => Step::Send(fd),
        }
    }
}

struct Connection {
    buffer: Box<[u8; BUFFER_BYTES]>,
    /// What of the buffer is still to be sent.
    unsent: std::ops::Range<usize>,
}

pub fn run() -> Result<()> {
    let listener = listen()?;
    let mut ring: IoUring = IoUring::builder().setup_single_issuer().setup_defer_taskrun().build(ENTRIES)?;
    // Indexed by descriptor. A connection has one operation under way at any time,
    // so its descriptor names it.
    let mut connections: Vec<Option<Connection>> = Vec::new();
    push(&mut ring, accept(listener.as_raw_fd()))?;
    let mut completions = Vec::new();

    loop {
        ring.submit_and_wait(1)?;
        completions.extend(ring.completion().map(|entry| (Step::decode(entry.user_data()), entry.result())));
        for (step, result) in completions.drain(..) {
            match step {
                Step::Accept => {
                    let fd = result;
                    if fd < 0 {
                        push(&mut ring, accept(listener.as_raw_fd()))?;
                        continue;
                    }
                    set_nodelay(fd);
                    if connections.len() <= fd as usize {
                        connections.resize_with(fd as usize + 1, || None);
                    }
                    let connection = connections[fd as usize]
                        .insert(Connection { buffer: Box::new([0; BUFFER_BYTES]), unsent: 0..0 });
                    push(&mut ring, receive(fd, connection))?;
                }
                Step::Receive(fd) | Step::Send(fd) if result <= 0 => {
                    connections[fd as usize] = None;
                    // SAFETY: the descriptor came from the accept and has no operation under way.
                    unsafe { libc::close(fd) };
                }
                Step::Receive(fd) => {
                    let Some(connection) = &mut connections[fd as usize] else { continue };
                    connection.unsent = 0..result as usize;
                    message::handle(&connection.buffer[connection.unsent.clone()]);
                    push(&mut ring, send(fd, connection))?;
                }
                Step::Send(fd) => {
                    let Some(connection) = &mut connections[fd as usize] else { continue };
                    connection.unsent.start += result as usize;
                    let next =
                        if connection.unsent.is_empty() { receive(fd, connection) } else { send(fd, connection) };
                    push(&mut ring, next)?;
                }
            }
        }
    }
}

fn accept(listener: RawFd) -> squeue::Entry {
    opcode::AcceptMulti::new(Fd(listener)).build().user_data(Step::Accept.encode())
}

fn receive(fd: RawFd, connection: &mut Connection) -> squeue::Entry {
    let buffer = &mut connection.buffer;
    opcode::Recv::new(Fd(fd), buffer.as_mut_ptr(), buffer.len() as u32).build().user_data(Step::Receive(fd).encode())
}

fn send(fd: RawFd, connection: &Connection) -> squeue::Entry {
    let unsent = &connection.buffer[connection.unsent.clone()];
    opcode::Send::new(Fd(fd), unsent.as_ptr(), unsent.len() as u32).build().user_data(Step::Send(fd).encode())
}

fn push(ring: &mut IoUring, entry: squeue::Entry) -> Result<()> {
    if ring.submission().is_full() {
        ring.submit()?;
    }
    // SAFETY: a connection's boxed buffer stays in place until its operation's completion has been taken.
    unsafe { ring.submission().push(&entry)? };
    Ok(())
}

fn set_nodelay(fd: RawFd) {
    // SAFETY: the descriptor was just accepted and stays open during the borrow.
    let socket = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) };
    // A connection that was reset in the meantime reports that from its receive.
    let _ = socket2::SockRef::from(&socket).set_tcp_nodelay(true);
}
