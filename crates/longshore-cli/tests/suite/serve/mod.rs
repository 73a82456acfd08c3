//! `longshore serve`, run for real and spoken to over TCP.

mod attacks;
mod conditions;
mod connections;
mod files;
mod framing;
mod limits;
mod paths;
mod requests;
mod starting;
mod stopping;

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::fixtures::program::Program;

/// A server, and the directory it serves.
struct Site {
    server: Program,
    top: TempDir,
}

impl Site {
    fn start(arguments: &[&str]) -> Site {
        let top = tempfile::tempdir().unwrap();
        let served = top.path().join("served");
        fs::create_dir(&served).unwrap();
        let mut all = vec!["serve", served.to_str().unwrap()];
        all.extend(arguments);
        Site { server: Program::start(&all), top }
    }

    /// A site with one small file, `/file`.
    fn with_file(arguments: &[&str]) -> Site {
        let site = Site::start(arguments);
        site.write("file", "0123456789");
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.path().join("served").join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

impl Site {
    /// A file of zeros that takes no space.
    fn write_zeros(&self, name: &str, length: u64) {
        fs::File::create(self.path(name)).unwrap().set_len(length).unwrap();
    }
}

/// Bytes without a short period, so that a shifted or repeated piece is noticed.
fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}
