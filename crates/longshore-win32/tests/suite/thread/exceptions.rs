//! What exceptions promise. What ends a process is tried in a process of its own.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API, or faults on purpose.

use longshore_fixtures::process::{alone, command, part};
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    AddVectoredExceptionHandler, HeapAlloc, HeapCreate, HeapDestroy, HeapReAlloc, Pointers, RaiseException,
    RemoveVectoredExceptionHandler, SetUnhandledExceptionFilter,
};
use std::os::unix::process::ExitStatusExt;
use std::process::Output;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

static SEEN: AtomicU32 = AtomicU32::new(0);
static PARAMETER: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C-unwind" fn passes(pointers: *mut Pointers) -> i32 {
    let record = unsafe { &*(*pointers).record };
    SEEN.store(record.code, Ordering::Relaxed);
    PARAMETER.store(record.parameters[1], Ordering::Relaxed);
    -1
}

unsafe extern "C-unwind" fn reports(pointers: *mut Pointers) -> i32 {
    let record = unsafe { &*(*pointers).record };
    println!("code {:#X} address {:#X}", record.code, record.parameters[1]);
    1
}

unsafe extern "C-unwind" fn looks_on(_pointers: *mut Pointers) -> i32 {
    println!("seen");
    0
}

/// Runs the named test in a process of its own, where `body` runs.
fn in_a_process(test: &str, body: impl FnOnce()) -> Option<Output> {
    if part().is_some() {
        body();
        return None;
    }
    Some(command(test, "the one that ends").output().unwrap())
}

#[test]
fn a_handler_can_let_a_raised_exception_pass() {
    if !alone(this_test!()) {
        return;
    }
    unsafe {
        let handle = AddVectoredExceptionHandler(1, Some(passes));
        RaiseException(0xE000_0001, 0, 2, [5, 6].as_ptr());
        assert_eq!((SEEN.load(Ordering::Relaxed), PARAMETER.load(Ordering::Relaxed)), (0xE000_0001, 6));
        assert_eq!(RemoveVectoredExceptionHandler(handle), 1);
        assert_eq!(RemoveVectoredExceptionHandler(handle), 0);
        assert!(AddVectoredExceptionHandler(1, None).is_null());
    }
}

#[test]
fn a_heap_raises_that_memory_has_run_out_if_it_was_asked_to_seh15() {
    const GENERATE_EXCEPTIONS: u32 = 4;
    const NO_MEMORY: u32 = 0xC000_0017;
    if !alone(this_test!()) {
        return;
    }
    unsafe {
        AddVectoredExceptionHandler(1, Some(passes));
        let (plain, raising) = (HeapCreate(0, 0, 4096), HeapCreate(GENERATE_EXCEPTIONS, 0, 4096));
        let seen = || SEEN.swap(0, Ordering::Relaxed);
        assert!(HeapAlloc(plain, 0, 8192).is_null() && seen() == 0);
        assert!(HeapAlloc(plain, GENERATE_EXCEPTIONS, 8192).is_null() && seen() == NO_MEMORY);
        assert!(HeapAlloc(raising, 0, 8192).is_null() && seen() == NO_MEMORY);
        let block = HeapAlloc(raising, 0, 16);
        assert!(!block.is_null() && seen() == 0);
        assert!(HeapReAlloc(raising, 0, block, 8192).is_null() && seen() == NO_MEMORY);
        assert_eq!(HeapDestroy(raising) + HeapDestroy(plain), 2);
    }
}

/// The exception of a load from a bad address in rdi: a garbage collector or a
/// debugger puts a good one there.
#[cfg(target_arch = "x86_64")]
unsafe extern "C-unwind" fn repairs(pointers: *mut Pointers) -> i32 {
    static VALUE: u64 = 41;
    unsafe { (*(*pointers).context).general[7] = &raw const VALUE as u64 };
    -1
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_handler_can_repair_a_register() {
    let output = in_a_process(this_test!(), || unsafe {
        AddVectoredExceptionHandler(1, Some(repairs));
        let value: u64;
        std::arch::asm!("mov {value}, [rdi]", value = out(reg) value, inout("rdi") 24_u64 => _);
        std::process::exit(value as i32);
    });
    assert_eq!(output.unwrap().status.code(), Some(41));
}

#[test]
fn a_filter_sees_a_fault_and_ends_the_process_with_its_code() {
    let output = in_a_process(this_test!(), || unsafe {
        SetUnhandledExceptionFilter(Some(reports));
        std::ptr::with_exposed_provenance_mut::<u32>(0x18).write_volatile(1);
    });
    let Some(output) = output else { unreachable!("the filter ended the process") };
    assert!(String::from_utf8_lossy(&output.stdout).contains("code 0xC0000005 address 0x18"));
    assert_eq!(output.status.code(), Some(0x05), "as much of the code as Linux keeps");
}

#[test]
fn a_fault_nobody_handles_ends_the_process_by_its_signal() {
    let output = in_a_process(this_test!(), || unsafe {
        SetUnhandledExceptionFilter(Some(looks_on));
        std::ptr::with_exposed_provenance_mut::<u32>(0x18).write_volatile(1);
    });
    let Some(output) = output else { unreachable!("the fault ended the process") };
    assert!(String::from_utf8_lossy(&output.stdout).contains("seen"));
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
}

#[test]
fn a_raised_exception_nobody_handles_ends_the_process_and_says_why() {
    let output = in_a_process(this_test!(), || unsafe {
        RaiseException(0xE000_0002, 0, 0, std::ptr::null());
    });
    let Some(output) = output else { unreachable!("the exception ended the process") };
    assert!(String::from_utf8_lossy(&output.stderr).contains("0xE0000002"));
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
}
