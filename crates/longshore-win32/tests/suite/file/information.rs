//! What files are asked and told: attributes, times, sizes, names.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::{OPEN_EXISTING, *};
use longshore_win32::testing::{
    GetFileAttributesA, GetFileAttributesExA, GetFileInformationByHandle, GetFileInformationByHandleEx,
    GetFileTime, GetFinalPathNameByHandleA, GetLastError, HANDLE, SetFileAttributesA,
    SetFileInformationByHandle, SetFileTime,
};
use std::mem::MaybeUninit;
use std::ptr::null;
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::Storage::FileSystem::*;

fn attributes(directory: &Directory, name: &str) -> Result<u32, u32> {
    match unsafe { GetFileAttributesA(directory.name(name).as_ptr()) } {
        u32::MAX => Err(GetLastError()),
        attributes => Ok(attributes),
    }
}

fn ask<T>(file: HANDLE, class: i32) -> Result<T, u32> {
    let mut found = MaybeUninit::<T>::zeroed();
    let room = size_of::<T>() as u32;
    result(unsafe { GetFileInformationByHandleEx(file, class, found.as_mut_ptr().cast(), room) })?;
    Ok(unsafe { found.assume_init() })
}

fn tell<T>(file: HANDLE, class: i32, value: T) -> Result<(), u32> {
    let length = size_of::<T>() as u32;
    result(unsafe { SetFileInformationByHandle(file, class, (&raw const value).cast(), length) })
}

#[test]
fn attributes_are_kept() {
    let directory = Directory::new();
    let file = directory.write("file", "");
    std::fs::create_dir(directory.path("sub")).unwrap();
    std::os::unix::fs::symlink("file", directory.path("link")).unwrap();
    std::os::unix::fs::symlink("sub", directory.path("sublink")).unwrap();
    assert_eq!(attributes(&directory, "file"), Ok(FILE_ATTRIBUTE_ARCHIVE));
    assert_eq!(attributes(&directory, "sub"), Ok(FILE_ATTRIBUTE_DIRECTORY));
    assert_eq!(attributes(&directory, "link").unwrap() & 0x410, FILE_ATTRIBUTE_REPARSE_POINT);
    assert_eq!(
        attributes(&directory, "sublink").unwrap(),
        FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY
    );
    assert_eq!(attributes(&directory, "missing"), Err(2));
    assert_eq!(attributes(&directory, "missing/file"), Err(3));
    let set = |attributes| result(unsafe { SetFileAttributesA(file.as_ptr(), attributes) });
    assert_eq!(set(FILE_ATTRIBUTE_READONLY), Ok(()));
    assert_eq!(attributes(&directory, "file").unwrap() & FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_READONLY);
    assert_eq!(create(&file, WRITE, SHARE_ALL, OPEN_EXISTING, 0), Err(5));
    assert_eq!(set(FILE_ATTRIBUTE_NORMAL), Ok(()));
    close(create(&file, WRITE, SHARE_ALL, OPEN_EXISTING, 0).unwrap());
    if attributes(&directory, "file") == Ok(FILE_ATTRIBUTE_NORMAL) {
        // The file system keeps them.
        assert_eq!(set(FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM), Ok(()));
        assert_eq!(attributes(&directory, "file"), Ok(FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM));
    }
}

