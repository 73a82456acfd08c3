//! Events.

use crate::object::{HandleCount, Object};
use crate::wait::Waitable;
use std::sync::Arc;

/// An event, as `CreateEvent` makes it.
pub struct Event {
    handles: HandleCount,
    waitable: Waitable,
}

impl Event {
    /// An event that stays signaled until it is reset (`manual`), or until one wait has taken the signal.
    pub fn new(manual: bool, signaled: bool) -> Arc<Event> {
        let waitable =
            if manual { Waitable::notification(signaled) } else { Waitable::synchronization(signaled) };
        Arc::new(Event { handles: HandleCount::new(), waitable })
    }

    /// Signals the event.
    #[inline]
    pub fn set(&self) {
        self.waitable.set();
    }

    /// Takes the signal back.
    #[inline]
    pub fn reset(&self) {
        self.waitable.clear();
    }
}

impl Object for Event {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.waitable)
    }
}
