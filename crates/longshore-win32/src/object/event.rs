//! Events.

use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::object::handles::{self, HANDLE};
use crate::object::names::{self, Name};
use crate::object::wait::Waitable;
use crate::object::{HandleCount, Object};
use libc::c_char;
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::System::Threading::{CREATE_EVENT_INITIAL_SET, CREATE_EVENT_MANUAL_RESET};

/// An event, as `CreateEvent` makes it.
pub struct Event {
    handles: HandleCount,
    waitable: Waitable,
    name: Name,
}

impl Event {
    /// An event that stays signaled until it is reset (`manual`), or until one wait has taken the signal.
    pub fn new(manual: bool, signaled: bool) -> Arc<Event> {
        Event::named(manual, signaled, None)
    }

    fn named(manual: bool, signaled: bool, name: Name) -> Arc<Event> {
        let waitable =
            if manual { Waitable::notification(signaled) } else { Waitable::synchronization(signaled) };
        Arc::new(Event { handles: HandleCount::new(), waitable, name })
    }

    /// Signals the event.
    #[inline]
    pub fn set(&self) {
        self.waitable.set();
    }

    /// Releases those who wait now, and leaves the event unsignaled.
    pub fn pulse(&self) {
        self.waitable.pulse();
    }

    /// Takes the signal back.
    #[inline]
    pub fn reset(&self) {
        self.waitable.clear();
    }
}

impl Object for Event {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn last_handle_closed(self: Arc<Self>) {
        names::forget(&self.name, &*self);
    }

    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.waitable)
    }
}

fn create(manual: bool, signaled: bool, name: Result<Name, Win32Error>) -> HANDLE {
    names::created(name.and_then(|name| names::create(name, |name| Event::named(manual, signaled, name))))
}

fn create_flagged(flags: u32, name: Result<Name, Win32Error>) -> HANDLE {
    create(flags & CREATE_EVENT_MANUAL_RESET != 0, flags & CREATE_EVENT_INITIAL_SET != 0, name)
}

/// Makes an event, or opens the one of that name.
///
/// Source: Windows documentation, `CreateEvent`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventA(
    _: *const c_void,
    manual: i32,
    signaled: i32,
    name: *const c_char,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create(manual != 0, signaled != 0, unsafe { names::narrow(name) })
}

/// As [`CreateEventA`].
///
/// # Safety
/// `name` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventW(
    _: *const c_void,
    manual: i32,
    signaled: i32,
    name: *const WCHAR,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create(manual != 0, signaled != 0, unsafe { names::wide(name) })
}

/// As [`CreateEventA`], with flags.
///
/// # Safety
/// As for [`CreateEventA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventExA(
    _: *const c_void,
    name: *const c_char,
    flags: u32,
    _access: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create_flagged(flags, unsafe { names::narrow(name) })
}

/// As [`CreateEventA`], with flags.
///
/// # Safety
/// As for [`CreateEventW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventExW(
    _: *const c_void,
    name: *const WCHAR,
    flags: u32,
    _access: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    create_flagged(flags, unsafe { names::wide(name) })
}

/// Opens an event by its name.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenEventA(_access: u32, _inherit: i32, name: *const c_char) -> HANDLE {
    // SAFETY: the caller's promise.
    names::opened(unsafe { names::narrow(name) }.and_then(names::open::<Event>))
}

/// As [`OpenEventA`].
///
/// # Safety
/// `name` is NULL or a wide string ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenEventW(_access: u32, _inherit: i32, name: *const WCHAR) -> HANDLE {
    // SAFETY: the caller's promise.
    names::opened(unsafe { names::wide(name) }.and_then(names::open::<Event>))
}

/// Signals an event.
#[unsafe(no_mangle)]
pub extern "C" fn SetEvent(event: HANDLE) -> i32 {
    to_bool(handles::get::<Event>(event).map(|event| event.set()))
}

/// Takes an event's signal back.
#[unsafe(no_mangle)]
pub extern "C" fn ResetEvent(event: HANDLE) -> i32 {
    to_bool(handles::get::<Event>(event).map(|event| event.reset()))
}

/// Releases those who wait now (of an auto-reset event: one of them), and leaves the event unsignaled.
#[unsafe(no_mangle)]
pub extern "C" fn PulseEvent(event: HANDLE) -> i32 {
    to_bool(handles::get::<Event>(event).map(|event| event.pulse()))
}

/// Makes a manual-reset event.
///
/// Source: Windows documentation, `WSACreateEvent`.
#[unsafe(no_mangle)]
pub extern "C" fn WSACreateEvent() -> HANDLE {
    create(true, false, Ok(None))
}

/// [`SetEvent`] by its Winsock name; `WSA_INVALID_HANDLE` is the same number.
#[unsafe(no_mangle)]
pub extern "C" fn WSASetEvent(event: HANDLE) -> i32 {
    SetEvent(event)
}

/// [`ResetEvent`] by its Winsock name.
#[unsafe(no_mangle)]
pub extern "C" fn WSAResetEvent(event: HANDLE) -> i32 {
    ResetEvent(event)
}

/// Closes an event.
#[unsafe(no_mangle)]
pub extern "C" fn WSACloseEvent(event: HANDLE) -> i32 {
    to_bool(handles::close(event))
}
