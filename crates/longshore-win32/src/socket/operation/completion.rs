//! How the end of an overlapped call on a socket is told: by its routine, and inside the call.

use crate::abi::argument::Callback;
use crate::abi::status::Status;
use crate::port::file_object::FileObject;
use crate::port::overlapped::StartResult;
use crate::port::request::BoxedRoutine;
use crate::socket::wsa::{PENDING, WsaError};
use windows_sys::Win32::Networking::WinSock::WSAEINVAL;
use windows_sys::Win32::System::IO::OVERLAPPED;

/// `LPWSAOVERLAPPED_COMPLETION_ROUTINE`: error, bytes, OVERLAPPED, flags.
pub type CompletionRoutine = unsafe extern "C-unwind" fn(u32, u32, *mut OVERLAPPED, u32);

/// A program's completion routine as this face's.
///
/// # Errors
/// `WSAEINVAL` on a socket that is bound to a port (P7).
#[inline]
pub(crate) fn routine_of(
    file: &FileObject,
    routine: Option<Callback<CompletionRoutine>>,
) -> Result<Option<BoxedRoutine>, WsaError> {
    match routine {
        None => Ok(None),
        Some(routine) => boxed(file, routine).map(Some),
    }
}

fn boxed(file: &FileObject, routine: Callback<CompletionRoutine>) -> Result<BoxedRoutine, WsaError> {
    if file.is_bound() {
        return Err(WsaError(WSAEINVAL));
    }
    Ok(Box::new(move |status: Status, bytes, overlapped| {
        let error = if status.is_success() { 0 } else { status.to_winsock() as u32 };
        // SAFETY: the arguments of a completion routine, with the OVERLAPPED the program gave.
        unsafe { routine.call(error, bytes as u32, overlapped, 0) };
    }))
}

/// What an overlapped call returns (S1). The count has been given already (S2).
#[inline]
pub(crate) fn settle(begun: StartResult) -> Result<(), WsaError> {
    match begun {
        StartResult::Ended(status, _) if status.is_success() => Ok(()),
        StartResult::Ended(status, _) => Err(status.into()),
        StartResult::Pending => Err(PENDING),
    }
}
