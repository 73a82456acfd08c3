//! `select` and `WSAPoll`.

use crate::port::file_object::FileObject;
use crate::port::sync_block::{self, NotReady};
use crate::socket::operation::connect::settle_connecting;
use crate::socket::operation::send_receive::error_of;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SOCKET, WsaError, get, to_count};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{
    POLLERR, POLLHUP, POLLNVAL, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, WSAEFAULT, WSAEINVAL,
    WSAPOLLFD,
};

/// A set of sockets as `select` takes it: a count, then as many sockets.
#[repr(C)]
pub struct SocketSet {
    count: u32,
    sockets: [SOCKET; 0],
}

/// A socket with the descriptor that stands for it while a wait lasts.
struct Watched {
    file: Arc<FileObject>,
    descriptor: Arc<std::os::fd::OwnedFd>,
}

impl Watched {
    fn new(socket: SOCKET) -> Result<Watched, WsaError> {
        let file = get(socket)?;
        settle_connecting(&file);
        let descriptor = file.descriptor();
        Ok(Watched { file, descriptor })
    }

    fn is(&self, fact: Fact) -> bool {
        state_of(&self.file).is(fact)
    }

    /// Linux calls a stream that never was connected hung up and writable; Windows says nothing of it.
    fn says_nothing(&self) -> bool {
        let stream = state_of(&self.file).is_stream();
        stream && !self.is(Fact::Connected) && !self.is(Fact::Connecting) && !self.is(Fact::Listening)
    }

    fn poll(&self, events: i16) -> libc::pollfd {
        // poll(2) leaves negative numbers out.
        let fd = if self.says_nothing() { -1 } else { self.descriptor.as_raw_fd() };
        libc::pollfd { fd, events, revents: 0 }
    }

    /// Whether a send would go through: not while bytes are still kept for the kernel (S23).
    fn takes_more(&self) -> bool {
        state_of(&self.file).buffered.load(Ordering::Acquire) == 0
    }
}

/// # Safety
/// `set` is NULL or points to a set with as many sockets as it says.
unsafe fn members(set: *const SocketSet) -> Vec<SOCKET> {
    if set.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe {
        let first = (&raw const (*set).sockets).cast::<SOCKET>();
        std::slice::from_raw_parts(first, (*set).count as usize).to_vec()
    }
}

/// # Safety
/// `set` is NULL or points to a set with room for these.
unsafe fn rewrite(set: *mut SocketSet, sockets: &[SOCKET]) {
    if set.is_null() {
        return;
    }
    // SAFETY: the caller's promise: never more than it held before.
    unsafe {
        let first = (&raw mut (*set).sockets).cast::<SOCKET>();
        std::ptr::copy_nonoverlapping(sockets.as_ptr(), first, sockets.len());
        (*set).count = sockets.len() as u32;
    }
}

/// Waits until a socket of one of the sets is ready, and leaves only the ready ones in them. The first argument is not
/// looked at.
///
/// # Errors
/// −1 with `WSAEINVAL` (no socket at all, a bad time), `WSAENOTSOCK`, `WSAEINTR`.
///
/// # Safety
/// The sets and the time are NULL or valid.
///
/// Source: Windows documentation, `select`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_select(
    _count: i32,
    read: *mut SocketSet,
    write: *mut SocketSet,
    except: *mut SocketSet,
    timeout: *const Timeval,
) -> i32 {
    let select = || -> Result<usize, WsaError> {
        // SAFETY: the caller's promise.
        let sets = unsafe { [members(read), members(write), members(except)] };
        if sets.iter().all(Vec::is_empty) {
            return Err(WsaError(WSAEINVAL));
        }
        // SAFETY: the caller's promise.
        let timeout = match unsafe { timeout.as_ref() } {
            None => None,
            Some(time) if time.seconds < 0 || time.microseconds < 0 => return Err(WsaError(WSAEINVAL)),
            Some(time) => Some(
                Duration::from_secs(time.seconds as u64) + Duration::from_micros(time.microseconds as u64),
            ),
        };
        let events = [libc::POLLIN | libc::POLLRDHUP, libc::POLLOUT, libc::POLLPRI];
        let mut watched = Vec::new();
        let mut polls = Vec::new();
        for (set, events) in sets.iter().zip(events) {
            for &socket in set {
                let one = Watched::new(socket)?;
                polls.push(one.poll(events));
                watched.push(one);
            }
        }
        wait(&watched, &mut polls, timeout)?;
        let mut ready = [Vec::new(), Vec::new(), Vec::new()];
        let mut index = 0;
        for (which, set) in sets.iter().enumerate() {
            for &socket in set {
                let (one, got) = (&watched[index], polls[index].revents);
                let any = |mask: i16| got & mask != 0;
                let failed = one.is(Fact::Connecting) && any(libc::POLLERR | libc::POLLHUP);
                let is_ready = match which {
                    0 => any(libc::POLLIN | libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) && !failed,
                    1 => any(libc::POLLOUT | libc::POLLERR | libc::POLLHUP) && !failed && one.takes_more(),
                    _ => any(libc::POLLPRI) || failed,
                };
                if is_ready {
                    ready[which].push(socket);
                }
                index += 1;
            }
        }
        // SAFETY: the caller's promise.
        unsafe {
            rewrite(read, &ready[0]);
            rewrite(write, &ready[1]);
            rewrite(except, &ready[2]);
        }
        Ok(ready.iter().map(Vec::len).sum())
    };
    to_count(select())
}

