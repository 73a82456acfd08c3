//! Facts about the process: times, memory, handles, its file; and its priority.

use crate::abi::argument::{InOut, Out, OutBuffer, TextBuffer, WriteIfAsked};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::object::handles::{self, Handle};
use crate::object::process::Process;
use crate::time::system_time::{FILETIME_PER_SECOND, file_time_of_unix, to_file_time};
use libc::c_char;
use longshore_win32_macros::export;
use std::mem::offset_of;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, FILETIME,
};
use windows_sys::Win32::System::ProcessStatus::{PROCESS_MEMORY_COUNTERS, PROCESS_MEMORY_COUNTERS_EX};
use windows_sys::Win32::System::Threading::{
    ABOVE_NORMAL_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, HIGH_PRIORITY_CLASS, IDLE_PRIORITY_CLASS,
    IO_COUNTERS, NORMAL_PRIORITY_CLASS, REALTIME_PRIORITY_CLASS,
};

/// The fields of `/proc/self/stat` behind the name, which may hold anything. The
/// first one is number 3 of proc(5).
fn stat_fields() -> Vec<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    fields.map(|field| field.parse().unwrap_or(0)).collect()
}

fn ticks_per_second() -> u64 {
    // SAFETY: a plain call.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(100).max(1)
}

/// When the process began.
fn began() -> u64 {
    const START_TIME: usize = 22 - 3;
    let system = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let boot = system.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<i64>().ok());
    let ticks = stat_fields().get(START_TIME).copied().unwrap_or(0);
    file_time_of_unix(boot.unwrap_or(0), 0) + ticks * FILETIME_PER_SECOND / ticks_per_second()
}

fn usage() -> libc::rusage {
    // SAFETY: all zero is a valid value, which the call fills in.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    }
}

fn units(time: libc::timeval) -> u64 {
    time.tv_sec as u64 * FILETIME_PER_SECOND + time.tv_usec as u64 * 10
}

/// When the process began, and how long its threads have run. It has not ended: that time is zero.
#[export]
pub unsafe fn GetProcessTimes(
    process: Handle<Process>,
    creation: Out<FILETIME>,
    exit: Out<FILETIME>,
    kernel: Out<FILETIME>,
    user: Out<FILETIME>,
) -> Result<(), Win32Error> {
    process.get()?;
    let usage = usage();
    creation.write(to_file_time(began()))?;
    exit.write(FILETIME::default())?;
    kernel.write(to_file_time(units(usage.ru_stime)))?;
    Ok(user.write(to_file_time(units(usage.ru_utime)))?)
}

/// How long all processors together have been idle, in the kernel (idling included), and in programs.
#[export]
pub unsafe fn GetSystemTimes(
    idle: Option<Out<FILETIME>>,
    kernel: Option<Out<FILETIME>>,
    user: Option<Out<FILETIME>>,
) -> Result<(), Win32Error> {
    let system = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = system.lines().next().unwrap_or_default();
    let ticks: Vec<u64> =
        line.split_ascii_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect();
    let time = |fields: &[usize]| {
        let sum: u64 = fields.iter().filter_map(|&field| ticks.get(field)).sum();
        to_file_time(sum * FILETIME_PER_SECOND / ticks_per_second())
    };
    // user, nice, system, idle, iowait, irq, softirq (proc(5)).
    for (place, fields) in [(idle, &[3, 4][..]), (kernel, &[2, 3, 4, 5, 6]), (user, &[0, 1])] {
        place.write_if_asked(time(fields))?;
    }
    Ok(())
}

/// A size of `/proc/self/status`, in bytes.
fn status_size(status: &str, name: &str) -> usize {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok()).unwrap_or(0) * 1024
}

