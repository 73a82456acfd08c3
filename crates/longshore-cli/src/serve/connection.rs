//! What a connection is between its operations.
//!
//! The state travels as the context of the one operation the connection has outstanding, so
//! whichever thread dequeues the completion owns it outright; there is nothing to lock.
//!
//! ```text
//!            +--------- receive <---------------------------+
//!            v                                              |
//!   requests parsed, answered into one batch --> send, or send a file piece by piece
//!            |                                              |
//!            +-> (the peer finished: drop)                  +-> last response: linger or drop
//! ```

use std::ops::Range;

use longshore::{Buf, Event, File, Started, Stream};

use super::outgoing::{Outgoing, Tail};
use super::server::Server;
use super::sweep::{Doing, Seat};
use super::{Work, answer, clock::Now};
use crate::http::request::{HEAD_BYTES_MAX, Parsed, parse};
use crate::http::{Refusal, Status};

/// A file is sent in pieces, each of which the client has the send timeout for: the first is
/// small enough for a slow line, and pieces grow as long as they leave within a second.
const PIECE_BYTES_MIN: u64 = 64 * 1024;
const PIECE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// After a last response with input left unread, closing at once would make TCP discard what the
/// client has not read yet. So much more is read and thrown away first, and for so long.
const LINGER_BYTES_MAX: usize = 256 * 1024;
const LINGER_MS: u64 = 2_000;

pub struct Connection {
    seat: Seat,
    phase: Phase,
    /// Received, but not answered yet: later pipelined requests, or the beginning of one.
    leftover: Vec<u8>,
    /// Bytes of a request body still to be skipped.
    body_left: u64,
    /// What follows once the current response is sent.
    after: After,
    transfer: Option<Transfer>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Idle,
    Reading,
    Writing,
    Lingering { bytes_left: usize },
}

#[derive(Clone, Copy, PartialEq)]
enum After {
    NextRequest,
    Close,
    /// Close without losing the response to unread input.
    Linger,
}

/// A file on its way out. The file itself travels with the operation.
struct Transfer {
    /// What comes after the piece under way.
    rest: Range<u64>,
    piece_bytes: u64,
    started_ms: u64,
}

impl Connection {
    pub fn new(seat: Seat) -> Box<Connection> {
        Box::new(Connection {
            seat,
            phase: Phase::Idle,
            leftover: Vec::new(),
            body_left: 0,
            after: After::NextRequest,
            transfer: None,
        })
    }

    /// Waits for more input: for the rest of a request when one has begun, else for the next one.
    pub fn receive(mut self: Box<Self>, server: &Server, stream: &Stream<Work>, now: Now) {
        if self.leftover.is_empty() && self.body_left == 0 {
            self.phase = Phase::Idle;
            self.seat.set(Doing::Idle, now.monotonic_ms + server.limits.idle_ms);
            stream.recv_pooled(&server.buffers, Work::Connection(self));
            return;
        }
        // The time for a request runs from its first byte, however many pieces it comes in.
        if self.phase != Phase::Reading {
            self.phase = Phase::Reading;
            self.seat.set(Doing::Reading, now.monotonic_ms + server.limits.request_ms);
        }
        let mut input = std::mem::take(&mut self.leftover);
        let room = (input.len() * 2).clamp(4096, HEAD_BYTES_MAX + 1);
        input.reserve_exact(room.saturating_sub(input.len()));
        stream.recv_append(input, Work::Connection(self));
    }

    /// A receive completed: `input` is everything unanswered, `bytes` of it new.
    pub fn received(mut self: Box<Self>, server: &Server, stream: Stream<Work>, input: Buf, bytes: usize) {
        let now = Now::read();
        if let Phase::Lingering { bytes_left } = &mut self.phase {
            *bytes_left = bytes_left.saturating_sub(bytes);
            if bytes > 0 && *bytes_left > 0 {
                stream.recv(input, Work::Connection(self));
            }
            return;
        }
        if bytes > 0 {
            return self.answer(server, stream, &input, now);
        }
        // The end of the input: the client's, or the sweep's because the time is up.
        if input.is_empty() {
            return;
        }
        let refusal = if now.monotonic_ms >= self.seat.deadline_ms() {
            Refusal::new(Status::REQUEST_TIMEOUT, "The request did not arrive in time.")
        } else {
            Refusal::new(Status::BAD_REQUEST, "The request ended before its head was complete.")
        };
        let mut out = Outgoing::default();
        answer::refuse_unread(&refusal, now.second, &mut out);
        self.after = After::Close;
        self.send(server, &stream, out, now);
    }

    /// Answers every complete request in `input`, as far as they fit one batch, in order.
    fn answer(mut self: Box<Self>, server: &Server, stream: Stream<Work>, input: &[u8], now: Now) {
        let mut rest = input;
        let mut out = Outgoing::default();
        let mut answered = 0;
        self.after = After::NextRequest;
        while self.after == After::NextRequest && !out.is_full() {
            let skipped = rest.len().min(usize::try_from(self.body_left).unwrap_or(usize::MAX));
            rest = &rest[skipped..];
            self.body_left -= skipped as u64;
            if rest.is_empty() {
                break;
            }
            match parse(rest) {
                Parsed::Partial => break,
                Parsed::Complete(request, head_bytes) => {
                    let close = !request.keep_alive || server.is_stopping();
                    answer::answer(&server.site, &request, close, now.second, &mut out);
                    answered += 1;
                    rest = &rest[head_bytes..];
                    self.body_left = request.body_bytes;
                    if close {
                        let unread = !rest.is_empty() || request.body_bytes > 0;
                        self.after = if unread { After::Linger } else { After::Close };
                    }
                }
                Parsed::Refused(refusal) => {
                    answer::refuse_unread(&refusal, now.second, &mut out);
                    answered += 1;
                    self.after = After::Linger;
                }
            }
        }
        server.requests.add(answered);
        if self.after == After::NextRequest {
            self.leftover = rest.to_vec();
        }
        if out.is_empty() {
            self.receive(server, &stream, now);
        } else {
            self.send(server, &stream, out, now);
        }
    }

