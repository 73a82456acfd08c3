//! Thread pools. A pool is a completion port whose packets are functions, and the threads that take them.
//!
//! The port decides which threads run: the one that went to sleep last, as many at a time as there are
//! processors, more while some are blocked. How many threads there are is [`longshore_crew`]'s account, the
//! same as of `longshore`'s pools. What is particular to this face:
//! 1. A pool may have no thread. So work is posted first, and then a thread is wanted if none is spare.
//! 2. A suspended thread is not spare: no work relies on it. The thread that suspends it says so first; then,
//!    if there is work, it starts another thread for that. A suspended thread still counts towards the maximum
//!    of the pool.
//! 3. A thread that ends in a callback, or is terminated, frees its place, and the thread that ends it starts
//!    others as in 2. (Work that it had taken is lost, as on Windows.)
//! 4. A thread that was stopped inside the account's lock would stop all others. So whoever enters it holds
//!    off ([`suspend::not_now`]), as a thread does from the moment it begins to take from a port.

use crate::abi::fork;
use crate::abi::last_error::Win32Error;
use crate::object::suspend::{self, Dependent, Suspension};
use crate::thread::spawn::{self, Entry};
use longshore_crew::{Crew, IDLE_MAX, Start, Worker};
use longshore_engine::{Core, Face, Packet, Payload, Regions};
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use windows_sys::Win32::Foundation::ERROR_NO_SYSTEM_RESOURCES;

/// What a pool runs.
pub type Work = Box<dyn FnOnce() + Send>;

/// Threads at most, unless the program says otherwise.
const THREADS_MAX: usize = 512;

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
    crew: Arc<Crew>,
    start: Arc<dyn Start>,
}

impl Pool {
    /// A pool without threads.
    ///
    /// # Errors
    /// `ERROR_NO_SYSTEM_RESOURCES` with too many files open.
    pub fn new() -> Result<Arc<Pool>, Win32Error> {
        let core = Core::new(0).map_err(|_| Win32Error(ERROR_NO_SYSTEM_RESOURCES))?;
        let crew = Crew::adjustable(0, THREADS_MAX, core.concurrency(), IDLE_MAX);
        let start = Arc::new({
            let core = core.clone();
            move |worker| start_thread(&core, worker)
        });
        Ok(Arc::new(Pool { core, crew, start }))
    }

    /// Queues work for a thread of the pool. Once the pool is closed the work is dropped.
    pub fn submit(&self, work: Work) {
        if fork::check().is_err() {
            return;
        }
        if self.core.post(0, work).is_ok() {
            suspend::not_now(|| self.crew.want(&self.start));
        }
    }

    /// Drops the work that no thread has begun, and ends the threads.
    pub fn close(&self) {
        self.core.close();
    }

    /// Sets the number of threads that the pool keeps.
    pub fn keep(&self, threads: usize) {
        suspend::not_now(|| {
            self.crew.set_least(threads);
            // Where the system refuses one, work that comes tries again.
            let _ = self.crew.fill(&self.start);
        });
    }

    /// Sets the number of threads that the pool never exceeds.
    pub fn limit(&self, threads: usize) {
        suspend::not_now(|| {
            self.crew.set_most(threads.max(1));
            if self.core.has_packets() {
                self.crew.want(&self.start);
            }
        });
    }
}

fn start_thread(core: &Arc<Core<WorkFace>>, worker: Worker) -> io::Result<()> {
    // If the caller were terminated in here, a thread that does not exist would stay counted.
    suspend::not_now(|| {
        let member = Arc::new(Member { core: core.clone(), worker });
        let passed = Arc::into_raw(member.clone()) as usize;
        let spawned = spawn::spawn(0, 0, Entry::Own(serve, passed), |thread| {
            thread.set_dependent(member.clone());
            Ok(())
        });
        if spawned.is_err() {
            // SAFETY: no thread took it.
            drop(unsafe { Arc::from_raw(passed as *const Member) });
            member.worker.end();
        }
        // What pthread_create(3) says of limits and of memory alike.
        spawned.map(drop).map_err(|_| io::Error::from_raw_os_error(libc::EAGAIN))
    })
}

/// A thread of a pool.
struct Member {
    core: Arc<Core<WorkFace>>,
    worker: Worker,
}

impl Member {
    /// The life of the thread.
    fn serve(&self) {
        self.worker.come();
        while let Ok(packet) = self.core.take_as(&self.worker) {
            if let Packet::Posted { post: work, .. } = packet {
                work();
            }
        }
        suspend::not_now(|| self.worker.end());
    }

    /// The thread was lost: others do the work that relied on it.
    fn make_up(&self) {
        if self.core.has_packets() {
            let _ = self.worker.is_missed();
        }
    }
}

impl Dependent for Member {
    fn suspension_changed(&self, suspension: &Suspension) {
        suspend::not_now(|| {
            self.worker.set_suspended(|| suspension.is_suspended());
            self.make_up();
        });
    }

    fn thread_ended(&self) {
        suspend::not_now(|| {
            self.worker.end();
            self.make_up();
        });
    }
}

fn serve(member: usize) -> u32 {
    // SAFETY: a string ended by NUL; for those who look at the process from outside.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"longshore-pool".as_ptr()) };
    // SAFETY: the reference that `start_thread` gave away.
    let member = unsafe { Arc::from_raw(member as *const Member) };
    member.serve();
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
