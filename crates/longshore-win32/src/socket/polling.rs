//! `select` and `WSAPoll`.

use crate::abi::argument::{Argument, In, InOut, Out, plain};
use crate::port::file_object::FileObject;
use crate::port::sync_block::{self, Alertable, Interruption, NotReady};
use crate::socket::connection::connect::settle_connecting;
use crate::socket::operation::readiness::error_of;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SOCKET, SocketArg, WsaError};
use longshore_win32_macros::export;
use std::collections::HashSet;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{
    POLLERR, POLLHUP, POLLNVAL, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, WSAEINVAL, WSAPOLLFD,
};

plain!(WSAPOLLFD, Timeval);

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
        let file = SocketArg::of(socket).get()?;
        settle_connecting(&file);
        let descriptor = file.descriptor();
        Ok(Watched { file, descriptor })
    }

    fn is(&self, fact: Fact) -> bool {
        state_of(&self.file).is(fact)
    }

    /// Linux reports a stream that was never connected as hung up and writable; Windows reports nothing.
    fn says_nothing(&self) -> bool {
        let stream = state_of(&self.file).is_stream();
        stream && !self.is(Fact::Connected) && !self.is(Fact::Connecting) && !self.is(Fact::Listening)
    }

    fn poll(&self, events: i16) -> libc::pollfd {
        // poll(2) leaves negative numbers out.
        let fd = if self.says_nothing() { -1 } else { self.descriptor.as_raw_fd() };
        libc::pollfd { fd, events, revents: 0 }
    }

    /// A listener has a deferred connection (CF_DEFER).
    fn has_deferred(&self) -> bool {
        self.is(Fact::Listening) && !state_of(&self.file).deferred.lock().is_empty()
    }

    /// Whether a send would succeed: not while earlier bytes are still in this library's buffer (S23).
    fn takes_more(&self) -> bool {
        state_of(&self.file).buffered.load(Ordering::Acquire) == 0
    }
}

/// The sockets of a set, in its order.
fn members(set: Option<InOut<SocketSet>>) -> Result<Vec<SOCKET>, WsaError> {
    let Some(set) = set else {
        return Ok(Vec::new());
    };
    let (count, first) = parts(set);
    Ok(first.array::<64>(count.read()? as usize)?.into_vec())
}

/// The count of a set, and the first of its sockets.
fn parts(set: InOut<'_, SocketSet>) -> (In<'_, u32>, In<'_, SOCKET>) {
    let start = set.as_ptr();
    // SAFETY: places in the structure that the program means; nothing is there but what the arguments find.
    unsafe { (In::from_c(&raw const (*start).count), In::from_c((&raw const (*start).sockets).cast())) }
}

/// Writes these sockets to a set; never more than it held before.
fn rewrite(set: Option<InOut<SocketSet>>, sockets: &[SOCKET]) -> Result<(), WsaError> {
    let Some(set) = set else {
        return Ok(());
    };
    let start = set.as_ptr();
    // SAFETY: as in `parts`.
    let (count, first) = unsafe {
        (
            Out::<u32>::from_c(&raw mut (*start).count),
            Out::<SOCKET>::from_c((&raw mut (*start).sockets).cast()),
        )
    };
    first.write_all(sockets)?;
    Ok(count.write(sockets.len() as u32)?)
}

