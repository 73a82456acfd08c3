//! What `MultiByteToWideChar` and `WideCharToMultiByte` promise.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use libc::c_char;
use longshore_win32::testing::{GetLastError, MultiByteToWideChar, WCHAR, WideCharToMultiByte, to_wide};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Globalization::*;

fn widened(code_page: u32, flags: u32, bytes: &[u8]) -> Result<Vec<WCHAR>, u32> {
    let (source, length) = (bytes.as_ptr().cast::<c_char>(), bytes.len() as i32);
    let needed = unsafe { MultiByteToWideChar(code_page, flags, source, length, null_mut(), 0) };
    if needed == 0 {
        return Err(GetLastError());
    }
    let mut wide = vec![7; needed as usize];
    let written = unsafe { MultiByteToWideChar(code_page, flags, source, length, wide.as_mut_ptr(), needed) };
    assert_eq!(written, needed, "what was asked for suffices");
    Ok(wide)
}

fn narrowed(code_page: u32, flags: u32, wide: &[WCHAR]) -> Result<(Vec<u8>, bool), u32> {
    let (source, length) = (wide.as_ptr(), wide.len() as i32);
    let mut used = 0;
    let used: *mut i32 = if code_page == CP_UTF8 { null_mut() } else { &mut used };
    let needed =
        unsafe { WideCharToMultiByte(code_page, flags, source, length, null_mut(), 0, null(), used) };
    if needed == 0 {
        return Err(GetLastError());
    }
    let mut bytes = vec![7u8; needed as usize];
    let target = bytes.as_mut_ptr().cast();
    let written =
        unsafe { WideCharToMultiByte(code_page, flags, source, length, target, needed, null(), used) };
    assert_eq!(written, needed, "what was asked for suffices");
    Ok((bytes, !used.is_null() && unsafe { *used } != 0))
}

#[test]
fn utf8_and_wide_characters_convert_both_ways() {
    let text = "naïve 한국어 🚢";
    for code_page in [CP_UTF8, CP_ACP, CP_OEMCP, CP_THREAD_ACP] {
        let wide = widened(code_page, 0, text.as_bytes()).unwrap();
        assert_eq!(wide, to_wide(text.as_bytes()), "one wide character each, the ship included");
        assert_eq!(narrowed(code_page, 0, &wide).unwrap().0, text.as_bytes());
    }
}

#[test]
fn legacy_code_pages_convert_both_ways() {
    let cases: [(u32, &str, &[u8]); 7] = [
        (949, "한국", &[0xC7, 0xD1, 0xB1, 0xB9]),
        (936, "中文", &[0xD6, 0xD0, 0xCE, 0xC4]),
        (932, "日本", &[0x93, 0xFA, 0x96, 0x7B]),
        (950, "中文", &[0xA4, 0xA4, 0xA4, 0xE5]),
        (1252, "€ü", &[0x80, 0xFC]),
        (28591, "ü\u{80}", &[0xFC, 0x80]),
        (1251, "Привет", &[0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2]),
    ];
    for (code_page, text, bytes) in cases {
        assert_eq!(widened(code_page, MB_PRECOMPOSED, bytes).unwrap(), to_wide(text.as_bytes()));
        let flags = WC_NO_BEST_FIT_CHARS;
        assert_eq!(narrowed(code_page, flags, &to_wide(text.as_bytes())).unwrap(), (bytes.to_vec(), false));
    }
}

#[test]
fn a_character_the_code_page_lacks_becomes_the_default_one() {
    let wide = to_wide("aβ한z".as_bytes());
    assert_eq!(narrowed(1252, 0, &wide).unwrap(), (b"a??z".to_vec(), true));
    let (mut bytes, mut used) = ([0 as c_char; 8], 0);
    let written = unsafe {
        let (target, default) = (bytes.as_mut_ptr(), c"#".as_ptr());
        WideCharToMultiByte(28591, 0, wide.as_ptr(), wide.len() as i32, target, 8, default, &mut used)
    };
    assert_eq!((written, used), (4, 1));
    assert_eq!(bytes[..4].iter().map(|&byte| byte as u8).collect::<Vec<_>>(), b"a##z");
}

