//! Receives that report more than a byte count, and the message calls `WSARecvMsg` and `WSASendMsg`.

use crate::abi::argument::{Argument, Callback, In, InBuffer, InOut, Out, OutBuffer, plain};
use crate::abi::fault::Fault;
use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::begin;
use crate::port::request::{Overlapped, Request, SyncResult};
use crate::socket::address::RawAddress;
use crate::socket::connection::connect::check_target;
use crate::socket::operation::buffers::{WSABUF, buffers_of, flags_to_linux};
use crate::socket::operation::completion::{CompletionRoutine, routine_of, settle};
use crate::socket::operation::receive::{check_receive, receive_now};
use crate::socket::operation::send::{check_send, send_now};
use crate::socket::operation::stream::status_at_end;
use crate::socket::operation::{control_data, icmp_error};
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SocketArg, WsaError};
use longshore_engine::{Errno, OpCode, Outcome};
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::STATUS_INVALID_BUFFER_SIZE;
use windows_sys::Win32::Networking::WinSock::{
    MSG_CTRUNC, MSG_TRUNC, WSAECONNRESET, WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP, WSAMSG,
};

plain!(WSAMSG);

/// Where a receive writes what it learns; all of it at completion (S12).
pub struct Received {
    from: *mut libc::sockaddr,
    from_length: *mut i32,
    message: *mut WSAMSG,
    control: Vec<u8>,
    pub(crate) flags_on_linux: i32,
}

// SAFETY: the places are the program's, which keeps them valid until the end is delivered (S12).
unsafe impl Send for Received {}

/// What the kernel told of a received message.
#[derive(Default)]
pub(crate) struct MessageInfo {
    pub(crate) sender: Option<RawAddress>,
    /// The datagram was longer than the buffers (S11).
    pub(crate) truncated: bool,
    /// Linux's flags.
    pub(crate) flags: i32,
    pub(crate) control_bytes: usize,
}

impl Received {
    /// A receive with these flags that reports the sender; NULL for what is not asked for.
    pub(crate) fn new(from: *mut libc::sockaddr, from_length: *mut i32, flags_on_linux: i32) -> Self {
        let message = std::ptr::null_mut();
        Received { from, from_length, message, control: Vec::new(), flags_on_linux }
    }

    /// Memory for control data.
    pub(crate) fn control(&mut self) -> &mut [u8] {
        &mut self.control
    }

    /// Writes the results of a receive that succeeded, and returns its status.
    /// Results without a place are dropped.
    pub(crate) fn report(&mut self, info: &MessageInfo) -> Status {
        if let Some(sender) = info.sender
            && !self.from.is_null()
        {
            // SAFETY: the program's places, valid until the end is delivered (S12).
            let (address, length) =
                unsafe { (OutBuffer::from_c(self.from), InOut::from_c(self.from_length)) };
            let _ = sender.to_program(address, length);
        }
        let fits = self.message.is_null() || self.report_message(info).unwrap_or(true);
        // S11, and S12 for control data.
        if info.truncated || !fits { Status::BUFFER_OVERFLOW } else { Status::SUCCESS }
    }

    /// False if there was too little room for the control data.
    fn report_message(&mut self, info: &MessageInfo) -> Result<bool, Fault> {
        // SAFETY: the program's place, valid until the end is delivered (S12).
        let place = unsafe { InOut::<WSAMSG>::from_c(self.message) };
        let mut message = place.read()?;
        if let Some(address) = info.sender
            && !message.name.is_null()
        {
            // SAFETY: as above, and our own copy of the length.
            let (name, length) =
                unsafe { (OutBuffer::from_c(message.name.cast()), InOut::from_c(&raw mut message.namelen)) };
            let _ = address.to_program(name, length);
        }
        let received = &self.control[..info.control_bytes.min(self.control.len())];
        let fits = control_data::to_program(received, &mut message.Control)?;
        let fits = fits && info.flags & libc::MSG_CTRUNC == 0;
        message.dwFlags = if info.truncated { MSG_TRUNC } else { 0 } | if fits { 0 } else { MSG_CTRUNC };
        place.write(message)?;
        Ok(fits)
    }
}

impl Action for Received {
    fn control(&mut self) -> &mut [u8] {
        &mut self.control
    }

    fn conclude(mut self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let file = &request.file;
        if is_icmp_error(file, &outcome) && !icmp_error::met_by_receive(file) {
            return Next::Continue(file.clone(), OpCode::RecvMessage(self.flags_on_linux), self);
        }
        let status = status_at_end(request, &outcome);
        let info = MessageInfo {
            sender: outcome.address().map(RawAddress::of_peer),
            truncated: outcome.is_truncated(),
            flags: outcome.flags(),
            control_bytes: outcome.control_bytes(),
        };
        let status = if status.is_error() { status } else { self.report(&info) };
        Next::ended(status, &outcome)
    }
}

/// S20: on a datagram socket this error is about an earlier datagram.
fn is_icmp_error(file: &FileObject, outcome: &Outcome) -> bool {
    outcome.error == Some(Errno(libc::ECONNREFUSED)) && !state_of(file).is_stream()
}

/// How often one send is tried again because of reports about earlier datagrams. Under
/// load each try may get another one.
pub(crate) const SEND_TRIES: u32 = 1000;

