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

pub mod accept;
pub mod action;
pub mod address;
pub mod address_wait;
mod alarm;
pub mod anonymous_pipe;
pub mod apc;
pub mod barrier;
mod buffer_check;
pub mod callback_instance;
pub mod character;
pub mod cleanup_group;
pub mod clock;
pub mod code_page;
pub mod command_line;
pub mod completion_port;
pub mod condition_variable;
pub mod connect;
pub mod console;
pub mod console_control;
pub mod console_input;
pub mod console_screen;
mod control_data;
pub mod conversion;
pub mod create_file;
pub mod critical_section;
pub mod crt_arguments;
pub mod crt_console;
pub mod crt_format;
pub mod crt_scan;
pub mod crt_units;
pub mod debug;
pub mod disconnect;
mod disk_transfer;
mod dispatcher;
mod duplicate_socket;
pub mod environment;
pub mod event;
pub mod face;
pub mod file;
pub mod file_kind;
pub mod file_object;
pub mod file_position;
pub mod format_message;
mod futex;
mod halt;
pub mod handles;
pub mod heap;
pub mod init_once;
pub mod io;
pub mod ioctl;
pub mod last_error;
pub mod local_memory;
pub mod lock_file;
mod locks;
pub mod memory_check;
pub mod memory_map;
pub mod message;
pub mod messages;
pub mod multimedia_timer;
pub mod mutex;
pub mod names;
pub mod network_events;
pub mod object;
mod open_files;
pub mod options;
pub mod out;
mod outstanding;
pub mod overlapped;
pub mod path;
pub mod polling;
pub mod pool;
pub mod process;
pub mod processors;
pub mod protocols;
pub mod read_write;
pub mod registered_wait;
pub mod resolver;
pub mod scatter_gather;
pub mod semaphore;
pub mod send_receive;
mod service;
pub mod slist;
pub mod socket;
mod socket_transfer;
pub mod spawn;
pub mod srw_lock;
mod startup;
pub mod status;
mod stream_transfer;
mod sync;
pub mod sync_block;
mod synchronous;
pub mod system_info;
pub mod system_time;
pub mod text;
pub mod text_conversion;
pub mod thread;
pub mod thread_attributes;
pub mod thread_calls;
pub mod thread_pool;
pub mod thread_pool_io;
pub mod thread_pool_object;
pub mod thread_pool_timer;
pub mod thread_pool_wait;
pub mod thread_pool_work;
pub mod thread_times;
pub mod time_zone;
pub mod timer_queue;
pub mod tls;
pub mod transmit;
mod unreachable;
pub mod va_list;
pub mod version;
pub mod virtual_memory;
pub mod wait;
pub mod wait_calls;
mod waitable;
pub mod waitable_timer;
pub mod wsa;
pub mod wsprintf;
pub mod wsprintf_variadic;
