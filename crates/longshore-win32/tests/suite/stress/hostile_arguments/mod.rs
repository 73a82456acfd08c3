//! Every exported function is called with arguments that no sensible program passes: NULL, wild, unaligned and read-only
//! pointers, memory that ends too early, closed, stale and wrong handles, zero and huge numbers. Each call has a
//! process of its own and a time limit.
//!
//! 1. No call dies of a signal. `TRUSTED` says where Windows itself lets a program die, and why.
//! 2. No call panics: that is `ERROR_INTERNAL_ERROR` to a program, which Windows never says.
//! 3. A call may wait; it is over when its time is.
//!
//! The functions and their parameters are read from the sources, so that a new function is among them. Each parameter
//! gets each value of its kind while the others are sound; then come mixtures by chance. `LONGSHORE_HOSTILE_MIXTURES`
//! says how many for each function, `LONGSHORE_FUZZ_SEED` which, `LONGSHORE_HOSTILE_ONLY` names one function, whose calls are
//! then told one by one.

mod signatures;
mod values;

use crate::stress::call_sequences::{Random, number_from};
use longshore_fixtures::process::{command, part, without_limit};
use longshore_fixtures::this_test;
use longshore_win32::testing::{EXPORTS, Function};
use signatures::Signature;
use std::ffi::c_void;
use std::process::Stdio;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use values::{Value, World};

/// So many processes share the functions.
const SHARES: usize = 3;
/// What a call may take before it counts as one that waits.
const TIME_MAX: libc::timeval = libc::timeval { tv_sec: 0, tv_usec: 100_000 };
/// The exit code of a process whose call panicked.
const PANICKED: i32 = 3;

/// Functions that are not called, and why.
const NOT_CALLED: [(&str, &str); 12] = [
    ("DebugBreak", "a breakpoint ends a process without a debugger"),
    ("RaiseException", "an exception that nobody handles ends the process"),
    ("DisassociateCurrentThreadFromCallback", CALLBACK),
    ("CallbackMayRunLong", CALLBACK),
    ("FreeLibraryWhenCallbackReturns", CALLBACK),
    ("SetEventWhenCallbackReturns", CALLBACK),
    ("longshore_setjmp", COMPILER),
    ("longshore_longjmp", COMPILER),
    ("longshore_try_enter", COMPILER),
    ("longshore_try_answer", COMPILER),
    ("longshore_try_finish", COMPILER),
    ("longshore_try_leave", COMPILER),
];
const COMPILER: &str = "the compiler writes these calls, with a place on its function's stack";
const CALLBACK: &str = "its first argument exists in callbacks only";

/// Parameters that are always sound here, because Windows, too, follows them in the program's own code: their types.
const TRUSTED: [(&str, &str); 13] = [
    ("Shared<", "a lock or list head, which Windows changes in user mode without a check"),
    ("Reference<", "an object of the thread pool; Windows follows the pointer in user mode"),
    ("TP_OBJECT", "the same"),
    ("TP_CALLBACK_ENVIRON", "Windows reads it in user mode, and follows the pool and the group in it"),
    ("Block", "a block of a heap: Windows finds the heap corrupted and ends the process"),
    ("HeapHandle", "a heap is an address; Windows follows it in user mode"),
    ("Out<CRITICAL_SECTION>", "InitializeCriticalSection writes in user mode"),
    ("Out<SRWLOCK>", "the same"),
    ("Out<CONDITION_VARIABLE>", "the same"),
    ("Out<SYNCHRONIZATION_BARRIER>", "the same"),
    ("Out<INIT_ONCE>", "the same"),
    ("Out<Header>", "the same"),
    ("Entry", "InterlockedPushEntrySList and its kin link entries in user mode"),
];

