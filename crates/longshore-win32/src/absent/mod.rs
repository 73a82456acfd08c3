//! What programs link against and this library does not have: it fails when called, with an error that says so.
//!
//! Named pipes and directory watching are to come and will leave this list; other processes and serial lines are no goals. The functions take whatever they are given and look at none of it: in the C
//! calling convention of x86-64 and AArch64 the caller alone deals with arguments.

pub(crate) mod component_objects;
pub(crate) mod message_box;
pub(crate) mod registry;
pub(crate) mod service_control;

use crate::abi::last_error::SetLastError;
use crate::object::handles::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Foundation::{ERROR_CALL_NOT_IMPLEMENTED, ERROR_NOT_SUPPORTED};
use windows_sys::Win32::Networking::WinSock::{INVALID_SOCKET, WSAEOPNOTSUPP};

/// Declares functions that set the last error and return a value.
macro_rules! absent {
    ($error:expr, $value:expr, $result:ty: $($name:ident)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "` is not there.")]
            ///
            /// # Errors
            /// Always; the last error says that it is not supported.
            #[unsafe(no_mangle)]
            pub extern "C" fn $name() -> $result {
                SetLastError($error as u32);
                $value
            }
        )*
    };
}

// To come: named pipes and directory watching.
absent!(ERROR_CALL_NOT_IMPLEMENTED, INVALID_HANDLE_VALUE, HANDLE:
    CreateNamedPipeA CreateNamedPipeW FindFirstChangeNotificationA FindFirstChangeNotificationW);
absent!(ERROR_CALL_NOT_IMPLEMENTED, 0, i32:
    CallNamedPipeA CallNamedPipeW ConnectNamedPipe DisconnectNamedPipe GetNamedPipeClientProcessId
    GetNamedPipeHandleStateA GetNamedPipeHandleStateW GetNamedPipeInfo GetNamedPipeServerProcessId
    SetNamedPipeHandleState TransactNamedPipe WaitNamedPipeA WaitNamedPipeW
    ReadDirectoryChangesW FindNextChangeNotification FindCloseChangeNotification);

// Other processes, serial lines.
absent!(ERROR_CALL_NOT_IMPLEMENTED, 0, i32:
    CreateProcessA CreateProcessW
    ClearCommBreak EscapeCommFunction GetCommState GetCommTimeouts PurgeComm SetCommBreak SetCommState SetCommTimeouts
    SetupComm);

// Network interfaces are in SIO_ADDRESS_LIST_QUERY; these return their error.
absent!(ERROR_NOT_SUPPORTED, ERROR_NOT_SUPPORTED, u32: GetAdaptersInfo GetBestInterface GetNumberOfInterfaces);

absent!(WSAEOPNOTSUPP, 0, i32: WSAConnectByList WSAGetQOSByName);
absent!(WSAEOPNOTSUPP, INVALID_SOCKET, usize: WSAJoinLeaf);
