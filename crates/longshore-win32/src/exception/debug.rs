//! Debugging aids: output for a debugger, breakpoints, dumps.

use crate::abi::absent::absent;
use crate::abi::argument::{Argument, CStrArg, Ignored, InOut, Out, WStrArg, WriteIfAsked, plain};
use crate::abi::character::Character;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::text::WCHAR;
use crate::object::handles::{HANDLE, Handle};
use crate::object::process::Process;
use longshore_win32_macros::export;
use std::ffi::{CStr, c_void};
use std::io::Write;
use std::sync::OnceLock;
use windows_sys::Win32::Foundation::{
    ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_PARAMETER, ERROR_MOD_NOT_FOUND,
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
#[export]
pub unsafe fn OutputDebugStringA(string: CStrArg) {
    output(string.bytes(-1).unwrap_or_default()); // Windows catches the fault, too.
}

/// Sends a string to the debugger: [`OutputDebugStringA`] with wide characters.
#[export]
pub unsafe fn OutputDebugStringW(string: WStrArg) {
    output(&WCHAR::decode(string.units(-1).unwrap_or_default()));
}

/// Whether a debugger is attached.
#[export]
pub fn IsDebuggerPresent() -> bool {
    is_traced()
}

fn is_traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

/// Whether a debugger is attached to a process, which must be the current one.
#[export]
pub unsafe fn CheckRemoteDebuggerPresent(
    process: Handle<Process>,
    present: Option<Out<i32>>,
) -> Result<(), Win32Error> {
    process.get()?;
    Ok(present.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(is_traced().into())?)
}

/// Stops in the debugger. Without one this is an exception, `EXCEPTION_BREAKPOINT` (SEH1), and ends the
/// process with SIGTRAP if nobody handles it.
#[export]
pub fn DebugBreak() {
    // SAFETY: the instruction that debuggers, and the handler of SIGTRAP, expect.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        std::arch::asm!("int3");
        #[cfg(target_arch = "aarch64")]
        std::arch::asm!("brk #0xf000");
    }
}

/// Writes a dump of a process: not here, where the kernel writes core files. `ERROR_CALL_NOT_IMPLEMENTED`.
#[export]
pub fn MiniDumpWriteDump(
    _process: HANDLE,
    _id: u32,
    _file: HANDLE,
    _kind: i32,
    _exception: Ignored,
    _streams: Ignored,
    _callback: Ignored,
) -> i32 {
    absent!(fails MiniDumpWriteDump, "the kernel of Linux writes core dumps");
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    0
}

/// Loads symbols: there are none of Windows' kind. `ERROR_CALL_NOT_IMPLEMENTED`.
#[export]
pub fn SymInitialize(_process: HANDLE, _path: Ignored, _invade: i32) -> i32 {
    absent!(fails SymInitialize, "symbols of Windows' kind do not exist");
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    0
}

/// Loads symbols: there are none of Windows' kind. `ERROR_CALL_NOT_IMPLEMENTED`.
#[export]
pub fn SymInitializeW(_process: HANDLE, _path: Ignored, _invade: i32) -> i32 {
    absent!(fails SymInitializeW, "symbols of Windows' kind do not exist");
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    0
}

/// Forgets symbols: there are none.
#[export]
pub fn SymCleanup(_process: HANDLE) -> i32 {
    1
}

/// Sets options of symbol loading; returns them.
#[export]
pub fn SymSetOptions(options: u32) -> u32 {
    options
}

/// Options of symbol loading: none.
#[export]
pub fn SymGetOptions() -> u32 {
    0
}

/// The symbol at an address: the dynamic linker's, if it knows one.
#[export]
pub unsafe fn SymFromAddr(
    _process: HANDLE,
    address: u64,
    displacement: Option<Out<u64>>,
    symbol: Option<InOut<SYMBOL_INFO>>,
) -> Result<(), Win32Error> {
    // SAFETY: all zero is a valid record, filled in by the call; any address may be asked for.
    let (name, start, base) = unsafe {
        let mut found: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr(address as usize as *const c_void, &mut found) == 0 || found.dli_sname.is_null() {
            return Err(Win32Error(ERROR_MOD_NOT_FOUND));
        }
        (CStr::from_ptr(found.dli_sname).to_bytes(), found.dli_saddr as u64, found.dli_fbase as u64)
    };
    let place = symbol.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let mut described = place.read()?;
    described.ModBase = base;
    described.Address = start;
    described.NameLen = name.len() as u32;
    place.write(described)?;
    if described.MaxNameLen > 0 {
        // The name's room lies behind the structure, whose last field is its first byte.
        let kept = &name[..name.len().min(described.MaxNameLen as usize - 1)];
        let room = place.as_out().field::<u8>(std::mem::offset_of!(SYMBOL_INFO, Name));
        room.write_all(kept)?;
        room.at(kept.len()).write(0)?;
    }
    Ok(displacement.write_if_asked(address.wrapping_sub(start))?)
}

plain!(SYMBOL_INFO);

/// The source line of an address: nothing here reads line tables. `ERROR_CALL_NOT_IMPLEMENTED`.
#[export]
pub fn SymGetLineFromAddr64(_process: HANDLE, _address: u64, _displacement: Ignored, _line: Ignored) -> i32 {
    absent!(fails SymGetLineFromAddr64, "line tables are not read");
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    0
}

/// The addresses the calling thread will return to.
///
/// Without a door: its frames would be among them.
///
/// # Safety
/// C's promise of an [`Out`] holds for `hash`, and for `count` of them at `frames`.
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
    // SAFETY: C's promise.
    let (frames, hash) = unsafe { (Out::from_c(frames), Option::<Out<u32>>::from_c(hash)) };
    let sum = found.iter().fold(0u32, |sum, &frame| sum.wrapping_add(frame as usize as u32));
    let written = frames.write_all(found).and_then(|()| hash.write_if_asked(sum));
    written.map_or(0, |()| found.len() as u16)
}
