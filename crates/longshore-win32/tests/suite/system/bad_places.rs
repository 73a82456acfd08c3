//! Places that are not there, passed to functions of the system: an error, and nothing has happened.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with live locals, or with what is not there.

use longshore_win32::testing::{
    BCryptGenRandom, CheckRemoteDebuggerPresent, CloseHandle, CoCreateGuid, CommandLineToArgvW,
    CreateToolhelp32Snapshot, CryptAcquireContextW, ExpandEnvironmentStringsA, GetComputerNameA,
    GetComputerNameExW, GetEnvironmentVariableA, GetLastError, GetLogicalProcessorInformation,
    GetModuleFileNameA, GetModuleHandleA, GetModuleHandleExA, GetNumaHighestNodeNumber, GetNumaProcessorNode,
    GetPhysicallyInstalledSystemMemory, GetProcAddress, GetProcessAffinityMask, GetProcessHandleCount,
    GetProcessMemoryInfo, GetProcessTimes, GetProcessWorkingSetSize, GetStartupInfoW, GetSystemInfo,
    GetSystemTimes, GetUserDefaultLocaleName, GetUserNameA, GetVersionExA, GetWindowsDirectoryA,
    GlobalMemoryStatusEx, HANDLE, INVALID_HANDLE_VALUE, IsWow64Process, LoadLibraryA, LoadLibraryW,
    MessageBoxA, Process32First, ProcessIdToSessionId, QueryFullProcessImageNameA, RpcStringFreeA,
    RtlGetVersion, SetEnvironmentVariableA, SetThreadErrorMode, StringFromGUID2, SystemFunction036,
    Thread32First, UuidCreate, UuidToStringA, VerifyVersionInfoW, WCHAR,
};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{E_INVALIDARG, STATUS_ACCESS_VIOLATION, STATUS_INVALID_PARAMETER};
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

#[test]
fn names_of_the_machine_need_a_buffer_and_its_size() {
    let mut room = 256;
    let room = &raw mut room;
    let mut buffer = [7_i8 as libc::c_char; 256];
    let buffer = buffer.as_mut_ptr();
    unsafe {
        assert_eq!((GetComputerNameA(bad(), room), GetLastError()), (0, 998));
        assert_eq!(*room, 256, "nothing has been written");
        assert_eq!((GetComputerNameA(buffer, bad()), GetLastError()), (0, 998));
        assert_eq!((GetComputerNameA(buffer, null_mut()), GetLastError()), (0, 87));
        assert_eq!(*buffer, 7, "nor here");
        assert_eq!((GetComputerNameExW(1, bad(), room), GetLastError()), (0, 998));
        assert_eq!((GetUserNameA(bad(), room), GetLastError()), (0, 998));
        assert_eq!((GetUserNameA(buffer, bad()), GetLastError()), (0, 998));
        assert_eq!((GetUserNameA(null_mut(), room), GetLastError()), (0, 122));
        assert_eq!((GetWindowsDirectoryA(bad(), 256), GetLastError()), (0, 998));
        assert_eq!((GetUserDefaultLocaleName(bad(), 256), GetLastError()), (0, 998));
        assert_eq!((GetUserDefaultLocaleName(null_mut(), 256), GetLastError()), (0, 122));
        *room = 4096;
        let process = INVALID_HANDLE_VALUE;
        assert_eq!((QueryFullProcessImageNameA(process, 0, bad(), room), GetLastError()), (0, 998));
        assert_eq!((QueryFullProcessImageNameA(process, 0, buffer, bad()), GetLastError()), (0, 998));
        assert_eq!((QueryFullProcessImageNameA(null_mut(), 0, bad(), bad()), GetLastError()), (0, 6));
    }
}

