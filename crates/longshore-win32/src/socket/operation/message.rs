//! Receives that report more than a byte count, and the message calls `WSARecvMsg` and `WSASendMsg`.

use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{Request, StartResult, SyncResult, begin};
use crate::socket::address::RawAddress;
use crate::socket::operation::send_receive::{
    WSABUF, buffers_of, flags_to_linux, receive_now, send_now, settle,
};
use crate::socket::operation::{control_data, icmp_error};
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::{SOCKET, WsaError, get, to_int};
use longshore_engine::{Errno, OpCode, Outcome};
use windows_sys::Win32::Networking::WinSock::{
    MSG_CTRUNC, MSG_TRUNC, WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP, WSAMSG,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

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
pub(crate) struct Told {
    pub(crate) sender: Option<RawAddress>,
    /// The datagram was longer than the buffers (S11).
    pub(crate) truncated: bool,
    /// Linux's flags.
    pub(crate) flags: i32,
    pub(crate) control_bytes: usize,
}

impl Received {
    /// A receive that reports the sender; NULL for what is not asked for.
    pub fn new(from: *mut libc::sockaddr, from_length: *mut i32) -> Self {
        let message = std::ptr::null_mut();
        Received { from, from_length, message, control: Vec::new(), flags_on_linux: 0 }
    }

    /// Writes it, and says how the receive ended, which did not fail.
    pub(crate) fn report(&mut self, told: &Told) -> Status {
        let address = told.sender;
        // SAFETY: the program's places, valid until the end is delivered (S12).
        unsafe {
            if let Some(address) = address
                && !self.from.is_null()
            {
                // Too little room for the sender loses the sender only.
                let _ = address.to_program(self.from, self.from_length);
            }
            if !self.message.is_null() {
                self.report_message(told);
            }
        }
        if told.truncated { Status::BUFFER_OVERFLOW } else { Status::SUCCESS } // S11
    }

    /// # Safety
    /// `self.message` and what it names are writable.
    unsafe fn report_message(&mut self, told: &Told) {
        // SAFETY: the caller's promise.
        let message = unsafe { &mut *self.message };
        if let Some(address) = told.sender
            && !message.name.is_null()
        {
            // SAFETY: as above.
            let _ = unsafe { address.to_program(message.name.cast(), &mut message.namelen) };
        }
        let mut flags = 0;
        if told.truncated {
            flags |= MSG_TRUNC;
        }
        let received = &self.control[..told.control_bytes.min(self.control.len())];
        // SAFETY: `len` writable bytes, by the caller's promise.
        let fits = unsafe { control_data::to_program(received, &mut message.Control) };
        if !fits || told.flags & libc::MSG_CTRUNC != 0 {
            flags |= MSG_CTRUNC;
        }
        message.dwFlags = flags;
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
        let status = request.status_of(&outcome);
        let told = Told {
            sender: outcome.address().map(RawAddress::of_engine),
            truncated: outcome.is_truncated(),
            flags: outcome.flags(),
            control_bytes: outcome.control_bytes(),
        };
        let status = if status.is_error() { status } else { self.report(&told) };
        Next::ended(status, &outcome)
    }
}

/// S20: on a datagram socket this error is about an earlier datagram.
fn is_icmp_error(file: &FileObject, outcome: &Outcome) -> bool {
    outcome.error == Some(Errno(libc::ECONNREFUSED)) && !state_of(file).is_stream()
}

/// The sending of a datagram: what it takes to send it again.
pub(crate) struct Datagram {
    pub(crate) flags: i32,
    pub(crate) address: Option<RawAddress>,
    pub(crate) control: Vec<u8>,
    /// It was tried again.
    pub(crate) again: bool,
}

impl Action for Datagram {
    fn control(&mut self) -> &mut [u8] {
        &mut self.control
    }

    fn conclude(mut self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let file = &request.file;
        if is_icmp_error(file, &outcome) && !self.again {
            self.again = true;
            icmp_error::met_by_send(file);
            let to = self.address.as_ref().map(|address| Box::new(address.to_engine()));
            return Next::Continue(file.clone(), OpCode::SendMessage(self.flags, to), self);
        }
        Next::ended(request.status_of(&outcome), &outcome)
    }
}

/// A completion routine of Winsock.
pub type CompletionRoutine = Option<unsafe extern "C" fn(u32, u32, *mut OVERLAPPED, u32)>;

/// Receives a datagram with its sender, flags and control data (T3 of the API; SIO_GET_EXTENSION_FUNCTION_POINTER).
///
/// # Errors
/// As for `WSARecvFrom`; `WSAEMSGSIZE` for a cut datagram.
///
/// # Safety
/// `message` and everything it names stay valid until the end is delivered; `overlapped` likewise, or NULL.
///
/// Source: Windows documentation, `LPFN_WSARECVMSG`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSARecvMsg(
    socket: SOCKET,
    message: *mut WSAMSG,
    received: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: CompletionRoutine,
) -> i32 {
    let receive = || -> Result<(), WsaError> {
        let file = get(socket)?;
        if message.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        let state = state_of(&file);
        if state.is_stream() {
            return Err(WsaError(WSAEOPNOTSUPP));
        }
        if !state.is(Fact::Bound) {
            return Err(WsaError(WSAEINVAL)); // S10
        }
        // SAFETY: the caller's promise.
        let (buffers, flags, room) = unsafe {
            let buffers = buffers_of((*message).lpBuffers.cast::<WSABUF>(), (*message).dwBufferCount)?;
            (buffers, flags_to_linux((*message).dwFlags)?, (*message).Control.len as usize)
        };
        let mut action = Received::new(std::ptr::null_mut(), std::ptr::null_mut());
        action.message = message;
        action.control = vec![0; control_data::room_on_linux(room)];
        action.flags_on_linux = flags;
        if overlapped.is_null() || !file.overlapped {
            // SAFETY: the caller's promise.
            return unsafe { receive_now(&file, buffers, flags, Some(&mut action), received) };
        }
        // SAFETY: the caller's promise.
        unsafe {
            let routine = crate::socket::operation::send_receive::routine_of(&file, routine)?;
            let mut request = crate::socket::operation::send_receive::request(
                &file,
                overlapped,
                routine,
                Box::new(action),
            )?;
            request.buffers = buffers;
            request.answer = SyncResult::of_count(received);
            settle(begin(request, OpCode::RecvMessage(flags)))
        }
    };
    to_int(receive())
}

