//! Each thread's last error: `GetLastError`, `SetLastError`, and Winsock's two names for the same place.

use crate::abi::reserve::Exhausted;
use longshore_win32_macros::export;
use std::cell::Cell;
use windows_sys::Win32::Foundation::ERROR_NO_SYSTEM_RESOURCES;

thread_local! {
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// The calling thread's last error.
#[export]
pub fn GetLastError() -> u32 {
    // A thread that is ending has lost its thread-local value; nothing can ask for it later.
    LAST.try_with(Cell::get).unwrap_or(0)
}

/// Sets the calling thread's last error.
#[export]
pub fn SetLastError(error: u32) {
    let _ = LAST.try_with(|last| last.set(error));
}

/// The calling thread's last Winsock error, which is its last error.
#[export]
pub fn WSAGetLastError() -> i32 {
    GetLastError() as i32
}

/// Sets the calling thread's last error.
#[export]
pub fn WSASetLastError(error: i32) {
    SetLastError(error as u32);
}

/// A Win32 or Winsock error code, on its way to the last error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Win32Error(pub u32);

impl From<Exhausted> for Win32Error {
    fn from(_: Exhausted) -> Win32Error {
        Win32Error(ERROR_NO_SYSTEM_RESOURCES)
    }
}

/// Turns a result into what a `BOOL` function returns: success leaves the last error alone (F6, G4).
pub(crate) fn to_bool(result: Result<(), Win32Error>) -> i32 {
    match result {
        Ok(()) => 1,
        Err(Win32Error(error)) => {
            SetLastError(error);
            0
        }
    }
}
