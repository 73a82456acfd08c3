//! The current process as an object. There is no other.

use crate::object::{HandleCount, Object};
use crate::wait::Waitable;
use std::sync::{Arc, LazyLock};

/// The process.
pub struct Process {
    handles: HandleCount,
    /// Never signaled: nobody waits any more when it would be.
    ended: Waitable,
}

static CURRENT: LazyLock<Arc<Process>> =
    LazyLock::new(|| Arc::new(Process { handles: HandleCount::new(), ended: Waitable::notification(false) }));

/// The current process.
pub fn current() -> Arc<Process> {
    CURRENT.clone()
}

impl Object for Process {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.ended)
    }
}
