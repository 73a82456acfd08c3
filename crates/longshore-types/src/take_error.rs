//! Why a take yields no packet.

/// Why a take returned no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeError {
    /// None came in time (Q15), or a worker of a pool is to end.
    TimedOut,
    /// The port is closed (C1, C5).
    Closed,
}
