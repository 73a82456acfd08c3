//! Writing to standard error without ever waiting for it or being hurt by it.

/// Writes a line, or leaves it out if nobody could read it now.
#[cfg(unix)]
pub(crate) fn write(line: &[u8]) {
    let mut ready = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd, ours; a timeout of 0 does not wait.
    let count = unsafe { libc::poll(&mut ready, 1, 0) };
    // A pipe is writable when it has room for PIPE_BUF bytes, which is more than a
    // line. POLLERR: nobody reads it.
    if count != 1
        || ready.revents & libc::POLLOUT == 0
        || ready.revents & (libc::POLLERR | libc::POLLNVAL) != 0
    {
        return;
    }
    without_sigpipe(|| {
        for _ in 0..3 {
            // SAFETY: the bytes are a slice's.
            let written = unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
            let interrupted =
                written < 0 && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted;
            if !interrupted {
                break;
            }
        }
    });
}

/// A reader that left since `poll` looked must not end the process.
#[cfg(unix)]
fn without_sigpipe(write: impl FnOnce()) {
    // SAFETY: all-zero is a valid set of signals, and the calls fill the ones they are given.
    unsafe {
        let mut pipe: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        let mut pending: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut pipe);
        libc::sigaddset(&mut pipe, libc::SIGPIPE);
        libc::sigpending(&mut pending);
        if libc::sigismember(&pending, libc::SIGPIPE) == 1
            || libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, &mut before) != 0
        {
            // Pending already: one more changes nothing.
            return write();
        }
        write();
        // The signal of our own write, if there was one; the program never hears of it.
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        libc::sigtimedwait(&pipe, std::ptr::null_mut(), &now);
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
    }
}

/// Writes a line; one that cannot be written is left out.
#[cfg(not(unix))]
pub(crate) fn write(line: &[u8]) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(line);
}
