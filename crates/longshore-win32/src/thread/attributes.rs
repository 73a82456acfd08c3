//! A thread's priority, processors and name, as far as Linux supports them.

use crate::abi::argument::{In, Out, WStrArg, WriteIfAsked, plain};
use crate::abi::last_error::Win32Error;
use crate::abi::text::{self, WCHAR};
use crate::object::handles::Handle;
use crate::object::thread::{Attributes, Thread};
use crate::sync::lock::LockGuard;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{
    E_OUTOFMEMORY, E_POINTER, E_UNEXPECTED, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, S_OK,
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

fn attributes(thread: &Thread) -> LockGuard<'_, Attributes> {
    thread.attributes.lock()
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

/// Whether a raised nice value could be lowered again; if not, it is not changed.
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
#[export]
pub fn SetThreadPriority(handle: Handle<Thread>, priority: i32) -> Result<(), Win32Error> {
    let thread = handle.get()?;
    let nice = nice(priority).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    if nice <= 0 || can_return() {
        // SAFETY: no pointers. What is not allowed is not done.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, thread.id(), nice) };
    }
    if !matches!(priority, THREAD_MODE_BACKGROUND_BEGIN | THREAD_MODE_BACKGROUND_END) {
        attributes(&thread).priority = priority;
    }
    Ok(())
}

/// The priority that was set.
#[export(failure = PRIORITY_FAILURE)]
pub fn GetThreadPriority(handle: Handle<Thread>) -> Result<i32, Win32Error> {
    Ok(attributes(&*handle.get()?).priority)
}

/// Sets the processors, of the first 64, that a thread may run on, and says which they were; 0 is failure.
///
/// Source: Windows documentation, `SetThreadAffinityMask`.
#[export]
pub fn SetThreadAffinityMask(handle: Handle<Thread>, mask: usize) -> Result<usize, Win32Error> {
    set_processors(&*handle.get()?, mask)
}

/// Sets the processors a thread may run on; the former ones.
fn set_processors(thread: &Thread, mask: usize) -> Result<usize, Win32Error> {
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

/// Remembers a processor and returns the former one. Linux has no such hint. -1 is failure.
#[export(failure = u32::MAX)]
pub fn SetThreadIdealProcessor(handle: Handle<Thread>, processor: u32) -> Result<u32, Win32Error> {
    set_ideal_processor(&*handle.get()?, processor)
}

/// Remembers a processor; the former one.
fn set_ideal_processor(thread: &Thread, processor: u32) -> Result<u32, Win32Error> {
    let ideal = &mut attributes(thread).ideal_processor;
    match processor {
        PROCESSORS_MAX => Ok(*ideal),
        0..PROCESSORS_MAX => Ok(std::mem::replace(ideal, processor)),
        _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
    }
}

/// Names a thread. The kernel shows the first 15 bytes of the name.
///
/// Source: Windows documentation, `SetThreadDescription`.
#[export(failure = E_UNEXPECTED)]
pub unsafe fn SetThreadDescription(handle: Handle<Thread>, description: WStrArg) -> i32 {
    let Ok(thread) = handle.get() else { return (HRESULT_WIN32 | ERROR_INVALID_HANDLE) as i32 };
    let Ok(description) = description.to_text() else {
        return (HRESULT_WIN32 | ERROR_INVALID_PARAMETER) as i32;
    };
    let bytes = description.into_bytes();
    // The kernel's name is only for display, so a failure is ignored.
    let _ = std::fs::write(format!("/proc/self/task/{}/comm", thread.id()), &bytes[..bytes.len().min(15)]);
    attributes(&thread).description = bytes;
    S_OK
}

/// A thread's name, in memory that the caller frees with `LocalFree`: it is malloc(3)'s.
#[export(failure = E_UNEXPECTED)]
pub unsafe fn GetThreadDescription(handle: Handle<Thread>, description: Out<*mut WCHAR>) -> i32 {
    if description.probe().is_err() {
        return E_POINTER;
    }
    let Ok(thread) = handle.get() else { return (HRESULT_WIN32 | ERROR_INVALID_HANDLE) as i32 };
    let mut characters = text::to_wide(&attributes(&thread).description);
    characters.push(0);
    // SAFETY: no preconditions.
    let memory = unsafe { libc::malloc(size_of_val(&characters[..])) }.cast::<WCHAR>();
    if memory.is_null() {
        return E_OUTOFMEMORY;
    }
    // SAFETY: the memory is as large as the characters.
    unsafe { memory.copy_from_nonoverlapping(characters.as_ptr(), characters.len()) };
    match description.write(memory) {
        Ok(()) => S_OK,
        Err(_) => E_POINTER,
    }
}

fn of_group_0(mask: usize) -> GROUP_AFFINITY {
    GROUP_AFFINITY { Mask: mask, Group: 0, Reserved: [0; 3] }
}

/// The processors, of the first 64, that a thread may run on.
#[export]
pub unsafe fn GetThreadGroupAffinity(
    handle: Handle<Thread>,
    affinity: Out<GROUP_AFFINITY>,
) -> Result<(), Win32Error> {
    let thread = handle.get()?;
    let mask = processors(thread.id() as libc::pid_t).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    Ok(affinity.write(of_group_0(mask))?)
}

/// As [`SetThreadAffinityMask`], of group 0.
#[export]
pub unsafe fn SetThreadGroupAffinity(
    handle: Handle<Thread>,
    affinity: Option<In<GROUP_AFFINITY>>,
    former: Option<Out<GROUP_AFFINITY>>,
) -> Result<(), Win32Error> {
    let affinity = affinity.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.read()?;
    if affinity.Group != 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let mask = set_processors(&*handle.get()?, affinity.Mask)?;
    Ok(former.write_if_asked(of_group_0(mask))?)
}

/// As [`SetThreadIdealProcessor`], of group 0.
#[export]
pub unsafe fn SetThreadIdealProcessorEx(
    handle: Handle<Thread>,
    processor: Option<In<PROCESSOR_NUMBER>>,
    former: Option<Out<PROCESSOR_NUMBER>>,
) -> Result<(), Win32Error> {
    let processor = processor.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.read()?;
    if processor.Group != 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let number = set_ideal_processor(&*handle.get()?, processor.Number.into())?;
    Ok(former.write_if_asked(PROCESSOR_NUMBER { Group: 0, Number: number as u8, Reserved: 0 })?)
}

/// Whether the scheduler may boost the thread's priority: it always may.
#[export]
pub unsafe fn GetThreadPriorityBoost(handle: Handle<Thread>, disabled: Out<i32>) -> Result<(), Win32Error> {
    handle.get()?;
    Ok(disabled.write(0)?)
}

/// Accepts the request; the scheduler is not changed.
#[export]
pub fn SetThreadPriorityBoost(handle: Handle<Thread>, _disable: bool) -> Result<(), Win32Error> {
    handle.get().map(drop)
}

/// Accepts the request; the stack is not changed. The former guarantee is 0.
#[export]
pub unsafe fn SetThreadStackGuarantee(size: Option<Out<u32>>) -> Result<(), Win32Error> {
    Ok(size.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(0)?)
}

plain!(GROUP_AFFINITY, PROCESSOR_NUMBER);
