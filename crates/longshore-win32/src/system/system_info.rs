//! The machine and the system: `GetSystemInfo`, memory in numbers, names, the version.

use crate::abi::absent::absent;
use crate::abi::character::{Character, copy_or_ask, copy_or_fail, copy_out};
use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::out::{put, take};
use crate::abi::text::WCHAR;
use crate::memory::virtual_memory::{GRANULARITY, page_size};
use crate::object::handles::HANDLE;
use crate::system::processors;
use libc::c_char;
use longshore_win32_macros::export;
use std::os::unix::ffi::OsStringExt;
use windows_sys::Win32::Foundation::{
    ERROR_BUFFER_OVERFLOW, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_MORE_DATA,
};
use windows_sys::Win32::System::SystemInformation::{
    ComputerNameDnsDomain, ComputerNameDnsFullyQualified, ComputerNameDnsHostname, ComputerNameMax,
    ComputerNameNetBIOS, ComputerNamePhysicalDnsDomain, ComputerNamePhysicalDnsFullyQualified,
    ComputerNamePhysicalDnsHostname, ComputerNamePhysicalNetBIOS, MEMORYSTATUS, MEMORYSTATUSEX,
    PROCESSOR_ARCHITECTURE_AMD64, PROCESSOR_ARCHITECTURE_ARM64, SYSTEM_INFO,
};
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_imports, reason = "some are about x86 alone"))]
use windows_sys::Win32::System::Threading::{
    PF_ARM_V8_INSTRUCTIONS_AVAILABLE, PF_COMPARE_EXCHANGE_DOUBLE, PF_COMPARE_EXCHANGE128,
    PF_FASTFAIL_AVAILABLE, PF_NX_ENABLED, PF_RDTSC_INSTRUCTION_AVAILABLE, PF_XMMI_INSTRUCTIONS_AVAILABLE,
    PF_XMMI64_INSTRUCTIONS_AVAILABLE,
};

/// Describes the machine. The number of processors is [`processors::count`].
#[export]
pub unsafe fn GetSystemInfo(information: *mut SYSTEM_INFO) {
    const PROCESSOR_AMD_X8664: u32 = 8664;
    let processors = processors::count();
    let mut described = SYSTEM_INFO {
        dwPageSize: page_size() as u32,
        lpMinimumApplicationAddress: GRANULARITY as *mut _,
        lpMaximumApplicationAddress: 0x7FFF_FFFE_FFFFusize as *mut _,
        dwActiveProcessorMask: processors::mask_of_count(processors),
        dwNumberOfProcessors: processors,
        dwProcessorType: if cfg!(target_arch = "x86_64") { PROCESSOR_AMD_X8664 } else { 0 },
        dwAllocationGranularity: GRANULARITY as u32,
        wProcessorLevel: 6,
        ..SYSTEM_INFO::default()
    };
    described.Anonymous.Anonymous.wProcessorArchitecture = if cfg!(target_arch = "x86_64") {
        PROCESSOR_ARCHITECTURE_AMD64
    } else {
        PROCESSOR_ARCHITECTURE_ARM64
    };
    // SAFETY: the caller's promise. There is no way to report NULL.
    let _ = unsafe { put(information, described) };
}

/// [`GetSystemInfo`]: nothing here runs under an emulation of another machine.
#[export]
pub unsafe fn GetNativeSystemInfo(information: *mut SYSTEM_INFO) {
    // SAFETY: the caller's promise.
    unsafe { GetSystemInfo(information) };
}

