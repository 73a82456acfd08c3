//! What Linux can do about a thread's priority, processors, name and times.

use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::text::{self, WCHAR};
use crate::object::handles::{self, HANDLE};
use crate::object::thread::{Attributes, Thread};
use std::sync::{Arc, MutexGuard, PoisonError};
use windows_sys::Win32::Foundation::{
    E_POINTER, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOACCESS, S_OK,
};
use windows_sys::Win32::System::Kernel::PROCESSOR_NUMBER;
use windows_sys::Win32::System::SystemInformation::GROUP_AFFINITY;
use windows_sys::Win32::System::Threading::{
    THREAD_MODE_BACKGROUND_BEGIN, THREAD_MODE_BACKGROUND_END, THREAD_PRIORITY_ABOVE_NORMAL,
    THREAD_PRIORITY_BELOW_NORMAL, THREAD_PRIORITY_HIGHEST, THREAD_PRIORITY_IDLE, THREAD_PRIORITY_LOWEST,
    THREAD_PRIORITY_NORMAL, THREAD_PRIORITY_TIME_CRITICAL,
};

/// `THREAD_PRIORITY_ERROR_RETURN`.
const PRIORITY_FAILURE: i32 = i32::MAX;
/// `MAXIMUM_PROCESSORS`: asks for the ideal processor without changing it.
const PROCESSORS_MAX: u32 = usize::BITS;
/// As an HRESULT: facility Win32, failure.
const HRESULT_WIN32: u32 = 0x8007_0000;

fn attributes(thread: &Thread) -> MutexGuard<'_, Attributes> {
    thread.attributes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn thread(handle: HANDLE) -> Result<Arc<Thread>, Win32Error> {
    handles::get::<Thread>(handle)
}

/// The nice value of a priority.
fn nice(priority: i32) -> Option<i32> {
    Some(match priority {
        THREAD_PRIORITY_IDLE => 19,
        THREAD_PRIORITY_LOWEST => 10,
        THREAD_PRIORITY_BELOW_NORMAL => 5,
        THREAD_PRIORITY_NORMAL | THREAD_MODE_BACKGROUND_BEGIN | THREAD_MODE_BACKGROUND_END => 0,
        THREAD_PRIORITY_ABOVE_NORMAL => -5,
        THREAD_PRIORITY_HIGHEST => -10,
        THREAD_PRIORITY_TIME_CRITICAL => -20,
        _ => return None,
    })
}

/// Whether a thread that is made nicer could be made less so again: otherwise it is left as it is.
fn can_return() -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is writable; geteuid has no preconditions.
    unsafe {
        libc::geteuid() == 0
            || libc::getrlimit(libc::RLIMIT_NICE, &raw mut limit) == 0 && limit.rlim_cur >= 20
    }
}

/// Sets a thread's priority: its nice value, as far as the process may. The value is remembered in any case.
///
/// Source: Windows documentation, `SetThreadPriority`.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadPriority(handle: HANDLE, priority: i32) -> i32 {
    to_bool(thread(handle).and_then(|thread| {
        let nice = nice(priority).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
        if nice <= 0 || can_return() {
            // SAFETY: no pointers. What is not allowed is not done.
            unsafe { libc::setpriority(libc::PRIO_PROCESS, thread.id(), nice) };
        }
        if !matches!(priority, THREAD_MODE_BACKGROUND_BEGIN | THREAD_MODE_BACKGROUND_END) {
            attributes(&thread).priority = priority;
        }
        Ok(())
    }))
}

/// The priority that was set.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadPriority(handle: HANDLE) -> i32 {
    match thread(handle) {
        Ok(thread) => attributes(&thread).priority,
        Err(Win32Error(error)) => {
            SetLastError(error);
            PRIORITY_FAILURE
        }
    }
}

/// Sets the processors, of the first 64, that a thread may run on, and says which they were; 0 is failure.
///
/// Source: Windows documentation, `SetThreadAffinityMask`.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadAffinityMask(handle: HANDLE, mask: usize) -> usize {
    let changed = thread(handle).and_then(|thread| {
        let thread = thread.id() as libc::pid_t;
        let former = processors(thread).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
        // SAFETY: a set of bits; all zeros is the empty one.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        for processor in (0..PROCESSORS_MAX as usize).filter(|processor| mask >> processor & 1 != 0) {
            // SAFETY: `processor` is within the set.
            unsafe { libc::CPU_SET(processor, &mut set) };
        }
        // SAFETY: `set` is readable for its size.
        match unsafe { libc::sched_setaffinity(thread, size_of_val(&set), &raw const set) } {
            0 => Ok(former),
            _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
        }
    });
    changed.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        0
    })
}

fn processors(thread: libc::pid_t) -> Option<usize> {
    // SAFETY: a set of bits; all zeros is the empty one.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is writable for its size.
    if unsafe { libc::sched_getaffinity(thread, size_of_val(&set), &raw mut set) } != 0 {
        return None;
    }
    // SAFETY: `processor` is within the set.
    let is_set = |processor: &usize| unsafe { libc::CPU_ISSET(*processor, &set) };
    Some((0..PROCESSORS_MAX as usize).filter(is_set).fold(0, |mask, processor| mask | 1 << processor))
}

