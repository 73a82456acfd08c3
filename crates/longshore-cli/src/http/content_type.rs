//! The `Content-Type` a file name stands for.

use std::path::Path;

/// The media type by the extension of `path`; text is declared to be UTF-8, which is what files
/// are in nearly every case and what a browser would otherwise have to guess.
pub fn of(path: &[u8]) -> String {
    let Some(kind) = mime_guess::from_path(Path::new(&*String::from_utf8_lossy(path))).first_raw() else {
        return "application/octet-stream".to_owned();
    };
    if kind.starts_with("text/") || kind == "application/javascript" {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn text_carries_its_charset_and_the_unknown_is_bytes() {
        assert_eq!(of(b"a/index.html"), "text/html; charset=utf-8");
        assert_eq!(of(b"notes.TXT"), "text/plain; charset=utf-8");
        assert_eq!(of(b"app.js"), "text/javascript; charset=utf-8");
        assert_eq!(of(b"photo.png"), "image/png");
        assert_eq!(of(b"data.json"), "application/json");
        assert_eq!(of(b"README"), "application/octet-stream");
        assert_eq!(of(b"a.b/\xff"), "application/octet-stream");
    }
}
