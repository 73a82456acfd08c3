//! Snapshots of the processes and threads there are: `CreateToolhelp32Snapshot`.

use crate::abi::argument::{InOut, plain};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::object::handles::{self, HANDLE, Handle, INVALID_HANDLE_VALUE};
use crate::object::{HandleCount, Object};
use libc::c_char;
use longshore_win32_macros::export;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use windows_sys::Win32::Foundation::{ERROR_BAD_LENGTH, ERROR_INVALID_PARAMETER, ERROR_NO_MORE_FILES};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    TH32CS_SNAPPROCESS, TH32CS_SNAPTHREAD, THREADENTRY32,
};

const NAME: usize = 260;
const NORMAL_PRIORITY: i32 = 8;

/// `PROCESSENTRY32` with its characters.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ProcessEntry<C> {
    size: u32,
    usage: u32,
    id: u32,
    default_heap: usize,
    module: u32,
    threads: u32,
    parent: u32,
    priority: i32,
    flags: u32,
    name: [C; NAME],
}

plain!(ProcessEntry<c_char>, ProcessEntry<WCHAR>, THREADENTRY32);

struct Process {
    id: u32,
    parent: u32,
    threads: u32,
    name: Vec<u8>,
}

/// The contents of the snapshot, and the position of the reader.
pub struct Snapshot {
    handles: HandleCount,
    processes: Vec<Process>,
    /// Process and thread.
    threads: Vec<(u32, u32)>,
    next_process: AtomicUsize,
    next_thread: AtomicUsize,
}

impl Object for Snapshot {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }
}

/// The numbered directories of a directory of `/proc`.
fn numbers(directory: &str) -> Vec<u32> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

fn process(id: u32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{id}/stat")).ok()?;
    let (open, close) =
        (stat.iter().position(|&byte| byte == b'(')?, stat.iter().rposition(|&byte| byte == b')')?);
    let fields = String::from_utf8_lossy(&stat[close + 1..]).into_owned();
    let field = |index| fields.split_ascii_whitespace().nth(index).and_then(|field| field.parse().ok());
    // Fields 4 and 20 of proc(5); the first one here is field 3.
    let (parent, threads) = (field(1).unwrap_or(0), field(17).unwrap_or(1));
    Some(Process { id, parent, threads, name: stat[open + 1..close].to_vec() })
}

/// Lists processes, threads or both. Modules and heaps are not listed.
#[export(failure = INVALID_HANDLE_VALUE)]
pub fn CreateToolhelp32Snapshot(flags: u32, _process: u32) -> Result<HANDLE, Win32Error> {
    if flags & (TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD) == 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let mut snapshot = Snapshot {
        handles: HandleCount::new(),
        processes: Vec::new(),
        threads: Vec::new(),
        next_process: AtomicUsize::new(0),
        next_thread: AtomicUsize::new(0),
    };
    for id in numbers("/proc") {
        if flags & TH32CS_SNAPPROCESS != 0 {
            snapshot.processes.extend(process(id));
        }
        if flags & TH32CS_SNAPTHREAD != 0 {
            snapshot
                .threads
                .extend(numbers(&format!("/proc/{id}/task")).into_iter().map(|thread| (id, thread)));
        }
    }
    handles::insert(Arc::new(snapshot))
}

/// The place to read, from the start or from where the last call stopped.
fn advance(next: &AtomicUsize, first: bool) -> usize {
    if first {
        next.store(0, Ordering::Relaxed);
    }
    next.fetch_add(1, Ordering::Relaxed)
}

/// The entry's place, if its first field says that it is large enough.
fn sized<T>(entry: Option<InOut<T>>) -> Result<(InOut<T>, u32), Win32Error> {
    let entry = entry.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let size = entry.as_in().field::<u32>(0).read()?;
    if (size as usize) < size_of::<T>() {
        return Err(Win32Error(ERROR_BAD_LENGTH));
    }
    Ok((entry, size))
}

fn next_process<C: Character>(
    snapshot: Handle<Snapshot>,
    entry: Option<InOut<ProcessEntry<C>>>,
    first: bool,
) -> Result<(), Win32Error> {
    let snapshot = snapshot.get()?;
    let (entry, size) = sized(entry)?;
    let process = snapshot.processes.get(advance(&snapshot.next_process, first));
    let process = process.ok_or(Win32Error(ERROR_NO_MORE_FILES))?;
    let mut name = [C::default(); NAME];
    for (place, unit) in name[..NAME - 1].iter_mut().zip(C::encode(&process.name)) {
        *place = unit;
    }
    let found = ProcessEntry {
        size,
        usage: 0,
        id: process.id,
        default_heap: 0,
        module: 0,
        threads: process.threads,
        parent: process.parent,
        priority: NORMAL_PRIORITY,
        flags: 0,
        name,
    };
    Ok(entry.write(found)?)
}

