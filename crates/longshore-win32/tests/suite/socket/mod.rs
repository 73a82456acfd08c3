//! Winsock.

mod accept_ex;
mod options;
mod startup;
mod winsock;
