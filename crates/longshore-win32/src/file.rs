//! Files: what `CreateFile` opens.

use crate::file_object::FileObject;
use longshore_engine::{Kind, Label};
use std::sync::Arc;

/// The file's own part of a file object.
#[derive(Default)]
pub struct FileState {}

impl FileState {
    /// How the engine is to treat the descriptor.
    pub(crate) fn kind(&self) -> Kind {
        Kind::File
    }

    /// Cancels what is pending outside the engine; says how much was found.
    pub(crate) fn cancel_rest(&self, _recognised: &dyn Fn(Label) -> bool) -> usize {
        0
    }

    /// The last handle was closed.
    pub(crate) fn closing(&self, _file: &Arc<FileObject>) {}
}
