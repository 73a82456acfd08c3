//! The standard handles, and consoles on terminals.

pub(crate) mod control;
pub(crate) mod input;
pub(crate) mod screen;
pub(crate) mod standard_handles;
