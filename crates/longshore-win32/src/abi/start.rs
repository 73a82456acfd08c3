//! What happens when a program with this library starts, before its own constructors and `main`.

use crate::abi::{fork, reserve};

/// An entry of the list of functions that the loader calls. Code that refers to it makes the linker take this
/// module out of the archive.
#[used]
#[unsafe(link_section = ".init_array")]
pub(crate) static START: extern "C" fn() = start;

/// At this time there is one thread, and no code of the program has run.
extern "C" fn start() {
    // A C program has no `tracing` subscriber of its own.
    longshore_log::install();
    reserve::prepare();
    fork::prepare();
    raise_descriptor_limit();
}

/// Windows has no limit like the soft limit of open files, which is far below what Linux allows.
fn raise_descriptor_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a valid place, then a valid limit. A refusal leaves the limit as it was.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}
