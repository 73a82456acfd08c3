//! Directories, searches, moves, copies, names, volumes.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_win32::testing::{CopyFileA, CopyFileExA, GetLastError, HANDLE, INVALID_HANDLE_VALUE, *};
use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

type Found = (String, u32, u32);

fn found(data: &FindData<c_char>) -> Found {
    let name = unsafe { CStr::from_ptr(data.cFileName.as_ptr()) };
    (name.to_str().unwrap().to_owned(), data.dwFileAttributes, data.nFileSizeLow)
}

/// Everything a pattern finds, or the error of the first call.
fn search(pattern: &CString) -> Result<Vec<Found>, u32> {
    let mut data = MaybeUninit::<FindData<c_char>>::zeroed();
    let handle = unsafe { FindFirstFileA(pattern.as_ptr(), data.as_mut_ptr()) };
    if handle == INVALID_HANDLE_VALUE {
        return Err(GetLastError());
    }
    let mut all = vec![found(unsafe { data.assume_init_ref() })];
    while unsafe { FindNextFileA(handle, data.as_mut_ptr()) } != 0 {
        all.push(found(unsafe { data.assume_init_ref() }));
    }
    assert_eq!(GetLastError(), 18);
    assert_eq!(FindClose(handle), 1);
    assert_eq!((FindClose(handle), GetLastError()), (0, 6));
    Ok(all)
}

fn names(pattern: &CString) -> Result<Vec<String>, u32> {
    Ok(search(pattern)?.into_iter().map(|(name, ..)| name).collect())
}

#[test]
fn a_search_lists_names_in_their_order() {
    let directory = Directory::new();
    for name in ["beta.txt", "Alpha.TXT", "gamma", "delta.log"] {
        directory.write(name, name);
    }
    std::fs::create_dir(directory.path("Sub")).unwrap();
    let pattern = |pattern| names(&directory.name(pattern));
    let everything = [".", "..", "Alpha.TXT", "beta.txt", "delta.log", "gamma", "Sub"].map(String::from);
    assert_eq!(pattern("*").unwrap(), everything);
    assert_eq!(pattern("*.*").unwrap(), everything);
    assert_eq!(pattern("*.txt").unwrap(), ["Alpha.TXT", "beta.txt"]);
    assert_eq!(pattern("*.").unwrap(), [".", "..", "gamma", "Sub"]);
    assert_eq!(pattern("?????.txt").unwrap(), ["Alpha.TXT", "beta.txt"]);
    assert_eq!(pattern("*.nothing"), Err(2));
    assert_eq!(pattern("missing/*"), Err(3));
    assert_eq!(pattern("gamma/*"), Err(267));
    assert_eq!(pattern(""), Err(2), "a directory's name with the separator behind it");
    assert_eq!(search(&directory.name("SUB")).unwrap(), [("Sub".to_owned(), 0x10, 0)]);
    assert_eq!(search(&directory.name("GAMMA")).unwrap(), [("gamma".to_owned(), 0x20, 5)]);
}

#[test]
fn a_search_is_narrowed_and_wide() {
    let directory = Directory::new();
    directory.write("File", "");
    std::fs::create_dir(directory.path("Dir")).unwrap();
    let narrowed = |pattern: &str, search, flags| {
        let mut data = MaybeUninit::<FindData<c_char>>::zeroed();
        let pattern = directory.name(pattern);
        let place = data.as_mut_ptr().cast();
        let handle = unsafe { FindFirstFileExA(pattern.as_ptr(), 1, place, search, null_mut(), flags) };
        if handle == INVALID_HANDLE_VALUE {
            return Err(GetLastError());
        }
        assert_eq!(FindClose(handle), 1);
        Ok(found(unsafe { data.assume_init_ref() }).0)
    };
    assert_eq!(narrowed("D*", 1, 0), Ok("Dir".to_owned()));
    assert_eq!(narrowed("F*", 1, 0), Err(2), "directories only");
    assert_eq!(narrowed("f*", 0, 0), Ok("File".to_owned()));
    assert_eq!(narrowed("f*", 0, 1), Err(2), "case counts");
    assert_eq!(narrowed("f*", 7, 0), Err(87));
    directory.write("Größe", "");
    let wide: Vec<i32> =
        directory.path("Gr*").to_str().unwrap().chars().chain(['\0']).map(|unit| unit as i32).collect();
    let mut data = MaybeUninit::<FindData<i32>>::zeroed();
    let handle = unsafe { FindFirstFileW(wide.as_ptr(), data.as_mut_ptr()) };
    assert_ne!(handle, INVALID_HANDLE_VALUE);
    let data = unsafe { data.assume_init_ref() };
    let name: String =
        data.cFileName.iter().take_while(|&&unit| unit != 0).map(|&unit| unit as u8 as char).collect();
    assert_eq!(name, "Größe");
    assert_eq!(FindClose(handle), 1);
}

