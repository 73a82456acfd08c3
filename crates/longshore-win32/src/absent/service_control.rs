//! Windows services. No service manager of Windows starts a process here, so a program that asks to be run as
//! a service learns that it was started from a console, and most then run as a console program. A service of
//! Linux is stopped by SIGTERM, which reaches the console handlers (`console_control.rs`).

use crate::abi::absent::absent;
use crate::abi::argument::Ignored;
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::object::handles::HANDLE;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{
    ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, ERROR_INVALID_HANDLE, ERROR_SERVICE_DOES_NOT_EXIST,
};

fn not_a_service() -> i32 {
    to_bool(Err(Win32Error(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)))
}

fn no_handle(error: u32) -> HANDLE {
    SetLastError(error);
    std::ptr::null_mut()
}

/// Runs the process as a service: `ERROR_FAILED_SERVICE_CONTROLLER_CONNECT`, as from a console of Windows.
#[export]
pub fn StartServiceCtrlDispatcherA(_table: Ignored) -> i32 {
    absent!(answers StartServiceCtrlDispatcherA, "the process was not started by a service manager of Windows");
    not_a_service()
}

/// Runs the process as a service: [`StartServiceCtrlDispatcherA`].
#[export]
pub fn StartServiceCtrlDispatcherW(_table: Ignored) -> i32 {
    absent!(answers StartServiceCtrlDispatcherW, "the process was not started by a service manager of Windows");
    not_a_service()
}

/// Registers a service's handler: the process is none.
#[export]
pub fn RegisterServiceCtrlHandlerA(_name: Ignored, _handler: Ignored) -> HANDLE {
    absent!(answers RegisterServiceCtrlHandlerA, "the process was not started by a service manager of Windows");
    no_handle(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
}

/// Registers a service's handler: the process is none.
#[export]
pub fn RegisterServiceCtrlHandlerW(_name: Ignored, _handler: Ignored) -> HANDLE {
    absent!(answers RegisterServiceCtrlHandlerW, "the process was not started by a service manager of Windows");
    no_handle(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
}

/// Registers a service's handler: the process is none.
#[export]
pub fn RegisterServiceCtrlHandlerExA(_name: Ignored, _handler: Ignored, _context: Ignored) -> HANDLE {
    absent!(answers RegisterServiceCtrlHandlerExA, "the process was not started by a service manager of Windows");
    no_handle(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
}

/// Registers a service's handler: the process is none.
#[export]
pub fn RegisterServiceCtrlHandlerExW(_name: Ignored, _handler: Ignored, _context: Ignored) -> HANDLE {
    absent!(answers RegisterServiceCtrlHandlerExW, "the process was not started by a service manager of Windows");
    no_handle(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
}

/// Reports a service's state: there is no valid handle for it.
#[export]
pub fn SetServiceStatus(_service: HANDLE, _status: Ignored) -> i32 {
    absent!(answers SetServiceStatus, "the process was not started by a service manager of Windows");
    to_bool(Err(Win32Error(ERROR_INVALID_HANDLE)))
}

/// Opens the service manager: there is none.
#[export]
pub fn OpenSCManagerA(_machine: Ignored, _database: Ignored, _access: u32) -> HANDLE {
    absent!(answers OpenSCManagerA, "there is no service manager of Windows");
    no_handle(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
}

/// Opens the service manager: there is none.
#[export]
pub fn OpenSCManagerW(_machine: Ignored, _database: Ignored, _access: u32) -> HANDLE {
    absent!(answers OpenSCManagerW, "there is no service manager of Windows");
    no_handle(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
}

/// Opens a service: there are none.
#[export]
pub fn OpenServiceA(_manager: HANDLE, _name: Ignored, _access: u32) -> HANDLE {
    absent!(answers OpenServiceA, "there are no services of Windows");
    no_handle(ERROR_SERVICE_DOES_NOT_EXIST)
}

/// Opens a service: there are none.
#[export]
pub fn OpenServiceW(_manager: HANDLE, _name: Ignored, _access: u32) -> HANDLE {
    absent!(answers OpenServiceW, "there are no services of Windows");
    no_handle(ERROR_SERVICE_DOES_NOT_EXIST)
}

/// Closes a handle of services: there is no valid one.
#[export]
pub fn CloseServiceHandle(_service: HANDLE) -> i32 {
    absent!(answers CloseServiceHandle, "there are no services of Windows");
    to_bool(Err(Win32Error(ERROR_INVALID_HANDLE)))
}
