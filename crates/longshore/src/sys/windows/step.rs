//! The steps of an operation: the call that starts one, and what its end means.
//!
//! 1. The issuing thread, or the thread that dequeued the step before, calls [`start`]. The operation belongs
//!    to that thread until the system call, and after it only if the call *failed*.
//! 2. All memory that the call uses is in the operation or in its payload, and so lives until the packet is
//!    dequeued (A6). The array of WSABUFs alone may be on the stack.
//! 3. In [`finish`] the operation belongs to the calling thread again: its packet has been dequeued.

use super::address::{AddressRoom, as_ptr, decode, encode};
use super::descriptor::Kind;
use super::file;
use super::operation::{ACCEPT_ADDRESS_BYTES, Face, Operation, Room};
use super::status;
use longshore_types::{Errno, FileRange, OpCode, Payload, Region, Regions, SocketAddress};
use socket2::{Domain, Socket, Type};
use std::ffi::c_void;
use std::os::windows::io::{AsRawHandle, AsRawSocket};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Networking::WinSock::*;
use windows_sys::Win32::Storage::FileSystem::{FlushFileBuffers, ReadFile, WriteFile};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::Win32::System::Threading::{PTP_CALLBACK_INSTANCE, TrySubmitThreadpoolCallback};
use windows_sys::core::BOOL;

/// The most one ReadFile or WriteFile is asked for, in bytes: a multiple of every sector size.
const FILE_STEP_MAX: usize = 1 << 30;

/// The most one TransmitFile takes, in bytes, head and tail included (TF2).
const TRANSMIT_MAX: u64 = (1 << 31) - 2;

/// The longest datagram UDP carries over IPv4 and IPv6, in bytes. Longer ones are refused without asking: to
/// Windows that is a hard error, to Wine a warning, after which a packet comes (D3).
const DATAGRAM_MAX: [usize; 2] = [65_507, 65_527];

/// What a starting call ended with.
enum Started {
    /// A packet will come. The operation no longer belongs to this thread.
    Packet,
    /// There was nothing to do; no packet will come.
    Over,
}

/// Takes the next step; if it cannot be started, the operation ends.
pub(super) fn start<F: Face>(operation: Box<Operation<F>>) {
    let address = Box::into_raw(operation);
    // SAFETY: just leaked, and so ours until a call succeeds.
    match unsafe { try_start(address) } {
        Ok(Started::Packet) => {}
        // SAFETY: no packet will come, so it is still ours.
        Ok(Started::Over) => end(unsafe { Box::from_raw(address) }, None),
        Err(errno) => {
            // SAFETY: as above.
            let operation = unsafe { Box::from_raw(address) };
            let error = failure(&operation, errno);
            end(operation, error);
        }
    }
}

/// What a failure means on this handle; `None` is success. After our own shutdown or
/// close it is a consequence of that.
fn failure<F: Face>(operation: &Operation<F>, errno: Errno) -> Option<Errno> {
    const FINISHED: Errno = Errno(ERROR_BROKEN_PIPE as i32);
    let handle = &operation.handle;
    if handle.is_closed() {
        return Some(Errno::CANCELLED);
    }
    match (errno, operation.op_code.receives() && handle.finished_reading()) {
        (FINISHED, true) => None, // S10; on Linux, the end of the stream.
        _ => Some(errno),
    }
}

/// Ends an operation the kernel does not know: it is posted, to be taken in its turn.
pub(super) fn end<F: Face>(mut operation: Box<Operation<F>>, error: Option<Errno>) {
    operation.outcome.error = error;
    let handle = operation.handle.clone();
    if let Some(slot) = handle.lock().get(operation.id) {
        slot.settled = true;
    }
    handle.core().post_ended(operation);
}

