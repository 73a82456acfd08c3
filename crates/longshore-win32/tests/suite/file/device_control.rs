//! `DeviceIoControl` on files and disks (IO1-IO5).
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_win32::testing::{CreateFileA, DeviceIoControl, GetLastError, HANDLE};
use std::ptr::{null, null_mut};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::Win32::System::Ioctl::*;

/// The output, or the last error and how many bytes were returned beside it.
fn control(
    file: HANDLE,
    code: u32,
    input: &[u8],
    room: usize,
    overlapped: *mut OVERLAPPED,
) -> Result<Vec<u8>, (u32, u32)> {
    let mut output = vec![0xCC; room];
    let mut returned = 0xCCCC;
    let (start, length) = (input.as_ptr().cast(), input.len() as u32);
    let place = output.as_mut_ptr().cast();
    let value =
        unsafe { DeviceIoControl(file, code, start, length, place, room as u32, &mut returned, overlapped) };
    if value == 0 {
        return Err((GetLastError(), returned));
    }
    output.truncate(returned as usize);
    Ok(output)
}

fn numbers<const N: usize>(numbers: [i64; N]) -> Vec<u8> {
    numbers.map(i64::to_ne_bytes).concat()
}

fn of_numbers(bytes: &[u8]) -> Vec<i64> {
    bytes.chunks(8).map(|number| i64::from_ne_bytes(number.try_into().unwrap())).collect()
}

