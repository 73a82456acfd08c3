//! `WSAEventSelect` and its companions: an event that is set when the network does something.
//!
//! The background poller polls the descriptor, edge-triggered. A recorded event is not recorded
//! again until a call re-enables it (a receive re-enables FD_READ, an accept FD_ACCEPT, a send that
//! would have blocked FD_WRITE). Such a call checks the descriptor, because an edge that came
//! before the call will not come again.
//!
//! The background poller and a re-enabling call may run at the same time. Each takes the lock of the
//! record, checks the descriptor under it, and records the events that are enabled; so the second one
//! sees what the first one recorded.

use crate::abi::argument::{InOut, plain};
use crate::object::event::Event;
use crate::object::handles::{self, HANDLE};
use crate::port::background_poller::{self, Attended, EDGE, Next};
use crate::port::file_object::FileObject;
use crate::socket::options;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SocketArg, WsaError};
use crate::sync::lock::{Lock, LockGuard};
use crate::sync::rank::Rank;
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use windows_sys::Win32::Networking::WinSock::{
    FD_ACCEPT, FD_CLOSE, FD_CLOSE_BIT, FD_CONNECT, FD_CONNECT_BIT, FD_MAX_EVENTS, FD_OOB, FD_READ, FD_WRITE,
    WSAECONNABORTED, WSAECONNRESET, WSAEINVAL, WSANETWORKEVENTS,
};

plain!(WSANETWORKEVENTS);

/// What a socket remembers of its network events.
pub struct NetworkEvents {
    selection: Lock<Option<Selection>>,
    /// There has been a selection. Set before the first one looks at the socket. A receive that still misses it
    /// was over before, or raced with the look: then the event may be one too many, and never one too few.
    ever_selected: AtomicBool,
    /// A blocking call has made a connection, and FD_CONNECT has not been reported.
    connected: AtomicBool,
}

impl Default for NetworkEvents {
    fn default() -> Self {
        NetworkEvents {
            selection: Lock::new(Rank::SELECTION, None),
            ever_selected: AtomicBool::new(false),
            connected: AtomicBool::new(false),
        }
    }
}

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
    /// Replaces the selection. Events that were recorded and not reported count as not recorded.
    fn renewed(&self, event: Option<Arc<Event>>, wanted: u32) -> Selection {
        let disabled = self.disabled & !self.recorded;
        Selection { event, wanted, disabled, ..Selection::on(self.watch.clone()) }
    }

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
    /// Has the background poller poll a descriptor of a socket.
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
        self.selection.lock()
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

    /// The socket has another descriptor: the selection is for the new one, and the old one is removed.
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

    /// A call consumed the cause of these events of poll(2): from now on they are recorded again.
    #[inline]
    pub(crate) fn enable(&self, file: &FileObject, events: i16) {
        if self.ever_selected.load(Ordering::Acquire) {
            self.enable_now(file, events);
        }
    }

    fn enable_now(&self, file: &FileObject, events: i16) {
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

    /// A blocking call connected the socket: FD_CONNECT is to be reported.
    pub(crate) fn connected(&self, file: &FileObject) {
        self.connected.store(true, Ordering::Release);
        self.look(file);
    }

    /// An accepted socket has its listener's selection.
    pub(crate) fn inherit(&self, accepted: &Arc<FileObject>) {
        let chosen = self.selection().as_ref().map(|selection| (selection.event.clone(), selection.wanted));
        if let Some((event @ Some(_), wanted)) = chosen
            && let Err(WsaError(error)) = state_of(accepted).events.select(accepted, event, wanted)
        {
            tracing::warn!(error, "nobody listens for an accepted socket's network events");
        }
    }

    fn select(&self, file: &Arc<FileObject>, event: Option<Arc<Event>>, wanted: u32) -> Result<(), WsaError> {
        let descriptor = file.descriptor();
        self.ever_selected.store(true, Ordering::SeqCst);
        let mut selection = self.selection();
        let former = match &*selection {
            Some(former) if Arc::ptr_eq(&former.watch.descriptor, &descriptor) => {
                let renewed = former.renewed(event, wanted);
                selection.replace(renewed)
            }
            _ => {
                let watch = Watch::begin(Arc::downgrade(file), descriptor)
                    .map_err(|error| state_of(file).error_of(Errno::from(error)))?;
                selection.replace(Selection { event, wanted, ..Selection::on(watch) })
            }
        };
        drop(selection);
        drop(former);
        self.look(file); // What has happened already.
        Ok(())
    }

    fn look(&self, file: &FileObject) {
        if let Some(selection) = &mut *self.selection() {
            selection.record(file);
        }
    }
}

