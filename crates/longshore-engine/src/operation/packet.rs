//! What leaves a port.

use super::{Face, Operation};

/// What a dequeue yields: what was posted, or a finished operation, whose key is [`Operation::key`].
pub type Packet<F> = longshore_types::Packet<<F as Face>::Post, Box<Operation<F>>>;
