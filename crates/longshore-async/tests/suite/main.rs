//! The promises of the runtime, as a program sees them.

mod tasks;
mod tcp;
