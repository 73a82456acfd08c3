//! Cleanup groups: objects of the thread pool that are closed together (TP5).
//!
//! A group does not keep its members alive. The program's reference does, until the object or the group is
//! closed; after that, each outstanding callback does. So a group still finds a member that was closed while
//! its callback runs, and waits for it.

use crate::abi::argument::Context;
use crate::abi::last_error::Win32Error;
use crate::abi::reserve;
use crate::pool::object::TP_OBJECT;
use crate::pool::reference::Reference;
use crate::sync::lock::Lock;
use longshore_win32_macros::export;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, Weak};

/// What is told to the program for each object that a group closes: its context, and the closer's.
pub type CancelCallback = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void);

/// `PTP_CLEANUP_GROUP`.
pub struct TP_CLEANUP_GROUP {
    members: Lock<Members>,
}

impl Default for TP_CLEANUP_GROUP {
    fn default() -> Self {
        TP_CLEANUP_GROUP { members: Lock::last("a cleanup group's members", Members::default()) }
    }
}

#[derive(Default)]
struct Members {
    last: u64,
    /// In the order in which they were made.
    by_number: BTreeMap<u64, Weak<TP_OBJECT>>,
}

impl TP_CLEANUP_GROUP {
    /// A number for a member that is being made.
    pub(crate) fn number(&self) -> u64 {
        let mut members = self.members.lock();
        members.last += 1;
        members.last
    }

    pub(crate) fn enter(&self, number: u64, object: &Arc<TP_OBJECT>) {
        self.members.lock().by_number.insert(number, Arc::downgrade(object));
    }

    pub(crate) fn leave(&self, number: u64) {
        self.members.lock().by_number.remove(&number);
    }

    /// Takes the members out.
    fn take(&self) -> Vec<Arc<TP_OBJECT>> {
        let members = std::mem::take(&mut self.members.lock().by_number);
        members.values().filter_map(Weak::upgrade).collect()
    }
}

/// Makes a cleanup group.
///
/// # Errors
/// NULL with `ERROR_NO_SYSTEM_RESOURCES`.
#[export]
pub fn CreateThreadpoolCleanupGroup() -> Result<*const TP_CLEANUP_GROUP, Win32Error> {
    reserve::admit()?;
    Ok(Arc::into_raw(Arc::<TP_CLEANUP_GROUP>::default()))
}

/// Closes every object of a group, after its callbacks have returned; with `cancel`, those that have not
/// begun do not, and the group's cancel callback is called, on the calling thread, for each object that
/// nobody else has closed by then (TP5).
///
/// Source: Windows documentation, `CloseThreadpoolCleanupGroupMembers`.
#[export(callbacks)]
pub unsafe fn CloseThreadpoolCleanupGroupMembers(
    group: Reference<TP_CLEANUP_GROUP>,
    cancel: bool,
    context: Context,
) {
    let members = group.take();
    for member in &members {
        member.disarm();
        if cancel {
            member.outstanding.cancel();
        }
    }
    for member in members {
        member.outstanding.wait_for_return();
        if member.give_up()
            && cancel
            && let Some(cancelled) = member.environment.cancelled
        {
            // SAFETY: what the page of CleanupGroupCancelCallback says it is called with.
            unsafe { cancelled.call(member.context.value(), context.value()) };
        }
    }
}

/// Closes a group.
#[export]
pub unsafe fn CloseThreadpoolCleanupGroup(group: Reference<TP_CLEANUP_GROUP>) {
    drop(group.give_back());
}
