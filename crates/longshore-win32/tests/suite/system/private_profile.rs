//! What the functions for initialisation files promise.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use libc::c_char;
use longshore_win32::testing::{
    GetLastError, GetPrivateProfileIntA, GetPrivateProfileSectionA, GetPrivateProfileSectionNamesA,
    GetPrivateProfileStringA, GetPrivateProfileStringW, WCHAR, WritePrivateProfileStringA,
    WritePrivateProfileStringW, to_wide,
};
use std::ffi::{CStr, CString};
use std::ptr::{null, null_mut};

struct File(CString);

impl File {
    fn new(name: &str) -> File {
        let path = std::env::temp_dir().join(format!("longshore-{}-{name}.ini", std::process::id()));
        File(CString::new(path.to_str().unwrap()).unwrap())
    }

    fn set(&self, section: &CStr, key: &CStr, value: &CStr) {
        let file = self.0.as_ptr();
        assert_eq!(
            unsafe { WritePrivateProfileStringA(section.as_ptr(), key.as_ptr(), value.as_ptr(), file) },
            1
        );
    }

    fn get(&self, section: &CStr, key: &CStr, room: usize) -> (u32, String) {
        let mut out = vec![0x55 as c_char; room];
        let length = unsafe {
            let (section, key, default) = (section.as_ptr(), key.as_ptr(), c"none  ".as_ptr());
            GetPrivateProfileStringA(section, key, default, out.as_mut_ptr(), room as u32, self.0.as_ptr())
        };
        (length, unsafe { CStr::from_ptr(out.as_ptr()) }.to_str().unwrap().to_owned())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.0.to_str().unwrap());
    }
}

fn bytes(units: &[c_char]) -> Vec<u8> {
    units.iter().map(|&unit| unit as u8).collect()
}

#[test]
fn what_is_written_is_read_back() {
    let file = File::new("values");
    file.set(c"Server", c"Name", c"Häfen & co");
    file.set(c"Server", c"Port", c"9000");
    file.set(c"Limits", c"Mask", c"0x1F bits");
    assert_eq!(file.get(c"server", c"NAME", 64), (11, "Häfen & co".into()));
    assert_eq!(file.get(c"Server", c"missing", 64), (4, "none".into()), "without the blanks at its end");
    assert_eq!(file.get(c"Server", c"Name", 4), (3, "H\u{e4}".into()), "cut to the room");
    let number = |section: &CStr, key: &CStr| unsafe {
        GetPrivateProfileIntA(section.as_ptr(), key.as_ptr(), -7, file.0.as_ptr()) as i32
    };
    assert_eq!((number(c"Server", c"Port"), number(c"Limits", c"Mask")), (9000, 31));
    assert_eq!((number(c"Server", c"Name"), number(c"x", c"y")), (0, -7));
    let wide = |text: &str| to_wide(format!("{text}\0").as_bytes());
    let mut out = [0 as WCHAR; 64];
    let name = wide(file.0.to_str().unwrap());
    let (section, key) = (wide("Server"), wide("Name"));
    let length = unsafe {
        GetPrivateProfileStringW(section.as_ptr(), key.as_ptr(), null(), out.as_mut_ptr(), 64, name.as_ptr())
    };
    assert_eq!(out[..length as usize], to_wide("Häfen & co".as_bytes()));
}

