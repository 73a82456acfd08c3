//! `VirtualAlloc` and its relatives: reserved and committed pages.
//!
//! A reservation is a private mapping without access; committing gives its pages access, decommitting maps
//! them anew. A table keeps the reservations and the state of their pages, because Linux' table of mappings
//! has neither reservations nor what `VirtualFree` may release. For other memory (the heap, stacks, files)
//! only the protection can be asked for and changed.

use crate::abi::argument::{InBuffer, Out, OutBuffer};
use crate::abi::last_error::Win32Error;
use crate::memory::map::{Mapping, covered, mapping_at};
use crate::object::handles::{HANDLE, INVALID_HANDLE_VALUE};
use crate::sync::lock::{Lock, LockGuard};
use longshore_win32_macros::export;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::OnceLock;
use windows_sys::Win32::Foundation::{
    ERROR_BAD_LENGTH, ERROR_COMMITMENT_LIMIT, ERROR_INVALID_ADDRESS, ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER, ERROR_NOACCESS, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_LOCKED,
    ERROR_PRIVILEGE_NOT_HELD, ERROR_WORKING_SET_QUOTA,
};
use windows_sys::Win32::System::Memory::*;
use windows_sys::Win32::System::SystemServices::MEM_TOP_DOWN;

/// Reservations begin at multiples of this.
pub const GRANULARITY: usize = 0x1_0000;
/// Where user memory ends; nothing larger can be asked for.
const ADDRESS_MAX: usize = 1 << 47;

/// The size of a page: 4 KiB, but for some machines of other architectures.
pub(crate) fn page_size() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    // SAFETY: a plain call.
    *SIZE.get_or_init(|| usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096))
}

/// Memory reserved by one call.
struct Reservation {
    size: usize,
    allocation_protect: u32,
    /// The protection of each page; 0 while it is only reserved.
    pages: Vec<u32>,
}

static RESERVATIONS: Lock<BTreeMap<usize, Reservation>> = Lock::last("reserved pages", BTreeMap::new());

fn reservations() -> LockGuard<'static, BTreeMap<usize, Reservation>> {
    RESERVATIONS.lock()
}

const fn error<T>(error: u32) -> Result<T, Win32Error> {
    Err(Win32Error(error))
}

/// A page protection as Linux has it. The first access to a guard page is a fault here,
/// too, but does not remove the guard.
fn native(protect: u32) -> Result<i32, Win32Error> {
    let native = match protect & 0xFF {
        PAGE_NOACCESS => libc::PROT_NONE,
        PAGE_READONLY => libc::PROT_READ,
        PAGE_READWRITE | PAGE_WRITECOPY => libc::PROT_READ | libc::PROT_WRITE,
        PAGE_EXECUTE => libc::PROT_EXEC,
        PAGE_EXECUTE_READ => libc::PROT_READ | libc::PROT_EXEC,
        PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY => {
            libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC
        }
        _ => return error(ERROR_INVALID_PARAMETER),
    };
    Ok(if protect & PAGE_GUARD != 0 { libc::PROT_NONE } else { native })
}

/// The pages of a range of bytes.
fn pages_of(address: usize, size: usize) -> Result<(usize, usize), Win32Error> {
    let end = address.checked_add(size).filter(|&end| end <= ADDRESS_MAX);
    let end = end.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.next_multiple_of(page_size());
    let start = address & !(page_size() - 1);
    Ok((start, end - start))
}

fn map(address: usize, size: usize, flags: i32) -> *mut c_void {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | flags;
    // SAFETY: anonymous memory; the callers replace only what they own.
    unsafe { libc::mmap(address as *mut c_void, size, libc::PROT_NONE, flags, -1, 0) }
}

/// Reserves address space, at an address of the caller's or anywhere.
fn reserve(address: usize, size: usize) -> Result<usize, Win32Error> {
    if address != 0 {
        let mapped = map(address, size, libc::MAP_FIXED_NOREPLACE);
        return match mapped as usize {
            found if found == address => Ok(address),
            found => {
                if mapped != libc::MAP_FAILED {
                    // SAFETY: just mapped; a kernel before 4.17 takes the address for a hint.
                    unsafe { libc::munmap(found as *mut c_void, size) };
                }
                error(ERROR_INVALID_ADDRESS)
            }
        };
    }
    // Maps more than needed, and unmaps the unaligned ends.
    let room = size + GRANULARITY;
    let mapped = map(0, room, 0);
    if mapped == libc::MAP_FAILED {
        return error(ERROR_NOT_ENOUGH_MEMORY);
    }
    let start = mapped as usize;
    let base = start.next_multiple_of(GRANULARITY);
    for (from, to) in [(start, base), (base + size, start + room)] {
        if from < to {
            // SAFETY: part of what was just mapped.
            unsafe { libc::munmap(from as *mut c_void, to - from) };
        }
    }
    Ok(base)
}