/// Every function it leads to holds the operation by its address, and makes a reference for what it prepares.
/// The reference is a local one, and its last use is before the system call that gives the operation away: a
/// reference that is a parameter would promise that the operation lives, and that nobody writes to it, until
/// the function returns, while the kernel writes to it and the thread that dequeues the packet frees it.
///
/// # Safety
/// The operation is leaked, and no other thread uses it. It belongs to the caller
/// again unless the result is `Packet`.
unsafe fn try_start<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: the caller's promise, here and for each of the functions.
    unsafe {
        (*address).overlapped = OVERLAPPED::default();
        match (*address).op_code {
            OpCode::Recv | OpCode::Readable => receive(address),
            OpCode::RecvFrom => receive_from(address),
            OpCode::Accept => accept(address),
            OpCode::Connect(_) => connect(address),
            OpCode::Send => send(address),
            OpCode::SendTo(_) => send_to(address),
            OpCode::SendFile(_) => send_file(address),
            OpCode::ReadAt(offset) | OpCode::WriteAt(offset) => transfer(address, offset),
            OpCode::Append => transfer(address, 0),
            OpCode::Sync(_) => sync(address),
            // Single messages with control data are the C face's, which stands on the engine alone.
            OpCode::RecvMessage(_) | OpCode::SendMessage(..) => Err(Errno(WSAEOPNOTSUPP)),
        }
    }
}

/// Winsock's answer: 0 and "pending" promise a packet (D2).
fn sent(result: i32) -> Result<Started, Errno> {
    if result == 0 {
        return Ok(Started::Packet);
    }
    // SAFETY: no preconditions.
    match unsafe { WSAGetLastError() } {
        WSA_IO_PENDING => Ok(Started::Packet),
        code => Err(status::of_call(code)),
    }
}

/// The same for a receive, which may end with a warning: the data was cut, and a
/// packet comes all the same (D3).
fn received(result: i32) -> Result<Started, Errno> {
    match sent(result) {
        Err(Errno(WSAEMSGSIZE)) => Ok(Started::Packet),
        other => other,
    }
}

/// The answer of the calls that return a BOOL.
fn done(result: BOOL) -> Result<Started, Errno> {
    sent(if result == 0 { SOCKET_ERROR } else { 0 })
}

/// The regions as a call takes them. No buffers at all are an error there (S7), so nothing is one empty buffer.
fn buffers(regions: &Regions) -> &[Region] {
    match regions.per_call() {
        [] => &[Region::EMPTY],
        regions => regions,
    }
}

// A region is a WSABUF.
const _: () =
    assert!(size_of::<Region>() == size_of::<WSABUF>() && align_of::<Region>() == align_of::<WSABUF>());

unsafe fn receive<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let mut regions = Regions::new();
    if matches!(operation.op_code, OpCode::Recv) && !matches!(operation.room, Room::Pooled) {
        regions = operation.regions();
        let without_room = regions.is_empty();
        operation.payload.acquire()?;
        if without_room && !operation.regions().is_empty() {
            // The buffer came from a pool. It goes back until there is something to put into it,
            // and the receive waits with none.
            operation.payload.release();
            operation.room = Room::Pooled;
            if let Some(slot) = operation.handle.lock().get(operation.id) {
                slot.steps = true;
            }
        }
    }
    let socket = operation.handle.raw_socket();
    operation.flags = 0;
    let flags = &raw mut operation.flags;
    let buffers = buffers(&regions);
    // SAFETY: the payload keeps the regions valid and writable until it is dropped (`unsafe impl Payload`),
    // which is after the packet; the flags are in the operation, beside the OVERLAPPED.
    received(unsafe {
        WSARecv(
            socket,
            buffers.as_ptr().cast(),
            buffers.len() as u32,
            null_mut(),
            flags,
            address.cast(),
            None,
        )
    })
}