/// Sends a datagram; keeps what is needed to send it again.
pub(crate) struct Datagram {
    pub(crate) flags: i32,
    pub(crate) address: Option<RawAddress>,
    pub(crate) control: Vec<u8>,
    /// How often it may be tried again.
    pub(crate) tries_left: u32,
}

impl Action for Datagram {
    fn control(&mut self) -> &mut [u8] {
        &mut self.control
    }

    fn conclude(mut self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let file = &request.file;
        if is_icmp_error(file, &outcome) && self.tries_left > 0 {
            self.tries_left -= 1;
            icmp_error::met_by_send(file);
            let to = self.address.as_ref().map(|address| Box::new(address.to_engine()));
            return Next::Continue(file.clone(), OpCode::SendMessage(self.flags, to), self);
        }
        // A warning of a receive is an error for a send.
        let status = match request.status_of(&outcome) {
            Status::BUFFER_OVERFLOW => Status(STATUS_INVALID_BUFFER_SIZE),
            status => status,
        };
        Next::ended(status, &outcome)
    }
}

/// Receives a datagram with its sender, flags and control data (T3 of the API;
/// SIO_GET_EXTENSION_FUNCTION_POINTER).
///
/// # Errors
/// As for `WSARecvFrom`; `WSAEMSGSIZE` for a cut datagram, and for control data that has too little room.
///
/// Source: Windows documentation, `LPFN_WSARECVMSG`.
#[export(callbacks)]
pub unsafe fn WSARecvMsg(
    socket: SocketArg,
    message: InOut<WSAMSG>,
    received: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    let asked = message.read()?;
    let state = state_of(&file);
    if state.is_stream() {
        return Err(WsaError(WSAEOPNOTSUPP));
    }
    if !state.is(Fact::Bound) {
        return Err(WsaError(WSAEINVAL)); // S10
    }
    // SAFETY: what the message names is what the program promises of it.
    let list = unsafe { In::<WSABUF>::from_c(asked.lpBuffers.cast()) };
    let buffers = buffers_of(list, asked.dwBufferCount)?;
    let flags = flags_to_linux(asked.dwFlags)?;
    let mut action = Received::new(std::ptr::null_mut(), std::ptr::null_mut(), flags);
    action.message = message.as_ptr();
    action.control = control_data::room_on_linux(asked.Control.len as usize)?;
    let count = received.map_or(std::ptr::null_mut(), Out::as_ptr);
    let Some(overlapped) = overlapped.filter(|_| file.overlapped) else {
        let receipt = receive_now(&file, buffers, flags, Some(&mut action))?;
        if let Some(received) = received {
            received.write(receipt.bytes as u32)?;
        }
        return receipt.whole();
    };
    check_receive(&file)?;
    if icmp_error::take(&file) {
        return Err(WsaError(WSAECONNRESET));
    }
    let routine = routine_of(&file, routine)?;
    let mut request = Request::of(file.clone(), Some(overlapped), routine, Box::new(action))?;
    request.buffers = buffers;
    request.answer = SyncResult::of_count(count);
    settle(begin(request, OpCode::RecvMessage(flags)))
}

/// Sends a datagram to an address, with control data.
///
/// # Errors
/// As for `WSASendTo`.
///
/// Source: Windows documentation, `WSASendMsg`.
#[export(callbacks)]
pub unsafe fn WSASendMsg(
    socket: SocketArg,
    message: In<WSAMSG>,
    flags: u32,
    sent: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
    routine: Option<Callback<CompletionRoutine>>,
) -> Result<(), WsaError> {
    let file = socket.get()?;
    let message = message.read()?;
    if state_of(&file).is_stream() {
        return Err(WsaError(WSAEOPNOTSUPP));
    }
    if sent.is_none() && overlapped.is_none() {
        return Err(WsaError(WSAEFAULT));
    }
    // SAFETY: what the message names is what the program promises of it.
    let (name, list) = unsafe {
        (
            Option::<InBuffer<libc::sockaddr>>::from_c(message.name.cast()),
            In::<WSABUF>::from_c(message.lpBuffers.cast()),
        )
    };
    let address = name.map(|name| RawAddress::from_program(name, message.namelen)).transpose()?;
    if let Some(address) = &address {
        check_target(address)?;
    }
    let control = control_data::from_program(&message.Control)?;
    let buffers = buffers_of(list, message.dwBufferCount)?;
    let flags = flags_to_linux(flags)?;
    let op_code = OpCode::SendMessage(flags, address.as_ref().map(|address| Box::new(address.to_engine())));
    let action = Box::new(Datagram { flags, address, control, tries_left: SEND_TRIES });
    let Some(overlapped) = overlapped.filter(|_| file.overlapped) else {
        let count = send_now(&file, buffers, op_code, action)?;
        if let Some(sent) = sent {
            sent.write(count as u32)?;
        }
        return Ok(());
    };
    check_send(&file)?;
    let routine = routine_of(&file, routine)?;
    let mut request = Request::of(file.clone(), Some(overlapped), routine, action)?;
    request.buffers = buffers;
    state_of(&file).set(Fact::Bound, true);
    request.answer = SyncResult::of_count(sent.map_or(std::ptr::null_mut(), Out::as_ptr));
    settle(begin(request, op_code))
}
