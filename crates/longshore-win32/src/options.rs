//! Socket options.

use std::os::fd::OwnedFd;

/// Options as the program set them, for a descriptor that takes the place of the present one.
#[derive(Default)]
pub struct SavedOptions {}

impl SavedOptions {
    /// Sets them on another descriptor.
    pub fn apply(&self, _descriptor: &OwnedFd) {}
}

/// What every fresh socket needs to behave as Windows' do (S20).
pub(crate) fn prepare(_descriptor: &OwnedFd, _family: i32, _kind: i32) {}
