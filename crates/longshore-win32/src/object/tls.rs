//! `TlsAlloc` and `FlsAlloc`: values of each thread by index.
//!
//! An index that is freed and allocated again must read as zero in every thread. So every index has a
//! generation, and a value counts only if it was stored in the same.

use crate::abi::argument::Callback;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::object::thread;
use crate::sync::lock::Lock;
use longshore_win32_macros::export;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_NO_MORE_ITEMS, ERROR_SUCCESS};
use windows_sys::Win32::System::Threading::{FLS_OUT_OF_INDEXES, TLS_OUT_OF_INDEXES};

/// As many as Windows has: 64 in the thread's block and 1024 more.
const TLS_INDEXES: usize = 1088;
const FLS_INDEXES: usize = 1024;

/// A value, and the generation of the index it was stored in.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    generation: u32,
    value: *mut c_void,
}

// SAFETY: the pointer is the program's; it is returned, never followed.
unsafe impl Send for Slot {}

const EMPTY: Slot = Slot { generation: 0, value: ptr::null_mut() };

static TLS_TAKEN: Lock<[bool; TLS_INDEXES]> = Lock::last("the TLS indexes", [false; TLS_INDEXES]);
static TLS_GENERATIONS: [AtomicU32; TLS_INDEXES] = [const { AtomicU32::new(1) }; TLS_INDEXES];

thread_local! {
    /// Made by the first `TlsSetValue`. Without a destructor, so that others can use it; see [`thread_ends`].
    static TLS: Cell<*mut [Slot; TLS_INDEXES]> = const { Cell::new(ptr::null_mut()) };
}

const NO_SUCH_INDEX: Win32Error = Win32Error(ERROR_INVALID_PARAMETER);

/// Reserves an index.
///
/// Source: Windows documentation, `TlsAlloc`.
#[export(failure = TLS_OUT_OF_INDEXES)]
pub fn TlsAlloc() -> Result<u32, Win32Error> {
    let mut taken = TLS_TAKEN.lock();
    // Index 0 belongs to the system on Windows, and programs use it for "none".
    let free = (1..TLS_INDEXES).find(|&index| !taken[index]);
    let index = free.ok_or(Win32Error(ERROR_NO_MORE_ITEMS))?;
    taken[index] = true;
    TLS_GENERATIONS[index].fetch_add(1, Ordering::Relaxed);
    Ok(index as u32)
}

