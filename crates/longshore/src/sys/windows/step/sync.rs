//! Making a file durable.

use super::super::operation::{Face, Operation};
use super::end;
use super::winsock::Started;
use longshore_types::Errno;
use std::ffi::c_void;
use std::ptr::null;
use windows_sys::Win32::Storage::FileSystem::FlushFileBuffers;
use windows_sys::Win32::System::Threading::{PTP_CALLBACK_INSTANCE, TrySubmitThreadpoolCallback};

/// FlushFileBuffers blocks, so a thread of the system's own pool calls it. It cannot be cancelled.
pub(super) fn start<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
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
