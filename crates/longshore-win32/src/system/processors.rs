//! Processors: how many, how they are arranged, which ones the process may use.
//!
//! The count is the one that is useful for sizing a pool of threads: what the affinity mask and the
//! control group allow. `LONGSHORE_PROCESSORS` overrides it, because programs that start "processors - 2"
//! workers start none on a small machine.

use crate::abi::argument::{InOut, Out, OutBuffer};
use crate::abi::last_error::Win32Error;
use crate::object::handles::Handle;
use crate::object::process::Process;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Kernel::PROCESSOR_NUMBER;
use windows_sys::Win32::System::SystemInformation::{
    CACHE_DESCRIPTOR, CacheData, CacheInstruction, CacheUnified, RelationCache, RelationNumaNode,
    RelationProcessorCore, RelationProcessorPackage, SYSTEM_LOGICAL_PROCESSOR_INFORMATION,
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_0,
};

/// The variable that overrides the count.
const COUNT_VARIABLE: &str = "LONGSHORE_PROCESSORS";
/// A mask has this many bits; machines with more processors are one group of 64 here.
const GROUP_MAX: usize = 64;

/// How many processors the process should count on.
pub(crate) fn count() -> u32 {
    let given = std::env::var(COUNT_VARIABLE).ok().and_then(|value| value.parse::<u32>().ok());
    let found = || std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
    given.filter(|count| (1..=GROUP_MAX as u32).contains(count)).unwrap_or_else(found)
}

/// A mask with as many bits as processors.
pub(crate) fn mask_of_count(count: u32) -> usize {
    if count as usize >= GROUP_MAX { usize::MAX } else { (1 << count) - 1 }
}

/// The processors of a list as Linux writes it: `0-3,8`.
fn mask_of_list(list: &str) -> usize {
    let mut mask = 0;
    for range in list.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) {
            (first..=last.min(GROUP_MAX - 1)).for_each(|processor| mask |= 1 << processor);
        }
    }
    mask
}

fn read(path: &str) -> Option<String> {
    Some(std::fs::read_to_string(format!("/sys/devices/system/{path}")).ok()?.trim().to_owned())
}

fn online() -> usize {
    let listed = read("cpu/online").map_or(0, |list| mask_of_list(&list));
    if listed == 0 { mask_of_count(count()) } else { listed }
}

/// The processors a thread may use; the calling one's for 0.
fn affinity(thread: libc::pid_t) -> Option<usize> {
    // SAFETY: all zero is the empty set; the call fills it in.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        (libc::sched_getaffinity(thread, size_of_val(&set), &mut set) == 0).then_some(set)?
    };
    // SAFETY: within the set's size.
    let allowed = |&processor: &usize| unsafe { libc::CPU_ISSET(processor, &set) };
    Some((0..GROUP_MAX).filter(allowed).fold(0, |mask, processor| mask | 1 << processor))
}

/// The processors the process may use, and those there are.
#[export]
pub unsafe fn GetProcessAffinityMask(
    process: Handle<Process>,
    own: Out<usize>,
    system: Out<usize>,
) -> Result<(), Win32Error> {
    process.get()?;
    own.write(affinity(std::process::id() as libc::pid_t).unwrap_or_else(online))?;
    Ok(system.write(online())?)
}

/// Restricts all threads of the process to some processors.
#[export]
pub fn SetProcessAffinityMask(process: Handle<Process>, mask: usize) -> Result<(), Win32Error> {
    process.get()?;
    if mask == 0 || mask & !online() != 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    // SAFETY: all zero is the empty set, and the processors are within its size.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        let chosen = (0..GROUP_MAX).filter(|processor| mask >> processor & 1 != 0);
        chosen.for_each(|processor| libc::CPU_SET(processor, &mut set));
        set
    };
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for thread in threads.filter_map(|thread| thread.file_name().to_str()?.parse().ok()) {
        // SAFETY: a valid set. A thread may have ended meanwhile.
        unsafe { libc::sched_setaffinity(thread, size_of_val(&set), &set) };
    }
    // The processors may belong to another container.
    let taken = affinity(0).is_some_and(|now| now & !mask == 0);
    taken.then_some(()).ok_or(Win32Error(ERROR_INVALID_PARAMETER))
}

/// The processor the calling thread runs on.
fn current() -> u32 {
    // SAFETY: a plain call.
    u32::try_from(unsafe { libc::sched_getcpu() }).unwrap_or(0)
}

