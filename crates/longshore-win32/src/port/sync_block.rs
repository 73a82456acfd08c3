//! Blocking calls on descriptors that never block: waiting for readiness, so that the wait
//! gives the thread's slot to another (Q8) and can be ended from outside, by
//! `CancelSynchronousIo` (K8) or by closing the socket.
//!
//! How a wait and its interruption meet:
//! 1. The thread clears its reason, then adds itself to two lists: that of threads and that of the socket.
//! 2. It checks whether the socket was closed before, then polls the descriptor
//!    together with an eventfd of its own.
//! 3. A thread that interrupts finds the block in a list, sets the reason (the first one stays) and
//!    then the eventfd: the poll returns, or does not begin to wait. An interruption before step 1
//!    finds nothing and reports that.
//! 4. The thread takes itself off both lists and reads the reason.

use crate::object::thread;
use crate::object::wait::apc;
use crate::port::file_object::FileObject;
use crate::sync::lock::{Lock, LockGuard};
use longshore_engine::{Errno, blocking};
use rustix::event::{EventfdFlags, eventfd};
use std::cell::RefCell;
use std::collections::HashMap;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Why a blocking call ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Somebody cancelled it.
    Cancelled,
    /// The socket was closed.
    Closed,
    /// What the thread waits for has ended.
    Finished,
}

const NONE: u8 = 0;

impl Interruption {
    fn to_reason(self) -> u8 {
        match self {
            Interruption::Cancelled => 1,
            Interruption::Closed => 2,
            Interruption::Finished => 3,
        }
    }

    fn of_reason(reason: u8) -> Option<Interruption> {
        match reason {
            1 => Some(Interruption::Cancelled),
            2 => Some(Interruption::Closed),
            3 => Some(Interruption::Finished),
            _ => None,
        }
    }
}

/// Through this, others interrupt a thread.
pub struct SyncBlock {
    /// An eventfd; none if descriptors had run out when the thread first needed it.
    bell: Option<OwnedFd>,
    /// The signal for a thread without an eventfd.
    rung: AtomicBool,
    /// [`NONE`], or why the call is to end; written once for each call, by the first thread.
    reason: AtomicU8,
}

/// The threads that are in a blocking call now.
static BLOCKED: LazyLock<Lock<HashMap<u32, Arc<SyncBlock>>>> =
    LazyLock::new(|| Lock::last("threads in blocking calls", HashMap::new()));

thread_local! {
    static OWN: RefCell<Option<Arc<SyncBlock>>> = const { RefCell::new(None) };
}

fn blocked() -> LockGuard<'static, HashMap<u32, Arc<SyncBlock>>> {
    BLOCKED.lock()
}

/// The blocked calls of one socket.
pub type Blocks = Lock<Vec<Arc<SyncBlock>>>;

/// Ends the blocked calls of a socket; true if there was one.
pub(crate) fn interrupt_all(blocks: &Blocks, interruption: Interruption) -> bool {
    // Under the lock: once a thread has left the list, it may be in another call.
    let blocks = blocks.lock();
    // `count` and not `any`, so that every one of them is ended.
    blocks.iter().filter(|block| block.cancel(interruption)).count() > 0
}

impl SyncBlock {
    /// The calling thread's. If no eventfd can be made, calls on existing descriptors still work.
    pub(crate) fn own() -> Arc<SyncBlock> {
        if let Ok(Some(block)) = OWN.try_with(|own| own.borrow().clone()) {
            return block;
        }
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).ok();
        let keep = bell.is_some();
        let block = Arc::new(SyncBlock { bell, rung: AtomicBool::new(false), reason: AtomicU8::new(NONE) });
        // In a destructor of the program the thread-local values may be gone; then each call gets a new one.
        if keep {
            let _ = OWN.try_with(|own| *own.borrow_mut() = Some(block.clone()));
        }
        block
    }

    /// For poll(2), which leaves negative numbers out.
    fn bell_fd(&self) -> i32 {
        self.bell.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Ends the thread's current wait, or its next one.
    fn ring(&self) {
        match &self.bell {
            None => self.rung.store(true, Ordering::Release),
            Some(bell) => {
                let _ = rustix::io::write(bell, &1u64.to_ne_bytes()); // A full counter rings as well.
            }
        }
    }

    /// Ends the call a thread is blocked in now; false if it is in none, or that is being ended already.
    pub fn cancel_of_thread(thread: u32, interruption: Interruption) -> bool {
        // Under the lock: once the thread has left the list, it may be in another call.
        blocked().get(&thread).is_some_and(|block| block.cancel(interruption))
    }

    /// Ends the call; false if it is being ended already.
    pub fn cancel(&self, interruption: Interruption) -> bool {
        let first =
            self.reason.compare_exchange(NONE, interruption.to_reason(), Ordering::AcqRel, Ordering::Relaxed);
        if first.is_err() {
            return false;
        }
        self.ring();
        true
    }

    fn hush(&self) {
        self.rung.store(false, Ordering::Release);
        if let Some(bell) = &self.bell {
            let _ = rustix::io::read(bell, &mut [0u8; 8]); // It may be silent already.
        }
    }
}

/// Why a wait ended without readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// The time is over.
    TimedOut,
    /// Another thread ended the call.
    Interrupted(Interruption),
    /// The system refused to wait.
    Failed(Errno),
}

/// Waits until one of the descriptors is ready, as poll(2) does; `files` are the sockets whose closing ends
/// the wait. Returns how many are ready.
pub(crate) fn poll(
    polls: &mut Vec<libc::pollfd>,
    files: &[&FileObject],
    timeout: Option<Duration>,
    alertable: Alertable,
) -> Result<usize, NotReady> {
    poll_unless(polls, files, timeout, alertable, || false)
}

