//! What a face knows an operation by.

/// What a face knows an operation by, for cancelling. The engine gives it no meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Which operation.
    pub name: usize,
    /// Whose.
    pub owner: usize,
}
