//! What the Win32 face promises, tested over its exported functions. One binary, because each one more
//! takes its time to link and its room on disk; what needs a process of its own runs this program again,
//! see `longshore_fixtures::process`.

mod accept_ex;
mod accounting;
mod blocking;
mod call_sequences;
mod compiled;
mod console;
mod console_control;
mod environment;
mod error_tables;
mod exceptions;
mod few_descriptors;
mod files;
mod fixtures;
mod forks;
mod format_message;
mod hostile_arguments;
mod interruptions;
mod little_memory;
mod locks;
mod modules;
mod private_profile;
mod races;
mod sockets;
mod sync_objects;
mod system;
mod text_conversion;
mod thread_pool;
mod threads;
mod timers;
mod virtual_memory;
mod waits;
