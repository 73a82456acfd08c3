//! The handle table: `HANDLE` and `SOCKET` values, and the objects they name.
//!
//! A value is a multiple of four (the two low bits are the caller's, A4) made of a place in the table
//! and a generation, so that a value that was closed does not reach the object that took its place
//! (C6). Values stay below 2^31, because programs print sockets with `%d` and keep them in an `int`. A
//! place is reused only after a thousand others, and returns to the same value after 512 reuses of its
//! own: half a million closes later.
//!
//! Looking a handle up takes no lock, and need not count a reference to the object: [`borrow`] keeps the
//! object alive through its place ([`super::place`]).

use crate::abi::argument::{Argument, Out, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use crate::abi::start::START;
use crate::abi::{fork, reserve};
use crate::object::place::{GENERATION_MAX, Place};
use crate::object::process::{self, Process};
use crate::object::{Object, thread};
use crate::sync::lock::Lock;
use crate::sync::rank::{Rank, nothing_is_held};
use longshore_win32_macros::export;
use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
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
const SEGMENT: usize = 1024;
const SEGMENTS: usize = (1 << PLACE_BITS) / SEGMENT;
/// How many places must be free before one is reused.
const REST: usize = 1024;

/// What a place holds.
struct Entry {
    object: Arc<dyn Object>,
    /// Where the object is.
    address: Address,
    /// The object's type.
    kind: TypeId,
    /// The number of the place.
    place: u32,
    /// `HANDLE_FLAG_INHERIT`, `HANDLE_FLAG_PROTECT_FROM_CLOSE`, and [`DUPLICATE`].
    flags: AtomicU32,
}

/// The address of an object of any type.
struct Address(*const ());

// SAFETY: it is used together with the reference beside it, which many threads may use.
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

/// `DuplicateHandle` made the value (S21).
const DUPLICATE: u32 = 1 << 31;

type Segment = Box<[Place<Entry>; SEGMENT]>;

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
    #[inline]
    fn place(&self, place: u32) -> Option<&Place<Entry>> {
        let place = place as usize;
        Some(&self.segments.get(place / SEGMENT)?.get()?[place % SEGMENT])
    }

    /// Has a place used again, which is free.
    fn give_back(&self, place: u32) {
        self.free.lock().places.push_back(place);
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
        self.segments[place as usize / SEGMENT]
            .get_or_init(|| Box::new(std::array::from_fn(|_| Place::new())));
        Some(place)
    }
}

fn value_of(place: u32, generation: u16) -> HANDLE {
    ((usize::from(generation) << PLACE_BITS | place as usize) << 2) as HANDLE
}

/// The place and the generation of a value, if it can be a handle.
#[inline]
fn parts_of(handle: HANDLE) -> Option<(u32, u16)> {
    let value = handle as usize >> 2;
    let generation = value >> PLACE_BITS;
    if generation > usize::from(GENERATION_MAX) {
        return None;
    }
    Some((value as u32 & ((1 << PLACE_BITS) - 1), generation as u16))
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
        TABLE.give_back(place);
        return Err(INVALID);
    }
    Ok(fill(place, object, duplicate))
}

fn allocate() -> Result<u32, Win32Error> {
    fork::check()?;
    reserve::admit()?;
    TABLE.allocate().ok_or(Win32Error(ERROR_NO_SYSTEM_RESOURCES))
}

/// The handle has been counted, and the place allocated.
fn fill(place: u32, object: Arc<dyn Object>, duplicate: bool) -> HANDLE {
    let any: &dyn Any = &*object;
    let (kind, flags) = (any.type_id(), AtomicU32::new(if duplicate { DUPLICATE } else { 0 }));
    let address = Address(Arc::as_ptr(&object).cast());
    let entry = Entry { object, address, kind, place, flags };
    #[expect(clippy::expect_used, reason = "allocating a place makes its segment, and segments stay")]
    let place_of_it = TABLE.place(place).expect("an allocated place exists");
    // SAFETY: the place is the caller's.
    let generation = unsafe { place_of_it.fill(entry) };
    value_of(place, generation)
}

/// A use of a place, by which its entry stays.
struct Use(&'static Place<Entry>);

impl Use {
    #[inline(always)]
    fn of(handle: HANDLE) -> Result<Use, Win32Error> {
        let (place, generation) = parts_of(handle).ok_or(INVALID)?;
        fork::check()?;
        let place = TABLE.place(place).ok_or(INVALID)?;
        if place.enter(generation) { Ok(Use(place)) } else { Err(INVALID) }
    }
}

impl Deref for Use {
    type Target = Entry;

    #[inline]
    fn deref(&self) -> &Entry {
        // SAFETY: entered when this was made, and left when it is dropped.
        unsafe { self.0.value() }
    }
}

impl Drop for Use {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(entry) = self.0.leave() {
            drained(entry);
        }
    }
}

/// The last user of a closed place has left it.
#[cold]
fn drained(entry: Entry) {
    TABLE.give_back(entry.place);
}

