//! Winsock: sockets, their options, polling and network events. Calls on them are in [`connection`] and
//! [`operation`].

pub(crate) mod address;
pub(crate) mod connection;
pub(crate) mod duplicate;
pub(crate) mod ioctl;
pub(crate) mod network_events;
pub(crate) mod operation;
pub(crate) mod options;
pub(crate) mod placeholder;
pub(crate) mod polling;
pub(crate) mod socket_object;
pub(crate) mod startup;
pub(crate) mod wsa;