/// The same for single functions.
const TRUSTED_IN: [(&str, &str); 7] = [
    ("GetAcceptExSockaddrs", "it has no way to fail; mswsock writes in user mode"),
    ("longshore_freeaddrinfo", "a block of a heap"),
    ("FreeAddrInfoW", "the same"),
    ("FreeEnvironmentStringsA", "the same"),
    ("FreeEnvironmentStringsW", "the same"),
    ("RpcStringFreeA", "where it points is the address of such a block"),
    ("RpcStringFreeW", "the same"),
];

/// Why a parameter is always sound.
fn trusted(function: &str, kind: &str) -> Option<&'static str> {
    let of_kind = TRUSTED.iter().find(|(known, _)| kind.contains(known));
    let of_function = || TRUSTED_IN.iter().find(|(known, _)| *known == function);
    of_kind.or_else(of_function).map(|(_, reason)| *reason)
}

/// A call: which value each parameter has.
type Call = Vec<Value>;

/// The calls of one function.
fn calls(signature: &Signature, mixtures: u64, random: &mut Random) -> Vec<Call> {
    let sound: Call = signature.kinds.iter().map(|_| Value::Sound).collect();
    let choices: Vec<&[Value]> = signature.kinds.iter().map(|kind| kind.values()).collect();
    let mut calls = vec![sound.clone()];
    for (index, values) in choices.iter().enumerate() {
        calls.extend(values.iter().map(|&value| {
            let mut call = sound.clone();
            call[index] = value;
            call
        }));
    }
    if signature.kinds.len() > 1 {
        for _ in 0..mixtures {
            let mut pick = |values: &&[Value]| match random.one_in(3) || values.is_empty() {
                true => Value::Sound,
                false => random.pick(values),
            };
            calls.push(choices.iter().map(&mut pick).collect());
        }
    }
    calls
}

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Returned,
    Waits,
    Panicked,
    Died(i32),
}

/// Makes a call in a process of its own.
fn end_of(function: Function, signature: &Signature, call: &Call, told: bool) -> End {
    // SAFETY: the process has no other thread that holds anything: the test harness waits.
    match unsafe { libc::fork() } {
        0 => make(function, signature, call, told),
        child => {
            assert!(child > 0, "fork: {}", std::io::Error::last_os_error());
            let mut status = 0;
            // SAFETY: the own child.
            while unsafe { libc::waitpid(child, &mut status, 0) } != child {}
            match status {
                _ if libc::WIFSIGNALED(status) => match libc::WTERMSIG(status) {
                    libc::SIGALRM => End::Waits,
                    // GenerateConsoleCtrlEvent has done what it was asked to do.
                    libc::SIGINT | libc::SIGQUIT => End::Returned,
                    signal => End::Died(signal),
                },
                _ if libc::WEXITSTATUS(status) == PANICKED => End::Panicked,
                _ => End::Returned,
            }
        }
    }
}

/// In the process of the call.
fn make(function: Function, signature: &Signature, call: &Call, told: bool) -> ! {
    static HAS_PANICKED: AtomicBool = AtomicBool::new(false);
    // SAFETY: limits and signals of this process; what the call does to it is what the test is about.
    unsafe {
        libc::setsid(); // So that a signal to a process group finds nobody else.
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &none);
        let some = libc::rlimit { rlim_cur: 1 << 36, rlim_max: 1 << 36 };
        libc::setrlimit(libc::RLIMIT_AS, &some);
        let small = libc::rlimit { rlim_cur: 1 << 20, rlim_max: 1 << 20 };
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        libc::setrlimit(libc::RLIMIT_FSIZE, &small);
        if !told {
            let nowhere = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
            (0..3).for_each(|descriptor| _ = libc::dup2(nowhere, descriptor));
        }
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            HAS_PANICKED.store(true, Ordering::SeqCst);
            hook(panic);
        }));
        let world = World::new();
        let arguments: Vec<usize> = signature
            .kinds
            .iter()
            .zip(call)
            .map(|(kind, &value)| world.argument(signature, kind, value))
            .collect();
        let mut call = Box::new((function, arguments));
        let limit = libc::itimerval { it_interval: std::mem::zeroed(), it_value: TIME_MAX };
        libc::setitimer(libc::ITIMER_REAL, &limit, null_mut());
        // A thread of C's, which the call may end.
        let mut thread = std::mem::zeroed();
        libc::pthread_create(&mut thread, null(), in_a_thread, (&raw mut *call).cast());
        libc::pthread_join(thread, null_mut());
        libc::_exit(if HAS_PANICKED.load(Ordering::SeqCst) { PANICKED } else { 0 });
    }
}

