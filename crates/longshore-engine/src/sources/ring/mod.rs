//! Regular files and block devices: io_uring, driven by threads of the port's own.
//!
//! # The mechanism
//!
//! A file is never "ready" or "not ready", so polling cannot serve it. io_uring is the kernel's way to read
//! and write files without a thread for each call. A source has up to eight *shards*. Each is a ring and one
//! driver thread, which makes the ring, is the only one to submit to it, and sleeps in it. An operation goes
//! to the shard of its handle: into the inbox, the driver takes it, submits it, gets the answer, and hands it
//! to the sink, all in batches, with one system call for each batch.
//!
//! # Why a driver, and never the user's thread
//!
//! Submitting from the issuing thread would avoid the hand-over to the driver. But a request
//! belongs to the task that submitted it:
//! - its completion work runs on that task and nowhere else. If the thread sleeps in the kernel meanwhile,
//!   the packet waits for it to come back;
//! - that work arrives like a signal: unrelated system calls of the user's thread return `EINTR`;
//! - when the thread exits the request is cancelled. Windows promises the opposite for I/O that ends at a
//!   port (TX1), and the issuing thread of ours may exit as well;
//! - and threads that wait for one ring are all woken by each completion, where a port wakes one.
//!
//! The driver exits last, sleeps nowhere else, and runs no user code but the methods of a payload.
//! Because it is alone with its ring, the ring can be of the cheapest kind
//! (`SINGLE_ISSUER | DEFER_TASKRUN`, see `setup`).
//!
//! # Why closing takes its time
//!
//! Closing a ring's descriptor does not end what it started: the kernel goes on reading into memory for as
//! long as the device takes. Memory may be released only when the answer has come. So closing a source only
//! tells its drivers; they cancel what they can, wait for every answer, drop the operations, close the ring
//! and end. The thread that closes the port does not wait for them.
//!
//! # Life of a source
//!
//! 1. [`RingSource::new`] starts the first shard and returns when its driver has made a ring and
//!    tried it. If that failed nothing is left behind, and the error says what to do; the port
//!    then uses [`super::workers`].
//! 2. Further shards start with the first operation of a handle that belongs to them. One that cannot start
//!    (out of files, say) leaves its handles to the first shard, for good: cancels must find the same one.
//! 3. [`Source::close`] closes the shards that exist; `growth` makes sure that no other comes up afterwards.
//! 4. A driver holds its shard, and only a weak reference to the sink. The sink is the port, which owns the
//!    source. So dropping the port drops the source, that closes it, and the drivers end by themselves.
//!
//! Pinned by tests: `file_suite` runs over this source and the workers, and
//! `ring::tests` has what is a ring's own.

mod driver;
mod inbox;
mod setup;

use super::{Sink, Source};
use crate::handle::Handle;
use crate::operation::Which;
use crate::operation::catch_panic::drop_operation;
use crate::operation::transfer;
use crate::operation::{Errno, Face, Operation};
use crate::sync::{Mutex, threads};
use driver::{Driver, Shared};
use inbox::Inbox;
use rustix::event::{EventfdFlags, eventfd};
pub(crate) use setup::Refused;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock, Weak, mpsc};
use std::thread;

/// Operations of one shard in the kernel at a time; the rest waits in the inbox.
const IN_FLIGHT_MAX: usize = 256;

/// Shards of one source: more rings than that only divide the batches.
const SHARDS_MAX: usize = 8;

/// CPUs for one shard. A driver is busy for about a microsecond for each operation, the handlers for longer.
const CPUS_PER_SHARD: usize = 4;

/// The source of file operations where io_uring is available.
pub(crate) struct RingSource<F: Face> {
    /// Started in any order, but never changed once started.
    shards: Box<[OnceLock<Arc<Shared<F>>>]>,
    growth: Mutex<Growth>,
    sink: Weak<dyn Sink<F>>,
}

/// Whether shards may still be started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Growth {
    Open,
    Closed,
}

impl<F: Face> RingSource<F> {
    /// Starts the first driver. The error is for a person as well as for the choice of another source.
    pub(crate) fn new(sink: Weak<dyn Sink<F>>) -> Result<Self, Refused> {
        let cpus = thread::available_parallelism().map_or(1, |cpus| cpus.get());
        Self::with_shards(sink, (cpus / CPUS_PER_SHARD).clamp(1, SHARDS_MAX))
    }

    fn with_shards(sink: Weak<dyn Sink<F>>, shards: usize) -> Result<Self, Refused> {
        let source = RingSource {
            shards: (0..shards).map(|_| OnceLock::new()).collect(),
            growth: Mutex::new(Growth::Open),
            sink,
        };
        let first = start_shard(0, source.sink.clone())?;
        let _ = source.shards[0].set(first);
        Ok(source)
    }

