//! Winsock.

mod accept_ex;
mod winsock;
