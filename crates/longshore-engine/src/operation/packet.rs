//! What leaves a port.

use super::{Face, Operation};

/// What a dequeue yields.
pub enum Packet<F: Face> {
    /// Posted by a program, or by a timer.
    Posted {
        /// The key it was posted with.
        key: usize,
        /// The face's part.
        post: F::Post,
    },
    /// A finished operation; its key is [`Operation::key`].
    Finished(Box<Operation<F>>),
}
