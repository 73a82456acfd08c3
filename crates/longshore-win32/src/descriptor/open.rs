//! Opening, copying and closing descriptors. Their errors are errno's.

use crate::abi::argument::{CStrArg, Out};
use crate::descriptor::table::{self, O_APPEND, O_NOINHERIT, open_descriptor};
use crate::descriptor::{errno_of, or_errno};
use crate::file::create::open_named;
use crate::object::handles::{self, HANDLE};
use libc::{FILE, c_char};
use longshore_win32_macros::export;
use std::ffi::c_int;
use std::ptr;
use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_ALWAYS, CREATE_NEW, DELETE, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_READONLY,
    FILE_ATTRIBUTE_TEMPORARY, FILE_FLAG_DELETE_ON_CLOSE, FILE_FLAG_RANDOM_ACCESS, FILE_FLAG_SEQUENTIAL_SCAN,
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, OPEN_ALWAYS, OPEN_EXISTING, TRUNCATE_EXISTING,
};

const O_WRONLY: c_int = 1;
const O_RDWR: c_int = 2;
const O_RANDOM: c_int = 0x10;
const O_SEQUENTIAL: c_int = 0x20;
const O_TEMPORARY: c_int = 0x40;
const O_CREAT: c_int = 0x100;
const O_TRUNC: c_int = 0x200;
const O_EXCL: c_int = 0x400;
const O_SHORT_LIVED: c_int = 0x1000;
/// `_S_IWRITE`, in the permissions of a file that is made.
const MAY_WRITE: c_int = 0o200;

/// The share mode of `_sopen`.
///
/// # Errors
/// `EINVAL`.
fn share_of(sharing: c_int, access: u32) -> Result<u32, c_int> {
    match sharing {
        0x10 => Ok(0),                                         // _SH_DENYRW
        0x20 => Ok(FILE_SHARE_READ),                           // _SH_DENYWR
        0x30 => Ok(FILE_SHARE_WRITE),                          // _SH_DENYRD
        0x40 => Ok(FILE_SHARE_READ | FILE_SHARE_WRITE),        // _SH_DENYNO
        0x80 if access == GENERIC_READ => Ok(FILE_SHARE_READ), // _SH_SECURE
        0x80 => Ok(0),
        _ => Err(libc::EINVAL),
    }
}

/// Opens a file as `_sopen` does, and makes a descriptor of it.
fn open(path: CStrArg<'_>, flags: c_int, sharing: c_int, permissions: c_int) -> Result<c_int, c_int> {
    let path = path.get().map_err(|_| libc::EINVAL)?;
    let has = |flag| flags & flag != 0;
    let mut access = match flags & (O_WRONLY | O_RDWR) {
        0 => GENERIC_READ,
        O_WRONLY => GENERIC_WRITE,
        O_RDWR => GENERIC_READ | GENERIC_WRITE,
        _ => return Err(libc::EINVAL),
    };
    let mut share = share_of(sharing, access)?;
    let disposition = match (has(O_CREAT), has(O_EXCL), has(O_TRUNC)) {
        (true, true, _) => CREATE_NEW,
        (true, false, true) => CREATE_ALWAYS,
        (true, false, false) => OPEN_ALWAYS,
        (false, _, true) => TRUNCATE_EXISTING,
        (false, _, false) => OPEN_EXISTING,
    };
    let mut attributes = FILE_ATTRIBUTE_NORMAL;
    if has(O_CREAT) && permissions & MAY_WRITE == 0 {
        attributes = FILE_ATTRIBUTE_READONLY;
    }
    if has(O_TEMPORARY) {
        attributes |= FILE_FLAG_DELETE_ON_CLOSE;
        access |= DELETE;
        share |= FILE_SHARE_DELETE;
    }
    if has(O_SHORT_LIVED) {
        attributes |= FILE_ATTRIBUTE_TEMPORARY;
    }
    if has(O_SEQUENTIAL) {
        attributes |= FILE_FLAG_SEQUENTIAL_SCAN;
    } else if has(O_RANDOM) {
        attributes |= FILE_FLAG_RANDOM_ACCESS;
    }
    let handle = open_named(path.to_bytes(), access, share, disposition, attributes).map_err(errno_of)?;
    table::attach(handle, flags).inspect_err(|_| {
        let _ = handles::close(handle);
    })
}