impl Selection {
    /// Checks the descriptor and records new events.
    fn record(&mut self, file: &FileObject) {
        let socket = state_of(file);
        if self.wanted == 0 {
            return; // The check would clear a pending error that another call has to report.
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
            let deferred = !socket.deferred.lock().is_empty();
            happened |= if any(libc::POLLIN) || deferred { FD_ACCEPT } else { 0 };
        } else if socket.is(Fact::Connecting) {
            if any(libc::POLLERR | libc::POLLHUP) {
                happened |= FD_CONNECT;
                let error = options::get_integer(&self.watch.descriptor, libc::SOL_SOCKET, libc::SO_ERROR);
                self.errors[FD_CONNECT_BIT as usize] = socket.error_of(Errno(error.unwrap_or(0))).0;
                socket.set(Fact::Connecting, false);
            } else if any(libc::POLLOUT) {
                crate::socket::connection::connect::settle_connecting(file);
                happened |= FD_CONNECT | FD_WRITE;
                self.errors[FD_CONNECT_BIT as usize] = 0;
            }
        } else if !socket.is_stream() || socket.is(Fact::Connected) {
            let left = readable_bytes(fd);
            let finished = any(libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) && socket.is_stream();
            if self.wanted & FD_CONNECT != 0 && socket.events.connected.swap(false, Ordering::AcqRel) {
                happened |= FD_CONNECT;
                self.errors[FD_CONNECT_BIT as usize] = 0;
            }
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
            // The end is reported when everything before it has been read.
            if finished && left == 0 {
                happened |= FD_CLOSE;
                self.errors[FD_CLOSE_BIT as usize] = match () {
                    () if any(libc::POLLERR) || socket.failure().is_some() => WSAECONNRESET,
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

/// Selects the network events that set an event object, and makes the socket non-blocking. A new selection
/// replaces the old one; no events at all end it. An event that an earlier selection reported is not
/// reported again until it happens again.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEINVAL` (not an event, unknown bits).
///
/// Source: Windows documentation, `WSAEventSelect`.
#[export]
pub fn WSAEventSelect(socket: SocketArg, event: HANDLE, events: i32) -> Result<(), WsaError> {
    let file = socket.get()?;
    let state = state_of(&file);
    let wanted = events as u32;
    if wanted == 0 {
        // The entry stays: the poller may use it at this moment, and a descriptor can be added only once.
        if let Some(selection) = &mut *state.events.selection() {
            *selection = selection.renewed(None, 0);
        }
        return Ok(());
    }
    let event = match event.is_null() {
        true => return Err(WsaError(WSAEINVAL)),
        false => handles::get::<Event>(event).map_err(|_| WsaError(WSAEINVAL))?,
    };
    state.set(Fact::Nonblocking, true);
    state.events.select(&file, Some(event), wanted)
}

/// Reports what has happened since the last call, and resets the event if one is given.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEINVAL` (not an event).
///
/// Source: Windows documentation, `WSAEnumNetworkEvents`.
#[export]
pub unsafe fn WSAEnumNetworkEvents(
    socket: SocketArg,
    event: HANDLE,
    out: InOut<WSANETWORKEVENTS>,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    // The errors of events that did not happen stay as they are.
    let mut answer = out.read()?;
    out.as_out().probe()?; // Before the recorded events are cleared.
    let mut selection = state_of(&file).events.selection();
    if !event.is_null() {
        handles::get::<Event>(event).map_err(|_| WsaError(WSAEINVAL))?.reset();
    }
    answer.lNetworkEvents = 0;
    if let Some(chosen) = &mut *selection {
        answer.lNetworkEvents = std::mem::take(&mut chosen.recorded) as i32;
        for bit in 0..FD_MAX_EVENTS {
            if answer.lNetworkEvents & 1 << bit != 0 {
                answer.iErrorCode[bit as usize] = chosen.errors[bit as usize];
            }
        }
    }
    drop(selection);
    Ok(out.write(answer)?)
}
