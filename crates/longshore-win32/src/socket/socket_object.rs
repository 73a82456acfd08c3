//! Sockets: creating and closing them, and the state of a socket object.
//!
//! Every descriptor is set to `O_NONBLOCK`. Whether the socket blocks is a flag of the object, because the
//! mode does not apply to overlapped calls (S3).

use crate::abi::argument::InBuffer;
use crate::abi::last_error::SetLastError;
use crate::abi::status::Status;
use crate::object::handles::{self, HANDLE};
use crate::port::file_object::{FileKind, FileObject};
use crate::port::sync_block::{Blocks, Interruption, interrupt_all};
use crate::socket::address::{RawAddress, family_to_linux};
use crate::socket::connection::accept::Deferred;
use crate::socket::duplicate;
use crate::socket::network_events::NetworkEvents;
use crate::socket::options::SavedOptions;
use crate::socket::startup;
use crate::socket::wsa::{SOCKET, SocketArg, WsaError};
use crate::sync::lock::Lock;
use longshore_engine::{Errno, Kind, Tag};
use longshore_win32_macros::export;
use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, socket_with};
use std::num::NonZeroU32;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{
    STATUS_CONNECTION_ABORTED, STATUS_PIPE_DISCONNECTED, STATUS_PORT_UNREACHABLE,
};
use windows_sys::Win32::Networking::WinSock::{
    IPPROTO_ICMP, IPPROTO_ICMPV6, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM, WSA_FLAG_OVERLAPPED,
    WSAEMFILE, WSAENOTSOCK, WSAEPROTONOSUPPORT, WSAESOCKTNOSUPPORT,
};

/// A fact about a socket: a bit of [`SocketState`]'s facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Calls without an OVERLAPPED do not block (FIONBIO).
    Nonblocking = 1,
    /// It has a local address.
    Bound = 2,
    /// It listens.
    Listening = 4,
    /// A connection is being made.
    Connecting = 8,
    /// It is, or was, connected.
    Connected = 16,
    /// The sending side was shut down.
    SendShutDown = 32,
    /// The receiving side was shut down.
    ReceiveShutDown = 64,
    /// It waits to become a connection (AC1).
    Accepting = 128,
    /// SO_UPDATE_ACCEPT_CONTEXT or SO_UPDATE_CONNECT_CONTEXT is still due (AC5, CX4).
    ContextDue = 256,
    /// SO_SNDBUF is zero: sends pend until the peer has taken the data (S17).
    Unbuffered = 512,
    /// DisconnectEx made it fit for AcceptEx and ConnectEx again (DX3).
    Reusable = 1024,
    /// SIO_UDP_CONNRESET was switched off: what ICMP says of earlier datagrams is not reported (S20).
    IgnoresUnreachable = 2048,
    /// A receive must report that an earlier datagram found no receiver (S20).
    Unreachable = 4096,
    /// The program bound it, rather than the kernel.
    BoundByProgram = 8192,
    /// SO_REUSEADDR: other sockets that have it, too, may bind the address.
    SharesAddress = 1 << 14,
    /// SO_EXCLUSIVEADDRUSE.
    Exclusive = 1 << 15,
}

/// A step of an AcceptEx that is under way on the accepting socket.
pub(crate) struct Receiving {
    pub(crate) tag: Tag,
    pub(crate) socket: Weak<FileObject>,
}

/// The socket's own part of a file object.
pub struct SocketState {
    /// Linux's number of the family.
    pub family: i32,
    /// Windows' number of the type.
    pub kind: i32,
    /// The protocol.
    pub protocol: i32,
    facts: AtomicU32,
    blocks: Blocks,
    /// Options as the program set them, for a descriptor that takes the place of this one.
    pub options: Lock<SavedOptions>,
    /// WSAEventSelect.
    pub events: NetworkEvents,
    /// The AcceptEx that waits to put a connection here (AC8).
    pub(crate) accepting: Lock<Option<(Tag, Weak<FileObject>)>>,
    /// Of a listener: accepts that wait for their first data (AC7).
    pub(crate) receiving: Lock<Vec<Receiving>>,
    /// Of a listener: connections that a condition function has put off, oldest last.
    pub(crate) deferred: Lock<Vec<Deferred>>,
    /// The errno that ended the connection, or zero. The kernel reports it once; here it lasts (S26).
    failure: AtomicI32,
    /// When the connection was made.
    connected_at: Lock<Option<Instant>>,
    /// SO_RCVTIMEO and SO_SNDTIMEO in milliseconds; zero is none. Blocking calls only (S13).
    pub(crate) receive_timeout_ms: AtomicU32,
    pub(crate) send_timeout_ms: AtomicU32,
    /// Bytes in this library's send buffers (S23).
    pub(crate) buffered: AtomicUsize,
}