#[test]
fn an_unknown_code_is_refused_without_a_packet_io2_io4() {
    let directory = Directory::new();
    let file = open(&directory.write("file", ""), BOTH, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    let (signal, handle) = event(true);
    let mut ov = overlapped(0);
    ov.hEvent = handle;
    for code in [0xDEAD_BEEF, FSCTL_PIPE_LISTEN_CODE, AFD_POLL_CODE, FSCTL_REQUEST_OPLOCK] {
        longshore_win32::testing::SetEvent(handle);
        assert_eq!(control(file, code, &[], 0, &mut *ov), Err((1, 0)));
        assert!(!is_signaled(&signal), "IO4: the event is taken back");
    }
    assert_eq!((ov.Internal, ov.InternalHigh), (0x103, 0xDEAD_BEEF), "A9");
    assert!(port.is_empty());
    close(file);
    close(handle);
}

const FSCTL_PIPE_LISTEN_CODE: u32 = 0x11_0008;
const AFD_POLL_CODE: u32 = 0x1_2024;

#[test]
fn the_count_may_be_missing_only_beside_an_overlapped_io1() {
    let directory = Directory::new();
    let file = open(&directory.write("file", ""), BOTH, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    let call = |returned, ov| unsafe {
        result(DeviceIoControl(file, FSCTL_SET_SPARSE, null(), 0, null_mut(), 0, returned, ov))
    };
    assert_eq!(call(null_mut(), null_mut()), Err(87));
    let mut ov = overlapped(0);
    assert_eq!(call(null_mut(), &mut *ov), Ok(()));
    assert_eq!(port.next(&ov), (Ok(()), 0));
    let mut returned = 5;
    assert_eq!((call(&mut returned, null_mut()), returned), (Ok(()), 0));
    assert!(port.is_empty(), "D5");
    assert_eq!(control(null_mut(), FSCTL_SET_SPARSE, &[], 0, null_mut()), Err((6, 0xCCCC)));
    close(file);
}

/// Three islands of data, 1 MiB apart, on a file system that knows holes.
fn islands(directory: &Directory) -> (HANDLE, i64) {
    const STEP: u64 = 1 << 20;
    let file = open(&directory.name("file"), BOTH, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    for number in 0..3 {
        let mut ov = overlapped(number * STEP);
        assert_eq!(write(file, &[7; 65536], &mut *ov), Err(997));
        assert_eq!(port.next(&ov), (Ok(()), 65536));
    }
    let input = numbers([0, i64::MAX]);
    assert_eq!(control(file, FSCTL_QUERY_ALLOCATED_RANGES, &input, 4096, null_mut()).unwrap().len(), 48);
    (file, STEP as i64)
}

#[test]
fn a_part_of_the_answer_is_a_warning_with_a_packet_io3() {
    let directory = Directory::new();
    let (file, step) = islands(&directory);
    let query =
        |range: [i64; 2], room, ov| control(file, FSCTL_QUERY_ALLOCATED_RANGES, &numbers(range), room, ov);
    let all = query([0, i64::MAX], 48, null_mut()).unwrap();
    assert_eq!(of_numbers(&all), [0, 65536, step, 65536, 2 * step, 65536]);
    let within = query([step + 100, step], 48, null_mut()).unwrap();
    assert_eq!(of_numbers(&within), [step + 100, 65436, 2 * step, 100]);
    assert_eq!(query([3 * step, step], 0, null_mut()), Ok(vec![]), "nothing there");
    assert_eq!(query([0, i64::MAX], 15, null_mut()), Err((122, 0)), "room for nothing");
    assert_eq!(query([-1, 5], 48, null_mut()), Err((87, 0)));
    let mut ov = overlapped(0);
    assert_eq!(query([0, i64::MAX], 31, &mut *ov), Err((234, 16)));
    assert_eq!((ov.Internal, ov.InternalHigh), (0x8000_0005, 16), "D3: ended inside the call");
    close(file);
}

#[test]
fn an_answer_inside_the_call_has_a_packet_unless_they_are_skipped() {
    let directory = Directory::new();
    let (file, _) = islands(&directory);
    close(file);
    let file = open(&directory.name("file"), BOTH, OVERLAPPED_FLAG);
    let port = Port::new();
    port.bind(file);
    let mut ov = overlapped(0);
    let input = numbers([0, i64::MAX]);
    let mut query = |room| control(file, FSCTL_QUERY_ALLOCATED_RANGES, &input, room, &mut *ov);
    let packet = || port.take(0).map(|(result, bytes, _)| (result, bytes));
    assert!(query(48).is_ok());
    assert_eq!(packet(), Some((Ok(()), 48)), "D2");
    assert_eq!(query(16), Err((234, 16)));
    assert_eq!(packet(), Some((Err(234), 16)), "D1: a warning");
    assert_eq!(query(8), Err((122, 0)));
    assert_eq!(packet(), None, "D1: an error");
    assert_eq!(longshore_win32::testing::SetFileCompletionNotificationModes(file, 1), 1);
    assert!(query(48).is_ok() && query(16).is_err());
    assert_eq!(packet(), None, "M3");
    close(file);
}

#[test]
fn zeroed_data_reads_as_zero_and_the_file_does_not_grow() {
    let directory = Directory::new();
    let file = open(&directory.write("file", vec![1; 20_000]), BOTH, 0);
    assert_eq!(control(file, FSCTL_SET_ZERO_DATA, &numbers([100, 10_000]), 0, null_mut()), Ok(vec![]));
    assert_eq!(control(file, FSCTL_SET_ZERO_DATA, &numbers([19_999, 90_000]), 0, null_mut()), Ok(vec![]));
    assert_eq!(control(file, FSCTL_SET_ZERO_DATA, &numbers([5, 4]), 0, null_mut()), Err((87, 0)));
    let mut expected = vec![1; 20_000];
    expected[100..10_000].fill(0);
    expected[19_999] = 0;
    assert!(directory.read("file") == expected);
    let trim = [0u32.to_ne_bytes(), 1u32.to_ne_bytes()].concat();
    let trim = [trim, numbers([0, 4096])].concat();
    assert_eq!(control(file, FSCTL_FILE_LEVEL_TRIM, &trim, 0, null_mut()), Ok(vec![]));
    assert_eq!(directory.read("file").len(), 20_000);
    close(file);
    let reader = open(&directory.name("file"), READ, 0);
    assert_eq!(control(reader, FSCTL_SET_ZERO_DATA, &numbers([0, 1]), 0, null_mut()), Err((5, 0)));
    assert_eq!(control(reader, FSCTL_SET_SPARSE, &[], 0, null_mut()), Err((5, 0)));
    assert_eq!(control(reader, FSCTL_SET_ZERO_DATA, &[1], 0, null_mut()), Err((5, 0)));
    close(reader);
}

#[test]
fn looking_for_data_leaves_the_position_alone() {
    let directory = Directory::new();
    let file = open(&directory.write("file", vec![1; 100]), BOTH, 0);
    assert_eq!(read(file, &mut [0; 10], null_mut()), Ok(10));
    assert!(control(file, FSCTL_QUERY_ALLOCATED_RANGES, &numbers([0, 100]), 16, null_mut()).is_ok());
    assert_eq!(unsafe { longshore_win32::testing::SetFilePointer(file, 0, null_mut(), 1) }, 10);
    close(file);
}

#[test]
fn links_are_reparse_points() {
    const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let directory = Directory::new();
    directory.write("target", "content");
    std::os::unix::fs::symlink("target", directory.path("link")).unwrap();
    let open_link = |name: &str| {
        let name = directory.name(name);
        let handle = unsafe {
            CreateFileA(name.as_ptr(), 0, SHARE_ALL, null(), OPEN_EXISTING, OPEN_REPARSE_POINT, null_mut())
        };
        assert_ne!(handle as isize, -1, "{}", GetLastError());
        handle
    };
    let link = open_link("link");
    let data = control(link, FSCTL_GET_REPARSE_POINT, &[], 4096, null_mut()).unwrap();
    assert_eq!(u32::from_ne_bytes(data[..4].try_into().unwrap()), 0xA000_000C);
    let text: Vec<u8> = data[20..44].chunks(4).map(|unit| unit[0]).collect();
    assert_eq!(text, b"target");
    assert_eq!(control(link, FSCTL_GET_REPARSE_POINT, &[], 8, null_mut()), Err((122, 0)));
    close(link);
    let plain = open_link("target");
    assert_eq!(control(plain, FSCTL_GET_REPARSE_POINT, &[], 4096, null_mut()), Err((4390, 0)));
    assert_eq!(control(plain, FSCTL_SET_REPARSE_POINT, &data, 0, null_mut()), Err((145, 0)), "not empty");
    close(plain);
    directory.write("empty", "");
    let empty = open_link("empty");
    assert_eq!(control(empty, FSCTL_SET_REPARSE_POINT, &data, 0, null_mut()), Ok(vec![]));
    close(empty);
    assert_eq!(directory.read("empty"), b"content");
    let link = open_link("empty");
    assert_eq!(control(link, FSCTL_DELETE_REPARSE_POINT, &[], 0, null_mut()), Ok(vec![]));
    close(link);
    assert_eq!(directory.read("empty"), b"");
}

#[test]
fn what_a_file_system_cannot_do_it_says() {
    let directory = Directory::new();
    let file = open(&directory.write("file", vec![1; 10_000]), BOTH, 0);
    // Where files can be compressed at all, this one is not.
    match control(file, FSCTL_GET_COMPRESSION, &[], 2, null_mut()) {
        Ok(format) => assert_eq!(format, [0, 0]),
        Err(error) => assert_eq!(error, (1, 0)),
    }
    let input = numbers([file as i64, 0, 0, 4096]);
    let cloned = control(file, FSCTL_DUPLICATE_EXTENTS_TO_FILE, &input, 0, null_mut());
    assert!(matches!(cloned, Ok(_) | Err((1 | 87, 0))), "{cloned:?}");
    let nobody = numbers([1 << 40, 0, 0, 4096]);
    let from_nobody = control(file, FSCTL_DUPLICATE_EXTENTS_TO_FILE, &nobody, 0, null_mut());
    assert_eq!(from_nobody, Err((6, 0)));
    for code in [IOCTL_DISK_GET_LENGTH_INFO, IOCTL_DISK_GET_DRIVE_GEOMETRY, IOCTL_STORAGE_CHECK_VERIFY] {
        assert_eq!(control(file, code, &[], 64, null_mut()), Err((1, 0)), "a file is no disk");
    }
    assert_eq!(control(file, FSCTL_IS_VOLUME_MOUNTED, &[], 0, null_mut()), Ok(vec![]));
    assert_eq!(control(file, FSCTL_LOCK_VOLUME, &[], 0, null_mut()), Err((5, 0)));
    let mut ov = overlapped(0);
    let (none, mut returned) = (null_mut(), 7);
    let bad = 8 as *const _;
    let value =
        unsafe { DeviceIoControl(file, FSCTL_SET_ZERO_DATA, bad, 16, none, 0, &mut returned, &mut *ov) };
    assert_eq!((result(value), returned), (Err(998), 0));
    close(file);
}

#[test]
fn extents_follow_one_another_up_to_the_end() {
    let directory = Directory::new();
    let (file, _) = islands(&directory);
    let code = FSCTL_GET_RETRIEVAL_POINTERS;
    match control(file, code, &numbers([0]), 4096, null_mut()) {
        Err(error) => assert_eq!(error, (1, 0), "the file system does not tell"),
        Ok(answer) => {
            let answer = of_numbers(&answer);
            assert_eq!((answer[0] as usize, answer[1]), ((answer.len() - 2) / 2, 0));
            let ends: Vec<i64> = answer[2..].iter().step_by(2).copied().collect();
            assert!(ends.is_sorted() && ends[0] > 0);
            assert_eq!(*ends.last().unwrap() * 4096, (2 << 20) + 65536);
            assert!(answer[3..].iter().step_by(2).any(|&place| place == -1), "there are holes");
            assert_eq!(control(file, code, &numbers([1 << 30]), 4096, null_mut()), Err((38, 0)));
            assert_eq!(control(file, code, &numbers([0]), 40, null_mut()), Err((234, 32)));
        }
    }
    close(file);
}

#[test]
fn a_disk_tells_about_itself() {
    let devices = std::fs::read_dir("/sys/block").into_iter().flatten().flatten();
    let names = devices.map(|entry| std::path::Path::new("/dev").join(entry.file_name()));
    let disk = names.filter_map(|name| create(&name_of(&name), READ, SHARE_ALL, OPEN_EXISTING, 0).ok()).find(
        |&disk| {
            control(disk, IOCTL_DISK_GET_LENGTH_INFO, &[], 8, null_mut()).is_ok_and(|size| size != [0; 8])
        },
    );
    // In a container there may be none that may be read.
    let Some(disk) = disk else { return };
    let answer = |code, input: &[u8], room| control(disk, code, input, room, null_mut()).unwrap();
    let size = of_numbers(&answer(IOCTL_DISK_GET_LENGTH_INFO, &[], 8))[0];
    let mut found = 0;
    assert_eq!(unsafe { longshore_win32::testing::GetFileSizeEx(disk, &mut found) }, 1);
    assert_eq!(found, size);
    let geometry = answer(IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, &[], 64);
    assert_eq!(of_numbers(&geometry[24..32]), [size]);
    assert_eq!(geometry[..24], answer(IOCTL_DISK_GET_DRIVE_GEOMETRY, &[], 24));
    assert_eq!(answer(IOCTL_STORAGE_GET_DEVICE_NUMBER, &[], 12).len(), 12);
    let alignment = answer(IOCTL_STORAGE_QUERY_PROPERTY, &numbers([6]), 64);
    assert_eq!((alignment.len(), &alignment[16..20]), (28, &geometry[20..24]), "the logical sector");
    assert_eq!(answer(IOCTL_STORAGE_CHECK_VERIFY2, &[], 0), []);
    assert_eq!(answer(0x56_0000, &[], 32).len(), 32);
    assert_eq!(
        answer(IOCTL_DISK_GET_PARTITION_INFO_EX, &[], 144).len(),
        size_of::<PARTITION_INFORMATION_EX>()
    );
    close(disk);
}