/// Waits until a socket of one of the sets is ready, and leaves only the ready ones in them, each once. The
/// first argument is ignored. A socket that is closed during the call is ready.
///
/// # Errors
/// −1 with `WSAEINVAL` (no socket at all, a bad time), `WSAENOTSOCK`, `WSAEINTR`, `WSAEFAULT`.
///
/// Source: Windows documentation, `select`.
#[export(callbacks)]
pub unsafe fn longshore_select(
    _count: i32,
    read: Option<InOut<SocketSet>>,
    write: Option<InOut<SocketSet>>,
    except: Option<InOut<SocketSet>>,
    timeout: Option<In<Timeval>>,
) -> Result<i32, WsaError> {
    let mut sets = [members(read)?, members(write)?, members(except)?];
    if sets.iter().all(Vec::is_empty) {
        return Err(WsaError(WSAEINVAL));
    }
    for set in &mut sets {
        without_doubles(set);
    }
    let timeout = timeout.map(Timeval::duration).transpose()?;
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
    let members =
        sets.iter().enumerate().flat_map(|(which, set)| set.iter().map(move |socket| (which, *socket)));
    for ((which, socket), (one, poll)) in members.zip(watched.iter().zip(&polls)) {
        let any = |mask: i16| poll.revents & mask != 0;
        let failed = one.is(Fact::Connecting) && any(libc::POLLERR | libc::POLLHUP);
        let is_ready = match which {
            // A closed socket is readable: the program's next call on it fails with WSAENOTSOCK.
            _ if one.file.is_closed() => which == 0,
            0 => {
                let over = libc::POLLIN | libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR;
                any(over) && !failed || one.has_deferred()
            }
            1 => any(libc::POLLOUT | libc::POLLERR | libc::POLLHUP) && !failed && one.takes_more(),
            _ => any(libc::POLLPRI) || failed,
        };
        if is_ready {
            ready[which].push(socket);
        }
    }
    for (set, ready) in [read, write, except].into_iter().zip(&ready) {
        rewrite(set, ready)?;
    }
    Ok(ready.iter().map(Vec::len).sum::<usize>() as i32)
}

/// Keeps the first of equal sockets.
fn without_doubles(set: &mut Vec<SOCKET>) {
    let mut seen = HashSet::new();
    set.retain(|socket| seen.insert(*socket));
}

/// The `struct timeval` of the C library, which the headers give to programs.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Timeval {
    seconds: libc::time_t,
    microseconds: libc::suseconds_t,
}

impl Timeval {
    /// The time a program passed.
    ///
    /// # Errors
    /// `WSAEFAULT`; `WSAEINVAL` for a negative time.
    pub(crate) fn duration(time: In<Timeval>) -> Result<Duration, WsaError> {
        let time = time.read()?;
        match (u64::try_from(time.seconds), u64::try_from(time.microseconds)) {
            (Ok(seconds), Ok(microseconds)) => {
                Ok(Duration::from_secs(seconds).saturating_add(Duration::from_micros(microseconds)))
            }
            _ => Err(WsaError(WSAEINVAL)),
        }
    }
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
    let timeout = match watched.iter().any(Watched::has_deferred) {
        true => Some(Duration::ZERO),
        false => timeout,
    };
    match sync_block::poll(polls, &files, timeout, Alertable::Yes) {
        Ok(_) | Err(NotReady::TimedOut | NotReady::Interrupted(Interruption::Closed)) => Ok(()),
        Err(reason) => match files.first() {
            Some(file) => Err(error_of(file, reason)),
            None => Err(WsaError(WSAEINVAL)),
        },
    }
}

/// Waits until one of the sockets is ready for the events asked for.
///
/// # Errors
/// −1 with `WSAEINVAL` (no valid socket at all), `WSAEFAULT`, `WSAEINTR`. A value that is no socket, or is
/// closed meanwhile, gets `POLLNVAL`.
///
/// Source: Windows documentation, `WSAPoll`.
#[export(callbacks)]
pub unsafe fn WSAPoll(polls: InOut<WSAPOLLFD>, count: u32, timeout_ms: i32) -> Result<i32, WsaError> {
    if count == 0 {
        return Err(WsaError(WSAEINVAL));
    }
    let mut asked = polls.as_in().array::<16>(count as usize)?;
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
        polls.as_out().write_all(&asked)?;
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
        asked[*place].revents = match one.file.is_closed() {
            true => POLLNVAL,
            false => events_to_windows(got.revents, wanted, one),
        };
    }
    polls.as_out().write_all(&asked)?;
    Ok(asked.iter().filter(|one| one.revents != 0).count() as i32)
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
    let state = state_of(&one.file);
    if state.is_connected_stream() && (any(libc::POLLERR) || state.failure().is_some()) {
        return POLLERR | POLLHUP | POLLOUT & wanted; // S26: a reset, which lasts.
    }
    if any(libc::POLLIN) || one.has_deferred() {
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
