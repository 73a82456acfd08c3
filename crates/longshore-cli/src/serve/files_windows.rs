//! Opening what lies below the served directory, and nothing else, on Windows.
//!
//! The served directory is kept as the system's own name for it (`\\\\?\\C:\\...`), to which nothing is
//! special in the rest of a path: no device names, no trailing dots. What a path leads to is resolved, links
//! and junctions followed, and opened only if it still lies below. Between the two somebody who may rename
//! things in the tree could put a link in its place; serve no tree that strangers write to.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::windows::fs::{FileExt, MetadataExt};
use std::os::windows::io::AsHandle;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::http::listing::{Item, Kind};
use crate::http::{Refusal, Status};

/// The most entries a listing shows.
const LISTED_MAX: usize = 10_000;

/// Why something could not be opened.
pub type Error = ErrorKind;
/// The path of a directory below the served one.
pub type Directory = PathBuf;

/// A file was asked for as a directory.
pub const NOT_A_DIRECTORY: Error = ErrorKind::NotADirectory;

/// What the system says about a file.
#[derive(Debug)]
pub struct Facts {
    pub created: u64,
    pub bytes: u64,
    pub modified: (i64, u64),
}

impl Facts {
    fn of(metadata: &Metadata) -> Facts {
        Facts {
            created: metadata.creation_time(),
            bytes: metadata.len(),
            modified: since_1970(metadata.modified()),
        }
    }
}

/// The served directory.
#[derive(Debug)]
pub struct Root {
    directory: PathBuf,
}

#[derive(Debug)]
pub enum Opened {
    File(fs::File, Facts),
    Directory(Directory),
    /// A device.
    Special,
}

impl Root {
    pub fn open(directory: &Path, _step_by_step: bool) -> io::Result<Root> {
        let directory = fs::canonicalize(directory)?;
        if !fs::metadata(&directory)?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(Root { directory })
    }

    /// Opens `path`, which must be relative and free of `.`, `..` and backslashes (see `http::path::decode`).
    pub fn find(&self, path: &[u8]) -> Result<Opened, Error> {
        let name = std::str::from_utf8(path).map_err(|_| ErrorKind::NotFound)?;
        // A colon names another stream of a file; the others cannot be part of a name.
        if name.contains(|c: char| c < ' ' || "<>:\"|?*".contains(c)) {
            return Err(ErrorKind::NotFound);
        }
        let mut place = self.directory.clone();
        place.extend(name.split('/').filter(|segment| !segment.is_empty()));
        let place = fs::canonicalize(place).map_err(|error| error.kind())?;
        if !place.starts_with(&self.directory) {
            return Err(ErrorKind::CrossesDevices);
        }
        let open = || {
            let metadata = fs::metadata(&place)?;
            if metadata.is_dir() {
                return Ok(Opened::Directory(place.clone()));
            }
            if !metadata.is_file() {
                return Ok(Opened::Special);
            }
            let file = fs::File::open(&place)?;
            let facts = Facts::of(&file.metadata()?);
            Ok(Opened::File(file, facts))
        };
        open().map_err(|error: io::Error| error.kind())
    }
}

/// The answer for a path that could not be opened.
pub fn refusal(error: Error) -> Refusal {
    match error {
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename => {
            Refusal::new(Status::NOT_FOUND, "There is nothing of that name.")
        }
        ErrorKind::CrossesDevices => {
            Refusal::new(Status::FORBIDDEN, "This name is a link that leaves the served directory.")
        }
        ErrorKind::PermissionDenied => Refusal::new(Status::FORBIDDEN, "The server may not read this file."),
        ErrorKind::OutOfMemory => {
            Refusal::new(Status::SERVICE_UNAVAILABLE, "The server has no memory; try again.")
        }
        _ => Refusal::new(Status::INTERNAL_SERVER_ERROR, "The file could not be opened."),
    }
}

/// The answer for what is neither a file nor a directory.
pub const SPECIAL: Refusal = Refusal::new(Status::FORBIDDEN, "This is neither a file nor a directory.");

/// Whether nothing of that name is there.
pub fn is_missing(error: &Error) -> bool {
    *error == ErrorKind::NotFound
}

/// What there is to know of an open file.
pub fn facts(file: impl AsHandle) -> io::Result<Facts> {
    let file = fs::File::from(file.as_handle().try_clone_to_owned()?);
    Ok(Facts::of(&file.metadata()?))
}

/// Reads a whole number of bytes from the start of a file.
pub fn read_start(file: &fs::File, bytes: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.seek_read(&mut bytes[filled..], filled as u64)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(())
}

/// Windows has no limit of open files.
pub fn is_exhaustion(_error: &Error) -> bool {
    false
}

/// Makes an open file ready to be attached: it is.
pub fn for_port(_file: &fs::File) -> io::Result<()> {
    Ok(())
}

/// What a directory holds, and how many entries were left out.
pub fn list(directory: &Directory, shows_hidden: bool) -> Result<(Vec<Item>, usize), Error> {
    let mut items = Vec::new();
    let mut left_out = 0;
    for entry in fs::read_dir(directory).map_err(|error| error.kind())? {
        // What vanished since it was read is left out without a word; so is what has no name in Unicode.
        let Some((metadata, name)) = entry.ok().and_then(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((entry.metadata().ok()?, name))
        }) else {
            continue;
        };
        if name.starts_with('.') && !shows_hidden {
            continue;
        }
        if items.len() == LISTED_MAX {
            left_out += 1;
            continue;
        }
        items.push(Item {
            name: name.into_bytes(),
            kind: match metadata.file_type() {
                kind if kind.is_dir() => Kind::Directory,
                kind if kind.is_file() => Kind::File,
                _ => Kind::Other,
            },
            bytes: metadata.len(),
            modified_second: expressible_second(since_1970(metadata.modified()).0),
        });
    }
    Ok((items, left_out))
}

fn since_1970(time: io::Result<SystemTime>) -> (i64, u64) {
    let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or((0, 0), |since| (since.as_secs() as i64, u64::from(since.subsec_nanos())))
}

/// A time an HTTP date can express: from 1970 to 9999.
pub fn expressible_second(second: i64) -> Option<u64> {
    u64::try_from(second).ok().filter(|&second| second < 253_402_300_800)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_is_found_and_nothing_else() {
        let base = std::env::temp_dir().join(format!("longshore-serve-{}", std::process::id()));
        fs::create_dir_all(base.join("root/inner")).unwrap();
        fs::write(base.join("root/inner/file.txt"), "text").unwrap();
        fs::write(base.join("secret"), "secret").unwrap();
        let root = Root::open(&base.join("root"), false).unwrap();
        assert!(matches!(root.find(b"").unwrap(), Opened::Directory(_)));
        let Opened::File(file, facts) = root.find(b"inner/file.txt").unwrap() else { panic!("not a file") };
        let mut bytes = [0; 4];
        read_start(&file, &mut bytes).unwrap();
        assert_eq!((&bytes, facts.bytes), (b"text", 4));
        assert_eq!(list(&root.directory.join("inner"), false).unwrap().0[0].name, b"file.txt");
        for outside in
            [&b"../secret"[..], b"inner/../../secret", b"C:/windows", b"inner/file.txt::$DATA", b"\xff"]
        {
            assert!(!matches!(root.find(outside), Ok(Opened::File(..))), "{}", outside.escape_ascii());
        }
        drop(file);
        fs::remove_dir_all(base).unwrap();
    }
}
