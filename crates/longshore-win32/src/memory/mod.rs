//! Heaps and pages, and questions about them.

pub(crate) mod check;
pub(crate) mod heap;
pub(crate) mod local_memory;
pub(crate) mod map;
pub(crate) mod virtual_memory;
