//! Windows' spelling of paths, drives and patterns as Linux' own, and back. Nothing is opened here.

pub(crate) mod known_folders;
pub(crate) mod wildcard;
pub(crate) mod windows_path;
