//! What every backend of the completion port has alike, whatever the system: the words in which a face and a backend
//! speak of an operation.
//!
//! The engine (`longshore-engine`) and the Windows backend of `longshore` build on this crate; it knows neither. It
//! calls no system call, and what differs from system to system stays with the backends: the port, its handles, the
//! operation with the memory that the kernel writes to.
//!
//! | floor | file | is |
//! |---|---|---|
//! | 3 | `started` | what starting an operation yields |
//! | 3 | `op_code` | what an operation does |
//! | 3 | `payload` | the part of it that the face owns |
//! | 2 | `outcome` | how it ended |
//! | 2 | `regions` | the memory of one attempt: an array that system calls take as it is |
//! | 2 | `file_range` | the part of a file that is sent |
//! | 1 | `address`, `descriptor`, `errno`, `region`, `tag` | what these are made of |
//! | 1 | `packet`, `take_error` | what taking from a port yields |
//! | 1 | `consume` | what becomes of what they yield |
//! | 1 | `stats`, `timer_queue` | the figures of a port, and its timers in their order |

mod address;
mod consume;
mod descriptor;
mod errno;
mod file_range;
mod op_code;
mod outcome;
mod packet;
mod payload;
mod region;
mod regions;
mod started;
mod stats;
mod tag;
mod take_error;
mod timer_queue;

pub use address::SocketAddress;
pub use consume::{AsItIs, Consume};
pub use descriptor::{OwnedFile, OwnedSocket};
pub use errno::Errno;
pub use file_range::FileRange;
pub use op_code::OpCode;
pub use outcome::{Details, Outcome};
pub use packet::Packet;
pub use payload::Payload;
pub use region::Region;
pub use regions::Regions;
pub use started::Started;
pub use stats::Stats;
pub use tag::Tag;
pub use take_error::TakeError;
pub use timer_queue::{TimerId, TimerQueue};
