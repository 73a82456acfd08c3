//! Names and addresses of hosts, services and protocols.

pub(crate) mod address_text;
pub(crate) mod host_name;
pub(crate) mod name_database;
pub(crate) mod protocols;
pub(crate) mod resolver;
