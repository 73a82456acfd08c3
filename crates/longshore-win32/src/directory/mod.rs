//! Names in the file system: finding, creating, moving, copying and deleting what they name; volumes.

pub(crate) mod copy;
pub(crate) mod directories;
pub(crate) mod find;
pub(crate) mod move_entry;
pub(crate) mod path_names;
pub(crate) mod set_information;
pub(crate) mod temporary_files;
pub(crate) mod volumes;