    fn send(mut self: Box<Self>, server: &Server, stream: &Stream<Work>, out: Outgoing, now: Now) {
        let (bytes, tail) = out.into_parts();
        match tail {
            None => {
                self.write_until(now.monotonic_ms + server.limits.send_ms);
                if !self.leftover.is_empty() {
                    // There is more to answer: after the others that wait.
                    stream.send(bytes, Work::Connection(self));
                } else if let Started::Done(done) = stream.start_send(bytes, Work::Connection(self))
                    && let (Work::Connection(this), Event::Send { stream, result: Ok(_), .. }) =
                        (done.context, done.event)
                {
                    this.sent(server, stream);
                }
            }
            Some(Tail::Page(page)) => {
                self.write_until(now.monotonic_ms + server.limits.send_ms);
                stream.send_vectored(vec![bytes, Buf::from(page)], Work::Connection(self));
            }
            Some(Tail::File((file, rest))) => {
                let transfer = Transfer { rest, piece_bytes: PIECE_BYTES_MIN, started_ms: 0 };
                self.send_piece(server, stream, bytes, &file, transfer, now);
            }
        }
    }

    fn send_piece(
        mut self: Box<Self>,
        server: &Server,
        stream: &Stream<Work>,
        head: Buf,
        file: &File<Work>,
        mut transfer: Transfer,
        now: Now,
    ) {
        let start = transfer.rest.start;
        let end = transfer.rest.end.min(start + transfer.piece_bytes);
        transfer.rest.start = end;
        transfer.started_ms = now.monotonic_ms;
        self.transfer = Some(transfer);
        self.write_until(now.monotonic_ms + server.limits.send_ms);
        stream.send_file(head, file, start..end, Buf::default(), Work::Connection(self));
    }

    /// A piece of a file has left.
    pub fn sent_piece(mut self: Box<Self>, server: &Server, stream: Stream<Work>, file: File<Work>) {
        match self.transfer.take() {
            Some(mut transfer) if !transfer.rest.is_empty() => {
                let now = Now::read();
                let took_ms = now.monotonic_ms - transfer.started_ms;
                transfer.piece_bytes = next_piece_bytes(transfer.piece_bytes, took_ms);
                self.send_piece(server, &stream, Buf::default(), &file, transfer, now);
            }
            _ => self.sent(server, stream),
        }
    }

    /// A response has left.
    pub fn sent(mut self: Box<Self>, server: &Server, stream: Stream<Work>) {
        let now = Now::read();
        match self.after {
            After::Close => {}
            After::Linger => self.linger(server, &stream, now),
            After::NextRequest if self.leftover.is_empty() => self.receive(server, &stream, now),
            After::NextRequest => {
                let input = std::mem::take(&mut self.leftover);
                self.answer(server, stream, &input, now);
            }
        }
    }

    fn linger(mut self: Box<Self>, server: &Server, stream: &Stream<Work>, now: Now) {
        if stream.shutdown(std::net::Shutdown::Write).is_err() {
            return;
        }
        self.phase = Phase::Lingering { bytes_left: LINGER_BYTES_MAX };
        let deadline_ms = now.monotonic_ms + LINGER_MS;
        self.seat.set(Doing::Writing, deadline_ms);
        // It may be shorter than all other limits, so the sweep must be told.
        server.sweep_at(deadline_ms);
        stream.recv(vec![0; 4096], Work::Connection(self));
    }

    fn write_until(&mut self, deadline_ms: u64) {
        self.phase = Phase::Writing;
        self.seat.set(Doing::Writing, deadline_ms);
    }
}

fn next_piece_bytes(piece_bytes: u64, took_ms: u64) -> u64 {
    match took_ms {
        0..1_000 => (piece_bytes * 2).min(PIECE_BYTES_MAX),
        1_000..5_000 => piece_bytes,
        _ => (piece_bytes / 2).max(PIECE_BYTES_MIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_the_pace_of_the_client_within_bounds() {
        assert_eq!(next_piece_bytes(PIECE_BYTES_MIN, 0), 2 * PIECE_BYTES_MIN);
        assert_eq!(next_piece_bytes(PIECE_BYTES_MAX, 0), PIECE_BYTES_MAX);
        assert_eq!(next_piece_bytes(PIECE_BYTES_MAX, 3_000), PIECE_BYTES_MAX);
        assert_eq!(next_piece_bytes(PIECE_BYTES_MAX, 20_000), PIECE_BYTES_MAX / 2);
        assert_eq!(next_piece_bytes(PIECE_BYTES_MIN, 20_000), PIECE_BYTES_MIN);
    }
}
