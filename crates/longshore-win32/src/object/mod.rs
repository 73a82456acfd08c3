//! What a handle names.

pub(crate) mod event;
pub(crate) mod handles;
pub(crate) mod library_thread;
pub(crate) mod mutex;
pub(crate) mod names;
mod place;
pub(crate) mod process;
pub(crate) mod semaphore;
pub(crate) mod suspend;
pub(crate) mod thread;
pub(crate) mod tls;
pub(crate) mod wait;

use crate::object::wait::Waitable;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A kernel object of Windows: an event, a thread, a port, a file, a socket.
///
/// The object lives as long as a handle, a wait or an operation in flight refers to it. Its handles are
/// counted separately, because closing the last one has an effect (C1, TX3).
pub trait Object: Any + Send + Sync {
    /// The count of the handles that name the object.
    fn handle_count(&self) -> &HandleCount;

    /// The last handle was closed. Called once, outside every lock.
    fn last_handle_closed(self: Arc<Self>) {}

    /// How waits see the object; `None` if it cannot be waited for.
    fn waitable(&self) -> Option<&Waitable> {
        None
    }
}

/// How many handles name an object.
#[derive(Debug, Default)]
pub struct HandleCount(AtomicU32);

impl HandleCount {
    /// No handle yet.
    pub const fn new() -> Self {
        HandleCount(AtomicU32::new(0))
    }

    /// A handle exists.
    pub(crate) fn is_open(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }

    pub(crate) fn opened(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Another handle is made; false if the last one was closed before.
    pub(crate) fn opened_again(&self) -> bool {
        let more = |count: u32| (count > 0).then_some(count + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// One was closed; true if it was the last.
    pub(crate) fn closed(&self) -> bool {
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }
}