#[test]
fn facts_about_the_process_and_the_machine_need_a_place() {
    let process = INVALID_HANDLE_VALUE;
    let (mut times, mut size) = ([Default::default(); 3], 0);
    let [creation, exit, kernel] = &mut times;
    for nowhere in [null_mut(), bad()] {
        unsafe {
            assert_eq!((GetProcessTimes(process, creation, exit, kernel, nowhere), GetLastError()), (0, 998));
            let counters = nowhere.cast();
            assert_eq!((GetProcessMemoryInfo(process, counters, 80), GetLastError()), (0, 998));
            assert_eq!((GetProcessMemoryInfo(process, counters, 8), GetLastError()), (0, 122));
            assert_eq!((GetProcessHandleCount(process, nowhere.cast()), GetLastError()), (0, 998));
            assert_eq!((GetProcessHandleCount(null_mut(), nowhere.cast()), GetLastError()), (0, 6));
            assert_eq!(
                (GetProcessWorkingSetSize(process, &mut size, nowhere.cast()), GetLastError()),
                (0, 998)
            );
            assert_eq!(
                (GetProcessAffinityMask(process, &mut size, nowhere.cast()), GetLastError()),
                (0, 998)
            );
            assert_eq!((ProcessIdToSessionId(1, nowhere.cast()), GetLastError()), (0, 87));
            assert_eq!((IsWow64Process(process, nowhere.cast()), GetLastError()), (0, 998));
            assert_eq!((IsWow64Process(null_mut(), nowhere.cast()), GetLastError()), (0, 6));
            assert_eq!((GlobalMemoryStatusEx(nowhere.cast()), GetLastError()), (0, 998));
            assert_eq!((GetNumaHighestNodeNumber(nowhere.cast()), GetLastError()), (0, 998));
            assert_eq!((GetNumaProcessorNode(0, nowhere.cast()), GetLastError()), (0, 998));
            GetSystemInfo(nowhere.cast()); // These two cannot fail.
            GetStartupInfoW(nowhere.cast());
        }
    }
    unsafe {
        assert_eq!((GetSystemTimes(bad(), null_mut(), null_mut()), GetLastError()), (0, 998));
        assert_eq!(GetSystemTimes(null_mut(), null_mut(), null_mut()), 1);
        assert_eq!((GetPhysicallyInstalledSystemMemory(bad()), GetLastError()), (0, 998));
        assert_eq!((GetPhysicallyInstalledSystemMemory(null_mut()), GetLastError()), (0, 87));
        let mut length = 1 << 20;
        assert_eq!((GetLogicalProcessorInformation(bad(), &mut length), GetLastError()), (0, 998));
        assert_eq!((GetLogicalProcessorInformation(null_mut(), &mut length), GetLastError()), (0, 122));
        assert_eq!((GetLogicalProcessorInformation(null_mut(), bad()), GetLastError()), (0, 998));
        assert_eq!((GetLogicalProcessorInformation(null_mut(), null_mut()), GetLastError()), (0, 87));
    }
}

#[test]
fn versions_and_command_lines_need_a_place() {
    let line: [WCHAR; 2] = [0x61, 0];
    let mut count = 7;
    unsafe {
        assert_eq!((GetVersionExA(bad()), GetLastError()), (0, 998));
        assert_eq!((GetVersionExA(null_mut()), GetLastError()), (0, 998));
        assert_eq!(RtlGetVersion(bad()), STATUS_ACCESS_VIOLATION);
        assert_eq!((VerifyVersionInfoW(bad(), 2, 3), GetLastError()), (0, 998));
        assert!(CommandLineToArgvW(bad(), &mut count).is_null());
        assert_eq!((GetLastError(), count), (998, 7));
        assert!(CommandLineToArgvW(line.as_ptr(), bad()).is_null());
        assert_eq!(GetLastError(), 998);
        assert!(CommandLineToArgvW(null(), &mut count).is_null());
        assert_eq!(GetLastError(), 87);
        assert!(CommandLineToArgvW(line.as_ptr(), null_mut()).is_null());
        assert_eq!(GetLastError(), 87);
    }
}

#[test]
fn names_of_modules_that_are_not_there_are_errors() {
    let mut module = INVALID_HANDLE_VALUE;
    unsafe {
        assert!(LoadLibraryA(bad()).is_null() && GetLastError() == 998);
        assert!(LoadLibraryW(bad()).is_null() && GetLastError() == 998);
        assert!(GetModuleHandleA(bad()).is_null() && GetLastError() == 998);
        assert_eq!((GetModuleHandleExA(0, bad(), &mut module), GetLastError()), (0, 998));
        assert!(module.is_null(), "as after every failure");
        assert_eq!((GetModuleHandleExA(0, null(), bad()), GetLastError()), (0, 998));
        assert_eq!((GetModuleHandleExA(0, null(), null_mut()), GetLastError()), (0, 87));
        let program = GetModuleHandleA(null());
        assert_eq!((GetModuleFileNameA(program, bad(), 256), GetLastError()), (0, 998));
        assert_eq!((GetModuleFileNameA(program, null_mut(), 256), GetLastError()), (0, 998));
        assert_eq!((GetModuleFileNameA(program, null_mut(), 0), GetLastError()), (0, 122));
        assert!(GetProcAddress(program, bad::<u8>().wrapping_add(1 << 16).cast()).is_null());
        assert_eq!(GetLastError(), 998);
    }
}
