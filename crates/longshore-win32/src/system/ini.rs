//! Initialisation files: sections in brackets, keys and values.
//!
//! The file is read anew for every question, as Windows does it for files that change, and
//! written as a whole under a temporary name, so that a reader never sees half of it. Lines
//! nobody asked to change stay as they are.

use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use longshore_engine::Errno;
use std::io::Write;
use std::path::Path;

/// A file's content, line by line, without line ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ini {
    lines: Vec<String>,
}

/// What a line is.
enum Line<'a> {
    Section(&'a str),
    Entry(&'a str, &'a str),
    /// A comment, an empty line, or a word without a value.
    Other,
}

fn parse(line: &str) -> Line<'_> {
    let line = line.trim();
    if line.starts_with(';') {
        return Line::Other;
    }
    if let Some(rest) = line.strip_prefix('[') {
        return Line::Section(rest.split(']').next().unwrap_or(rest).trim());
    }
    match line.split_once('=') {
        Some((key, value)) => Line::Entry(key.trim(), value.trim()),
        None => Line::Other,
    }
}

fn alike(first: &str, second: &str) -> bool {
    first.len() == second.len() && first.eq_ignore_ascii_case(second)
        || first.to_lowercase() == second.to_lowercase()
}

/// A value without the quotation marks around it.
fn unquoted(value: &str) -> &str {
    for mark in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)) {
            return inner;
        }
    }
    value
}

impl Ini {
    /// The content of text in UTF-8 or, with its mark, UTF-16.
    pub fn of(bytes: &[u8]) -> Ini {
        let (text, _, _) = encoding_rs::UTF_8.decode(bytes);
        Ini { lines: text.lines().map(str::to_owned).collect() }
    }

    /// A file's content; empty if it cannot be read.
    pub fn read(path: &Path) -> Ini {
        Ini::of(&std::fs::read(path).unwrap_or_default())
    }

    /// Writes the file, with Windows' line ends.
    ///
    /// # Errors
    /// As `CreateFile`'s and `WriteFile`'s.
    pub fn write(&self, path: &Path) -> Result<(), Win32Error> {
        let failed = |error: std::io::Error| {
            Win32Error(Status::of_file(Errno(error.raw_os_error().unwrap_or(libc::EIO))).to_win32())
        };
        let mut text = self.lines.join("\r\n");
        text.push_str("\r\n");
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = target.with_file_name(name);
        let mut file = std::fs::File::create(&temporary).map_err(failed)?;
        if let Ok(metadata) = std::fs::metadata(&target) {
            let _ = file.set_permissions(metadata.permissions());
        }
        let written = file.write_all(text.as_bytes()).and_then(|()| std::fs::rename(&temporary, &target));
        written.map_err(|error| {
            let _ = std::fs::remove_file(&temporary);
            failed(error)
        })
    }

    /// The places of a section's lines, the header not included.
    fn section(&self, name: &str) -> Option<std::ops::Range<usize>> {
        let is_section = |line: &String| matches!(parse(line), Line::Section(found) if alike(found, name));
        let start = self.lines.iter().position(is_section)? + 1;
        let length = self.lines[start..].iter().position(|line| matches!(parse(line), Line::Section(_)));
        Some(start..length.map_or(self.lines.len(), |length| start + length))
    }

    /// The names of the sections.
    pub fn sections(&self) -> Vec<&str> {
        let name = |line| match parse(line) {
            Line::Section(name) => Some(name),
            _ => None,
        };
        self.lines.iter().filter_map(|line| name(line)).collect()
    }

    /// The keys of a section and their values.
    pub fn entries(&self, section: &str) -> Vec<(&str, &str)> {
        let entry = |line| match parse(line) {
            Line::Entry(key, value) => Some((key, value)),
            _ => None,
        };
        let range = self.section(section).unwrap_or_default();
        self.lines[range].iter().filter_map(|line| entry(line)).collect()
    }

    /// The value of a key, without its quotation marks.
    pub fn value(&self, section: &str, key: &str) -> Option<&str> {
        let entries = self.entries(section);
        entries.into_iter().find(|(known, _)| alike(known, key)).map(|(_, value)| unquoted(value))
    }

    /// Sets a value, or removes a key, or without a key the section.
    pub fn set(&mut self, section: &str, key: Option<&str>, value: Option<&str>) {
        let range = self.section(section);
        match (range, key, value) {
            (Some(range), None, _) => drop(self.lines.drain(range.start - 1..range.end)),
            (None, None, _) | (None, Some(_), None) => {}
            (None, Some(key), Some(value)) => {
                self.lines.extend([format!("[{section}]"), format!("{key}={value}")]);
            }
            (Some(range), Some(key), value) => {
                let is_key =
                    |line: &String| matches!(parse(line), Line::Entry(known, _) if alike(known, key));
                let place =
                    self.lines[range.clone()].iter().position(is_key).map(|place| range.start + place);
                match (place, value) {
                    (Some(place), Some(value)) => self.lines[place] = format!("{key}={value}"),
                    (Some(place), None) => drop(self.lines.remove(place)),
                    (None, None) => {}
                    (None, Some(value)) => {
                        // Behind the last line that is not empty, so that the blank line before
                        // the next section stays where it is.
                        let used = self.lines[range.clone()].iter().rposition(|line| !line.trim().is_empty());
                        let place = used.map_or(range.start, |place| range.start + place + 1);
                        self.lines.insert(place, format!("{key}={value}"));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"\xEF\xBB\xBF; a comment\r\n[Server]\r\nPort = 9000 \r\nname=\"a b\"\r\nword\r\n\r\n[Log]\r\nlevel=2\r\n";

    #[test]
    fn sections_and_keys_are_found_whatever_their_case() {
        let ini = Ini::of(FILE);
        assert_eq!(ini.sections(), ["Server", "Log"]);
        assert_eq!(ini.value("SERVER", "port"), Some("9000"));
        assert_eq!(ini.value("server", "NAME"), Some("a b"), "without the quotation marks");
        assert_eq!(ini.entries("Server"), [("Port", "9000"), ("name", "\"a b\"")]);
        assert_eq!((ini.value("Log", "port"), ini.value("none", "port")), (None, None));
    }

    #[test]
    fn a_change_leaves_the_other_lines_alone() {
        let mut ini = Ini::of(FILE);
        ini.set("server", Some("PORT"), Some("1"));
        ini.set("Server", Some("new"), Some("x"));
        ini.set("Log", Some("level"), None);
        ini.set("More", Some("k"), Some("v"));
        let lines = [
            "; a comment",
            "[Server]",
            "PORT=1",
            "name=\"a b\"",
            "word",
            "new=x",
            "",
            "[Log]",
            "[More]",
            "k=v",
        ];
        assert_eq!(ini.lines, lines);
        ini.set("SERVER", None, None);
        assert_eq!(ini.lines, ["; a comment", "[Log]", "[More]", "k=v"]);
    }

    #[test]
    fn utf16_files_are_read() {
        let text: Vec<u8> = "\u{FEFF}[절]\r\n키=값\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Ini::of(&text).value("절", "키"), Some("값"));
    }
}
