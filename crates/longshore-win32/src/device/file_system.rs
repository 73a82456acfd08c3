//! The control codes of file systems: holes, extents, compression; links are in [`crate::device::link`].
//!
//! Oplocks, integrity streams, object ids and statistics are not supported: `ERROR_INVALID_FUNCTION`.

use crate::abi::status::Status;
use crate::device::control::{Control, Handler, SyncResult};
use crate::device::link;
use crate::file::disk_file::{self, Class};
use crate::object::handles::HANDLE;
use longshore_engine::Errno;
use std::os::fd::AsRawFd;
use windows_sys::Win32::Foundation::{
    STATUS_ACCESS_DENIED, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER,
    STATUS_RANGE_NOT_LOCKED,
};
use windows_sys::Win32::Storage::FileSystem::{
    COMPRESSION_FORMAT_DEFAULT, COMPRESSION_FORMAT_LZNT1, COMPRESSION_FORMAT_NONE,
};
use windows_sys::Win32::System::Ioctl::{
    FSCTL_DELETE_REPARSE_POINT, FSCTL_DISMOUNT_VOLUME, FSCTL_DUPLICATE_EXTENTS_TO_FILE,
    FSCTL_DUPLICATE_EXTENTS_TO_FILE_EX, FSCTL_FILE_LEVEL_TRIM, FSCTL_GET_COMPRESSION,
    FSCTL_GET_REPARSE_POINT, FSCTL_GET_RETRIEVAL_POINTERS, FSCTL_IS_VOLUME_MOUNTED, FSCTL_LOCK_VOLUME,
    FSCTL_QUERY_ALLOCATED_RANGES, FSCTL_SET_COMPRESSION, FSCTL_SET_REPARSE_POINT, FSCTL_SET_SPARSE,
    FSCTL_SET_ZERO_DATA, FSCTL_UNLOCK_VOLUME,
};

pub(crate) const HANDLERS: &[(u32, Handler)] = &[
    (FSCTL_SET_SPARSE, set_sparse),
    (FSCTL_SET_ZERO_DATA, set_zero_data),
    (FSCTL_QUERY_ALLOCATED_RANGES, allocated_ranges),
    (FSCTL_GET_REPARSE_POINT, link::get),
    (FSCTL_SET_REPARSE_POINT, link::set),
    (FSCTL_DELETE_REPARSE_POINT, link::delete),
    (FSCTL_GET_COMPRESSION, get_compression),
    (FSCTL_SET_COMPRESSION, set_compression),
    (FSCTL_DUPLICATE_EXTENTS_TO_FILE, duplicate_extents),
    (FSCTL_DUPLICATE_EXTENTS_TO_FILE_EX, duplicate_extents_sized),
    (FSCTL_GET_RETRIEVAL_POINTERS, retrieval_pointers),
    (FSCTL_FILE_LEVEL_TRIM, trim),
    (FSCTL_LOCK_VOLUME, refuse),
    (FSCTL_UNLOCK_VOLUME, not_locked),
    (FSCTL_DISMOUNT_VOLUME, refuse),
    (FSCTL_IS_VOLUME_MOUNTED, agree),
];

fn invalid() -> Status {
    Status(STATUS_INVALID_PARAMETER)
}

fn disk(control: &Control<'_>) -> Result<(), Status> {
    match control.state.class {
        Class::Disk => Ok(()),
        _ => Err(invalid()),
    }
}

/// Every file of Linux may have holes.
fn set_sparse(control: &Control<'_>) -> Result<SyncResult, Status> {
    disk(control)?;
    match control.state.may_write() {
        Ok(()) => Ok(SyncResult::NOTHING),
        Err(_) => Err(Status(STATUS_ACCESS_DENIED)),
    }
}

fn size(control: &Control<'_>) -> Result<i64, Status> {
    Ok(disk_file::stat(&control.descriptor).map_err(Status::of_file)?.st_size)
}

/// Makes a hole, or writes zeros if that fails; the file does not grow.
fn clear(control: &Control<'_>, start: i64, end: i64) -> Result<(), Status> {
    let end = end.min(size(control)?);
    if start >= end {
        return Ok(());
    }
    let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    loop {
        // SAFETY: no pointers.
        if unsafe { libc::fallocate(control.fd(), mode, start, end - start) } == 0 {
            return Ok(());
        }
        match Errno::last() {
            Errno(libc::EINTR) => {}
            Errno(libc::EOPNOTSUPP | libc::ENOSYS) => return write_zeros(control, start, end),
            errno => return Err(Status::of_file(errno)),
        }
    }
}

