//! What is in a source.

#[path = "../../../crates/longshore-cli/src/compile/sources/lexer.rs"]
pub mod lexer;
