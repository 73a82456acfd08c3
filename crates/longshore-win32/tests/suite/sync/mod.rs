//! What threads wait for, and locks.

mod locks;
mod sync_objects;
mod timers;
mod waits;