#[test]
fn directories_are_made_and_removed() {
    let directory = Directory::new();
    let make = |name: &str| result(unsafe { CreateDirectoryA(directory.name(name).as_ptr(), null()) });
    let remove = |name: &str| result(unsafe { RemoveDirectoryA(directory.name(name).as_ptr()) });
    assert_eq!(make("new"), Ok(()));
    assert_eq!(make("new"), Err(183));
    assert_eq!(make("no\\where"), Err(3));
    assert_eq!(make("new\\inner\\"), Ok(()));
    directory.write("file", "");
    assert_eq!(make("file"), Err(183));
    assert_eq!(remove("new"), Err(145));
    assert_eq!(remove("NEW\\INNER"), Ok(()), "in any case");
    assert_eq!(remove("file"), Err(267));
    assert_eq!(remove("missing"), Err(2));
    let open = create(&directory.name("new"), READ, 3, OPEN_EXISTING, BACKUP_SEMANTICS).unwrap();
    assert_eq!(remove("new"), Err(32), "somebody has it open");
    close(open);
    assert_eq!(remove("new"), Ok(()));
}

#[test]
fn files_are_deleted_under_windows_conditions() {
    let directory = Directory::new();
    let delete = |name: &str| result(unsafe { DeleteFileA(directory.name(name).as_ptr()) });
    let name = directory.write("file", "");
    let held = create(&name, READ, 3, OPEN_EXISTING, 0).unwrap();
    assert_eq!(delete("file"), Err(32));
    close(held);
    let shared = create(&name, READ, SHARE_ALL, OPEN_EXISTING, 0).unwrap();
    assert_eq!(delete("file"), Ok(()));
    assert!(!directory.path("file").exists(), "gone at once");
    close(shared);
    assert_eq!(delete("file"), Err(2));
    assert_eq!(delete("no/file"), Err(3));
    std::fs::create_dir(directory.path("sub")).unwrap();
    assert_eq!(delete("sub"), Err(5));
    let name = directory.name("read-only");
    close(create(&name, WRITE, 0, CREATE_NEW, 1).unwrap());
    assert_eq!(delete("read-only"), Err(5));
}

#[test]
fn moves_replace_only_when_told() {
    let directory = Directory::new();
    let to = |from: &str, to: &str, flags| {
        let (from, to) = (directory.name(from), directory.name(to));
        result(unsafe { MoveFileExA(from.as_ptr(), to.as_ptr(), flags) })
    };
    directory.write("a", "a");
    directory.write("b", "b");
    assert_eq!(to("a", "b", 0), Err(183));
    assert_eq!(to("a", "b", 1), Ok(()));
    assert_eq!(directory.read("b"), b"a");
    assert_eq!(to("b", "B", 0), Ok(()), "only the case changes");
    assert!(directory.path("B").exists() && !directory.path("b").exists());
    directory.write("c", "c");
    assert_eq!(to("c", "b", 0), Err(183), "there is one in another case");
    assert_eq!(to("missing", "x", 0), Err(2));
    assert_eq!(to("c", "no/where", 0), Err(3));
    std::fs::create_dir(directory.path("sub")).unwrap();
    assert_eq!(to("c", "sub", 1), Err(5), "a directory is not replaced");
    assert_eq!(to("sub", "Other", 0), Ok(()));
    assert!(directory.path("Other").is_dir());
    let held = create(&directory.name("c"), READ, 3, OPEN_EXISTING, 0).unwrap();
    assert_eq!(to("c", "d", 0), Err(32));
    close(held);
    assert_eq!(to("c", "d", 4), Err(50));
    let other = Directory::within("/dev/shm".as_ref());
    let (from, target) = (directory.name("c"), other.name("c"));
    let crosses = result(unsafe { MoveFileExA(from.as_ptr(), target.as_ptr(), 0) });
    if crosses == Err(17) {
        assert_eq!(result(unsafe { MoveFileA(from.as_ptr(), target.as_ptr()) }), Ok(()));
        assert!(!directory.path("c").exists());
    }
    assert_eq!(other.read("c"), b"c");
}