/// There is data for a pooled receive, or there was: another receive may have taken it.
fn fetch<F: Face>(operation: &mut Operation<F>) -> Result<u64, Errno> {
    operation.payload.acquire()?;
    let regions = operation.regions();
    let buffers = buffers(&regions);
    let (mut bytes, mut flags) = (0, 0);
    let socket = operation.handle.raw_socket();
    // SAFETY: as in `receive`. Without an OVERLAPPED, on a non-blocking socket, it is over when it
    // returns and queues no packet (D5).
    let result = unsafe {
        let count = buffers.len() as u32;
        WSARecv(socket, buffers.as_ptr().cast(), count, &mut bytes, &mut flags, null_mut(), None)
    };
    if result == 0 {
        return Ok(u64::from(bytes));
    }
    // SAFETY: no preconditions.
    let code = unsafe { WSAGetLastError() };
    operation.payload.release();
    Err(status::of_call(code))
}

/// Tries a receive or a send without an OVERLAPPED; true if it ended, with success or an
/// error. A send may send a part first.
pub(super) fn try_at_once<F: Face>(operation: &mut Operation<F>) -> bool {
    let receives = matches!(operation.op_code, OpCode::Recv);
    if receives && !has_room(operation) {
        return false; // It waits for data instead (S7).
    }
    let result = match receives {
        true => fetch(operation).map(|bytes| {
            operation.outcome.bytes = bytes;
            true
        }),
        false => send_part(operation),
    };
    match result {
        Ok(ended) => ended,
        Err(Errno(WSAEWOULDBLOCK)) => false,
        Err(errno) => {
            operation.outcome.error = failure(operation, errno);
            true
        }
    }
}

/// Whether a receive has memory to receive into. A pooled one takes its buffer, which `fetch` gives back.
fn has_room<F: Face>(operation: &mut Operation<F>) -> bool {
    // What cannot be written to is an error, which the starting call finds again.
    operation.payload.acquire().is_ok() && !operation.regions().is_empty()
}

/// Sends what the socket has room for; true if that was all. What is left is [`send`]'s.
fn send_part<F: Face>(operation: &mut Operation<F>) -> Result<bool, Errno> {
    let regions = operation.regions();
    let wanted = regions.len();
    let buffers = buffers(&regions);
    let (socket, mut bytes) = (operation.handle.raw_socket(), 0);
    // SAFETY: the payload keeps the regions valid and readable. As in `fetch`, it is over when it returns.
    let result = unsafe {
        WSASend(socket, buffers.as_ptr().cast(), buffers.len() as u32, &mut bytes, 0, null_mut(), None)
    };
    if result != 0 {
        // SAFETY: no preconditions.
        return Err(status::of_call(unsafe { WSAGetLastError() }));
    }
    operation.outcome.bytes = u64::from(bytes);
    Ok(bytes as usize == wanted)
}

unsafe fn receive_from<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    operation.payload.acquire()?;
    let regions = operation.regions();
    operation.room = Room::From(Box::new(AddressRoom::new()));
    let Room::From(room) = &mut operation.room else { unreachable!("just made") };
    let (from, length) = room.as_raw_parts();
    operation.flags = 0;
    let flags = &raw mut operation.flags;
    let socket = operation.handle.raw_socket();
    let buffers = buffers(&regions);
    let count = buffers.len() as u32;
    // SAFETY: as in `receive`; the address is in a box of the operation's.
    received(unsafe {
        WSARecvFrom(
            socket,
            buffers.as_ptr().cast(),
            count,
            null_mut(),
            flags,
            from,
            length,
            address.cast(),
            None,
        )
    })
}

unsafe fn accept<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let Kind::Listener(family) = operation.handle.kind() else {
        return Err(Errno::INVALID);
    };
    let accepted = Socket::new(Domain::from(family), Type::STREAM, None)?;
    let listener = operation.handle.raw_socket();
    let socket = accepted.as_raw_socket() as SOCKET;
    operation.outcome.details_mut().accepted = Some(accepted.into());
    operation.room = Room::Accepted(Box::new([0; 2 * ACCEPT_ADDRESS_BYTES]));
    let Room::Accepted(room) = &mut operation.room else { unreachable!("just made") };
    let output = room.as_mut_ptr().cast();
    let length = ACCEPT_ADDRESS_BYTES as u32;
    let mut bytes = 0;
    // SAFETY: the output has room for both addresses, in a box of the operation's,
    // which owns the new socket too.
    let result = unsafe { AcceptEx(listener, socket, output, 0, length, length, &mut bytes, address.cast()) };
    done(result)
}