fn write_zeros(control: &Control<'_>, mut start: i64, end: i64) -> Result<(), Status> {
    static ZEROS: [u8; 0x1_0000] = [0; 0x1_0000];
    while start < end {
        let length = ZEROS.len().min((end - start) as usize);
        // SAFETY: as many bytes as said.
        let count = unsafe { libc::pwrite(control.fd(), ZEROS.as_ptr().cast(), length, start) };
        match usize::try_from(count).map_err(|_| Errno::last()) {
            Ok(count) => start += count as i64,
            Err(Errno(libc::EINTR)) => {}
            Err(errno) => return Err(Status::of_file(errno)),
        }
    }
    Ok(())
}

fn set_zero_data(control: &Control<'_>) -> Result<SyncResult, Status> {
    disk(control)?;
    let [start, end] = control.numbers()?;
    if start < 0 || end < start {
        return Err(invalid());
    }
    clear(control, start, end)?;
    Ok(SyncResult::NOTHING)
}

/// lseek(2) to data or to a hole; `None` after the last one.
fn find(control: &Control<'_>, from: i64, what: i32) -> Result<Option<i64>, Status> {
    // SAFETY: no pointers.
    match unsafe { libc::lseek(control.fd(), from, what) } {
        -1 => match Errno::last() {
            Errno(libc::ENXIO) => Ok(None),
            errno => Err(Status::of_file(errno)),
        },
        found => Ok(Some(found)),
    }
}

fn allocated_ranges(control: &Control<'_>) -> Result<SyncResult, Status> {
    disk(control)?;
    let [start, length] = control.numbers()?;
    if start < 0 || length < 0 || start.checked_add(length).is_none() {
        return Err(invalid());
    }
    let end = (start + length).min(size(control)?);
    // The search moves the position of the descriptor.
    let _turn = control.state.take_turn();
    // SAFETY: no pointers.
    let position = unsafe { libc::lseek(control.fd(), 0, libc::SEEK_CUR) };
    let mut items = Vec::new();
    let mut look = || -> Result<(), Status> {
        let mut at = start;
        while at < end
            && let Some(data) = find(control, at, libc::SEEK_DATA)?
            && data < end
        {
            at = find(control, data, libc::SEEK_HOLE)?.unwrap_or(end).min(end);
            items.push([data.to_ne_bytes(), (at - data).to_ne_bytes()].concat());
        }
        Ok(())
    };
    let looked = look();
    // SAFETY: no pointers.
    unsafe { libc::lseek(control.fd(), position, libc::SEEK_SET) };
    looked?;
    Ok(SyncResult::List { head: Vec::new(), items })
}

/// A file system that cannot compress does not support the flags.
fn flags(control: &Control<'_>) -> Result<libc::c_long, Status> {
    let mut flags: libc::c_long = 0;
    match control.ioctl(libc::FS_IOC_GETFLAGS, &mut flags) {
        Ok(()) => Ok(flags),
        Err(_) => Err(Status(STATUS_INVALID_DEVICE_REQUEST)),
    }
}

const COMPRESSED: libc::c_long = 4;

fn get_compression(control: &Control<'_>) -> Result<SyncResult, Status> {
    let format = match flags(control)? & COMPRESSED {
        0 => COMPRESSION_FORMAT_NONE,
        _ => COMPRESSION_FORMAT_LZNT1,
    };
    Ok(SyncResult::Whole(format.to_ne_bytes().to_vec()))
}

fn set_compression(control: &Control<'_>) -> Result<SyncResult, Status> {
    let before = flags(control)?;
    let wanted = match control.input.get(..2).map(|word| u16::from_ne_bytes([word[0], word[1]])) {
        Some(COMPRESSION_FORMAT_NONE) => before & !COMPRESSED,
        Some(COMPRESSION_FORMAT_DEFAULT | COMPRESSION_FORMAT_LZNT1) => before | COMPRESSED,
        _ => return Err(invalid()),
    };
    if wanted != before {
        let mut wanted = wanted;
        let set = control.ioctl(libc::FS_IOC_SETFLAGS, &mut wanted);
        set.map_err(|_| Status(STATUS_INVALID_DEVICE_REQUEST))?;
    }
    Ok(SyncResult::NOTHING)
}

fn duplicate(
    control: &Control<'_>,
    source: i64,
    from: i64,
    to: i64,
    length: i64,
) -> Result<SyncResult, Status> {
    disk(control)?;
    let source = disk_file::get(source as HANDLE).map_err(|_| Status(STATUS_INVALID_HANDLE))?;
    if from < 0 || to < 0 || length < 0 {
        return Err(invalid());
    }
    if length == 0 {
        return Ok(SyncResult::NOTHING); // To FICLONERANGE length 0 means everything.
    }
    let source = source.descriptor();
    let mut range = libc::file_clone_range {
        src_fd: source.as_raw_fd().into(),
        src_offset: from as u64,
        src_length: length as u64,
        dest_offset: to as u64,
    };
    control.ioctl(libc::FICLONERANGE, &mut range).map_err(Status::of_file)?;
    Ok(SyncResult::NOTHING)
}

