//! A thin safe face over epoll, shared by the load generators and the reference server.

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    time::Duration,
};

pub struct Epoll(OwnedFd);

/// Room for the events of one wait.
pub struct Events {
    buffer: Vec<libc::epoll_event>,
    filled: usize,
}

impl Events {
    pub fn with_capacity(capacity: usize) -> Self {
        Self { buffer: vec![libc::epoll_event { events: 0, u64: 0 }; capacity], filled: 0 }
    }

    pub fn tokens(&self) -> impl Iterator<Item = u64> + '_ {
        self.buffer[..self.filled].iter().map(|event| event.u64)
    }
}

impl Epoll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers are involved; the descriptor is fresh and ours.
        unsafe {
            let fd = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Self(OwnedFd::from_raw_fd(fd)))
        }
    }

    /// Reports `fd` as `token` whenever it is readable (level-triggered).
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: token };
        // SAFETY: both descriptors are open and `event` outlives the call.
        let added = unsafe { libc::epoll_ctl(self.0.as_raw_fd(), libc::EPOLL_CTL_ADD, fd.as_raw_fd(), &mut event) };
        if added != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Waits for events, at most `timeout` (`None`: for ever). A signal ends the wait with no events.
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.filled = 0;
        let timeout = timeout.map(|timeout| libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: libc::c_long::from(timeout.subsec_nanos() as i32),
        });
        let (room, count) = (events.buffer.as_mut_ptr(), events.buffer.len() as libc::c_int);
        let waited = match timeout {
            // Also because valgrind does not know the other call, and servers run under it.
            // SAFETY: the buffer has room for `count` events.
            None => unsafe { libc::epoll_wait(self.0.as_raw_fd(), room, count, -1) as libc::c_long },
            // epoll_pwait2 because think times are shorter than epoll_wait's millisecond.
            // SAFETY: as above; the timespec lives through the call, and no signal mask is given.
            Some(timeout) => unsafe {
                let (timeout, mask) = (&raw const timeout, std::ptr::null::<libc::sigset_t>());
                libc::syscall(libc::SYS_epoll_pwait2, self.0.as_raw_fd(), room, count, timeout, mask, 0usize)
            },
        };
        match waited {
            0.. => {
                events.filled = waited as usize;
                Ok(())
            }
            _ => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
                error => Err(error),
            },
        }
    }
}
