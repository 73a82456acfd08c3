//! A shard's driver: the only thread that touches its ring.
//!
//! # An operation's life on a ring
//!
//! 1. The driver takes it out of the inbox together with a free slot, one lock for the whole
//!    batch ([`Inbox::exchange`]). The slot owns the operation, and the list of its regions,
//!    from here to its last answer.
//! 2. [`Driver::attempt`] makes a submission of its next call. Slots never move, so the addresses in it hold.
//! 3. The answer comes. A short transfer or an interruption goes back to 2 under the same name, within the
//!    same turn; anything else moves the operation out of its slot into `finished`.
//! 4. At the next turn, which comes without waiting, `exchange` gives the slot back, so that no cancel counts
//!    it any more, and only then the batch goes to the sink.
//! 5. A cancelled operation ends with its next answer, whatever that is (K4, K10): it is not asked again.
//!
//! # The end
//!
//! 1. The source closed its inbox: nothing arrives any more. The driver sees it in its next `exchange`.
//! 2. It requests a cancel of every operation and goes on as before, except that what ends is dropped, not
//!    delivered. A slot is emptied by its answer and by nothing else.
//! 3. With nothing in flight it ends the read of its own wake-up by waking itself,
//!    and waits for that answer too.
//! 4. Now the kernel holds no address of ours. The ring is closed and the thread ends.
//!
//! A panic of this file's own code would break 2; it aborts the process instead ([`AbortOnUnwind`]).

use super::inbox::{Exchange, Inbox, Token};
use super::{IN_FLIGHT_MAX, WakeUp};
use crate::operation::Regions;
use crate::operation::catch_panic::{catch_panic, drop_operation};
use crate::operation::transfer::{self, BYTES_PER_CALL_MAX, Call, Verdict};
use crate::operation::{Errno, Face, Operation};
use crate::sources::Sink;
use io_uring::{EnterFlags, IoUring, opcode, squeue, types};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// Answers that belong to no slot. Slot numbers are far below either low half.
const WAKE_UP: u64 = u64::MAX;
const CANCEL: u64 = u64::MAX - 1;

/// How many calls of a batch are submitted before the rest is prepared; then twice as many, and so on. The
/// kernel holds back calls that are submitted together: the device gets none before the last one is prepared,
/// and would be idle until then. Doubling keeps the number of system calls low.
const FIRST_PART: usize = 4;

/// The pause when the kernel has no memory or the ring fails.
const BACK_OFF: Duration = Duration::from_millis(1);

/// What the user's side and the driver share.
pub(super) struct Shared<F: Face> {
    pub(super) inbox: Inbox<F>,
    pub(super) wake_up: WakeUp,
}

/// One place in the kernel.
struct Slot<F: Face> {
    operation: Option<Box<Operation<F>>>,
    token: Token,
    /// The memory of the call in flight; the kernel may look here until it answers.
    regions: Regions,
    cancelled: bool,
    /// The call in flight is a pause between two attempts.
    pausing: bool,
    /// "Not now" answers since the last progress.
    refusals: u32,
    pause: types::Timespec,
}

pub(super) struct Driver<F: Face> {
    ring: IoUring,
    shared: Arc<Shared<F>>,
    sink: Weak<dyn Sink<F>>,
    /// Fixed in number and place: submissions point into them.
    slots: Box<[Slot<F>]>,
    /// Slots with a call in the kernel.
    in_flight: usize,
    finished: Vec<Box<Operation<F>>>,
    exchange: Exchange<F>,
    answers: Vec<(u64, i32)>,
    /// The memory for the read of the wake-up's count. Boxed, so that it does not move with the driver.
    wake_up_count: Box<u64>,
    wake_up_armed: bool,
    closing: bool,
}

