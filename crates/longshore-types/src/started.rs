//! What starting an operation yields.

use crate::outcome::Outcome;

/// What became of an operation that was started with a payload.
#[derive(Debug)]
pub enum Started<P> {
    /// It ended at once, and no packet comes for it.
    Ended(P, Outcome),
    /// It goes on, and its end comes through the port. The id is unique on the handle.
    Pending(u64),
    /// The port is closed, or the operation was dropped with it.
    Dropped,
}