extern "C" fn in_a_thread(call: *mut c_void) -> *mut c_void {
    type Any = unsafe extern "C" fn(
        usize,
        usize,
        usize,
        usize,
        usize,
        usize,
        usize,
        usize,
        usize,
        usize,
        usize,
        usize,
    ) -> usize;
    // SAFETY: what `make` passes. A function takes what it has parameters for, and no float.
    unsafe {
        let (function, arguments) = &*call.cast::<(Function, Vec<usize>)>();
        let any: Any = std::mem::transmute(*function);
        let of = |index: usize| arguments.get(index).copied().unwrap_or(0);
        any(of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7), of(8), of(9), of(10), of(11));
    }
    null_mut()
}

/// Calls every function of a share; what did not go well.
fn try_share(share: usize, only: Option<&str>) -> Vec<String> {
    let mixtures = number_from("LONGSHORE_HOSTILE_MIXTURES").unwrap_or(8);
    let seed = number_from("LONGSHORE_FUZZ_SEED").unwrap_or(1);
    let mut faults = Vec::new();
    let (mut made, mut waited) = (0, 0);
    for (index, signature) in signatures::all().iter().enumerate() {
        let left_out = NOT_CALLED.iter().any(|(name, _)| *name == signature.name);
        if only.map_or(index % SHARES != share || left_out, |only| only != signature.name) {
            continue;
        }
        let function = EXPORTS.iter().find(|(name, _)| *name == signature.name);
        let (_, function) = function.unwrap_or_else(|| panic!("{} is not exported", signature.name));
        let mut random = Random::new(seed ^ (index as u64) << 32);
        for call in calls(signature, mixtures, &mut random) {
            let end = end_of(*function, signature, &call, only.is_some());
            let told = || format!("{}{}: {end:?}", signature.name, signature.with(&call));
            made += 1;
            waited += usize::from(end == End::Waits);
            if only.is_some() {
                eprintln!("{}", told());
            }
            if matches!(end, End::Died(_) | End::Panicked) {
                faults.push(told());
            }
        }
    }
    println!("{made} calls, of which {waited} waited");
    faults
}

#[test]
fn no_call_dies_of_its_arguments() {
    if let Some(share) = part() {
        without_limit();
        let only = std::env::var("LONGSHORE_HOSTILE_ONLY").ok();
        let faults = try_share(share.parse().unwrap_or(0), only.as_deref());
        faults.iter().for_each(|fault| println!("FAULT {fault}"));
        return;
    }
    let shares = if std::env::var_os("LONGSHORE_HOSTILE_ONLY").is_some() { 1 } else { SHARES };
    let start = |share: usize| {
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = command(this_test!(), &share.to_string());
        let child = command.current_dir(&directory).stdout(Stdio::piped()).spawn();
        (directory, child.expect("the test program runs again"))
    };
    let running: Vec<_> = (0..shares).map(start).collect();
    let mut faults = Vec::new();
    for (_directory, child) in running {
        let output = child.wait_with_output().expect("its output");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}: {told}", output.status);
        println!("{}", told.lines().find(|line| line.contains(" calls, ")).unwrap_or_default());
        faults.extend(told.lines().filter(|line| line.starts_with("FAULT")).map(str::to_owned));
    }
    assert!(faults.is_empty(), "{} calls:\n{}", faults.len(), faults.join("\n"));
}