unsafe fn connect<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let OpCode::Connect(ref to) = operation.op_code else { return Err(Errno::INVALID) };
    let to = encode(to)?;
    let socket = operation.handle.raw_socket();
    let connect_ex = connect_ex(socket)?;
    // CX1: it must be bound. The error for a socket that is bound already is ignored.
    let any = SocketAddress::Inet(match to.is_ipv6() {
        true => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
        false => (std::net::Ipv4Addr::UNSPECIFIED, 0).into(),
    });
    let any = encode(&any)?;
    // SAFETY: a valid address of the length it says.
    unsafe { bind(socket, as_ptr(&any), any.len()) };
    operation.room = Room::To(Box::new(to));
    let Room::To(to) = &operation.room else { unreachable!("just made") };
    // SAFETY: the address is in a box of the operation's; nothing is sent along.
    done(unsafe { connect_ex(socket, as_ptr(to), to.len(), null(), 0, null_mut(), address.cast()) })
}

type ConnectEx = unsafe extern "system" fn(
    SOCKET,
    *const SOCKADDR,
    i32,
    *const c_void,
    u32,
    *mut u32,
    *mut OVERLAPPED,
) -> BOOL;

/// The one function of these that no library exports.
fn connect_ex(socket: SOCKET) -> Result<ConnectEx, Errno> {
    static FOUND: OnceLock<ConnectEx> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(*found);
    }
    let (id, mut function, mut bytes) = (WSAID_CONNECTEX, None::<ConnectEx>, 0);
    // SAFETY: the input is a GUID, the output has room for a function's address, which is never null.
    let result = unsafe {
        WSAIoctl(
            socket,
            SIO_GET_EXTENSION_FUNCTION_POINTER,
            (&raw const id).cast(),
            size_of_val(&id) as u32,
            (&raw mut function).cast(),
            size_of_val(&function) as u32,
            &mut bytes,
            null_mut(),
            None,
        )
    };
    match function {
        Some(function) if result == 0 => Ok(*FOUND.get_or_init(|| function)),
        _ => Err(Errno::last()),
    }
}

unsafe fn send<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let mut regions = operation.regions();
    regions.advance(operation.outcome.bytes as usize); // The bytes that `send_part` sent.
    send_regions(operation.handle.raw_socket(), address.cast(), regions)
}

/// Only the address of `overlapped` is used here: once the call succeeded it may be gone.
fn send_regions(socket: SOCKET, overlapped: *mut OVERLAPPED, regions: Regions) -> Result<Started, Errno> {
    let buffers = buffers(&regions);
    // SAFETY: the payload keeps the regions valid and readable until it is dropped,
    // which is after the packet.
    sent(unsafe {
        WSASend(socket, buffers.as_ptr().cast(), buffers.len() as u32, null_mut(), 0, overlapped, None)
    })
}

unsafe fn send_to<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let OpCode::SendTo(ref to) = operation.op_code else { return Err(Errno::INVALID) };
    operation.room = Room::To(Box::new(encode(to)?));
    let regions = operation.regions();
    let Room::To(to) = &operation.room else { unreachable!("just made") };
    if regions.len() > DATAGRAM_MAX[usize::from(to.is_ipv6())] {
        return Err(Errno(WSAEMSGSIZE));
    }
    let socket = operation.handle.raw_socket();
    let buffers = buffers(&regions);
    let count = buffers.len() as u32;
    // SAFETY: as in `send_regions`; the address is in a box of the operation's.
    sent(unsafe {
        WSASendTo(
            socket,
            buffers.as_ptr().cast(),
            count,
            null_mut(),
            0,
            as_ptr(to),
            to.len(),
            address.cast(),
            None,
        )
    })
}

