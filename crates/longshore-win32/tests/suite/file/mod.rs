//! Files, pipes and names. Everything here holds over io_uring and over the pool of
//! threads (`LONGSHORE_FILES=pool`).

mod bad_places;
mod create;
mod descriptors;
mod device_control;
mod drives;
mod information;
mod locks_pipes;
mod mappings;
mod names;
mod read_write;
mod sockets_and_slots;
