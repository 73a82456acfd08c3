//! How many threads a pool on a port has: when one more is started, and when one leaves.
//!
//! A [`Crew`] is the account of a pool's threads. It starts none ([`Start`] does) and knows no port; a port
//! tells a [`Worker`] when its thread goes to sleep and when it comes out with a packet. The same account
//! serves pools over the engine, over Windows' ports and behind the Win32 API.
//!
//! # The spare thread
//!
//! A port compensates for a thread that blocks by waking another, so one must sleep there. A pool that grows
//! keeps it so: *while it has fewer threads than it may have, one of them is spare*. A worker is spare while
//! it sleeps in the port, and before that, from the decision to start it until its first packet. Whoever
//! wakes the last one (a post, a thread that announces that it blocks, the monitor) need not know: the thread
//! that was woken starts its own successor. With C the lock of `Counts` and L the lock of the port:
//!
//! 1. A worker that gets a packet after it was spare counts itself out under C, before its handler runs. If
//!    none is spare then, it starts one. If two are woken at a time, the second to count finds none.
//! 2. The successor counts as spare from the decision, which is made under C. So one at most is on its way,
//!    and a worker that counts itself out meanwhile starts no other. If there was work for it all the time,
//!    it takes a packet without having slept, and this is step 1 again.
//! 3. A woken worker has left the stack of the port before it counts itself out. In between the count says
//!    one too many. Who relies on that relies on a thread that is about to do step 1.
//! 4. A worker that was idle for long enough decides to leave under L, while it is on the stack without a
//!    message and nothing is queued, and then under C: there are more threads than the least, and another is
//!    spare. It leaves the stack under the same L. Whoever wants to give it a packet needs L: so it gets the
//!    packet or it leaves, never both. By 3 the other spare one sleeps in the port, is on its way to it, or
//!    starts a successor.
//! 5. The oldest sleepers leave first. They are at the bottom of the stack, where the port looks last.
//!
//! # How fast
//!
//! As many threads as the port's concurrency value, and at least [`AT_ONCE_LEAST`], start without delay; then
//! one each [`INTERVAL`]. What was not used accumulates up to that number again. A thousand handlers that
//! block at once are a thousand threads a second later, not in a burst of fifty milliseconds; if they
//! sleep for some milliseconds only, those that wake up again serve the queue, and a few dozen threads do.
//! (Starting a thread costs about 50 us of CPU: a twentieth of one CPU at this rate. .NET's pool adds as many
//! threads as there are processors each 25 ms, then more slowly: a server of 5 ms sleeps would wait for
//! seconds. tokio has no rate and 512 threads at most.)
//!
//! The rate is kept by the thread that was started: it waits for its turn before it enters the port. So
//! nobody has to remember that a thread is due.
//!
//! # A thread that cannot be started
//!
//! The pool goes on with those it has, says so once, and tries again, at most each [`START_AGAIN_AFTER`]:
//! whenever one of its threads comes out of the port after it slept, and every few dozen packets
//! otherwise. The work waits in the port and is not lost.

mod rate;
mod sync;

use rate::Rate;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sync::{AtomicBool, AtomicU8, AtomicUsize, Mutex, MutexGuard, Ordering};

/// How many threads start without delay, if the concurrency value is not larger.
pub const AT_ONCE_LEAST: usize = 16;

/// The time between two threads that start after that.
pub const INTERVAL: Duration = Duration::from_millis(1);

/// How long a thread without work stays, unless told otherwise. It is what Windows' pools do, about.
pub const IDLE_MAX: Duration = Duration::from_secs(20);

/// The time until the next try after a thread could not be started.
pub const START_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What starts the threads of a crew.
pub trait Start: Send + Sync {
    /// Starts a thread that calls [`Worker::come`], then serves the port as this worker. The worker is dropped
    /// when the thread ends, or if it cannot be started.
    ///
    /// # Errors
    /// The system's refusal.
    fn start(&self, worker: Worker) -> io::Result<()>;
}

impl<F: Fn(Worker) -> io::Result<()> + Send + Sync> Start for F {
    fn start(&self, worker: Worker) -> io::Result<()> {
        self(worker)
    }
}

/// The account of a pool's threads.
pub struct Crew {
    counts: Mutex<Counts>,
    /// Spare workers. Written under the lock of `counts`; [`Crew::want`] reads it without.
    spare: AtomicUsize,
    /// A thread could not be started, and is still missing. Written and read as `spare`.
    short: AtomicBool,
    stopping: AtomicBool,
    /// It always has the same number of threads: nothing is counted while they work.
    fixed: bool,
    idle_max: Duration,
}

struct Counts {
    least: usize,
    most: usize,
    /// Started, or about to be, and not over.
    threads: usize,
    started: usize,
    rate: Rate,
    /// A thread could not be started; the next try is not before this time.
    again_after: Option<Instant>,
    warned: bool,
}

