//! Modules: `GetModuleHandle`, `LoadLibrary`, `GetProcAddress`.
//!
//! The program itself, Windows' own libraries and libraries of Linux are modules. Windows' are all this one
//! library: any of their names leads to all functions there are, so that a program that looks for
//! `GetTickCount64` in kernel32.dll finds it, linked statically or not, and one that looks for what is not
//! here learns that. Other names are libraries of Linux: `plugin.dll` is looked for under that name, as
//! `plugin.so` and as `libplugin.so`.

use crate::abi::argument::{CStrArg, Ignored, OptionalText, Out, OutBuffer, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::exports;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::text::WCHAR;
use crate::path::windows_path::{locate, to_windows};
use crate::sync::lock::{Lock, LockGuard};
use libc::c_char;
use longshore_win32_macros::export;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
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
static LOADED: Lock<Option<HashMap<usize, usize>>> = Lock::last("loaded libraries", None);

fn loaded() -> LockGuard<'static, Option<HashMap<usize, usize>>> {
    LOADED.lock()
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

fn by_name<C: Character>(
    name: Option<StrArg<C>>,
    find: fn(&[u8]) -> Result<Module, Win32Error>,
) -> Result<Module, Win32Error> {
    let name = name.text()?;
    if name.is_empty() { Err(Win32Error(ERROR_INVALID_PARAMETER)) } else { find(name.as_bytes()) }
}

fn handle<C: Character>(name: Option<StrArg<C>>) -> Result<Module, Win32Error> {
    if name.is_none() { Ok(program()) } else { by_name(name, present) }
}

fn handle_ex<C: Character>(
    flags: u32,
    name: Option<StrArg<C>>,
    module: Option<Out<Module>>,
) -> Result<(), Win32Error> {
    let module = module.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    module.write(std::ptr::null_mut())?; // What it is after a failure.
    let found = if flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS != 0 {
        at(name.map_or(std::ptr::null(), StrArg::as_ptr).cast())?
    } else {
        handle(name)?
    };
    if flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT == 0
        && let Some(Kind::Linux(module)) = kind(found)
    {
        keep(module);
    }
    Ok(module.write(found)?)
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

fn file_name<C: Character>(module: Module, buffer: OutBuffer<C>, room: u32) -> Result<u32, Win32Error> {
    let name = match kind(module).ok_or(Win32Error(ERROR_MOD_NOT_FOUND))? {
        Kind::Program => to_windows(&program_path()),
        Kind::System(name) => format!("C:\\Windows\\System32\\{name}.dll").into_bytes(),
        // SAFETY: a handle of the dynamic linker.
        Kind::Linux(module) => unsafe { map_name(module) }
            .map(|path| to_windows(Path::new(std::ffi::OsStr::from_bytes(path.as_bytes()))))
            .unwrap_or_default(),
    };
    let mut string = C::encode(&name);
    let length = string.len() as u32;
    if room > 0 {
        string.truncate(room as usize - 1);
        string.push(C::default());
        buffer.write_all(&string)?;
    }
    if length >= room {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
    }
    Ok(length.min(room))
}

/// The handle of a module that is there already; of the program for NULL.
///
/// # Errors
/// NULL with `ERROR_MOD_NOT_FOUND`; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetModuleHandleA(name: Option<CStrArg>) -> Result<Module, Win32Error> {
    handle(name)
}

/// The handle of a module that is there already; of the program for NULL.
#[export]
pub unsafe fn GetModuleHandleW(name: Option<WStrArg>) -> Result<Module, Win32Error> {
    handle(name)
}

/// The handle of a module, by its name or by an address in it; NULL after a failure.
///
/// # Errors
/// `ERROR_MOD_NOT_FOUND`; `ERROR_INVALID_PARAMETER` without a place for the handle; `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetModuleHandleExA(
    flags: u32,
    name: Option<CStrArg>,
    module: Option<Out<Module>>,
) -> Result<(), Win32Error> {
    handle_ex(flags, name, module)
}

/// The handle of a module, by its name or by an address in it.
#[export]
pub unsafe fn GetModuleHandleExW(
    flags: u32,
    name: Option<WStrArg>,
    module: Option<Out<Module>>,
) -> Result<(), Win32Error> {
    handle_ex(flags, name, module)
}

