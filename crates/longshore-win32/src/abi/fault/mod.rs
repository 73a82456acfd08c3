//! Memory of the program that is not there, against its promise.
//!
//! [`mod@copy`] reads and writes it, [`word`] does for small structures; [`signal`] turns the processor's fault into [`Fault::Access`].

pub(crate) mod copy;
pub(crate) mod signal;
pub(crate) mod word;

use crate::abi::last_error::Win32Error;
use windows_sys::Win32::Foundation::{ERROR_NOACCESS, ERROR_NOT_ENOUGH_MEMORY};

/// Why an argument could not be read or written.
///
/// It converts into the error of the function's family: 998 for Win32, `WSAEFAULT` for Winsock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing can be read, or written, where the pointer points.
    Access,
    /// There is no memory for a copy of it.
    Memory,
}

impl From<Fault> for Win32Error {
    fn from(fault: Fault) -> Win32Error {
        Win32Error(match fault {
            Fault::Access => ERROR_NOACCESS,
            Fault::Memory => ERROR_NOT_ENOUGH_MEMORY,
        })
    }
}
