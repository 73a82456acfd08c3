//! The descriptor that sockets without one of their own share.
//!
//! A socket that waits to become a connection holds a descriptor that the connection's descriptor will
//! replace. When descriptors have run out, it is closed to make room for the connection. Until then the
//! socket has this placeholder, which all such sockets share. It is made when the use of Winsock begins.

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};

static SHARED: OnceLock<Arc<OwnedFd>> = OnceLock::new();

/// Makes it, unless it exists or descriptors have run out.
pub(crate) fn prepare() {
    if SHARED.get().is_none() {
        let made = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None);
        if let Ok(descriptor) = made {
            let _ = SHARED.set(Arc::new(descriptor));
        }
    }
}

/// A socket that is never bound or connected.
pub(crate) fn shared() -> Option<Arc<OwnedFd>> {
    SHARED.get().cloned()
}