/// `_sopen` of a path in UTF-8: the descriptor.
///
/// # Errors
/// −1 with errno `EACCES` (rights, sharing, a directory), `EEXIST`, `EINVAL`, `EMFILE`, `ENOENT`.
///
/// Source: Microsoft's CRT reference, `_sopen`.
#[export(failure = -1)]
pub unsafe fn longshore_crt_open(path: CStrArg, flags: c_int, sharing: c_int, permissions: c_int) -> c_int {
    or_errno(open(path, flags, sharing, permissions))
}

/// Flags of Linux whose number in the headers is another one.
const RENUMBERED: [(c_int, c_int); 10] = [
    (O_APPEND, libc::O_APPEND),
    (O_CREAT, libc::O_CREAT),
    (O_TRUNC, libc::O_TRUNC),
    (O_EXCL, libc::O_EXCL),
    (0x0100_0000, libc::O_NOCTTY),
    (0x0200_0000, libc::O_DIRECTORY),
    (0x0400_0000, libc::O_NOFOLLOW),
    (0x0800_0000, libc::O_DIRECT),
    (0x1000_0000, libc::O_NOATIME),
    (0x2000_0000, libc::O_DSYNC),
];

/// Among flags from a header of a Linux library: their numbers are Linux' own.
const LINUX_NUMBERS: c_int = 0x4000_0000;

/// The flags of open(2) for those of the headers' `<fcntl.h>`: Microsoft's numbers, and the numbers
/// that Linux' own flags have there.
fn linux_flags(flags: c_int) -> c_int {
    /// Microsoft's bits. Those with a meaning on Linux are in the table.
    const MICROSOFTS: c_int = 0x7_F7F8;
    const OURS: c_int = 0x3F00_0000;
    if flags & LINUX_NUMBERS != 0 {
        return flags & !LINUX_NUMBERS;
    }
    let private = if flags & O_NOINHERIT != 0 { libc::O_CLOEXEC } else { 0 };
    let translated =
        RENUMBERED.iter().filter(|(flag, _)| flags & flag != 0).fold(private, |all, (_, flag)| all | flag);
    // Two flags of Linux are made of two bits each, of which Microsoft has taken one.
    let whole = [libc::O_SYNC, libc::O_TMPFILE];
    let rest = flags & !(MICROSOFTS | OURS);
    let whole = whole.iter().filter(|&&flag| rest & flag & !MICROSOFTS != 0).fold(0, |all, flag| all | flag);
    rest | translated | whole
}

/// The other way round, for the flags that an open file has.
fn flags_of_linux(flags: c_int) -> c_int {
    /// Every file of a 64-bit program has this one. libc says 0, for nobody has to ask for it.
    const LARGE: c_int = if cfg!(target_arch = "aarch64") { 0o400_000 } else { 0o100_000 };
    let whole = if flags & libc::O_SYNC == libc::O_SYNC { libc::O_SYNC } else { 0 };
    let flags = flags & !whole & !LARGE;
    RENUMBERED
        .iter()
        .filter(|(_, linux)| flags & linux != 0)
        .fold(flags | whole, |all, (flag, linux)| all & !(linux & !whole) | flag)
}

/// openat(2), with the flags of the headers' `<fcntl.h>`.
fn open_plainly(directory: c_int, path: CStrArg, flags: c_int, permissions: c_int) -> c_int {
    // SAFETY: the kernel checks the path.
    unsafe {
        let path = path.as_ptr();
        let opened = libc::openat(directory, path, linux_flags(flags), permissions);
        if opened >= 0 && flags & (O_TEMPORARY | LINUX_NUMBERS) == O_TEMPORARY {
            libc::unlinkat(directory, path, 0);
        }
        opened
    }
}

/// open(2) of the headers: a path of Linux, Microsoft's flags. In C it takes the
/// permissions only if they matter.
#[export(failure = -1)]
pub unsafe fn longshore_open(path: CStrArg, flags: c_int, permissions: c_int) -> c_int {
    open_plainly(libc::AT_FDCWD, path, flags, permissions)
}

/// openat(2), likewise.
#[export(failure = -1)]
pub unsafe fn longshore_openat(directory: c_int, path: CStrArg, flags: c_int, permissions: c_int) -> c_int {
    open_plainly(directory, path, flags, permissions)
}

