//! `WSAStartup` and `WSACleanup`: counted, as Windows counts them.

use crate::abi::argument::Out;
use crate::object::Object;
use crate::object::handles;
use crate::port::file_object::FileObject;
use crate::port::{background_poller, broken_pipe};
use crate::socket::placeholder;
use crate::socket::socket_object::SocketState;
use crate::socket::wsa::WsaError;
use longshore_win32_macros::export;
use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use windows_sys::Win32::Networking::WinSock::{
    WSADATA, WSAEFAULT, WSANOTINITIALISED, WSASYSCALLFAILURE, WSAVERNOTSUPPORTED,
};

/// Calls of `WSAStartup` not yet matched by `WSACleanup`.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// The version this library speaks, low byte first: 2.2.
const VERSION: u16 = 0x0202;

/// # Errors
/// `WSANOTINITIALISED` outside of WSAStartup and WSACleanup.
pub(crate) fn check() -> Result<(), WsaError> {
    match STARTED.load(Ordering::Relaxed) {
        0 => Err(WsaError(WSANOTINITIALISED)),
        _ => Ok(()),
    }
}

fn is_socket(object: &dyn Object) -> bool {
    let object: &dyn Any = object;
    object.downcast_ref::<FileObject>().is_some_and(|file| SocketState::of(file).is_some())
}

/// Starts the use of Winsock. The only version is 2.2; older requests get it, too. Descriptors that serving
/// sockets needs are made here, because later they may have run out.
///
/// # Errors
/// Returned, not set as the last error: `WSAVERNOTSUPPORTED` for version 0, `WSAEFAULT`.
///
/// Source: Windows documentation, `WSAStartup`.
#[export(failure = WSASYSCALLFAILURE)]
pub unsafe fn WSAStartup(version: u16, data: Out<WSADATA>) -> i32 {
    if version.to_le_bytes()[0] == 0 && !data.is_null() {
        return WSAVERNOTSUPPORTED;
    }
    // The older of the two versions; the major number is compared first.
    let negotiated = match version.swap_bytes() <= VERSION.swap_bytes() {
        true => version,
        false => VERSION,
    };
    let mut answer = WSADATA { wVersion: negotiated, wHighVersion: VERSION, ..WSADATA::default() };
    for (to, from) in answer.szDescription.iter_mut().zip(b"Longshore Winsock 2.2") {
        *to = *from as i8;
    }
    for (to, from) in answer.szSystemStatus.iter_mut().zip(b"Running") {
        *to = *from as i8;
    }
    if data.write(answer).is_err() {
        return WSAEFAULT;
    }
    STARTED.fetch_add(1, Ordering::Relaxed);
    // TransmitFile uses a system call without a flag against SIGPIPE.
    broken_pipe::ignore();
    placeholder::prepare();
    // A failure here is ignored: the first call that needs the port tries again.
    let _ = background_poller::default_port();
    0
}

/// Ends the use of Winsock that one `WSAStartup` began. The last one closes all sockets: what is pending on
/// them ends as with closesocket, and calls fail with `WSANOTINITIALISED` from then on (S29).
///
/// # Errors
/// −1 with `WSANOTINITIALISED`.
///
/// Source: Windows documentation, `WSACleanup`.
#[export]
pub fn WSACleanup() -> Result<(), WsaError> {
    let down = |started: usize| started.checked_sub(1);
    match STARTED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, down) {
        Err(_) => Err(WsaError(WSANOTINITIALISED)),
        Ok(last) => {
            if last == 1 {
                handles::close_all(is_socket);
            }
            Ok(())
        }
    }
}
