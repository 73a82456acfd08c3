//! Process limits the rows need.

use std::io;

use crate::Result;

/// Makes room for `count` descriptors, here and in the servers started from here.
pub fn allow_descriptors(count: u64) -> Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid place for the result.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 {
        return Err(io::Error::last_os_error().into());
    }
    if limit.rlim_cur >= count {
        return Ok(());
    }
    let wanted = libc::rlimit { rlim_cur: count, rlim_max: limit.rlim_max.max(count) };
    // SAFETY: `wanted` is a valid rlimit.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &wanted) } != 0 {
        return Err(format!(
            "this row needs {count} open files and the limit is {} (hard limit {}); raise it with `ulimit -n {count}`, \
             as root if the hard limit is in the way",
            limit.rlim_cur, limit.rlim_max
        )
        .into());
    }
    Ok(())
}
