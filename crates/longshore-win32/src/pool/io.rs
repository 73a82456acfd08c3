//! Thread-pool I/O (TP1-TP3): `BindIoCompletionCallback` and the functions of `PTP_IO`.
//!
//! Files are bound to one port of the process's own. One thread takes its packets, and hands each to the pool
//! that calls the callback: the pool's threads are a port themselves, with a concurrency value and
//! compensation.
//!
//! A packet's key names its recipient. A closed recipient is not found any more, and its packets are dropped.

use crate::abi::argument::{Callback, Context, In};
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::object::handles::Handle;
use crate::object::library_thread;
use crate::pool::callback_environment::TP_CALLBACK_ENVIRON;
use crate::pool::object::{CallbackArgs, IoCallback, PoolCallback, TP_OBJECT};
use crate::pool::outstanding::Ticket;
use crate::pool::worker_pool;
use crate::port::completion_port::{CompletionPort, open};
use crate::port::face::Post;
use crate::port::file_object::FileObject;
use crate::sync::lock::Lock;
use longshore_win32_macros::export;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, OnceLock};
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_NO_SYSTEM_RESOURCES};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The callback of `BindIoCompletionCallback`.
pub type CompletionCallback = unsafe extern "C-unwind" fn(u32, u32, *mut OVERLAPPED);

/// The recipient of packets with one key.
#[derive(Clone)]
enum Recipient {
    Callback(Callback<CompletionCallback>),
    Object(Arc<PoolIo>),
}

/// A `PTP_IO`: an object of the pool, with the callbacks that were announced.
struct PoolIo {
    object: Arc<TP_OBJECT>,
    announced: Lock<VecDeque<Ticket>>,
}

#[derive(Default)]
struct Recipients {
    by_key: HashMap<usize, Recipient>,
    /// The keys of callbacks, by their addresses: a callback has one, for however many files.
    of_callbacks: HashMap<usize, usize>,
    last_key: usize,
}

static RECIPIENTS: LazyLock<Lock<Recipients>> =
    LazyLock::new(|| Lock::last("the recipients of pool I/O", Recipients::default()));

/// The port of the pool's files, with the thread that takes from it.
fn port() -> Result<&'static Arc<CompletionPort>, Win32Error> {
    static PORT: OnceLock<Result<Arc<CompletionPort>, Win32Error>> = OnceLock::new();
    let port = PORT.get_or_init(|| {
        let port = CompletionPort::new(0)?;
        let taken_from = port.clone();
        let started = library_thread::start(c"longshore-poolio", move || hand_out(&taken_from));
        started.map(|_| port).map_err(|_| Win32Error(ERROR_NO_SYSTEM_RESOURCES))
    });
    port.as_ref().map_err(|&error| error)
}

/// Runs for as long as the process: the port is never closed.
fn hand_out(port: &CompletionPort) {
    while let Ok(packet) = port.core.take(None) {
        let (key, post) = open(packet);
        let recipient = RECIPIENTS.lock().by_key.get(&key).cloned();
        match recipient {
            None => {}
            Some(Recipient::Callback(callback)) => call(callback, post),
            Some(Recipient::Object(io)) => {
                // TP2: a packet that was not announced is dropped.
                let ticket = io.announced.lock().pop_front();
                if let Some(ticket) = ticket {
                    io.object.call_with(ticket, CallbackArgs::Io(post));
                }
            }
        }
    }
}

fn call(callback: Callback<CompletionCallback>, post: Post) {
    let call = move |post: Post| {
        let status = Status(post.status);
        let error = if status.is_success() { 0 } else { status.to_win32() };
        // SAFETY: what the page of FileIOCompletionRoutine says it is called with.
        unsafe { callback.call(error, post.bytes, post.overlapped) };
    };
    if worker_pool::submit(Box::new(move || call(post))).is_err() {
        tracing::error!("no thread to call a completion callback with");
    }
}

/// Enters a recipient and binds the file to it.
fn bind(file: Handle<FileObject>, recipient: Recipient) -> Result<(), Win32Error> {
    let file = file.get()?;
    let port = port()?;
    let key = enter(recipient);
    file.bind(port, key).inspect_err(|_| {
        let mut recipients = RECIPIENTS.lock();
        if let Some(Recipient::Object(_)) = recipients.by_key.get(&key) {
            let refused = recipients.by_key.remove(&key);
            drop(recipients);
            drop(refused);
        }
    })
}

