//! What every server of this program has: an address, worker threads, a way to be stopped, enough
//! descriptors, and a line of figures.

pub mod address;
pub mod counter;
pub mod live;
pub mod open_files;
pub mod refusals;
pub mod signals;
pub mod workers;