#[test]
fn lists_end_with_two_nuls_and_are_cut_two_short_of_the_room() {
    let file = File::new("lists");
    file.set(c"one", c"a", c"1");
    file.set(c"one", c"b", c"2");
    file.set(c"two", c"c", c"3");
    let mut out = [0x55 as c_char; 16];
    let name = file.0.as_ptr();
    unsafe {
        assert_eq!(GetPrivateProfileSectionNamesA(out.as_mut_ptr(), 16, name), 8);
        assert_eq!(bytes(&out[..10]), b"one\0two\0\0U");
        assert_eq!(GetPrivateProfileSectionNamesA(out.as_mut_ptr(), 6, name), 4);
        assert_eq!(bytes(&out[..6]), b"one\0\0\0");
        assert_eq!(GetPrivateProfileSectionA(c"ONE".as_ptr(), out.as_mut_ptr(), 16, name), 8);
        assert_eq!(bytes(&out[..9]), b"a=1\0b=2\0\0");
        let keys = GetPrivateProfileStringA(c"one".as_ptr(), null(), null(), out.as_mut_ptr(), 16, name);
        assert_eq!((keys, bytes(&out[..5])), (4, b"a\0b\0\0".to_vec()));
        assert_eq!(GetPrivateProfileSectionA(c"none".as_ptr(), out.as_mut_ptr(), 16, name), 0);
        assert_eq!(bytes(&out[..2]), b"\0\0");
        assert_eq!(WritePrivateProfileStringA(c"one".as_ptr(), c"a".as_ptr(), null(), name), 1);
        assert_eq!(file.get(c"one", c"a", 16).1, "none");
        assert_eq!(WritePrivateProfileStringA(c"one".as_ptr(), null(), null(), name), 1);
        assert_eq!(GetPrivateProfileSectionNamesA(out.as_mut_ptr(), 16, name), 4);
    }
}

#[test]
fn a_file_that_is_not_there_is_empty_and_one_that_cannot_be_is_an_error() {
    let mut out = [0 as c_char; 16];
    unsafe {
        let name = c"/no such directory/x.ini".as_ptr();
        let (section, key, default) = (c"s".as_ptr(), c"k".as_ptr(), c"d".as_ptr());
        assert_eq!(GetPrivateProfileStringA(section, key, default, out.as_mut_ptr(), 16, name), 1);
        assert_eq!((out[0] as u8, GetLastError()), (b'd', 2));
        assert_eq!(WritePrivateProfileStringA(section, key, default, name), 0);
        assert!([2, 3].contains(&GetLastError()));
        assert_eq!((WritePrivateProfileStringA(section, key, default, null()), GetLastError()), (0, 87));
        assert_eq!(GetPrivateProfileStringA(section, key, default, null_mut(), 0, name), 0);
    }
}

#[test]
fn strings_that_are_not_there_are_errors_and_change_nothing() {
    let file = File::new("bad");
    file.set(c"one", c"a", c"1");
    let (name, bad) = (file.0.as_ptr(), 8 as *mut c_char);
    let (section, key) = (c"one".as_ptr(), c"a".as_ptr());
    let mut out = [0 as c_char; 16];
    let place = out.as_mut_ptr();
    unsafe {
        for (section, key, default, place, name) in [
            (bad.cast_const(), key, null(), place, name),
            (section, bad, null(), place, name),
            (section, key, bad, place, name),
            (section, key, null(), bad, name),
            (section, null(), null(), bad, name),
            (section, key, null(), place, bad),
        ] {
            assert_eq!(GetPrivateProfileStringA(section, key, default, place, 16, name), 0);
            assert_eq!(GetLastError(), 998);
        }
        assert_eq!((GetPrivateProfileIntA(section, key, 5, bad), GetLastError()), (0, 998));
        assert_eq!((GetPrivateProfileSectionA(bad, place, 16, name), GetLastError()), (0, 998));
        assert_eq!((GetPrivateProfileSectionNamesA(bad, 16, name), GetLastError()), (0, 998));
        assert_eq!((WritePrivateProfileStringA(section, bad, key, name), GetLastError()), (0, 998));
        assert_eq!((WritePrivateProfileStringA(section, key, bad, name), GetLastError()), (0, 998));
        // Half of a surrogate pair is no key. NULL would remove the section.
        let name = to_wide(file.0.to_bytes_with_nul());
        let (section, key) = (to_wide(b"one\0"), [0xD800 as WCHAR, 0]);
        let written = WritePrivateProfileStringW(section.as_ptr(), key.as_ptr(), null(), name.as_ptr());
        assert_eq!((written, GetLastError()), (0, 1113));
    }
    assert_eq!(file.get(c"one", c"a", 16), (1, "1".into()), "nothing has changed");
}
