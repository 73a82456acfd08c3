//! The handle table: `HANDLE` and `SOCKET` values, and the objects they name.
//!
//! A value is a multiple of four (the two low bits are the caller's, A4) made of a place in the table
//! and a generation, so that a value that was closed does not reach the object that took its place
//! (C6). Values stay below 2^31, because programs print sockets with `%d` and keep them in an `int`. A
//! place is reused only after a thousand others, and returns to the same value after 512 reuses of its
//! own: half a million closes later.

use crate::abi::argument::{Argument, Out, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use crate::abi::start::START;
use crate::abi::{fork, reserve};
use crate::object::process::{self, Process};
use crate::object::{Object, thread};
use crate::sync::lock::Lock;
use crate::sync::rank::{Rank, nothing_is_held};
use longshore_win32_macros::export;
use std::any::Any;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use windows_sys::Win32::Foundation::{
    DUPLICATE_CLOSE_SOURCE, DUPLICATE_SAME_ACCESS, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER,
    ERROR_NO_SYSTEM_RESOURCES, HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE,
};

/// A handle as the C API passes it.
pub type HANDLE = *mut c_void;

/// `INVALID_HANDLE_VALUE`, which is also the pseudo-handle of the current process (A5).
pub const INVALID_HANDLE_VALUE: HANDLE = usize::MAX as HANDLE;

/// The pseudo-handle of the current thread.
pub const CURRENT_THREAD: HANDLE = (usize::MAX - 1) as HANDLE;

const PLACE_BITS: u32 = 20;
const GENERATION_MAX: u16 = 511;
const SEGMENT: usize = 1024;
const SEGMENTS: usize = (1 << PLACE_BITS) / SEGMENT;
/// How many places must be free before one is reused.
const REST: usize = 1024;

#[derive(Default)]
struct Place {
    generation: u16,
    object: Option<Arc<dyn Object>>,
    /// `DuplicateHandle` made the value (S21).
    duplicate: bool,
    /// `HANDLE_FLAG_INHERIT` and `HANDLE_FLAG_PROTECT_FROM_CLOSE`.
    flags: u32,
}

type Segment = Box<[Lock<Place>]>;

struct Table {
    segments: [OnceLock<Segment>; SEGMENTS],
    free: Lock<Free>,
    /// Refers to the start-up code: every program that uses the library has this
    /// table, so the linker takes both.
    _start: &'static extern "C" fn(),
}

struct Free {
    /// Free places, the oldest first.
    places: VecDeque<u32>,
    /// Never used from here on. Place 0 is never used: its first value would be NULL.
    fresh: u32,
}

static TABLE: Table = Table {
    segments: [const { OnceLock::new() }; SEGMENTS],
    free: Lock::new(Rank::HANDLES, Free { places: VecDeque::new(), fresh: 1 }),
    _start: &START,
};

impl Table {
    fn place(&self, place: u32) -> Option<&Lock<Place>> {
        let place = place as usize;
        self.segments.get(place / SEGMENT)?.get()?.get(place % SEGMENT)
    }

    /// A free place.
    fn allocate(&self) -> Option<u32> {
        let mut free = self.free.lock();
        let exhausted = free.fresh >> PLACE_BITS != 0;
        if (exhausted || free.places.len() > REST)
            && let Some(place) = free.places.pop_front()
        {
            return Some(place);
        }
        if exhausted {
            return None;
        }
        let place = free.fresh;
        let given_back = free.places.len();
        free.places.try_reserve(place as usize - given_back).ok()?; // Closing needs no memory.
        free.fresh += 1;
        drop(free);
        self.segments[place as usize / SEGMENT].get_or_init(|| {
            std::iter::repeat_with(|| Lock::new(Rank::HANDLES, Place::default())).take(SEGMENT).collect()
        });
        Some(place)
    }
}

fn value_of(place: u32, generation: u16) -> HANDLE {
    ((usize::from(generation) << PLACE_BITS | place as usize) << 2) as HANDLE
}

/// The place and the generation of a value, if it can be a handle.
fn parts_of(handle: HANDLE) -> Option<(u32, u16)> {
    let value = handle as usize >> 2;
    let generation = u16::try_from(value >> PLACE_BITS).ok()?;
    (generation <= GENERATION_MAX).then_some((value as u32 & ((1 << PLACE_BITS) - 1), generation))
}

const INVALID: Win32Error = Win32Error(ERROR_INVALID_HANDLE);

/// Makes a handle.
///
/// # Errors
/// `ERROR_NO_SYSTEM_RESOURCES` with a million handles open, or when memory has run out.
pub fn insert(object: Arc<dyn Object>) -> Result<HANDLE, Win32Error> {
    insert_with(object, false)
}

fn insert_with(object: Arc<dyn Object>, duplicate: bool) -> Result<HANDLE, Win32Error> {
    let place = allocate()?;
    object.handle_count().opened();
    Ok(fill(place, object, duplicate))
}

/// Makes another handle of an object that already has one. Another thread may have closed the last one since
/// the caller looked the object up.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if it was closed meanwhile; as for [`insert`].
pub(crate) fn insert_again(object: Arc<dyn Object>, duplicate: bool) -> Result<HANDLE, Win32Error> {
    let place = allocate()?;
    if !object.handle_count().opened_again() {
        TABLE.free.lock().places.push_back(place);
        return Err(INVALID);
    }
    Ok(fill(place, object, duplicate))
}

fn allocate() -> Result<u32, Win32Error> {
    fork::check()?;
    reserve::admit()?;
    TABLE.allocate().ok_or(Win32Error(ERROR_NO_SYSTEM_RESOURCES))
}

/// The handle has been counted.
fn fill(place: u32, object: Arc<dyn Object>, duplicate: bool) -> HANDLE {
    let mut slot = TABLE.place(place).expect("an allocated place exists").lock();
    slot.object = Some(object);
    slot.duplicate = duplicate;
    slot.flags = 0;
    value_of(place, slot.generation)
}

fn with_place<R>(handle: HANDLE, look: impl FnOnce(&mut Place) -> R) -> Result<R, Win32Error> {
    let (place, generation) = parts_of(handle).ok_or(INVALID)?;
    fork::check()?;
    let mut slot = TABLE.place(place).ok_or(INVALID)?.lock();
    if slot.generation != generation || slot.object.is_none() {
        return Err(INVALID);
    }
    Ok(look(&mut slot))
}

/// The object a handle names. The pseudo-handles name the current process and thread.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if it names none.
pub fn get_any(handle: HANDLE) -> Result<Arc<dyn Object>, Win32Error> {
    if handle == INVALID_HANDLE_VALUE {
        return Ok(process::current());
    }
    if handle == CURRENT_THREAD {
        return Ok(thread::current());
    }
    with_place(handle, |place| place.object.clone())?.ok_or(INVALID)
}

/// The object a handle names, if it is of this type.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if it names none, or one of another type (A5).
pub fn get<T: Object>(handle: HANDLE) -> Result<Arc<T>, Win32Error> {
    let object: Arc<dyn Any + Send + Sync> = get_any(handle)?;
    object.downcast().map_err(|_| INVALID)
}

/// Whether a valid handle was made by `DuplicateHandle`.
pub fn is_duplicate(handle: HANDLE) -> bool {
    with_place(handle, |place| place.duplicate).unwrap_or(false)
}

/// Closes a handle; the object is told when it was the last.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if it names nothing (any more), or is protected from being closed.
pub(crate) fn close(handle: HANDLE) -> Result<(), Win32Error> {
    let object = with_place(handle, |place| {
        if place.flags & HANDLE_FLAG_PROTECT_FROM_CLOSE != 0 {
            return None;
        }
        place.generation = if place.generation == GENERATION_MAX { 0 } else { place.generation + 1 };
        place.object.take()
    })?
    .ok_or(INVALID)?;
    if let Some((place, _)) = parts_of(handle) {
        TABLE.free.lock().places.push_back(place);
    }
    nothing_is_held("the end of an object");
    if object.handle_count().closed() {
        object.last_handle_closed();
    }
    Ok(())
}

/// Every object that has a handle, some of them several times.
pub fn all() -> Vec<Arc<dyn Object>> {
    let fresh = TABLE.free.lock().fresh;
    (1..fresh).filter_map(|place| TABLE.place(place)?.lock().object.clone()).collect()
}

/// A handle as an argument: of a `T`, or of any object (`Handle<dyn Object>`).
///
/// C promises nothing by passing it. What it names is looked up when the body asks.
#[repr(transparent)]
pub struct Handle<T: ?Sized>(HANDLE, PhantomData<fn() -> Arc<T>>);

impl<T: ?Sized> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Handle<T> {}

impl<T: ?Sized> Handle<T> {
    /// The value.
    pub fn value(self) -> HANDLE {
        self.0
    }
}

impl<T: Object> Handle<T> {
    /// The object.
    ///
    /// # Errors
    /// As for [`get`].
    pub fn get(self) -> Result<Arc<T>, Win32Error> {
        get(self.0)
    }
}

impl Handle<dyn Object> {
    /// The object.
    ///
    /// # Errors
    /// As for [`get_any`].
    pub fn get(self) -> Result<Arc<dyn Object>, Win32Error> {
        get_any(self.0)
    }
}

// SAFETY: it is a value that is looked up.
unsafe impl<T: ?Sized> Argument for Handle<T> {
    type C = HANDLE;
    const PROMISE: bool = false;

    #[inline(always)]
    unsafe fn from_c(value: HANDLE) -> Self {
        Handle(value, PhantomData)
    }
}

/// Closes a handle. The pseudo-handles of the current process and thread need no closing and accept it.
///
/// Source: Windows documentation, `CloseHandle`.
#[export]
pub fn CloseHandle(handle: HANDLE) -> Result<(), Win32Error> {
    if matches!(handle as isize, -1 | -2) {
        return Ok(());
    }
    close(handle)
}

/// Makes another handle of the same object (P3, C2). Both processes must be the current one.
///
/// Source: Windows documentation, `DuplicateHandle`.
#[export]
pub unsafe fn DuplicateHandle(
    source_process: Handle<Process>,
    source: HANDLE,
    target_process: Handle<Process>,
    target: Option<Out<HANDLE>>,
    _access: u32,
    inherit: bool,
    options: u32,
) -> Result<(), Win32Error> {
    source_process.get()?;
    target_process.get()?;
    if options & !(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS) != 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let object = get_any(source)?;
    if let Some(target) = target {
        target.probe()?; // Otherwise the new handle could not be returned, and would leak.
        // What a pseudo-handle names need not have a handle.
        let duplicate = if source == INVALID_HANDLE_VALUE || source == CURRENT_THREAD {
            insert_with(object, true)?
        } else {
            insert_again(object, true)?
        };
        if inherit {
            with_place(duplicate, |place| place.flags = HANDLE_FLAG_INHERIT)?;
        }
        target.write(duplicate)?;
    }
    if options & DUPLICATE_CLOSE_SOURCE != 0 {
        return close(source);
    }
    Ok(())
}

/// The flags of a handle.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `GetHandleInformation`.
#[export]
pub unsafe fn GetHandleInformation(handle: HANDLE, flags: Option<Out<u32>>) -> Result<(), Win32Error> {
    let known = match handle {
        INVALID_HANDLE_VALUE | CURRENT_THREAD => 0,
        handle => with_place(handle, |place| place.flags)?,
    };
    Ok(flags.write_if_asked(known)?)
}

/// Sets those flags of a handle that the mask names. `HANDLE_FLAG_PROTECT_FROM_CLOSE` keeps it from being
/// closed. Handles belong to one process, so that `HANDLE_FLAG_INHERIT` is only remembered.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, or `ERROR_INVALID_PARAMETER` for an unknown flag.
///
/// Source: Windows documentation, `SetHandleInformation`.
#[export]
pub fn SetHandleInformation(handle: HANDLE, mask: u32, flags: u32) -> Result<(), Win32Error> {
    if mask & !(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    match handle {
        INVALID_HANDLE_VALUE | CURRENT_THREAD => Ok(()), // Nothing to close, and nothing to hand on.
        handle => with_place(handle, |place| place.flags = place.flags & !mask | flags & mask),
    }
}

/// Whether two handles name the same object.
///
/// Source: Windows documentation, `CompareObjectHandles`.
#[export]
pub fn CompareObjectHandles(one: HANDLE, other: HANDLE) -> bool {
    matches!((get_any(one), get_any(other)), (Ok(one), Ok(other)) if Arc::ptr_eq(&one, &other))
}
