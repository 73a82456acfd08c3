//! What a program asks of the system it runs on: versions, processors, modules,
//! environment, profiles, processes.

pub(crate) mod arithmetic;
pub(crate) mod command_line;
pub(crate) mod environment;
pub(crate) mod error_mode;
pub(crate) mod guid;
pub(crate) mod ini;
pub(crate) mod module;
pub(crate) mod private_profile;
pub(crate) mod process_info;
pub(crate) mod processors;
pub(crate) mod random;
pub(crate) mod snapshot;
pub(crate) mod system_info;
pub(crate) mod version;
