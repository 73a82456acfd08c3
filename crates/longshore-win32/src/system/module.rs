//! Modules: `GetModuleHandle`, `LoadLibrary`, `GetProcAddress`.
//!
//! The program itself, Windows' own libraries and libraries of Linux are modules. Windows' are all this one
//! library: any of their names leads to all functions there are, so that a program that looks for
//! `GetTickCount64` in kernel32.dll finds it, linked statically or not, and one that looks for what is not
//! here learns that. Other names are libraries of Linux: `plugin.dll` is looked for under that name, as
//! `plugin.so` and as `libplugin.so`.

use crate::abi::character::{Character, copy_out};
use crate::abi::exports;
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::out::put;
use crate::abi::text::WCHAR;
use crate::path::windows_path::{locate, to_windows};
use libc::c_char;
use longshore_win32_macros::export;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use windows_sys::Win32::Foundation::{
    ERROR_BAD_EXE_FORMAT, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_MOD_NOT_FOUND,
    ERROR_PROC_NOT_FOUND,
};
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
};

/// `HMODULE`.
pub type Module = *mut c_void;

/// Windows' libraries that programs ask for by name. A handle is the address of an entry.
static SYSTEM: [&str; 24] = [
    "advapi32",
    "bcrypt",
    "crypt32",
    "dbghelp",
    "iphlpapi",
    "kernel32",
    "kernelbase",
    "msvcrt",
    "mswsock",
    "ntdll",
    "ole32",
    "psapi",
    "rpcrt4",
    "secur32",
    "shell32",
    "shlwapi",
    "ucrtbase",
    "user32",
    "userenv",
    "version",
    "winmm",
    "ws2_32",
    "wsock32",
    "api-ms-win-core",
];
/// The program: its address is its handle.
static PROGRAM: u64 = 0;

/// Libraries of Linux that were loaded, and how often.
static LOADED: Mutex<Option<HashMap<usize, usize>>> = Mutex::new(None);

fn loaded() -> MutexGuard<'static, Option<HashMap<usize, usize>>> {
    LOADED.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Kind {
    Program,
    System(&'static str),
    Linux(Module),
}

fn program() -> Module {
    (&raw const PROGRAM).cast_mut().cast()
}

fn kind(module: Module) -> Option<Kind> {
    if module.is_null() || module == program() {
        return Some(Kind::Program);
    }
    let system =
        SYSTEM.iter().find(|entry| std::ptr::from_ref(*entry).cast::<c_void>() == module.cast_const());
    if let Some(name) = system {
        return Some(Kind::System(name));
    }
    let known = loaded().as_ref().is_some_and(|loaded| loaded.contains_key(&(module as usize)));
    known.then_some(Kind::Linux(module))
}

/// The last component of a name, without `.dll`.
fn stem(name: &[u8]) -> &[u8] {
    let file = name.rsplit(|&byte| byte == b'\\' || byte == b'/').next().unwrap_or(name);
    match file.len().checked_sub(4) {
        Some(end) if file[end..].eq_ignore_ascii_case(b".dll") => &file[..end],
        _ => file,
    }
}

fn system(name: &[u8]) -> Option<Module> {
    let stem = stem(name);
    let api_set = stem.get(..15).is_some_and(|start| start.eq_ignore_ascii_case(b"api-ms-win-core"));
    let stem = if api_set { &stem[..15] } else { stem };
    let entry = SYSTEM.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(stem))?;
    Some(std::ptr::from_ref(entry).cast_mut().cast())
}

fn program_path() -> PathBuf {
    std::env::current_exe().unwrap_or_default()
}

