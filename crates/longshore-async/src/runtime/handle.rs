//! Access to a runtime from anywhere.

use super::{Entered, current};
use crate::packet::Packet;
use crate::task::cell::{Description, Schedule, Scheduled, TaskRef};
use crate::task::{Id, JoinHandle, Name};
use crate::timers::Timers;
use longshore::{BufferPool, Port, Stats};
use slab::Slab;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Bytes that a connection receives at once.
const RECEIVE_BYTES: usize = 16 * 1024;

/// Buffers that are kept for connections to come.
const BUFFERS_KEPT: usize = 256;

/// Starts tasks on a runtime, from its tasks and from any other thread. Clones are the same runtime.
///
/// It keeps the port, not the threads: when the [`Runtime`](crate::Runtime) is gone, a task that
/// is spawned is cancelled at once.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

/// What a runtime's threads, tasks and I/O objects share.
pub(crate) struct Shared {
    port: Port<Packet>,
    buffers: BufferPool,
    timers: Arc<Timers>,
    tasks: Mutex<Tasks>,
    /// Told when the last task has ended.
    all_ended: Condvar,
    spawned: AtomicU64,
    slow_poll: Option<Duration>,
}

struct Tasks {
    live: Slab<Option<TaskRef>>,
    /// Tasks that are spawned from now on are cancelled.
    closed: bool,
}

/// A task as [`Handle::tasks`] shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Its number.
    pub id: Id,
    /// Its name, if it was given one.
    pub name: Option<Arc<str>>,
    /// Where `spawn` was called.
    pub spawned_at: &'static Location<'static>,
    /// Whether it is being polled at the moment.
    pub is_running: bool,
}

impl Shared {
    pub(super) fn new(port: Port<Packet>, slow_poll: Option<Duration>) -> Arc<Shared> {
        let timers = Timers::new(port.clone());
        Arc::new(Shared {
            port,
            buffers: BufferPool::new(RECEIVE_BYTES, BUFFERS_KEPT),
            timers,
            tasks: Mutex::new(Tasks { live: Slab::new(), closed: false }),
            all_ended: Condvar::new(),
            spawned: AtomicU64::new(0),
            slow_poll,
        })
    }

    pub(super) fn handle(self: &Arc<Self>) -> Handle {
        Handle { shared: self.clone() }
    }

    pub(crate) fn timers(&self) -> &Arc<Timers> {
        &self.timers
    }

    pub(crate) fn port(&self) -> &Port<Packet> {
        &self.port
    }

    pub(crate) fn buffers(&self) -> &BufferPool {
        &self.buffers
    }

    pub(super) fn slow_poll(&self) -> Option<Duration> {
        self.slow_poll
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn live(&self) -> Vec<TaskRef> {
        self.tasks().live.iter().filter_map(|(_, task)| task.clone()).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.tasks().live.len()
    }

    /// From now on every task that is spawned is cancelled; aborts those there are.
    pub(super) fn abort_all(&self) {
        self.tasks().closed = true;
        self.live().iter().for_each(TaskRef::abort);
    }

    /// Waits until there is no task; false if there are some at the deadline.
    pub(super) fn wait_until_all_ended(&self, deadline: Instant) -> bool {
        longshore::blocking(|| {
            let mut tasks = self.tasks();
            while !tasks.live.is_empty() {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                let waited = self.all_ended.wait_timeout(tasks, left);
                tasks = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
            }
            true
        })
    }

    fn spawn<F>(
        self: &Arc<Self>,
        future: F,
        name: Name,
        spawned_at: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawned.fetch_add(1, Ordering::Relaxed);
        let mut tasks = self.tasks();
        let closed = tasks.closed;
        let entry = tasks.live.vacant_entry();
        let description = Description { id: Id::next(), index: entry.key(), name, spawned_at };
        let (task, scheduled) = TaskRef::new(future, self.clone(), description);
        entry.insert(Some(task.clone()));
        drop(tasks);
        if closed {
            drop(scheduled);
        } else {
            self.post(scheduled);
        }
        JoinHandle::new(task)
    }

    fn post(&self, task: Scheduled) {
        // On a port that is closed it comes back, and is cancelled by being dropped.
        let _ = self.port.post(0, Packet::Task(task));
    }
}

impl Schedule for Shared {
    #[inline]
    fn schedule(&self, task: Scheduled) {
        if let Some(task) = current::offer(self, task) {
            self.post(task);
        }
    }

    fn completed(&self, index: usize) {
        let mut tasks = self.tasks();
        let task = tasks.live.try_remove(index);
        if tasks.live.is_empty() {
            self.all_ended.notify_all();
        }
        drop(tasks);
        // Its caller has a reference too: nothing ends here.
        drop(task);
    }
}

impl Handle {
    pub(super) fn new(shared: Arc<Shared>) -> Handle {
        Handle { shared }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn port(&self) -> &Port<Packet> {
        &self.shared.port
    }

    /// The runtime of the calling thread, if it is in one.
    pub fn try_current() -> Option<Handle> {
        current::handle()
    }

    /// The runtime of the calling thread.
    ///
    /// # Panics
    /// If it is in none.
    #[track_caller]
    pub fn current() -> Handle {
        match current::handle() {
            Some(handle) => handle,
            None => panic!(
                "there is no longshore-async runtime here: call this within Runtime::block_on or a task"
            ),
        }
    }

    /// As [`Handle::current`], for what can fail.
    pub(crate) fn current_or_error() -> std::io::Result<Handle> {
        current::handle().ok_or_else(|| {
            std::io::Error::other(
                "there is no longshore-async runtime here: call this within Runtime::block_on or a task",
            )
        })
    }

    /// The calling thread is in this runtime until what is returned is dropped.
    pub fn enter(&self) -> Entered {
        Entered::new(self.clone())
    }

    /// As [`spawn`](crate::spawn), on this runtime.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.shared.spawn(future, None, Location::caller())
    }

    /// The same, with a name that [`Handle::tasks`] and messages show.
    #[track_caller]
    pub fn spawn_named<F>(&self, name: impl Into<Arc<str>>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.shared.spawn(future, Some(name.into()), Location::caller())
    }

    /// As [`spawn_blocking`](crate::spawn_blocking), on this runtime.
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, call: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.shared.spawn(async move { longshore::blocking(call) }, None, Location::caller())
    }

    /// As [`Runtime::block_on`](crate::Runtime::block_on).
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.enter();
        super::block_on(future)
    }

    /// How many tasks run at a time.
    pub fn concurrency(&self) -> usize {
        self.port().concurrency()
    }

    /// The tasks there are, in no particular order. It takes the lock that `spawn`
    /// takes, for as long as it copies.
    pub fn tasks(&self) -> Vec<TaskInfo> {
        let info = |task: TaskRef| {
            let Description { id, name, spawned_at, .. } = task.header().description.clone();
            let is_running = task.header().state.load() & crate::task::state::RUNNING != 0;
            TaskInfo { id, name, spawned_at, is_running }
        };
        self.shared.live().into_iter().map(info).collect()
    }

    /// How many tasks there are.
    pub fn task_count(&self) -> usize {
        self.shared.count()
    }

    /// How many tasks were spawned so far.
    pub fn spawned_count(&self) -> u64 {
        self.shared.spawned.load(Ordering::Relaxed)
    }

    /// What the port underneath has done so far.
    pub fn port_stats(&self) -> Stats {
        self.port().stats()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("concurrency", &self.concurrency())
            .field("task_count", &self.task_count())
            .finish()
    }
}