impl<F: Face> Driver<F> {
    pub(super) fn new(ring: IoUring, shared: Arc<Shared<F>>, sink: Weak<dyn Sink<F>>) -> Self {
        let slots = (0..IN_FLIGHT_MAX).map(|_| Slot {
            operation: None,
            token: Token(0),
            regions: Regions::new(),
            cancelled: false,
            pausing: false,
            refusals: 0,
            pause: types::Timespec::new(),
        });
        Driver {
            ring,
            shared,
            sink,
            slots: slots.collect(),
            in_flight: 0,
            finished: Vec::new(),
            exchange: Exchange {
                completed: Vec::new(),
                taken: Vec::new(),
                cancels: Vec::new(),
                closing: false,
            },
            answers: Vec::new(),
            wake_up_count: Box::new(0),
            wake_up_armed: false,
            closing: false,
        }
    }

    /// Drives the ring until the source is closed and the kernel uses no memory of it any more.
    pub(super) fn run(mut self) {
        let _abort = AbortOnUnwind;
        loop {
            self.shared.inbox.exchange(&mut self.exchange);
            if self.exchange.closing && !self.closing {
                self.closing = true;
                self.cancel_all();
            }
            self.deliver();
            self.start_and_cancel();
            if self.closing && self.in_flight == 0 {
                break;
            }
            self.arm_wake_up();
            // An operation that ended without the kernel has no answer to wait for.
            let wait = self.finished.is_empty() && self.shared.inbox.may_sleep(self.closing);
            self.enter(wait);
            self.reap();
        }
        self.deliver();
        self.shared.wake_up.signal();
        while self.wake_up_armed {
            self.enter(true);
            self.reap();
        }
    }

    /// Passes the finished operations to the sink in one call, or drops them if there is none.
    fn deliver(&mut self) {
        if self.finished.is_empty() {
            return;
        }
        if !self.closing {
            let finished = &mut self.finished;
            let sink = &self.sink;
            // The upgraded sink may be the last one, and its drop then runs here.
            catch_panic("delivering completions", || {
                if let Some(sink) = sink.upgrade() {
                    sink.complete(finished);
                }
            });
        }
        for operation in self.finished.drain(..) {
            drop_operation(operation);
        }
    }

    fn start_and_cancel(&mut self) {
        let mut taken = std::mem::take(&mut self.exchange.taken);
        let mut part = FIRST_PART;
        for (token, operation) in taken.drain(..) {
            self.start(token, operation);
            if self.ring.submission().len() >= part {
                self.enter(false);
                part *= 2;
            }
        }
        self.exchange.taken = taken;
        // After the starts: a cancel finds the call it is for already in the submission queue before it.
        let mut cancels = std::mem::take(&mut self.exchange.cancels);
        for token in cancels.drain(..) {
            self.cancel(token);
        }
        self.exchange.cancels = cancels;
    }

    fn start(&mut self, token: Token, mut operation: Box<Operation<F>>) {
        let begun = catch_panic("a payload's acquire", || transfer::begin(&mut operation));
        let slot = &mut self.slots[token.slot()];
        debug_assert!(slot.operation.is_none());
        slot.operation = Some(operation);
        slot.token = token;
        slot.cancelled = false;
        slot.pausing = false;
        slot.refusals = 0;
        match begun {
            Some(Ok(())) => self.attempt(token.slot()),
            Some(Err(errno)) => self.finish(token.slot(), Some(errno)),
            None => self.finish(token.slot(), Some(Errno(libc::EIO))),
        }
    }

