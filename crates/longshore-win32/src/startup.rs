//! WSAStartup and WSACleanup.

use crate::wsa::WsaError;

/// # Errors
/// `WSANOTINITIALISED` outside of WSAStartup and WSACleanup.
pub(crate) fn check() -> Result<(), WsaError> {
    Ok(())
}
