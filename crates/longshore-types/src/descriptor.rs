//! The system's descriptors, as the standard library has them.

#[cfg(unix)]
pub use std::os::fd::{OwnedFd as OwnedFile, OwnedFd as OwnedSocket};
#[cfg(windows)]
pub use std::os::windows::io::{OwnedHandle as OwnedFile, OwnedSocket};
