//! What a program asks of the system it runs on: versions, processors, modules,
//! environment, profiles, processes.

pub(crate) mod arithmetic;
pub(crate) mod command_line;
pub(crate) mod environment;
pub(crate) mod error_mode;
pub(crate) mod guid;
pub(crate) mod ini;
pub(crate) mod module;
pub(crate) mod private_profile;
pub(crate) mod process_info;
pub(crate) mod processors;
pub(crate) mod random;
pub(crate) mod snapshot;
pub(crate) mod system_info;
pub(crate) mod version;

use crate::abi::last_error::Win32Error;
use crate::memory::local_memory;

/// A copy of some units in a block that `LocalFree` frees.
fn block_of<C: Copy>(units: &[C]) -> Result<*mut C, Win32Error> {
    let block = local_memory::allocate(0, size_of_val(units))?.cast::<C>();
    // SAFETY: just allocated with that much room.
    unsafe { block.copy_from_nonoverlapping(units.as_ptr(), units.len()) };
    Ok(block)
}