/// The reservation a range of pages lies in, and the indices of the pages.
fn find(
    table: &mut BTreeMap<usize, Reservation>,
    start: usize,
    size: usize,
) -> Option<(usize, &mut Reservation, std::ops::Range<usize>)> {
    let (&base, reservation) = table.range_mut(..=start).next_back()?;
    let range = (start - base) / page_size()..(start - base + size) / page_size();
    (start + size <= base + reservation.size).then_some((base, reservation, range))
}

fn protect(start: usize, size: usize, native: i32) -> Result<(), Win32Error> {
    // SAFETY: the caller asked for this protection of its own pages.
    if unsafe { libc::mprotect(start as *mut c_void, size, native) } == 0 {
        return Ok(());
    }
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::ENOMEM) => error(ERROR_COMMITMENT_LIMIT),
        _ => error(ERROR_INVALID_ADDRESS),
    }
}

fn allocate(address: usize, size: usize, kind: u32, page_protect: u32) -> Result<usize, Win32Error> {
    const KNOWN: u32 = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO | MEM_TOP_DOWN;
    if size == 0 || size > ADDRESS_MAX {
        return error(ERROR_INVALID_PARAMETER);
    }
    if kind & MEM_LARGE_PAGES != 0 {
        // The error of a Windows account without the right to lock pages; programs then use small pages.
        return error(ERROR_PRIVILEGE_NOT_HELD);
    }
    if kind & !KNOWN != 0 || kind & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO) == 0 {
        return error(ERROR_INVALID_PARAMETER);
    }
    let native = native(page_protect)?;
    let mut table = reservations();
    if kind & MEM_RESERVE != 0 || (kind & MEM_COMMIT != 0 && address == 0) {
        let base = address & !(GRANULARITY - 1);
        let (_, size) = pages_of(address - base, size).map(|(start, size)| (start, start + size))?;
        let base = reserve(base, size)?;
        let committed = if kind & MEM_COMMIT != 0 { page_protect } else { 0 };
        if committed != 0
            && let Err(refused) = protect(base, size, native)
        {
            // SAFETY: just mapped.
            unsafe { libc::munmap(base as *mut c_void, size) };
            return Err(refused);
        }
        let pages = vec![committed; size / page_size()];
        table.insert(base, Reservation { size, allocation_protect: page_protect, pages });
        return Ok(base);
    }
    let (start, size) = pages_of(address, size)?;
    let (_, reservation, range) = find(&mut table, start, size).ok_or(Win32Error(ERROR_INVALID_ADDRESS))?;
    if kind & (MEM_RESET | MEM_RESET_UNDO) != 0 {
        if kind & MEM_RESET != 0 {
            // SAFETY: the caller no longer wants the content. The kernel may refuse the advice.
            unsafe { libc::madvise(start as *mut c_void, size, libc::MADV_FREE) };
        }
        return Ok(start);
    }
    protect(start, size, native)?;
    reservation.pages[range].fill(page_protect);
    Ok(start)
}

fn free(address: usize, size: usize, kind: u32) -> Result<(), Win32Error> {
    let mut table = reservations();
    match kind {
        MEM_RELEASE => {
            if size != 0 {
                return error(ERROR_INVALID_PARAMETER);
            }
            let reservation = table.remove(&address).ok_or(Win32Error(ERROR_INVALID_ADDRESS))?;
            // SAFETY: mapped by `reserve`, and given up by the caller.
            unsafe { libc::munmap(address as *mut c_void, reservation.size) };
        }
        MEM_DECOMMIT => {
            let (start, size) = match (size, table.get(&address)) {
                (0, Some(reservation)) => (address, reservation.size),
                (0, None) => return error(ERROR_INVALID_ADDRESS),
                _ => pages_of(address, size)?,
            };
            let (_, reservation, range) =
                find(&mut table, start, size).ok_or(Win32Error(ERROR_INVALID_ADDRESS))?;
            if map(start, size, libc::MAP_FIXED) == libc::MAP_FAILED {
                return error(ERROR_NOT_ENOUGH_MEMORY);
            }
            reservation.pages[range].fill(0);
        }
        _ => return error(ERROR_INVALID_PARAMETER),
    }
    Ok(())
}

