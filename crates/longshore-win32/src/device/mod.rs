//! `DeviceIoControl`: control codes of files, links and disks.

pub(crate) mod control;
pub(crate) mod disk;
pub(crate) mod file_system;
pub(crate) mod link;