/// The regions before the file, the file, the regions after it (TF1, TF2).
unsafe fn send_file<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let mut head = operation.regions();
    let OpCode::SendFile(ref range) = operation.op_code else { return Err(Errno::INVALID) };
    let FileRange { ref file, offset, length, before } = **range;
    let mut tail = head.split_off(before as usize);
    let file = file.as_raw_handle();
    let size = file::size_of(file)?;
    let mut length = length;
    if length > 0 && offset.checked_add(length).is_none_or(|end| end > size) {
        // What there is goes out, and the end is an error then. TransmitFile would send the tail behind it.
        length = size.saturating_sub(offset);
        tail = Regions::new();
        operation.room = Room::Short;
    }
    if length == 0 {
        // To TransmitFile no bytes are all bytes.
        let mut regions = operation.regions();
        if matches!(operation.room, Room::Short) {
            regions.truncate(before as usize);
        }
        return send_regions(operation.handle.raw_socket(), address.cast(), regions);
    }
    if before + length + tail.len() as u64 > TRANSMIT_MAX {
        return Err(Errno(WSAEMSGSIZE));
    }
    operation.overlapped.Anonymous.Anonymous.Offset = offset as u32;
    operation.overlapped.Anonymous.Anonymous.OffsetHigh = (offset >> 32) as u32;
    let piece = |regions: &Regions| {
        regions.first().map_or((null_mut(), 0), |region| (region.start().cast(), region.length() as u32))
    };
    let ((head, head_length), (tail, tail_length)) = (piece(&head), piece(&tail));
    let around =
        TRANSMIT_FILE_BUFFERS { Head: head, HeadLength: head_length, Tail: tail, TailLength: tail_length };
    let socket = operation.handle.raw_socket();
    // SAFETY: the head and the tail are one region each, kept valid by the payload; the file is open for as
    // long as the operation; the structure that names them is read during the call.
    done(unsafe { TransmitFile(socket, file, length as u32, 0, address.cast(), &around, 0) })
}

/// The part of a file operation's memory that the next step works on, and where in the file.
unsafe fn transfer<F: Face>(address: *mut Operation<F>, offset: u64) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let reads = matches!(operation.op_code, OpCode::ReadAt(_));
    if reads {
        operation.payload.acquire()?;
    }
    let mut regions = operation.regions();
    regions.advance(operation.outcome.bytes as usize);
    let Some(region) = regions.first() else {
        return Ok(Started::Over);
    };
    let count = region.length().min(FILE_STEP_MAX);
    let steps = regions.len() > count;
    if steps && let Some(slot) = operation.handle.lock().get(operation.id) {
        slot.steps = true;
    }
    let at = match operation.op_code {
        // F12: in one step, or it would not be in one piece.
        OpCode::Append => u64::MAX,
        // F13: beyond are the offsets with a meaning.
        _ => match offset.checked_add(operation.outcome.bytes) {
            Some(at) if at <= i64::MAX as u64 => at,
            _ => return Err(Errno(ERROR_INVALID_PARAMETER as i32)),
        },
    };
    operation.overlapped.Anonymous.Anonymous.Offset = at as u32;
    operation.overlapped.Anonymous.Anonymous.OffsetHigh = (at >> 32) as u32;
    let file = operation.handle.raw();
    // SAFETY: the payload keeps the region valid, and writable for a read, until it is
    // dropped, which is after the packet.
    let result = unsafe {
        match reads {
            true => ReadFile(file, region.start(), count as u32, null_mut(), address.cast()),
            false => WriteFile(file, region.start(), count as u32, null_mut(), address.cast()),
        }
    };
    if result != 0 {
        return Ok(Started::Packet);
    }
    // SAFETY: no preconditions.
    match unsafe { GetLastError() } {
        ERROR_IO_PENDING | ERROR_MORE_DATA => Ok(Started::Packet),
        ERROR_HANDLE_EOF => Ok(Started::Over), // F7: beyond the end is nothing, and no packet.
        code => Err(Errno(code as i32)),
    }
}

