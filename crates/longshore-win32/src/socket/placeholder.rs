//! The descriptor that sockets without one of their own share.
//!
//! A socket that waits to become a connection holds a descriptor that the connection's descriptor will
//! replace. When descriptors have run out, it is closed to make room for the connection. Until then the
//! socket has this placeholder, which all such sockets share. It is made when the use of Winsock begins.

use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::{Arc, OnceLock};

static SHARED: OnceLock<Arc<OwnedFd>> = OnceLock::new();

/// Makes it, unless it exists or descriptors have run out.
pub(crate) fn prepare() {
    if SHARED.get().is_none() {
        // SAFETY: no pointers.
        let descriptor = unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
        if descriptor >= 0 {
            // SAFETY: a fresh descriptor that nobody else owns.
            let _ = SHARED.set(Arc::new(unsafe { OwnedFd::from_raw_fd(descriptor) }));
        }
    }
}

/// A socket that is never bound or connected.
pub(crate) fn shared() -> Option<Arc<OwnedFd>> {
    SHARED.get().cloned()
}
