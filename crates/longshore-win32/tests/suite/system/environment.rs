//! What the functions for the environment and the command line promise. The
//! environment is one for the process.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use libc::c_char;
use longshore_fixtures::process::alone;
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    Character, CommandLineToArgvW, ExpandEnvironmentStringsA, FreeEnvironmentStringsW, GetCommandLineW,
    GetEnvironmentStringsW, GetEnvironmentVariableA, GetEnvironmentVariableW, GetLastError, LocalFree,
    SetEnvironmentVariableA, SetEnvironmentVariableW, SetLastError, WCHAR, to_wide,
};
use std::ffi::CStr;
use std::ptr::{null, null_mut};

#[test]
fn variables_are_shared_with_the_c_library_and_found_whatever_their_case() {
    if !alone(this_test!()) {
        return;
    }
    let mut out = [0 as c_char; 64];
    let text = |out: &[c_char]| unsafe { CStr::from_ptr(out.as_ptr()) }.to_str().unwrap().to_owned();
    unsafe {
        assert_eq!(SetEnvironmentVariableA(c"Longshore_Test".as_ptr(), c"fünf".as_ptr()), 1);
        assert_eq!(CStr::from_ptr(libc::getenv(c"Longshore_Test".as_ptr())).to_str(), Ok("fünf"));
        assert_eq!(GetEnvironmentVariableA(c"LONGSHORE_TEST".as_ptr(), out.as_mut_ptr(), 64), 5);
        assert_eq!(text(&out), "fünf");
        assert_eq!(GetEnvironmentVariableA(c"Longshore_Test".as_ptr(), out.as_mut_ptr(), 5), 6, "too little");
        let mut wide = [7 as WCHAR; 5];
        let name = to_wide(b"Longshore_Test\0");
        assert_eq!(GetEnvironmentVariableW(name.as_ptr(), wide.as_mut_ptr(), 5), 4);
        assert_eq!(wide[..], to_wide("fünf\0".as_bytes()));

        let template = c"%longshore_test% %% %no such% 100%";
        let length = ExpandEnvironmentStringsA(template.as_ptr(), out.as_mut_ptr(), 64);
        assert_eq!(text(&out), "fünf %% %no such% 100%");
        assert_eq!(length as usize, text(&out).len() + 1, "the NUL counts here");

        assert_eq!(SetEnvironmentVariableA(c"LONGSHORE_EMPTY".as_ptr(), c"".as_ptr()), 1);
        SetLastError(0);
        assert_eq!(GetEnvironmentVariableA(c"LONGSHORE_EMPTY".as_ptr(), out.as_mut_ptr(), 64), 0);
        assert_eq!(GetLastError(), 0, "empty, but there");

        assert_eq!(SetEnvironmentVariableW(name.as_ptr(), null()), 1, "NULL removes");
        assert_eq!(GetEnvironmentVariableW(name.as_ptr(), null_mut(), 0), 0);
        assert_eq!(GetLastError(), 203, "ERROR_ENVVAR_NOT_FOUND");
        assert_eq!((SetEnvironmentVariableW(name.as_ptr(), null()), GetLastError()), (0, 203));
        assert_eq!((SetEnvironmentVariableA(c"a=b".as_ptr(), c"".as_ptr()), GetLastError()), (0, 87));
        assert_eq!((SetEnvironmentVariableA(null(), c"".as_ptr()), GetLastError()), (0, 87));

        let block = GetEnvironmentStringsW();
        let mut strings = Vec::new();
        let mut rest = block;
        while *rest != 0 {
            let length = (0..).take_while(|&index| *rest.add(index) != 0).count();
            strings.push(WCHAR::decode(std::slice::from_raw_parts(rest, length)));
            rest = rest.add(length + 1);
        }
        assert!(strings.contains(&b"LONGSHORE_EMPTY=".to_vec()));
        assert_eq!(FreeEnvironmentStringsW(block), 1);
    }
}

#[test]
fn the_command_line_comes_apart_into_the_arguments() {
    let mut count = 0;
    unsafe {
        let arguments = CommandLineToArgvW(GetCommandLineW(), &mut count);
        assert_eq!(count as usize, std::env::args().count());
        for (index, expected) in std::env::args().enumerate() {
            let argument = *arguments.add(index);
            let length = (0..).take_while(|&index| *argument.add(index) != 0).count();
            let text = WCHAR::decode(std::slice::from_raw_parts(argument, length));
            assert_eq!(text, expected.as_bytes());
        }
        assert!((*arguments.add(count as usize)).is_null());
        assert!(LocalFree(arguments.cast()).is_null());
        assert!(CommandLineToArgvW(null(), &mut count).is_null());
    }
    assert_eq!(GetLastError(), 87);
}