#[test]
fn a_file_is_replaced_and_its_content_kept() {
    let directory = Directory::new();
    let (old, new, backup) =
        (directory.write("old", "old"), directory.write("new", "new"), directory.name("backup"));
    let none = null_mut();
    assert_eq!(unsafe { ReplaceFileA(old.as_ptr(), new.as_ptr(), backup.as_ptr(), 0, none, none) }, 1);
    assert_eq!((directory.read("old"), directory.read("backup")), (b"new".to_vec(), b"old".to_vec()));
    assert_eq!(result(unsafe { ReplaceFileA(old.as_ptr(), new.as_ptr(), null(), 0, none, none) }), Err(2));
}

#[test]
fn links_lead_to_their_files() {
    let directory = Directory::new();
    let file = directory.write("file", "content");
    let (hard, soft) = (directory.name("hard"), directory.name("soft"));
    assert_eq!(unsafe { CreateHardLinkA(hard.as_ptr(), file.as_ptr(), null_mut()) }, 1);
    assert_eq!(unsafe { CreateSymbolicLinkA(soft.as_ptr(), c"file".as_ptr(), 0) }, 1);
    assert_eq!((directory.read("hard"), directory.read("soft")), (b"content".to_vec(), b"content".to_vec()));
    assert_eq!(unsafe { CreateSymbolicLinkA(soft.as_ptr(), c"file".as_ptr(), 0) }, 0);
    assert_eq!(GetLastError(), 183);
    assert_eq!(
        result(unsafe { CreateHardLinkA(hard.as_ptr(), directory.name("no").as_ptr(), null_mut()) }),
        Err(2)
    );
}

#[test]
fn a_copy_has_the_content_and_the_time() {
    let directory = Directory::new();
    let content: Vec<u8> = (0..3_000_000u32).map(|number| (number / 7) as u8).collect();
    let (from, to) = (directory.write("from", &content), directory.name("to"));
    let copy =
        |from: &CString, to: &CString, fail| result(unsafe { CopyFileA(from.as_ptr(), to.as_ptr(), fail) });
    assert_eq!(copy(&from, &to, 1), Ok(()));
    assert!(directory.read("to") == content);
    let written = |name: &str| std::fs::metadata(directory.path(name)).unwrap().modified().unwrap();
    let difference = written("from").duration_since(written("to")).unwrap_or_default();
    assert!(difference < std::time::Duration::from_micros(1), "{difference:?}");
    assert_eq!(copy(&from, &to, 1), Err(80));
    directory.write("from", "short");
    assert_eq!(copy(&from, &to, 0), Ok(()));
    assert_eq!(directory.read("to"), b"short");
    assert_eq!(copy(&from, &from, 0), Err(32));
    assert_eq!(directory.read("from"), b"short");
    assert_eq!(copy(&directory.name("missing"), &to, 0), Err(2));
    let held = create(&from, READ, 0, OPEN_EXISTING, 0).unwrap();
    assert_eq!(copy(&from, &to, 0), Err(32));
    close(held);
}

struct Progress {
    calls: Vec<(i64, u32)>,
    answer: u32,
}

unsafe extern "C-unwind" fn progress(
    total: i64,
    done: i64,
    _: i64,
    _: i64,
    stream: u32,
    reason: u32,
    source: HANDLE,
    _: HANDLE,
    data: *mut c_void,
) -> u32 {
    let progress = unsafe { &mut *data.cast::<Progress>() };
    assert_eq!((total, stream), (3 << 20, 1));
    assert_eq!(longshore_win32::testing::GetFileType(source), 1);
    progress.calls.push((done, reason));
    if done > 0 { progress.answer } else { 0 }
}

