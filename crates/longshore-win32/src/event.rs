//! Events.

use crate::object::{HandleCount, Object};
use crate::wait::Waitable;

/// An event, as `CreateEvent` makes it.
pub struct Event {
    handles: HandleCount,
    waitable: Waitable,
}

impl Event {
    /// Signals the event.
    pub fn set(&self) {
        self.waitable.set();
    }

    /// Takes the signal back.
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
