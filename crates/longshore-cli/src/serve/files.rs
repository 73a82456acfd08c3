//! Opening what lies below the served directory, and nothing else.
//!
//! The kernel resolves the path with `openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)`: a symbolic
//! link is followed as long as every step stays below the directory, atomically, so that no rename
//! in between can open a way out. Absolute links count as leaving, wherever they point. Where
//! `openat2` is missing (Linux before 5.6) or forbidden (old seccomp profiles answer EPERM), the
//! path is walked one component at a time with `O_NOFOLLOW`; links are then refused altogether.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, statat,
};
use rustix::io::Errno;

use crate::http::listing::{Item, Kind};
use crate::http::{Refusal, Status};

/// Why something could not be opened.
pub type Error = Errno;
/// What the system says about a file.
pub type Facts = Stat;
/// An open directory.
pub type Directory = OwnedFd;

/// A file was asked for as a directory.
pub const NOT_A_DIRECTORY: Error = Errno::NOTDIR;

/// How often a path is resolved anew when the tree was renamed during the resolution (EAGAIN).
const RESOLVE_TRIES: usize = 16;
/// The most entries a listing shows.
const LISTED_MAX: usize = 10_000;

/// The served directory. It is held open: renaming it does not change what is served.
#[derive(Debug)]
pub struct Root {
    directory: OwnedFd,
    /// Set once `openat2` turned out not to be available. Only a hint, hence relaxed.
    step_by_step: AtomicBool,
}

#[derive(Debug)]
pub enum Opened {
    File(std::fs::File, Facts),
    Directory(Directory),
    /// A FIFO, a device or a socket.
    Special,
}

impl Root {
    pub fn open(directory: &Path, step_by_step: bool) -> io::Result<Root> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, directory, flags, Mode::empty())?;
        Ok(Root { directory, step_by_step: AtomicBool::new(step_by_step) })
    }

    /// Opens `path`, which must be relative and free of `.` and `..` (see `http::path::decode`).
    pub fn find(&self, path: &[u8]) -> Result<Opened, Errno> {
        // O_NONBLOCK: opening a FIFO must not wait for its writer, nor a terminal for its carrier.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let name = if path.is_empty() { OsStr::new(".") } else { OsStr::from_bytes(path) };
        let file = if self.step_by_step.load(Ordering::Relaxed) {
            self.walk(name, flags)?
        } else {
            match self.resolve(name, flags) {
                Err(Errno::NOSYS) => {
                    self.step_by_step.store(true, Ordering::Relaxed);
                    self.walk(name, flags)?
                }
                // From a seccomp profile, or from the file itself (O_NOATIME and the like): the walk tells.
                Err(Errno::PERM) => self.walk(name, flags)?,
                other => other?,
            }
        };
        let stat = fstat(&file)?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Opened::File(file.into(), stat),
            FileType::Directory => Opened::Directory(file),
            _ => Opened::Special,
        })
    }

    fn resolve(&self, name: &OsStr, flags: OFlags) -> Result<OwnedFd, Errno> {
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let mut tries = RESOLVE_TRIES;
        loop {
            tries -= 1;
            match openat2(&self.directory, name, flags, Mode::empty(), within) {
                Err(Errno::AGAIN | Errno::INTR) if tries > 0 => {}
                result => return result,
            }
        }
    }

    fn walk(&self, name: &OsStr, flags: OFlags) -> Result<OwnedFd, Errno> {
        let mut components = name.as_bytes().split(|&byte| byte == b'/').map(OsStr::from_bytes).peekable();
        let mut parent: Option<OwnedFd> = None;
        while let Some(component) = components.next() {
            let directory = parent.as_ref().unwrap_or(&self.directory).as_fd();
            if components.peek().is_none() {
                return openat(directory, component, flags | OFlags::NOFOLLOW, Mode::empty());
            }
            let step = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let child = match openat(directory, component, step, Mode::empty()) {
                // With O_PATH a link is "not a directory"; say what it is.
                Err(Errno::NOTDIR) if is_link(directory, component) => return Err(Errno::LOOP),
                result => result?,
            };
            parent = Some(child);
        }
        Err(Errno::NOENT)
    }
}

fn is_link(directory: impl AsFd, name: &OsStr) -> bool {
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

/// The answer for a path that could not be opened.
pub fn refusal(error: Errno) -> Refusal {
    match error {
        Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG => {
            Refusal::new(Status::NOT_FOUND, "There is nothing of that name.")
        }
        Errno::XDEV | Errno::LOOP => {
            Refusal::new(Status::FORBIDDEN, "This name is a symbolic link that leaves the served directory.")
        }
        // ENXIO: a Unix socket, or a device nobody is behind.
        Errno::NXIO | Errno::NODEV => SPECIAL,
        Errno::ACCESS | Errno::PERM => Refusal::new(Status::FORBIDDEN, "The server may not read this file."),
        Errno::MFILE | Errno::NFILE | Errno::NOMEM => {
            Refusal::new(Status::SERVICE_UNAVAILABLE, "The server has too many files open; try again.")
        }
        _ => Refusal::new(Status::INTERNAL_SERVER_ERROR, "The file could not be opened."),
    }
}

/// The answer for what is neither a file nor a directory.
pub const SPECIAL: Refusal = Refusal::new(Status::FORBIDDEN, "This is neither a file nor a directory.");

/// Whether nothing of that name is there.
pub fn is_missing(error: &Error) -> bool {
    *error == Errno::NOENT
}

/// Whether there is no descriptor left, of the process's or the system's.
pub fn is_exhaustion(error: &Error) -> bool {
    matches!(*error, Errno::MFILE | Errno::NFILE)
}

/// What there is to know of an open file.
pub fn facts(file: impl AsFd) -> Result<Facts, Error> {
    fstat(file)
}

/// Reads a whole number of bytes from the start of a file.
pub fn read_start(file: &std::fs::File, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, 0)
}