impl Crew {
    /// A crew of between `least` and `most` threads, on a port with this concurrency value. A thread that has
    /// been idle for `idle_max` leaves. There is no thread yet.
    pub fn new(least: usize, most: usize, concurrency: usize, idle_max: Duration) -> Arc<Crew> {
        Self::with(least, most.max(least), concurrency, idle_max, least == most)
    }

    /// As [`Crew::new`], for a crew whose least and most may be changed later.
    pub fn adjustable(least: usize, most: usize, concurrency: usize, idle_max: Duration) -> Arc<Crew> {
        Self::with(least, most.max(least), concurrency, idle_max, false)
    }

    fn with(least: usize, most: usize, concurrency: usize, idle_max: Duration, fixed: bool) -> Arc<Crew> {
        let counts = Counts {
            least,
            most,
            threads: 0,
            started: 0,
            rate: Rate::new(concurrency.max(AT_ONCE_LEAST)),
            again_after: None,
            warned: false,
        };
        Arc::new(Crew {
            counts: Mutex::new(counts),
            spare: AtomicUsize::new(0),
            short: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            fixed,
            idle_max,
        })
    }

    /// Starts threads, without delay, until there are as many as the least.
    ///
    /// # Errors
    /// The system's refusal; those that were started stay.
    pub fn fill(self: &Arc<Self>, start: &Arc<dyn Start>) -> io::Result<()> {
        loop {
            let mut counts = self.lock();
            if counts.threads >= counts.least || self.is_stopping() {
                return Ok(());
            }
            let worker = self.recruit(&mut counts, start, None);
            drop(counts);
            start.start(worker)?;
        }
    }

    /// There may be work that no thread is going to take: starts a thread if none is spare. Call it after the
    /// work was posted, if the crew may have no thread at all; a crew that has a least does not need it.
    pub fn want(self: &Arc<Self>, start: &Arc<dyn Start>) {
        // A worker that left did so under the port's lock. Whoever posted after that has taken the lock, or
        // that of the entrance from somebody who had, and so sees that it is not spare any more.
        if self.spare.load(Ordering::Acquire) == 0 {
            self.grow(start);
        }
    }

    /// Changes the number of threads below which none leaves; the most is raised if need be. [`Crew::fill`]
    /// starts those that are missing.
    pub fn set_least(&self, least: usize) {
        let mut counts = self.lock();
        counts.least = least;
        counts.most = counts.most.max(least);
    }

    /// Changes the number of threads that is never exceeded; the least is lowered if need be. Threads that are
    /// too many leave when they are idle.
    pub fn set_most(&self, most: usize) {
        let mut counts = self.lock();
        counts.most = most;
        counts.least = counts.least.min(most);
    }

