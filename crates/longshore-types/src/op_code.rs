//! What an operation does.

use crate::address::SocketAddress;
use crate::file_range::FileRange;

/// What an operation does. What few need is boxed, so that the others are small.
///
/// Single messages with flags and control data are what the C face sends: the engine has them, the Windows
/// backend ends them with `WSAEOPNOTSUPP`.
#[derive(Debug)]
pub enum OpCode {
    /// Receive what is there, at least one byte or the peer's end (S6, S8).
    Recv,
    /// Receive one datagram and its sender (S11).
    RecvFrom,
    /// Wait until a receive would find something, consuming nothing (S7).
    Readable,
    /// Take one connection from the backlog.
    Accept,
    /// Connect to the address.
    Connect(Box<SocketAddress>),
    /// Receive with these flags of recv(2), and with the sender, control data and flags of the message. With
    /// `MSG_WAITALL` it ends when the regions are full, with `MSG_PEEK` nothing is consumed.
    RecvMessage(i32),
    /// Send one message with these flags of send(2), to the address if there is one, with control data.
    SendMessage(i32, Option<Box<SocketAddress>>),
    /// Send all of the regions (S5).
    Send,
    /// Send one datagram to the address.
    SendTo(Box<SocketAddress>),
    /// Send the first bytes of the regions, then a range of a file, then the rest of the regions (TF1).
    SendFile(Box<FileRange>),
    /// Read at an absolute offset until the regions are full or the file ends (F8, F16).
    ReadAt(u64),
    /// Write all of the regions at an absolute offset.
    WriteAt(u64),
    /// Write all of the regions at the end of the file, atomically for other appenders (F12).
    Append,
    /// Make data durable; `true` leaves out metadata not needed to read it back. Windows has no call for less
    /// than everything.
    Sync(bool),
}

impl OpCode {
    /// Waits for the descriptor to become readable rather than writable.
    #[inline]
    pub fn reads(&self) -> bool {
        matches!(
            self,
            OpCode::Recv | OpCode::RecvFrom | OpCode::RecvMessage(_) | OpCode::Readable | OpCode::Accept
        )
    }

    /// Waits for data of a stream, and so ends early when the receiving side is shut down.
    #[inline]
    pub fn receives(&self) -> bool {
        matches!(self, OpCode::Recv | OpCode::Readable)
    }

    /// Owns something, behind a pointer.
    #[inline]
    pub fn is_boxed(&self) -> bool {
        matches!(self, OpCode::Connect(_) | OpCode::SendTo(_) | OpCode::SendMessage(..) | OpCode::SendFile(_))
    }

    /// Makes a connection.
    #[inline]
    pub fn connects(&self) -> bool {
        matches!(self, OpCode::Connect(_))
    }

    /// Works on a file at an offset rather than on a stream.
    #[inline]
    pub fn is_for_files(&self) -> bool {
        matches!(self, OpCode::ReadAt(_) | OpCode::WriteAt(_) | OpCode::Append | OpCode::Sync(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_code_is_two_words() {
        assert_eq!(size_of::<OpCode>(), 16);
    }
}