/// The files a name may stand for, in the order they are tried.
fn candidates(name: &[u8]) -> Vec<CString> {
    let Ok(path) = locate(name) else { return Vec::new() };
    let mut paths = vec![path.clone()];
    let stem = stem(name).to_vec();
    let with = |prefix: &[u8]| {
        let file = [prefix, &stem, b".so"].concat();
        path.with_file_name(std::ffi::OsStr::from_bytes(&file))
    };
    paths.extend([with(b""), with(b"lib")]);
    let bare = path.components().count() == 1;
    let directory = program_path().parent().map(Path::to_path_buf);
    // A bare name is the program's neighbour first; then the dynamic linker looks where it always does.
    let near = paths.iter().filter(|_| bare).filter_map(|path| Some(directory.as_ref()?.join(path)));
    let all: Vec<PathBuf> = near.chain(paths.iter().cloned()).collect();
    all.into_iter().filter_map(|path| CString::new(path.into_os_string().into_encoded_bytes()).ok()).collect()
}

/// Opens the first file of a name that there is.
fn open(name: &[u8], flags: i32) -> Option<Module> {
    candidates(name).iter().find_map(|path| {
        // SAFETY: a path; what a library does when it is loaded is the program's choice.
        let module = unsafe { libc::dlopen(path.as_ptr(), flags) };
        (!module.is_null()).then_some(module)
    })
}

fn load(name: &[u8]) -> Result<Module, Win32Error> {
    if let Some(module) = system(name) {
        return Ok(module);
    }
    match open(name, libc::RTLD_NOW) {
        Some(module) => {
            *loaded().get_or_insert_default().entry(module as usize).or_default() += 1;
            Ok(module)
        }
        None if locate(name).is_ok_and(|path| path.is_file()) => Err(Win32Error(ERROR_BAD_EXE_FORMAT)),
        None => Err(Win32Error(ERROR_MOD_NOT_FOUND)),
    }
}

/// A module that is already loaded.
fn present(name: &[u8]) -> Result<Module, Win32Error> {
    if let Some(module) = system(name) {
        return Ok(module);
    }
    let own = program_path();
    let own = own.file_name().unwrap_or_default().as_bytes();
    let asked = name.rsplit(|&byte| byte == b'\\' || byte == b'/').next().unwrap_or(name);
    let executable = |name: &[u8]| name.strip_suffix(b".exe").unwrap_or(name).to_ascii_lowercase();
    if executable(own) == executable(asked) {
        return Ok(program());
    }
    let module = open(name, libc::RTLD_NOW | libc::RTLD_NOLOAD).ok_or(Win32Error(ERROR_MOD_NOT_FOUND))?;
    // Only loading counts a use.
    // SAFETY: just opened once more.
    unsafe { libc::dlclose(module) };
    loaded().get_or_insert_default().entry(module as usize).or_default();
    Ok(module)
}

/// The module an address lies in.
fn at(address: *const c_void) -> Result<Module, Win32Error> {
    // SAFETY: all zero is a valid record, filled in by the call; any address may be asked for.
    let file = unsafe {
        let mut found: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr(address, &mut found) == 0 || found.dli_fname.is_null() {
            return Err(Win32Error(ERROR_MOD_NOT_FOUND));
        }
        CStr::from_ptr(found.dli_fname)
    };
    // SAFETY: a path, and a library that is open already.
    let module = unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
    if module.is_null() {
        return Ok(program());
    }
    // SAFETY: just opened once more.
    unsafe { libc::dlclose(module) };
    loaded().get_or_insert_default().entry(module as usize).or_default();
    Ok(module)
}

fn module_or_null(result: Result<Module, Win32Error>) -> Module {
    result.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        std::ptr::null_mut()
    })
}

unsafe fn by_name<C: Character>(
    name: *const C,
    find: fn(&[u8]) -> Result<Module, Win32Error>,
) -> Result<Module, Win32Error> {
    // SAFETY: the caller's promise.
    let name = unsafe { C::text(name) }?;
    if name.is_empty() { Err(Win32Error(ERROR_INVALID_PARAMETER)) } else { find(name.as_bytes()) }
}

