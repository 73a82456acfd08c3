//! Programs of others that Longshore is measured beside: found, built, started.

pub mod native;
pub mod tool;
pub mod web;
pub mod windows;