#[test]
fn a_file_is_described_by_name_and_by_handle() {
    let directory = Directory::new();
    let name = directory.write("file", vec![0; 1234]);
    std::fs::hard_link(directory.path("file"), directory.path("other")).unwrap();
    let mut data = WIN32_FILE_ATTRIBUTE_DATA::default();
    let place = (&raw mut data).cast();
    assert_eq!(unsafe { GetFileAttributesExA(name.as_ptr(), 0, place) }, 1);
    assert_eq!((data.nFileSizeLow, data.nFileSizeHigh), (1234, 0));
    assert_eq!(unsafe { GetFileAttributesExA(name.as_ptr(), 1, place) }, 0);
    assert_eq!(GetLastError(), 87);
    let file = open(&name, READ, 0);
    let other = open(&directory.name("other"), READ, 0);
    let by_handle = |file| {
        let mut found = BY_HANDLE_FILE_INFORMATION::default();
        assert_eq!(unsafe { GetFileInformationByHandle(file, &mut found) }, 1);
        found
    };
    let (first, second) = (by_handle(file), by_handle(other));
    assert_eq!((first.nFileSizeLow, first.nNumberOfLinks), (1234, 2));
    assert_eq!(
        (first.nFileIndexLow, first.nFileIndexHigh, first.dwVolumeSerialNumber),
        (second.nFileIndexLow, second.nFileIndexHigh, second.dwVolumeSerialNumber),
    );
    assert_eq!(first.ftLastWriteTime.dwLowDateTime, data.ftLastWriteTime.dwLowDateTime);
    let standard: FILE_STANDARD_INFO = ask(file, FileStandardInfo).unwrap();
    assert_eq!((standard.EndOfFile, standard.NumberOfLinks, standard.Directory), (1234, 2, false));
    assert!(!standard.DeletePending);
    let basic: FILE_BASIC_INFO = ask(file, FileBasicInfo).unwrap();
    assert_eq!(basic.LastWriteTime as u32, first.ftLastWriteTime.dwLowDateTime);
    let tag: FILE_ATTRIBUTE_TAG_INFO = ask(file, FileAttributeTagInfo).unwrap();
    assert_eq!((tag.FileAttributes, tag.ReparseTag), (first.dwFileAttributes, 0));
    let (mine, theirs): (FILE_ID_INFO, FILE_ID_INFO) =
        (ask(file, FileIdInfo).unwrap(), ask(other, FileIdInfo).unwrap());
    assert_eq!(mine.FileId.Identifier, theirs.FileId.Identifier);
    assert_eq!(ask::<u8>(file, FileBasicInfo), Err(24), "too little room");
    assert_eq!(ask::<u64>(file, 99), Err(87));
    assert_eq!(unsafe { GetFileInformationByHandleEx(file, FileBasicInfo, std::ptr::null_mut(), 99) }, 0);
    close(file);
    close(other);
}

#[test]
fn an_open_file_knows_its_name() {
    let directory = Directory::new();
    let file = open(&directory.write("file", ""), READ, 0);
    std::fs::rename(directory.path("file"), directory.path("moved")).unwrap();
    let mut buffer = [0u8; 1024];
    let ask_name = |buffer: &mut [u8], flags| unsafe {
        GetFinalPathNameByHandleA(file, buffer.as_mut_ptr().cast(), buffer.len() as u32, flags)
    };
    let length = ask_name(&mut buffer, 0) as usize;
    let expected = std::fs::canonicalize(directory.path("moved")).unwrap();
    let expected = format!("\\\\?\\C:{}", expected.to_str().unwrap().replace('/', "\\"));
    assert_eq!(std::str::from_utf8(&buffer[..length]).unwrap(), expected);
    assert_eq!(ask_name(&mut buffer[..4], 0) as usize, length + 1, "the room it takes");
    let name = ask::<[u8; 2048]>(file, FileNameInfo).unwrap();
    let bytes = u32::from_ne_bytes(name[..4].try_into().unwrap()) as usize;
    let text: String = name[4..4 + bytes].chunks(4).map(|unit| char::from(unit[0])).collect();
    assert_eq!(format!("\\\\?\\C:{text}"), expected);
    assert_eq!(ask::<[u8; 20]>(file, FileNameInfo).err(), Some(234));
    close(file);
}

#[test]
fn times_are_set_and_read_back() {
    let directory = Directory::new();
    let file = open(&directory.write("file", ""), BOTH, 0);
    let time = FILETIME { dwLowDateTime: 1_234_567_800, dwHighDateTime: 0x01D0_0000 };
    assert_eq!(unsafe { SetFileTime(file, null(), null(), &time) }, 1);
    let (mut created, mut accessed, mut written) = Default::default();
    assert_eq!(unsafe { GetFileTime(file, &mut created, &mut accessed, &mut written) }, 1);
    assert_eq!((written.dwLowDateTime, written.dwHighDateTime), (time.dwLowDateTime, time.dwHighDateTime));
    assert_ne!(accessed.dwHighDateTime, time.dwHighDateTime, "not asked for");
    let info = FILE_BASIC_INFO { LastAccessTime: 130_000_000_000_000_000, ..Default::default() };
    assert_eq!(tell(file, FileBasicInfo, info), Ok(()));
    let found: FILE_BASIC_INFO = ask(file, FileBasicInfo).unwrap();
    assert_eq!(found.LastAccessTime, 130_000_000_000_000_000);
    assert_eq!(found.LastWriteTime as u32, time.dwLowDateTime);
    close(file);
    let reader = open(&directory.name("file"), READ, 0);
    assert_eq!(result(unsafe { SetFileTime(reader, null(), null(), &time) }), Err(5));
    close(reader);
}

