//! Regular files and block devices where io_uring is refused: blocking calls on a bounded set of threads.
//!
//! # The mechanism
//!
//! One queue, and threads that each take an operation, make its calls, and hand it to the sink. A
//! thread is started when an operation finds no idle one, up to a bound, and ends after ten idle
//! seconds. So a program that stops using files has no such threads. Every Linux has these calls, and
//! every seccomp profile allows them.
//!
//! Why bounded: a thread that waits for a device uses no CPU, but a stack and an entry in the kernel's
//! tables. A disk's own queue has a few dozen entries; more threads only wait for each other.
//!
//! # What a cancel can do
//!
//! A blocking file call cannot be interrupted, so a cancel affects operations in the queue and no
//! others: those it removes and completes with [`Errno::CANCELLED`], and it counts only them. One
//! that is running ends normally (K4, K10). An operation that pauses between two attempts is in
//! the queue, so it can be cancelled.
//!
//! # Life of an operation
//!
//! 1. [`Source::issue`] puts it in the queue and, under the same lock, finds a thread for it: an idle one is
//!    notified, or else a new one is reserved. If no thread can be started and there is no other, the queue
//!    would never be served: what is in it fails with the error of the start.
//! 2. Exactly one thread takes it out. From then on that thread alone has it, memory and all.
//! 3. It makes call after call, as [`crate::operation::transfer`] says, and checks between two of them
//!    whether the source was closed.
//! 4. When it has ended, it is passed to the sink, or dropped if the source was closed. No lock is held then,
//!    because both run code of others.
//!
//! # The end
//!
//! [`Source::close`] drops what is queued and wakes the idle threads, which end. A busy one ends when its
//! call returns; the memory of its operation lives until then. Nobody waits for it.

use super::{Sink, Source};
use crate::handle::Handle;
use crate::operation::catch_panic::{catch_panic, drop_operation};
use crate::operation::transfer::{self, Call, Step, Verdict};
use crate::operation::{Errno, Face, IoSlices, Operation, Which};
use crate::sync::{Condvar, Mutex, MutexGuard, threads};
use rustix::fs::FileType;
use rustix::io::ReadWriteFlags;
use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How long a thread waits for work before it ends.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// The source of file operations where io_uring is not available.
pub(crate) struct Workers<F: Face> {
    pool: Arc<Pool<F>>,
}

struct Pool<F: Face> {
    state: Mutex<State<F>>,
    /// Signalled when an operation is put in the queue, and at the end.
    work: Condvar,
    sink: Weak<dyn Sink<F>>,
    threads_max: usize,
    idle_max: Duration,
    /// Bytes of a thread's stack, if not the usual number.
    stack_bytes: Option<usize>,
}

struct State<F: Face> {
    queue: VecDeque<Queued<F>>,
    /// Threads that run or are being started.
    threads: usize,
    /// Threads that wait for work.
    idle: usize,
    /// Threads started so far, for their names.
    started: usize,
    closing: bool,
}

struct Queued<F: Face> {
    operation: Box<Operation<F>>,
    /// Answers of "not now" in a row.
    refusals: u32,
    /// It pauses until then.
    not_before: Option<Instant>,
}

impl<F: Face> Workers<F> {
    /// A pool of the usual size. Starts no thread yet.
    pub(crate) fn new(sink: Weak<dyn Sink<F>>) -> Self {
        let cpus = thread::available_parallelism().map_or(1, |cpus| cpus.get());
        Self::with_bounds(sink, (2 * cpus).clamp(4, 16), IDLE_MAX, None)
    }

    fn with_bounds(
        sink: Weak<dyn Sink<F>>,
        threads_max: usize,
        idle_max: Duration,
        stack_bytes: Option<usize>,
    ) -> Self {
        Workers {
            pool: Arc::new(Pool {
                state: Mutex::new(State {
                    queue: VecDeque::new(),
                    threads: 0,
                    idle: 0,
                    started: 0,
                    closing: false,
                }),
                work: Condvar::new(),
                sink,
                threads_max,
                idle_max,
                stack_bytes,
            }),
        }
    }
}