/// Whether the processor has a feature, by Windows' numbers.
#[export]
pub fn IsProcessorFeaturePresent(feature: u32) -> i32 {
    #[cfg(target_arch = "x86_64")]
    let present = match feature {
        PF_COMPARE_EXCHANGE128 => std::arch::is_x86_feature_detected!("cmpxchg16b"),
        PF_COMPARE_EXCHANGE_DOUBLE
        | PF_XMMI_INSTRUCTIONS_AVAILABLE
        | PF_XMMI64_INSTRUCTIONS_AVAILABLE
        | PF_RDTSC_INSTRUCTION_AVAILABLE
        | PF_NX_ENABLED
        | PF_FASTFAIL_AVAILABLE => true,
        36 => std::arch::is_x86_feature_detected!("ssse3"),
        37 => std::arch::is_x86_feature_detected!("sse4.1"),
        38 => std::arch::is_x86_feature_detected!("sse4.2"),
        39 => std::arch::is_x86_feature_detected!("avx"),
        40 => std::arch::is_x86_feature_detected!("avx2"),
        41 => std::arch::is_x86_feature_detected!("avx512f"),
        PF_ARM_V8_INSTRUCTIONS_AVAILABLE => false,
        _ => false,
    };
    #[cfg(not(target_arch = "x86_64"))]
    let present = feature == PF_ARM_V8_INSTRUCTIONS_AVAILABLE;
    i32::from(present)
}

/// Whether a process runs in the emulation of 32-bit Windows: no.
#[export]
pub unsafe fn IsWow64Process(_process: HANDLE, emulated: *mut i32) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { put(emulated, 0) })
}

/// Sizes from `/proc/meminfo`, in bytes: total and available memory, total and free swap.
fn memory() -> [u64; 4] {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    ["MemTotal:", "MemAvailable:", "SwapTotal:", "SwapFree:"].map(|name| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kilobytes.unwrap_or(0) * 1024
    })
}

const ADDRESS_SPACE: u64 = 1 << 47;

fn memory_status() -> MEMORYSTATUSEX {
    let [total, available, swap, swap_free] = memory();
    MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        dwMemoryLoad: total.saturating_sub(available).saturating_mul(100).checked_div(total).unwrap_or(0)
            as u32,
        ullTotalPhys: total,
        ullAvailPhys: available,
        ullTotalPageFile: total + swap,
        ullAvailPageFile: available + swap_free,
        ullTotalVirtual: ADDRESS_SPACE,
        ullAvailVirtual: ADDRESS_SPACE - total.min(ADDRESS_SPACE / 2),
        ullAvailExtendedVirtual: 0,
    }
}

/// How much memory there is and how much of it is free. `dwLength` must be set.
#[export]
pub unsafe fn GlobalMemoryStatusEx(status: *mut MEMORYSTATUSEX) -> i32 {
    // SAFETY: the caller's promise: at least the length can be read.
    let length = unsafe { take(status.cast::<u32>()) };
    to_bool(length.and_then(|length| {
        if length as usize != size_of::<MEMORYSTATUSEX>() {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        // SAFETY: the caller's promise.
        unsafe { put(status, memory_status()) }
    }))
}

/// [`GlobalMemoryStatusEx`] in its older form.
#[export]
pub unsafe fn GlobalMemoryStatus(status: *mut MEMORYSTATUS) {
    let now = memory_status();
    let old = MEMORYSTATUS {
        dwLength: size_of::<MEMORYSTATUS>() as u32,
        dwMemoryLoad: now.dwMemoryLoad,
        dwTotalPhys: now.ullTotalPhys as usize,
        dwAvailPhys: now.ullAvailPhys as usize,
        dwTotalPageFile: now.ullTotalPageFile as usize,
        dwAvailPageFile: now.ullAvailPageFile as usize,
        dwTotalVirtual: now.ullTotalVirtual as usize,
        dwAvailVirtual: now.ullAvailVirtual as usize,
    };
    // SAFETY: the caller's promise. There is no way to report NULL.
    let _ = unsafe { put(status, old) };
}

/// How much memory the machine has, in KiB.
#[export]
pub unsafe fn GetPhysicallyInstalledSystemMemory(kilobytes: *mut u64) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { put(kilobytes, memory()[0] / 1024) })
}

/// The host's name, up to the first dot and after it.
fn host_name() -> (Vec<u8>, Vec<u8>) {
    let mut buffer = [0u8; 256];
    // SAFETY: one byte less than there is room, so a NUL remains.
    unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) };
    let name = buffer.split(|&byte| byte == 0).next().unwrap_or_default();
    let host = name.split(|&byte| byte == b'.').next().unwrap_or_default();
    let domain = name.get(host.len() + 1..).unwrap_or_default();
    (host.to_vec(), domain.to_vec())
}