impl SocketState {
    /// A socket of this family (Linux's number), type and protocol.
    pub fn new(family: i32, kind: i32, protocol: i32) -> Self {
        SocketState {
            family,
            kind,
            protocol,
            facts: AtomicU32::new(0),
            blocks: Lock::last("calls blocked on a socket", Vec::new()),
            options: Lock::last("a socket's options", SavedOptions::default()),
            events: NetworkEvents::default(),
            accepting: Lock::last("who accepts with a socket", None),
            receiving: Lock::last("a socket's receives", Vec::new()),
            deferred: Lock::last("a socket's deferred connections", Vec::new()),
            failure: AtomicI32::new(0),
            connected_at: Lock::last("when a socket was connected", None),
            receive_timeout_ms: AtomicU32::new(0),
            send_timeout_ms: AtomicU32::new(0),
            buffered: AtomicUsize::new(0),
        }
    }

    /// A file object's own part, if it is a socket.
    #[inline]
    pub(crate) fn of(file: &FileObject) -> Option<&SocketState> {
        file.kind_as()
    }

    /// Whether the fact holds.
    #[inline]
    pub fn is(&self, fact: Fact) -> bool {
        self.facts.load(Ordering::Acquire) & fact as u32 != 0
    }

    /// Sets or clears the fact; returns whether it held before.
    pub fn set(&self, fact: Fact, holds: bool) -> bool {
        let before = match holds {
            true => self.facts.fetch_or(fact as u32, Ordering::AcqRel),
            false => self.facts.fetch_and(!(fact as u32), Ordering::AcqRel),
        };
        before & fact as u32 != 0
    }

