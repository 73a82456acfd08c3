//! How this library calls libc even if the program defines functions of the same names.
//!
//! On Windows a program may define a function `write`, `open` or `clock_gettime`, and no DLL ever calls it.
//! On Linux such a function replaces libc's for everything that is linked with the program: this library, and
//! Rust's standard library in it, would call the program's function.
//!
//! 1. `imports/names.txt` has the names. The build makes a function `__wrap_NAME` of each
//!    (`imports/x86_64.s`), which goes on to libc's.
//! 2. References to `NAME` become references to `__wrap_NAME`. For the shared library the linker does that
//!    (`--wrap`, from `build.rs`); in the static one, `longshore cc` and `longshore install` change the
//!    symbol tables. Where neither happens, as in the tests of this crate, the names are libc's as usual.
//! 3. The first call of `__wrap_NAME` looks the name up in what the dynamic linker has loaded ([`bind`]),
//!    without calling any function: it reads the symbol tables itself, because a program may define `dlsym`,
//!    too. Later calls are a load and a jump.
//!
//! The headers' inline functions call libc as well, from within the program: by the names `longshore_c_NAME`.
//!
//! The look-up takes no lock and allocates nothing, so the first call may come from a signal
//! handler. Two threads that look up at the same time find the same. The objects it reads were there
//! before the program began, and stay.
//!
//! Objects of `LD_PRELOAD` and the sanitizers still come before libc.

use std::ffi::{CStr, c_char};
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    include_str!("imports/x86_64.s"),
    include_str!(concat!(env!("OUT_DIR"), "/imports.s")),
    bind = sym bind
);
#[cfg(target_arch = "aarch64")]
std::arch::global_asm!(
    include_str!("imports/aarch64.s"),
    include_str!(concat!(env!("OUT_DIR"), "/imports.s")),
    bind = sym bind
);

/// An exported function that is one of libc's.
macro_rules! for_headers {
    ($name:ident, $import:literal) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name() {
            #[cfg(target_arch = "x86_64")]
            std::arch::naked_asm!(concat!("jmp ", $import));
            #[cfg(target_arch = "aarch64")]
            std::arch::naked_asm!(concat!("b ", $import));
        }
    };
}
include!(concat!(env!("OUT_DIR"), "/imports.rs"));

/// The address that a function jumps to, and the name of the function there.
#[repr(C)]
struct Slot {
    target: AtomicUsize,
    name: *const c_char,
}

/// Finds the function of a slot, and stores it there for the next call.
unsafe extern "C" fn bind(slot: *const Slot) -> usize {
    // SAFETY: the slot and its name are static data of this module.
    let (slot, name) = unsafe { (&*slot, CStr::from_ptr((*slot).name)) };
    let name = name.to_bytes();
    let target = find(name).or_else(|| inline(name)).unwrap_or(absent as *const () as usize);
    // Relaxed: code and data at the target were there before this thread.
    slot.target.store(target, Ordering::Relaxed);
    target
}

/// Replaces a function that this libc does not have. The callers of newer system calls have a fallback.
extern "C" fn absent() -> isize {
    // SAFETY: the calling thread's errno.
    unsafe { *libc::__errno_location() = libc::ENOSYS };
    -1
}

/// glibc before 2.33 has these in its headers and in an archive only. On 64-bit systems they are one system
/// call, and the kernel's structure.
fn inline(name: &[u8]) -> Option<usize> {
    type Path = *const c_char;
    type Place = *mut libc::stat64;
    unsafe extern "C" fn fstatat(directory: i32, path: Path, place: Place, flags: i32) -> i32 {
        // SAFETY: the caller's promise is that of the system call.
        unsafe { libc::syscall(libc::SYS_newfstatat, directory, path, place, flags) as i32 }
    }
    unsafe extern "C" fn fstat(descriptor: i32, place: Place) -> i32 {
        // SAFETY: as above.
        unsafe { fstatat(descriptor, c"".as_ptr(), place, libc::AT_EMPTY_PATH) }
    }
    unsafe extern "C" fn stat(path: Path, place: Place) -> i32 {
        // SAFETY: as above.
        unsafe { fstatat(libc::AT_FDCWD, path, place, 0) }
    }
    unsafe extern "C" fn lstat(path: Path, place: Place) -> i32 {
        // SAFETY: as above.
        unsafe { fstatat(libc::AT_FDCWD, path, place, libc::AT_SYMLINK_NOFOLLOW) }
    }
    Some(match name.strip_suffix(b"64").unwrap_or(name) {
        b"fstatat" => fstatat as *const () as usize,
        b"fstat" => fstat as *const () as usize,
        b"stat" => stat as *const () as usize,
        b"lstat" => lstat as *const () as usize,
        _ => return None,
    })
}

