//! Which source serves files, and that issuing never waits for the device.

use super::write;
use crate::fixtures::*;
use longshore::{File, Port};
use std::io::{self, Write};
use std::time::{Duration, Instant};

// Q3: a thread asleep in the port is woken for what a file source delivers.
#[cfg(target_os = "linux")]
#[test]
fn a_sleeping_thread_is_woken_for_a_read() {
    let port = Port::new(1).unwrap();
    let (reader, mut writer) = pipe();
    let file = File::attach(&port, 4, reader).unwrap();
    for _ in 0..50 {
        let sleeper = go({
            let port = port.clone();
            move || ended(take(&port)).0.into_vec()
        });
        parked(&port, 1);
        file.read_at(vec![0; 1], 0, ());
        writer.write_all(b"x").unwrap();
        assert_eq!(sleeper.join(), b"x");
    }
}

/// What serves files in this process, once they have been used past the page cache.
#[cfg(target_os = "linux")]
fn use_files() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"");
    let file = scratch.open(&port, 0);
    write(&port, &file, "text", 0).1.unwrap();
    assert_eq!(scratch.content(), b"text");
    let part = part().unwrap();
    let (ring, pool) = (has_thread("longshore-ring"), has_thread("longshore-file"));
    match part.as_str() {
        "ring" => assert!(ring && !pool, "{:?}", thread_names()),
        "pool" => assert!(pool && !ring, "{:?}", thread_names()),
        // Either, and one of them only.
        _ => assert!(ring != pool, "{:?}", thread_names()),
    }
    drop((port, file));
    eventually("its threads end with the port", || {
        !has_thread("longshore-ring") && !has_thread("longshore-file")
    });
}

/// Whether this system lets us have a ring at all.
#[cfg(target_os = "linux")]
fn rings_are_allowed() -> bool {
    // SAFETY: no ring has no entries, so the call fails before it looks at the pointer; how tells.
    let made = unsafe { libc::syscall(libc::SYS_io_uring_setup, 0, std::ptr::null_mut::<u8>()) };
    let error = io::Error::last_os_error().raw_os_error();
    made >= 0 || !matches!(error, Some(libc::EPERM | libc::ENOSYS))
}

#[cfg(target_os = "linux")]
#[test]
fn the_environment_chooses_what_serves_files() {
    if part().is_some() {
        return use_files();
    }
    play(this_test!(), "pool", Some("pool"));
    play(this_test!(), "either", None);
    play(this_test!(), "either", Some(""));
    play(this_test!(), "either", Some("something else"));
    if rings_are_allowed() {
        play(this_test!(), "ring", Some("ring"));
        play(this_test!(), "ring", None);
    } else {
        skipped("io_uring is refused here");
    }
}

// A device answers when it likes; nothing of ours may wait for it in the thread that issues.
#[cfg(target_os = "linux")]
#[test]
fn issuing_does_not_wait_for_the_device() {
    let port = Port::new(1).unwrap();
    let (reader, writer) = pipe();
    let file = File::attach(&port, 0, reader).unwrap();
    let begun = Instant::now();
    for _ in 0..100 {
        file.read_at(vec![0; 1], 0, ());
    }
    assert!(begun.elapsed() < PATIENCE, "it waited");
    assert!(port.get_timeout(Duration::from_millis(1)).unwrap().is_none());
    // The end of the pipe ends the reads.
    drop(writer);
    for _ in 0..100 {
        assert_eq!(ended(take(&port)).1.unwrap(), 0);
    }
    no_more(&port);
}