    /// Submits the next call of the slot's operation.
    fn attempt(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(operation) = slot.operation.as_mut() else {
            return;
        };
        let step = match catch_panic("a payload's regions", || transfer::next(operation)) {
            Some(Ok(step)) => step,
            Some(Err(errno)) => return self.finish(index, Some(errno)),
            None => return self.finish(index, Some(Errno(libc::EIO))),
        };
        slot.regions = step.regions;
        let fd = types::Fd(operation.handle.descriptor().as_raw_fd());
        let mut entry = submission(fd, step.call, &slot.regions);
        // An append must reach the file system as one blocking call: a write that was tried without blocking
        // and stopped half-way goes on in a second call, after somebody else's append (F12). And a call that
        // was refused without blocking is not tried that way again.
        if step.call == Call::Append || slot.refusals > 0 {
            entry = entry.flags(squeue::Flags::ASYNC);
        }
        let entry = entry.user_data(slot.token.0);
        self.in_flight += 1;
        // SAFETY: the memory named is the payload's, valid and in place until the payload is dropped
        // (promised by its author, `unsafe impl Payload`), and the list of it is the slot's, which
        // does not move. The slot keeps both, and through the operation's handle the descriptor,
        // until the answer is in (`complete`).
        unsafe { self.push(&entry) };
    }

    /// Waits, in the kernel, before the next attempt. The wait can be cancelled like the call it stands for.
    fn pause(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.pausing = true;
        slot.pause = types::Timespec::from(transfer::pause(slot.refusals));
        let entry = opcode::Timeout::new(&raw const slot.pause).build().user_data(slot.token.0);
        self.in_flight += 1;
        // SAFETY: the time is the slot's, which does not move and is not reused before the answer is in.
        unsafe { self.push(&entry) };
    }

    fn cancel_all(&mut self) {
        for index in 0..self.slots.len() {
            if self.slots[index].operation.is_some() {
                self.cancel(self.slots[index].token);
            }
        }
    }

    /// Requests the end of an operation in flight, unless it ended meanwhile.
    fn cancel(&mut self, token: Token) {
        let slot = &mut self.slots[token.slot()];
        if slot.operation.is_none() || slot.token != token || slot.cancelled {
            return;
        }
        slot.cancelled = true;
        let entry = opcode::AsyncCancel::new(token.0).build().user_data(CANCEL);
        // SAFETY: a cancel names no memory.
        unsafe { self.push(&entry) };
    }

    fn arm_wake_up(&mut self) {
        if self.wake_up_armed {
            return;
        }
        let fd = types::Fd(self.shared.wake_up.fd.as_raw_fd());
        let count = &raw mut *self.wake_up_count;
        let entry = opcode::Read::new(fd, count.cast(), size_of::<u64>() as u32).build().user_data(WAKE_UP);
        self.wake_up_armed = true;
        // SAFETY: the box is the driver's, and the driver does not end while the read is armed (`run`).
        unsafe { self.push(&entry) };
    }

    /// Puts an entry into the submission queue, handing over what is there if it is full.
    ///
    /// # Safety
    ///
    /// The memory the entry names must stay valid until its answer has been taken out of the ring.
    unsafe fn push(&mut self, entry: &squeue::Entry) {
        // SAFETY: passed on to the caller.
        while unsafe { self.ring.submission().push(entry) }.is_err() {
            self.enter(false);
        }
    }

