//! The control codes of disks: questions about a block device. Files refuse them.

use crate::abi::status::Status;
use crate::device::control::{Control, Handler, SyncResult};
use crate::file::disk_file;
use longshore_engine::Errno;
use std::path::PathBuf;
use windows_sys::Win32::Foundation::{STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER};
use windows_sys::Win32::Storage::FileSystem::{
    BusTypeUnknown, FILE_DEVICE_DISK, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
};
use windows_sys::Win32::System::Ioctl::{
    FixedMedia, IOCTL_DISK_GET_DRIVE_GEOMETRY, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, IOCTL_DISK_GET_LENGTH_INFO,
    IOCTL_DISK_GET_PARTITION_INFO_EX, IOCTL_STORAGE_CHECK_VERIFY, IOCTL_STORAGE_CHECK_VERIFY2,
    IOCTL_STORAGE_GET_DEVICE_NUMBER, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, IOCTL_STORAGE_QUERY_PROPERTY,
    PARTITION_STYLE_RAW, PropertyStandardQuery, StorageAccessAlignmentProperty, StorageDeviceProperty,
    StorageDeviceSeekPenaltyProperty,
};

pub(crate) const HANDLERS: &[(u32, Handler)] = &[
    (IOCTL_DISK_GET_LENGTH_INFO, length_info),
    (IOCTL_DISK_GET_DRIVE_GEOMETRY, geometry),
    (IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, geometry_and_size),
    (IOCTL_DISK_GET_PARTITION_INFO_EX, partition),
    (IOCTL_STORAGE_QUERY_PROPERTY, property),
    (IOCTL_STORAGE_GET_DEVICE_NUMBER, device_number),
    (IOCTL_STORAGE_CHECK_VERIFY, check_verify),
    (IOCTL_STORAGE_CHECK_VERIFY2, check_verify),
    (IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, manage_data_set),
    (IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, extents),
];

/// `DeviceDsmAction_Trim`, which the bindings lack.
const TRIM: u32 = 1;

const BLKSSZGET: libc::Ioctl = 0x1268;
const BLKDISCARD: libc::Ioctl = 0x1277;
/// `_IOR(0x12, 114, size_t)`.
const BLKGETSIZE64: libc::Ioctl =
    (2 << 30 | (size_of::<usize>() as u32) << 16 | 0x12 << 8 | 114) as libc::Ioctl;

/// Sectors of 512 bytes, in which sysfs counts whatever the disk's own are.
const SYSFS_SECTOR: i64 = 512;

/// A block device.
struct Disk {
    number: u64,
    bytes: i64,
    sector: u32,
}

impl Disk {
    fn of(control: &Control<'_>) -> Result<Disk, Status> {
        let stat = disk_file::stat(&control.descriptor).map_err(Status::of_file)?;
        if stat.st_mode & libc::S_IFMT != libc::S_IFBLK {
            return Err(Status(STATUS_INVALID_DEVICE_REQUEST));
        }
        let (mut bytes, mut sector) = (0u64, 0i32);
        control.ioctl(BLKGETSIZE64, &mut bytes).map_err(Status::of_file)?;
        control.ioctl(BLKSSZGET, &mut sector).map_err(Status::of_file)?;
        Ok(Disk { number: stat.st_rdev, bytes: bytes as i64, sector: sector as u32 })
    }

    /// A number about the device, from sysfs.
    fn fact(&self, name: &str) -> Option<i64> {
        let directory = format!("/sys/dev/block/{}:{}", libc::major(self.number), libc::minor(self.number));
        std::fs::read_to_string(PathBuf::from(directory).join(name)).ok()?.trim().parse().ok()
    }

    /// A fact about the whole disk, also if the device is a partition.
    fn queue_fact(&self, name: &str) -> Option<i64> {
        self.fact(&format!("queue/{name}")).or_else(|| self.fact(&format!("../queue/{name}")))
    }

    fn start(&self) -> i64 {
        self.fact("start").unwrap_or(0) * SYSFS_SECTOR
    }

    fn partition(&self) -> u32 {
        self.fact("partition").unwrap_or(0) as u32
    }

    /// The same number for a disk and its partitions.
    fn disk_number(&self) -> u32 {
        libc::minor(self.number) as u32 - self.partition().min(libc::minor(self.number) as u32)
    }

    /// A made-up geometry: 255 heads of 63 sectors, and as many cylinders as fit.
    fn geometry(&self) -> Vec<u8> {
        const HEADS: u32 = 255;
        const SECTORS: u32 = 63;
        let cylinder = i64::from(HEADS) * i64::from(SECTORS) * i64::from(self.sector.max(1));
        let words = [FixedMedia as u32, HEADS, SECTORS, self.sector].map(u32::to_ne_bytes).concat();
        [(self.bytes / cylinder).to_ne_bytes().to_vec(), words].concat()
    }
}