    /// Tells the threads to stop: [`Worker::is_stopping`]. No other is started. Call what makes sleepers of
    /// the port look around afterwards.
    pub fn stop(&self) {
        // A thread is counted under the lock before it is started, and looks at this before.
        let _counts = self.lock();
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether [`Crew::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// The threads there are, those that are just being started included.
    pub fn threads(&self) -> usize {
        self.lock().threads
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        sync::lock(&self.counts)
    }

    /// Starts a thread if none is spare and another is allowed.
    fn grow(self: &Arc<Self>, start: &Arc<dyn Start>) {
        let mut counts = self.lock();
        if self.spare.load(Ordering::Relaxed) > 0 || counts.threads >= counts.most || self.is_stopping() {
            return;
        }
        let now = Instant::now();
        if counts.again_after.is_some_and(|after| now < after) {
            return;
        }
        let due = counts.rate.next(now);
        let worker = self.recruit(&mut counts, start, Some(due));
        drop(counts);
        let started = start.start(worker);
        let mut counts = self.lock();
        match started {
            Ok(()) => {
                counts.again_after = None;
                self.short.store(false, Ordering::Relaxed);
            }
            Err(error) => {
                counts.again_after = Some(Instant::now() + START_AGAIN_AFTER);
                self.short.store(true, Ordering::Relaxed);
                let threads = counts.threads;
                let warned = std::mem::replace(&mut counts.warned, true);
                drop(counts);
                if !warned {
                    tracing::warn!(
                        %error, threads,
                        "a pool cannot start another thread; while all of its threads block, its work waits"
                    );
                }
            }
        }
    }

    fn recruit(
        self: &Arc<Self>,
        counts: &mut Counts,
        start: &Arc<dyn Start>,
        due: Option<Instant>,
    ) -> Worker {
        counts.threads += 1;
        counts.started += 1;
        self.spare.fetch_add(1, Ordering::Release);
        let (number, standing) = (counts.started - 1, AtomicU8::new(SPARE));
        Worker { crew: self.clone(), start: start.clone(), number, due, standing }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most, threads) = {
            let counts = self.lock();
            (counts.least, counts.most, counts.threads)
        };
        f.debug_struct("Crew").field("least", &least).field("most", &most).field("threads", &threads).finish()
    }
}

/// Sleeps in the port, or is on its way there from its start.
const SPARE: u8 = 1;
/// Is stopped where it is: not spare, whatever else it is.
const SUSPENDED: u8 = 2;
/// Is counted no more.
const OVER: u8 = 4;

/// A thread of a crew. Dropping it counts the thread out.
pub struct Worker {
    crew: Arc<Crew>,
    start: Arc<dyn Start>,
    number: usize,
    /// When it may enter the port.
    due: Option<Instant>,
    /// A set of the bits above. Written under the crew's lock; relaxed reads of it are the thread's own.
    standing: AtomicU8,
}

impl Worker {
    /// How many threads of the crew were started before.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Waits for the thread's turn, [`INTERVAL`] at most. The first thing that it does.
    pub fn come(&self) {
        let wait = self.due.map(|due| due.saturating_duration_since(Instant::now()));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            std::thread::sleep(wait);
        }
    }

    /// The crew was told to stop: the thread takes what is there and ends.
    #[inline]
    pub fn is_stopping(&self) -> bool {
        self.crew.is_stopping()
    }

    /// The thread goes to sleep in the port. Says until when, if it is to ask then whether it may leave. A port
    /// calls this.
    #[inline]
    pub fn sleeps(&self) -> Option<Instant> {
        if self.crew.fixed { None } else { self.counts_in() }
    }

    fn counts_in(&self) -> Option<Instant> {
        let mut counts = self.crew.lock();
        self.change_under(&mut counts, |standing| standing | SPARE);
        let spare_time = counts.threads > counts.least;
        drop(counts);
        spare_time.then(|| Instant::now().checked_add(self.crew.idle_max)).flatten()
    }

    /// The thread comes out of the port with a packet, after it slept or after a while: starts a successor if
    /// none is spare any more. A port calls this, with none of its locks held.
    #[inline]
    pub fn takes(&self) {
        if !self.crew.fixed {
            self.counts_out();
        }
    }

    #[cold]
    fn counts_out(&self) {
        let was_spare = self.standing.load(Ordering::Relaxed) & SPARE != 0;
        if was_spare {
            self.change(|standing| standing & !SPARE);
        }
        if was_spare || self.crew.short.load(Ordering::Relaxed) {
            self.crew.want(&self.start);
        }
    }

    /// Asks to leave, under the lock of the port. If it may, it counts as gone. If it may not, it need
    /// not ask again while it sleeps: it is one of the least, or the last that is spare.
    #[must_use]
    pub fn leave(&self) -> bool {
        let mut counts = self.crew.lock();
        let spare = self.crew.spare.load(Ordering::Relaxed);
        // Without another thread nothing can block: the next post finds that none is spare (`want`).
        let may = counts.threads > counts.least && (spare > 1 || counts.threads == 1);
        if may {
            self.change_under(&mut counts, |standing| standing | OVER);
        }
        may
    }

    /// The thread is over, however it ended. Its place is free.
    pub fn end(&self) {
        self.change(|standing| standing | OVER);
    }

    /// The thread was stopped where it is, or goes on: `is_suspended` says which, when it is asked, so that two
    /// calls may overtake each other. If it was stopped, call [`Worker::is_missed`] then.
    pub fn set_suspended(&self, is_suspended: impl FnOnce() -> bool) {
        self.change(|standing| if is_suspended() { standing | SUSPENDED } else { standing & !SUSPENDED });
    }

    /// The thread was stopped or ended from outside: starts others if too few are left.
    ///
    /// # Errors
    /// The system's refusal of one of the least.
    pub fn is_missed(&self) -> io::Result<()> {
        self.crew.want(&self.start);
        self.crew.fill(&self.start)
    }

    fn change(&self, change: impl FnOnce(u8) -> u8) {
        self.change_under(&mut self.crew.lock(), change);
    }

    fn change_under(&self, counts: &mut Counts, change: impl FnOnce(u8) -> u8) {
        let before = self.standing.load(Ordering::Relaxed);
        if before & OVER != 0 {
            return;
        }
        let after = change(before);
        self.standing.store(after, Ordering::Relaxed);
        let is_spare = |standing: u8| standing & (SPARE | SUSPENDED | OVER) == SPARE;
        match (is_spare(before), is_spare(after)) {
            (false, true) => _ = self.crew.spare.fetch_add(1, Ordering::Release),
            (true, false) => _ = self.crew.spare.fetch_sub(1, Ordering::Release),
            _ => {}
        }
        if after & OVER != 0 {
            counts.threads -= 1;
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("number", &self.number).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
