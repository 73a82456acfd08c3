//! The monitor: one thread for all ports of the process, which looks after ports that cannot look after
//! themselves for the moment.
//!
//! The monitor knows no port, only what asks to be looked at ([`Watched`]). What a look finds and does is told in
//! [`crate::dispatch::tick`], what it can ask about a thread in [`thread_state`].

pub(crate) mod thread_state;

use crate::sync::{Condvar, Mutex, threads};
use std::sync::{OnceLock, Weak};
use std::time::Duration;

/// The time between two looks at a port of which little is known yet.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// While the only thing left is to notice that a sleeping handler resumed.
pub(crate) const RECOUNT_TICK: Duration = Duration::from_millis(8);

/// A port as the monitor sees it.
pub(crate) trait Watched: Send + Sync {
    /// Looks once, and says when to look again; `None` to be left alone from now on.
    fn tick(&self) -> Option<Duration>;
}

struct Monitor {
    ports: Mutex<Vec<Weak<dyn Watched>>>,
    asked: Condvar,
}

/// Puts a port on the list; starts the thread with the first one.
pub(crate) fn watch(port: Weak<dyn Watched>) {
    static MONITOR: OnceLock<Monitor> = OnceLock::new();
    let mut first = false;
    let monitor = MONITOR.get_or_init(|| {
        first = true;
        Monitor { ports: Mutex::new(Vec::new()), asked: Condvar::new() }
    });
    if first {
        let name = String::from("longshore-watch");
        let started = threads::start(name, Some(64 * 1024), || MONITOR.wait().run());
        if let Err(error) = started {
            tracing::error!(%error, "no monitor thread: handlers that block hold their slot until they return");
        }
    }
    let mut ports = monitor.ports.lock();
    ports.push(port);
    let asleep = ports.len() == 1;
    drop(ports);
    if asleep {
        monitor.asked.notify_one();
    }
}

impl Monitor {
    fn run(&self) {
        // The kernel adds 50 us to every sleep unless told otherwise, as much as a whole tick.
        // SAFETY: no pointers.
        unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
        let mut pause = TICK;
        let mut ports = self.ports.lock();
        loop {
            while ports.is_empty() {
                ports = self.asked.wait(ports);
                pause = TICK;
            }
            drop(ports);
            std::thread::sleep(pause);
            // Ports are ticked off the list, so that a tick may itself ask for a watch.
            let mut turn = {
                let mut ports = self.ports.lock();
                std::mem::take(&mut *ports)
            };
            // The port that is in the greatest hurry sets the pace for all.
            pause = RECOUNT_TICK;
            turn.retain(|port| {
                let next = port.upgrade().and_then(|port| port.tick());
                pause = pause.min(next.unwrap_or(pause));
                next.is_some()
            });
            ports = self.ports.lock();
            if !ports.is_empty() {
                pause = pause.min(TICK);
            }
            turn.append(&mut ports);
            *ports = turn;
        }
    }
}
