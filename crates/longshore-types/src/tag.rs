//! What a face knows an operation by.

/// What a face knows an operation by, for cancelling. The backend gives it no meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// The face's token for the operation: its OVERLAPPED's address, its id.
    pub token: usize,
    /// Who issued it: a thread, say.
    pub issuer: usize,
}
