//! Cleanup groups: objects of the thread pool that are closed together.

use crate::object::suspend::Lock;
use crate::pool::object::{Callback, TP_OBJECT};
use std::ffi::c_void;
use std::sync::Arc;

/// What is told to the program for each object that a group closes: its context, and the closer's.
pub type CancelCallback = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void);

/// `PTP_CLEANUP_GROUP`.
#[derive(Default)]
pub struct TP_CLEANUP_GROUP {
    members: Lock<Vec<Arc<TP_OBJECT>>>,
}

impl TP_CLEANUP_GROUP {
    pub(crate) fn enter(&self, object: Arc<TP_OBJECT>) {
        self.members.lock().push(object);
    }

    pub(crate) fn leave(&self, object: &Arc<TP_OBJECT>) {
        let mut members = self.members.lock();
        let position = members.iter().position(|member| Arc::ptr_eq(member, object));
        let member = position.map(|position| members.swap_remove(position));
        drop(members);
        drop(member);
    }
}

/// Makes a cleanup group.
#[unsafe(no_mangle)]
pub extern "C" fn CreateThreadpoolCleanupGroup() -> *const TP_CLEANUP_GROUP {
    Arc::into_raw(Arc::<TP_CLEANUP_GROUP>::default())
}

/// Closes every object of a group, after its callbacks have ended; with `cancel`, those that have not begun do not.
///
/// Source: Windows documentation, `CloseThreadpoolCleanupGroupMembers`.
///
/// # Safety
/// `group` is a group; its members are not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn CloseThreadpoolCleanupGroupMembers(
    group: *const TP_CLEANUP_GROUP,
    cancel: i32,
    context: *mut c_void,
) {
    // SAFETY: the caller's promise.
    let members = std::mem::take(&mut *unsafe { &*group }.members.lock());
    for member in &members {
        member.disarm();
        if cancel != 0 {
            member.outstanding.cancel();
            if let Some(cancelled) = member.environment.cancelled {
                // SAFETY: the environment promised that it may be called so.
                unsafe { cancelled(member.context as *mut c_void, context) };
            }
        }
    }
    for member in members {
        member.outstanding.wait();
        if !matches!(member.callback, Callback::Simple(_)) {
            // SAFETY: the program's own reference, which it gives up by this call.
            drop(unsafe { Arc::from_raw(Arc::as_ptr(&member)) });
        }
    }
}

/// Closes a group.
///
/// # Safety
/// `group` is a group, and not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpoolCleanupGroup(group: *const TP_CLEANUP_GROUP) {
    // SAFETY: the caller's promise.
    drop(unsafe { Arc::from_raw(group) });
}