fn change(address: usize, size: usize, new: u32) -> Result<u32, Win32Error> {
    if size == 0 {
        return error(ERROR_INVALID_PARAMETER);
    }
    let native = native(new)?;
    let (start, size) = pages_of(address, size)?;
    let mut table = reservations();
    if let Some((_, reservation, range)) = find(&mut table, start, size) {
        let pages = &mut reservation.pages[range];
        if pages.contains(&0) {
            return error(ERROR_INVALID_ADDRESS);
        }
        protect(start, size, native)?;
        let old = pages[0];
        pages.fill(new);
        return Ok(old);
    }
    let old = mapping_at(start).filter(|mapping| mapping.start <= start);
    let old = old.ok_or(Win32Error(ERROR_INVALID_ADDRESS))?.page_protection();
    protect(start, size, native)?;
    Ok(old)
}

/// Checks that a handle is that of this process.
fn check(process: HANDLE) -> Result<(), Win32Error> {
    if process == INVALID_HANDLE_VALUE { Ok(()) } else { error(ERROR_INVALID_HANDLE) }
}

/// Reserves or commits pages.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER`, `ERROR_INVALID_ADDRESS` for what is taken or was not reserved,
/// `ERROR_NOT_ENOUGH_MEMORY`, `ERROR_COMMITMENT_LIMIT`; `ERROR_PRIVILEGE_NOT_HELD` for large pages.
///
/// Source: Windows documentation, `VirtualAlloc`.
#[export]
pub fn VirtualAlloc(
    address: *const c_void,
    size: usize,
    kind: u32,
    protect: u32,
) -> Result<*mut c_void, Win32Error> {
    Ok(allocate(address as usize, size, kind, protect)? as *mut c_void)
}

/// Reserves or commits pages of a process, which must be the current one.
///
/// # Errors
/// As of [`VirtualAlloc`]; `ERROR_INVALID_HANDLE` for another process.
#[export]
pub fn VirtualAllocEx(
    process: HANDLE,
    address: *const c_void,
    size: usize,
    kind: u32,
    protect: u32,
) -> Result<*mut c_void, Win32Error> {
    check(process)?;
    Ok(allocate(address as usize, size, kind, protect)? as *mut c_void)
}

/// Reserves or commits pages on a NUMA node of Linux's choice.
///
/// # Errors
/// As of [`VirtualAllocEx`].
#[export]
pub fn VirtualAllocExNuma(
    process: HANDLE,
    address: *const c_void,
    size: usize,
    kind: u32,
    protect: u32,
    _node: u32,
) -> Result<*mut c_void, Win32Error> {
    check(process)?;
    Ok(allocate(address as usize, size, kind, protect)? as *mut c_void)
}

/// Decommits pages, or releases a whole reservation.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER`, `ERROR_INVALID_ADDRESS` for what was not reserved.
#[export]
pub unsafe fn VirtualFree(address: OutBuffer, size: usize, kind: u32) -> Result<(), Win32Error> {
    free(address.as_ptr() as usize, size, kind)
}

/// Decommits pages of a process, which must be the current one, or releases them.
///
/// # Errors
/// As of [`VirtualFree`]; `ERROR_INVALID_HANDLE` for another process.
#[export]
pub unsafe fn VirtualFreeEx(
    process: HANDLE,
    address: OutBuffer,
    size: usize,
    kind: u32,
) -> Result<(), Win32Error> {
    check(process)?;
    free(address.as_ptr() as usize, size, kind)
}

/// Changes the protection of committed pages; `old` receives the first one's.
///
/// # Errors
/// `ERROR_NOACCESS`, changing nothing, if `old` cannot be written, at NULL too; `ERROR_INVALID_PARAMETER`,
/// `ERROR_INVALID_ADDRESS` for pages that are not committed, `ERROR_COMMITMENT_LIMIT`.
#[export]
pub unsafe fn VirtualProtect(
    address: *const c_void,
    size: usize,
    new: u32,
    old: Out<u32>,
) -> Result<(), Win32Error> {
    old.probe()?;
    Ok(old.write(change(address as usize, size, new)?)?)
}

/// Keeps pages in memory.
///
/// # Errors
/// `ERROR_NOACCESS` for pages that are missing, `ERROR_WORKING_SET_QUOTA` beyond the limit.
#[export]
pub fn VirtualLock(address: *const c_void, size: usize) -> Result<(), Win32Error> {
    // SAFETY: a system call that checks its range and changes no memory.
    if unsafe { libc::mlock(address, size) } == 0 {
        return Ok(());
    }
    // ENOMEM stands for pages that are missing and for the limit alike.
    match covered(address as usize, size, |mapping| mapping.read) {
        true => error(ERROR_WORKING_SET_QUOTA),
        false => error(ERROR_NOACCESS),
    }
}