/// The `struct timeval` of the C library, which the headers give to programs.
#[repr(C)]
pub struct Timeval {
    seconds: libc::time_t,
    microseconds: libc::suseconds_t,
}

fn wait(
    watched: &[Watched],
    polls: &mut Vec<libc::pollfd>,
    timeout: Option<Duration>,
) -> Result<(), WsaError> {
    if timeout == Some(Duration::ZERO) {
        // SAFETY: a valid array of the length said.
        unsafe { libc::poll(polls.as_mut_ptr(), polls.len() as _, 0) };
        return Ok(());
    }
    let files: Vec<&FileObject> = watched.iter().map(|one| &*one.file).collect();
    match sync_block::poll(polls, &files, timeout) {
        Ok(_) | Err(NotReady::TimedOut) => Ok(()),
        Err(reason) => match files.first() {
            Some(file) => Err(error_of(file, reason)),
            None => Err(WsaError(WSAEINVAL)),
        },
    }
}

/// Waits until one of the sockets is ready for the events asked for.
///
/// # Errors
/// −1 with `WSAEINVAL` (no valid socket at all), `WSAEFAULT`, `WSAEINTR`. A value that is no socket gets `POLLNVAL`.
///
/// # Safety
/// `polls` points to `count` of them.
///
/// Source: Windows documentation, `WSAPoll`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAPoll(polls: *mut WSAPOLLFD, count: u32, timeout_ms: i32) -> i32 {
    let poll = || -> Result<usize, WsaError> {
        if polls.is_null() {
            return Err(WsaError(if count == 0 { WSAEINVAL } else { WSAEFAULT }));
        }
        // SAFETY: the caller's promise.
        let asked = unsafe { std::slice::from_raw_parts_mut(polls, count as usize) };
        let mut places = Vec::new();
        let mut watched = Vec::new();
        let mut inner = Vec::new();
        for (place, one) in asked.iter_mut().enumerate() {
            one.revents = 0;
            // As with poll(2), a negative number is left out.
            if (one.fd as isize) < 0 {
                one.revents = POLLNVAL;
                continue;
            }
            match Watched::new(one.fd) {
                Ok(found) => {
                    inner.push(found.poll(events_to_linux(one.events)));
                    watched.push(found);
                    places.push(place);
                }
                Err(_) => one.revents = POLLNVAL,
            }
        }
        if watched.is_empty() {
            return Err(WsaError(WSAEINVAL));
        }
        let invalid = asked.iter().any(|one| one.revents != 0);
        let timeout = match timeout_ms {
            _ if invalid => Some(Duration::ZERO),
            forever if forever < 0 => None,
            milliseconds => Some(Duration::from_millis(milliseconds as u64)),
        };
        wait(&watched, &mut inner, timeout)?;
        for ((place, got), one) in places.iter().zip(&inner).zip(&watched) {
            let wanted = asked[*place].events;
            asked[*place].revents = events_to_windows(got.revents, wanted, one);
        }
        Ok(asked.iter().filter(|one| one.revents != 0).count())
    };
    to_count(poll())
}

fn events_to_linux(events: i16) -> i16 {
    let mut linux = 0;
    for (ours, theirs) in [
        (POLLRDNORM, libc::POLLIN),
        (POLLRDBAND, libc::POLLPRI),
        (POLLPRI, libc::POLLPRI),
        (POLLOUT, libc::POLLOUT),
        (POLLWRBAND, libc::POLLOUT),
    ] {
        if events & ours != 0 {
            linux |= theirs;
        }
    }
    linux
}

fn events_to_windows(got: i16, wanted: i16, one: &Watched) -> i16 {
    let any = |mask: i16| got & mask != 0;
    let mut events = 0;
    if any(libc::POLLIN) {
        events |= POLLRDNORM & wanted;
    }
    if any(libc::POLLPRI) {
        events |= (POLLRDBAND | POLLPRI) & wanted;
    }
    if any(libc::POLLOUT) && !any(libc::POLLERR | libc::POLLHUP) && one.takes_more() {
        events |= POLLOUT & wanted;
    }
    if any(libc::POLLHUP | libc::POLLRDHUP) {
        events |= POLLHUP;
    }
    if any(libc::POLLERR) {
        events |= POLLERR;
    }
    events
}