/// The address of libc's function of that name, or of one that replaces it.
fn find(name: &[u8]) -> Option<usize> {
    let program = Map::first()?;
    // A sanitizer inside the program has its functions under these names.
    program.object().and_then(|object| object.function(&[b"__interceptor_", name])).or_else(|| {
        let preloaded = program.preloaded();
        program
            .following()
            .enumerate()
            .filter(|&(place, map)| place < preloaded || is_system(map.file_name()))
            .find_map(|(_, map)| map.object()?.function(&[name]))
    })
}

/// The first parts of the file names of libraries that implement the imported functions, or replace them.
const SYSTEM: [&[u8]; 11] = [
    b"libc.so",
    b"libpthread.so",
    b"libdl.so",
    b"librt.so",
    b"libm.so",
    b"libasan.so",
    b"libhwasan.so",
    b"liblsan.so",
    b"libtsan.so",
    b"libubsan.so",
    b"libclang_rt.",
];

fn is_system(file_name: &[u8]) -> bool {
    SYSTEM.iter().any(|start| file_name.starts_with(start))
}

/// The start of glibc's `struct link_map` (link.h): an object that is loaded.
#[repr(C)]
struct Map {
    base: usize,
    name: *const c_char,
    dynamic: *const Entry,
    next: *const Map,
}

/// `Elf64_Dyn`.
#[repr(C)]
struct Entry {
    tag: u64,
    value: usize,
}

/// `Elf64_Sym`.
#[repr(C)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: usize,
    size: usize,
}

/// The start of `struct r_debug` (link.h), through which debuggers find what is loaded.
#[repr(C)]
struct Debug {
    version: i32,
    first: *const Map,
}

unsafe extern "C" {
    static _r_debug: Debug;
}

const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_GNU_HASH: u64 = 0x6fff_fef5;
const DT_VERSYM: u64 = 0x6fff_fff0;

/// In a version's number: not the one that a new program gets.
const VERSION_HIDDEN: u16 = 0x8000;
const STT_FUNC: u8 = 2;
const STT_GNU_IFUNC: u8 = 10;

impl Map {
    /// The program's; none in one that is linked statically.
    fn first() -> Option<&'static Map> {
        // SAFETY: the dynamic linker's own list, whose entries stay while their objects are loaded.
        unsafe { _r_debug.first.as_ref() }
    }

    /// The object that was loaded after this one. The kernel's own object is skipped:
    /// its addresses are not relocated.
    fn following(&self) -> impl Iterator<Item = &'static Map> {
        // SAFETY: as in `first`.
        let next = |map: &Map| unsafe { map.next.as_ref() };
        std::iter::successors(next(self), move |map| next(map))
            .filter(|map| !map.file_name().starts_with(b"linux-vdso.so"))
    }

    /// How many of the objects come from `LD_PRELOAD`.
    fn preloaded(&self) -> usize {
        let Some(object) = self.object() else { return 0 };
        let needs = |file_name: &[u8]| {
            self.entries()
                .filter(|entry| entry.tag == DT_NEEDED)
                .any(|entry| base_name(object.text(entry.value)) == file_name)
        };
        self.following().take_while(|map| !needs(map.file_name())).count()
    }

    fn file_name(&self) -> &[u8] {
        // SAFETY: a string of the dynamic linker's.
        base_name(unsafe { CStr::from_ptr(self.name) }.to_bytes())
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        // SAFETY: a table that ends with a tag of 0.
        (0..).map(|place| unsafe { &*self.dynamic.add(place) }).take_while(|entry| entry.tag != 0)
    }

    fn entry(&self, tag: u64) -> Option<usize> {
        self.entries().find(|entry| entry.tag == tag).map(|entry| entry.value)
    }

    fn object(&self) -> Option<Object> {
        Some(Object {
            base: self.base,
            strings: self.entry(DT_STRTAB)? as *const c_char,
            symbols: self.entry(DT_SYMTAB)? as *const Symbol,
            hash: self.entry(DT_GNU_HASH)? as *const u32,
            versions: self.entry(DT_VERSYM).unwrap_or(0) as *const u16,
        })
    }
}

fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// The tables of a loaded object, at their addresses.
struct Object {
    base: usize,
    strings: *const c_char,
    symbols: *const Symbol,
    hash: *const u32,
    versions: *const u16,
}

impl Object {
    fn text(&self, offset: usize) -> &[u8] {
        // SAFETY: an offset from the object's own tables.
        unsafe { CStr::from_ptr(self.strings.add(offset)) }.to_bytes()
    }

