//! Whole files, directories, listings, and files that change.

use std::fs;
use std::time::{Duration, Instant};

use crate::fixtures::program::get;
use longshore_fixtures::patience::eventually;

use super::{Site, pattern};

#[test]
fn a_small_file_is_sent_with_all_that_describes_it() {
    let site = Site::start(&[]);
    site.write("a/page.html", "<p>hello");
    let response = site.server.get("/a/page.html");
    assert_eq!((response.status, response.text().as_str()), (200, "<p>hello"));
    assert_eq!(response.field("Content-Type"), Some("text/html; charset=utf-8"));
    assert_eq!(response.field("Accept-Ranges"), Some("bytes"));
    assert!(response.field("ETag").unwrap().starts_with('"'), "a strong tag");
    assert!(response.field("Date").unwrap().ends_with(" GMT"));
    assert!(response.field("Last-Modified").unwrap().ends_with(" GMT"));
    assert_eq!(response.field("Connection"), None, "HTTP/1.1 stays open without a word");
}

#[test]
fn files_of_every_size_arrive_whole_and_again_from_the_cache() {
    let site = Site::start(&[]);
    let mut client = site.server.connect();
    // Around the limits of what is kept in memory, of a piece, and of several pieces.
    for length in [0, 1, 4095, 65535, 65536, 65537, 131_072, 131_073, 1_000_000, 9_999_999] {
        let content = pattern(length);
        site.write("data", &content);
        let name = format!("data-{length}");
        fs::rename(site.path("data"), site.path(&name)).unwrap();
        for round in ["first", "cached"] {
            client.send(get(&format!("/{name}")));
            let response = client.receive();
            assert_eq!(response.status, 200);
            assert!(response.body == content, "{length} bytes, {round}");
            assert_eq!(response.field("Content-Type"), Some("application/octet-stream"));
        }
    }
}

#[test]
fn head_says_what_get_would_and_sends_no_body() {
    let site = Site::start(&[]);
    site.write("small", "small");
    site.write("large", pattern(300_000));
    let mut client = site.server.connect();
    for path in ["/small", "/large", "/", "/missing"] {
        client.send(get(path));
        let whole = client.receive();
        client.send(get(path).replace("GET", "HEAD"));
        let head = client.receive_head();
        assert_eq!(head.status, whole.status, "{path}");
        // The length of a listing is not known before it is made, which HEAD does not ask for.
        assert_eq!(
            head.field("Content-Length"),
            whole.field("Content-Length").filter(|_| path != "/"),
            "{path}"
        );
        for field in ["Content-Type", "ETag", "Last-Modified", "Accept-Ranges"] {
            assert_eq!(head.field(field), whole.field(field), "{field} of {path}");
        }
    }
    // Had a body followed, it would be taken for the beginning of this response.
    client.send(get("/small"));
    assert_eq!(client.receive().text(), "small");
}

#[test]
fn a_directory_is_redirected_to_its_slash_and_shows_its_index() {
    let site = Site::start(&[]);
    site.write("a b/index.html", "index");
    for path in ["/a%20b", "//a%20b", "/./a%20b?x=/"] {
        let moved = site.server.get(path);
        assert_eq!((moved.status, moved.field("Location")), (301, Some("/a%20b/")), "{path}");
    }
    let index = site.server.get("/a%20b/");
    assert_eq!((index.status, index.text().as_str()), (200, "index"));
    assert_eq!(index.field("Content-Type"), Some("text/html; charset=utf-8"));
    assert_eq!(site.server.get("/a%20b/index.html/").status, 404, "a file is no directory");
}

#[test]
fn a_redirect_cannot_be_made_to_leave_the_host() {
    let site = Site::start(&[]);
    site.write("example.org/file", "");
    assert_eq!(site.server.get("//example.org").field("Location"), Some("/example.org/"));
}

#[test]
fn a_listing_is_sorted_escaped_and_encoded() {
    let site = Site::start(&[]);
    site.write("b", "12");
    site.write("<i>&\"", "");
    site.write("sub/file", "");
    let response = site.server.get("/");
    assert_eq!(response.status, 200);
    assert_eq!(response.field("Content-Type"), Some("text/html; charset=utf-8"));
    let page = response.text();
    let positions = ["href=\"./sub/\"", "href=\"./%3Ci%3E%26%22\">&lt;i&gt;&amp;&quot;</a>", "href=\"./b\""]
        .map(|link| page.find(link).unwrap_or_else(|| panic!("{link} in {page}")));
    assert!(positions.is_sorted(), "{page}");
    assert!(!page.contains("<i>"), "{page}");
    assert!(site.server.get("/sub/").text().contains("href=\"../\""));
}

#[test]
fn a_changed_file_is_noticed_within_a_second() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    let mut ask = || {
        client.send(get("/file"));
        client.receive()
    };
    let before = ask();
    assert_eq!(before.text(), "0123456789");

    // The same size, so that only the time tells.
    site.write("file", "abcdefghij");
    let changed = Instant::now();
    let mut after = ask();
    eventually("the change is seen", || {
        after = ask();
        after.text() == "abcdefghij"
    });
    assert!(changed.elapsed() < Duration::from_millis(1_500), "{:?}", changed.elapsed());
    assert_ne!(after.field("ETag"), before.field("ETag"));

    fs::remove_file(site.path("file")).unwrap();
    eventually("the removal is seen", || ask().status == 404);
    fs::create_dir(site.path("file")).unwrap();
    eventually("a directory took its place", || ask().status == 301);
}

#[test]
fn a_large_file_that_is_replaced_is_noticed_too() {
    let site = Site::start(&[]);
    let (first, second) = (pattern(200_000), pattern(250_000));
    site.write("large", &first);
    let mut client = site.server.connect();
    client.send(get("/large"));
    assert!(client.receive().body == first);
    site.write("new", &second);
    fs::rename(site.path("new"), site.path("large")).unwrap();
    eventually("the replacement is seen", || {
        client.send(get("/large"));
        client.receive().body == second
    });
}

#[test]
fn an_index_that_appears_replaces_the_listing() {
    let site = Site::with_file(&[]);
    assert!(site.server.get("/").text().contains("href=\"./file\""));
    site.write("index.html", "index");
    assert_eq!(site.server.get("/").text(), "index");
    fs::remove_file(site.path("index.html")).unwrap();
    eventually("the listing is back", || site.server.get("/").text().contains("href=\"./file\""));
}