/// Whether a wait runs the thread's APCs. The wait goes on afterwards: an APC does not end a
/// blocking call of Winsock (AP1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alertable {
    Yes,
    No,
}

/// The same, unless `done` is true once the thread can be found.
fn poll_unless(
    polls: &mut Vec<libc::pollfd>,
    files: &[&FileObject],
    timeout: Option<Duration>,
    alertable: Alertable,
    done: impl Fn() -> bool,
) -> Result<usize, NotReady> {
    let block = SyncBlock::own();
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        // While APCs run, the thread is on no list: an APC may make a blocking call itself.
        if alertable == Alertable::Yes {
            apc::run_pending();
        }
        match poll_once(&block, polls, files, deadline, alertable, &done)? {
            Polled::Ready(count) => return Ok(count),
            Polled::Roused => {}
        }
    }
}

/// How a wait ended.
enum Polled {
    Ready(usize),
    /// There is an APC.
    Roused,
}

fn poll_once(
    block: &Arc<SyncBlock>,
    polls: &mut Vec<libc::pollfd>,
    files: &[&FileObject],
    deadline: Option<Instant>,
    alertable: Alertable,
    done: &impl Fn() -> bool,
) -> Result<Polled, NotReady> {
    let _entered = Entered::new(block, files, thread::current_id());
    if files.iter().any(|file| file.is_closed()) {
        return Err(NotReady::Interrupted(Interruption::Closed));
    }
    if done() {
        return Ok(Polled::Ready(0));
    }
    let mut wait = || {
        polls.push(libc::pollfd { fd: block.bell_fd(), events: libc::POLLIN, revents: 0 });
        let result = blocking(|| poll_until(block, polls, deadline));
        polls.pop();
        result
    };
    let result = match alertable {
        Alertable::Yes => apc::with_rouser(&|| block.ring(), wait),
        Alertable::No => wait(),
    };
    if let Some(interruption) = Interruption::of_reason(block.reason.load(Ordering::Acquire)) {
        block.hush();
        return Err(NotReady::Interrupted(interruption));
    }
    match result? {
        0 => Err(NotReady::TimedOut),
        _ => match polls.iter().filter(|poll| poll.revents != 0).count() {
            0 => Ok(Polled::Roused),
            ready => Ok(Polled::Ready(ready)),
        },
    }
}

/// How long a thread without an eventfd sleeps before it checks for an interruption.
const LOOK: Duration = Duration::from_millis(10);

/// The number of descriptors with events. The eventfd counts, and so does an interruption without one.
fn poll_until(
    block: &SyncBlock,
    polls: &mut [libc::pollfd],
    deadline: Option<Instant>,
) -> Result<usize, NotReady> {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let deaf = block.bell.is_none();
        if deaf && block.rung.swap(false, Ordering::AcqRel) {
            return Ok(1);
        }
        let over = left;
        let left = if deaf { Some(left.map_or(LOOK, |left| left.min(LOOK))) } else { left };
        let time = left.map(|left| libc::timespec {
            tv_sec: left.as_secs() as libc::time_t,
            tv_nsec: left.subsec_nanos() as libc::c_long,
        });
        let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: a valid array of the length said, a valid time or none, and no signal mask.
        let count = unsafe { libc::ppoll(polls.as_mut_ptr(), polls.len() as _, time, std::ptr::null()) };
        match usize::try_from(count) {
            Ok(0) if deaf && over.is_none_or(|left| left > LOOK) => {}
            Ok(count) => return Ok(count),
            Err(_) if Errno::last().0 == libc::EINTR => {}
            Err(_) => return Err(NotReady::Failed(Errno::last())),
        }
    }
}

/// Waits until one descriptor of `file` is ready for these events of poll(2).
pub(crate) fn wait_ready(
    file: &FileObject,
    descriptor: &OwnedFd,
    events: i16,
    timeout: Option<Duration>,
    alertable: Alertable,
) -> Result<(), NotReady> {
    let mut polls = vec![libc::pollfd { fd: descriptor.as_raw_fd(), events, revents: 0 }];
    poll(&mut polls, &[file], timeout, alertable).map(drop)
}

/// Waits until what the thread waits for has ended: `done` says so, and [`SyncBlock::cancel`] with
/// [`Interruption::Finished`] was called.
pub(crate) fn wait_for_end(
    file: &FileObject,
    timeout: Option<Duration>,
    alertable: Alertable,
    done: impl Fn() -> bool,
) -> Result<(), NotReady> {
    match poll_unless(&mut Vec::new(), &[file], timeout, alertable, &done) {
        Err(reason) if reason != NotReady::Interrupted(Interruption::Finished) && !done() => Err(reason),
        _ => Ok(()),
    }
}

/// The thread can be found while this exists (steps 1 and 4).
struct Entered<'a> {
    block: &'a Arc<SyncBlock>,
    files: &'a [&'a FileObject],
    thread: u32,
}

impl<'a> Entered<'a> {
    fn new(block: &'a Arc<SyncBlock>, files: &'a [&'a FileObject], thread: u32) -> Self {
        block.hush();
        block.reason.store(NONE, Ordering::Relaxed);
        blocked().insert(thread, block.clone());
        for file in files {
            if let Some(blocks) = file.blocks() {
                blocks.lock().push(block.clone());
            }
        }
        Entered { block, files, thread }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        blocked().remove(&self.thread);
        for file in self.files {
            if let Some(blocks) = file.blocks() {
                let mut blocks = blocks.lock();
                if let Some(place) = blocks.iter().position(|block| Arc::ptr_eq(block, self.block)) {
                    blocks.swap_remove(place);
                }
            }
        }
    }
}
