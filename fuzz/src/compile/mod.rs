//! The work of `longshore cc` on a source before the compiler reads it.

#[path = "../../../crates/longshore-cli/src/compile/rewrite/mod.rs"]
pub mod rewrite;

pub mod sources;
