//! Pools of the program's own, and the environments that say which pool an object belongs to.
//!
//! A `PTP_...` is a pointer to a reference-counted object. The reference it stands for is given back by `Close...`;
//! callbacks that are still to come hold their own.

use crate::abi::last_error::{SetLastError, Win32Error};
use crate::pool::cleanup_group::{CancelCallback, TP_CLEANUP_GROUP};
use crate::pool::object::SimpleCallback;
use crate::pool::worker_pool::{self, Pool};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use windows_sys::Win32::System::Threading::TP_POOL_STACK_INFORMATION;

/// `TP_CALLBACK_ENVIRON`, the third version: read while an object is made, never after.
#[repr(C)]
pub struct TP_CALLBACK_ENVIRON {
    /// 3.
    pub Version: u32,
    /// NULL for the process's own pool.
    pub Pool: *const TP_POOL,
    /// NULL for none.
    pub CleanupGroup: *const TP_CLEANUP_GROUP,
    /// Called for every member when the group is closed with `cancel`.
    pub CleanupGroupCancelCallback: Option<CancelCallback>,
    /// Not used.
    pub RaceDll: *mut c_void,
    /// Not used.
    pub ActivationContext: *mut c_void,
    /// Called after every callback.
    pub FinalizationCallback: Option<SimpleCallback>,
    /// Bit 0: the callbacks may take long.
    pub Flags: u32,
    /// Not used.
    pub CallbackPriority: i32,
    /// Of the structure.
    pub Size: u32,
}

/// In the environment's flags: the callbacks may take long.
const LONG_FUNCTION: u32 = 1;

/// A pool of the program's, as long as it or an object of it exists.
struct OwnPool(Arc<Pool>);

impl Drop for OwnPool {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// `PTP_POOL`.
pub struct TP_POOL(Arc<OwnPool>);

/// What an environment says.
pub(crate) struct Environment {
    pub(crate) pool: Arc<Pool>,
    /// Keeps a pool of the program's.
    _own: Option<Arc<OwnPool>>,
    pub(crate) group: Option<Arc<TP_CLEANUP_GROUP>>,
    pub(crate) cancelled: Option<CancelCallback>,
    pub(crate) finally: Option<SimpleCallback>,
    pub(crate) long: bool,
}

/// Another reference to what a pointer stands for.
///
/// # Safety
/// The pointer came from `Arc::into_raw`, and its reference has not been given back.
pub(crate) unsafe fn share<T>(pointer: *const T) -> Arc<T> {
    // SAFETY: the caller's promise.
    unsafe {
        Arc::increment_strong_count(pointer);
        Arc::from_raw(pointer)
    }
}

impl Environment {
    /// # Safety
    /// `environment` is NULL or a valid environment.
    pub(crate) unsafe fn read(environment: *const TP_CALLBACK_ENVIRON) -> Result<Environment, Win32Error> {
        // SAFETY: the caller's promise.
        let Some(environment) = (unsafe { environment.as_ref() }) else {
            let pool = worker_pool::default_pool()?.clone();
            return Ok(Environment {
                pool,
                _own: None,
                group: None,
                cancelled: None,
                finally: None,
                long: false,
            });
        };
        // SAFETY: the caller's promise, of the pointers in it.
        let (own, group) = unsafe {
            let own = environment.Pool.as_ref().map(|pool| pool.0.clone());
            (own, (!environment.CleanupGroup.is_null()).then(|| share(environment.CleanupGroup)))
        };
        Ok(Environment {
            pool: match &own {
                Some(own) => own.0.clone(),
                None => worker_pool::default_pool()?.clone(),
            },
            _own: own,
            group,
            cancelled: environment.CleanupGroupCancelCallback,
            finally: environment.FinalizationCallback,
            long: environment.Flags & LONG_FUNCTION != 0,
        })
    }
}

/// A pointer for the program, or the last error.
pub(crate) fn made<T>(object: Result<Arc<T>, Win32Error>) -> *const T {
    object.map_or_else(
        |Win32Error(error)| {
            SetLastError(error);
            ptr::null()
        },
        Arc::into_raw,
    )
}

/// Makes a pool.
///
/// Source: Windows documentation, `CreateThreadpool`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateThreadpool(_: *mut c_void) -> *const TP_POOL {
    made(Pool::new().map(|pool| Arc::new(TP_POOL(Arc::new(OwnPool(pool))))))
}

/// Closes a pool: at once, or when the last of its objects is closed.
///
/// # Safety
/// `pool` is a pool, and not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpool(pool: *const TP_POOL) {
    // SAFETY: the caller's promise.
    let pool = unsafe { Arc::from_raw(pool) };
    pool.0.0.keep(0);
}

/// Sets the most threads a pool has.
///
/// # Safety
/// `pool` is a pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolThreadMaximum(pool: *const TP_POOL, threads: u32) {
    // SAFETY: the caller's promise.
    unsafe { &*pool }.0.0.limit(threads as usize);
}

/// Sets the fewest threads a pool has.
///
/// # Safety
/// `pool` is a pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolThreadMinimum(pool: *const TP_POOL, threads: u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { &*pool }.0.0.keep(threads as usize);
    1
}

/// Accepts the wish: the threads of a pool have the stack that threads have by default, which is larger than on Windows.
///
/// # Safety
/// `pool` is a pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolStackInformation(
    _pool: *const TP_POOL,
    _information: *const TP_POOL_STACK_INFORMATION,
) -> i32 {
    1
}

/// Windows' defaults.
///
/// # Safety
/// `pool` is a pool; `information` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryThreadpoolStackInformation(
    _pool: *const TP_POOL,
    information: *mut TP_POOL_STACK_INFORMATION,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { information.write(TP_POOL_STACK_INFORMATION { StackReserve: 1 << 20, StackCommit: 4 << 10 }) };
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;
    use windows_sys::Win32::System::Threading::TP_CALLBACK_ENVIRON_V3 as Windows;

    #[test]
    fn the_layout_of_the_environment_is_windows() {
        assert_eq!(size_of::<TP_CALLBACK_ENVIRON>(), size_of::<Windows>());
        assert_eq!(offset_of!(TP_CALLBACK_ENVIRON, CleanupGroup), offset_of!(Windows, CleanupGroup));
        assert_eq!(
            offset_of!(TP_CALLBACK_ENVIRON, FinalizationCallback),
            offset_of!(Windows, FinalizationCallback)
        );
        assert_eq!(offset_of!(TP_CALLBACK_ENVIRON, Flags), offset_of!(Windows, u));
        assert_eq!(offset_of!(TP_CALLBACK_ENVIRON, Size), offset_of!(Windows, Size));
    }
}
