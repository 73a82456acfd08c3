//! Worker threads on a port.

use crate::sys::StopFlag;
use crate::{Completion, Port};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

/// Worker threads that run a handler for every completion of a port.
///
/// More threads than the port's concurrency value is the normal thing: those beyond it sleep until a handler
/// blocks. If a handler panics, only its own completion is affected: the panic is reported (by the panic
/// hook, and as a `tracing` error), and the worker goes on.
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
#[derive(Debug)]
pub struct WorkerPool {
    workers: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
    wake: Wake,
}

#[derive(Debug, Default)]
struct Shared {
    stop: StopFlag,
    panics: AtomicU64,
}

/// Wakes the workers, whatever the port's context type is.
struct Wake(Box<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wake")
    }
}

impl WorkerPool {
    /// Starts `threads` workers.
    ///
    /// # Errors
    /// `InvalidInput` for no threads; otherwise the system's refusal to start one, after those
    /// already started have been stopped.
    pub fn new<C, H>(port: &Port<C>, threads: usize, handler: H) -> io::Result<WorkerPool>
    where
        C: Send + 'static,
        H: Fn(Completion<C>) + Send + Sync + 'static,
    {
        if threads == 0 {
            let message = "a pool needs at least one thread";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let handler = Arc::new(handler);
        let shared = Arc::new(Shared::default());
        let core = port.core().clone();
        let mut pool = WorkerPool {
            workers: Vec::with_capacity(threads),
            shared: shared.clone(),
            wake: Wake(Box::new(move || core.rouse_all())),
        };
        for number in 0..threads {
            let (port, handler, shared) = (port.clone(), handler.clone(), shared.clone());
            let worker = thread::Builder::new()
                .name(format!("longshore-{number}"))
                .spawn(move || work(&port, &*handler, &shared))?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    /// Handlers that panicked so far.
    pub fn panics(&self) -> u64 {
        self.shared.panics.load(Ordering::Relaxed)
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
        self.shared.stop.store(true, Ordering::Release);
        (self.wake.0)();
        self.join_all();
    }

    fn join_all(&mut self) {
        let workers = self.workers.drain(..);
        // A handler may own the pool that runs it.
        let others = workers.filter(|worker| worker.thread().id() != thread::current().id());
        // The calling thread may hold a slot that the workers need (Q8, Q10).
        crate::blocking(|| {
            for worker in others {
                // Panics of handlers are caught, so a worker never panics.
                let _ = worker.join();
            }
        });
    }
}

impl Drop for WorkerPool {
    fn drop(&mut self) {
        if !self.workers.is_empty() {
            self.stop();
        }
    }
}

fn work<C: Send + 'static>(port: &Port<C>, handler: &dyn Fn(Completion<C>), shared: &Shared) {
    while let Some(completion) = port.get_unless(&shared.stop) {
        // The handler is shared state only through `Sync`, and a panic cannot leave the port's half undone.
        if catch_unwind(AssertUnwindSafe(|| handler(completion))).is_err() {
            shared.panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!("a handler panicked; its worker goes on");
        }
    }
}
