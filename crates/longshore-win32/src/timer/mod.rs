//! Waitable timers, and the threads on which alarms go off.

pub(crate) mod alarm;
pub(crate) mod waitable_timer;