/// A NetBIOS name: 15 characters at most, in capitals.
fn netbios_name() -> Vec<u8> {
    let mut name = host_name().0.to_ascii_uppercase();
    name.truncate(15);
    name
}

#[allow(non_upper_case_globals)] // windows-sys' names.
unsafe fn computer_name<C: Character>(format: i32, buffer: *mut C, room: *mut u32) -> i32 {
    let (host, domain) = host_name();
    let name = match format {
        ComputerNameNetBIOS | ComputerNamePhysicalNetBIOS => netbios_name(),
        ComputerNameDnsHostname | ComputerNamePhysicalDnsHostname => host,
        ComputerNameDnsDomain | ComputerNamePhysicalDnsDomain => domain,
        ComputerNameDnsFullyQualified | ComputerNamePhysicalDnsFullyQualified if domain.is_empty() => host,
        0..ComputerNameMax => [host, domain].join(&b'.'),
        _ => return to_bool(Err(Win32Error(ERROR_INVALID_PARAMETER))),
    };
    // SAFETY: the caller's promise.
    to_bool(unsafe { copy_or_fail(&name, buffer, room, ERROR_MORE_DATA) })
}

/// The computer's NetBIOS name.
#[export]
pub unsafe fn GetComputerNameA(buffer: *mut c_char, room: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { copy_or_fail(&netbios_name(), buffer, room, ERROR_BUFFER_OVERFLOW) })
}

/// The computer's NetBIOS name, in wide characters.
#[export]
pub unsafe fn GetComputerNameW(buffer: *mut WCHAR, room: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { copy_or_fail(&netbios_name(), buffer, room, ERROR_BUFFER_OVERFLOW) })
}

/// One of the computer's names.
#[export]
pub unsafe fn GetComputerNameExA(format: i32, buffer: *mut c_char, room: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { computer_name(format, buffer, room) }
}

/// One of the computer's names, in wide characters.
#[export]
pub unsafe fn GetComputerNameExW(format: i32, buffer: *mut WCHAR, room: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { computer_name(format, buffer, room) }
}

/// The name of the user the process runs as; its number, if it has no name.
fn user_name() -> Vec<u8> {
    // SAFETY: a plain call.
    let id = unsafe { libc::geteuid() };
    let mut buffer = vec![0 as c_char; 4096];
    let mut found = std::ptr::null_mut();
    // SAFETY: all zero is a valid record, the buffer has the size stated, and the strings lie within it.
    unsafe {
        let mut record: libc::passwd = std::mem::zeroed();
        libc::getpwuid_r(id, &mut record, buffer.as_mut_ptr(), buffer.len(), &mut found);
        if !found.is_null() {
            return std::ffi::CStr::from_ptr(record.pw_name).to_bytes().to_vec();
        }
    }
    std::env::var_os("USER").map_or_else(|| id.to_string().into_bytes(), OsStringExt::into_vec)
}

unsafe fn user<C: Character>(buffer: *mut C, room: *mut u32) -> i32 {
    let name = user_name();
    // SAFETY: the caller's promise.
    let copied = unsafe { copy_or_fail(&name, buffer, room, ERROR_INSUFFICIENT_BUFFER) };
    if copied.is_ok() {
        // Unlike its relatives, this function counts the NUL on success too.
        // SAFETY: just written through.
        unsafe { *room += 1 };
    }
    to_bool(copied)
}

/// The name of the user the process runs as.
#[export]
pub unsafe fn GetUserNameA(buffer: *mut c_char, room: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { user(buffer, room) }
}

/// The name of the user the process runs as, in wide characters.
#[export]
pub unsafe fn GetUserNameW(buffer: *mut WCHAR, room: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { user(buffer, room) }
}

