//! The version of Windows whose behaviour this library has: Windows 10 22H2.

use crate::abi::argument::{In, InOut, Plain, plain};
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use libc::c_char;
use longshore_win32_macros::export;
use std::mem::offset_of;
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_NOACCESS, ERROR_OLD_WIN_VERSION,
    STATUS_ACCESS_VIOLATION, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
};
use windows_sys::Win32::System::Diagnostics::Debug::VER_PLATFORM_WIN32_NT;
use windows_sys::Win32::System::SystemInformation::{
    VER_BUILDNUMBER, VER_MAJORVERSION, VER_MINORVERSION, VER_PLATFORMID, VER_PRODUCT_TYPE,
    VER_SERVICEPACKMAJOR, VER_SERVICEPACKMINOR, VER_SUITENAME,
};
use windows_sys::Win32::System::SystemServices::{
    VER_AND, VER_EQUAL, VER_GREATER, VER_GREATER_EQUAL, VER_LESS, VER_LESS_EQUAL, VER_NT_WORKSTATION, VER_OR,
};

const MAJOR: u32 = 10;
const MINOR: u32 = 0;
const BUILD: u32 = 19045;

/// `OSVERSIONINFO` with its characters.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ShortVersion<C> {
    size: u32,
    major: u32,
    minor: u32,
    build: u32,
    platform: u32,
    service_pack: [C; 128],
}

/// `OSVERSIONINFOEX` with its characters.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Version<C> {
    short: ShortVersion<C>,
    service_pack_major: u16,
    service_pack_minor: u16,
    suites: u16,
    product: u8,
    reserved: u8,
}

plain!(Version<c_char>, Version<WCHAR>);

fn current<C: Copy + Default>(size: u32) -> Version<C> {
    Version {
        short: ShortVersion {
            size,
            major: MAJOR,
            minor: MINOR,
            build: BUILD,
            platform: VER_PLATFORM_WIN32_NT,
            service_pack: [C::default(); 128],
        },
        service_pack_major: 0,
        service_pack_minor: 0,
        suites: 0,
        product: VER_NT_WORKSTATION as u8,
        reserved: 0,
    }
}

/// Writes as much of the version as there is room for by the structure's own size.
fn get<C: Copy + Default>(version: InOut<Version<C>>) -> Result<(), Win32Error> {
    let size: u32 = version.as_in().field(offset_of!(ShortVersion<C>, size)).read()?;
    let current = current::<C>(size);
    if size as usize == size_of::<ShortVersion<C>>() {
        return Ok(version.as_out().field(0).write(current.short)?);
    }
    if size as usize != size_of::<Version<C>>() {
        return Err(Win32Error(ERROR_INSUFFICIENT_BUFFER));
    }
    Ok(version.write(current)?)
}

/// The version in one number: major, minor, and the build in the upper half.
#[export]
pub fn GetVersion() -> u32 {
    BUILD << 16 | MINOR << 8 | MAJOR
}

/// The version, whatever the program's manifest says.
///
/// # Errors
/// `ERROR_INSUFFICIENT_BUFFER` for a size that neither form of the structure has; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetVersionExA(version: InOut<Version<c_char>>) -> Result<(), Win32Error> {
    get(version)
}

/// The version, with wide characters.
#[export]
pub unsafe fn GetVersionExW(version: InOut<Version<WCHAR>>) -> Result<(), Win32Error> {
    get(version)
}

/// The version, as a driver asks for it: 0 is success.
#[export(failure = STATUS_UNSUCCESSFUL)]
pub unsafe fn RtlGetVersion(version: InOut<Version<WCHAR>>) -> i32 {
    match get(version) {
        Ok(()) => STATUS_SUCCESS,
        Err(Win32Error(ERROR_NOACCESS)) => STATUS_ACCESS_VIOLATION,
        Err(_) => STATUS_INVALID_PARAMETER,
    }
}

const CONDITION_BITS: u32 = 3;

/// The place of a field's condition in the mask: three bits for each, in the order of the fields' bits.
fn shift_of(field: u32) -> Option<u32> {
    (field != 0 && field <= VER_PRODUCT_TYPE).then(|| field.trailing_zeros() * CONDITION_BITS)
}

/// Adds a condition to a mask.
#[export]
pub fn VerSetConditionMask(mask: u64, fields: u32, condition: u8) -> u64 {
    let bits = [
        VER_MINORVERSION,
        VER_MAJORVERSION,
        VER_BUILDNUMBER,
        VER_PLATFORMID,
        VER_SERVICEPACKMINOR,
        VER_SERVICEPACKMAJOR,
        VER_SUITENAME,
        VER_PRODUCT_TYPE,
    ];
    let chosen = bits.into_iter().filter(|field| fields & field != 0).filter_map(shift_of);
    chosen.fold(mask, |mask, shift| mask & !(7 << shift) | u64::from(condition & 7) << shift)
}

