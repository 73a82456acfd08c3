//! What leaves a port.

/// What a dequeue yields; backends name it with their own operation.
#[derive(Debug)]
pub enum Packet<P, O> {
    /// Posted by a program, or by a timer.
    Posted {
        /// The key it was posted with.
        key: usize,
        /// The face's part.
        post: P,
    },
    /// A finished operation, which knows its key.
    Finished(O),
}
