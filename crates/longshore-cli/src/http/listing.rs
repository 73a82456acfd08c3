//! The page that lists a directory.

use std::fmt::Write;

use super::conditional::http_date;
use super::path;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Directory,
    File,
    /// A symbolic link, whose target is looked at only when it is asked for, or something that is
    /// listed but not served.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub name: Vec<u8>,
    pub kind: Kind,
    pub bytes: u64,
    pub modified_second: Option<u64>,
}

const STYLE: &str = "body{font:15px/1.6 system-ui,sans-serif;margin:2em auto;max-width:50em;padding:0 1em}\
h1{font-size:1.3em}table{width:100%;border-collapse:collapse}td{padding:.15em .5em;border-top:1px solid #8883}\
td+td{text-align:right;white-space:nowrap;color:#888}a{text-decoration:none}a:hover{text-decoration:underline}\
:root{color-scheme:light dark}";

/// The page for the directory at `place` (relative to the root, empty for the root itself).
/// Directories come first, then everything by name. `left_out` counts the items not in `items`.
pub fn render(place: &[u8], mut items: Vec<Item>, left_out: usize) -> String {
    items.sort_by(|a, b| {
        let files = |item: &Item| item.kind != Kind::Directory;
        files(a).cmp(&files(b)).then_with(|| a.name.cmp(&b.name))
    });
    let title = match place {
        b"" => "/".to_owned(),
        place => format!("/{}/", escape(place)),
    };
    let mut page = format!(
        "<!doctype html>\n<meta name=viewport content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<h1>{title}</h1>\n<table>\n"
    );
    if !place.is_empty() {
        page.push_str("<tr><td><a href=\"../\">../</a><td><td>\n");
    }
    for item in &items {
        let slash = if item.kind == Kind::Directory { "/" } else { "" };
        // "./" keeps a name with a colon from being read as a scheme.
        let _ = write!(
            page,
            "<tr><td><a href=\"./{}{slash}\">{}{slash}</a>",
            path::encode(&item.name),
            escape(&item.name)
        );
        match item.kind {
            Kind::File => {
                let _ = write!(page, "<td>{}", human_bytes(item.bytes));
            }
            Kind::Directory | Kind::Other => page.push_str("<td>"),
        }
        match item.modified_second {
            Some(second) => {
                let _ = writeln!(page, "<td>{}", http_date(second));
            }
            None => page.push_str("<td>\n"),
        }
    }
    page.push_str("</table>\n");
    if left_out > 0 {
        let _ = writeln!(page, "<p>{left_out} more are not listed.</p>");
    }
    page
}

/// Text for HTML, in element content and in double quotes; bytes that are not UTF-8 are shown as U+FFFD.
pub fn escape(text: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 would be printed as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(name: &str, kind: Kind) -> Item {
        Item { name: name.as_bytes().to_vec(), kind, bytes: 1536, modified_second: Some(784_111_777) }
    }

    #[test]
    fn directories_come_first_and_names_are_sorted() {
        let items = vec![
            item("b", Kind::File),
            item("z", Kind::Directory),
            item("a", Kind::Other),
            item("y", Kind::Directory),
        ];
        let page = render(b"", items, 0);
        let positions: Vec<_> =
            ["./y/", "./z/", "./a\"", "./b\""].map(|link| page.find(link).unwrap()).to_vec();
        assert!(positions.is_sorted(), "{page}");
        assert!(!page.contains("../"), "the root has no parent");
        assert!(page.contains("1.5 KiB") && page.contains("Sun, 06 Nov 1994"));
    }

    #[test]
    fn names_are_escaped_for_html_and_encoded_for_links() {
        let page = render(b"a<b", vec![item("<script>\"&'#?% .txt", Kind::File)], 3);
        assert!(page.contains("&lt;script&gt;&quot;&amp;&#39;#?% .txt</a>"), "{page}");
        assert!(page.contains("href=\"./%3Cscript%3E%22%26%27%23%3F%25%20.txt\""), "{page}");
        assert!(page.contains("<h1>/a&lt;b/</h1>") && page.contains("href=\"../\""));
        assert!(page.contains("3 more"));
    }

    #[test]
    fn sizes_are_readable() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }

    proptest! {
        #[test]
        fn no_name_can_open_a_tag_or_leave_an_attribute(name in "[<>\"'&a-z/]{0,20}") {
            let escaped = escape(name.as_bytes());
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
        }
    }
}