const WINDOWS_DIRECTORY: &[u8] = b"C:\\Windows";
const SYSTEM_DIRECTORY: &[u8] = b"C:\\Windows\\System32";

/// Windows' directory: a name only, as every program expects it.
#[export]
pub unsafe fn GetWindowsDirectoryA(buffer: *mut c_char, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(WINDOWS_DIRECTORY, buffer, room) }
}

/// Windows' directory, in wide characters.
#[export]
pub unsafe fn GetWindowsDirectoryW(buffer: *mut WCHAR, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(WINDOWS_DIRECTORY, buffer, room) }
}

/// The directory of Windows' libraries: a name only.
#[export]
pub unsafe fn GetSystemDirectoryA(buffer: *mut c_char, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(SYSTEM_DIRECTORY, buffer, room) }
}

/// The directory of Windows' libraries, in wide characters.
#[export]
pub unsafe fn GetSystemDirectoryW(buffer: *mut WCHAR, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(SYSTEM_DIRECTORY, buffer, room) }
}

/// Sizes of a desktop, of which there is none: 0.
#[export]
pub fn GetSystemMetrics(_index: i32) -> i32 {
    absent!(answers GetSystemMetrics, "there is no desktop, every size is 0");
    0
}

/// The user's locale is English of the United States: the library formats for no other.
pub(crate) const LOCALE_NAME: &[u8] = b"en-US";

/// The name of the user's locale; its length with the NUL.
#[export]
pub unsafe fn GetUserDefaultLocaleName(buffer: *mut WCHAR, room: i32) -> i32 {
    let name = WCHAR::encode(LOCALE_NAME);
    // SAFETY: the caller's promise.
    if unsafe { copy_out(&name, buffer, usize::try_from(room).unwrap_or(0)) } {
        return name.len() as i32 + 1;
    }
    to_bool(Err(Win32Error(ERROR_INSUFFICIENT_BUFFER)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    #[test]
    fn the_machine_has_processors_pages_and_memory() {
        let (mut information, mut status) = (SYSTEM_INFO::default(), MEMORYSTATUSEX::default());
        // SAFETY: pointers to locals.
        unsafe {
            GetSystemInfo(&mut information);
            assert_eq!(GlobalMemoryStatusEx(&mut status), 0, "without its length");
            assert_eq!(GetLastError(), 87);
            status.dwLength = size_of::<MEMORYSTATUSEX>() as u32;
            assert_eq!(GlobalMemoryStatusEx(&mut status), 1);
        }
        assert!(information.dwNumberOfProcessors >= 1);
        assert_eq!(information.dwActiveProcessorMask.count_ones(), information.dwNumberOfProcessors);
        assert_eq!(information.dwAllocationGranularity, 65536);
        assert!(status.ullAvailPhys <= status.ullTotalPhys && status.dwMemoryLoad <= 100);
    }

    #[test]
    fn names_ask_for_room_in_their_different_ways() {
        let (mut buffer, mut room) = ([0 as c_char; 256], 1);
        // SAFETY: room as stated.
        unsafe {
            assert_eq!(GetComputerNameA(buffer.as_mut_ptr(), &mut room), 0);
            assert_eq!(GetLastError(), ERROR_BUFFER_OVERFLOW);
            let needed = room;
            assert_eq!(GetComputerNameA(buffer.as_mut_ptr(), &mut room), 1);
            assert_eq!(room, needed - 1, "the length");
            room = 0;
            assert_eq!(GetComputerNameExA(ComputerNameDnsHostname, buffer.as_mut_ptr(), &mut room), 0);
            assert_eq!(GetLastError(), ERROR_MORE_DATA);
            room = 0;
            assert_eq!(GetUserNameA(buffer.as_mut_ptr(), &mut room), 0);
            assert_eq!(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
            let needed = room;
            assert_eq!(GetUserNameA(buffer.as_mut_ptr(), &mut room), 1);
            assert_eq!(room, needed, "the NUL counts here");
            assert_eq!(GetUserNameA(buffer.as_mut_ptr(), std::ptr::null_mut()), 0);
        }
    }
}