/// Gives an index back.
#[export]
pub fn TlsFree(index: u32) -> Result<(), Win32Error> {
    let mut taken = TLS_TAKEN.lock();
    match taken.get_mut(index as usize) {
        Some(taken) if *taken => {
            *taken = false;
            TLS_GENERATIONS[index as usize].fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        _ => Err(NO_SUCH_INDEX),
    }
}

/// The calling thread's value; sets the last error even if it succeeds, because the value may be NULL.
#[export]
pub fn TlsGetValue(index: u32) -> Result<*mut c_void, Win32Error> {
    let generation = TLS_GENERATIONS.get(index as usize).ok_or(NO_SUCH_INDEX)?;
    SetLastError(ERROR_SUCCESS);
    let slots = TLS.with(Cell::get);
    if slots.is_null() {
        return Ok(ptr::null_mut());
    }
    // SAFETY: the calling thread's block, which only it uses; the index was checked.
    let slot = unsafe { (*slots)[index as usize] };
    let current = slot.generation == generation.load(Ordering::Relaxed);
    Ok(if current { slot.value } else { ptr::null_mut() })
}

/// Stores the calling thread's value.
#[export]
pub fn TlsSetValue(index: u32, value: *mut c_void) -> Result<(), Win32Error> {
    let generation = TLS_GENERATIONS.get(index as usize).ok_or(NO_SUCH_INDEX)?;
    let mut slots = TLS.with(Cell::get);
    if slots.is_null() {
        thread::current_id(); // Makes the thread's object, so that the block is freed when the thread ends.
        slots = Box::into_raw(Box::new([EMPTY; TLS_INDEXES]));
        TLS.with(|tls| tls.set(slots));
    }
    let generation = generation.load(Ordering::Relaxed);
    // SAFETY: as in TlsGetValue.
    unsafe { (*slots)[index as usize] = Slot { generation, value } };
    Ok(())
}

/// The calling thread runs no more of the program's code.
pub(crate) fn thread_ends() {
    let slots = TLS.with(|tls| tls.replace(ptr::null_mut()));
    if !slots.is_null() {
        // SAFETY: from `Box::into_raw`, and nobody else's.
        drop(unsafe { Box::from_raw(slots) });
    }
}

/// What is called with a thread's value when the thread ends or the index is freed.
pub type PFLS_CALLBACK_FUNCTION = unsafe extern "C-unwind" fn(*mut c_void);

#[derive(Clone, Copy)]
struct FlsIndex {
    taken: bool,
    generation: u32,
    callback: Option<Callback<PFLS_CALLBACK_FUNCTION>>,
}

static FLS: Lock<[FlsIndex; FLS_INDEXES]> =
    Lock::last("the FLS indexes", [FlsIndex { taken: false, generation: 0, callback: None }; FLS_INDEXES]);

/// The generation and the callback of an index, if it is taken.
fn fls(index: u32) -> Option<FlsIndex> {
    FLS.lock().get(index as usize).copied().filter(|index| index.taken)
}

/// Reserves an index whose values `callback`, unless it is NULL, is called with when their threads end.
///
/// Source: Windows documentation, `FlsAlloc`.
#[export(failure = FLS_OUT_OF_INDEXES)]
pub unsafe fn FlsAlloc(callback: Option<Callback<PFLS_CALLBACK_FUNCTION>>) -> Result<u32, Win32Error> {
    let mut indexes = FLS.lock();
    // Index 0 is never given out, as on Windows.
    let free = (1..FLS_INDEXES).find(|&place| !indexes[place].taken);
    let place = free.ok_or(Win32Error(ERROR_NO_MORE_ITEMS))?;
    let generation = indexes[place].generation.wrapping_add(1);
    indexes[place] = FlsIndex { taken: true, generation, callback };
    Ok(place as u32)
}

/// Gives an index back; the callback is called for every thread's value, on this thread.
#[export(callbacks)]
pub fn FlsFree(index: u32) -> Result<(), Win32Error> {
    let entry = {
        let mut indexes = FLS.lock();
        let entry = indexes.get_mut(index as usize).filter(|entry| entry.taken).ok_or(NO_SUCH_INDEX)?;
        entry.taken = false;
        *entry
    };
    for thread in thread::live() {
        let mut slots = thread.fls.lock();
        let slot = slots.get_mut(index as usize).map(|slot| std::mem::replace(slot, EMPTY));
        drop(slots);
        call(entry, slot);
    }
    Ok(())
}

fn call(entry: FlsIndex, slot: Option<Slot>) {
    if let (Some(callback), Some(slot)) = (entry.callback, slot)
        && slot.generation == entry.generation
        && !slot.value.is_null()
    {
        // SAFETY: the program gave the function for values of this index.
        unsafe { callback.call(slot.value) };
    }
}

/// The calling thread's value; sets the last error even if it succeeds.
#[export]
pub fn FlsGetValue(index: u32) -> Result<*mut c_void, Win32Error> {
    let entry = fls(index).ok_or(NO_SUCH_INDEX)?;
    SetLastError(ERROR_SUCCESS);
    let slot = thread::current().fls.lock().get(index as usize).copied();
    let current = slot.filter(|slot| slot.generation == entry.generation);
    Ok(current.map_or(ptr::null_mut(), |slot| slot.value))
}

/// Stores the calling thread's value.
#[export]
pub fn FlsSetValue(index: u32, value: *mut c_void) -> Result<(), Win32Error> {
    let entry = fls(index).ok_or(NO_SUCH_INDEX)?;
    let thread = thread::current();
    let mut slots = thread.fls.lock();
    if slots.len() <= index as usize {
        slots.resize(index as usize + 1, EMPTY);
    }
    slots[index as usize] = Slot { generation: entry.generation, value };
    Ok(())
}

/// The calling thread ends: its values go to their callbacks.
pub(crate) fn call_back() {
    let Some(thread) = thread::current_if_known() else { return };
    let slots = std::mem::take(&mut *thread.fls.lock());
    for (index, slot) in slots.into_iter().enumerate() {
        if let Some(entry) = fls(index as u32) {
            call(entry, Some(slot));
        }
    }
}