fn memory_info(
    process: Handle<Process>,
    counters: Out<PROCESS_MEMORY_COUNTERS>,
    size: u32,
) -> Result<(), Win32Error> {
    process.get()?;
    if (size as usize) < size_of::<PROCESS_MEMORY_COUNTERS>() {
        return Err(Win32Error(ERROR_INSUFFICIENT_BUFFER));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let usage = usage();
    let private = status_size(&status, "RssAnon:") + status_size(&status, "VmSwap:");
    counters.write(PROCESS_MEMORY_COUNTERS {
        cb: size,
        PageFaultCount: (usage.ru_minflt + usage.ru_majflt) as u32,
        PeakWorkingSetSize: status_size(&status, "VmHWM:"),
        WorkingSetSize: status_size(&status, "VmRSS:"),
        PagefileUsage: private,
        PeakPagefileUsage: private,
        ..PROCESS_MEMORY_COUNTERS::default()
    })?;
    if size as usize >= size_of::<PROCESS_MEMORY_COUNTERS_EX>() {
        // The larger structure begins with the smaller one.
        counters.field(offset_of!(PROCESS_MEMORY_COUNTERS_EX, PrivateUsage)).write(private)?;
    }
    Ok(())
}

/// How much memory the process uses.
///
/// # Errors
/// `ERROR_INSUFFICIENT_BUFFER` for a size that is less than the structure's; `ERROR_NOACCESS`.
#[export]
pub unsafe fn K32GetProcessMemoryInfo(
    process: Handle<Process>,
    counters: Out<PROCESS_MEMORY_COUNTERS>,
    size: u32,
) -> Result<(), Win32Error> {
    memory_info(process, counters, size)
}

/// [`K32GetProcessMemoryInfo`] under its older name.
#[export]
pub unsafe fn GetProcessMemoryInfo(
    process: Handle<Process>,
    counters: Out<PROCESS_MEMORY_COUNTERS>,
    size: u32,
) -> Result<(), Win32Error> {
    memory_info(process, counters, size)
}

/// How many handles are open.
#[export]
pub unsafe fn GetProcessHandleCount(process: Handle<Process>, count: Out<u32>) -> Result<(), Win32Error> {
    process.get()?;
    Ok(count.write(handles::all().len() as u32)?)
}

/// How often and how much the process has read and written.
#[export]
pub unsafe fn GetProcessIoCounters(
    process: Handle<Process>,
    counters: Out<IO_COUNTERS>,
) -> Result<(), Win32Error> {
    process.get()?;
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.trim().parse().ok()).unwrap_or(0)
    };
    Ok(counters.write(IO_COUNTERS {
        ReadOperationCount: value("syscr:"),
        WriteOperationCount: value("syscw:"),
        ReadTransferCount: value("rchar:"),
        WriteTransferCount: value("wchar:"),
        ..IO_COUNTERS::default()
    })?)
}

/// Each class and its nice value.
const CLASSES: [(u32, i32); 6] = [
    (REALTIME_PRIORITY_CLASS, -20),
    (HIGH_PRIORITY_CLASS, -10),
    (ABOVE_NORMAL_PRIORITY_CLASS, -5),
    (NORMAL_PRIORITY_CLASS, 0),
    (BELOW_NORMAL_PRIORITY_CLASS, 5),
    (IDLE_PRIORITY_CLASS, 15),
];

/// The priority class the nice value stands for.
#[export]
pub fn GetPriorityClass(process: Handle<Process>) -> Result<u32, Win32Error> {
    process.get()?;
    // SAFETY: a plain call; the process exists.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    Ok(CLASSES.iter().find(|(_, value)| nice <= *value).map_or(IDLE_PRIORITY_CLASS, |&(class, _)| class))
}

/// Sets the priority class: the nice value of the process.
///
/// # Errors
/// `ERROR_ACCESS_DENIED` for a higher class than the user may have.
#[export]
pub fn SetPriorityClass(process: Handle<Process>, class: u32) -> Result<(), Win32Error> {
    process.get()?;
    let nice = CLASSES.iter().find(|(known, _)| *known == class).map(|&(_, nice)| nice);
    let nice = nice.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    // Linux's nice values are the threads'.
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for thread in threads.filter_map(|thread| thread.file_name().to_str()?.parse().ok()) {
        // SAFETY: a plain call. A thread may have ended meanwhile.
        let set = unsafe { libc::setpriority(libc::PRIO_PROCESS, thread, nice) };
        if set != 0 && crate::console::standard_handles::last_errno() != libc::ESRCH {
            return Err(Win32Error(ERROR_ACCESS_DENIED));
        }
    }
    Ok(())
}

/// Accepts the setting; Linux boosts priorities by itself.
#[export]
pub fn SetProcessPriorityBoost(process: Handle<Process>, _disable: i32) -> Result<(), Win32Error> {
    process.get().map(drop)
}

/// The limits are ignored: Linux manages the working set.
#[export]
pub fn SetProcessWorkingSetSize(
    process: Handle<Process>,
    _minimum: usize,
    _maximum: usize,
) -> Result<(), Win32Error> {
    process.get().map(drop)
}