    /// Submits what is queued, runs the ring's completion work, and waits for an answer if asked to.
    fn enter(&mut self, wait: bool) {
        let queued = self.ring.submission().len();
        let mut flags = EnterFlags::GETEVENTS;
        // An idle port must not look like one that waits for a disk.
        if self.in_flight == 0 && self.ring.params().is_feature_no_iowait() {
            flags |= EnterFlags::NO_IOWAIT;
        }
        // SAFETY: the entries queued were vouched for when they were pushed; no argument structure is passed.
        let entered = unsafe {
            self.ring.submitter().enter::<libc::sigset_t>(queued as u32, u32::from(wait), flags.bits(), None)
        };
        if let Err(error) = entered {
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                // The kernel has no memory for the requests, or wants its completions seen first. Both pass.
                Some(libc::EAGAIN | libc::EBUSY | libc::ENOMEM) => thread::sleep(BACK_OFF),
                // Not known to happen. Operations in flight must still be completed, so the driver goes on.
                _ => {
                    tracing::error!("io_uring_enter failed: {error}; trying again");
                    thread::sleep(100 * BACK_OFF);
                }
            }
        }
    }

    /// Takes every answer there is.
    fn reap(&mut self) {
        let mut answers = std::mem::take(&mut self.answers);
        answers.extend(self.ring.completion().map(|answer| (answer.user_data(), answer.result())));
        for (name, result) in answers.drain(..) {
            match name {
                WAKE_UP => self.wake_up_armed = false,
                // The operation's own answer says how it ended (K10).
                CANCEL => {}
                token => self.complete(Token(token), result),
            }
        }
        self.answers = answers;
    }

    /// The kernel uses the slot's memory no more, and has said how much it transferred.
    fn complete(&mut self, token: Token, result: i32) {
        self.in_flight -= 1;
        let index = token.slot();
        let slot = &mut self.slots[index];
        assert!(slot.token == token, "an answer for a slot that was given away");
        let Some(operation) = slot.operation.as_mut() else {
            return;
        };
        let verdict = if slot.pausing {
            slot.pausing = false;
            Verdict::Again
        } else {
            let answer = usize::try_from(result).map_err(|_| Errno(result.saturating_neg()));
            if answer.is_ok() {
                slot.refusals = 0;
            }
            transfer::settle(operation, slot.regions.len(), answer)
        };
        let cancelled = slot.cancelled || self.closing;
        match verdict {
            Verdict::Finished => self.finish(index, None),
            _ if cancelled => self.finish(index, Some(Errno::CANCELLED)),
            Verdict::Again => self.attempt(index),
            Verdict::Later => {
                slot.refusals += 1;
                // The first "not now" may only mean "not without blocking", which the next attempt allows.
                if slot.refusals == 1 {
                    self.attempt(index);
                } else {
                    self.pause(index);
                }
            }
        }
    }

    /// Moves the operation out of its slot. `error`, if given, is how it ended.
    fn finish(&mut self, index: usize, error: Option<Errno>) {
        let slot = &mut self.slots[index];
        if let Some(mut operation) = slot.operation.take() {
            if let Some(errno) = error {
                transfer::fail(&mut operation, errno);
            }
            self.finished.push(operation);
            self.exchange.completed.push(slot.token);
        }
    }
}

fn submission(fd: types::Fd, call: Call, regions: &Regions) -> squeue::Entry {
    // One region, or none, is a cheaper call than a list.
    let list = regions.per_call();
    let plain = match list {
        [] => Some((std::ptr::null_mut(), 0)),
        [region] => Some((region.start(), region.length().min(BYTES_PER_CALL_MAX) as u32)),
        _ => None,
    };
    let (list, count) = (list.as_ptr().cast::<libc::iovec>(), list.len() as u32);
    // The offset of an append is not used, but must not be -1, which would move the file's own position.
    let (offset, flags) = match call {
        Call::Read(offset) | Call::Write(offset) => (offset, 0),
        Call::Append => (0, libc::RWF_APPEND),
        Call::Sync(_) => (0, 0),
    };
    match (call, plain) {
        (Call::Sync(data_only), _) => {
            let mut kind = types::FsyncFlags::empty();
            kind.set(types::FsyncFlags::DATASYNC, data_only);
            opcode::Fsync::new(fd).flags(kind).build()
        }
        (Call::Read(_), Some((address, length))) => {
            opcode::Read::new(fd, address, length).offset(offset).build()
        }
        (Call::Read(_), None) => opcode::Readv::new(fd, list, count).offset(offset).build(),
        (Call::Write(_) | Call::Append, Some((address, length))) => {
            opcode::Write::new(fd, address, length).offset(offset).rw_flags(flags).build()
        }
        (Call::Write(_) | Call::Append, None) => {
            opcode::Writev::new(fd, list, count).offset(offset).rw_flags(flags).build()
        }
    }
}

/// Unwinding would release memory the kernel still works on; ending the process does not.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!(
                "a ring driver panicked; aborting, for the kernel may still write to its buffers"
            );
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests;
