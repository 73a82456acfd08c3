//! Worker threads on a port.

use crate::{Completion, Port, Threads};
use longshore_crew::{Crew, Start, Worker};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Worker threads that run a handler for every completion of a port.
///
/// More threads than the port's concurrency value is the normal thing: those beyond it sleep until a handler
/// blocks. A fixed number of them bounds how many handlers may block at a time without holding up the others.
/// A pool that may grow starts another thread whenever the last one that slept is needed, at most so many
/// as it was told; what it started beyond the least leaves after it was idle for a while ([`Threads`]).
///
/// As many threads as the concurrency value, and at least 16, are started without delay, and then one each
/// millisecond: if a thousand handlers block at once, those that return first serve the queue meanwhile. If
/// the system refuses another thread, the pool says so once (a `tracing` warning), goes on with those it
/// has, and tries again; work waits in the port.
///
/// If a handler panics, only its own completion is affected: the panic is reported (by the panic hook, and
/// as a `tracing` error), and the worker goes on.
///
/// Dropping the pool is [`WorkerPool::shutdown`].
///
/// ```
/// use longshore::{Event, Port, WorkerPool};
/// use std::sync::mpsc;
/// let port = Port::new(1)?;
/// let (tell, told) = mpsc::channel();
/// let pool = WorkerPool::new(&port, 2, move |done| tell.send(done.context).unwrap())?;
/// port.post(0, "work").unwrap();
/// assert_eq!(told.recv(), Ok("work"));
/// pool.shutdown();
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A pool that grows with the handlers that block, here until all hundred have met:
///
/// ```
/// use longshore::{Port, WorkerPool, blocking};
/// use std::sync::{Arc, Barrier};
/// let port = Port::new(1)?;
/// let barrier = Arc::new(Barrier::new(101));
/// let meet = barrier.clone();
/// let pool = WorkerPool::new(&port, 1..=101, move |_| {
///     blocking(|| meet.wait());
/// })?;
/// (0..100).for_each(|_| port.post(0, ()).unwrap());
/// barrier.wait();
/// pool.shutdown();
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct WorkerPool {
    crew: Arc<Crew>,
    running: Arc<Running>,
    panics: Arc<AtomicU64>,
    wake: Box<dyn Fn() + Send + Sync>,
    ended: bool,
}

/// The threads of a pool, to be waited for.
#[derive(Default)]
struct Running(Mutex<Handles>);

#[derive(Default)]
struct Handles {
    by_number: HashMap<usize, JoinHandle<()>>,
    /// The last one that left. The next one waits for it, so that the stack of no more than
    /// one is kept for nobody.
    left: Option<JoinHandle<()>>,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, Handles> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a thread, unless the pool was stopped.
    fn start(&self, worker: Worker, work: impl FnOnce(&Worker) + Send + 'static) -> io::Result<()> {
        // The thread may end at once; then it looks for its handle, and waits until it is there.
        let mut handles = self.lock();
        let number = worker.number();
        let thread = thread::Builder::new().name(format!("longshore-{number}"));
        let handle = thread.spawn(move || work(&worker))?;
        handles.by_number.insert(number, handle);
        Ok(())
    }

    /// The calling thread is about to end, and nobody waits for it yet.
    fn leaves(&self, number: usize) {
        let mut handles = self.lock();
        let own = handles.by_number.remove(&number);
        let before = own.and_then(|own| handles.left.replace(own));
        drop(handles);
        before.map(JoinHandle::join);
    }

    fn next(&self) -> Option<JoinHandle<()>> {
        let mut handles = self.lock();
        let number = handles.by_number.keys().next().copied();
        number.and_then(|number| handles.by_number.remove(&number)).or_else(|| handles.left.take())
    }
}

/// What a worker needs.
struct Post<C: Send + 'static, H> {
    port: Port<C>,
    handler: H,
    running: Arc<Running>,
    panics: Arc<AtomicU64>,
}

impl WorkerPool {
    /// Starts the workers: a number of them (`8`), or at first the least of a range (`2..=64`).
    ///
    /// # Errors
    /// `InvalidInput` for no threads, or for a least that exceeds the most; otherwise the system's refusal to
    /// start one, after those already started have been stopped.
    pub fn new<C, H>(port: &Port<C>, threads: impl Into<Threads>, handler: H) -> io::Result<WorkerPool>
    where
        C: Send + 'static,
        H: Fn(Completion<C>) + Send + Sync + 'static,
    {
        let Threads { least, most, idle_max } = threads.into();
        let invalid = |message| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        if least == 0 {
            return invalid("a pool needs at least one thread");
        }
        if least > most {
            return invalid("a pool cannot have more threads at least than at most");
        }
        let crew = Crew::new(least, most, port.concurrency(), idle_max);
        let (running, panics) = (Arc::<Running>::default(), Arc::<AtomicU64>::default());
        let post = Post { port: port.clone(), handler, running: running.clone(), panics: panics.clone() };
        let post = Arc::new(post);
        // Only workers hold what they need: when the last has ended, the port's clone and the handler go.
        let start: Arc<dyn Start> = Arc::new(move |worker: Worker| {
            let post = post.clone();
            post.running.clone().start(worker, move |worker| work(&post, worker))
        });
        let core = port.core().clone();
        let wake = Box::new(move || core.rouse_all());
        let pool = WorkerPool { crew, running, panics, wake, ended: false };
        pool.crew.fill(&start)?;
        Ok(pool)
    }

    /// Handlers that panicked so far.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// The threads there are now, those that are just being started included.
    pub fn threads(&self) -> usize {
        self.crew.threads()
    }

    /// Ends the pool gracefully: the workers handle everything that is queued or ready, then stop. Returns
    /// when all have stopped. The port stays open, and pending operations stay pending.
    pub fn shutdown(mut self) {
        self.stop();
    }

    /// Waits until the port is closed and the workers are done with it.
    pub fn join(mut self) {
        self.join_all();
    }

    fn stop(&mut self) {
        // Set before the port's lock is taken: a worker that looks after that sees it.
        self.crew.stop();
        (self.wake)();
        self.join_all();
    }

    fn join_all(&mut self) {
        self.ended = true;
        // The calling thread may hold a slot that the workers need (Q8, Q10).
        crate::blocking(|| {
            // A worker that has not ended may start another before it does.
            while let Some(worker) = self.running.next() {
                // A handler may own the pool that runs it.
                if worker.thread().id() != thread::current().id() {
                    // Panics of handlers are caught, so a worker never panics.
                    let _ = worker.join();
                }
            }
        });
    }
}

impl Drop for WorkerPool {
    fn drop(&mut self) {
        if !self.ended {
            self.stop();
        }
    }
}

impl fmt::Debug for WorkerPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerPool").field("crew", &self.crew).field("panics", &self.panics()).finish()
    }
}

fn work<C: Send + 'static, H: Fn(Completion<C>)>(post: &Post<C, H>, worker: &Worker) {
    worker.come();
    // The handler is shared state only through `Sync`, and a panic cannot leave the port's half undone.
    while catch_unwind(AssertUnwindSafe(|| post.port.serve(worker, &post.handler))).is_err() {
        post.panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!("a handler panicked; its worker goes on");
    }
    post.running.leaves(worker.number());
}
