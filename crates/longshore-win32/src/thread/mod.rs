//! Starting, suspending and ending threads; their priorities, affinities, times.

pub(crate) mod attributes;
pub(crate) mod calls;
pub(crate) mod spawn;
pub(crate) mod times;
