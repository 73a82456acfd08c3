//! `WSAEventSelect` and its companions: an event that is set when the network does something.
//!
//! The background poller listens to the descriptor, edge-triggered. What has been recorded is not recorded again until a call
//! re-enables it (a receive re-enables FD_READ, an accept FD_ACCEPT, a send that would have blocked FD_WRITE); such a
//! call looks at the descriptor, because an edge that came before it will not come again.
//!
//! Where the background poller and a re-enabling call meet, both take the lock of the record, look at the descriptor under it,
//! and record what they see and what is enabled: whoever comes second sees what the first left.

use crate::object::event::Event;
use crate::object::handles::{self, HANDLE};
use crate::object::suspend::{Lock, LockGuard};
use crate::port::background_poller::{self, Attended, EDGE, Next};
use crate::port::file_object::FileObject;
use crate::socket::options;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SOCKET, WsaError, get, to_int};
use longshore_engine::Errno;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, OnceLock, Weak};
use windows_sys::Win32::Networking::WinSock::{
    FD_ACCEPT, FD_CLOSE, FD_CLOSE_BIT, FD_CONNECT, FD_CONNECT_BIT, FD_MAX_EVENTS, FD_OOB, FD_READ, FD_WRITE,
    WSAECONNABORTED, WSAECONNRESET, WSAEFAULT, WSAEINVAL, WSANETWORKEVENTS,
};

/// What a socket remembers of its network events.
#[derive(Default)]
pub struct NetworkEvents(Lock<Option<Selection>>);

struct Selection {
    event: Option<Arc<Event>>,
    /// `FD_` bits that are wanted.
    wanted: u32,
    /// Happened, and not yet enumerated.
    recorded: u32,
    /// Happened, and not yet re-enabled.
    disabled: u32,
    errors: [i32; FD_MAX_EVENTS as usize],
    watch: Arc<Watch>,
}

impl Selection {
    /// Nothing is wanted yet.
    fn on(watch: Arc<Watch>) -> Selection {
        Selection {
            event: None,
            wanted: 0,
            recorded: 0,
            disabled: 0,
            errors: [0; FD_MAX_EVENTS as usize],
            watch,
        }
    }
}

/// A socket as the background poller sees it.
struct Watch {
    file: Weak<FileObject>,
    id: OnceLock<u64>,
    descriptor: Arc<OwnedFd>,
}

impl Watch {
    /// Has the background poller listen to a descriptor of a socket.
    fn begin(file: Weak<FileObject>, descriptor: Arc<OwnedFd>) -> io::Result<Arc<Watch>> {
        let watch = Arc::new(Watch { file, id: OnceLock::new(), descriptor });
        let interest = (libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLPRI | libc::EPOLLRDHUP) as u32 | EDGE;
        let weak: Weak<dyn Attended> = Arc::downgrade(&(watch.clone() as Arc<dyn Attended>));
        let id = background_poller::listen(watch.descriptor.as_fd(), interest, weak)?;
        let _ = watch.id.set(id);
        Ok(watch)
    }
}

impl Attended for Watch {
    fn attend(self: Arc<Self>, _events: u32) -> Next {
        if let Some(file) = self.file.upgrade() {
            state_of(&file).events.look(&file);
        }
        Next::Listen
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(&id) = self.id.get() {
            background_poller::forget(id);
        }
    }
}

impl NetworkEvents {
    fn selection(&self) -> LockGuard<'_, Option<Selection>> {
        self.0.lock()
    }

    /// Whether an event is selected, which keeps the socket from being made to block again.
    pub(crate) fn is_selected(&self) -> bool {
        self.selection().as_ref().is_some_and(|selection| selection.wanted != 0)
    }

    /// The socket is being closed.
    pub(crate) fn end(&self) {
        let selection = self.selection().take();
        drop(selection);
    }

    /// The socket has another descriptor: what is selected is about that one, and the former is let go.
    pub(crate) fn follow(&self, descriptor: &Arc<OwnedFd>) {
        let mut selection = self.selection();
        let Some(former) = selection.take() else {
            return;
        };
        match Watch::begin(former.watch.file.clone(), descriptor.clone()) {
            Ok(watch) => {
                let Selection { ref event, wanted, recorded, .. } = former;
                let event = event.clone();
                *selection = Some(Selection { event, wanted, recorded, ..Selection::on(watch) });
            }
            Err(error) => tracing::warn!(%error, "nobody listens for a socket's network events any more"),
        }
        drop(selection);
        drop(former);
    }

    /// A call consumed what these events of poll(2) stand for: from now on they are recorded again.
    pub(crate) fn enable(&self, file: &FileObject, events: i16) {
        let mut selection = self.selection();
        let Some(chosen) = &mut *selection else {
            return;
        };
        let enabled = match events {
            libc::POLLIN => FD_READ | FD_ACCEPT | FD_OOB,
            _ => FD_WRITE | FD_CONNECT,
        };
        chosen.disabled &= !enabled;
        chosen.record(file);
    }

    fn look(&self, file: &FileObject) {
        if let Some(selection) = &mut *self.selection() {
            selection.record(file);
        }
    }
}

