//! Thread pools. A pool is a completion port whose packets are functions, and the threads that take them.
//!
//! The port decides which threads run: the one that went to sleep last, as many at a time as there are
//! processors, more while some are blocked. The pool only makes sure that a thread is there to be woken:
//! 1. Work is posted first; then, if no thread is idle, one is started.
//! 2. A thread that takes work starts another thread if more work is left and no thread is idle. So while
//!    there is a backlog a thread sleeps in the port, ready to replace one that blocks.
//! 3. A thread that has been idle for long ends. It first counts itself out and then looks for work once
//!    more: work that relied on it (1) was posted before, and is found.
//! 4. A suspended thread is not idle: no work relies on it. The thread that suspends it counts it out first,
//!    then looks for work that relied on it, and starts another thread for that. A suspended thread still
//!    counts towards the maximum of the pool.
//! 5. A thread that ends in a callback, or is terminated, frees its place, and the thread that ends it looks
//!    for work as in 4. (Work that it had taken is lost, as on Windows.)

use crate::abi::fork;
use crate::abi::last_error::Win32Error;
use crate::object::suspend::{self, Dependent, Lock, Suspension};
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
    /// Those of them that are in the port, or on their way to it, and not suspended.
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

    /// Queues work for a thread of the pool. Once the pool is closed the work is dropped.
    pub fn submit(self: &Arc<Self>, work: Work) {
        if fork::check().is_err() {
            return;
        }
        self.backlog.fetch_add(1, Ordering::SeqCst);
        match self.core.post(0, work) {
            Ok(()) => self.see_to_a_thread(),
            Err(_) => _ = self.backlog.fetch_sub(1, Ordering::SeqCst),
        }
    }

    /// Drops the work that no thread has begun, and ends the threads.
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

    /// A thread was lost: other threads do the work that relied on it.
    fn make_up(self: &Arc<Self>) {
        if self.backlog.load(Ordering::SeqCst) > 0 {
            self.see_to_a_thread();
        }
        while self.threads.load(Ordering::SeqCst) < self.threads_min.load(Ordering::SeqCst)
            && self.start_thread()
        {}
    }

    /// False if there are as many as there may be.
    fn start_thread(self: &Arc<Self>) -> bool {
        // If the caller were terminated in here, a thread that does not exist would stay counted.
        suspend::not_now(|| {
            let more =
                |threads: usize| (threads < self.threads_max.load(Ordering::SeqCst)).then_some(threads + 1);
            if self.threads.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_err() {
                return false;
            }
            self.idle.fetch_add(1, Ordering::SeqCst);
            let state = State { doing: Doing::Idle, suspended: false };
            let worker = Arc::new(Worker { pool: self.clone(), state: Lock::new(state) });
            let passed = Arc::into_raw(worker.clone()) as usize;
            let spawned = spawn::spawn(0, 0, Entry::Own(serve, passed), |thread| {
                thread.set_dependent(worker.clone());
                Ok(())
            });
            if spawned.is_err() {
                // SAFETY: no thread took it.
                drop(unsafe { Arc::from_raw(passed as *const Worker) });
                worker.leave();
            }
            spawned.is_ok()
        })
    }
}

/// A thread of a pool, as the pool counts it.
struct Worker {
    pool: Arc<Pool>,
    state: Lock<State>,
}

struct State {
    doing: Doing,
    suspended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// In the port, or on its way to it.
    Idle,
    Working,
    /// It has counted itself out. It may still find work, and come back.
    Left,
    /// Ended for ever.
    Gone,
}

impl State {
    fn is_idle(&self) -> bool {
        self.doing == Doing::Idle && !self.suspended
    }
}

impl Worker {
    /// Changes the state, and with it the pool's count of idle threads. Says what the thread did before.
    fn change(&self, change: impl FnOnce(&mut State)) -> Doing {
        let mut state = self.state.lock();
        let before = state.doing;
        if before == Doing::Gone {
            return before;
        }
        let was_idle = state.is_idle();
        change(&mut state);
        match (was_idle, state.is_idle()) {
            (false, true) => _ = self.pool.idle.fetch_add(1, Ordering::SeqCst),
            (true, false) => _ = self.pool.idle.fetch_sub(1, Ordering::SeqCst),
            _ => {}
        }
        before
    }

    /// The life of the thread.
    fn serve(&self) {
        loop {
            match self.pool.core.take(Some(IDLE_MAX)) {
                Ok(packet) => self.run(packet),
                Err(TakeError::TimedOut) if self.leave_if_spare() => {
                    let Ok(packet) = self.pool.core.take(Some(Duration::ZERO)) else { return };
                    self.come_back();
                    self.run(packet);
                }
                Err(TakeError::TimedOut) => {}
                Err(TakeError::Closed) => return self.leave(),
            }
        }
    }

    /// Counts the thread out, if the pool does not need it.
    fn leave_if_spare(&self) -> bool {
        suspend::not_now(|| {
            let threads_min = &self.pool.threads_min;
            let fewer = |threads: usize| (threads > threads_min.load(Ordering::SeqCst)).then(|| threads - 1);
            let spare = self.pool.threads.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok();
            if spare {
                self.change(|state| state.doing = Doing::Left);
            }
            spare
        })
    }

    fn come_back(&self) {
        suspend::not_now(|| {
            if self.change(|state| state.doing = Doing::Idle) == Doing::Left {
                self.pool.threads.fetch_add(1, Ordering::SeqCst);
            }
        });
    }

    /// Counts the thread out.
    fn leave(&self) {
        suspend::not_now(|| _ = self.count_out(Doing::Left));
    }

    /// True if it was counted.
    fn count_out(&self, doing: Doing) -> bool {
        let before = self.change(|state| state.doing = doing);
        let counted = matches!(before, Doing::Idle | Doing::Working);
        if counted {
            self.pool.threads.fetch_sub(1, Ordering::SeqCst);
        }
        counted
    }

    fn run(&self, packet: Packet<WorkFace>) {
        let Packet::Posted { post: work, .. } = packet else { return };
        suspend::not_now(|| {
            self.change(|state| state.doing = Doing::Working);
            if self.pool.backlog.fetch_sub(1, Ordering::SeqCst) > 1 {
                self.pool.see_to_a_thread();
            }
        });
        work();
        self.change(|state| state.doing = Doing::Idle);
    }
}

impl Dependent for Worker {
    fn suspension_changed(&self, suspension: &Suspension) {
        self.change(|state| state.suspended = suspension.is_suspended());
        self.pool.make_up();
    }

    fn thread_ended(&self) {
        if self.count_out(Doing::Gone) {
            self.pool.make_up();
        }
    }
}

fn serve(worker: usize) -> u32 {
    // SAFETY: a string ended by NUL; for those who look at the process from outside.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"longshore-pool".as_ptr()) };
    // SAFETY: the reference that `start_thread` gave away.
    let worker = unsafe { Arc::from_raw(worker as *const Worker) };
    worker.serve();
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

/// Queues work for a thread of the process's own pool.
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
