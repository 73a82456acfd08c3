//! Locks that a process keeps to itself: critical sections, SRW locks, condition variables, one-time
//! initialisation, waiting on an address.

pub(crate) mod address_wait;
pub(crate) mod barrier;
pub(crate) mod condition_variable;
pub(crate) mod critical_section;
pub(crate) mod init_once;
pub(crate) mod slist;
pub(crate) mod srw_lock;
