//! Nothing outside the served directory, however it is asked for.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::Site;
use crate::fixtures::program::get;

/// A served directory beside a secret, with links of every kind.
fn site(arguments: &[&str]) -> Site {
    let site = Site::with_file(arguments);
    fs::write(site.top.path().join("secret"), "secret").unwrap();
    fs::create_dir(site.path("sub")).unwrap();
    symlink("../file", site.path("sub/inside")).unwrap();
    symlink("sub", site.path("to-sub")).unwrap();
    symlink("../secret", site.path("outside")).unwrap();
    symlink("..", site.path("up")).unwrap();
    symlink(site.top.path().join("secret"), site.path("absolute")).unwrap();
    symlink("/proc/self/root", site.path("root")).unwrap();
    symlink("loop", site.path("loop")).unwrap();
    site
}

#[test]
fn no_spelling_of_a_path_leaves_the_directory() {
    for arguments in [&[][..], &["--without-openat2"]] {
        let site = site(arguments);
        let mut client = site.server.connect();
        for path in [
            "/../secret",
            "/sub/../../secret",
            "/%2e%2e/secret",
            "/.%2e/secret",
            "/%2E./secret",
            "/..%2fsecret",
            "/%2e%2e%2fsecret",
            "/sub%2f..%2f..%2fsecret",
            "/..\\secret",
            "/..%5csecret",
            "/file%00",
            "/%00",
            "/sub%2Finside",
            "/%",
            "/%2",
            "/%zz",
            "/..",
            "/sub/..",
        ] {
            client.send(get(path));
            let response = client.receive();
            assert_eq!(response.status, 400, "{path}");
            assert!(!response.text().contains("secret"), "{path}");
        }
        // Percent-encoding is undone once, and a leading slash is no root.
        for path in
            ["/%252e%252e/secret", "//secret", "/secret", "/etc/passwd", "//etc/passwd", "/file/", "/file/x"]
        {
            client.send(get(path));
            assert_eq!(client.receive().status, 404, "{path}");
        }
    }
}

#[test]
fn links_that_leave_are_forbidden() {
    for arguments in [&[][..], &["--without-openat2"]] {
        let site = site(arguments);
        for path in ["/outside", "/up/secret", "/up/", "/absolute", "/root/etc/passwd", "/root/", "/loop"] {
            let response = site.server.get(path);
            assert_eq!(response.status, 403, "{path} {arguments:?}");
            assert!(!response.text().contains("root:"), "{path}");
        }
    }
}

#[test]
fn links_that_stay_inside_are_followed() {
    let site = site(&[]);
    for path in ["/sub/inside", "/to-sub/inside"] {
        assert_eq!(site.server.get(path).text(), "0123456789", "{path}");
    }
}

#[test]
fn without_openat2_no_link_is_followed_and_files_are_still_served() {
    let site = site(&["--without-openat2"]);
    site.write("deep/er/file", "deep");
    assert_eq!(site.server.get("/deep/er/file").text(), "deep");
    for path in ["/sub/inside", "/to-sub/inside"] {
        assert_eq!(site.server.get(path).status, 403, "{path}");
    }
}

#[test]
fn what_is_neither_file_nor_directory_is_forbidden_at_once() {
    let site = site(&[]);
    mknodat(CWD, site.path("fifo"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    let _listening = std::os::unix::net::UnixListener::bind(site.path("socket")).unwrap();
    for path in ["/fifo", "/socket"] {
        assert_eq!(site.server.get(path).status, 403, "{path}");
    }
}

#[test]
fn a_file_the_server_may_not_read_is_forbidden() {
    let site = site(&[]);
    site.write("closed", "closed");
    fs::set_permissions(site.path("closed"), fs::Permissions::from_mode(0o0)).unwrap();
    // Root may read everything; then there is nothing to forbid.
    let expected = if fs::read(site.path("closed")).is_ok() { 200 } else { 403 };
    assert_eq!(site.server.get("/closed").status, expected);
}

#[test]
fn names_that_are_not_utf8_or_very_long_are_served_or_missing() {
    use std::os::unix::ffi::OsStrExt;
    let site = site(&[]);
    let name = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    fs::write(site.path("").join(name), "raw").unwrap();
    assert_eq!(site.server.get("/%FF%fe").text(), "raw");
    assert!(site.server.get("/").text().contains("href=\"./%FF%FE\""));
    assert_eq!(site.server.get(&format!("/{}", "n".repeat(300))).status, 404);
}

#[test]
fn a_directory_renamed_while_served_is_still_the_one_served() {
    let site = site(&[]);
    fs::rename(site.path(""), site.top.path().join("elsewhere")).unwrap();
    fs::create_dir(site.path("")).unwrap();
    assert_eq!(site.server.get("/file").text(), "0123456789");
}
