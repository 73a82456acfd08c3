//! The monitor: one thread for all ports of the process. It checks ports whose threads may be blocked.
//!
//! The monitor knows no port, only what asks to be checked ([`Watched`]). [`crate::dispatch::tick`] says what
//! a check does, [`thread_state`] what can be known about a thread.

pub(crate) mod thread_state;

use crate::sync::{Condvar, Mutex, threads};
use std::io;
use std::num::NonZeroU64;
use std::sync::{LazyLock, Weak};
use std::time::{Duration, Instant};

/// The time between two checks of a port of which little is known yet.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// The time between two checks when the only thing to find is that a sleeping handler resumed.
pub(crate) const RECOUNT_TICK: Duration = Duration::from_millis(8);

/// A port as the monitor sees it.
pub(crate) trait Watched: Send + Sync {
    /// Checks once, and says when to check again; `None` ends the watch.
    fn tick(&self) -> Option<Duration>;
}

/// How long to wait, after the thread could not be started, before the next try.
const START_AGAIN_AFTER: Duration = Duration::from_millis(50);

struct Monitor {
    state: Mutex<State>,
    asked: Condvar,
}

struct State {
    ports: Vec<Weak<dyn Watched>>,
    /// The thread was started.
    running: bool,
    /// It could not be started; the next try is not before this time.
    start_after: Option<Instant>,
}

static MONITOR: LazyLock<Monitor> = LazyLock::new(Monitor::new);

/// Puts a port on the list, and starts the thread if there is none. False if there is none and it cannot be
/// started now: the port asks again when it next needs looking after.
pub(crate) fn watch(port: Weak<dyn Watched>) -> bool {
    MONITOR.watch(port, || threads::start(String::from("longshore-watch"), Some(64 * 1024), || MONITOR.run()))
}

impl Monitor {
    fn new() -> Monitor {
        let state = State { ports: Vec::new(), running: false, start_after: None };
        Monitor { state: Mutex::new(state), asked: Condvar::new() }
    }

    fn watch(&self, port: Weak<dyn Watched>, start: impl FnOnce() -> io::Result<()>) -> bool {
        let mut state = self.state.lock();
        if !state.running {
            let now = Instant::now();
            if state.start_after.is_some_and(|after| now < after) {
                return false;
            }
            if let Err(error) = start() {
                if state.start_after.replace(now + START_AGAIN_AFTER).is_none() {
                    tracing::error!(%error, "no monitor thread: handlers that block hold their slot until they return");
                }
                return false;
            }
            state.running = true;
        }
        state.ports.push(port);
        let asleep = state.ports.len() == 1;
        drop(state);
        if asleep {
            self.asked.notify_one();
        }
        true
    }

    fn run(&self) {
        // The kernel adds 50 us to every sleep unless told otherwise, as much as a whole tick.
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
        let mut pause = TICK;
        let mut state = self.state.lock();
        loop {
            while state.ports.is_empty() {
                state = self.asked.wait(state);
                pause = TICK;
            }
            drop(state);
            std::thread::sleep(pause);
            // Ports are taken off the list for the tick, so that a tick may itself ask for a watch.
            let mut turn = std::mem::take(&mut self.state.lock().ports);
            // The port with the shortest tick decides when all are checked next.
            pause = RECOUNT_TICK;
            turn.retain(|port| {
                let next = port.upgrade().and_then(|port| port.tick());
                pause = pause.min(next.unwrap_or(pause));
                next.is_some()
            });
            state = self.state.lock();
            if !state.ports.is_empty() {
                pause = pause.min(TICK);
            }
            turn.append(&mut state.ports);
            state.ports = turn;
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::fixtures::PATIENCE;
    use std::sync::{Arc, mpsc};

    struct Port(mpsc::Sender<()>);

    impl Watched for Port {
        fn tick(&self) -> Option<Duration> {
            let _ = self.0.send(());
            None
        }
    }

    #[test]
    fn a_thread_that_could_not_be_started_is_tried_again_and_not_all_the_time() {
        let monitor: &'static Monitor = Box::leak(Box::new(Monitor::new()));
        let (tell, told) = mpsc::channel();
        let port: Arc<dyn Watched> = Arc::new(Port(tell));
        let refused = || Err(io::Error::from_raw_os_error(libc::EAGAIN));
        assert!(!monitor.watch(Arc::downgrade(&port), refused));
        assert!(!monitor.watch(Arc::downgrade(&port), || panic!("so soon")));
        monitor.state.lock().start_after = Some(Instant::now());
        let started = || threads::start(String::from("longshore-test"), None, || monitor.run());
        assert!(monitor.watch(Arc::downgrade(&port), started));
        assert_eq!(told.recv_timeout(PATIENCE), Ok(()));
        assert!(monitor.watch(Arc::downgrade(&port), || panic!("there is one")));
        assert_eq!(told.recv_timeout(PATIENCE), Ok(()));
    }
}
