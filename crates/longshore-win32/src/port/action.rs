//! What an operation still has to do when the engine has done its part: translate the outcome, fill in what the
//! caller asked for, or start a second step.

use crate::abi::status::Status;
use crate::port::file_object::FileObject;
use crate::port::overlapped::Request;
use crate::socket::address::RawAddress;
use crate::socket::operation::accept::{Accept, AcceptedData};
use crate::socket::operation::connect::Connect;
use crate::socket::operation::message::Received;
use crate::socket::operation::{disconnect, icmp_error, transmit};
use longshore_engine::{Errno, OpCode, Outcome};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use windows_sys::Win32::Foundation::{STATUS_CONNECTION_RESET, STATUS_PIPE_DISCONNECTED};

/// See the head of this module.
pub enum Action {
    /// Nothing is left to do.
    None,
    /// A receive on a stream.
    Receive,
    /// A send.
    Send,
    /// A datagram, which may have to be sent again.
    SendDatagram(Box<Datagram>),
    /// A receive that reports more than bytes: the sender, flags, control data.
    ReceiveMessage(Box<Received>),
    /// A buffered send that no program waits for (S23): the buffer.
    SendOwned(Vec<u8>),
    /// AcceptEx: the connection itself.
    Accept(Box<Accept>),
    /// AcceptEx: the first data.
    AcceptData(Box<AcceptedData>),
    /// DisconnectEx; the socket may be used again.
    Disconnect {
        /// TF_REUSE_SOCKET was given.
        reuse: bool,
    },
    /// ConnectEx.
    Connect(Box<Connect>),
    /// TransmitFile, with its flags.
    Transmit(u32),
    /// A read of so many bytes from a file.
    Read(usize),
    /// A write to a file, or making it durable.
    Write,
}

/// What it takes to send a datagram again.
pub struct Datagram {
    pub(crate) flags: i32,
    pub(crate) address: Option<RawAddress>,
    pub(crate) control: Vec<u8>,
    /// It was tried again.
    pub(crate) again: bool,
}

/// How an action goes on.
pub enum Next {
    /// It is over.
    Ended(Status, usize),
    /// Another step, on the engine's handle of this file.
    Continue(Arc<FileObject>, OpCode, Action),
}

impl Action {
    /// Memory for control data.
    pub(crate) fn control(&mut self) -> &mut [u8] {
        match self {
            Action::ReceiveMessage(received) => received.control(),
            Action::SendDatagram(datagram) => &mut datagram.control,
            _ => &mut [],
        }
    }

    /// The engine's part is over.
    pub(crate) fn conclude(&mut self, request: &mut Request, outcome: Outcome) -> Next {
        if let Some(Errno(libc::ECONNREFUSED)) = outcome.error
            && let Some(again) = self.again_after_report(request)
        {
            return again;
        }
        let bytes = outcome.bytes as usize;
        let status = match outcome.error {
            None => Status::SUCCESS,
            Some(Errno::CANCELLED) if request.file.is_closed() => request.file.status_at_close(),
            Some(errno) => self.status_of(errno, request),
        };
        let cancelled = matches!(outcome.error, Some(Errno::CANCELLED));
        match self {
            Action::Accept(accept) => accept.conclude(request, status, outcome),
            Action::AcceptData(data) => data.conclude(status, bytes),
            Action::Connect(connect) => connect.conclude(request, status, bytes),
            Action::Transmit(flags) => transmit::conclude(request, *flags, status, bytes),
            Action::ReceiveMessage(received) => received.conclude(status, outcome),
            Action::SendOwned(buffer) => {
                if let Some(socket) = request.file.socket() {
                    socket.buffered.fetch_sub(buffer.len(), Ordering::AcqRel);
                }
                Next::Ended(status, bytes)
            }
            Action::Disconnect { reuse } => disconnect::conclude(request, status, *reuse),
            Action::Read(wanted) if status == Status::SUCCESS && bytes == 0 && *wanted > 0 => {
                Next::Ended(Status::END_OF_FILE, 0) // F7
            }
            // K1: a cancelled operation reports no bytes; a stream that was sent in part is in an unknown state (K9).
            _ if cancelled => Next::Ended(status, 0),
            _ if status.is_error() => Next::Ended(status, 0),
            _ => Next::Ended(status, bytes),
        }
    }

    /// S20: on a datagram socket this error is about an earlier datagram.
    fn again_after_report(&mut self, request: &Request) -> Option<Next> {
        let file = &request.file;
        if file.socket().is_none_or(|socket| socket.is_stream()) {
            return None;
        }
        let op_code = match self {
            Action::ReceiveMessage(received) => {
                if icmp_error::met_by_receive(file) {
                    return None;
                }
                OpCode::RecvMessage(received.flags_on_linux)
            }
            Action::SendDatagram(datagram) if !datagram.again => {
                datagram.again = true;
                icmp_error::met_by_send(file);
                let address = datagram.address.as_ref().map(|address| Box::new(address.to_engine()));
                OpCode::SendMessage(datagram.flags, address)
            }
            _ => return None,
        };
        Some(Next::Continue(file.clone(), op_code, std::mem::replace(self, Action::None)))
    }

    fn status_of(&self, errno: Errno, request: &Request) -> Status {
        match self {
            Action::Read(_) => Status::of_read(errno),
            Action::Write => Status::of_write(errno),
            _ => match (errno.0, request.file.socket()) {
                // S10: a send after this side was shut down, rather than after the peer went away.
                (libc::EPIPE, Some(socket)) if socket.is_send_shut_down() => Status(STATUS_PIPE_DISCONNECTED),
                (libc::EPIPE, _) => Status(STATUS_CONNECTION_RESET),
                (_, None) => Status::of_file(errno),
                (_, Some(socket)) => socket.status_of(errno),
            },
        }
    }
}
