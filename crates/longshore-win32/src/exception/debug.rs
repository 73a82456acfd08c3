//! Debugging aids: output for a debugger, breakpoints, dumps.

use crate::abi::absent::absent;
use crate::abi::character::{Character, units};
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::out::put;
use crate::abi::text::WCHAR;
use crate::object::handles::{HANDLE, INVALID_HANDLE_VALUE};
use libc::c_char;
use std::ffi::{CStr, c_void};
use std::io::Write;
use std::sync::OnceLock;
use windows_sys::Win32::Foundation::{
    ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_MOD_NOT_FOUND,
};
use windows_sys::Win32::System::Diagnostics::Debug::SYMBOL_INFO;

/// The variable that makes debug output visible, on standard error. Without it nobody sees the output, as on
/// Windows without a debugger.
const OUTPUT_VARIABLE: &str = "LONGSHORE_DEBUG_OUTPUT";

fn output(text: &[u8]) {
    static VISIBLE: OnceLock<bool> = OnceLock::new();
    if *VISIBLE.get_or_init(|| std::env::var_os(OUTPUT_VARIABLE).is_some_and(|value| !value.is_empty())) {
        let _ = std::io::stderr().write_all(text);
    }
}

/// Sends a string to the debugger: to standard error if `LONGSHORE_DEBUG_OUTPUT` is set, else nowhere.
///
/// # Safety
/// `string` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OutputDebugStringA(string: *const c_char) {
    // SAFETY: the caller's promise.
    output(&c_char::decode(unsafe { units(string) }));
}

/// Sends a string to the debugger: [`OutputDebugStringA`] with wide characters.
///
/// # Safety
/// `string` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OutputDebugStringW(string: *const WCHAR) {
    // SAFETY: the caller's promise.
    output(&WCHAR::decode(unsafe { units(string) }));
}

/// Whether a debugger is attached.
#[unsafe(no_mangle)]
pub extern "C" fn IsDebuggerPresent() -> i32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    i32::from(tracer.is_some_and(|tracer| tracer.trim() != "0"))
}

/// Whether a debugger is attached to a process, which must be the current one.
///
/// # Safety
/// `present` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CheckRemoteDebuggerPresent(process: HANDLE, present: *mut i32) -> i32 {
    if process != INVALID_HANDLE_VALUE {
        SetLastError(ERROR_INVALID_HANDLE);
        return 0;
    }
    // SAFETY: the caller's promise.
    to_bool(unsafe { put(present, IsDebuggerPresent()) })
}

/// Stops in the debugger. Without one this ends the process with SIGTRAP, as it does on Windows.
#[unsafe(no_mangle)]
pub extern "C" fn DebugBreak() {
    // SAFETY: a signal to the calling thread.
    unsafe { libc::raise(libc::SIGTRAP) };
}

/// Writes a dump of a process: not here, where the kernel writes core files. `ERROR_CALL_NOT_IMPLEMENTED`.
#[unsafe(no_mangle)]
pub extern "C" fn MiniDumpWriteDump(
    _process: HANDLE,
    _id: u32,
    _file: HANDLE,
    _kind: i32,
    _exception: *const c_void,
    _streams: *const c_void,
    _callback: *const c_void,
) -> i32 {
    absent!(fails MiniDumpWriteDump, "the kernel of Linux writes core dumps");
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    0
}

/// Loads symbols: there are none of Windows' kind. `ERROR_CALL_NOT_IMPLEMENTED`.
#[unsafe(no_mangle)]
pub extern "C" fn SymInitialize(_process: HANDLE, _path: *const c_char, _invade: i32) -> i32 {
    absent!(fails SymInitialize, "symbols of Windows' kind do not exist");
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    0
}

/// Loads symbols: there are none of Windows' kind. `ERROR_CALL_NOT_IMPLEMENTED`.
#[unsafe(no_mangle)]
pub extern "C" fn SymInitializeW(_process: HANDLE, _path: *const WCHAR, _invade: i32) -> i32 {
    absent!(fails SymInitializeW, "symbols of Windows' kind do not exist");
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    0
}

