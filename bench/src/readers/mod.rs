//! Ways to read 4 KiB blocks at random from one file: one module each.
//!
//! Every reader keeps `depth` reads under way for the length of the window and takes its
//! offsets from the same generator. Readers run in this process, one at a time, and are charged
//! its CPU; fio accounts for itself.

mod compio;
mod fio;
pub mod longshore;
pub mod pread;
mod ring;
mod tokio;

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::{
        fd::{AsRawFd, RawFd},
        unix::fs::OpenOptionsExt,
    },
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{Result, measure::process};

pub use ring::Submit;

pub const BLOCK_BYTES: usize = 4096;
const FILE_BLOCKS: u64 = 65_536;

/// When a reader is done.
#[derive(Clone, Copy)]
pub enum Stop {
    At(Instant),
    After(u64),
}

impl Stop {
    /// Whether another read is begun after so many.
    fn goes_on(self, reads: u64) -> bool {
        match self {
            Stop::At(deadline) => Instant::now() < deadline,
            Stop::After(count) => reads < count,
        }
    }
}

#[derive(Clone, Copy)]
pub enum Reader {
    Pread,
    Ring(Submit),
    Longshore,
    Tokio,
    Compio,
    Fio,
}

/// What a reader did in one window.
pub struct Reads {
    pub per_second: f64,
    pub cpu_ns_per_read: f64,
}

impl Reader {
    pub fn run(self, file: &Target, depth: usize, window: Duration) -> Result<Reads> {
        if let Reader::Fio = self {
            return fio::read(file, depth, window);
        }
        let cpu_before = process::own_cpu()?;
        let start = Instant::now();
        let deadline = start + window;
        let reads = match self {
            Reader::Pread => pread::read(file, Stop::At(deadline))?,
            Reader::Ring(submit) => ring::read(file, depth, submit, deadline)?,
            Reader::Longshore => longshore::read(file, depth, Stop::At(deadline))?,
            Reader::Tokio => tokio::read(file, depth, deadline)?,
            Reader::Compio => compio::read(file, depth, deadline)?,
            Reader::Fio => unreachable!("returned above"),
        };
        let seconds = start.elapsed().as_secs_f64();
        let cpu = process::own_cpu()? - cpu_before;
        Ok(Reads { per_second: reads as f64 / seconds, cpu_ns_per_read: cpu.as_nanos() as f64 / reads as f64 })
    }
}

/// A file of random bytes without a name: whatever happens to this process, nothing is left behind.
pub struct Target {
    file: File,
    direct: bool,
}

impl Target {
    /// Writes the file. With `direct`, readers bypass the page cache; otherwise every block is in it.
    pub fn create(directory: &Path, direct: bool) -> Result<Self> {
        let mut file = tempfile::tempfile_in(directory)?;
        let mut chunk = vec![0; 1 << 20];
        for _ in 0..FILE_BLOCKS * BLOCK_BYTES as u64 / chunk.len() as u64 {
            fastrand::fill(&mut chunk);
            file.write_all(&chunk)?;
        }
        file.sync_all()?;
        let target = Self { file, direct };
        if direct {
            target.leave_page_cache()?;
        }
        Ok(target)
    }

    /// A file of zeros, in the page cache: cheap to make.
    pub fn zeros(directory: &Path) -> Result<Self> {
        let mut file = tempfile::tempfile_in(directory)?;
        let chunk = vec![0; 1 << 20];
        for _ in 0..FILE_BLOCKS * BLOCK_BYTES as u64 / chunk.len() as u64 {
            file.write_all(&chunk)?;
        }
        Ok(Self { file, direct: false })
    }

    fn leave_page_cache(&self) -> Result<()> {
        if file_system(&self.file)? == libc::TMPFS_MAGIC {
            return Err("the directory is in memory (tmpfs), which has no disk to read from; choose another with \
                        --directory"
                .into());
        }
        // SAFETY: the descriptor is open.
        let error = unsafe { libc::posix_fadvise(self.file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        if error != 0 {
            return Err(io::Error::from_raw_os_error(error).into());
        }
        self.open().map_err(|error| format!("the directory's file system has no O_DIRECT: {error}"))?;
        Ok(())
    }

    /// The file's own descriptor seen from any process: a way to open a file that has no name.
    pub fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd()).into()
    }

    pub fn is_direct(&self) -> bool {
        self.direct
    }

    /// What a reader adds to `open`.
    fn flags(&self) -> i32 {
        if self.direct { libc::O_DIRECT } else { 0 }
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(self.flags());
        options
    }

    fn open(&self) -> io::Result<File> {
        self.options().open(self.path())
    }

    pub fn bytes(&self) -> u64 {
        FILE_BLOCKS * BLOCK_BYTES as u64
    }
}

fn file_system(file: &File) -> io::Result<libc::c_long> {
    // SAFETY: zeroed is a valid statfs, and the descriptor is open.
    unsafe {
        let mut status: libc::statfs = std::mem::zeroed();
        if libc::fstatfs(file.as_raw_fd(), &mut status) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(status.f_type)
    }
}

/// Where the next read starts.
fn random_offset() -> u64 {
    fastrand::u64(0..FILE_BLOCKS) * BLOCK_BYTES as u64
}

/// One block in memory, aligned as O_DIRECT wants it.
#[repr(C, align(4096))]
struct Block([u8; BLOCK_BYTES]);

impl Block {
    fn new() -> Box<Self> {
        Box::new(Self([0; BLOCK_BYTES]))
    }
}

/// Every read of a block inside the file is complete.
fn check(bytes: usize) -> io::Result<()> {
    if bytes != BLOCK_BYTES {
        return Err(io::Error::other(format!("a read of {BLOCK_BYTES} bytes brought {bytes}")));
    }
    Ok(())
}

/// One positioned read.
fn read_block(file: RawFd, block: &mut Block, offset: u64) -> io::Result<()> {
    // SAFETY: the block is exclusively borrowed and as large as said.
    let bytes = unsafe { libc::pread(file, block.0.as_mut_ptr().cast(), BLOCK_BYTES, offset as libc::off_t) };
    if bytes < 0 {
        return Err(io::Error::last_os_error());
    }
    check(bytes as usize)
}
