//! The C API of Windows' I/O completion ports on Linux, over [`longshore_engine`].
//!
//! C and C++ servers written for Windows are recompiled against the headers in `include/` and linked with this
//! library; `longshore cc` does both. The functions have Windows' names, layouts, constants, return values and
//! error codes; the rules they follow are numbered (P1, D8, ...) and cited where they are kept. Nothing of the
//! port's own logic lives here: queueing, waking, the concurrency value and the sources are the engine's.
//!
//! Where to start reading: [`handles`] for what a `HANDLE` is, [`object`] for what it names, [`status`] for how
//! errors travel, [`overlapped`](status) for the way of an operation.
//!
//! Every exported function may be called from any thread. Pointers are the caller's promise, as on Windows;
//! what a system call would reject is an error here as well and never undefined behaviour of this library's own.
#![allow(non_snake_case, non_camel_case_types)]

pub mod address_wait;
mod alarm;
pub mod apc;
pub mod barrier;
pub mod condition_variable;
pub mod critical_section;
mod dispatcher;
pub mod event;
mod futex;
mod halt;
pub mod handles;
pub mod init_once;
pub mod last_error;
pub mod multimedia_timer;
pub mod mutex;
pub mod names;
pub mod object;
mod outstanding;
pub mod pool;
pub mod process;
pub mod registered_wait;
pub mod semaphore;
pub mod spawn;
pub mod srw_lock;
pub mod status;
pub mod text;
pub mod thread;
pub mod thread_attributes;
pub mod thread_calls;
pub mod thread_pool;
pub mod thread_pool_timer;
pub mod thread_pool_wait;
pub mod timer_queue;
pub mod tls;
pub mod wait;
pub mod wait_calls;
mod waitable;
pub mod waitable_timer;