/// FlushFileBuffers blocks, so a thread of the system's own pool calls it. It cannot be cancelled.
fn sync<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    unsafe extern "system" fn flush<F: Face>(_: PTP_CALLBACK_INSTANCE, address: *mut c_void) {
        // SAFETY: submitted once, with an operation that is nobody else's.
        let operation = unsafe { Box::from_raw(address.cast::<Operation<F>>()) };
        // SAFETY: the operation keeps the file open.
        let result = unsafe { FlushFileBuffers(operation.handle.raw()) };
        let error = (result == 0).then(Errno::last);
        end(operation, error);
    }
    // SAFETY: the routine gets what it expects, once, if this succeeds.
    match unsafe { TrySubmitThreadpoolCallback(Some(flush::<F>), address.cast(), null()) } {
        0 => Err(Errno::last()),
        _ => Ok(Started::Packet),
    }
}

/// What follows the end of a step.
pub(super) enum Next<F: Face> {
    /// The operation is over.
    Over(Box<Operation<F>>),
    /// It takes another step.
    Again(Box<Operation<F>>),
}

/// A step ended with this status, as its packet says.
pub(super) fn finish<F: Face>(mut operation: Box<Operation<F>>, status: NTSTATUS, bytes: u32) -> Next<F> {
    let again = match operation.op_code.is_for_files() {
        true => finish_transfer(&mut operation, status, bytes),
        false => finish_socket(&mut operation, status, bytes),
    };
    match again {
        Ok(false) => Next::Over(operation),
        Err(errno) => {
            operation.outcome.error = failure(&operation, errno);
            Next::Over(operation)
        }
        Ok(true) => {
            let handle = operation.handle.clone();
            let settled = handle.lock().get(operation.id).is_some_and(|slot| slot.settled);
            if settled || handle.is_closed() || handle.core().is_closed() {
                // It was cancelled between two steps.
                operation.outcome.error = Some(Errno::CANCELLED);
                return Next::Over(operation);
            }
            Next::Again(operation)
        }
    }
}

fn finish_transfer<F: Face>(
    operation: &mut Operation<F>,
    status: NTSTATUS,
    bytes: u32,
) -> Result<bool, Errno> {
    if status == STATUS_END_OF_FILE {
        return Ok(false);
    }
    if !status::is_success(status) {
        return Err(status::of_file(status));
    }
    let mut regions = operation.regions();
    regions.advance(operation.outcome.bytes as usize);
    operation.outcome.bytes += u64::from(bytes);
    let asked = regions.first().map_or(0, |region| region.length().min(FILE_STEP_MAX));
    // F8: less than was asked for is the end of the file.
    Ok(bytes as usize == asked && regions.len() > asked)
}

fn finish_socket<F: Face>(operation: &mut Operation<F>, status: NTSTATUS, bytes: u32) -> Result<bool, Errno> {
    let failure = (!status::is_success(status)).then(|| status::of_socket(status));
    match operation.op_code {
        OpCode::Recv | OpCode::Readable => finish_receive(operation, failure, bytes),
        OpCode::RecvFrom => {
            let truncated = status == STATUS_BUFFER_OVERFLOW;
            if let (Some(errno), false) = (failure, truncated) {
                return Err(errno);
            }
            operation.outcome.bytes = u64::from(bytes);
            let details = operation.outcome.details_mut();
            details.truncated = truncated;
            if let Room::From(room) = &operation.room {
                details.address = room.decode();
            }
            Ok(false)
        }
        OpCode::Accept => finish_accept(operation, failure),
        OpCode::Connect(_) => {
            failure.map_or(Ok(()), Err)?;
            // CX4: before that it has no addresses.
            set_option(operation.handle.raw_socket(), SO_UPDATE_CONNECT_CONTEXT, &[])?;
            Ok(false)
        }
        OpCode::SendFile(_) => {
            operation.outcome.bytes = u64::from(bytes);
            failure.map_or(Ok(()), Err)?;
            // The file was shorter, or became so meanwhile.
            let regions = operation.regions().len() as u64;
            let OpCode::SendFile(ref range) = operation.op_code else { return Err(Errno::INVALID) };
            match operation.outcome.bytes == regions + range.length {
                true => Ok(false),
                false => Err(Errno(ERROR_HANDLE_EOF as i32)),
            }
        }
        _ => {
            failure.map_or(Ok(()), Err)?;
            operation.outcome.bytes = operation.regions().len() as u64;
            Ok(false)
        }
    }
}

