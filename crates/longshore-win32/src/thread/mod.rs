//! Starting, suspending and ending threads, and what is asked of them: priorities, affinities, times.

pub(crate) mod attributes;
pub(crate) mod calls;
pub(crate) mod spawn;
pub(crate) mod times;