fn length_info(control: &Control<'_>) -> Result<SyncResult, Status> {
    Ok(SyncResult::Whole(Disk::of(control)?.bytes.to_ne_bytes().to_vec()))
}

fn geometry(control: &Control<'_>) -> Result<SyncResult, Status> {
    Ok(SyncResult::Whole(Disk::of(control)?.geometry()))
}

fn geometry_and_size(control: &Control<'_>) -> Result<SyncResult, Status> {
    let disk = Disk::of(control)?;
    Ok(SyncResult::Whole([disk.geometry(), disk.bytes.to_ne_bytes().to_vec()].concat()))
}

/// `PARTITION_INFORMATION_EX` without the part that differs between partition tables.
fn partition(control: &Control<'_>) -> Result<SyncResult, Status> {
    const TABLE_BYTES: usize = 112;
    let disk = Disk::of(control)?;
    let mut answer = i64::from(PARTITION_STYLE_RAW).to_ne_bytes().to_vec();
    answer.extend(disk.start().to_ne_bytes());
    answer.extend(disk.bytes.to_ne_bytes());
    answer.extend(u64::from(disk.partition()).to_ne_bytes());
    answer.extend([0; TABLE_BYTES]);
    Ok(SyncResult::Whole(answer))
}

#[expect(non_upper_case_globals, reason = "Windows' names")]
fn property(control: &Control<'_>) -> Result<SyncResult, Status> {
    let disk = Disk::of(control)?;
    let [query] = control.numbers()?;
    let (id, kind) = (query as u32 as i32, (query as u64 >> 32) as i32);
    if kind != PropertyStandardQuery {
        return Err(Status(STATUS_INVALID_PARAMETER));
    }
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<u8>>();
    Ok(SyncResult::Whole(match id {
        // Version and size, the cache line (unknown), the logical and the physical sector, no offset.
        StorageAccessAlignmentProperty => {
            let physical = disk.queue_fact("physical_block_size").unwrap_or(i64::from(disk.sector));
            words(&[28, 28, 0, 0, disk.sector, physical as u32, 0])
        }
        StorageDeviceSeekPenaltyProperty => {
            let rotates = disk.queue_fact("rotational").unwrap_or(0) != 0;
            words(&[12, 12, u32::from(rotates)])
        }
        // No vendor, product, revision or serial number.
        StorageDeviceProperty => {
            let removable = disk.fact("removable").unwrap_or(0) != 0;
            words(&[40, 40, u32::from(removable) << 16, 0, 0, 0, 0, BusTypeUnknown as u32, 0, 0])
        }
        _ => return Err(Status(STATUS_INVALID_DEVICE_REQUEST)),
    }))
}

fn device_number(control: &Control<'_>) -> Result<SyncResult, Status> {
    let disk = Disk::of(control)?;
    let words = [FILE_DEVICE_DISK, disk.disk_number(), disk.partition()].map(u32::to_ne_bytes);
    Ok(SyncResult::Whole(words.concat()))
}

fn check_verify(control: &Control<'_>) -> Result<SyncResult, Status> {
    Disk::of(control).map(|_| SyncResult::NOTHING)
}

/// Trims ranges of a disk.
fn manage_data_set(control: &Control<'_>) -> Result<SyncResult, Status> {
    Disk::of(control)?;
    let invalid = Status(STATUS_INVALID_PARAMETER);
    let words = control.input.as_chunks::<4>().0;
    let word = |index: usize| words.get(index).map(|word| u32::from_ne_bytes(*word)).ok_or(invalid);
    let (action, offset, length) = (word(1)?, word(5)? as usize, word(6)? as usize);
    if action != TRIM {
        return Err(Status(STATUS_INVALID_DEVICE_REQUEST));
    }
    let ranges = control.input.get(offset..offset.saturating_add(length)).ok_or(invalid)?;
    for range in ranges.as_chunks::<16>().0 {
        let (start, length) = range.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_ne_bytes).map_err(|_| invalid);
        let mut range = [number(start)?, number(length)?];
        control.ioctl(BLKDISCARD, &mut range).map_err(|errno| match errno {
            Errno(libc::EOPNOTSUPP) => Status(STATUS_INVALID_DEVICE_REQUEST),
            errno => Status::of_file(errno),
        })?;
    }
    Ok(SyncResult::NOTHING)
}

/// A volume is one extent of one disk.
fn extents(control: &Control<'_>) -> Result<SyncResult, Status> {
    let disk = Disk::of(control)?;
    let extent = [i64::from(disk.disk_number()), disk.start(), disk.bytes].map(i64::to_ne_bytes).concat();
    Ok(SyncResult::List { head: 1i64.to_ne_bytes().to_vec(), items: vec![extent] })
}