fn duplicate_extents(control: &Control<'_>) -> Result<SyncResult, Status> {
    let [source, from, to, length] = control.numbers()?;
    duplicate(control, source, from, to, length)
}

fn duplicate_extents_sized(control: &Control<'_>) -> Result<SyncResult, Status> {
    let [_size, source, from, to, length] = control.numbers()?;
    duplicate(control, source, from, to, length)
}

/// One question to FS_IOC_FIEMAP, with room for many extents.
#[repr(C)]
struct ExtentMap {
    start: u64,
    length: u64,
    flags: u32,
    mapped: u32,
    room: u32,
    reserved: u32,
    extents: [Extent; ExtentMap::ROOM],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Extent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved: [u64; 2],
    flags: u32,
    more_reserved: [u32; 3],
}

impl ExtentMap {
    const ROOM: usize = 64;
    /// `_IOWR('f', 11, struct fiemap)`, which is 32 bytes long without its extents.
    const REQUEST: libc::Ioctl = (3 << 30 | 32 << 16 | (b'f' as u32) << 8 | 11) as libc::Ioctl;
    /// The last extent of the file.
    const LAST: u32 = 1;
}

/// Where the data is: runs of clusters, each with its last number and its place on the disk; −1 for a hole.
fn retrieval_pointers(control: &Control<'_>) -> Result<SyncResult, Status> {
    const HOLE: i64 = -1;
    disk(control)?;
    let [first] = control.numbers()?;
    let stat = disk_file::stat(&control.descriptor).map_err(Status::of_file)?;
    // It has 32 bits on some architectures.
    #[allow(clippy::unnecessary_cast)]
    let cluster = (stat.st_blksize as i64).max(1);
    let clusters = stat.st_size.div_euclid(cluster) + i64::from(stat.st_size % cluster != 0);
    if first < 0 {
        return Err(invalid());
    }
    if first >= clusters {
        return Err(Status::END_OF_FILE);
    }
    let mut items = Vec::new();
    let mut at = first;
    'all: while at < clusters {
        // SAFETY: all-zero is a valid map with room for no extents.
        let mut map: ExtentMap = unsafe { std::mem::zeroed() };
        map.start = (at * cluster) as u64;
        map.length = u64::MAX - map.start;
        map.room = ExtentMap::ROOM as u32;
        control.ioctl(ExtentMap::REQUEST, &mut map).map_err(|_| Status(STATUS_INVALID_DEVICE_REQUEST))?;
        for extent in &map.extents[..map.mapped as usize] {
            let begin = (extent.logical as i64 / cluster).max(at);
            let end = ((extent.logical + extent.length) as i64 / cluster).min(clusters);
            if begin > at {
                items.push([begin.to_ne_bytes(), HOLE.to_ne_bytes()].concat());
            }
            let place = extent.physical as i64 / cluster + (begin - extent.logical as i64 / cluster);
            if end > begin {
                items.push([end.to_ne_bytes(), place.to_ne_bytes()].concat());
                at = end;
            }
            if extent.flags & ExtentMap::LAST != 0 {
                break 'all;
            }
        }
        if map.mapped == 0 {
            break;
        }
    }
    if at < clusters {
        items.push([clusters.to_ne_bytes(), HOLE.to_ne_bytes()].concat());
    }
    let head = [(items.len() as i64).to_ne_bytes(), first.to_ne_bytes()].concat();
    Ok(SyncResult::List { head, items })
}

/// Discards ranges whose contents are not needed any more.
fn trim(control: &Control<'_>) -> Result<SyncResult, Status> {
    disk(control)?;
    let count = control.input.get(4..8).ok_or(invalid())?;
    let count = u32::from_ne_bytes([count[0], count[1], count[2], count[3]]) as usize;
    let ranges = control.input[8..].as_chunks::<8>().0;
    if count == 0 || ranges.len() / 2 < count {
        return Err(invalid());
    }
    for range in ranges.chunks_exact(2).take(count) {
        let (start, length) = (i64::from_ne_bytes(range[0]), i64::from_ne_bytes(range[1]));
        let end = start.checked_add(length).filter(|_| start >= 0 && length >= 0).ok_or(invalid())?;
        clear(control, start, end)?;
    }
    Ok(SyncResult::NOTHING)
}

fn refuse(_: &Control<'_>) -> Result<SyncResult, Status> {
    Err(Status(STATUS_ACCESS_DENIED))
}

fn not_locked(_: &Control<'_>) -> Result<SyncResult, Status> {
    Err(Status(STATUS_RANGE_NOT_LOCKED))
}

fn agree(_: &Control<'_>) -> Result<SyncResult, Status> {
    Ok(SyncResult::NOTHING)
}
