//! Functions that programs link against and that always fail here, with an error that says so; and in the
//! modules those that only answer. `abi/absent.rs` tells what a mark does.
//!
//! The functions of this file take whatever they are given and look at none of it: in the C calling
//! convention of x86-64 and AArch64 the caller alone deals with arguments.

pub(crate) mod component_objects;
pub(crate) mod message_box;
pub(crate) mod registry;
pub(crate) mod service_control;

use crate::abi::absent::absent;
use crate::abi::last_error::SetLastError;
use crate::object::handles::{HANDLE, INVALID_HANDLE_VALUE};
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_CALL_NOT_IMPLEMENTED, ERROR_NOT_SUPPORTED};
use windows_sys::Win32::Networking::WinSock::{INVALID_SOCKET, WSAEOPNOTSUPP};

/// Declares functions that set the last error and return a value.
macro_rules! absent_functions {
    ($reason:literal, $error:expr, $value:expr, $result:ty: $($name:ident)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "` always fails: ", $reason, ".")]
            ///
            /// # Errors
            /// Always; the last error says that it is not supported.
            #[export]
            pub fn $name() -> $result {
                absent!(fails $name, $reason);
                SetLastError($error as u32);
                $value
            }
        )*
    };
}

absent_functions!("named pipes are not there yet", ERROR_CALL_NOT_IMPLEMENTED, INVALID_HANDLE_VALUE, HANDLE:
    CreateNamedPipeA CreateNamedPipeW);
absent_functions!("named pipes are not there yet", ERROR_CALL_NOT_IMPLEMENTED, 0, i32:
    CallNamedPipeA CallNamedPipeW ConnectNamedPipe DisconnectNamedPipe GetNamedPipeClientProcessId
    GetNamedPipeHandleStateA GetNamedPipeHandleStateW GetNamedPipeInfo GetNamedPipeServerProcessId
    SetNamedPipeHandleState TransactNamedPipe WaitNamedPipeA WaitNamedPipeW);

absent_functions!("directories cannot be watched yet", ERROR_CALL_NOT_IMPLEMENTED, INVALID_HANDLE_VALUE, HANDLE:
    FindFirstChangeNotificationA FindFirstChangeNotificationW);
absent_functions!("directories cannot be watched yet", ERROR_CALL_NOT_IMPLEMENTED, 0, i32:
    ReadDirectoryChangesW FindNextChangeNotification FindCloseChangeNotification);

absent_functions!("other processes cannot be started yet", ERROR_CALL_NOT_IMPLEMENTED, 0, i32:
    CreateProcessA CreateProcessW);

absent_functions!("serial lines are not supported", ERROR_CALL_NOT_IMPLEMENTED, 0, i32:
    ClearCommBreak EscapeCommFunction GetCommState GetCommTimeouts PurgeComm SetCommBreak SetCommState SetCommTimeouts
    SetupComm);

// These return their error.
absent_functions!("use WSAIoctl with SIO_ADDRESS_LIST_QUERY", ERROR_NOT_SUPPORTED, ERROR_NOT_SUPPORTED, u32:
    GetAdaptersInfo GetBestInterface GetNumberOfInterfaces);

absent_functions!("use WSAConnectByName, or connect to each address", WSAEOPNOTSUPP, 0, i32: WSAConnectByList);
absent_functions!("there is no quality of service", WSAEOPNOTSUPP, 0, i32: WSAGetQOSByName);
absent_functions!("use setsockopt with IP_ADD_MEMBERSHIP", WSAEOPNOTSUPP, INVALID_SOCKET, usize: WSAJoinLeaf);