    fn shard_of(&self, handle: &Handle<F>) -> &OnceLock<Arc<Shared<F>>> {
        // Allocations are aligned, so the low bits say nothing; the multiplication spreads the rest upwards.
        let address = std::ptr::from_ref(handle) as u64;
        let spread = address.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        &self.shards[spread as usize % self.shards.len()]
    }

    /// The shard of a handle, started if need be. None if the source is closed.
    fn start_shard_of(&self, handle: &Handle<F>) -> Option<&Arc<Shared<F>>> {
        let cell = self.shard_of(handle);
        if let Some(shard) = cell.get() {
            return Some(shard);
        }
        let growth = self.growth.lock();
        if *growth == Growth::Closed {
            return None;
        }
        let first = self.shards[0].get()?;
        Some(cell.get_or_init(|| {
            let started = self.shards.iter().filter(|cell| cell.get().is_some());
            start_shard(started.count(), self.sink.clone()).unwrap_or_else(|refused| {
                tracing::warn!(
                    "a further ring for files could not be made: {refused}; the first one does its work"
                );
                first.clone()
            })
        }))
    }
}

impl<F: Face> Source<F> for RingSource<F> {
    fn issue(&self, handle: &Arc<Handle<F>>, operation: Box<Operation<F>>) -> u64 {
        let id = operation.id;
        match self.start_shard_of(handle) {
            None => drop_operation(operation),
            Some(shard) => match shard.inbox.push(operation) {
                Ok(true) => shard.wake_up.signal(),
                Ok(false) => {}
                Err(operation) => drop_operation(operation),
            },
        }
        id
    }

    /// Operations that no driver has taken end here and now, with [`Errno::CANCELLED`]; for the others the
    /// kernel is asked, and decides (K4, K10).
    fn cancel(&self, handle: &Handle<F>, which: Which<'_>) -> usize {
        let Some(shard) = self.shard_of(handle).get() else {
            return 0;
        };
        let mut removed = Vec::new();
        let (requested, wake) = shard.inbox.cancel(handle, which, &mut removed);
        if wake {
            shard.wake_up.signal();
        }
        let count = removed.len() + requested;
        for operation in &mut removed {
            transfer::fail(operation, Errno::CANCELLED);
        }
        if !removed.is_empty()
            && let Some(sink) = self.sink.upgrade()
        {
            sink.complete(&mut removed);
        }
        removed.drain(..).for_each(drop_operation);
        count
    }

    fn close(&self) {
        *self.growth.lock() = Growth::Closed;
        for shard in self.shards.iter().filter_map(OnceLock::get) {
            let (dropped, wake) = shard.inbox.close();
            if wake {
                shard.wake_up.signal();
            }
            dropped.into_iter().for_each(drop_operation);
        }
    }
}

impl<F: Face> Drop for RingSource<F> {
    fn drop(&mut self) {
        self.close();
    }
}

/// Starts a driver and waits until its ring works.
fn start_shard<F: Face>(number: usize, sink: Weak<dyn Sink<F>>) -> Result<Arc<Shared<F>>, Refused> {
    let shared = Arc::new(Shared {
        inbox: Inbox::new(IN_FLIGHT_MAX),
        wake_up: WakeUp::new().map_err(Refused::setup)?,
    });
    let (report, reported) = mpsc::sync_channel(1);
    let drivers = shared.clone();
    threads::start(format!("longshore-ring-{number}"), None, move || {
        // A ring of this kind must be made by the thread that will drive it.
        match setup::ring(&drivers.wake_up) {
            Ok(ring) => {
                let _ = report.send(Ok(()));
                Driver::new(ring, drivers, sink).run();
            }
            Err(refused) => {
                let _ = report.send(Err(refused));
            }
        }
    })
    .map_err(Refused::no_thread)?;
    match reported.recv() {
        Ok(report) => report.map(|()| shared),
        // The thread ended without a result.
        Err(_) => Err(Refused::setup(io::Error::from_raw_os_error(libc::EIO))),
    }
}

/// The eventfd that ends a driver's wait.
struct WakeUp {
    fd: OwnedFd,
}

impl WakeUp {
    fn new() -> io::Result<WakeUp> {
        // Not NONBLOCK: the ring's read of it must wait for a signal, not fail.
        Ok(WakeUp { fd: eventfd(0, EventfdFlags::CLOEXEC)? })
    }

    /// Never blocks, unless 2^64 signals were not read. Fails only if interrupted.
    fn signal(&self) {
        let _ = rustix::io::retry_on_intr(|| rustix::io::write(&self.fd, &1u64.to_ne_bytes()));
    }
}

#[cfg(test)]
mod tests;