fn holds(condition: u32, current: u32, wanted: u32) -> Option<bool> {
    Some(match condition {
        VER_EQUAL => current == wanted,
        VER_GREATER => current > wanted,
        VER_GREATER_EQUAL => current >= wanted,
        VER_LESS => current < wanted,
        VER_LESS_EQUAL => current <= wanted,
        _ => return None,
    })
}

fn verify<C: Copy + Default>(wanted: In<Version<C>>, fields: u32, mask: u64) -> Result<(), Win32Error>
where
    Version<C>: Plain,
{
    const INVALID: Win32Error = Win32Error(ERROR_INVALID_PARAMETER);
    let wanted = wanted.read()?;
    let now = current::<C>(0);
    if fields == 0 || fields & !0xFF != 0 {
        return Err(INVALID);
    }
    let condition = |field: u32| shift_of(field).map_or(0, |shift| (mask >> shift & 7) as u32);
    let (current_suites, wanted_suites) = (now.suites, wanted.suites);
    let mut all = true;
    if fields & VER_SUITENAME != 0 {
        all &= match condition(VER_SUITENAME) {
            VER_AND => current_suites & wanted_suites == wanted_suites,
            VER_OR => wanted_suites == 0 || current_suites & wanted_suites != 0,
            _ => return Err(INVALID),
        };
    }
    for (field, now, wanted) in [
        (VER_BUILDNUMBER, now.short.build, wanted.short.build),
        (VER_PLATFORMID, now.short.platform, wanted.short.platform),
        (VER_PRODUCT_TYPE, u32::from(now.product), u32::from(wanted.product)),
    ] {
        if fields & field != 0 {
            all &= holds(condition(field), now, wanted).ok_or(INVALID)?;
        }
    }
    // The parts of the version are compared as one number, by the condition of its first part.
    let parts = [
        (VER_MAJORVERSION, now.short.major, wanted.short.major),
        (VER_MINORVERSION, now.short.minor, wanted.short.minor),
        (VER_SERVICEPACKMAJOR, now.service_pack_major.into(), wanted.service_pack_major.into()),
        (VER_SERVICEPACKMINOR, now.service_pack_minor.into(), wanted.service_pack_minor.into()),
    ];
    let mut compared = parts.iter().filter(|(field, ..)| fields & field != 0).peekable();
    if let Some(&&(first, ..)) = compared.peek() {
        let number = |of: fn(&(u32, u32, u32)) -> u32| compared.clone().map(of).collect::<Vec<_>>();
        let (now, wanted) = (number(|part| part.1), number(|part| part.2));
        let ordering = now.cmp(&wanted) as i32 + 1;
        all &= holds(condition(first), ordering as u32, 1).ok_or(INVALID)?;
    }
    if all { Ok(()) } else { Err(Win32Error(ERROR_OLD_WIN_VERSION)) }
}

/// Whether the version meets conditions: `IsWindows10OrGreater` and its like stand on this.
#[export]
pub unsafe fn VerifyVersionInfoA(
    wanted: In<Version<c_char>>,
    fields: u32,
    mask: u64,
) -> Result<(), Win32Error> {
    verify(wanted, fields, mask)
}

/// Whether the version meets conditions.
#[export]
pub unsafe fn VerifyVersionInfoW(
    wanted: In<Version<WCHAR>>,
    fields: u32,
    mask: u64,
) -> Result<(), Win32Error> {
    verify(wanted, fields, mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    fn at_least(major: u32, minor: u32) -> bool {
        let fields = VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR;
        let mask = VerSetConditionMask(0, fields, VER_GREATER_EQUAL as u8);
        let mut wanted = current::<WCHAR>(size_of::<Version<WCHAR>>() as u32);
        (wanted.short.major, wanted.short.minor) = (major, minor);
        // SAFETY: a pointer to a local.
        unsafe { VerifyVersionInfoW(&wanted, fields, mask) != 0 }
    }

    #[test]
    fn this_is_windows_10_and_greater_than_its_predecessors() {
        assert!(at_least(6, 1) && at_least(6, 3) && at_least(10, 0));
        assert!(!at_least(10, 1) && !at_least(11, 0));
        assert_eq!(GetLastError(), ERROR_OLD_WIN_VERSION);
        assert_eq!(GetVersion() & 0xFF, 10);
    }

    #[test]
    fn both_sizes_of_the_structure_are_filled_in_and_no_other() {
        let mut version = current::<c_char>(size_of::<ShortVersion<c_char>>() as u32);
        version.product = 99;
        version.short.major = 0;
        // SAFETY: a pointer to a local.
        unsafe {
            assert_eq!(GetVersionExA(&mut version), 1);
            assert_eq!((version.short.major, version.product), (10, 99), "the short form ends before it");
            version.short.size = size_of::<Version<c_char>>() as u32;
            assert_eq!(version.short.size, 156);
            assert_eq!(GetVersionExA(&mut version), 1);
            assert_eq!(version.product, 1);
            version.short.size = 20;
            assert_eq!((GetVersionExA(&mut version), GetLastError()), (0, 122));
            assert_eq!(GetVersionExW(std::ptr::null_mut()), 0);
        }
    }
}