#[test]
fn the_progress_of_a_copy_is_told_and_can_end_it() {
    let directory = Directory::new();
    let (from, to) = (directory.write("from", vec![7; 3 << 20]), directory.name("to"));
    let copy = |answer, cancel: *mut i32| {
        let mut told = Progress { calls: Vec::new(), answer };
        let data = (&raw mut told).cast();
        let value = unsafe { CopyFileExA(from.as_ptr(), to.as_ptr(), Some(progress), data, cancel, 0) };
        (result(value), told.calls)
    };
    let (copied, calls) = copy(0, null_mut());
    assert_eq!(copied, Ok(()));
    assert_eq!((calls[0], calls.last().unwrap().0), ((0, 1), 3 << 20));
    assert_eq!(copy(3, null_mut()).1.len(), 2, "quiet from there on");
    assert_eq!(copy(2, null_mut()).0, Err(1235));
    assert!(directory.path("to").exists(), "stopped, what was copied stays");
    assert_eq!(copy(1, null_mut()).0, Err(1235));
    assert!(!directory.path("to").exists(), "cancelled");
    let mut cancel = 1;
    assert_eq!(copy(0, &mut cancel).0, Err(1235));
    assert!(!directory.path("to").exists());
}

fn text(call: impl Fn(u32, *mut c_char) -> u32) -> Result<String, u32> {
    let mut buffer = vec![0u8; 1024];
    let length = call(1024, buffer.as_mut_ptr().cast()) as usize;
    if length == 0 {
        return Err(GetLastError());
    }
    assert_eq!(call(length as u32, buffer.as_mut_ptr().cast()) as usize, length + 1, "one short");
    buffer.truncate(length);
    Ok(String::from_utf8(buffer).unwrap())
}

#[test]
fn names_are_completed() {
    let full = |name: &CStr| {
        text(|room, buffer| unsafe { GetFullPathNameA(name.as_ptr(), room, buffer, null_mut()) })
    };
    assert_eq!(full(c"C:\\a\\.\\b\\..\\c").unwrap(), "C:\\a\\c");
    assert_eq!(full(c"/a/b/").unwrap(), "C:\\a\\b\\");
    assert_eq!(full(c"*.txt").unwrap(), format!("{}\\*.txt", full(c".").unwrap()));
    let mut buffer = [0; 64];
    let mut part = null_mut();
    assert_eq!(unsafe { GetFullPathNameA(c"C:\\a\\file".as_ptr(), 64, buffer.as_mut_ptr(), &mut part) }, 9);
    assert_eq!(unsafe { CStr::from_ptr(part) }, c"file");
    assert_eq!(unsafe { GetFullPathNameA(c"C:\\a\\".as_ptr(), 64, buffer.as_mut_ptr(), &mut part) }, 5);
    assert!(part.is_null());
    let current = text(|room, buffer| unsafe { GetCurrentDirectoryA(room, buffer) }).unwrap();
    assert_eq!(current, full(c".").unwrap());
    assert_eq!(result(unsafe { SetCurrentDirectoryA(c"no such directory".as_ptr()) }), Err(2));
    assert_eq!(unsafe { SetCurrentDirectoryA(CString::new(current).unwrap().as_ptr()) }, 1);
}

#[test]
fn temporary_files_have_names_of_their_own() {
    let temporary = text(|room, buffer| unsafe { GetTempPathA(room, buffer) }).unwrap();
    assert!(temporary.starts_with("C:\\") && temporary.ends_with('\\'));
    let directory = Directory::new();
    let mut buffer = [0; 260];
    let mut make = |prefix: &CStr, unique| unsafe {
        let number =
            GetTempFileNameA(directory.name("").as_ptr(), prefix.as_ptr(), unique, buffer.as_mut_ptr());
        (number, CStr::from_ptr(buffer.as_ptr()).to_str().unwrap().to_owned())
    };
    let (first, second) = (make(c"prefix", 0), make(c"prefix", 0));
    assert!(first.0 != 0 && first.1 != second.1);
    for (number, name) in [&first, &second] {
        let file = name.rsplit(['\\', '/']).next().unwrap();
        assert_eq!(file, format!("pre{number:X}.TMP"));
        assert!(directory.path(file).exists());
    }
    assert_eq!(make(c"x", 0xABC).1.rsplit(['\\', '/']).next(), Some("xABC.TMP"));
    assert!(!directory.path("xABC.TMP").exists(), "with a number nothing is made");
    let missing = directory.name("missing");
    assert_eq!(unsafe { GetTempFileNameA(missing.as_ptr(), c"x".as_ptr(), 0, buffer.as_mut_ptr()) }, 0);
    assert_eq!(GetLastError(), 267);
}