/// The processor the calling thread runs on.
#[export]
pub fn GetCurrentProcessorNumber() -> u32 {
    current()
}

/// The processor the calling thread runs on, by group and number.
#[export]
pub unsafe fn GetCurrentProcessorNumberEx(number: Out<PROCESSOR_NUMBER>) {
    let current = current() as usize;
    // There is no way to report a bad pointer.
    let _ = number.write(PROCESSOR_NUMBER {
        Group: (current / GROUP_MAX) as u16,
        Number: (current % GROUP_MAX) as u8,
        Reserved: 0,
    });
}

/// How many processors a group has; there is one group, and 0xFFFF stands for all.
fn count_of(group: u16) -> Result<u32, Win32Error> {
    if group == 0 || group == u16::MAX { Ok(count()) } else { Err(Win32Error(ERROR_INVALID_PARAMETER)) }
}

/// How many processors a group has; there is one group, and 0xFFFF stands for all.
#[export]
pub fn GetActiveProcessorCount(group: u16) -> Result<u32, Win32Error> {
    count_of(group)
}

/// How many processors a group can have: as many as it has.
#[export]
pub fn GetMaximumProcessorCount(group: u16) -> Result<u32, Win32Error> {
    count_of(group)
}

/// How many groups there are: one.
#[export]
pub fn GetActiveProcessorGroupCount() -> u16 {
    1
}

/// The nodes of memory, by number, and their processors.
fn nodes() -> Vec<(u32, usize)> {
    let mut nodes: Vec<(u32, usize)> = std::fs::read_dir("/sys/devices/system/node")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let node = entry.file_name().to_str()?.strip_prefix("node")?.parse().ok()?;
            Some((node, mask_of_list(&read(&format!("node/node{node}/cpulist"))?)))
        })
        .collect();
    nodes.sort_unstable();
    if nodes.is_empty() {
        nodes.push((0, online()));
    }
    nodes
}

/// The highest node of memory.
#[export]
pub unsafe fn GetNumaHighestNodeNumber(highest: Out<u32>) -> Result<(), Win32Error> {
    Ok(highest.write(nodes().last().map_or(0, |&(node, _)| node))?)
}

/// The node a processor belongs to; 0xFF and FALSE for a processor there is not.
#[export]
pub unsafe fn GetNumaProcessorNode(processor: u8, node: Out<u8>) -> Result<(), Win32Error> {
    let has = |&&(_, mask): &&(u32, usize)| mask.checked_shr(u32::from(processor)).unwrap_or(0) & 1 != 0;
    let found = nodes().iter().find(has).map(|&(number, _)| number as u8);
    node.write(found.unwrap_or(0xFF))?;
    found.map(drop).ok_or(Win32Error(ERROR_INVALID_PARAMETER))
}

/// The processors of a node.
#[export]
pub unsafe fn GetNumaNodeProcessorMask(node: u8, mask: Out<u64>) -> Result<(), Win32Error> {
    let found = nodes().into_iter().find(|&(number, _)| number == u32::from(node));
    let (_, processors) = found.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    Ok(mask.write(processors as u64)?)
}

type Record = SYSTEM_LOGICAL_PROCESSOR_INFORMATION;

/// A cache of a processor.
fn cache(processor: usize, index: usize) -> Option<(usize, CACHE_DESCRIPTOR)> {
    let value = |name: &str| read(&format!("cpu/cpu{processor}/cache/index{index}/{name}"));
    let number = |name: &str| value(name).and_then(|text| text.parse::<u32>().ok());
    let size = value("size")?;
    let kilobytes: u32 = size.trim_end_matches('K').parse().ok()?;
    let kind = match value("type")?.as_str() {
        "Data" => CacheData,
        "Instruction" => CacheInstruction,
        _ => CacheUnified,
    };
    let descriptor = CACHE_DESCRIPTOR {
        Level: number("level")? as u8,
        Associativity: number("ways_of_associativity").map_or(0, |ways| ways.min(0xFF) as u8),
        LineSize: number("coherency_line_size").unwrap_or(64) as u16,
        Size: kilobytes * 1024,
        Type: kind,
    };
    Some((mask_of_list(&value("shared_cpu_list")?), descriptor))
}

