//! Which source serves regular files: io_uring if the kernel lets us, otherwise the blocking pool.

use crate::operation::{Errno, Face};
use crate::source::{Sink, Source};
use std::sync::{Arc, Weak};

pub(crate) fn start<F: Face>(_sink: Weak<dyn Sink<F>>) -> Result<Arc<dyn Source<F>>, Errno> {
    Err(Errno(libc::ENOSYS))
}
