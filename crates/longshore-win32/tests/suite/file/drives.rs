//! Drive letters that stand for directories.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_fixtures::{process::alone, this_test};
use longshore_win32::testing::{GetLogicalDrives, full_name, to_windows};
use std::ffi::CString;
use std::path::Path;

#[test]
fn a_drive_stands_for_a_directory_in_both_directions() {
    if !alone(this_test!()) {
        return;
    }
    let directory = Directory::new();
    let place = std::fs::canonicalize(directory.path("")).unwrap();
    std::fs::create_dir(place.join("deeper")).unwrap();
    // No other thread of this process looks at the environment.
    unsafe {
        std::env::set_var("LONGSHORE_DRIVE_C", &place);
        std::env::set_var("LONGSHORE_DRIVE_D", place.join("deeper"));
    }
    for (name, file) in
        [("C:\\one", "one"), ("c:/deeper/two", "deeper/two"), ("\\\\?\\D:\\three", "deeper/three")]
    {
        let name = CString::new(name).unwrap();
        close(create(&name, WRITE, 0, CREATE_NEW, 0).unwrap());
        assert!(place.join(file).exists(), "{file}");
    }
    assert_eq!(
        create(&c"C:\\..\\one".to_owned(), READ, 0, CREATE_NEW, 0),
        Err(80),
        "nothing is above a root"
    );
    assert_eq!(to_windows(&place.join("one")), b"C:\\one");
    assert_eq!(to_windows(&place.join("deeper/x/y")), b"D:\\x\\y", "the nearest drive");
    assert_eq!(to_windows(Path::new("/usr/bin")), b"Z:\\usr\\bin", "outside of every drive");
    assert_eq!(full_name(b"D:\\a\\..\\b").unwrap(), b"D:\\b");
    assert_eq!(GetLogicalDrives(), 1 << 2 | 1 << 3 | 1 << 25);
}
