//! The machine and the system: `GetSystemInfo`, memory in numbers, names, the version.

use crate::abi::absent::absent;
use crate::abi::argument::{InOut, Out, OutBuffer, TextBuffer, WriteIfAsked};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::memory::virtual_memory::{GRANULARITY, page_size};
use crate::object::handles::Handle;
use crate::object::process::Process;
use crate::system::processors;
use libc::c_char;
use longshore_win32_macros::export;
use std::mem::offset_of;
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

fn machine() -> SYSTEM_INFO {
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
    described
}

/// Describes the machine. The number of processors is [`processors::count`].
#[export]
pub unsafe fn GetSystemInfo(information: Out<SYSTEM_INFO>) {
    let _ = information.write(machine()); // There is no way to report a bad pointer.
}

/// [`GetSystemInfo`]: nothing here runs under an emulation of another machine.
#[export]
pub unsafe fn GetNativeSystemInfo(information: Out<SYSTEM_INFO>) {
    let _ = information.write(machine()); // As above.
}

/// Whether the processor has a feature, by Windows' numbers.
#[export]
pub fn IsProcessorFeaturePresent(feature: u32) -> bool {
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
    present
}

/// Whether a process runs in the emulation of 32-bit Windows: no.
#[export]
pub unsafe fn IsWow64Process(process: Handle<Process>, emulated: Out<i32>) -> Result<(), Win32Error> {
    process.get()?;
    Ok(emulated.write(0)?)
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
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for another `dwLength`; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GlobalMemoryStatusEx(status: InOut<MEMORYSTATUSEX>) -> Result<(), Win32Error> {
    // No more than the length need be there.
    let length: u32 = status.as_in().field(offset_of!(MEMORYSTATUSEX, dwLength)).read()?;
    if length as usize != size_of::<MEMORYSTATUSEX>() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    Ok(status.write(memory_status())?)
}

/// [`GlobalMemoryStatusEx`] in its older form.
#[export]
pub unsafe fn GlobalMemoryStatus(status: Out<MEMORYSTATUS>) {
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
    let _ = status.write(old); // There is no way to report a bad pointer.
}

/// How much memory the machine has, in KiB.
#[export]
pub unsafe fn GetPhysicallyInstalledSystemMemory(kilobytes: Option<Out<u64>>) -> Result<(), Win32Error> {
    Ok(kilobytes.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(memory()[0] / 1024)?)
}

/// The host's name, up to the first dot and after it.
fn host_name() -> (Vec<u8>, Vec<u8>) {
    let system = rustix::system::uname();
    let name = system.nodename().to_bytes();
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
fn computer_name<C: Character>(
    format: i32,
    buffer: Option<OutBuffer<C>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    let (host, domain) = host_name();
    let name = match format {
        ComputerNameNetBIOS | ComputerNamePhysicalNetBIOS => netbios_name(),
        ComputerNameDnsHostname | ComputerNamePhysicalDnsHostname => host,
        ComputerNameDnsDomain | ComputerNamePhysicalDnsDomain => domain,
        ComputerNameDnsFullyQualified | ComputerNamePhysicalDnsFullyQualified if domain.is_empty() => host,
        0..ComputerNameMax => [host, domain].join(&b'.'),
        _ => return Err(Win32Error(ERROR_INVALID_PARAMETER)),
    };
    buffer.put_or_fail(&name, room, ERROR_MORE_DATA).map(drop)
}

/// The computer's NetBIOS name.
///
/// # Errors
/// `ERROR_BUFFER_OVERFLOW` if it does not fit, with the room it takes; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetComputerNameA(
    buffer: Option<OutBuffer<c_char>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    buffer.put_or_fail(&netbios_name(), room, ERROR_BUFFER_OVERFLOW).map(drop)
}

/// The computer's NetBIOS name, in wide characters.
#[export]
pub unsafe fn GetComputerNameW(
    buffer: Option<OutBuffer<WCHAR>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    buffer.put_or_fail(&netbios_name(), room, ERROR_BUFFER_OVERFLOW).map(drop)
}

/// One of the computer's names.
///
/// # Errors
/// `ERROR_MORE_DATA` if it does not fit, with the room it takes; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetComputerNameExA(
    format: i32,
    buffer: Option<OutBuffer<c_char>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    computer_name(format, buffer, room)
}

/// One of the computer's names, in wide characters.
#[export]
pub unsafe fn GetComputerNameExW(
    format: i32,
    buffer: Option<OutBuffer<WCHAR>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    computer_name(format, buffer, room)
}

/// The name of the user the process runs as; its number, if it has no name.
fn user_name() -> Vec<u8> {
    let id = rustix::process::geteuid().as_raw();
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

fn user<C: Character>(buffer: Option<OutBuffer<C>>, room: Option<InOut<u32>>) -> Result<(), Win32Error> {
    let length = buffer.put_or_fail(&user_name(), room, ERROR_INSUFFICIENT_BUFFER)?;
    // Unlike its relatives, this function counts the NUL on success too.
    Ok(room.map(InOut::as_out).write_if_asked(length + 1)?)
}

/// The name of the user the process runs as.
///
/// # Errors
/// `ERROR_INSUFFICIENT_BUFFER` if it does not fit, with the room it takes; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetUserNameA(
    buffer: Option<OutBuffer<c_char>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    user(buffer, room)
}

/// The name of the user the process runs as, in wide characters.
#[export]
pub unsafe fn GetUserNameW(
    buffer: Option<OutBuffer<WCHAR>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    user(buffer, room)
}

const WINDOWS_DIRECTORY: &[u8] = b"C:\\Windows";
const SYSTEM_DIRECTORY: &[u8] = b"C:\\Windows\\System32";

/// Windows' directory: a name only, as every program expects it.
#[export]
pub unsafe fn GetWindowsDirectoryA(buffer: Option<OutBuffer<c_char>>, room: u32) -> Result<u32, Win32Error> {
    Ok(buffer.put_or_ask(WINDOWS_DIRECTORY, room)?)
}

/// Windows' directory, in wide characters.
#[export]
pub unsafe fn GetWindowsDirectoryW(buffer: Option<OutBuffer<WCHAR>>, room: u32) -> Result<u32, Win32Error> {
    Ok(buffer.put_or_ask(WINDOWS_DIRECTORY, room)?)
}

/// The directory of Windows' libraries: a name only.
#[export]
pub unsafe fn GetSystemDirectoryA(buffer: Option<OutBuffer<c_char>>, room: u32) -> Result<u32, Win32Error> {
    Ok(buffer.put_or_ask(SYSTEM_DIRECTORY, room)?)
}

/// The directory of Windows' libraries, in wide characters.
#[export]
pub unsafe fn GetSystemDirectoryW(buffer: Option<OutBuffer<WCHAR>>, room: u32) -> Result<u32, Win32Error> {
    Ok(buffer.put_or_ask(SYSTEM_DIRECTORY, room)?)
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
///
/// # Errors
/// `ERROR_INSUFFICIENT_BUFFER`, for NULL too; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetUserDefaultLocaleName(
    buffer: Option<OutBuffer<WCHAR>>,
    room: i32,
) -> Result<i32, Win32Error> {
    let name = WCHAR::encode(LOCALE_NAME);
    match buffer.put(&name, usize::try_from(room).unwrap_or(0))? {
        true => Ok(name.len() as i32 + 1),
        false => Err(Win32Error(ERROR_INSUFFICIENT_BUFFER)),
    }
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