/// The working set's limits: Windows' usual ones.
#[export]
pub unsafe fn GetProcessWorkingSetSize(
    process: Handle<Process>,
    minimum: Out<usize>,
    maximum: Out<usize>,
) -> Result<(), Win32Error> {
    const PAGES_MIN: usize = 50;
    const PAGES_MAX: usize = 345;
    process.get()?;
    let page = crate::memory::virtual_memory::page_size();
    minimum.write(PAGES_MIN * page)?;
    Ok(maximum.write(PAGES_MAX * page)?)
}

/// Accepts the setting: the service manager decides the order in which processes end at shutdown.
#[export]
pub fn SetProcessShutdownParameters(_level: u32, _flags: u32) -> bool {
    true
}

/// The session of a process: there is one.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER`, for a place that is not there too.
#[export]
pub unsafe fn ProcessIdToSessionId(_id: u32, session: Out<u32>) -> Result<(), Win32Error> {
    session.write(0).map_err(|_| Win32Error(ERROR_INVALID_PARAMETER))
}

/// Makes every processor see the stores of every thread: `membarrier`, or else what each lock does anyway.
#[export]
pub fn FlushProcessWriteBuffers() {
    const MEMBARRIER_CMD_GLOBAL: i32 = 1;
    // SAFETY: a plain system call, which reaches all threads of all processes, or fails where it is unknown.
    unsafe { libc::syscall(libc::SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) };
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

fn image_name<C: Character>(
    process: Handle<Process>,
    buffer: Option<OutBuffer<C>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    process.get()?;
    let path = std::env::current_exe().unwrap_or_default();
    let name = crate::path::windows_path::to_windows(&path);
    buffer.put_or_fail(&name, room, ERROR_INSUFFICIENT_BUFFER).map(drop)
}

/// The program's file.
///
/// # Errors
/// `ERROR_INSUFFICIENT_BUFFER` if it does not fit, with the room it takes; `ERROR_NOACCESS`.
#[export]
pub unsafe fn QueryFullProcessImageNameA(
    process: Handle<Process>,
    _flags: u32,
    buffer: Option<OutBuffer<c_char>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    image_name(process, buffer, room)
}

/// The program's file, in wide characters.
#[export]
pub unsafe fn QueryFullProcessImageNameW(
    process: Handle<Process>,
    _flags: u32,
    buffer: Option<OutBuffer<WCHAR>>,
    room: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    image_name(process, buffer, room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;
    use crate::object::handles::HANDLE;

    const CURRENT: HANDLE = handles::INVALID_HANDLE_VALUE;

    #[test]
    fn the_process_began_before_now_and_uses_memory() {
        let mut times = [FILETIME::default(); 4];
        let [creation, exit, kernel, user] = &mut times;
        let mut counters = PROCESS_MEMORY_COUNTERS::default();
        let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
        // SAFETY: pointers to locals.
        unsafe {
            assert_eq!(GetProcessTimes(CURRENT, creation, exit, kernel, user), 1);
            assert_eq!(GetProcessMemoryInfo(CURRENT, &mut counters, size), 1);
            assert_eq!((GetProcessMemoryInfo(CURRENT, &mut counters, 8), GetLastError()), (0, 122));
            assert_eq!(GetProcessTimes(std::ptr::null_mut(), creation, exit, kernel, user), 0);
        }
        assert_eq!(GetLastError(), 6);
        let began = crate::time::system_time::of_file_time(times[0]);
        let now = crate::time::clock::now();
        assert!(began <= now + FILETIME_PER_SECOND && now - began.min(now) < 3600 * FILETIME_PER_SECOND);
        assert!(counters.WorkingSetSize > 0 && counters.PeakWorkingSetSize >= counters.WorkingSetSize);
    }

    #[test]
    fn the_priority_class_follows_the_nice_value() {
        // SAFETY: a plain call.
        let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let expected = if nice == 0 { NORMAL_PRIORITY_CLASS } else { GetPriorityClass(CURRENT) };
        assert_eq!(GetPriorityClass(CURRENT), expected);
        assert_eq!(SetPriorityClass(CURRENT, expected), 1, "to what it is");
        assert_eq!((SetPriorityClass(CURRENT, 3), GetLastError()), (0, 87));
        assert_eq!(SetPriorityClass(std::ptr::null_mut(), expected), 0);
    }
}
