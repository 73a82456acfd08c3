//! Thread pools. A pool is a completion port whose packets are functions, and the threads that take them.
//!
//! The port decides who runs: the thread that slept last, as many at a time as there are processors, more while some
//! are blocked. The pool only sees to it that somebody is there to be woken:
//! 1. Work is posted first; then, if no thread is idle, one is started.
//! 2. A thread that takes work and leaves more behind, but nobody idle, starts another. So while there is a backlog
//!    somebody sleeps in the port, ready to stand in for a thread that blocks.
//! 3. A thread that has been idle for long ends. It says so first, and looks for work once more after that: work
//!    that relied on it (1) was posted before, and is found.

use crate::abi::last_error::Win32Error;
use crate::thread::spawn::{self, Entry};
use longshore_engine::{Core, Face, Packet, Payload, Regions, TakeError};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use windows_sys::Win32::Foundation::ERROR_NO_SYSTEM_RESOURCES;

/// What a pool runs.
pub type Work = Box<dyn FnOnce() + Send>;

/// Threads at most, unless the program says otherwise.
const THREADS_MAX: usize = 512;

/// How long a thread without work stays.
const IDLE_MAX: Duration = Duration::from_secs(20);

/// Functions travel as posted packets; there are no operations.
struct WorkFace;

impl Face for WorkFace {
    type Post = Work;
    type Payload = Never;
}

enum Never {}

// SAFETY: there is no value of this type.
unsafe impl Payload for Never {
    fn regions(&mut self, _: &mut Regions) {
        match *self {}
    }
}

/// A thread pool.
pub struct Pool {
    core: Arc<Core<WorkFace>>,
    /// Work that no thread has taken.
    backlog: AtomicUsize,
    threads: AtomicUsize,
    /// Those of them that are in the port, or on their way to it.
    idle: AtomicUsize,
    threads_min: AtomicUsize,
    threads_max: AtomicUsize,
}

impl Pool {
    /// A pool without threads.
    ///
    /// # Errors
    /// `ERROR_NO_SYSTEM_RESOURCES` with too many files open.
    pub fn new() -> Result<Arc<Pool>, Win32Error> {
        let core = Core::new(0).map_err(|_| Win32Error(ERROR_NO_SYSTEM_RESOURCES))?;
        Ok(Arc::new(Pool {
            core,
            backlog: AtomicUsize::new(0),
            threads: AtomicUsize::new(0),
            idle: AtomicUsize::new(0),
            threads_min: AtomicUsize::new(0),
            threads_max: AtomicUsize::new(THREADS_MAX),
        }))
    }

    /// Has the work done by some thread of the pool. Once the pool is closed the work is dropped.
    pub fn submit(self: &Arc<Self>, work: Work) {
        self.backlog.fetch_add(1, Ordering::SeqCst);
        if self.core.post(0, work).is_ok() {
            self.see_to_a_thread();
        }
    }

    /// Work that is done by no thread yet does not get done, and the threads end.
    pub fn close(&self) {
        self.core.close();
    }

    /// Sets the number of threads that the pool keeps.
    pub fn keep(self: &Arc<Self>, threads: usize) {
        self.threads_min.store(threads, Ordering::SeqCst);
        self.threads_max.fetch_max(threads, Ordering::SeqCst);
        while self.threads.load(Ordering::SeqCst) < threads && self.start_thread() {}
    }

    /// Sets the number of threads that the pool never exceeds.
    pub fn limit(&self, threads: usize) {
        self.threads_max.store(threads.max(1), Ordering::SeqCst);
        self.threads_min.fetch_min(threads.max(1), Ordering::SeqCst);
    }

    fn see_to_a_thread(self: &Arc<Self>) {
        if self.idle.load(Ordering::SeqCst) == 0 {
            self.start_thread();
        }
    }

    /// False if there are as many as there may be.
    fn start_thread(self: &Arc<Self>) -> bool {
        let more =
            |threads: usize| (threads < self.threads_max.load(Ordering::SeqCst)).then_some(threads + 1);
        if self.threads.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_err() {
            return false;
        }
        self.idle.fetch_add(1, Ordering::SeqCst);
        let pool = Arc::into_raw(self.clone()) as usize;
        if spawn::spawn(0, 0, Entry::Own(serve, pool), |_| Ok(())).is_err() {
            // SAFETY: no thread took it.
            drop(unsafe { Arc::from_raw(pool as *const Pool) });
            self.idle.fetch_sub(1, Ordering::SeqCst);
            self.threads.fetch_sub(1, Ordering::SeqCst);
            return false;
        }
        true
    }

    /// The life of a thread.
    fn serve(self: &Arc<Self>) {
        loop {
            match self.core.take(Some(IDLE_MAX)) {
                Ok(packet) => self.run(packet),
                Err(TakeError::TimedOut) if self.may_end() => {
                    self.idle.fetch_sub(1, Ordering::SeqCst);
                    let Ok(packet) = self.core.take(Some(Duration::ZERO)) else { return };
                    self.threads.fetch_add(1, Ordering::SeqCst);
                    self.idle.fetch_add(1, Ordering::SeqCst);
                    self.run(packet);
                }
                Err(TakeError::TimedOut) => {}
                Err(TakeError::Closed) => {
                    self.idle.fetch_sub(1, Ordering::SeqCst);
                    self.threads.fetch_sub(1, Ordering::SeqCst);
                    return;
                }
            }
        }
    }

    /// Counts the calling thread out, if the pool can do without it.
    fn may_end(&self) -> bool {
        let fewer = |threads: usize| (threads > self.threads_min.load(Ordering::SeqCst)).then(|| threads - 1);
        self.threads.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok()
    }

    fn run(self: &Arc<Self>, packet: Packet<WorkFace>) {
        let Packet::Posted { post: work, .. } = packet else { return };
        self.idle.fetch_sub(1, Ordering::SeqCst);
        if self.backlog.fetch_sub(1, Ordering::SeqCst) > 1 {
            self.see_to_a_thread();
        }
        work();
        self.idle.fetch_add(1, Ordering::SeqCst);
    }
}

fn serve(pool: usize) -> u32 {
    // SAFETY: a string ended by NUL; for those who look at the process from outside.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"longshore-pool".as_ptr()) };
    // SAFETY: the reference that `start_thread` gave away.
    let pool = unsafe { Arc::from_raw(pool as *const Pool) };
    pool.serve();
    0
}

/// The process's own pool.
///
/// # Errors
/// As for [`Pool::new`].
pub fn default_pool() -> Result<&'static Arc<Pool>, Win32Error> {
    static DEFAULT: OnceLock<Arc<Pool>> = OnceLock::new();
    if let Some(pool) = DEFAULT.get() {
        return Ok(pool);
    }
    let pool = Pool::new()?;
    Ok(DEFAULT.get_or_init(|| pool))
}

/// Has the work done by some thread of the process's own pool.
///
/// # Errors
/// As for [`Pool::new`].
pub fn submit(work: Work) -> Result<(), Win32Error> {
    default_pool()?.submit(work);
    Ok(())
}

/// The calling work may take long: it no longer counts among those that the pool runs at a time.
pub fn may_run_long() {
    // Q7: a thread that takes from another port has left the first. This one never has packets.
    static ELSEWHERE: OnceLock<Option<Arc<Core<WorkFace>>>> = OnceLock::new();
    if let Some(elsewhere) = ELSEWHERE.get_or_init(|| Core::new(THREADS_MAX).ok()) {
        let _ = elsewhere.take(Some(Duration::ZERO));
    }
}
