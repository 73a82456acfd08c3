//! The conventions of Winsock calls: their errors and what they return.

use crate::abi::argument::Argument;
use crate::abi::door::{Answer, True};
use crate::abi::fault::Fault;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::status::Status;
use crate::object::handles::{self, Borrowed, HANDLE};
use crate::port::file_object::FileObject;
use crate::socket::socket_object::SocketState;
use crate::socket::startup;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_NO_SYSTEM_RESOURCES, ERROR_NOACCESS, ERROR_NOT_ENOUGH_MEMORY};
use windows_sys::Win32::Networking::WinSock::{
    INVALID_SOCKET, WSA_ERROR, WSA_IO_PENDING, WSAEFAULT, WSAENOBUFS, WSAENOTSOCK, WSASYSCALLFAILURE,
};

/// A socket as the C API passes it: a handle.
pub type SOCKET = usize;

/// What functions return when they fail.
pub const SOCKET_ERROR: i32 = -1;

/// A Winsock error code, on its way to the last error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WsaError(pub WSA_ERROR);

impl From<Status> for WsaError {
    fn from(status: Status) -> WsaError {
        WsaError(status.to_winsock())
    }
}

impl From<Fault> for WsaError {
    fn from(fault: Fault) -> WsaError {
        WsaError(match fault {
            Fault::Access => WSAEFAULT,
            Fault::Memory => WSAENOBUFS,
        })
    }
}

/// What a Winsock function returns when it succeeds.
pub trait WsaSuccess {
    /// What C gets.
    type C;
    /// What C gets if it failed, unless the function says another value.
    const FAILURE: Self::C;

    /// What C gets; where Winsock sets the last error to zero (S2), so does this.
    fn to_c(self) -> Self::C;
}

/// Success is 0, and no last error (S2).
impl WsaSuccess for () {
    type C = i32;
    const FAILURE: i32 = SOCKET_ERROR;

    #[inline]
    fn to_c(self) -> i32 {
        SetLastError(0);
        0
    }
}

/// A count, and no last error (S2).
impl WsaSuccess for i32 {
    type C = i32;
    const FAILURE: i32 = SOCKET_ERROR;

    fn to_c(self) -> i32 {
        SetLastError(0);
        self
    }
}

/// A new socket.
impl WsaSuccess for SOCKET {
    type C = SOCKET;
    const FAILURE: SOCKET = INVALID_SOCKET;

    fn to_c(self) -> SOCKET {
        self
    }
}

/// `BOOL`.
impl WsaSuccess for True {
    type C = i32;
    const FAILURE: i32 = 0;

    fn to_c(self) -> i32 {
        1
    }
}

/// `BOOL`, where FALSE can be what the function has to say.
impl WsaSuccess for bool {
    type C = i32;
    const FAILURE: i32 = 0;

    fn to_c(self) -> i32 {
        self.into()
    }
}

impl<T> WsaSuccess for *mut T {
    type C = *mut T;
    const FAILURE: *mut T = std::ptr::null_mut();

    fn to_c(self) -> *mut T {
        self
    }
}

impl<T: WsaSuccess> Answer for Result<T, WsaError> {
    type C = T::C;
    const FAILURE: T::C = T::FAILURE;
    const PANICKED: u32 = WSASYSCALLFAILURE as u32;

    #[inline]
    fn to_c(self, failure: T::C) -> T::C {
        match self {
            Ok(value) => value.to_c(),
            Err(WsaError(error)) => {
                SetLastError(error as u32);
                failure
            }
        }
    }
}

/// A socket as an argument. C promises nothing by passing it; what it names is looked up when the body asks.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct SocketArg(SOCKET);

impl SocketArg {
    /// The argument for a value from another source.
    pub(crate) fn of(value: SOCKET) -> SocketArg {
        SocketArg(value)
    }

    /// The file object.
    ///
    /// # Errors
    /// `WSAENOTSOCK`.
    pub fn get(self) -> Result<Arc<FileObject>, WsaError> {
        get(self.0)
    }

    /// The file object, for the time of the call.
    ///
    /// # Errors
    /// `WSAENOTSOCK`.
    #[inline(always)]
    pub fn borrow(self) -> Result<Borrowed<FileObject>, WsaError> {
        borrow(self.0)
    }

    /// The value.
    pub fn value(self) -> SOCKET {
        self.0
    }
}

// SAFETY: it is a value that is looked up.
unsafe impl Argument for SocketArg {
    type C = SOCKET;
    const PROMISE: bool = false;

    #[inline(always)]
    unsafe fn from_c(value: SOCKET) -> SocketArg {
        SocketArg(value)
    }
}

impl From<Win32Error> for WsaError {
    fn from(error: Win32Error) -> WsaError {
        match error.0 {
            ERROR_NOACCESS => WsaError(WSAEFAULT),
            ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY => WsaError(WSAENOBUFS),
            // The numbers of Win32 and Winsock are one set.
            error => WsaError(error as WSA_ERROR),
        }
    }
}

/// The operation goes on after the call has returned.
pub const PENDING: WsaError = WsaError(WSA_IO_PENDING);

/// The file object of a socket.
///
/// # Errors
/// `WSAENOTSOCK`; `WSANOTINITIALISED` outside of WSAStartup and WSACleanup.
pub(crate) fn get(socket: SOCKET) -> Result<Arc<FileObject>, WsaError> {
    borrow(socket).map(|file| file.to_arc())
}

#[inline(always)]
fn borrow(socket: SOCKET) -> Result<Borrowed<FileObject>, WsaError> {
    match handles::borrow::<FileObject>(socket as HANDLE) {
        Ok(file) if SocketState::of(&file).is_some() => Ok(file),
        _ => Err(no_socket()),
    }
}

#[cold]
fn no_socket() -> WsaError {
    startup::check().err().unwrap_or(WsaError(WSAENOTSOCK))
}