unsafe fn handle<C: Character>(name: *const C) -> Module {
    // SAFETY: the caller's promise.
    if name.is_null() { program() } else { module_or_null(unsafe { by_name(name, present) }) }
}

unsafe fn handle_ex<C: Character>(flags: u32, name: *const C, module: *mut Module) -> i32 {
    let found = if flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS != 0 {
        at(name.cast())
    } else if name.is_null() {
        Ok(program())
    } else {
        // SAFETY: the caller's promise.
        unsafe { by_name(name, present) }
    };
    let find = || {
        let found = found?;
        if flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT == 0
            && let Some(Kind::Linux(module)) = kind(found)
        {
            keep(module);
        }
        // SAFETY: the caller's promise.
        unsafe { put(module, found) }
    };
    to_bool(find())
}

/// Counts one more use of a library of Linux.
fn keep(module: Module) {
    // SAFETY: a handle of the dynamic linker, whose map names the file.
    unsafe {
        if let Some(path) = map_name(module) {
            libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD);
        }
    }
    *loaded().get_or_insert_default().entry(module as usize).or_default() += 1;
}

/// The start of glibc's `struct link_map`, which dlinfo(3) makes public.
#[repr(C)]
struct LinkMap {
    address: usize,
    name: *const c_char,
}

/// The file of a library of Linux.
unsafe fn map_name(module: Module) -> Option<CString> {
    let mut map: *const LinkMap = std::ptr::null();
    // SAFETY: a handle of the dynamic linker, by the caller's promise.
    unsafe {
        let found = libc::dlinfo(module, libc::RTLD_DI_LINKMAP, (&raw mut map).cast());
        (found == 0 && !map.is_null()).then(|| CStr::from_ptr((*map).name).to_owned())
    }
}

unsafe fn file_name<C: Character>(module: Module, buffer: *mut C, room: u32) -> u32 {
    let name = match kind(module) {
        Some(Kind::Program) => to_windows(&program_path()),
        Some(Kind::System(name)) => format!("C:\\Windows\\System32\\{name}.dll").into_bytes(),
        // SAFETY: a handle of the dynamic linker.
        Some(Kind::Linux(module)) => unsafe { map_name(module) }
            .map(|path| to_windows(Path::new(std::ffi::OsStr::from_bytes(path.as_bytes()))))
            .unwrap_or_default(),
        None => {
            SetLastError(ERROR_MOD_NOT_FOUND);
            return 0;
        }
    };
    let mut string = C::encode(&name);
    let cut = string.len() >= room as usize;
    if cut {
        string.truncate((room as usize).saturating_sub(1));
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
    }
    // SAFETY: the caller's promise.
    unsafe { copy_out(&string, buffer, room as usize) };
    if cut { room } else { string.len() as u32 }
}

/// The handle of a module that is there already; of the program for NULL.
#[export]
pub unsafe fn GetModuleHandleA(name: *const c_char) -> Module {
    // SAFETY: the caller's promise.
    unsafe { handle(name) }
}

/// The handle of a module that is there already; of the program for NULL.
#[export]
pub unsafe fn GetModuleHandleW(name: *const WCHAR) -> Module {
    // SAFETY: the caller's promise.
    unsafe { handle(name) }
}

/// The handle of a module, by its name or by an address in it.
#[export]
pub unsafe fn GetModuleHandleExA(flags: u32, name: *const c_char, module: *mut Module) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { handle_ex(flags, name, module) }
}

/// The handle of a module, by its name or by an address in it.
#[export]
pub unsafe fn GetModuleHandleExW(flags: u32, name: *const WCHAR, module: *mut Module) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { handle_ex(flags, name, module) }
}

/// The file of a module, as Windows would write its path; cut, with
/// `ERROR_INSUFFICIENT_BUFFER`, if it must be.
#[export]
pub unsafe fn GetModuleFileNameA(module: Module, buffer: *mut c_char, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { file_name(module, buffer, room) }
}

