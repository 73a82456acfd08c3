//! What starting an operation yields.

/// What became of an operation that was started; backends name it with their own operation.
#[derive(Debug)]
pub enum Started<O> {
    /// It ended at once, and no packet comes for it.
    Ended(O),
    /// It goes on, and its end comes through the port. The id is unique on the handle.
    Pending(u64),
    /// The port is closed, or the operation was dropped with it.
    Dropped,
}
