//! Reading and writing files and anonymous pipes, overlapped and not.

pub(crate) mod anonymous_pipe;
pub(crate) mod completion_routine;
pub(crate) mod disk;
pub(crate) mod flush;
pub(crate) mod lock_file;
pub(crate) mod read_write;
pub(crate) mod scatter_gather;
pub(crate) mod stream;