/// Unlocks pages.
///
/// # Errors
/// `ERROR_NOT_LOCKED`.
#[export]
pub fn VirtualUnlock(address: *const c_void, size: usize) -> Result<(), Win32Error> {
    // SAFETY: a system call that checks its range and changes no memory.
    let unlocked = unsafe { libc::munlock(address, size) } == 0;
    if unlocked { Ok(()) } else { error(ERROR_NOT_LOCKED) }
}

fn describe(address: usize) -> MEMORY_BASIC_INFORMATION {
    let start = address & !(page_size() - 1);
    let mut information =
        MEMORY_BASIC_INFORMATION { BaseAddress: start as *mut c_void, ..Default::default() };
    let mut table = reservations();
    if let Some((base, reservation, range)) = find(&mut table, start, page_size()) {
        let protect = reservation.pages[range.start];
        let alike = reservation.pages[range.start..].iter().take_while(|&&other| other == protect).count();
        information.AllocationBase = base as *mut c_void;
        information.AllocationProtect = reservation.allocation_protect;
        information.RegionSize = alike * page_size();
        information.State = if protect == 0 { MEM_RESERVE } else { MEM_COMMIT };
        information.Protect = protect;
        information.Type = MEM_PRIVATE;
        return information;
    }
    match mapping_at(start) {
        Some(mapping) if mapping.start <= start => {
            let Mapping { start: base, end, file, .. } = mapping;
            information.AllocationBase = base as *mut c_void;
            information.AllocationProtect = mapping.page_protection();
            information.RegionSize = end - start;
            information.State = MEM_COMMIT;
            information.Protect = mapping.page_protection();
            information.Type = if file { MEM_MAPPED } else { MEM_PRIVATE };
        }
        next => {
            information.RegionSize = next.map_or(ADDRESS_MAX, |next| next.start) - start;
            information.State = MEM_FREE;
            information.Protect = PAGE_NOACCESS;
        }
    }
    information
}

/// Describes the pages from an address on that are alike; returns the size of the description.
///
/// # Errors
/// `ERROR_BAD_LENGTH` if there is no room for it, `ERROR_INVALID_PARAMETER` for an address beyond all memory
/// and for NULL, `ERROR_NOACCESS` for another place that cannot be written.
#[export]
pub unsafe fn VirtualQuery(
    address: *const c_void,
    information: Option<Out<MEMORY_BASIC_INFORMATION>>,
    size: usize,
) -> Result<usize, Win32Error> {
    if size < size_of::<MEMORY_BASIC_INFORMATION>() {
        return error(ERROR_BAD_LENGTH);
    }
    let information = information.filter(|_| (address as usize) < ADDRESS_MAX);
    information.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(describe(address as usize))?;
    Ok(size_of::<MEMORY_BASIC_INFORMATION>())
}

/// The size of a large page.
#[export]
pub fn GetLargePageMinimum() -> usize {
    let information = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = information.lines().find_map(|line| line.strip_prefix("Hugepagesize:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kilobytes.map_or(0, |kilobytes| kilobytes * 1024)
}

/// Makes processors see changed code.
#[export]
pub unsafe fn FlushInstructionCache(_process: HANDLE, code: InBuffer, size: usize) -> Result<(), Win32Error> {
    if code.as_ptr().is_null() {
        return Ok(()); // The whole process: nothing to do.
    }
    code.probe(size)?;
    flush(code.as_ptr().cast(), size);
    Ok(())
}

/// x86 sees changed code without help.
#[cfg(not(target_arch = "aarch64"))]
fn flush(_code: *const u8, _size: usize) {}

/// The caches of data and of instructions are not coherent: the data cache is cleaned to the point where both
/// meet, then the instruction cache is invalidated.
#[cfg(target_arch = "aarch64")]
fn flush(code: *const u8, size: usize) {
    // The smallest line of any processor. CTR_EL0 has the size, but may not be readable.
    const LINE_BYTES: usize = 16;
    let lines = || (code as usize & !(LINE_BYTES - 1)..code as usize + size).step_by(LINE_BYTES);
    for line in lines() {
        // SAFETY: cleaning a line of readable memory changes nothing.
        unsafe { std::arch::asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: a barrier.
    unsafe { std::arch::asm!("dsb ish", options(nostack, preserves_flags)) };
    for line in lines() {
        // SAFETY: as above.
        unsafe { std::arch::asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers.
    unsafe { std::arch::asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}
