//! A sentence for every error code this library produces.
//!
//! The sentences are this project's own. Programs must not compare them with Windows', which are translated
//! there. Only the codes are the contract.

use crate::abi::status::Status;
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Networking::WinSock::*;

/// The sentence for a code: a Win32 or Winsock error, an `HRESULT` made of one, or an `NTSTATUS`.
pub(crate) fn message(code: u32) -> Option<&'static str> {
    let find = |code| MESSAGES.iter().find(|&&(known, _)| known == code).map(|&(_, text)| text);
    find(code).or_else(|| match code >> 16 {
        // HRESULT_FROM_WIN32
        0x8007 => find(code & 0xFFFF),
        0x8000 | 0xC000 => match Status(code as i32).to_win32() {
            ERROR_MR_MID_NOT_FOUND => None,
            error => find(error),
        },
        _ => None,
    })
}

const fn winsock(error: WSA_ERROR) -> u32 {
    error as u32
}

const MESSAGES: &[(u32, &str)] = &[
    (ERROR_SUCCESS, "The call succeeded."),
    (ERROR_INVALID_FUNCTION, "The object does not support this function."),
    (ERROR_FILE_NOT_FOUND, "No file or object of this name exists."),
    (ERROR_PATH_NOT_FOUND, "A directory of this path does not exist."),
    (ERROR_TOO_MANY_OPEN_FILES, "The process has no descriptor left for another file."),
    (ERROR_ACCESS_DENIED, "Permission for this access was not granted."),
    (ERROR_INVALID_HANDLE, "The handle names no object of the kind this call needs."),
    (ERROR_NOT_ENOUGH_MEMORY, "There is not enough memory for this call."),
    (ERROR_INVALID_ACCESS, "The access code has no meaning."),
    (ERROR_INVALID_DATA, "The data does not have the form it should."),
    (ERROR_OUTOFMEMORY, "Memory has run out."),
    (ERROR_NOT_SAME_DEVICE, "Source and target lie on different file systems."),
    (ERROR_NO_MORE_FILES, "There is no further file."),
    (ERROR_WRITE_PROTECT, "The file system is mounted read-only."),
    (ERROR_NOT_READY, "The device is not ready."),
    (ERROR_BAD_COMMAND, "The device does not accept this command in its present state."),
    (ERROR_BAD_LENGTH, "The length does not fit the command or structure."),
    (ERROR_GEN_FAILURE, "A device does not work."),
    (ERROR_SHARING_VIOLATION, "Another user of the file or address does not share it."),
    (ERROR_LOCK_VIOLATION, "Another handle has locked this part of the file."),
    (ERROR_HANDLE_EOF, "The end of the file has been reached."),
    (ERROR_NOT_SUPPORTED, "This request is not supported."),
    (ERROR_REM_NOT_LIST, "The remote computer is not listening."),
    (ERROR_DUP_NAME, "The name is taken on this network."),
    (ERROR_BAD_NETPATH, "The network path leads nowhere."),
    (ERROR_NETWORK_BUSY, "The network is busy."),
    (ERROR_UNEXP_NET_ERR, "The network failed in an unexpected way."),
    (ERROR_NETNAME_DELETED, "The connection is gone: the peer reset it, or the socket was closed."),
    (ERROR_TOO_MANY_NAMES, "The network interface has no room for another name."),
    (ERROR_REQ_NOT_ACCEP, "The remote computer accepts no further requests now."),
    (ERROR_FILE_EXISTS, "The file exists already."),
    (ERROR_CANNOT_MAKE, "The file or directory cannot be created."),
    (ERROR_INVALID_PARAMETER, "An argument is not valid."),
    (ERROR_BROKEN_PIPE, "The other end of the pipe was closed."),
    (ERROR_OPEN_FAILED, "The file cannot be opened."),
    (ERROR_BUFFER_OVERFLOW, "The name is longer than the buffer for it."),
    (ERROR_DISK_FULL, "There is no space left on the file system."),
    (ERROR_CALL_NOT_IMPLEMENTED, "Longshore does not implement this function."),
    (ERROR_SEM_TIMEOUT, "The operation took longer than it may."),
    (ERROR_INSUFFICIENT_BUFFER, "The buffer is too small for the result."),
    (ERROR_INVALID_NAME, "The name is not well formed."),
    (ERROR_INVALID_LEVEL, "The information level is unknown."),
    (ERROR_MOD_NOT_FOUND, "The module, or a library it needs, was not found."),
    (ERROR_PROC_NOT_FOUND, "The module has no function of this name."),
    (ERROR_WAIT_NO_CHILDREN, "There is nothing to wait for."),
    (ERROR_NEGATIVE_SEEK, "The file pointer cannot be moved before the start of the file."),
    (ERROR_DIR_NOT_EMPTY, "The directory is not empty."),
    (ERROR_NOT_LOCKED, "This part of the file is not locked."),
    (ERROR_BAD_PATHNAME, "The path is not well formed."),
    (ERROR_BUSY, "The resource is in use."),
    (ERROR_ALREADY_EXISTS, "An object of this name exists already."),
    // With the insert that these have on Windows: the name of the program.
    (ERROR_INVALID_ORDINAL, "The number names no function for %1."),
    (ERROR_INVALID_STARTING_CODESEG, "%1 does not say where it begins."),
    (ERROR_INVALID_STACKSEG, "%1 has no stack."),
    (ERROR_INVALID_MODULETYPE, "%1 is no program of this kind."),
    (ERROR_INVALID_EXE_SIGNATURE, "%1 does not begin like a program."),
    (ERROR_EXE_MARKED_INVALID, "%1 says of itself that it cannot be run."),
    (ERROR_BAD_EXE_FORMAT, "%1 is not a library or program for this machine."),
    (ERROR_FILENAME_EXCED_RANGE, "The file name or its extension is too long."),
    (ERROR_ENVVAR_NOT_FOUND, "The environment has no variable of this name."),
    (ERROR_FILE_TOO_LARGE, "The file is larger than the limit allows."),
    (ERROR_BAD_PIPE, "The pipe is not in a state for this call."),
    (ERROR_PIPE_BUSY, "All instances of the pipe are in use."),
    (ERROR_NO_DATA, "The pipe is empty or is being closed."),
    (ERROR_PIPE_NOT_CONNECTED, "Nobody is at the other end of the pipe."),
    (ERROR_MORE_DATA, "There is more data than the buffer holds."),
    (WAIT_TIMEOUT, "The time ran out before anything happened."),
    (ERROR_NO_MORE_ITEMS, "There is no further item."),
    (ERROR_DIRECTORY, "The name is not that of a directory."),
    (ERROR_NOT_OWNER, "The calling thread does not own the mutex."),
    (ERROR_TOO_MANY_POSTS, "The semaphore cannot be raised above its maximum."),
    (ERROR_MR_MID_NOT_FOUND, "There is no message with this number."),
    (ERROR_INVALID_ADDRESS, "The address does not lie in a region of the right kind."),
    (ERROR_PIPE_CONNECTED, "A client is connected to the pipe already."),
    (ERROR_PIPE_LISTENING, "The pipe waits for a client."),
    (ERROR_ABANDONED_WAIT_0, "The completion port was closed while a thread waited on it."),
    (ERROR_USER_APC, "A queued procedure call ended the wait."),
    (ERROR_NOTIFY_CLEANUP, "The watch ended because the directory was closed."),
    (ERROR_NOTIFY_ENUM_DIR, "More changed than the buffer holds: list the directory again."),
    (ERROR_OPERATION_ABORTED, "The operation was cancelled, or the thread that began it ended."),
    (ERROR_IO_INCOMPLETE, "The overlapped operation is still going on."),
    (ERROR_IO_PENDING, "The overlapped operation has begun and will complete later."),
    (ERROR_NOACCESS, "The memory cannot be accessed in this way."),
    (ERROR_STACK_OVERFLOW, "The stack has overflowed."),
    (ERROR_INVALID_FLAGS, "The flags are not valid."),
    (ERROR_UNRECOGNIZED_VOLUME, "The volume has no file system known here."),
    (ERROR_FILE_INVALID, "The file is empty or has changed underneath its handle."),
    (ERROR_NO_TOKEN, "There is no such token."),
    (ERROR_DLL_INIT_FAILED, "The initialisation of a library failed."),
    (ERROR_IO_DEVICE, "The device reported an error."),
    (ERROR_POSSIBLE_DEADLOCK, "Waiting here could never end."),
    (ERROR_NO_UNICODE_TRANSLATION, "A character cannot be converted to the other encoding."),
    (ERROR_NOT_FOUND, "There is nothing of the kind looked for."),
    (ERROR_NO_MATCH, "Nothing matches."),
    (ERROR_INVALID_NETNAME, "The network name is not well formed."),
    (ERROR_CANCELLED, "The user cancelled the operation."),
    (ERROR_USER_MAPPED_FILE, "The file has a mapping that stands in the way."),
    (ERROR_CONNECTION_REFUSED, "The remote computer refused the connection."),
    (ERROR_GRACEFUL_DISCONNECT, "The connection was closed in good order."),
    (ERROR_ADDRESS_ALREADY_ASSOCIATED, "The endpoint has an address already."),
    (ERROR_ADDRESS_NOT_ASSOCIATED, "The endpoint has no address yet."),
    (ERROR_CONNECTION_INVALID, "There is no such connection."),
    (ERROR_CONNECTION_ACTIVE, "The connection is established already."),
    (ERROR_NETWORK_UNREACHABLE, "No route leads to the network."),
    (ERROR_HOST_UNREACHABLE, "No route leads to the host."),
    (ERROR_PROTOCOL_UNREACHABLE, "The remote computer does not speak this protocol."),
    (ERROR_PORT_UNREACHABLE, "Nobody listens on the remote port."),
    (ERROR_REQUEST_ABORTED, "The request was aborted."),
    (ERROR_CONNECTION_ABORTED, "This computer ended the connection."),
    (ERROR_RETRY, "The operation could not be completed: try again."),
    (ERROR_SERVICE_DOES_NOT_EXIST, "There is no service of this name."),
    (ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, "The process was not started by a service manager of Windows."),
    (ERROR_ALREADY_INITIALIZED, "Initialisation was done before."),
    (ERROR_NO_MORE_DEVICES, "There is no further device."),
    (ERROR_PRIVILEGE_NOT_HELD, "The caller does not hold the privilege this needs."),
    (ERROR_NO_SYSTEM_RESOURCES, "The system's resources do not suffice for this call."),
    (ERROR_WORKING_SET_QUOTA, "So much memory may not be locked."),
    (ERROR_COMMITMENT_LIMIT, "There is not enough memory to commit."),
    (ERROR_TIMEOUT, "The time allowed has passed."),
    (ERROR_NOT_ENOUGH_QUOTA, "A quota does not allow this."),
    (ERROR_INVALID_USER_BUFFER, "The buffer handed over is not usable for this operation."),
    (ERROR_NOT_A_REPARSE_POINT, "The file is not a reparse point."),
    (ERROR_HOST_DOWN, "The remote computer is down."),
    (ERROR_NO_SUCH_DEVICE, "There is no such device."),
    (ERROR_INVALID_TOKEN, "The token is not valid."),
    (winsock(WSAEINTR), "The blocking call was interrupted."),
    (winsock(WSAEBADF), "The descriptor is not valid."),
    (winsock(WSAEACCES), "Permission for this use of the socket was not granted."),
    (winsock(WSAEFAULT), "A pointer handed to a socket call cannot be used."),
    (winsock(WSAEINVAL), "A socket call was given an argument that is not valid in this state."),
    (winsock(WSAEMFILE), "No further socket can be opened."),
    (winsock(WSAEWOULDBLOCK), "The non-blocking socket cannot do this at once."),
    (winsock(WSAEINPROGRESS), "A blocking socket call is going on."),
    (winsock(WSAEALREADY), "The non-blocking socket is at it already."),
    (winsock(WSAENOTSOCK), "The value is not that of a socket."),
    (winsock(WSAEDESTADDRREQ), "The call needs a destination address."),
    (winsock(WSAEMSGSIZE), "The datagram is larger than the buffer or the network allows."),
    (winsock(WSAEPROTOTYPE), "The protocol does not have this type of socket."),
    (winsock(WSAENOPROTOOPT), "The option or level is unknown."),
    (winsock(WSAEPROTONOSUPPORT), "The protocol is not supported."),
    (winsock(WSAESOCKTNOSUPPORT), "This type of socket is not supported."),
    (winsock(WSAEOPNOTSUPP), "The socket does not support this operation."),
    (winsock(WSAEPFNOSUPPORT), "The protocol family is not supported."),
    (winsock(WSAEAFNOSUPPORT), "The address family is not supported here."),
    (winsock(WSAEADDRINUSE), "The address and port are in use."),
    (winsock(WSAEADDRNOTAVAIL), "The address does not belong to this computer."),
    (winsock(WSAENETDOWN), "The network is down."),
    (winsock(WSAENETUNREACH), "The network cannot be reached."),
    (winsock(WSAENETRESET), "The connection was lost because it stopped answering."),
    (winsock(WSAECONNABORTED), "The connection was ended on this side."),
    (winsock(WSAECONNRESET), "The peer reset the connection."),
    (winsock(WSAENOBUFS), "The system has no buffer space left for sockets."),
    (winsock(WSAEISCONN), "The socket is connected already."),
    (winsock(WSAENOTCONN), "The socket is not connected."),
    (winsock(WSAESHUTDOWN), "This direction of the socket was shut down."),
    (winsock(WSAETOOMANYREFS), "There are too many references."),
    (winsock(WSAETIMEDOUT), "The peer did not answer in time."),
    (winsock(WSAECONNREFUSED), "Nobody accepts connections at that address."),
    (winsock(WSAELOOP), "The name leads in a circle."),
    (winsock(WSAENAMETOOLONG), "The name is too long."),
    (winsock(WSAEHOSTDOWN), "The host is down."),
    (winsock(WSAEHOSTUNREACH), "The host cannot be reached."),
    (winsock(WSAEPROCLIM), "Too many processes use sockets."),
    (winsock(WSASYSNOTREADY), "The network subsystem is not ready."),
    (winsock(WSAVERNOTSUPPORTED), "This version of Winsock is not available."),
    (winsock(WSANOTINITIALISED), "WSAStartup was not called, or failed."),
    (winsock(WSAEDISCON), "The peer is closing the connection in good order."),
    (winsock(WSAENOMORE), "There is no further result."),
    (winsock(WSAECANCELLED), "The call was cancelled."),
    (winsock(WSASERVICE_NOT_FOUND), "There is no such service."),
    (winsock(WSATYPE_NOT_FOUND), "There is no such class."),
    (winsock(WSA_E_NO_MORE), "There are no more results."),
    (winsock(WSA_E_CANCELLED), "The lookup was cancelled."),
    (winsock(WSAHOST_NOT_FOUND), "No host of this name is known."),
    (winsock(WSATRY_AGAIN), "The name server did not answer: trying again may help."),
    (winsock(WSANO_RECOVERY), "The name lookup failed for good."),
    (winsock(WSANO_DATA), "The name exists but has no address of this kind."),
    (STATUS_CONTROL_C_EXIT as u32, "The process was ended by Ctrl-C."),
    (STATUS_STACK_OVERFLOW as u32, "A thread's stack has overflowed."),
    (STATUS_INTEGER_DIVIDE_BY_ZERO as u32, "An integer was divided by zero."),
    (STATUS_ILLEGAL_INSTRUCTION as u32, "The processor does not know an instruction."),
    (STATUS_BREAKPOINT as u32, "A breakpoint was reached."),
    (E_NOTIMPL as u32, "Longshore does not implement this."),
    (E_FAIL as u32, "The call failed."),
    (E_POINTER as u32, "A pointer is not valid."),
    (REGDB_E_CLASSNOTREG as u32, "No such class is registered: there is no COM here."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::status;

    #[test]
    fn every_code_has_one_sentence() {
        for (index, (code, text)) in MESSAGES.iter().enumerate() {
            assert!(text.ends_with('.') && !text.replace("%1", "").contains('%'), "{text}");
            assert!(MESSAGES[..index].iter().all(|(other, _)| other != code), "{code} twice");
        }
    }

    #[test]
    fn every_error_a_status_of_this_library_can_become_has_a_sentence() {
        for high in [0x0000_0000u32, 0x8000_0000, 0xC000_0000] {
            for low in 0..0x1000 {
                let status = Status((high | low) as i32);
                if let Some(error) = status::win32(status.0) {
                    assert!(message(error).is_some(), "{status:?} is {error}");
                }
                let winsock = status.to_winsock() as u32;
                let elsewhere = status::win32(status.0).is_none() && winsock == status.to_win32();
                assert!(elsewhere || message(winsock).is_some(), "{winsock}");
            }
        }
    }

    #[test]
    fn a_status_and_an_hresult_lead_to_the_error_they_stand_for() {
        assert_eq!(message(0xC000_0120), message(ERROR_OPERATION_ABORTED));
        assert_eq!(message(0x8007_0005), message(ERROR_ACCESS_DENIED));
        assert_eq!(message(0xC0FF_FFFF), None);
        assert_eq!(message(0x1234_5678), None);
    }
}