/// Forgets symbols: there are none.
#[unsafe(no_mangle)]
pub extern "C" fn SymCleanup(_process: HANDLE) -> i32 {
    1
}

/// Sets options of symbol loading; returns them.
#[unsafe(no_mangle)]
pub extern "C" fn SymSetOptions(options: u32) -> u32 {
    options
}

/// Options of symbol loading: none.
#[unsafe(no_mangle)]
pub extern "C" fn SymGetOptions() -> u32 {
    0
}

/// The symbol at an address: the dynamic linker's, if it knows one.
///
/// # Safety
/// `displacement` is NULL or writable; `symbol` is NULL or a `SYMBOL_INFO` with as much room as it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SymFromAddr(
    _process: HANDLE,
    address: u64,
    displacement: *mut u64,
    symbol: *mut SYMBOL_INFO,
) -> i32 {
    let find = || {
        let unknown = Win32Error(ERROR_MOD_NOT_FOUND);
        // SAFETY: all zero is a valid record, filled in by the call; any address may be asked for.
        let (name, start, base) = unsafe {
            let mut found: libc::Dl_info = std::mem::zeroed();
            if libc::dladdr(address as usize as *const c_void, &mut found) == 0 || found.dli_sname.is_null() {
                return Err(unknown);
            }
            (
                CStr::from_ptr(found.dli_sname).to_bytes_with_nul(),
                found.dli_saddr as u64,
                found.dli_fbase as u64,
            )
        };
        // SAFETY: the caller's promise: the fields can be written, and the name has the room stated behind it.
        unsafe {
            let symbol = symbol.as_mut().ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
            symbol.ModBase = base;
            symbol.Address = start;
            symbol.NameLen = name.len() as u32 - 1;
            let kept = (name.len() - 1).min((symbol.MaxNameLen as usize).saturating_sub(1));
            if symbol.MaxNameLen > 0 {
                let place = (&raw mut symbol.Name).cast::<u8>();
                place.copy_from_nonoverlapping(name.as_ptr(), kept);
                place.add(kept).write(0);
            }
            if !displacement.is_null() {
                put(displacement, address.wrapping_sub(start))?;
            }
        }
        Ok(())
    };
    to_bool(find())
}

/// The source line of an address: nothing here reads line tables. `ERROR_CALL_NOT_IMPLEMENTED`.
#[unsafe(no_mangle)]
pub extern "C" fn SymGetLineFromAddr64(
    _process: HANDLE,
    _address: u64,
    _displacement: *mut u32,
    _line: *mut c_void,
) -> i32 {
    absent!(fails SymGetLineFromAddr64, "line tables are not read");
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    0
}

/// The addresses the calling thread will return to.
///
/// # Safety
/// `frames` is NULL or has room for `count` pointers; `hash` is NULL or writable.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe extern "C" fn RtlCaptureStackBackTrace(
    skip: u32,
    count: u32,
    frames: *mut *mut c_void,
    hash: *mut u32,
) -> u16 {
    const FRAMES_MAX: usize = 256;
    if frames.is_null() {
        return 0;
    }
    let mut found = [std::ptr::null_mut(); FRAMES_MAX];
    // SAFETY: room for that many.
    let length = unsafe { libc::backtrace(found.as_mut_ptr(), FRAMES_MAX as i32) }.max(0) as usize;
    // The first frame is this function's.
    let found = found[..length].get(skip as usize + 1..).unwrap_or_default();
    let found = &found[..found.len().min(count as usize)];
    // SAFETY: the caller's promise.
    unsafe {
        frames.copy_from_nonoverlapping(found.as_ptr(), found.len());
        let sum = found.iter().fold(0u32, |sum, &frame| sum.wrapping_add(frame as usize as u32));
        let _ = put(hash, sum);
    }
    found.len() as u16
}
