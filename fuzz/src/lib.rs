//! The modules of the program that take any input, compiled once more for fuzzing: the program is no library.

#![allow(dead_code, reason = "the targets use a part")]

pub mod compile;
#[path = "../../crates/longshore-cli/src/http/mod.rs"]
pub mod http;