/// Sends a datagram to an address, with control data.
///
/// # Errors
/// As for `WSASendTo`.
///
/// # Safety
/// As for [`WSARecvMsg`].
///
/// Source: Windows documentation, `WSASendMsg`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASendMsg(
    socket: SOCKET,
    message: *mut WSAMSG,
    flags: u32,
    sent: *mut u32,
    overlapped: *mut OVERLAPPED,
    routine: CompletionRoutine,
) -> i32 {
    let send = || -> Result<(), WsaError> {
        let file = get(socket)?;
        if message.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        if state_of(&file).is_stream() {
            return Err(WsaError(WSAEOPNOTSUPP));
        }
        // SAFETY: the caller's promise.
        let (buffers, control, address) = unsafe {
            let message = &*message;
            let address = match message.name.is_null() {
                true => None,
                false => Some(RawAddress::from_program(message.name.cast(), message.namelen)?),
            };
            let control = control_data::from_program(&message.Control)?;
            (buffers_of(message.lpBuffers.cast::<WSABUF>(), message.dwBufferCount)?, control, address)
        };
        let flags = flags_to_linux(flags)?;
        let op_code =
            OpCode::SendMessage(flags, address.as_ref().map(|address| Box::new(address.to_engine())));
        let action = Box::new(Datagram { flags, address, control, again: false });
        if overlapped.is_null() || !file.overlapped {
            // SAFETY: the caller's promise.
            return unsafe { send_now(&file, buffers, op_code, action, sent) };
        }
        // SAFETY: the caller's promise.
        unsafe {
            let routine = crate::socket::operation::send_receive::routine_of(&file, routine)?;
            let mut request =
                crate::socket::operation::send_receive::request(&file, overlapped, routine, action)?;
            request.buffers = buffers;
            state_of(&file).set(Fact::Bound, true);
            request.answer = SyncResult::of_count(sent);
            settle(begin(request, op_code))
        }
    };
    to_int(send())
}

/// How a request that a call waits for ended; for the engine's calls only.
pub(crate) fn outcome_of(begun: StartResult) -> Result<(Status, usize), WsaError> {
    match begun {
        StartResult::Ended(status, bytes) if !status.is_error() => Ok((status, bytes)),
        StartResult::Ended(status, _) => Err(status.into()),
        StartResult::Pending => Err(crate::socket::wsa::PENDING),
    }
}
