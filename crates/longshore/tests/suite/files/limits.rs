//! What the file system and the handle refuse: alignment, room, access.

use super::{read, write};
use crate::fixtures::*;
use longshore::{Buf, Event, File, Port};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
#[cfg(target_os = "linux")]
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

// F18. What is misaligned is for the file system to say; some do without.
#[cfg(target_os = "linux")]
#[test]
fn unbuffered_access_takes_aligned_buffers_and_refuses_others() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 64 * 1024));
    scratch.forget_cache();
    let Some(file) = scratch.open_direct(&port, 0) else { return };
    let (buf, result) = read(&port, &file, Buf::aligned(16_384, 4096), 4096);
    assert_eq!((result.unwrap(), &buf[..]), (16_384, &content(4096, 16_384)[..]));
    let mut buf = Buf::aligned(8192, 4096);
    assert!(buf.try_extend_from_slice(&[7; 8192]));
    let (buf, result) = write(&port, &file, buf, 8192);
    assert_eq!((result.unwrap(), &buf[..]), (8192, &[7; 8192][..]));
    assert_eq!(&scratch.content()[8192..16_384], &[7; 8192]);

    let plain = OpenOptions::new().read(true).custom_flags(libc::O_DIRECT).open(&scratch.0).unwrap();
    for (offset, length) in [(1, 4096), (511, 4096), (0, 100), (4096, 513)] {
        let mut buf = Buf::aligned(length, 4096);
        assert!(buf.try_extend_from_slice(&vec![0; length]));
        let expected = plain.read_at(buf.as_mut_slice().unwrap(), offset);
        let (back, result) = read(&port, &file, Buf::aligned(length, 4096), offset);
        assert_eq!(back.capacity(), length);
        match expected {
            Err(error) => assert_eq!(Some(errno(result)), error.raw_os_error(), "{length} at {offset}"),
            Ok(count) => assert_eq!(result.unwrap(), count, "{length} at {offset}"),
        }
    }
    no_more(&port);
}

// F22.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_says_so_and_the_buffer_comes_back() {
    let port = Port::new(1).unwrap();
    let full = File::open(&port, 0, "/dev/full", OpenOptions::new().read(true).write(true)).unwrap();
    let (buf, result) = write(&port, &full, content(0, 5000), 0);
    assert_eq!((errno(result), &buf[..]), (libc::ENOSPC, &content(0, 5000)[..]));
    full.append("text", ());
    let (buf, result) = ended(take(&port));
    assert_eq!((errno(result), &buf[..]), (libc::ENOSPC, &b"text"[..]));
    full.write_vectored_at(vec![Buf::from("a"), Buf::from("b")], 0, ());
    let Event::WriteVectored { bufs, result, .. } = take(&port).event else { panic!("not gathered") };
    assert_eq!((errno(result), bufs.len(), &bufs[1][..]), (libc::ENOSPC, 2, &b"b"[..]));
    // The handle is none the worse for it.
    let (buf, result) = read(&port, &full, vec![0xff; 100], 0);
    assert_eq!((result.unwrap(), &buf[..]), (100, &[0; 100][..]));
    no_more(&port);
}

// F22 again, on a disk: the part that went in is not the whole.
#[cfg(target_os = "linux")]
#[test]
fn a_full_file_system_says_so_and_the_buffer_comes_back() {
    // A mount that only this thread sees, and that is gone with it.
    go(|| {
        let port = Port::new(1).unwrap();
        let Some(directory) = small_file_system(64 * 1024) else { return };
        let path = directory.0.join("file");
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(true).clone();
        let file = File::open(&port, 0, &path, &options).unwrap();
        let bytes = content(0, 1 << 20);
        let (buf, result) = write(&port, &file, bytes.clone(), 0);
        assert_eq!((errno(result), buf.into_vec()), (libc::ENOSPC, bytes));
        assert!(file.size().unwrap() <= 64 * 1024);
        file.append(vec![1; 1 << 17], ());
        assert_eq!(errno(ended(take(&port)).1), libc::ENOSPC);
        // Room again, and all is well.
        OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
        assert_eq!(write(&port, &file, content(0, 4096), 0).1.unwrap(), 4096);
        assert_eq!(std::fs::read(&path).unwrap(), content(0, 4096));
        no_more(&port);
    })
    .join();
}