fn enter(recipient: Recipient) -> usize {
    let mut recipients = RECIPIENTS.lock();
    let fresh = recipients.last_key + 1;
    let key = match &recipient {
        Recipient::Callback(callback) => {
            *recipients.of_callbacks.entry(callback.function() as usize).or_insert(fresh)
        }
        Recipient::Object(_) => fresh,
    };
    if key == fresh {
        recipients.last_key = fresh;
        recipients.by_key.insert(key, recipient);
    }
    key
}

/// Has `callback` called by the process's pool when an operation on the file ends (TP1). The flags must be
/// zero.
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` (no callback, flags, not overlapped, bound already) or
/// `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `BindIoCompletionCallback`.
#[export]
pub unsafe fn BindIoCompletionCallback(
    file: Handle<FileObject>,
    callback: Option<Callback<CompletionCallback>>,
    flags: u32,
) -> Result<(), Win32Error> {
    match callback {
        Some(callback) if flags == 0 => bind(file, Recipient::Callback(callback)),
        _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
    }
}

/// Binds a file to a pool: `callback` is called for every announced operation that ends (TP2).
///
/// # Errors
/// NULL with `ERROR_INVALID_PARAMETER`, `ERROR_INVALID_HANDLE` or `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `CreateThreadpoolIo`.
#[export]
pub unsafe fn CreateThreadpoolIo(
    file: Handle<FileObject>,
    callback: Option<Callback<IoCallback>>,
    context: Context,
    environment: Option<In<TP_CALLBACK_ENVIRON>>,
) -> Result<*const TP_OBJECT, Win32Error> {
    let object = TP_OBJECT::new(callback.map(PoolCallback::Io), context, environment)?;
    let io = PoolIo { object: object.clone(), announced: Lock::last("announced I/O", VecDeque::new()) };
    bind(file, Recipient::Object(Arc::new(io)))?;
    Ok(Arc::into_raw(object))
}

/// The entry of a `PTP_IO`, with its key. The pointer is only compared.
fn find(io: *const TP_OBJECT) -> Option<(usize, Arc<PoolIo>)> {
    RECIPIENTS.lock().by_key.iter().find_map(|(key, recipient)| match recipient {
        Recipient::Object(found) if Arc::as_ptr(&found.object) == io => Some((*key, found.clone())),
        _ => None,
    })
}

/// Announces an operation, before it is started. Nothing for what is no `PTP_IO`, or was closed.
///
/// Source: Windows documentation, `StartThreadpoolIo`.
#[export]
pub fn StartThreadpoolIo(io: *const TP_OBJECT) {
    if let Some((_, io)) = find(io) {
        let ticket = io.object.outstanding.expect();
        io.announced.lock().push_back(ticket);
    }
}

/// Cancels an announcement, for an operation that failed inside its call or queues no packet.
///
/// Source: Windows documentation, `CancelThreadpoolIo`.
#[export]
pub fn CancelThreadpoolIo(io: *const TP_OBJECT) {
    if let Some((_, io)) = find(io) {
        let ticket = io.announced.lock().pop_back();
        drop(ticket);
    }
}

/// Waits until every announced callback has returned, or with `cancel` until those that run have: the others
/// are dropped then, the operations are not (TP3).
///
/// Source: Windows documentation, `WaitForThreadpoolIoCallbacks`.
#[export]
pub fn WaitForThreadpoolIoCallbacks(io: *const TP_OBJECT, cancel: bool) {
    if let Some((_, io)) = find(io) {
        io.object.wait_for_callbacks(cancel);
    }
}

/// Closes a `PTP_IO`, once what was announced has ended (TP3). The file stays bound.
///
/// Source: Windows documentation, `CloseThreadpoolIo`.
#[export]
pub fn CloseThreadpoolIo(io: *const TP_OBJECT) {
    if let Some((_, io)) = find(io) {
        io.object.give_up();
    }
}

/// The object is closed: once what was announced has ended, its packets are dropped.
pub(crate) fn forget(object: &Arc<TP_OBJECT>) {
    if let Some((key, _)) = find(Arc::as_ptr(object)) {
        object.outstanding.then(move || {
            let closed = RECIPIENTS.lock().by_key.remove(&key);
            drop(closed);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::argument::Argument;

    unsafe extern "C-unwind" fn nothing(_: u32, _: u32, _: *mut OVERLAPPED) {}

    #[test]
    fn a_callback_of_many_files_is_entered_once() {
        // SAFETY: it may be called at any time.
        let callback = unsafe { Option::<Callback<CompletionCallback>>::from_c(Some(nothing)) }.unwrap();
        let first = enter(Recipient::Callback(callback));
        assert!((0..100).all(|_| enter(Recipient::Callback(callback)) == first));
    }
}
