//! Places that are not there, passed to functions of the system: an error, and nothing has happened.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with live locals, or with what is not there.

use longshore_win32::testing::{
    BCryptGenRandom, CheckRemoteDebuggerPresent, CloseHandle, CoCreateGuid, CreateToolhelp32Snapshot,
    CryptAcquireContextW, ExpandEnvironmentStringsA, GetEnvironmentVariableA, GetLastError, HANDLE,
    INVALID_HANDLE_VALUE, MessageBoxA, Process32First, RpcStringFreeA, SetEnvironmentVariableA,
    SetThreadErrorMode, StringFromGUID2, SystemFunction036, Thread32First, UuidCreate, UuidToStringA,
};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{E_INVALIDARG, STATUS_INVALID_PARAMETER};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{TH32CS_SNAPPROCESS, TH32CS_SNAPTHREAD};
use windows_sys::Win32::System::Rpc::RPC_S_INVALID_ARG;
use windows_sys::core::GUID;

fn bad<T>() -> *mut T {
    8 as *mut T
}

#[test]
fn texts_of_the_environment_that_are_not_there_are_errors() {
    unsafe {
        assert_eq!((GetEnvironmentVariableA(bad(), null_mut(), 0), GetLastError()), (0, 998));
        assert_eq!((GetEnvironmentVariableA(null(), null_mut(), 0), GetLastError()), (0, 203));
        assert_eq!((GetEnvironmentVariableA(c"PATH".as_ptr(), bad(), 1 << 20), GetLastError()), (0, 998));
        assert_eq!((SetEnvironmentVariableA(bad(), c"x".as_ptr()), GetLastError()), (0, 998));
        assert_eq!((SetEnvironmentVariableA(c"DOOR_TEST".as_ptr(), bad()), GetLastError()), (0, 998));
        assert!(std::env::var_os("DOOR_TEST").is_none());
        assert_eq!((ExpandEnvironmentStringsA(bad(), null_mut(), 0), GetLastError()), (0, 998));
        assert_eq!((ExpandEnvironmentStringsA(c"x".as_ptr(), bad(), 9), GetLastError()), (0, 998));
        assert_eq!(MessageBoxA(null_mut(), bad(), bad(), 0), 1);
    }
}

#[test]
fn identifiers_and_random_bytes_need_a_place() {
    let guid = GUID::from_u128(1);
    for nowhere in [null_mut(), bad::<GUID>()] {
        unsafe {
            assert_eq!(UuidCreate(nowhere), RPC_S_INVALID_ARG);
            assert_eq!(CoCreateGuid(nowhere), E_INVALIDARG);
            assert_eq!(StringFromGUID2(nowhere, null_mut(), 0), 0);
            assert_eq!(StringFromGUID2(&guid, nowhere.cast(), 39), 0);
            assert_eq!(UuidToStringA(&guid, nowhere.cast()), RPC_S_INVALID_ARG);
            assert_eq!(SystemFunction036(nowhere.cast(), 1000), 0);
            assert_eq!(BCryptGenRandom(null_mut(), nowhere.cast(), 1000, 2), STATUS_INVALID_PARAMETER);
        }
    }
    unsafe {
        assert_eq!(RpcStringFreeA(bad()), RPC_S_INVALID_ARG);
        assert_eq!((CryptAcquireContextW(bad(), null(), null(), 1, 0), GetLastError()), (0, 998));
        assert_eq!((CryptAcquireContextW(null_mut(), null(), null(), 1, 0), GetLastError()), (0, 87));
        assert_eq!((SetThreadErrorMode(0, bad()), GetLastError()), (0, 998));
    }
}

#[test]
fn snapshots_and_debuggers_need_a_place_after_their_handle() {
    let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
    let process: HANDLE = INVALID_HANDLE_VALUE;
    unsafe {
        assert_eq!((Process32First(snapshot, bad()), GetLastError()), (0, 998));
        assert_eq!((Process32First(snapshot, null_mut()), GetLastError()), (0, 87));
        assert_eq!((Process32First(null_mut(), bad()), GetLastError()), (0, 6));
        assert_eq!((Thread32First(snapshot, bad()), GetLastError()), (0, 998));
        assert_eq!((CheckRemoteDebuggerPresent(process, bad()), GetLastError()), (0, 998));
        assert_eq!((CheckRemoteDebuggerPresent(process, null_mut()), GetLastError()), (0, 87));
        assert_eq!((CheckRemoteDebuggerPresent(snapshot, bad()), GetLastError()), (0, 6));
    }
    assert_eq!(CloseHandle(snapshot), 1);
}
