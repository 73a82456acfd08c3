//! What the two systems call the same things: sockets that come in pairs, and error numbers.
#![allow(dead_code, reason = "every test binary uses a part")]

/// One end of a pair of connected sockets: Unix sockets where there are any.
#[cfg(target_os = "linux")]
pub type Peer = std::os::unix::net::UnixStream;
#[cfg(windows)]
pub type Peer = std::net::TcpStream;

/// A connection of the cheapest kind.
#[cfg(target_os = "linux")]
pub fn pair() -> (Peer, Peer) {
    Peer::pair().unwrap()
}

#[cfg(windows)]
pub fn pair() -> (Peer, Peer) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = Peer::connect(listener.local_addr().unwrap()).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    (ours, theirs)
}

/// The numbers the system has for how operations fail.
#[cfg(target_os = "linux")]
pub mod code {
    pub const CANCELLED: i32 = libc::ECANCELED;
    pub const FILE_ENDS: i32 = libc::EIO;
    pub const FINISHED: i32 = libc::EPIPE;
    pub const REFUSED: i32 = libc::ECONNREFUSED;
    pub const RESET: i32 = libc::ECONNRESET;
    pub const TOO_LONG: i32 = libc::EMSGSIZE;
}

#[cfg(windows)]
pub mod code {
    use windows_sys::Win32::{Foundation, Networking::WinSock};
    pub const REFUSED: i32 = WinSock::WSAECONNREFUSED;
    pub const RESET: i32 = WinSock::WSAECONNRESET;
    pub const TOO_LONG: i32 = WinSock::WSAEMSGSIZE;
    pub const CANCELLED: i32 = Foundation::ERROR_OPERATION_ABORTED as i32;
    pub const FILE_ENDS: i32 = Foundation::ERROR_HANDLE_EOF as i32;
    pub const FINISHED: i32 = Foundation::ERROR_BROKEN_PIPE as i32;
}

/// Descriptors this process has open.
#[cfg(target_os = "linux")]
pub fn descriptors() -> usize {
    // One of them is the directory being read.
    std::fs::read_dir("/proc/self/fd").unwrap().count() - 1
}

#[cfg(windows)]
pub fn descriptors() -> usize {
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessHandleCount};
    let mut count = 0;
    // SAFETY: the pseudo-handle is always valid, and so is the place for the count.
    assert_ne!(unsafe { GetProcessHandleCount(GetCurrentProcess(), &mut count) }, 0);
    count as usize
}