/// Makes an open file ready to be attached.
pub fn for_port(file: &std::fs::File) -> Result<(), Error> {
    // O_NONBLOCK was for opening only; some file systems and rings take it at its word.
    rustix::fs::fcntl_setfl(file, OFlags::empty())
}

/// What a directory holds, and how many entries were left out.
pub fn list(directory: &OwnedFd, shows_hidden: bool) -> Result<(Vec<Item>, usize), Errno> {
    let mut items = Vec::new();
    let mut left_out = 0;
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.to_bytes().starts_with(b".");
        if name == c"." || name == c".." || (hidden && !shows_hidden) {
            continue;
        }
        if items.len() == LISTED_MAX {
            left_out += 1;
            continue;
        }
        // What vanished since it was read is left out without a word.
        let Ok(stat) = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        items.push(Item {
            name: name.to_bytes().to_vec(),
            kind: match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Kind::Directory,
                FileType::RegularFile => Kind::File,
                _ => Kind::Other,
            },
            bytes: u64::try_from(stat.st_size).unwrap_or(0),
            modified_second: expressible_second(stat.st_mtime),
        });
    }
    Ok((items, left_out))
}

/// A time an HTTP date can express: from 1970 to 9999.
pub fn expressible_second(second: i64) -> Option<u64> {
    u64::try_from(second).ok().filter(|&second| second < 253_402_300_800)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    /// A directory with something secret beside the served one, and every kind of link.
    fn tree() -> tempfile::TempDir {
        let top = tempfile::tempdir().unwrap();
        let served = top.path().join("served");
        fs::create_dir_all(served.join("a/b")).unwrap();
        fs::write(top.path().join("secret"), "secret").unwrap();
        fs::write(served.join("a/b/file"), "file").unwrap();
        symlink("b/file", served.join("a/inside")).unwrap();
        symlink("a/b", served.join("inside-directory")).unwrap();
        symlink("../secret", served.join("outside")).unwrap();
        symlink("..", served.join("up")).unwrap();
        symlink("/", served.join("absolute")).unwrap();
        symlink("circle", served.join("circle")).unwrap();
        top
    }

    fn root(top: &tempfile::TempDir, step_by_step: bool) -> Root {
        Root::open(&top.path().join("served"), step_by_step).unwrap()
    }

    fn status(root: &Root, path: &str) -> u16 {
        match root.find(path.as_bytes()) {
            Ok(Opened::File(..) | Opened::Directory(_)) => 200,
            Ok(Opened::Special) => 403,
            Err(error) => refusal(error).status.0,
        }
    }

    #[test]
    fn files_and_directories_are_found_either_way() {
        let top = tree();
        for step_by_step in [false, true] {
            let root = root(&top, step_by_step);
            assert!(matches!(root.find(b"").unwrap(), Opened::Directory(_)));
            assert!(matches!(root.find(b"a/b").unwrap(), Opened::Directory(_)));
            assert!(matches!(root.find(b"a/b/file").unwrap(), Opened::File(_, stat) if stat.st_size == 4));
            assert_eq!(status(&root, "nothing"), 404);
            assert_eq!(status(&root, "a/b/file/x"), 404);
            assert_eq!(status(&root, &"n".repeat(300)), 404);
        }
    }

    #[test]
    fn no_link_leads_out_either_way() {
        let top = tree();
        for step_by_step in [false, true] {
            let root = root(&top, step_by_step);
            for path in ["outside", "up/secret", "up", "absolute/etc/passwd", "absolute", "circle"] {
                assert_eq!(status(&root, path), 403, "{path}, step by step: {step_by_step}");
            }
        }
    }

    #[test]
    fn links_that_stay_inside_are_followed_by_openat2_only() {
        let top = tree();
        let by_kernel = root(&top, false);
        if by_kernel.resolve(OsStr::new("."), OFlags::PATH).is_ok() {
            assert_eq!(status(&by_kernel, "a/inside"), 200);
            assert_eq!(status(&by_kernel, "inside-directory/file"), 200);
        }
        let by_step = root(&top, true);
        assert_eq!(status(&by_step, "a/inside"), 403);
        assert_eq!(status(&by_step, "inside-directory/file"), 403);
    }

    #[test]
    fn a_fifo_is_special_and_does_not_hold_the_thread() {
        let top = tree();
        let root = root(&top, false);
        rustix::fs::mknodat(&root.directory, "fifo", FileType::Fifo, Mode::RUSR, 0).unwrap();
        // In a thread of its own: without O_NONBLOCK it would wait for a writer for ever.
        let (tell, told) = channel();
        thread::spawn(move || tell.send(matches!(root.find(b"fifo"), Ok(Opened::Special))));
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(true));
    }

    #[test]
    fn a_listing_names_what_is_there() {
        let top = tree();
        let root = root(&top, false);
        let Opened::Directory(directory) = root.find(b"a").unwrap() else { panic!("not a directory") };
        let (mut items, left_out) = list(&directory, false).unwrap();
        items.sort_by(|a, b| a.name.cmp(&b.name));
        let found: Vec<_> = items.iter().map(|item| (&item.name[..], item.kind)).collect();
        assert_eq!(found, [(&b"b"[..], Kind::Directory), (&b"inside"[..], Kind::Other)]);
        assert_eq!(left_out, 0);
    }

    #[test]
    fn times_outside_http_dates_are_not_expressed() {
        assert_eq!(expressible_second(-1), None);
        assert_eq!(expressible_second(0), Some(0));
        assert_eq!(expressible_second(i64::MAX), None);
    }
}
