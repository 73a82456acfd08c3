//! The system around the program: its environment, console, modules, texts and memory.

mod bad_places;
mod console;
mod console_control;
mod environment;
mod error_tables;
mod format_message;
mod modules;
mod private_profile;
mod text_conversion;
mod virtual_memory;
