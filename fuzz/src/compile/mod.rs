//! What `longshore cc` does with a source before a compiler sees it.

#[path = "../../../crates/longshore-cli/src/compile/rewrite/mod.rs"]
pub mod rewrite;

pub mod sources;