/// A directory that is gone at the end of the test.
struct Directory(PathBuf);

#[cfg(target_os = "linux")]
impl Drop for Directory {
    fn drop(&mut self) {
        let path = c_path(&self.0);
        // SAFETY: the path is a string that lives through the call.
        unsafe { libc::umount2(path.as_ptr(), libc::MNT_DETACH) };
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[cfg(target_os = "linux")]
fn c_path(path: &Path) -> std::ffi::CString {
    std::ffi::CString::new(path.to_str().unwrap()).unwrap()
}

#[cfg(target_os = "linux")]
fn small_file_system(bytes: usize) -> Option<Directory> {
    let name = format!("longshore-full-{}", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    let directory = Directory(path);
    let path = c_path(&directory.0);
    let data = std::ffi::CString::new(format!("size={bytes}")).unwrap();
    // SAFETY: every pointer is null, where that is allowed, or a string that lives through the call.
    let mounted = unsafe {
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(
                std::ptr::null(),
                c"/".as_ptr(),
                std::ptr::null(),
                libc::MS_REC | libc::MS_PRIVATE,
                std::ptr::null(),
            ) == 0
            && libc::mount(c"longshore".as_ptr(), path.as_ptr(), c"tmpfs".as_ptr(), 0, data.as_ptr().cast())
                == 0
    };
    if mounted {
        return Some(directory);
    }
    skipped(&format!("no file system can be mounted here: {}", io::Error::last_os_error()));
    None
}

// F22.
#[cfg(target_os = "linux")]
#[test]
fn a_handle_allows_what_it_was_opened_for_and_nothing_else() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"abcdef");
    let writer = File::open(&port, 0, &scratch.0, OpenOptions::new().write(true)).unwrap();
    let (buf, result) = read(&port, &writer, vec![1, 2, 3], 0);
    assert_eq!((errno(result), buf.capacity()), (libc::EBADF, 3));
    let reader = File::open(&port, 0, &scratch.0, OpenOptions::new().read(true)).unwrap();
    let (buf, result) = write(&port, &reader, "text", 0);
    assert_eq!((errno(result), &buf[..]), (libc::EBADF, &b"text"[..]));
    reader.append("text", ());
    assert_eq!(errno(ended(take(&port)).1), libc::EBADF);
    assert_eq!(scratch.content(), b"abcdef");

    // F23.
    let directory = File::open(&port, 0, env!("CARGO_TARGET_TMPDIR"), OpenOptions::new().read(true)).unwrap();
    let (buf, result) = read(&port, &directory, vec![1, 2, 3], 0);
    assert_eq!((errno(result), buf.capacity()), (libc::EISDIR, 3));
    directory.sync(());
    let Event::Sync { result, .. } = take(&port).event else { panic!("not a sync") };
    result.unwrap();
    no_more(&port);
}

#[test]
fn reading_into_memory_that_is_not_ours_to_write_is_refused() {
    static TEXT: &[u8] = b"immutable";
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 8192));
    let shared: Arc<[u8]> = Arc::from(TEXT);
    let files = [Some(scratch.open(&port, 0)), scratch.open_direct(&port, 0)];
    for file in files.into_iter().flatten() {
        for buf in [Buf::from(TEXT), Buf::from(shared.clone())] {
            let (buf, result) = read(&port, &file, buf, 0);
            assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
            assert_eq!(&buf[..], TEXT);
        }
        let bufs = vec![Buf::aligned(4096, 4096), Buf::from(TEXT), Buf::aligned(4096, 4096)];
        file.read_vectored_at(bufs, 0, ());
        let Event::ReadVectored { bufs, result, .. } = take(&port).event else { panic!("not scattered") };
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(bufs.iter().map(|buf| buf.len()).collect::<Vec<_>>(), [0, TEXT.len(), 0]);
    }
    assert_eq!((&shared[..], Arc::strong_count(&shared)), (TEXT, 1));
    // Writing from it is what it is for.
    let file = scratch.open(&port, 0);
    write(&port, &file, shared.clone(), 0).1.unwrap();
    assert_eq!(&scratch.content()[..9], TEXT);
    no_more(&port);
}
