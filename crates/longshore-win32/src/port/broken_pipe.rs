//! A write to a pipe or socket that nobody reads returns an error, as on Windows,
//! and does not end the program.

use std::sync::Once;

/// Ignores SIGPIPE, for the system calls that have no flag against it. An action that the program has set for
/// SIGPIPE stays.
pub(crate) fn ignore() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: all-zero is a valid sigaction to be filled in; the present action
        // is changed only from the default.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(libc::SIGPIPE, std::ptr::null(), &mut action) == 0
                && action.sa_sigaction == libc::SIG_DFL
            {
                libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            }
        }
    });
}