impl Selection {
    /// Looks at the descriptor and records what is new.
    fn record(&mut self, file: &FileObject) {
        let socket = state_of(file);
        if self.wanted == 0 {
            return; // Looking may take an error away from whoever waits for it.
        }
        let fd = self.watch.descriptor.as_raw_fd();
        let mut poll = libc::pollfd {
            fd,
            events: libc::POLLIN | libc::POLLOUT | libc::POLLPRI | libc::POLLRDHUP,
            revents: 0,
        };
        // SAFETY: one valid pollfd.
        unsafe { libc::poll(&mut poll, 1, 0) };
        let any = |mask: i16| poll.revents & mask != 0;
        let mut happened = 0;
        if socket.is(Fact::Listening) {
            happened |= if any(libc::POLLIN) { FD_ACCEPT } else { 0 };
        } else if socket.is(Fact::Connecting) {
            if any(libc::POLLERR | libc::POLLHUP) {
                happened |= FD_CONNECT;
                let error = options::get_integer(&self.watch.descriptor, libc::SOL_SOCKET, libc::SO_ERROR);
                self.errors[FD_CONNECT_BIT as usize] = socket.error_of(Errno(error.unwrap_or(0))).0;
                socket.set(Fact::Connecting, false);
            } else if any(libc::POLLOUT) {
                crate::socket::operation::connect::settle_connecting(file);
                happened |= FD_CONNECT | FD_WRITE;
                self.errors[FD_CONNECT_BIT as usize] = 0;
            }
        } else if !socket.is_stream() || socket.is(Fact::Connected) {
            let left = readable_bytes(fd);
            let finished = any(libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) && socket.is_stream();
            if any(libc::POLLIN) && (left > 0 || !finished) {
                happened |= FD_READ;
            }
            if any(libc::POLLPRI) {
                happened |= FD_OOB;
            }
            if any(libc::POLLOUT)
                && !finished
                && socket.buffered.load(std::sync::atomic::Ordering::Acquire) == 0
            {
                happened |= FD_WRITE;
            }
            // The end is told when everything before it has been read.
            if finished && left == 0 {
                happened |= FD_CLOSE;
                self.errors[FD_CLOSE_BIT as usize] = match () {
                    () if any(libc::POLLERR) => WSAECONNRESET,
                    () if socket.is_send_shut_down() || !any(libc::POLLHUP) => 0,
                    () => WSAECONNABORTED,
                };
            }
        }
        let new = happened & self.wanted & !self.disabled;
        if new == 0 {
            return;
        }
        self.recorded |= new;
        self.disabled |= new;
        if let Some(event) = &self.event {
            event.set();
        }
    }
}

fn readable_bytes(fd: i32) -> i32 {
    let mut bytes: libc::c_int = 0;
    // SAFETY: writes one int.
    unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut bytes) };
    bytes
}

/// Selects the network events that set an event object, and makes the socket non-blocking. A new selection replaces the old
/// one; no events at all end it.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEINVAL` (not an event, unknown bits).
///
/// Source: Windows documentation, `WSAEventSelect`.
#[unsafe(no_mangle)]
pub extern "C" fn WSAEventSelect(socket: SOCKET, event: HANDLE, events: i32) -> i32 {
    let select = || -> Result<(), WsaError> {
        let file = get(socket)?;
        let state = state_of(&file);
        let wanted = events as u32;
        if wanted == 0 {
            // The watch stays: it may be looking at this moment, and a descriptor is listened to once.
            if let Some(selection) = &mut *state.events.selection() {
                *selection = Selection::on(selection.watch.clone());
            }
            return Ok(());
        }
        let event = match event.is_null() {
            true => return Err(WsaError(WSAEINVAL)),
            false => handles::get::<Event>(event).map_err(|_| WsaError(WSAEINVAL))?,
        };
        state.set(Fact::Nonblocking, true);
        let descriptor = file.descriptor();
        let mut selection = state.events.selection();
        let watch = match &*selection {
            Some(former) if Arc::ptr_eq(&former.watch.descriptor, &descriptor) => former.watch.clone(),
            _ => Watch::begin(Arc::downgrade(&file), descriptor)
                .map_err(|error| state.error_of(Errno::from(error)))?,
        };
        let former = selection.replace(Selection { event: Some(event), wanted, ..Selection::on(watch) });
        drop(selection);
        drop(former);
        state.events.look(&file); // What is so already.
        Ok(())
    };
    to_int(select())
}

/// Reports what has happened since the last call, and resets the event if one is given.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEINVAL` (not an event).
///
/// # Safety
/// `out` is NULL or writable.
///
/// Source: Windows documentation, `WSAEnumNetworkEvents`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAEnumNetworkEvents(
    socket: SOCKET,
    event: HANDLE,
    out: *mut WSANETWORKEVENTS,
) -> i32 {
    let enumerate = || -> Result<(), WsaError> {
        let file = get(socket)?;
        if out.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        let mut answer = WSANETWORKEVENTS::default();
        let mut selection = state_of(&file).events.selection();
        if !event.is_null() {
            handles::get::<Event>(event).map_err(|_| WsaError(WSAEINVAL))?.reset();
        }
        if let Some(chosen) = &mut *selection {
            answer.lNetworkEvents = std::mem::take(&mut chosen.recorded) as i32;
            for bit in 0..FD_MAX_EVENTS {
                if answer.lNetworkEvents & 1 << bit != 0 {
                    answer.iErrorCode[bit as usize] = chosen.errors[bit as usize];
                }
            }
        }
        drop(selection);
        // SAFETY: the caller's promise.
        unsafe { out.write(answer) };
        Ok(())
    };
    to_int(enumerate())
}
