//! Pools of the program's own, and the environments that say which pool an object belongs to.

use crate::abi::argument::{Argument, Callback, Ignored, In, Out, plain};
use crate::abi::last_error::Win32Error;
use crate::abi::reserve;
use crate::pool::cleanup_group::{CancelCallback, TP_CLEANUP_GROUP};
use crate::pool::object::SimpleCallback;
use crate::pool::reference::Reference;
use crate::pool::worker_pool::{self, Pool};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::System::Threading::TP_POOL_STACK_INFORMATION;

/// `TP_CALLBACK_ENVIRON`, the third version: read while an object is made, never after.
#[repr(C)]
#[derive(Clone, Copy)]
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

plain!(TP_CALLBACK_ENVIRON);

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

impl TP_POOL {
    fn pool(&self) -> &Arc<Pool> {
        &self.0.0
    }
}

/// What an environment says.
pub(crate) struct Environment {
    pub(crate) pool: Arc<Pool>,
    /// Keeps a pool of the program's.
    _own: Option<Arc<OwnPool>>,
    pub(crate) group: Option<Arc<TP_CLEANUP_GROUP>>,
    pub(crate) cancelled: Option<Callback<CancelCallback>>,
    pub(crate) finally: Option<Callback<SimpleCallback>>,
    pub(crate) long: bool,
}

impl Environment {
    /// What the environment says; without one, that of the process's own pool.
    ///
    /// # Errors
    /// `ERROR_NOACCESS`; those of [`worker_pool::default_pool`].
    pub(crate) fn read(environment: Option<In<TP_CALLBACK_ENVIRON>>) -> Result<Environment, Win32Error> {
        let Some(environment) = environment else {
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
        let said = environment.read()?;
        // SAFETY: what C promises of an environment is what these types state of its fields.
        let (own, group, cancelled, finally) = unsafe {
            (
                Option::<Reference<TP_POOL>>::from_c(said.Pool),
                Option::<Reference<TP_CLEANUP_GROUP>>::from_c(said.CleanupGroup),
                Option::<Callback<CancelCallback>>::from_c(said.CleanupGroupCancelCallback),
                Option::<Callback<SimpleCallback>>::from_c(said.FinalizationCallback),
            )
        };
        let own = own.map(|pool| pool.0.clone());
        Ok(Environment {
            pool: match &own {
                Some(own) => own.0.clone(),
                None => worker_pool::default_pool()?.clone(),
            },
            _own: own,
            group: group.map(|group| group.share()),
            cancelled,
            finally,
            long: said.Flags & LONG_FUNCTION != 0,
        })
    }
}

/// Makes a pool.
///
/// Source: Windows documentation, `CreateThreadpool`.
#[export]
pub fn CreateThreadpool(_: Ignored) -> Result<*const TP_POOL, Win32Error> {
    reserve::admit()?;
    Ok(Arc::into_raw(Arc::new(TP_POOL(Arc::new(OwnPool(Pool::new()?))))))
}

/// Closes a pool: at once, or when the last of its objects is closed.
#[export]
pub unsafe fn CloseThreadpool(pool: Reference<TP_POOL>) {
    pool.give_back().pool().keep(0);
}

/// Sets the most threads a pool has.
#[export]
pub unsafe fn SetThreadpoolThreadMaximum(pool: Reference<TP_POOL>, threads: u32) {
    pool.pool().limit(threads as usize);
}

/// Sets the fewest threads a pool has.
#[export]
pub unsafe fn SetThreadpoolThreadMinimum(pool: Reference<TP_POOL>, threads: u32) -> bool {
    pool.pool().keep(threads as usize);
    true
}

/// Accepts the wish: the threads of a pool have the stack that threads have by default, which is larger than
/// on Windows.
#[export]
pub unsafe fn SetThreadpoolStackInformation(
    _pool: Reference<TP_POOL>,
    _information: In<TP_POOL_STACK_INFORMATION>,
) -> bool {
    true
}

/// Windows' defaults.
///
/// # Errors
/// FALSE with `ERROR_NOACCESS`.
#[export]
pub unsafe fn QueryThreadpoolStackInformation(
    _pool: Reference<TP_POOL>,
    information: Out<TP_POOL_STACK_INFORMATION>,
) -> Result<(), Win32Error> {
    Ok(information.write(TP_POOL_STACK_INFORMATION { StackReserve: 1 << 20, StackCommit: 4 << 10 })?)
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
