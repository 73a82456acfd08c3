//! The promises of the runtime, as a program sees them.

mod cancel;
mod edges;
mod ended;
mod endings;
mod sockets;
mod tasks;
mod tcp;
mod time;
mod wakers;