/// The file of a module, in wide characters.
#[export]
pub unsafe fn GetModuleFileNameW(module: Module, buffer: *mut WCHAR, room: u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { file_name(module, buffer, room) }
}

/// Loads a library.
#[export]
pub unsafe fn LoadLibraryA(name: *const c_char) -> Module {
    // SAFETY: the caller's promise.
    module_or_null(unsafe { by_name(name, load) })
}

/// Loads a library.
#[export]
pub unsafe fn LoadLibraryW(name: *const WCHAR) -> Module {
    // SAFETY: the caller's promise.
    module_or_null(unsafe { by_name(name, load) })
}

/// Loads a library; the flags, which are about Windows' search order and file format, are not looked at.
#[export]
pub unsafe fn LoadLibraryExA(name: *const c_char, _file: *mut c_void, _flags: u32) -> Module {
    // SAFETY: the caller's promise.
    unsafe { LoadLibraryA(name) }
}

/// Loads a library; the flags are not looked at.
#[export]
pub unsafe fn LoadLibraryExW(name: *const WCHAR, _file: *mut c_void, _flags: u32) -> Module {
    // SAFETY: the caller's promise.
    unsafe { LoadLibraryW(name) }
}

/// Gives up one use of a library.
#[export]
pub unsafe fn FreeLibrary(module: Module) -> i32 {
    match kind(module) {
        Some(Kind::Linux(module)) => {
            if let Some(uses) = loaded().get_or_insert_default().get_mut(&(module as usize)) {
                if *uses == 0 {
                    return to_bool(Err(Win32Error(ERROR_MOD_NOT_FOUND)));
                }
                *uses -= 1;
            }
            // SAFETY: opened as often as it is used.
            unsafe { libc::dlclose(module) };
            1
        }
        Some(_) if !module.is_null() => 1,
        _ => to_bool(Err(Win32Error(ERROR_MOD_NOT_FOUND))),
    }
}

/// Gives up one use of a library and ends the calling thread.
#[export(callbacks)]
pub unsafe fn FreeLibraryAndExitThread(module: Module, code: u32) -> ! {
    // SAFETY: the caller's promise.
    unsafe { FreeLibrary(module) };
    crate::thread::spawn::exit(code)
}

/// There are no calls to disable: libraries of Linux hear nothing of threads.
#[export]
pub fn DisableThreadLibraryCalls(module: Module) -> i32 {
    to_bool(kind(module).map(drop).ok_or(Win32Error(ERROR_MOD_NOT_FOUND)))
}

/// The address of a function. Functions have names here and no numbers.
///
/// Source: Windows documentation, `GetProcAddress`.
#[export]
pub unsafe fn GetProcAddress(module: Module, name: *const c_char) -> *const c_void {
    const NUMBERS_END: usize = 1 << 16;
    let find = || {
        let kind = kind(module).ok_or(Win32Error(ERROR_MOD_NOT_FOUND))?;
        if (name as usize) < NUMBERS_END {
            return Err(Win32Error(ERROR_PROC_NOT_FOUND));
        }
        // SAFETY: the caller's promise.
        let text = unsafe { CStr::from_ptr(name) };
        let own = || Some(exports::find(text.to_str().ok()?)? as *const c_void);
        let native = |module| {
            // SAFETY: a handle of the dynamic linker and a string.
            let address = unsafe { libc::dlsym(module, name) };
            (!address.is_null()).then_some(address.cast_const())
        };
        match kind {
            Kind::System("msvcrt" | "ucrtbase") => own().or_else(|| native(libc::RTLD_DEFAULT)),
            Kind::System(_) => own(),
            Kind::Program => native(libc::RTLD_DEFAULT),
            Kind::Linux(module) => native(module),
        }
        .ok_or(Win32Error(ERROR_PROC_NOT_FOUND))
    };
    find().unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        std::ptr::null()
    })
}
