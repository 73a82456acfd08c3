//! Heaps, pages and what can be asked of them.

pub(crate) mod check;
pub(crate) mod heap;
pub(crate) mod local_memory;
pub(crate) mod map;
pub(crate) mod virtual_memory;
