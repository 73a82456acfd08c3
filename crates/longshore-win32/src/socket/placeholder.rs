//! A descriptor for sockets that have none of their own.
//!
//! A socket that is to become a connection holds a descriptor that the connection's takes the place of. When
//! descriptors have run out that one can be given up for it, and something must stand in its place meanwhile:
//! this, which all of them share. It is made when the use of Winsock begins.

use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::{Arc, OnceLock};

static SHARED: OnceLock<Arc<OwnedFd>> = OnceLock::new();

/// Makes it, if that was not done and can be.
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
