//! Thread pools, timer queues and registered waits: all of them packets of a port.

pub(crate) mod callback_environment;
pub(crate) mod callback_instance;
pub(crate) mod cleanup_group;
pub(crate) mod io;
pub(crate) mod multimedia_timer;
pub(crate) mod object;
pub(crate) mod outstanding;
pub(crate) mod reference;
pub(crate) mod registered_wait;
pub(crate) mod timer;
pub(crate) mod timer_queue;
pub(crate) mod wait;
pub(crate) mod work;
pub(crate) mod worker_pool;
