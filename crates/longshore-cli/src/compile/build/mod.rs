//! Carries a command line out: the copies of the user's files, a compiler's process
//! for each source, the link.

pub mod compilation;
mod dependencies;
mod diagnostics;
pub mod flags;
pub mod linking;
mod linux_headers;
mod prelude;
pub mod steps;
mod tree;
