//! Reads the user's files without a compiler.

pub mod encoding;
pub mod includes;
pub mod lexer;
pub mod libraries;
pub mod own_names;
pub mod project;
pub mod standard_names;
