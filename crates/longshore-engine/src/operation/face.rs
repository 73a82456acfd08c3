//! What a face defines: the types it sends through a port.

use super::{Operation, Packet, Payload};

/// The types a face sends through a port.
pub trait Face: Sized + 'static {
    /// What a posted packet carries.
    type Post: Send + 'static;
    /// What an operation carries: the user's context and the buffers.
    type Payload: Payload;

    /// What becomes of an operation that ended after its issue had returned: a packet, unless the
    /// face has another use for it. Called once for each, outside every lock, by the thread that
    /// found it ended; it must not block.
    fn finished(operation: Box<Operation<Self>>) -> Option<Packet<Self>> {
        Some(Packet::Finished(operation))
    }
}