    /// What an accepted socket has of its listener.
    pub(crate) fn inherit(&self, listener: &SocketState) {
        for fact in [Fact::Nonblocking, Fact::SharesAddress, Fact::Exclusive] {
            self.set(fact, listener.is(fact));
        }
        let timeouts = [
            (&self.receive_timeout_ms, &listener.receive_timeout_ms),
            (&self.send_timeout_ms, &listener.send_timeout_ms),
        ];
        for (to, from) in timeouts {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// A connection replaced the descriptor of the socket.
    pub(crate) fn begin_connection(&self) {
        self.failure.store(0, Ordering::Release);
        for fact in [Fact::Reusable, Fact::SendShutDown, Fact::ReceiveShutDown] {
            self.set(fact, false);
        }
        self.set(Fact::Connected, true);
        self.set(Fact::Bound, true);
        self.note_connected();
    }

    /// The socket is as it was before its connection, and fit for another (DX3).
    pub(crate) fn end_connection(&self) {
        for fact in [Fact::Connected, Fact::SendShutDown, Fact::ReceiveShutDown, Fact::ContextDue] {
            self.set(fact, false);
        }
        self.failure.store(0, Ordering::Release);
        self.set(Fact::Reusable, true);
    }

    /// What ended the connection, if it did not end by itself (S26).
    pub(crate) fn failure(&self) -> Option<Errno> {
        let errno = self.failure.load(Ordering::Acquire);
        (errno != 0).then_some(Errno(errno))
    }

    /// Whether a stream that is at its end was ended by the peer and not cut off.
    ///
    /// # Errors
    /// What cut it off (S26).
    pub(crate) fn check_end(&self) -> Result<(), Errno> {
        match self.failure() {
            Some(errno) if self.is_stream() => Err(errno),
            _ => Ok(()),
        }
    }

    /// A call got this error. If it ends the connection, it is kept.
    fn note_failure(&self, errno: Errno) {
        let lasting = match errno.0 {
            libc::EPIPE if !self.is_send_shut_down() => libc::ECONNRESET,
            libc::ECONNRESET
            | libc::ECONNABORTED
            | libc::ETIMEDOUT
            | libc::EHOSTUNREACH
            | libc::ENETUNREACH
            | libc::ENETDOWN => errno.0,
            _ => return,
        };
        if self.is_connected_stream() {
            let _ = self.failure.compare_exchange(0, lasting, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    /// The connection was made now.
    pub(crate) fn note_connected(&self) {
        *self.connected_at.lock() = Some(Instant::now());
    }

    /// When the connection was made (SO_CONNECT_TIME).
    pub fn connected_at(&self) -> Option<Instant> {
        *self.connected_at.lock()
    }

    /// How long a blocking call may wait for these events of poll(2).
    pub(crate) fn timeout(&self, events: i16) -> Option<Duration> {
        let timeout = if events == libc::POLLIN { &self.receive_timeout_ms } else { &self.send_timeout_ms };
        match timeout.load(Ordering::Relaxed) {
            0 => None,
            milliseconds => Some(Duration::from_millis(milliseconds.into())),
        }
    }

    /// The size of an address of the family.
    pub(crate) fn address_size(&self) -> usize {
        RawAddress::size_of_family(self.family)
    }

    /// A stream rather than datagrams.
    #[inline]
    pub fn is_stream(&self) -> bool {
        self.kind == SOCK_STREAM
    }

    pub(crate) fn is_connected_stream(&self) -> bool {
        self.is_stream() && self.is(Fact::Connected)
    }

    pub(crate) fn is_send_shut_down(&self) -> bool {
        self.is(Fact::SendShutDown)
    }

    /// How a call on this socket ended, as a Winsock error.
    pub fn error_of(&self, errno: Errno) -> WsaError {
        self.status_of(errno).into()
    }

    /// The listener whose AcceptEx waits to put a connection here.
    pub(crate) fn accepts_for(&self) -> Option<Arc<FileObject>> {
        self.accepting.lock().as_ref()?.1.upgrade()
    }
}

impl FileKind for SocketState {
    fn engine_kind(&self) -> Kind {
        let tcp = self.is_stream() && self.family != libc::AF_UNIX;
        match (self.is_stream(), self.is(Fact::Listening)) {
            (true, true) => Kind::Listener { tcp },
            (true, false) if tcp => Kind::Tcp,
            (true, false) => Kind::Socket,
            (false, _) => Kind::Datagram,
        }
    }

    fn status_of(&self, errno: Errno) -> Status {
        self.note_failure(errno);
        match errno.0 {
            // What ICMP said about an earlier datagram (S20).
            libc::ECONNREFUSED if !self.is_stream() => Status(STATUS_PORT_UNREACHABLE),
            // S10: a send after this side was shut down, not after the peer ended the connection.
            libc::EPIPE if self.is_send_shut_down() => Status(STATUS_PIPE_DISCONNECTED),
            _ => Status::of_socket(errno),
        }
    }

    fn status_at_close(&self) -> Status {
        if self.is_connected_stream() { Status(STATUS_CONNECTION_ABORTED) } else { Status::CANCELLED }
    }

    /// Cancels accepts in their second step, which run on other sockets.
    fn cancel_rest(&self, recognised: &dyn Fn(Tag) -> bool) -> usize {
        let sockets: Vec<_> = {
            let receiving = self.receiving.lock();
            let matching = receiving.iter().filter(|one| recognised(one.tag));
            matching.filter_map(|one| Some((one.tag, one.socket.upgrade()?))).collect()
        };
        sockets.iter().filter(|(tag, socket)| socket.cancel_second_step(*tag)).count()
    }

    /// An AcceptEx of a listener that has its connection for this socket.
    fn before_close(&self) {
        if let Some(listener) = self.accepts_for() {
            listener.catch_up();
        }
    }

    fn closing(&self, _file: &Arc<FileObject>) {
        interrupt_all(&self.blocks, Interruption::Closed);
        let accepting = self.accepting.lock().take();
        if let Some((tag, listener)) = accepting
            && let Some(listener) = listener.upgrade()
        {
            listener.cancel(&|other| other == tag);
        }
        self.events.end();
        let receiving = std::mem::take(&mut *self.receiving.lock());
        for one in receiving {
            if let Some(socket) = one.socket.upgrade() {
                socket.cancel_second_step(one.tag);
            }
        }
    }

    fn descriptor_replaced(&self, descriptor: &Arc<OwnedFd>) {
        self.events.follow(descriptor);
    }

    fn blocks(&self) -> Option<&Blocks> {
        Some(&self.blocks)
    }
}

/// The socket's own part of a file object that is a socket: everything that [`SocketArg::get`] gives
/// out, and whatever comes from that.
#[inline]
pub(crate) fn state_of(socket: &FileObject) -> &SocketState {
    #[expect(clippy::expect_used, reason = "`SocketArg::get` gives out nothing else")]
    SocketState::of(socket).expect("a socket")
}

/// A nonblocking socket of Linux.
///
/// # Errors
/// Those of socket(2).
pub(crate) fn new_socket(family: i32, kind: i32, protocol: i32) -> Result<OwnedFd, Errno> {
    let number = |value: i32| u32::try_from(value).map_err(|_| Errno(libc::EINVAL));
    let family = AddressFamily::from_raw(family as u16);
    let kind = SocketType::from_raw(number(kind)?);
    let protocol = NonZeroU32::new(number(protocol)?).map(Protocol::from_raw);
    Ok(socket_with(family, kind, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, protocol)?)
}

/// Creates a socket and its object. `family` and `kind` are Windows' numbers.
///
/// # Errors
/// Those of socket(2), and those of Windows for types it does not know.
pub(crate) fn create(family: i32, kind: i32, protocol: i32, overlapped: bool) -> Result<SOCKET, WsaError> {
    startup::check()?;
    let linux_family = family_to_linux(family)?;
    let linux_kind = match kind {
        SOCK_STREAM => libc::SOCK_STREAM,
        SOCK_DGRAM => libc::SOCK_DGRAM,
        SOCK_RAW => libc::SOCK_RAW,
        SOCK_SEQPACKET => libc::SOCK_SEQPACKET,
        // Windows chooses by the protocol.
        0 if protocol == libc::IPPROTO_UDP => libc::SOCK_DGRAM,
        0 if matches!(protocol, IPPROTO_ICMP | IPPROTO_ICMPV6) => libc::SOCK_RAW,
        0 => libc::SOCK_STREAM,
        _ => return Err(WsaError(WSAESOCKTNOSUPPORT)),
    };
    let descriptor = new_socket(linux_family, linux_kind, protocol).map_err(|errno| match errno.0 {
        libc::EMFILE | libc::ENFILE => WsaError(WSAEMFILE),
        libc::EPROTONOSUPPORT | libc::EPROTOTYPE | libc::EINVAL => WsaError(WSAEPROTONOSUPPORT),
        _ => Status::of_socket(errno).into(),
    })?;
    let kind = match linux_kind {
        libc::SOCK_STREAM => SOCK_STREAM,
        libc::SOCK_DGRAM => SOCK_DGRAM,
        _ => kind,
    };
    crate::socket::options::prepare(&descriptor, linux_family, kind);
    insert(FileObject::new(descriptor, overlapped, SocketState::new(linux_family, kind, protocol)))
}

/// A handle for a socket's object.
///
/// # Errors
/// `WSAENOBUFS`.
pub fn insert(file: Arc<FileObject>) -> Result<SOCKET, WsaError> {
    Ok(handles::insert(file)? as SOCKET)
}

/// Creates a socket for overlapped I/O (P8), unless the thread has set SO_OPENTYPE.
///
/// Source: Windows documentation, `socket`.
#[export]
pub fn longshore_socket(family: i32, kind: i32, protocol: i32) -> Result<SOCKET, WsaError> {
    create(family, kind, protocol, crate::socket::options::opens_overlapped()).inspect(|_| SetLastError(0))
}

fn make([family, kind, protocol]: [i32; 3], info: Option<InBuffer>, flags: u32) -> Result<SOCKET, WsaError> {
    let socket = match info {
        Some(info) => duplicate::from_info(info),
        None => create(family, kind, protocol, flags & WSA_FLAG_OVERLAPPED != 0),
    };
    socket.inspect(|_| SetLastError(0))
}

/// Creates a socket; overlapped I/O needs `WSA_FLAG_OVERLAPPED` (P8). `info` describes a socket to
/// share, from `WSADuplicateSocket`.
///
/// Source: Windows documentation, `WSASocket`.
#[export]
pub unsafe fn WSASocketW(
    family: i32,
    kind: i32,
    protocol: i32,
    info: Option<InBuffer>,
    _group: u32,
    flags: u32,
) -> Result<SOCKET, WsaError> {
    make([family, kind, protocol], info, flags)
}

/// See [`WSASocketW`]: the part of the description that is read is the same.
///
/// Source: Windows documentation, `WSASocket`.
#[export]
pub unsafe fn WSASocketA(
    family: i32,
    kind: i32,
    protocol: i32,
    info: Option<InBuffer>,
    _group: u32,
    flags: u32,
) -> Result<SOCKET, WsaError> {
    make([family, kind, protocol], info, flags)
}

/// Closes a socket. What is pending on it ends (TX3) once its last handle is closed (TX4).
///
/// # Errors
/// `WSAENOTSOCK`.
///
/// Source: Windows documentation, `closesocket`.
#[export]
pub fn closesocket(socket: SocketArg) -> Result<(), WsaError> {
    socket.get()?;
    // Another thread may be faster.
    handles::close(socket.value() as HANDLE).map_err(|_| WsaError(WSAENOTSOCK))
}
