//! What is done to a server: connections that send as fast as they are answered, or at a pace.

pub mod client;
pub mod epoll;
pub mod message;
pub mod paced;
