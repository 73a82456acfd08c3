//! Threads: how they begin, are interrupted, block and end, and the exceptions on their way.

mod blocking;
mod exceptions;
mod interruptions;
mod threads;
