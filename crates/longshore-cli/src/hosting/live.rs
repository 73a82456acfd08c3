//! One line of the port's figures, refreshed every second while someone watches.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use longshore::{Port, Stats};

/// The line's thread; it ends with [`Live::stop`].
pub struct Live {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

/// Starts the line when standard error is a terminal. `figures` gives the requests (or messages)
/// so far and the connections now.
///
/// A thread of its own rather than a timer on the port: it shall also show a port whose threads
/// are all busy, and not be counted among them.
pub fn start<C: Send + 'static>(port: Port<C>, figures: impl Fn() -> (u64, usize) + Send + 'static) -> Live {
    if !std::io::stderr().is_terminal() {
        return Live { running: None };
    }
    let (stop, stopped) = channel();
    let thread = std::thread::spawn(move || {
        let (mut earlier, mut earlier_at) = (figures().0, Instant::now());
        while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
            let (total, connections) = figures();
            let per_second = (total - earlier) as f64 / earlier_at.elapsed().as_secs_f64();
            (earlier, earlier_at) = (total, Instant::now());
            // The carriage return starts the line over; the escape clears what was longer before.
            let _ = write!(std::io::stderr(), "\r{}\x1b[K", line(per_second, connections, &port.stats()));
        }
        let _ = writeln!(std::io::stderr());
    });
    Live { running: Some((stop, thread)) }
}

impl Live {
    pub fn stop(self) {
        if let Some((stop, thread)) = self.running {
            drop(stop);
            let _ = thread.join();
        }
    }
}

fn line(per_second: f64, connections: usize, stats: &Stats) -> String {
    format!(
        "{per_second:.0}/s  {connections} connections  {} queued  {} running  {} parked  {} blocked  \
         {} wakes  {} compensations",
        stats.queued, stats.running, stats.parked, stats.blocked, stats.wakes, stats.compensations
    )
}
