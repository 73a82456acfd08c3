//! The types that this face sends through the engine.

use crate::port::overlapped;
use crate::port::request::Request;
use crate::sync::rank::nothing_is_held;
use longshore_engine::{Core, Face, Operation, Packet};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The C face of the engine.
pub enum Win32 {}

impl Face for Win32 {
    type Post = Post;
    type Payload = Box<Request>;

    fn finished(operation: Box<Operation<Self>>) -> Option<Packet<Self>> {
        nothing_is_held("the end of an operation");
        overlapped::finished(operation)
    }
}

/// A port as this face sees it.
pub type Port = Core<Win32>;

/// What a packet carries beside its key.
#[derive(Clone, Copy, Debug)]
pub struct Post {
    /// The address it was posted or issued with; never dereferenced unless `origin` says so (N1).
    pub overlapped: *mut OVERLAPPED,
    /// Bytes transferred, or the poster's number.
    pub bytes: u32,
    /// How the operation ended; success for a posted packet.
    pub status: i32,
    /// Where it comes from.
    pub origin: Origin,
}

// SAFETY: the address is a token; code that writes through it follows the rules of `Origin`.
unsafe impl Send for Post {}

/// Where a packet comes from, which decides whether dequeuing it writes to its OVERLAPPED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A program posted it: nothing is written (N2).
    Posted,
    /// An operation whose status has been written already.
    Finished,
    /// An operation whose status is written at dequeue (D8).
    Deferred,
}