    /// The address of the function whose name these parts make up, in the version that new programs get.
    ///
    /// The table of `DT_GNU_HASH`: four numbers (buckets, first symbol, words of the filter, its shift), the
    /// filter, the buckets with the first symbol of each, and from the first symbol on a hash each, odd at
    /// the end of a bucket.
    fn function(&self, name: &[&[u8]]) -> Option<usize> {
        let bytes = || name.iter().copied().flatten().copied();
        let hash = bytes().fold(5381_u32, |hash, byte| hash.wrapping_mul(33).wrapping_add(byte.into()));
        // SAFETY: reads within the tables, as their own numbers say.
        unsafe {
            let at = |index: usize| *self.hash.add(index);
            let (buckets, first, words) = (at(0) as usize, at(1) as usize, at(2) as usize);
            if buckets == 0 {
                return None;
            }
            let start = 4 + 2 * words;
            let mut index = at(start + hash as usize % buckets) as usize;
            if index < first {
                return None;
            }
            loop {
                let found = at(start + buckets + index - first);
                let symbol = &*self.symbols.add(index);
                let fits = found | 1 == hash | 1
                    && symbol.section != 0
                    && (self.versions.is_null() || *self.versions.add(index) & VERSION_HIDDEN == 0)
                    && self.text(symbol.name as usize).iter().copied().eq(bytes());
                match (fits, symbol.info & 0xf) {
                    (true, STT_FUNC) => return Some(self.base + symbol.value),
                    (true, STT_GNU_IFUNC) => return Some(chosen(self.base + symbol.value)),
                    _ if found & 1 == 1 => return None,
                    _ => index += 1,
                }
            }
        }
    }
}

/// The function that an indirect one chooses for this processor.
unsafe fn chosen(resolver: usize) -> usize {
    // SAFETY: the address of such a function, by the type of its symbol. On AArch64 it gets the processor's
    // features; glibc's own there ask for themselves.
    let resolver: extern "C" fn(u64) -> usize = unsafe { std::mem::transmute(resolver) };
    resolver(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libcs_functions_are_found_as_the_dynamic_linker_finds_them() {
        let lines = include_str!("imports/names.txt").lines().filter(|line| !line.starts_with(['#', '?']));
        for name in lines.map(|line| line.trim_start_matches('+')) {
            let c_name = std::ffi::CString::new(name).unwrap();
            // SAFETY: a name.
            let known = unsafe { libc::dlsym(libc::RTLD_NEXT, c_name.as_ptr()) } as usize;
            let found = find(name.as_bytes()).unwrap_or(0);
            assert_eq!(found, known, "{name}");
        }
        assert_eq!((find(b"no_such_function"), find(b"")), (None, None));
    }

    #[test]
    fn what_older_libcs_have_inline_is_the_same() {
        // SAFETY: a place for the result, which the calls fill in, and functions of that type.
        unsafe {
            let (mut ours, mut theirs) =
                (std::mem::zeroed::<libc::stat64>(), std::mem::zeroed::<libc::stat64>());
            let stat: unsafe extern "C" fn(*const c_char, *mut libc::stat64) -> i32 =
                std::mem::transmute(inline(b"lstat64").unwrap());
            assert_eq!(
                (stat(c"/proc/self".as_ptr(), &mut ours), libc::lstat64(c"/proc/self".as_ptr(), &mut theirs)),
                (0, 0)
            );
            assert_eq!(
                (ours.st_ino, ours.st_mode, ours.st_mtime),
                (theirs.st_ino, theirs.st_mode, theirs.st_mtime)
            );
            assert_eq!(stat(c"/nonexistent".as_ptr(), &mut ours), -1);
            assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ENOENT));
            let fstat: unsafe extern "C" fn(i32, *mut libc::stat64) -> i32 =
                std::mem::transmute(inline(b"fstat").unwrap());
            assert_eq!((fstat(0, &mut ours), libc::fstat64(0, &mut theirs)), (0, 0));
            assert_eq!((ours.st_ino, ours.st_dev), (theirs.st_ino, theirs.st_dev));
        }
        assert_eq!((inline(b"statx"), inline(b"open")), (None, None));
    }

    #[test]
    fn a_call_goes_on_to_libc_with_its_arguments() {
        unsafe extern "C" {
            fn __wrap_snprintf(to: *mut c_char, size: usize, format: *const c_char, ...) -> i32;
        }
        let mut text = [0_u8; 64];
        // The first call looks the function up, the second uses the stored address. All kinds of arguments
        // arrive, also those on the stack.
        for _ in 0..2 {
            // SAFETY: a buffer and its size, and arguments of the format's types.
            unsafe {
                let format = c"%d %.1f %d %d %d %.2f %d %d %d".as_ptr();
                __wrap_snprintf(text.as_mut_ptr().cast(), 64, format, 1, 2.5, 3, 4, 5, 6.25, 7, 8, 9);
            }
            assert_eq!(CStr::from_bytes_until_nul(&text).unwrap(), c"1 2.5 3 4 5 6.25 7 8 9");
            text.fill(0);
        }
    }
}
