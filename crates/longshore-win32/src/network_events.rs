//! WSAEventSelect and its companions.

use crate::file_object::FileObject;

/// What a socket remembers of its network events.
#[derive(Default)]
pub struct NetworkEvents {}

impl NetworkEvents {
    /// The socket is being closed.
    pub(crate) fn end(&self) {}

    /// A call consumed what these events of poll(2) stand for: from now on they are reported again.
    pub(crate) fn enable(&self, _file: &FileObject, _events: i16) {}
}