fn next_thread(
    snapshot: Handle<Snapshot>,
    entry: Option<InOut<THREADENTRY32>>,
    first: bool,
) -> Result<(), Win32Error> {
    let snapshot = snapshot.get()?;
    let (entry, size) = sized(entry)?;
    let thread = snapshot.threads.get(advance(&snapshot.next_thread, first));
    let &(process, thread) = thread.ok_or(Win32Error(ERROR_NO_MORE_FILES))?;
    let found = THREADENTRY32 {
        dwSize: size,
        th32ThreadID: thread,
        th32OwnerProcessID: process,
        tpBasePri: NORMAL_PRIORITY,
        ..THREADENTRY32::default()
    };
    Ok(entry.write(found)?)
}

/// The first process of a snapshot.
#[export]
pub unsafe fn Process32First(
    snapshot: Handle<Snapshot>,
    entry: Option<InOut<ProcessEntry<c_char>>>,
) -> Result<(), Win32Error> {
    next_process(snapshot, entry, true)
}

/// The next process of a snapshot; at the end `ERROR_NO_MORE_FILES`.
#[export]
pub unsafe fn Process32Next(
    snapshot: Handle<Snapshot>,
    entry: Option<InOut<ProcessEntry<c_char>>>,
) -> Result<(), Win32Error> {
    next_process(snapshot, entry, false)
}

/// The first process of a snapshot, with wide characters.
#[export]
pub unsafe fn Process32FirstW(
    snapshot: Handle<Snapshot>,
    entry: Option<InOut<ProcessEntry<WCHAR>>>,
) -> Result<(), Win32Error> {
    next_process(snapshot, entry, true)
}

/// The next process of a snapshot, with wide characters.
#[export]
pub unsafe fn Process32NextW(
    snapshot: Handle<Snapshot>,
    entry: Option<InOut<ProcessEntry<WCHAR>>>,
) -> Result<(), Win32Error> {
    next_process(snapshot, entry, false)
}

/// The first thread of a snapshot, of any process.
#[export]
pub unsafe fn Thread32First(
    snapshot: Handle<Snapshot>,
    entry: Option<InOut<THREADENTRY32>>,
) -> Result<(), Win32Error> {
    next_thread(snapshot, entry, true)
}

/// The next thread of a snapshot; at the end `ERROR_NO_MORE_FILES`.
#[export]
pub unsafe fn Thread32Next(
    snapshot: Handle<Snapshot>,
    entry: Option<InOut<THREADENTRY32>>,
) -> Result<(), Win32Error> {
    next_thread(snapshot, entry, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    #[test]
    fn a_snapshot_holds_this_process_and_this_thread() {
        let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
        // SAFETY: all zero is a valid entry, and the pointers are to locals.
        unsafe {
            let mut entry: ProcessEntry<c_char> = std::mem::zeroed();
            assert_eq!((Process32First(snapshot, &mut entry), GetLastError()), (0, ERROR_BAD_LENGTH));
            entry.size = size_of::<ProcessEntry<c_char>>() as u32;
            let mut found = false;
            let mut more = Process32First(snapshot, &mut entry);
            while more != 0 {
                found |= entry.id == std::process::id() && entry.parent == libc::getppid() as u32;
                more = Process32Next(snapshot, &mut entry);
            }
            assert!(found);
            assert_eq!(GetLastError(), ERROR_NO_MORE_FILES);
            let own = libc::syscall(libc::SYS_gettid) as u32;
            let mut thread =
                THREADENTRY32 { dwSize: size_of::<THREADENTRY32>() as u32, ..Default::default() };
            let mut found = false;
            let mut more = Thread32First(snapshot, &mut thread);
            while more != 0 {
                found |= (thread.th32OwnerProcessID, thread.th32ThreadID) == (std::process::id(), own);
                more = Thread32Next(snapshot, &mut thread);
            }
            assert!(found);
        }
        assert_eq!(handles::close(snapshot), Ok(()));
        assert_eq!(CreateToolhelp32Snapshot(0, 0), INVALID_HANDLE_VALUE);
    }
}