/// fcntl(2): the flags of an open file are the headers'.
#[export(failure = -1)]
pub fn longshore_fcntl(descriptor: c_int, command: c_int, argument: usize) -> c_int {
    let argument = match command {
        libc::F_SETFL => linux_flags(argument as c_int) as usize,
        _ => argument,
    };
    // SAFETY: the kernel checks what the argument means to each command.
    let answer = unsafe { libc::fcntl(descriptor, command, argument) };
    if command == libc::F_GETFL && answer >= 0 { flags_of_linux(answer) } else { answer }
}

/// shm_open(3), with the flags of the headers' `<fcntl.h>`.
#[export(failure = -1)]
pub fn longshore_shm_open(name: *const c_char, flags: c_int, permissions: c_int) -> c_int {
    // SAFETY: the program's promise that the name is a string, as to shm_open(3).
    unsafe { libc::shm_open(name, linux_flags(flags), permissions as libc::mode_t) }
}

/// sem_open(3), likewise. The permissions and the value matter only if it makes one.
#[export(failure = ptr::null_mut())]
pub fn longshore_sem_open(
    name: *const c_char,
    flags: c_int,
    permissions: c_int,
    value: u32,
) -> *mut libc::sem_t {
    // SAFETY: as above.
    unsafe { libc::sem_open(name, linux_flags(flags), permissions, value) }
}

/// mq_open(3), likewise.
#[export(failure = -1)]
pub fn longshore_mq_open(
    name: *const c_char,
    flags: c_int,
    permissions: c_int,
    attributes: *mut libc::mq_attr,
) -> c_int {
    // SAFETY: as above, for both pointers.
    unsafe { libc::mq_open(name, linux_flags(flags), permissions, attributes) }
}

/// posix_openpt(3), likewise.
#[export(failure = -1)]
pub fn longshore_posix_openpt(flags: c_int) -> c_int {
    // SAFETY: no pointers.
    unsafe { libc::posix_openpt(linux_flags(flags)) }
}

/// The handle of a descriptor; it stays the descriptor's.
///
/// # Errors
/// `INVALID_HANDLE_VALUE` with errno `EBADF`.
///
/// Source: Microsoft's CRT reference, `_get_osfhandle`.
#[export(failure = -1)]
pub fn _get_osfhandle(descriptor: c_int) -> isize {
    table::handle_of(descriptor).map_or_else(|errno| or_errno(Err(errno)) as isize, |handle| handle as isize)
}

/// Makes a descriptor of a handle. Closing the descriptor closes the handle.
///
/// # Errors
/// −1 with errno `EBADF`, `EMFILE`.
///
/// Source: Microsoft's CRT reference, `_open_osfhandle`.
#[export(failure = -1)]
pub fn _open_osfhandle(handle: isize, flags: c_int) -> c_int {
    or_errno(table::attach(handle as HANDLE, flags))
}

/// Closes a descriptor and its handle.
///
/// # Errors
/// −1 with errno `EBADF`.
///
/// Source: Microsoft's CRT reference, `_close`.
#[export(failure = -1)]
pub fn _close(descriptor: c_int) -> c_int {
    or_errno(open_descriptor(descriptor).map(|_| {
        table::release(descriptor);
        // SAFETY: the program gives the descriptor up.
        unsafe { libc::close(descriptor) }
    }))
}

/// Closes a stream, its descriptor and the descriptor's handle.
///
/// # Errors
/// `EOF`, as fclose(3).
#[export(failure = -1)]
pub unsafe fn longshore_fclose(stream: *mut FILE) -> c_int {
    // SAFETY: the program's promise that it is an open stream, as to fclose(3).
    unsafe {
        let descriptor = libc::fileno(stream);
        if descriptor < 0 {
            return libc::fclose(stream);
        }
        // Buffered data is written before the handle is closed.
        let flushed = libc::fflush(stream);
        table::release(descriptor);
        let closed = libc::fclose(stream);
        if flushed == 0 { closed } else { flushed }
    }
}

/// Makes another descriptor of the same open file.
///
/// # Errors
/// −1 with errno `EBADF`, `EMFILE`.
///
/// Source: Microsoft's CRT reference, `_dup`.
#[export(failure = -1)]
pub fn _dup(descriptor: c_int) -> c_int {
    or_errno(open_descriptor(descriptor).and_then(|_| {
        // SAFETY: no pointers.
        let copied = unsafe { libc::dup(descriptor) };
        if copied < 0 {
            return Err(crate::console::standard_handles::last_errno());
        }
        table::copy_mode(descriptor, copied);
        Ok(copied)
    }))
}

