//! The handler: one completion in, the next operation out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use longshore::{BufferPool, Completion, Event, Listener, Port, Stream};

use super::clock::Now;
use super::connection::Connection;
use super::site::Site;
use super::sweep::{Connections, Doing};
use super::{Limits, Work};
use crate::hosting::counter::Counter;
use crate::hosting::refusals::Refusals;

/// How long to wait before accepting again after an accept failed. Most likely no file descriptor
/// was left, which does not change at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long the cache keeps what is not asked for again, at least.
const KEEP_SECONDS: u64 = 5;

pub struct Server {
    pub port: Port<Work>,
    pub listener: Listener<Work>,
    pub site: Site,
    pub limits: Limits,
    pub buffers: BufferPool,
    pub connections: Arc<Connections>,
    /// Requests answered.
    pub requests: Counter,
    pub stopping: AtomicBool,
    pub refusals: Refusals,
    /// When the connections are looked through next; `u64::MAX` when nobody asked for it.
    pub next_sweep_ms: AtomicU64,
}

impl Server {
    pub fn is_stopping(&self) -> bool {
        // Only a flag: who sees it late answers one request more.
        self.stopping.load(Ordering::Relaxed)
    }

    pub fn handle(&self, done: Completion<Work>) {
        match (done.context, done.event) {
            (Work::Connection(connection), Event::Recv { stream, buf, result: Ok(bytes) }) => {
                connection.received(self, stream, buf, bytes);
            }
            (
                Work::Connection(connection),
                Event::Send { stream, result: Ok(_), .. } | Event::SendVectored { stream, result: Ok(_), .. },
            ) => connection.sent(self, stream),
            (Work::Connection(connection), Event::SendFile { stream, file, result: Ok(_), .. }) => {
                connection.sent_piece(self, stream, file);
            }
            // Any failure of a connection ends it, a file that became shorter than was announced included:
            // the stream and its state are dropped here.
            (Work::Connection(_), _) => {}
            (Work::Accept, Event::Accept { result, .. }) => self.accepted(result.map(|(stream, _)| stream)),
            (Work::AcceptAgain, _) => self.accept(),
            (Work::Sweep(due_ms), _) => self.sweep(due_ms),
            (Work::Signal, Event::Recv { stream, buf, .. }) => {
                stream.recv(buf, Work::Signal);
                self.stop();
            }
            (Work::TimeIsUp, _) => self.port.close(),
            _ => {}
        }
        if self.is_stopping() && self.connections.count() == 0 {
            self.port.close();
        }
    }

    pub fn accept(&self) {
        if !self.is_stopping() {
            self.listener.accept(Work::Accept);
        }
    }

    fn accepted(&self, result: io::Result<Stream<Work>>) {
        match result {
            Ok(stream) => {
                self.accept();
                let now = Now::read();
                let deadline_ms = now.monotonic_ms + self.limits.idle_ms;
                let seat = self.connections.seat(&stream, Doing::Idle, deadline_ms);
                self.sweep_at(now.monotonic_ms + self.limits.shortest_ms());
                Connection::new(seat).receive(self, &stream, now);
            }
            // The client was gone before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => self.accept(),
            Err(_) if self.is_stopping() => {}
            Err(error) => {
                // Connections go before files that might be asked for again.
                self.site.close_files();
                let _ = self.port.post_after(ACCEPT_PAUSE, 0, Work::AcceptAgain);
                self.refusals.say(self.connections.count(), &error);
            }
        }
    }

    /// Has the table looked through at this time, unless that happens sooner anyway.
    ///
    /// A connection takes its seat before it asks, and a sweep gives its own appointment up before it looks:
    /// so one of the two sees the other.
    pub fn sweep_at(&self, due_ms: u64) {
        if self.next_sweep_ms.fetch_min(due_ms, Ordering::SeqCst) > due_ms {
            let wait_ms = due_ms.saturating_sub(Now::read().monotonic_ms);
            let _ = self.port.post_after(Duration::from_millis(wait_ms), 0, Work::Sweep(due_ms));
        }
    }

    fn sweep(&self, due_ms: u64) {
        let mine = self.next_sweep_ms.compare_exchange(due_ms, u64::MAX, Ordering::SeqCst, Ordering::SeqCst);
        if mine.is_err() {
            // An earlier one was asked for since, and that one makes the next appointment.
            return;
        }
        let now = Now::read();
        let now_ms = now.monotonic_ms;
        let earliest_ms = now_ms + self.limits.sweep_interval_ms();
        if let Some(next_ms) = self.connections.sweep(now_ms) {
            // No deadline that is set from now on is due before the shortest limit is over.
            let latest_ms = earliest_ms.max(now_ms + self.limits.shortest_ms());
            self.sweep_at(next_ms.clamp(earliest_ms, latest_ms));
        }
        let kept_since = now.second.saturating_sub(KEEP_SECONDS);
        if !self.site.expire(kept_since) {
            self.sweep_at(now_ms + 1_000 * KEEP_SECONDS);
        }
        // A connection may have become idle just when the idle ones were dismissed.
        if self.is_stopping() {
            self.connections.dismiss_idle();
            self.sweep_at(earliest_ms);
        }
    }

    /// The first signal ends the idle connections and gives the others time; a second one does not wait.
    fn stop(&self) {
        if self.stopping.swap(true, Ordering::Relaxed) {
            return self.port.close();
        }
        self.listener.close();
        self.connections.dismiss_idle();
        self.sweep_at(Now::read().monotonic_ms + self.limits.sweep_interval_ms());
        let _ = self.port.post_after(Duration::from_millis(self.limits.drain_ms), 0, Work::TimeIsUp);
    }
}
