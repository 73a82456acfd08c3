//! Files: opening, sharing, locks, positions, facts and mappings. Reading and writing are in [`transfer`].

pub(crate) mod attributes;
pub(crate) mod create;
pub(crate) mod directory_listing;
pub(crate) mod disk_file;
pub(crate) mod facts;
pub(crate) mod information;
pub(crate) mod kind;
pub(crate) mod locks;
pub(crate) mod mapping;
pub(crate) mod open_files;
pub(crate) mod position;
pub(crate) mod standard_file;
pub(crate) mod times;
pub(crate) mod transfer;