#[test]
fn minus_one_takes_the_nul_along() {
    assert_eq!(unsafe { MultiByteToWideChar(CP_UTF8, 0, c"abc".as_ptr(), -1, null_mut(), 0) }, 4);
    let mut wide = [7 as WCHAR; 4];
    assert_eq!(unsafe { MultiByteToWideChar(CP_UTF8, 0, c"abc".as_ptr(), -1, wide.as_mut_ptr(), 4) }, 4);
    assert_eq!(wide, [0x61, 0x62, 0x63, 0]);
    assert_eq!(unsafe { MultiByteToWideChar(CP_UTF8, 0, c"abc".as_ptr(), 2, wide.as_mut_ptr(), 4) }, 2);
    let mut bytes = [7 as c_char; 4];
    let narrow = |wide: &[WCHAR], bytes: &mut [c_char]| unsafe {
        let room = bytes.len() as i32;
        WideCharToMultiByte(CP_UTF8, 0, wide.as_ptr(), -1, bytes.as_mut_ptr(), room, null(), null_mut())
    };
    assert_eq!(narrow(&wide, &mut bytes), 4);
    assert_eq!(bytes, [0x61, 0x62, 0x63, 0]);
    assert_eq!(narrow(&[0], &mut bytes), 1, "the empty string is its NUL");
}

#[test]
fn too_little_room_is_an_error() {
    let mut wide = [7 as WCHAR; 2];
    assert_eq!(unsafe { MultiByteToWideChar(CP_UTF8, 0, c"abc".as_ptr(), -1, wide.as_mut_ptr(), 2) }, 0);
    assert_eq!(GetLastError(), 122);
    let long = to_wide(b"abc\0");
    let mut bytes = [7 as c_char; 2];
    let written = unsafe {
        WideCharToMultiByte(CP_UTF8, 0, long.as_ptr(), -1, bytes.as_mut_ptr(), 2, null(), null_mut())
    };
    assert_eq!((written, GetLastError()), (0, 122));
}

#[test]
fn what_is_not_text_is_replaced_or_refused() {
    assert_eq!(widened(CP_UTF8, 0, b"a\xFFb\xE4").unwrap(), [0x61, 0xFFFD, 0x62, 0xFFFD]);
    assert_eq!(widened(CP_UTF8, MB_ERR_INVALID_CHARS, b"a\xFF"), Err(1113));
    assert_eq!(widened(949, MB_ERR_INVALID_CHARS, b"a\xFF"), Err(1113));
    let surrogates = [0xD83D, 0xDEA2, 0xD83D];
    assert_eq!(narrowed(CP_UTF8, 0, &surrogates).unwrap().0, "🚢\u{FFFD}".as_bytes(), "a pair is one");
    assert_eq!(narrowed(CP_UTF8, WC_ERR_INVALID_CHARS, &surrogates), Err(1113));
    assert_eq!(narrowed(CP_UTF8, 0, &[-1]).unwrap().0, "\u{FFFD}".as_bytes());
}

#[test]
fn bad_arguments_get_the_error_windows_gives() {
    let text = c"abc".as_ptr();
    let mut wide = [0 as WCHAR; 4];
    let out = wide.as_mut_ptr();
    let failed = |code_page, source, length, target, room| {
        assert_eq!(unsafe { MultiByteToWideChar(code_page, 0, source, length, target, room) }, 0);
        GetLastError()
    };
    assert_eq!(failed(CP_UTF8, null(), -1, out, 4), 87, "no source");
    assert_eq!(failed(CP_UTF8, text, 0, out, 4), 87, "no length");
    assert_eq!(failed(CP_UTF8, text, -1, out, -1), 87, "negative room");
    assert_eq!(failed(CP_UTF8, text, -1, null_mut(), 4), 87, "room nowhere");
    assert_eq!(failed(4711, text, -1, out, 4), 87, "unknown code page");
    assert_eq!(unsafe { MultiByteToWideChar(CP_UTF8, MB_PRECOMPOSED, text, -1, out, 4) }, 0);
    assert_eq!(GetLastError(), 1004, "flags of legacy code pages");
    let mut used = 0;
    let written = unsafe { WideCharToMultiByte(CP_UTF8, 0, out, 1, null_mut(), 0, null(), &mut used) };
    assert_eq!((written, GetLastError()), (0, 87), "UTF-8 has no default character");
}
