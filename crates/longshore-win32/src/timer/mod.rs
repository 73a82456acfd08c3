//! Waitable timers, and the one thread that all timers of the process go off on.

pub(crate) mod alarm;
pub(crate) mod waitable_timer;
