//! Events.

use crate::abi::argument::{CStrArg, Ignored, WStrArg};
use crate::abi::last_error::Win32Error;
use crate::object::handles::{self, HANDLE, Handle};
use crate::object::names::{self, Name};
use crate::object::wait::Waitable;
use crate::object::{HandleCount, Object};
use longshore_win32_macros::export;
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

    /// Makes it not signaled.
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
#[export]
pub unsafe fn CreateEventA(_: Ignored, manual: bool, signaled: bool, name: Option<CStrArg>) -> HANDLE {
    create(manual, signaled, names::narrow(name))
}

/// As [`CreateEventA`].
#[export]
pub unsafe fn CreateEventW(_: Ignored, manual: bool, signaled: bool, name: Option<WStrArg>) -> HANDLE {
    create(manual, signaled, names::wide(name))
}

/// As [`CreateEventA`], with flags.
#[export]
pub unsafe fn CreateEventExA(_: Ignored, name: Option<CStrArg>, flags: u32, _access: u32) -> HANDLE {
    create_flagged(flags, names::narrow(name))
}

/// As [`CreateEventA`], with flags.
#[export]
pub unsafe fn CreateEventExW(_: Ignored, name: Option<WStrArg>, flags: u32, _access: u32) -> HANDLE {
    create_flagged(flags, names::wide(name))
}

/// Opens an event by its name.
#[export]
pub unsafe fn OpenEventA(_access: u32, _inherit: bool, name: Option<CStrArg>) -> HANDLE {
    names::opened(names::narrow(name).and_then(names::open::<Event>))
}

/// As [`OpenEventA`].
#[export]
pub unsafe fn OpenEventW(_access: u32, _inherit: bool, name: Option<WStrArg>) -> HANDLE {
    names::opened(names::wide(name).and_then(names::open::<Event>))
}

/// Signals an event.
#[export]
pub fn SetEvent(event: Handle<Event>) -> Result<(), Win32Error> {
    event.get()?.set();
    Ok(())
}

/// Makes an event not signaled.
#[export]
pub fn ResetEvent(event: Handle<Event>) -> Result<(), Win32Error> {
    event.get()?.reset();
    Ok(())
}

/// Releases those who wait now (of an auto-reset event: one of them), and leaves the event unsignaled.
#[export]
pub fn PulseEvent(event: Handle<Event>) -> Result<(), Win32Error> {
    event.get()?.pulse();
    Ok(())
}

/// Makes a manual-reset event.
///
/// Source: Windows documentation, `WSACreateEvent`.
#[export]
pub fn WSACreateEvent() -> HANDLE {
    create(true, false, Ok(None))
}

/// [`SetEvent`] by its Winsock name; `WSA_INVALID_HANDLE` is the same number.
#[export]
pub fn WSASetEvent(event: Handle<Event>) -> Result<(), Win32Error> {
    event.get()?.set();
    Ok(())
}

/// [`ResetEvent`] by its Winsock name.
#[export]
pub fn WSAResetEvent(event: Handle<Event>) -> Result<(), Win32Error> {
    event.get()?.reset();
    Ok(())
}

/// Closes an event.
#[export]
pub fn WSACloseEvent(event: HANDLE) -> Result<(), Win32Error> {
    handles::close(event)
}