impl<F: Face> Source<F> for Workers<F> {
    fn issue(&self, _: &Arc<Handle<F>>, operation: Box<Operation<F>>) -> u64 {
        let id = operation.id;
        let mut state = self.pool.lock();
        if state.closing {
            drop(state);
            drop_operation(operation);
            return id;
        }
        state.queue.push_back(Queued { operation, refusals: 0, not_before: None });
        let notify = state.idle > 0;
        // One idle thread for each operation in the queue, or a new thread: the idle ones may already have
        // been notified for the operations before.
        let start = state.idle < state.queue.len() && state.threads < self.pool.threads_max;
        let number = state.started;
        if start {
            state.threads += 1;
            state.started += 1;
        }
        drop(state);
        if notify {
            self.pool.work.notify_one();
        }
        if start && let Err(error) = Pool::start_thread(&self.pool, number) {
            self.pool.thread_not_started(error.into());
        }
        id
    }

    fn cancel(&self, handle: &Handle<F>, which: Which<'_>) -> usize {
        let mut removed = Vec::new();
        let mut state = self.pool.lock();
        // One turn of the queue, which keeps the order of the others.
        for _ in 0..state.queue.len() {
            if let Some(queued) = state.queue.pop_front() {
                let operation = &queued.operation;
                if std::ptr::eq(&raw const *operation.handle, handle)
                    && which.matches(operation.id, operation.tag())
                {
                    removed.push(queued.operation);
                } else {
                    state.queue.push_back(queued);
                }
            }
        }
        drop(state);
        let count = removed.len();
        self.pool.end_all(&mut removed, Errno::CANCELLED);
        count
    }

    fn close(&self) {
        let mut state = self.pool.lock();
        state.closing = true;
        let dropped = std::mem::take(&mut state.queue);
        drop(state);
        self.pool.work.notify_all();
        dropped.into_iter().for_each(|queued| drop_operation(queued.operation));
    }
}

impl<F: Face> Drop for Workers<F> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<F: Face> Pool<F> {
    fn lock(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock()
    }

    /// The caller has reserved the thread in `threads`.
    fn start_thread(pool: &Arc<Self>, number: usize) -> io::Result<()> {
        let name = format!("longshore-file-{number}");
        let workers = pool.clone();
        threads::start(name, pool.stack_bytes, move || workers.work())
    }

    /// A reserved thread could not be started. The others serve the queue; if there
    /// are none, its operations fail.
    fn thread_not_started(&self, errno: Errno) {
        let mut state = self.lock();
        state.threads -= 1;
        if state.threads > 0 {
            return;
        }
        let mut stranded: Vec<_> = state.queue.drain(..).map(|queued| queued.operation).collect();
        drop(state);
        tracing::error!(
            "no thread could be started for file operations ({errno:?}); look at `ulimit -u` and the pids limit of \
             the container"
        );
        self.end_all(&mut stranded, errno);
    }

    fn end_all(&self, operations: &mut Vec<Box<Operation<F>>>, errno: Errno) {
        for operation in operations.iter_mut() {
            transfer::fail(operation, errno);
        }
        self.complete(operations);
    }

    /// Hands the operations to the sink, or drops them if there is none.
    fn complete(&self, operations: &mut Vec<Box<Operation<F>>>) {
        if operations.is_empty() {
            return;
        }
        // The upgraded sink may be the last one, and its drop then runs here.
        catch_panic("delivering completions", || {
            if let Some(sink) = self.sink.upgrade() {
                sink.complete(operations);
            }
        });
        operations.drain(..).for_each(drop_operation);
    }

    /// A thread's life.
    fn work(&self) {
        let mut finished = Vec::with_capacity(1);
        while let Some(mut queued) = self.take() {
            let verdict = self.run(&mut queued);
            let mut state = self.lock();
            if state.closing {
                drop(state);
                drop_operation(queued.operation);
            } else if verdict == Verdict::Later {
                queued.refusals += 1;
                queued.not_before = Some(Instant::now() + transfer::pause(queued.refusals));
                state.queue.push_back(queued);
                drop(state);
                // This thread may be busy with another operation when the pause is over.
                self.work.notify_one();
            } else {
                drop(state);
                finished.push(queued.operation);
                self.complete(&mut finished);
            }
        }
    }

