//! Latency of quick requests while other requests make their handlers sleep.
//!
//! Each connection sends a request, waits for the answer, thinks for a random time and goes on. One request
//! in twenty asks the handler to sleep for 5 ms; its own latency is not counted. What is counted is what the
//! sleepers do to the others: the time from sending a quick request to its complete answer.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::{Result, load::client::Client, load::message};

/// One request in this many asks its handler to sleep.
pub const SLEEPY_ONE_IN: u32 = 20;

/// What the clients saw in one window.
pub struct Latencies {
    /// Of the quick requests, in nanoseconds.
    pub quick: Histogram<u64>,
    pub answers: u64,
}

/// Runs the clients for `window`. The mean pause between an answer and the
/// connection's next request is `think`.
pub fn run(client: &mut Client, think: Duration, window: Duration) -> Result<Latencies> {
    let (quick, sleepy) = (message::message(false, message::BYTES), message::message(true, message::BYTES));
    let start = Instant::now();
    let deadline = start + window;
    let count = client.connections().len();
    // When each connection's request was sent and whether it was a sleepy one.
    let mut sent = vec![(start, false); count];
    let mut due: BinaryHeap<_> = (0..count).map(|index| Reverse((start + pause(think), index))).collect();
    let mut latencies = Latencies { quick: Histogram::new_with_bounds(1, 60_000_000_000, 3)?, answers: 0 };

    loop {
        let now = Instant::now();
        if now >= deadline {
            return Ok(latencies);
        }
        while let Some(&Reverse((time, index))) = due.peek()
            && time <= now
        {
            due.pop();
            let is_sleepy = fastrand::u32(0..SLEEPY_ONE_IN) == 0;
            sent[index] = (Instant::now(), is_sleepy);
            client.connections()[index].send(if is_sleepy { &sleepy } else { &quick })?;
        }
        let until = due.peek().map_or(deadline, |Reverse((time, _))| deadline.min(*time));
        for index in client.wait_until(until)? {
            if client.connections()[index].receive()?.is_none() {
                continue;
            }
            let now = Instant::now();
            let (sent, was_sleepy) = sent[index];
            if !was_sleepy {
                latencies.quick.saturating_record((now - sent).as_nanos() as u64);
            }
            latencies.answers += 1;
            due.push(Reverse((now + pause(think), index)));
        }
    }
}

/// Uniform between nothing and twice the mean.
fn pause(mean: Duration) -> Duration {
    mean.mul_f64(2.0 * fastrand::f64())
}
