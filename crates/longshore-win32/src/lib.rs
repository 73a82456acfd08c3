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
pub mod apc;
mod buffer_check;
pub mod character;
pub mod clock;
pub mod code_page;
pub mod completion_port;
pub mod condition_variable;
pub mod connect;
pub mod console_control;
mod control_data;
pub mod conversion;
pub mod create_file;
pub mod critical_section;
pub mod debug;
pub mod disconnect;
mod disk_transfer;
mod dispatcher;
mod duplicate_socket;
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
pub mod last_error;
pub mod local_memory;
mod locks;
pub mod memory_check;
pub mod memory_map;
pub mod message;
pub mod messages;
pub mod network_events;
pub mod object;
mod open_files;
pub mod options;
pub mod out;
pub mod overlapped;
pub mod path;
pub mod process;
pub mod read_write;
pub mod send_receive;
mod service;
pub mod slist;
pub mod socket;
mod socket_transfer;
pub mod srw_lock;
mod startup;
pub mod status;
mod stream_transfer;
pub mod sync_block;
mod synchronous;
pub mod system_time;
pub mod text;
pub mod text_conversion;
pub mod thread;
pub mod time_zone;
pub mod transmit;
pub mod va_list;
pub mod virtual_memory;
pub mod wait;
mod waitable;
pub mod wsa;
pub mod wsprintf;