/// The file of a module, as Windows would write its path; cut, with
/// `ERROR_INSUFFICIENT_BUFFER`, if it must be.
///
/// # Errors
/// 0 with `ERROR_MOD_NOT_FOUND` or `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetModuleFileNameA(
    module: Module,
    buffer: OutBuffer<c_char>,
    room: u32,
) -> Result<u32, Win32Error> {
    file_name(module, buffer, room)
}

/// The file of a module, in wide characters.
#[export]
pub unsafe fn GetModuleFileNameW(
    module: Module,
    buffer: OutBuffer<WCHAR>,
    room: u32,
) -> Result<u32, Win32Error> {
    file_name(module, buffer, room)
}

/// Loads a library.
///
/// # Errors
/// NULL with `ERROR_MOD_NOT_FOUND`, or `ERROR_BAD_EXE_FORMAT` for a file that is no library of Linux;
/// `ERROR_INVALID_PARAMETER` without a name; `ERROR_NOACCESS`.
#[export]
pub unsafe fn LoadLibraryA(name: Option<CStrArg>) -> Result<Module, Win32Error> {
    by_name(name, load)
}

/// Loads a library.
#[export]
pub unsafe fn LoadLibraryW(name: Option<WStrArg>) -> Result<Module, Win32Error> {
    by_name(name, load)
}

/// Loads a library; the flags, which are about Windows' search order and file format, are not looked at.
#[export]
pub unsafe fn LoadLibraryExA(
    name: Option<CStrArg>,
    _file: Ignored,
    _flags: u32,
) -> Result<Module, Win32Error> {
    by_name(name, load)
}

/// Loads a library; the flags are not looked at.
#[export]
pub unsafe fn LoadLibraryExW(
    name: Option<WStrArg>,
    _file: Ignored,
    _flags: u32,
) -> Result<Module, Win32Error> {
    by_name(name, load)
}

fn free(module: Module) -> Result<(), Win32Error> {
    match kind(module) {
        Some(Kind::Linux(module)) => {
            if let Some(uses) = loaded().get_or_insert_default().get_mut(&(module as usize)) {
                *uses = uses.checked_sub(1).ok_or(Win32Error(ERROR_MOD_NOT_FOUND))?;
            }
            // SAFETY: opened as often as it is used.
            unsafe { libc::dlclose(module) };
            Ok(())
        }
        Some(_) if !module.is_null() => Ok(()),
        _ => Err(Win32Error(ERROR_MOD_NOT_FOUND)),
    }
}

/// Gives up one use of a library.
#[export]
pub unsafe fn FreeLibrary(module: Module) -> Result<(), Win32Error> {
    free(module)
}

/// Gives up one use of a library and ends the calling thread.
#[export(callbacks)]
pub unsafe fn FreeLibraryAndExitThread(module: Module, code: u32) -> ! {
    let _ = free(module);
    crate::thread::spawn::exit(code)
}

/// There are no calls to disable: libraries of Linux hear nothing of threads.
#[export]
pub fn DisableThreadLibraryCalls(module: Module) -> Result<(), Win32Error> {
    kind(module).map(drop).ok_or(Win32Error(ERROR_MOD_NOT_FOUND))
}

/// The address of a function. Functions have names here and no numbers.
///
/// # Errors
/// NULL with `ERROR_PROC_NOT_FOUND`, for a number too; `ERROR_MOD_NOT_FOUND`; `ERROR_NOACCESS`.
///
/// Source: Windows documentation, `GetProcAddress`.
#[export]
pub unsafe fn GetProcAddress(module: Module, name: CStrArg) -> Result<*const c_void, Win32Error> {
    const NUMBERS_END: usize = 1 << 16;
    let kind = kind(module).ok_or(Win32Error(ERROR_MOD_NOT_FOUND))?;
    if (name.as_ptr() as usize) < NUMBERS_END {
        return Err(Win32Error(ERROR_PROC_NOT_FOUND));
    }
    let name = name.get()?;
    let own = || Some(exports::find(name.to_str().ok()?)? as *const c_void);
    let native = |module| {
        // SAFETY: a handle of the dynamic linker and a string.
        let address = unsafe { libc::dlsym(module, name.as_ptr()) };
        (!address.is_null()).then_some(address.cast_const())
    };
    match kind {
        Kind::System("msvcrt" | "ucrtbase") => own().or_else(|| native(libc::RTLD_DEFAULT)),
        Kind::System(_) => own(),
        Kind::Program => native(libc::RTLD_DEFAULT),
        Kind::Linux(module) => native(module),
    }
    .ok_or(Win32Error(ERROR_PROC_NOT_FOUND))
}
