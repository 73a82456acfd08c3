//! Calls that must not block although they take no flag that says so.
//!
//! `O_NONBLOCK` belongs to the open file description: a clone of the descriptor, in this process or
//! another, may take it away at any time. So a call without a flag of its own (accept, connect, sendfile,
//! pipes) is preceded by a check. The check and the call are two steps: a program that clears the flag
//! again and again can still make a call block.

use crate::operation::Errno;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::os::fd::BorrowedFd;

/// Sets `O_NONBLOCK` if it is not set.
pub(crate) fn ensure(descriptor: BorrowedFd<'_>) -> Result<(), Errno> {
    let flags = fcntl_getfl(descriptor)?;
    if !flags.contains(OFlags::NONBLOCK) {
        fcntl_setfl(descriptor, flags | OFlags::NONBLOCK)?;
    }
    Ok(())
}
