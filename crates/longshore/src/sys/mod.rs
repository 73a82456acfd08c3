//! What the face is built on: the completion port of one system, with the same names on every system.
//!
//! - Linux: [`longshore_engine`], which is a port of its own in user space (`linux.rs`
//!   only gives it its names here).
//! - Windows: the kernel's ports (`windows/`), which bring LIFO, the concurrency
//!   value and compensation with them.
//!
//! A backend provides these, and the face uses nothing else of it:
//!
//! | name | is | promises |
//! |---|---|---|
//! | `Core<F>` | the port | FIFO packets; `post`, `take`, `take_many`, `take_unless`, `rouse_all`; `post_at` and `cancel_timer`; `attach`, `attach_accepted`; `close` drops each operation once the system no longer touches its buffers; `concurrency`, `stats` |
//! | `Handle<F>` | a descriptor on a port | `issue` never fails: one operation, one packet; `start_when_ready` may hand it back instead (`StartedOperation`); `cancel`, `close`, `shutdown`, `key`, `set_key`; it is released by the last reference, and every operation holds one |
//! | `Operation<F>` | one operation, boxed from issue to dequeue | `key`, `into_parts` give everything back |
//! | `Face`, `Payload` | what the face sends through a port | the payload's memory stays where it is until the payload is dropped |
//! | `Regions` | the memory of an attempt | `push` |
//! | `OpCode`, `FileRange` | what an operation does | |
//! | `Outcome`, `Errno` | how it ended | `Errno::CANCELLED`, `Errno::INVALID`, and into `io::Error` with the right `ErrorKind` |
//! | `Packet<F>`, `TakeError` | what taking yields | |
//! | `SocketAddress`, `Stats`, `TimerId`, `blocking` | public: the face passes them on | |
//! | `Kind` | what a descriptor is | `Kind::File` for what works at offsets |
//! | `file_size`, `unix_sockets` | what a handle does not say by itself | |
//! | `OwnedSocket`, `OwnedFile` | the system's descriptors as `std` has them | on Linux both are `OwnedFd` |

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;

#[cfg(not(any(target_os = "linux", windows)))]
compile_error!("longshore runs on Linux and on Windows");