/// Cores, caches, packages and nodes, each once.
fn records() -> Vec<Record> {
    let online = online();
    let processors: Vec<usize> = (0..GROUP_MAX).filter(|processor| online >> processor & 1 != 0).collect();
    let mut records: Vec<Record> = Vec::new();
    // The same thing is seen from each of its processors, and is listed for the first one.
    let mut add = |processor: usize, mask: usize, relationship, content| {
        let mask = mask & online;
        if mask.trailing_zeros() as usize == processor {
            records.push(Record { ProcessorMask: mask, Relationship: relationship, Anonymous: content });
        }
    };
    for &processor in &processors {
        let list = |names: [&str; 2]| {
            let mask =
                |name: &&str| Some(mask_of_list(&read(&format!("cpu/cpu{processor}/topology/{name}"))?));
            names.iter().find_map(mask)
        };
        let core = list(["core_cpus_list", "thread_siblings_list"]).unwrap_or(1 << processor);
        let mut content = SYSTEM_LOGICAL_PROCESSOR_INFORMATION_0::default();
        content.ProcessorCore.Flags = u8::from(core.count_ones() > 1);
        add(processor, core, RelationProcessorCore, content);
        let package = list(["package_cpus_list", "core_siblings_list"]).unwrap_or(online);
        add(processor, package, RelationProcessorPackage, SYSTEM_LOGICAL_PROCESSOR_INFORMATION_0::default());
        for (mask, descriptor) in (0..).map_while(|index| cache(processor, index)) {
            let content = SYSTEM_LOGICAL_PROCESSOR_INFORMATION_0 { Cache: descriptor };
            add(processor, mask, RelationCache, content);
        }
    }
    for (node, mask) in nodes() {
        let mut content = SYSTEM_LOGICAL_PROCESSOR_INFORMATION_0::default();
        content.NumaNode.NodeNumber = node;
        records.push(Record { ProcessorMask: mask, Relationship: RelationNumaNode, Anonymous: content });
    }
    records
}

/// Describes the cores, caches, packages and nodes of the machine.
///
/// # Errors
/// `ERROR_INSUFFICIENT_BUFFER` if they do not fit, with the bytes they take; `ERROR_INVALID_PARAMETER` without a
/// place for those; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetLogicalProcessorInformation(
    buffer: Option<OutBuffer<Record>>,
    length: Option<InOut<u32>>,
) -> Result<(), Win32Error> {
    let length = length.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let room = length.read()? as usize;
    let records = records();
    let bytes = size_of_val(&records[..]);
    length.write(bytes as u32)?;
    let buffer = buffer.filter(|_| room >= bytes).ok_or(Win32Error(ERROR_INSUFFICIENT_BUFFER))?;
    Ok(buffer.write_all(&records)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::handles::HANDLE;

    #[test]
    fn lists_of_processors_become_masks() {
        assert_eq!(mask_of_list("0-3,8\n"), 0x10F);
        assert_eq!(mask_of_list("5"), 0x20);
        assert_eq!(mask_of_list("60-200"), 0xF << 60, "one group");
        assert_eq!(mask_of_list(""), 0);
    }

    #[test]
    fn every_processor_is_in_one_core_one_package_and_one_node() {
        let mut length = 0;
        // SAFETY: room as stated.
        let records = unsafe {
            assert_eq!(GetLogicalProcessorInformation(std::ptr::null_mut(), &mut length), 0);
            assert_eq!(crate::abi::last_error::GetLastError(), ERROR_INSUFFICIENT_BUFFER);
            let mut records = vec![Record::default(); length as usize / size_of::<Record>()];
            assert_eq!(GetLogicalProcessorInformation(records.as_mut_ptr(), &mut length), 1);
            records
        };
        for relationship in [RelationProcessorCore, RelationProcessorPackage, RelationNumaNode] {
            let alike = records.iter().filter(|record| record.Relationship == relationship);
            let seen = alike.fold(0, |seen, record| {
                assert_eq!(seen & record.ProcessorMask, 0);
                seen | record.ProcessorMask
            });
            assert_eq!(seen & online(), online());
        }
    }

    #[test]
    fn the_affinity_mask_holds_the_processor_the_thread_runs_on() {
        let (mut own, mut system) = (0, 0);
        // SAFETY: pointers to locals.
        assert_eq!(unsafe { GetProcessAffinityMask(-1isize as HANDLE, &mut own, &mut system) }, 1);
        assert_ne!(own >> GetCurrentProcessorNumber() & 1, 0);
        assert_eq!(own & !system, 0);
        assert_eq!(SetProcessAffinityMask(-1isize as HANDLE, own), 1);
        assert_eq!(SetProcessAffinityMask(-1isize as HANDLE, 0), 0);
        assert_eq!(SetProcessAffinityMask(std::ptr::null_mut(), own), 0);
    }
}