#[test]
fn the_end_and_the_room_of_a_file_are_set_through_its_handle() {
    let directory = Directory::new();
    let file = open(&directory.write("file", "0123456789"), BOTH, 0);
    assert_eq!(tell(file, FileEndOfFileInfo, 4i64), Ok(()));
    assert_eq!(directory.read("file"), b"0123");
    assert_eq!(tell(file, FileAllocationInfo, 1i64 << 20), Ok(()));
    let standard: FILE_STANDARD_INFO = ask(file, FileStandardInfo).unwrap();
    assert_eq!(standard.EndOfFile, 4, "room is not length");
    assert!(standard.AllocationSize >= 1 << 20 || standard.AllocationSize <= 4096);
    assert_eq!(tell(file, FileAllocationInfo, 2i64), Ok(()));
    assert_eq!(directory.read("file"), b"01");
    assert_eq!(tell(file, FileIoPriorityHintInfo, 1i32), Ok(()));
    assert_eq!(tell(file, FileEndOfFileInfo, -1i64), Err(87));
    assert_eq!(tell(file, FileEndOfFileInfo, 1u8), Err(24));
    close(file);
}

#[test]
fn a_file_marked_for_deletion_goes_with_its_last_handle() {
    let directory = Directory::new();
    let name = directory.write("file", "");
    let without = open(&name, BOTH, 0);
    assert_eq!(tell(without, FileDispositionInfo, 1u8), Err(5), "the right is missing");
    let file = open(&name, READ | DELETE, 0);
    assert_eq!(tell(file, FileDispositionInfo, 1u8), Ok(()));
    assert!(ask::<FILE_STANDARD_INFO>(without, FileStandardInfo).unwrap().DeletePending);
    assert_eq!(create(&name, READ, SHARE_ALL, OPEN_EXISTING, 0), Err(5));
    assert_eq!(tell(file, FileDispositionInfo, 0u8), Ok(()), "taken back");
    close(open(&name, READ, 0));
    assert_eq!(tell(file, FileDispositionInfoEx, 1u32), Ok(()));
    close(file);
    assert!(directory.path("file").exists());
    close(without);
    assert!(!directory.path("file").exists());
}

#[test]
fn a_file_is_renamed_through_its_handle() {
    let directory = Directory::new();
    let name = directory.write("file", "content");
    directory.write("taken", "");
    let file = open(&name, READ | DELETE, 0);
    let rename = |to: &str, replace: u8| {
        let mut information = vec![replace, 0, 0, 0, 0, 0, 0, 0];
        information.extend([0; 8]);
        information.extend((to.chars().count() as u32 * 4).to_ne_bytes());
        information.extend(to.chars().flat_map(|character| (character as u32).to_ne_bytes()));
        information.extend([0; 4]);
        let length = information.len() as u32;
        result(unsafe {
            SetFileInformationByHandle(file, FileRenameInfo, information.as_ptr().cast(), length)
        })
    };
    assert_eq!(rename("new name", 0), Ok(()), "in its directory");
    assert!(directory.path("new name").exists() && !directory.path("file").exists());
    assert_eq!(rename("taken", 0), Err(183));
    assert_eq!(rename(directory.path("taken").to_str().unwrap(), 1), Ok(()));
    assert_eq!(directory.read("taken"), b"content");
    close(file);
}

#[test]
fn f22_every_open_may_ask_about_the_file() {
    let directory = Directory::new();
    for access in [WRITE, READ, 0] {
        let file = open(&directory.name("file"), access, 0);
        let mut written = FILETIME::default();
        let (none, written) = (std::ptr::null_mut(), &raw mut written);
        assert_eq!(result(unsafe { GetFileTime(file, none, none, written) }), Ok(()), "{access:x}");
        close(file);
    }
}

#[test]
fn a_link_to_a_directory_is_deleted_by_handle() {
    const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let directory = Directory::new();
    std::fs::create_dir(directory.path("sub")).unwrap();
    directory.write("sub/kept", "");
    std::os::unix::fs::symlink("sub", directory.path("link")).unwrap();
    let flags = BACKUP_SEMANTICS | OPEN_REPARSE_POINT;
    let link = create(&directory.name("link"), DELETE, SHARE_ALL, OPEN_EXISTING, flags).unwrap();
    assert_eq!(tell(link, FileDispositionInfo, 1u8), Ok(()));
    close(link);
    assert!(!directory.path("link").is_symlink());
    assert!(directory.path("sub/kept").exists());
}

