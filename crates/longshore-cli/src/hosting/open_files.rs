//! The limit of open files, of which every connection takes one.

use std::io;

#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit to the hard one, and tells what it is now. The low soft limit protects
/// programs that use `select`; this one does not. Failing changes nothing: running out is
/// handled, and said, when it happens.
#[cfg(target_os = "linux")]
pub fn raise_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
    getrlimit(Resource::Nofile).current.and_then(|limit| limit.try_into().ok()).unwrap_or(usize::MAX)
}

/// Windows has no such limit but memory.
#[cfg(windows)]
pub fn raise_limit() -> usize {
    usize::MAX
}

/// What to do about this error, if it is that limit.
pub fn advice(error: &io::Error) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) {
        return Some("raise the limit before starting: ulimit -n 65536");
    }
    let _ = error;
    None
}