/// Remembers a processor, and says which it was: Linux takes no such hints. -1 is failure.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadIdealProcessor(handle: HANDLE, processor: u32) -> u32 {
    let changed = thread(handle).and_then(|thread| {
        let ideal = &mut attributes(&thread).ideal_processor;
        match processor {
            PROCESSORS_MAX => Ok(*ideal),
            0..PROCESSORS_MAX => Ok(std::mem::replace(ideal, processor)),
            _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
        }
    });
    changed.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        u32::MAX
    })
}

/// Names a thread. The kernel shows the first 15 bytes of the name.
///
/// Source: Windows documentation, `SetThreadDescription`.
///
/// # Safety
/// `description` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadDescription(handle: HANDLE, description: *const WCHAR) -> i32 {
    let Ok(thread) = thread(handle) else { return (HRESULT_WIN32 | ERROR_INVALID_HANDLE) as i32 };
    // SAFETY: the caller's promise.
    let Ok(description) = (unsafe { text::wide(description) }) else {
        return (HRESULT_WIN32 | ERROR_INVALID_PARAMETER) as i32;
    };
    let bytes = description.into_bytes();
    // Any thread of the process may be renamed there; that it is not is no reason to fail.
    let _ = std::fs::write(format!("/proc/self/task/{}/comm", thread.id()), &bytes[..bytes.len().min(15)]);
    attributes(&thread).description = bytes;
    S_OK
}

/// A thread's name, in memory that the caller frees with `LocalFree`: it is malloc(3)'s.
///
/// # Safety
/// `description` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadDescription(handle: HANDLE, description: *mut *mut WCHAR) -> i32 {
    if description.is_null() {
        return E_POINTER;
    }
    let Ok(thread) = thread(handle) else { return (HRESULT_WIN32 | ERROR_INVALID_HANDLE) as i32 };
    let mut characters = text::to_wide(&attributes(&thread).description);
    characters.push(0);
    // SAFETY: no preconditions.
    let memory = unsafe { libc::malloc(size_of_val(&characters[..])) }.cast::<WCHAR>();
    if memory.is_null() {
        return windows_sys::Win32::Foundation::E_OUTOFMEMORY;
    }
    // SAFETY: the memory is as large as the characters; the caller's promise.
    unsafe {
        memory.copy_from_nonoverlapping(characters.as_ptr(), characters.len());
        description.write(memory);
    }
    S_OK
}

/// The processors, of the first 64, that a thread may run on.
///
/// # Safety
/// `affinity` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadGroupAffinity(handle: HANDLE, affinity: *mut GROUP_AFFINITY) -> i32 {
    to_bool(thread(handle).and_then(|thread| {
        if affinity.is_null() {
            return Err(Win32Error(ERROR_NOACCESS));
        }
        let mask = processors(thread.id() as libc::pid_t).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
        // SAFETY: the caller's promise.
        unsafe { affinity.write(GROUP_AFFINITY { Mask: mask, Group: 0, Reserved: [0; 3] }) };
        Ok(())
    }))
}

/// As [`SetThreadAffinityMask`], of group 0.
///
/// # Safety
/// `affinity` is NULL or readable, `former` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadGroupAffinity(
    handle: HANDLE,
    affinity: *const GROUP_AFFINITY,
    former: *mut GROUP_AFFINITY,
) -> i32 {
    // SAFETY: the caller's promise.
    let Some(affinity) = (unsafe { affinity.as_ref() }).filter(|affinity| affinity.Group == 0) else {
        return to_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    };
    let mask = SetThreadAffinityMask(handle, affinity.Mask);
    if mask != 0 && !former.is_null() {
        // SAFETY: the caller's promise.
        unsafe { former.write(GROUP_AFFINITY { Mask: mask, Group: 0, Reserved: [0; 3] }) };
    }
    (mask != 0).into()
}

/// As [`SetThreadIdealProcessor`], of group 0.
///
/// # Safety
/// `processor` is NULL or readable, `former` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadIdealProcessorEx(
    handle: HANDLE,
    processor: *const PROCESSOR_NUMBER,
    former: *mut PROCESSOR_NUMBER,
) -> i32 {
    // SAFETY: the caller's promise.
    let processor = unsafe { processor.as_ref() };
    let Some(processor) = processor.filter(|processor| processor.Group == 0) else {
        return to_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    };
    match SetThreadIdealProcessor(handle, processor.Number.into()) {
        u32::MAX => 0,
        number => {
            if !former.is_null() {
                // SAFETY: the caller's promise.
                unsafe { former.write(PROCESSOR_NUMBER { Group: 0, Number: number as u8, Reserved: 0 }) };
            }
            1
        }
    }
}

/// Whether the scheduler may favour the thread for a while: never turned off here, so it always may.
///
/// # Safety
/// `disabled` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadPriorityBoost(handle: HANDLE, disabled: *mut i32) -> i32 {
    to_bool(thread(handle).and_then(|_| {
        if disabled.is_null() {
            return Err(Win32Error(ERROR_NOACCESS));
        }
        // SAFETY: the caller's promise.
        unsafe { disabled.write(0) };
        Ok(())
    }))
}

/// Accepts the wish, and leaves the scheduler as it is.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadPriorityBoost(handle: HANDLE, _disable: i32) -> i32 {
    to_bool(thread(handle).map(drop))
}

/// Accepts the wish; the stack is as large as it is. The former guarantee is none.
///
/// # Safety
/// `size` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadStackGuarantee(size: *mut u32) -> i32 {
    if size.is_null() {
        return to_bool(Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
    // SAFETY: the caller's promise.
    unsafe { size.write(0) };
    1
}