fn finish_receive<F: Face>(
    operation: &mut Operation<F>,
    failure: Option<Errno>,
    bytes: u32,
) -> Result<bool, Errno> {
    match failure {
        Some(Errno::CANCELLED) if ended_by_shutdown(operation) => Ok(false),
        Some(Errno::CANCELLED) => Err(Errno::CANCELLED),
        // An error counts as ready: the next receive reports it.
        Some(_) if matches!(operation.op_code, OpCode::Readable) => Ok(false),
        Some(errno) => Err(errno),
        None if matches!(operation.room, Room::Pooled) => match fetch(operation) {
            Ok(bytes) => {
                operation.outcome.bytes = bytes;
                Ok(false)
            }
            Err(Errno(WSAEWOULDBLOCK)) => Ok(true),
            Err(errno) => Err(errno),
        },
        None => {
            operation.outcome.bytes = u64::from(bytes);
            Ok(false)
        }
    }
}

/// Shutting down the receiving side made it end, and that is no error but the end of the stream.
fn ended_by_shutdown<F: Face>(operation: &Operation<F>) -> bool {
    let handle = &operation.handle;
    let by_user = handle.lock().get(operation.id).is_some_and(|slot| slot.cancelled);
    handle.finished_reading() && !handle.is_closed() && !by_user
}

fn finish_accept<F: Face>(operation: &mut Operation<F>, failure: Option<Errno>) -> Result<bool, Errno> {
    match failure {
        None => {}
        // It belongs to the connection that was about to be accepted, which is gone.
        Some(Errno(WSAECONNRESET | WSAECONNABORTED | WSAENOTCONN)) => {
            operation.outcome.details = None;
            return Ok(true);
        }
        Some(errno) => {
            operation.outcome.details = None;
            return Err(errno);
        }
    }
    let listener = operation.handle.raw_socket();
    let details = operation.outcome.details_mut();
    let accepted = details.accepted.as_ref().expect("made when the accept was started");
    // AC5: before that it has no addresses and cannot be shut down.
    let updated =
        set_option(accepted.as_raw_socket() as SOCKET, SO_UPDATE_ACCEPT_CONTEXT, &listener.to_ne_bytes());
    if let Err(errno) = updated {
        operation.outcome.details = None;
        return if errno == Errno(WSAENOTCONN) { Ok(true) } else { Err(errno) };
    }
    if let Room::Accepted(room) = &operation.room {
        let length = ACCEPT_ADDRESS_BYTES as u32;
        let (mut local, mut peer) = (null_mut(), null_mut());
        let (mut local_length, mut peer_length) = (0, 0);
        // SAFETY: the memory is what AcceptEx filled in, with the same lengths; the
        // results point into it (AC6).
        unsafe {
            let output = room.as_ptr().cast();
            GetAcceptExSockaddrs(
                output,
                0,
                length,
                length,
                &mut local,
                &mut local_length,
                &mut peer,
                &mut peer_length,
            );
        }
        details.address = decode(peer, peer_length);
    }
    Ok(false)
}

fn set_option(socket: SOCKET, name: i32, value: &[u8]) -> Result<(), Errno> {
    let start = if value.is_empty() { null() } else { value.as_ptr() };
    // SAFETY: the value is as long as it says.
    match unsafe { setsockopt(socket, SOL_SOCKET, name, start, value.len() as i32) } {
        0 => Ok(()),
        _ => Err(Errno::last()),
    }
}
