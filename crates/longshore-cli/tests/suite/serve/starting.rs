//! What it says when it starts, or why it does not.

use std::net::TcpListener;

use super::Site;
use crate::fixtures::program::command;

fn failure(arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(arguments).output().unwrap();
    assert!(output.stdout.is_empty(), "nothing is served, so nothing is announced");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn it_says_what_it_serves_where_and_how() {
    let site = Site::start(&["--threads", "3", "--concurrency", "1"]);
    let directory = site.path("");
    let directory = directory.to_str().unwrap().trim_end_matches('/');
    let expected =
        format!("serving {directory} on http://{} (concurrency 1, 3 threads)\n", site.server.address);
    assert_eq!(site.server.greeting, expected);
}

#[test]
fn a_directory_that_is_not_there_or_none_is_explained() {
    let top = tempfile::tempdir().unwrap();
    let missing = top.path().join("missing");
    let (code, text) = failure(&["serve", missing.to_str().unwrap(), "--addr", "127.0.0.1:0"]);
    assert_eq!(code, Some(1));
    assert!(
        text.starts_with("longshore: cannot serve ") && text.contains("there is no such directory"),
        "{text}"
    );
    let file = top.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, text) = failure(&["serve", file.to_str().unwrap(), "--addr", "127.0.0.1:0"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("it is not a directory"), "{text}");
}

#[test]
fn an_address_that_is_taken_or_none_is_explained() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = failure(&["serve", ".", "--addr", &address]);
    assert_eq!(code, Some(1));
    assert!(text.contains("another program is listening there") && text.contains("ss -ltnp"), "{text}");
    let (code, text) = failure(&["serve", ".", "--addr", "nonsense"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("is not an address to listen on"), "{text}");
}

#[test]
fn numbers_that_make_no_sense_are_usage_errors() {
    for arguments in [["--threads", "0"], ["--concurrency", "0"], ["--threads", "many"]] {
        let (code, text) = failure(&["serve", ".", arguments[0], arguments[1]]);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(arguments[0]), "{text}");
    }
}