    /// The next operation that does not pause. None means that the thread must end;
    /// it is not counted any more then.
    fn take(&self) -> Option<Queued<F>> {
        let idle_until = Instant::now() + self.idle_max;
        let mut state = self.lock();
        loop {
            if state.closing {
                break;
            }
            let now = Instant::now();
            let ready = |queued: &Queued<F>| queued.not_before.is_none_or(|time| time <= now);
            if let Some(index) = state.queue.iter().position(ready) {
                return state.queue.remove(index);
            }
            // The queued operations pause. One thread must stay for them.
            let next = state.queue.iter().filter_map(|one| one.not_before).min();
            if next.is_none() && now >= idle_until {
                break;
            }
            let wait = next.unwrap_or(idle_until).saturating_duration_since(now);
            state.idle += 1;
            state = self.work.wait_for(state, wait);
            state.idle -= 1;
        }
        state.threads -= 1;
        None
    }

    /// Makes the operation's calls until it ends, pauses, or the source closes.
    fn run(&self, queued: &mut Queued<F>) -> Verdict {
        let operation = &mut queued.operation;
        // Coming back from a pause, it has its memory already.
        if queued.refusals == 0 {
            match catch_panic("a payload's acquire", || transfer::begin(operation)) {
                Some(Ok(())) => {}
                Some(Err(errno)) => return transfer::fail(operation, errno),
                None => return transfer::fail(operation, Errno(libc::EIO)),
            }
        }
        loop {
            let mut step = match catch_panic("a payload's regions", || transfer::next(operation)) {
                Some(Ok(step)) => step,
                Some(Err(errno)) => return transfer::fail(operation, errno),
                None => return transfer::fail(operation, Errno(libc::EIO)),
            };
            let answer = perform(operation.handle.descriptor(), &mut step);
            if answer.is_ok() {
                queued.refusals = 0;
            }
            match transfer::settle(operation, step.regions.len(), answer) {
                Verdict::Again if self.lock().closing => {
                    return transfer::fail(operation, Errno::CANCELLED);
                }
                Verdict::Again => {}
                verdict => return verdict,
            }
        }
    }
}

/// One blocking call.
fn perform(fd: BorrowedFd<'_>, step: &mut Step) -> Result<usize, Errno> {
    match call(fd, step) {
        // A device without positions takes no offset; there the ring ignores it, and so does this.
        Err(Errno(libc::ESPIPE)) => call_without_offset(fd, step),
        // The same for the flag of an append, which a driver of the old kind cannot be given. A kernel
        // without the flag says so too (before 4.16); no file with an end is written to on that word.
        Err(Errno(libc::EOPNOTSUPP)) if step.call == Call::Append && is_character_device(fd) => {
            call_without_offset(fd, step)
        }
        answer => answer,
    }
}

fn is_character_device(fd: BorrowedFd<'_>) -> bool {
    let stat = rustix::fs::fstat(fd);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice)
}

fn call(fd: BorrowedFd<'_>, step: &mut Step) -> Result<usize, Errno> {
    let regions = &mut step.regions;
    Ok(match step.call {
        Call::Read(offset) => rustix::io::preadv(fd, regions.as_io_slices_mut(), offset)?,
        Call::Write(offset) => rustix::io::pwritev(fd, regions.as_io_slices(), offset)?,
        // The offset is not used, but must not be -1, which would move the file's own position (F12).
        Call::Append => rustix::io::pwritev2(fd, regions.as_io_slices(), 0, ReadWriteFlags::APPEND)?,
        Call::Sync(true) => rustix::fs::fdatasync(fd).map(|()| 0)?,
        Call::Sync(false) => rustix::fs::fsync(fd).map(|()| 0)?,
    })
}

fn call_without_offset(fd: BorrowedFd<'_>, step: &mut Step) -> Result<usize, Errno> {
    Ok(match step.call {
        Call::Read(_) => rustix::io::readv(fd, step.regions.as_io_slices_mut())?,
        Call::Write(_) | Call::Append => rustix::io::writev(fd, step.regions.as_io_slices())?,
        Call::Sync(_) => return Err(Errno(libc::ESPIPE)),
    })
}

#[cfg(test)]
mod tests;