#[test]
fn a_file_is_looked_for_in_directories() {
    let directory = Directory::new();
    directory.write("tool.exe", "");
    let places = CString::new(format!("/nowhere;{}", directory.path("").display())).unwrap();
    let search = |name: &CStr, extension: *const c_char| {
        text(|room, buffer| unsafe {
            SearchPathA(places.as_ptr(), name.as_ptr(), extension, room, buffer, null_mut())
        })
    };
    let found = search(c"tool", c".exe".as_ptr()).unwrap();
    assert!(found.starts_with("C:\\") && found.ends_with("\\tool.exe"), "{found}");
    assert_eq!(search(c"TOOL.EXE", null()).unwrap(), found);
    assert_eq!(search(c"tool", null()), Err(2));
    let same =
        text(|room, buffer| unsafe { GetLongPathNameA(directory.name("tool.exe").as_ptr(), buffer, room) });
    assert_eq!(same.unwrap(), directory.path("tool.exe").to_str().unwrap());
    assert_eq!(text(|room, buffer| unsafe { GetShortPathNameA(c"/no/x".as_ptr(), buffer, room) }), Err(3));
}

#[test]
fn drives_and_volumes() {
    assert_ne!(GetLogicalDrives() & 1 << 2, 0, "there is a C:");
    let mut buffer = [0; 200];
    let length = unsafe { GetLogicalDriveStringsA(200, buffer.as_mut_ptr()) };
    assert_eq!(length, GetLogicalDrives().count_ones() * 4);
    assert!([3, 6].contains(&unsafe { GetDriveTypeA(c"C:\\".as_ptr()) }));
    assert_eq!(unsafe { GetDriveTypeA(c"C:\\no such\\".as_ptr()) }, 1);
    let (mut available, mut total, mut free) = (0, 0, 0);
    assert_eq!(unsafe { GetDiskFreeSpaceExA(c"C:\\tmp".as_ptr(), &mut available, &mut total, &mut free) }, 1);
    assert!(total > 0 && available <= free && free <= total);
    let (mut sectors, mut bytes, mut free_clusters, mut clusters) = (0, 0, 0, 0);
    assert_eq!(
        unsafe { GetDiskFreeSpaceA(null(), &mut sectors, &mut bytes, &mut free_clusters, &mut clusters) },
        1
    );
    assert!(sectors > 0 && bytes == 512 && clusters > 0);
    let (mut serial, mut longest, mut flags) = (0, 0, 0);
    let mut name = [1; 16];
    let root = c"C:\\".as_ptr();
    let call = |room, name: &mut [c_char; 16], serial: &mut u32, longest: &mut u32, flags: &mut u32| unsafe {
        GetVolumeInformationA(root, null_mut(), 0, serial, longest, flags, name.as_mut_ptr(), room)
    };
    assert_eq!(call(16, &mut name, &mut serial, &mut longest, &mut flags), 1);
    assert!(longest >= 255 && name[0] > 1);
    assert_eq!(call(2, &mut name, &mut serial, &mut longest, &mut flags), 0);
    assert_eq!(GetLastError(), 24);
    assert_eq!(unsafe { GetVolumePathNameA(c"C:\\tmp\\x".as_ptr(), name.as_mut_ptr(), 16) }, 1);
    assert_eq!(unsafe { CStr::from_ptr(name.as_ptr()) }, c"C:\\");
}

#[test]
fn f26_an_open_file_is_not_replaced_by_a_move() {
    let directory = Directory::new();
    let (from, to) = (directory.write("from", "new"), directory.write("to", "old"));
    let target = open(&to, READ, 0);
    let moved = || result(unsafe { MoveFileExA(from.as_ptr(), to.as_ptr(), 1) });
    assert_eq!(moved(), Err(5), "although it shares its deletion");
    close(target);
    assert_eq!(moved(), Ok(()));
    assert_eq!(directory.read("to"), b"new");
}

#[test]
fn f26_a_file_is_renamed_through_a_handle_that_shares_nothing() {
    let directory = Directory::new();
    let file = create(&directory.name("old"), BOTH | 0x1_0000, 0, CREATE_NEW, 0).unwrap();
    let name: Vec<u32> = "new".chars().map(u32::from).collect();
    let mut info = vec![0u32; 5];
    info[4] = 4 * name.len() as u32;
    info.extend(name);
    info.push(0);
    let length = 4 * info.len() as u32;
    assert_eq!(result(unsafe { SetFileInformationByHandle(file, 3, info.as_ptr().cast(), length) }), Ok(()));
    close(file);
    assert!(directory.path("new").exists() && !directory.path("old").exists());
}