/// An object, kept alive by the place of its handle: no reference is counted. It is for the time of a call.
pub struct Borrowed<T> {
    object: NonNull<T>,
    /// Keeps the object alive.
    _place: Use,
}

impl<T: Object> Borrowed<T> {
    /// A reference that may outlive the call.
    #[inline]
    pub fn to_arc(&self) -> Arc<T> {
        // SAFETY: the object is in an `Arc`, of which the place holds a reference.
        unsafe {
            Arc::increment_strong_count(self.object.as_ptr());
            Arc::from_raw(self.object.as_ptr())
        }
    }
}

impl<T> Deref for Borrowed<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the place holds a reference to the object for as long as it is used.
        unsafe { self.object.as_ref() }
    }
}

/// The object a handle names, if it is of this type, for the time of a call. Pseudo-handles name none.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if it names none, or one of another type (A5).
#[inline(always)]
pub fn borrow<T: Object>(handle: HANDLE) -> Result<Borrowed<T>, Win32Error> {
    let place = Use::of(handle)?;
    if place.kind != TypeId::of::<T>() {
        return Err(INVALID);
    }
    let object = place.address.0.cast_mut().cast::<T>();
    // SAFETY: an object is somewhere.
    Ok(Borrowed { object: unsafe { NonNull::new_unchecked(object) }, _place: place })
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
    Ok(Use::of(handle)?.object.clone())
}

/// The object a handle names, if it is of this type.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if it names none, or one of another type (A5).
pub fn get<T: Object>(handle: HANDLE) -> Result<Arc<T>, Win32Error> {
    if handle == INVALID_HANDLE_VALUE || handle == CURRENT_THREAD {
        let object: Arc<dyn Any + Send + Sync> = get_any(handle)?;
        return object.downcast().map_err(|_| INVALID);
    }
    borrow::<T>(handle).map(|object| object.to_arc())
}

/// Whether a valid handle was made by `DuplicateHandle`.
pub fn is_duplicate(handle: HANDLE) -> bool {
    Use::of(handle).is_ok_and(|entry| entry.flags.load(Ordering::Relaxed) & DUPLICATE != 0)
}

/// Closes a handle; the object is told when it was the last.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if it names nothing (any more), or is protected from being closed.
pub(crate) fn close(handle: HANDLE) -> Result<(), Win32Error> {
    let (_, generation) = parts_of(handle).ok_or(INVALID)?;
    let entry = Use::of(handle)?;
    let protected = entry.flags.load(Ordering::Relaxed) & HANDLE_FLAG_PROTECT_FROM_CLOSE != 0;
    if protected || !entry.0.close(generation) {
        return Err(INVALID);
    }
    let object = entry.object.clone();
    drop(entry);
    nothing_is_held("the end of an object");
    if object.handle_count().closed() {
        object.last_handle_closed();
    }
    Ok(())
}

/// Every object that has a handle, some of them several times.
pub fn all() -> Vec<Arc<dyn Object>> {
    let fresh = TABLE.free.lock().fresh;
    let object_at = |number| {
        let place = TABLE.place(number)?;
        let (generation, open) = place.state();
        (open && place.enter(generation)).then(|| Use(place).object.clone())
    };
    (1..fresh).filter_map(object_at).collect()
}

/// Closes the handles of all objects that are `wanted`. One that is made meanwhile may stay.
pub(crate) fn close_all(wanted: impl Fn(&dyn Object) -> bool) {
    let fresh = TABLE.free.lock().fresh;
    let value = |number| {
        let place = TABLE.place(number)?;
        let (generation, open) = place.state();
        let entry = (open && place.enter(generation)).then(|| Use(place))?;
        wanted(&*entry.object).then(|| value_of(number, generation))
    };
    for handle in (1..fresh).filter_map(value).collect::<Vec<_>>() {
        // Another thread may have been faster, or it is protected.
        let _ = close(handle);
    }
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

    /// The object, for the time of the call.
    ///
    /// # Errors
    /// As for [`borrow`].
    #[inline(always)]
    pub fn borrow(self) -> Result<Borrowed<T>, Win32Error> {
        borrow(self.0)
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
            Use::of(duplicate)?.flags.fetch_or(HANDLE_FLAG_INHERIT, Ordering::Relaxed);
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
        handle => Use::of(handle)?.flags.load(Ordering::Relaxed) & !DUPLICATE,
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
    if handle == INVALID_HANDLE_VALUE || handle == CURRENT_THREAD {
        return Ok(()); // Nothing to close, and nothing to hand on.
    }
    let changed = |now| Some(now & !mask | flags & mask);
    let _ = Use::of(handle)?.flags.fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed);
    Ok(())
}

/// Whether two handles name the same object.
///
/// Source: Windows documentation, `CompareObjectHandles`.
#[export]
pub fn CompareObjectHandles(one: HANDLE, other: HANDLE) -> bool {
    matches!((get_any(one), get_any(other)), (Ok(one), Ok(other)) if Arc::ptr_eq(&one, &other))
}