/// Makes `to` another descriptor of the same open file; its former file is closed. Returns 0 for success,
/// where dup2(2) returns the descriptor.
///
/// # Errors
/// −1 with errno `EBADF`.
///
/// Source: Microsoft's CRT reference, `_dup2`.
#[export(failure = -1)]
pub fn _dup2(from: c_int, to: c_int) -> c_int {
    or_errno(open_descriptor(from).and_then(|_| {
        if from == to {
            return Ok(0);
        }
        if to > 2 {
            table::release(to);
        }
        // SAFETY: no pointers; the program gives up what `to` was.
        if unsafe { libc::dup2(from, to) } < 0 {
            return Err(crate::console::standard_handles::last_errno());
        }
        table::copy_mode(from, to);
        Ok(0)
    }))
}

/// Makes a pipe: a descriptor to read from and one to write to.
///
/// # Errors
/// −1 with errno `EINVAL` for NULL, `EMFILE`.
///
/// Source: Microsoft's CRT reference, `_pipe`.
#[export(failure = -1)]
pub unsafe fn _pipe(ends: Option<Out<c_int>>, size: u32, flags: c_int) -> c_int {
    let make = || {
        let ends = ends.ok_or(libc::EINVAL)?;
        let private = if flags & O_NOINHERIT != 0 { libc::O_CLOEXEC } else { 0 };
        let mut made = [-1; 2];
        // SAFETY: room for two descriptors.
        if unsafe { libc::pipe2(made.as_mut_ptr(), private) } != 0 {
            return Err(crate::console::standard_handles::last_errno());
        }
        // SAFETY: no pointers. The size is a wish.
        unsafe { libc::fcntl(made[1], libc::F_SETPIPE_SZ, size.min(1 << 20) as c_int) };
        let written = ends.at(0).write(made[0]).and_then(|()| ends.at(1).write(made[1]));
        written.map_err(|_| {
            // SAFETY: new descriptors that no other code knows.
            unsafe { (libc::close(made[0]), libc::close(made[1])) };
            libc::EINVAL
        })?;
        Ok(0)
    };
    or_errno(make())
}

/// Sets whether a descriptor is text, wide text or binary; returns the former mode. Text is UTF-8
/// with line feeds in all of them.
///
/// # Errors
/// −1 with errno `EBADF`, `EINVAL`.
///
/// Source: Microsoft's CRT reference, `_setmode`.
#[export(failure = -1)]
pub fn _setmode(descriptor: c_int, mode: c_int) -> c_int {
    or_errno(table::set_mode(descriptor, mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_both_systems_reach_the_kernel() {
        assert_eq!(linux_flags(O_CREAT | O_EXCL | O_RDWR), libc::O_CREAT | libc::O_EXCL | libc::O_RDWR);
        assert_eq!(linux_flags(0x8000 | O_TRUNC | O_WRONLY), libc::O_TRUNC | libc::O_WRONLY);
        assert_eq!(linux_flags(libc::O_NONBLOCK | libc::O_CLOEXEC), libc::O_NONBLOCK | libc::O_CLOEXEC);
        assert_eq!(linux_flags(0x0600_0000), libc::O_DIRECTORY | libc::O_NOFOLLOW);
        assert_eq!(linux_flags(libc::O_SYNC | O_APPEND), libc::O_SYNC | libc::O_APPEND);
        assert_eq!(linux_flags(libc::O_TMPFILE | O_RDWR), libc::O_TMPFILE | libc::O_RDWR);
    }
    #[test]
    fn numbers_of_linux_stay_when_they_say_so() {
        let linux = libc::O_CREAT | libc::O_EXCL | libc::O_APPEND | libc::O_RDWR;
        assert_eq!(linux_flags(linux | LINUX_NUMBERS), linux);
    }

    #[test]
    fn the_flags_of_an_open_file_come_back_as_they_were_given() {
        for flags in
            [0, 1, 2, O_APPEND, 1 | O_APPEND | libc::O_NONBLOCK, libc::O_SYNC | 2, 0x2000_0000, 0x0800_0000]
        {
            assert_eq!(flags_of_linux(linux_flags(flags)), flags, "{flags:#x}");
        }
    }
}