#[test]
fn posix_semantics_remove_the_name_with_the_handle_that_asked() {
    let directory = Directory::new();
    let name = directory.write("file", "data");
    let reader = open(&name, READ, 0);
    let remover = create(&name, DELETE, SHARE_ALL, OPEN_EXISTING, 0).unwrap();
    assert_eq!(tell(remover, FileDispositionInfoEx, 3u32), Ok(()));
    assert_eq!(create(&name, READ, SHARE_ALL, OPEN_EXISTING, 0), Err(5), "about to be removed");
    close(remover);
    assert_eq!(create(&name, READ, SHARE_ALL, OPEN_EXISTING, 0), Err(2), "its name is gone");
    let other = open(&name, WRITE, 0);
    let mut buffer = [0; 4];
    assert_eq!((read(reader, &mut buffer, std::ptr::null_mut()), &buffer), (Ok(4), b"data"));
    close(reader);
    assert!(directory.path("file").exists(), "another file of the same name is none of its business");
    close(other);
    // Without: the last close does it.
    let (first, second) = (open(&name, READ, 0), create(&name, DELETE, SHARE_ALL, OPEN_EXISTING, 0).unwrap());
    assert_eq!(tell(second, FileDispositionInfoEx, 1u32), Ok(()));
    close(second);
    assert!(directory.path("file").exists());
    close(first);
    assert!(!directory.path("file").exists());
}

#[test]
fn delete_on_close_can_be_taken_back_and_given() {
    let directory = Directory::new();
    let kept = open(&directory.name("kept"), BOTH, DELETE_ON_CLOSE);
    assert_eq!(tell(kept, FileDispositionInfoEx, 8u32), Ok(()));
    let gone = open(&directory.name("gone"), DELETE, 0);
    assert_eq!(tell(gone, FileDispositionInfoEx, 9u32), Ok(()));
    [kept, gone].into_iter().for_each(close);
    assert!(directory.path("kept").exists() && !directory.path("gone").exists());
}

/// The names in a buffer of `FILE_ID_BOTH_DIR_INFO`, with their sizes.
fn entries(buffer: &[u8], name_at: usize) -> Vec<(String, i64)> {
    let word = |at: usize| u32::from_ne_bytes(buffer[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut found) = (0, Vec::new());
    loop {
        let units = buffer[at + name_at..][..word(at + 60)].chunks(4);
        let name = units.map(|unit| char::from(unit[0])).collect();
        found.push((name, i64::from_ne_bytes(buffer[at + 40..at + 48].try_into().unwrap())));
        match word(at) {
            0 => return found,
            distance => at += distance,
        }
    }
}

#[test]
fn a_directory_is_listed_through_its_handle() {
    const ID_BOTH: usize = 128;
    const FULL: usize = 68;
    let directory = Directory::new();
    for name in ["b", "A", "c"] {
        directory.write(name, name.repeat(3));
    }
    let handle = create(&directory.name(""), READ, SHARE_ALL, OPEN_EXISTING, BACKUP_SEMANTICS).unwrap();
    let mut buffer = [0u64; 64];
    let mut list = |class, room: usize| -> Result<Vec<u8>, u32> {
        let place = buffer.as_mut_ptr();
        result(unsafe { GetFileInformationByHandleEx(handle, class, place.cast(), room as u32) })?;
        let bytes: Vec<u8> = buffer.iter().flat_map(|word| word.to_ne_bytes()).collect();
        Ok(bytes)
    };
    let names = |entries: Vec<(String, i64)>| entries.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(entries(&list(FileIdBothDirectoryInfo, 288).unwrap(), ID_BOTH)), [".", ".."]);
    assert_eq!(
        entries(&list(FileIdBothDirectoryInfo, 288).unwrap(), ID_BOTH),
        [("A".into(), 3), ("b".into(), 3)]
    );
    assert_eq!(names(entries(&list(FileIdBothDirectoryInfo, 288).unwrap(), ID_BOTH)), ["c"]);
    assert_eq!(list(FileIdBothDirectoryInfo, 288), Err(18));
    let all = entries(&list(FileFullDirectoryRestartInfo, 512).unwrap(), FULL);
    assert_eq!(names(all), [".", "..", "A", "b", "c"]);
    assert_eq!(list(FileIdBothDirectoryRestartInfo, 100), Err(24));
    close(handle);
    let file = open(&directory.name("b"), READ, 0);
    assert_eq!(ask::<[u8; 512]>(file, FileIdBothDirectoryInfo), Err(87));
    close(file);
}
