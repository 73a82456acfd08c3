//! How connections begin and end: addresses, listening, accepting, connecting, disconnecting.

pub(crate) mod accept;
pub(crate) mod accept_ex;
pub(crate) mod bind;
pub(crate) mod connect;
pub(crate) mod disconnect;
pub(crate) mod names;
