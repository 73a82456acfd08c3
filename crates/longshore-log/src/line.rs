//! One line of text in a buffer of fixed size.

use std::fmt::{self, Arguments, Debug, Write};

use tracing::field::{Field, Visit};

/// What a pipe takes whole (`PIPE_BUF` is 4096), and a person reads.
const BYTES_MAX: usize = 1024;
const CUT: &[u8] = b"...";

/// A line being put together. What does not fit is cut off, and an ellipsis says so.
pub(crate) struct Line {
    bytes: [u8; BYTES_MAX],
    length: usize,
    /// The message has begun: what follows is set off by a blank.
    begun: bool,
    cut: bool,
}

impl Line {
    pub(crate) fn new(prefix: &str) -> Line {
        let mut line = Line { bytes: [0; BYTES_MAX], length: 0, begun: false, cut: false };
        line.push(format_args!("longshore: {prefix}"));
        line
    }

    pub(crate) fn push(&mut self, text: Arguments<'_>) {
        // Only a value's own Debug or Display can fail; what it wrote until then stays.
        let _ = self.write_fmt(text);
    }

    /// The whole line with its end.
    pub(crate) fn finish(&mut self) -> &[u8] {
        self.bytes[self.length] = b'\n';
        &self.bytes[..=self.length]
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.cut {
                return Err(fmt::Error);
            }
            // A file name with a newline or an escape in it must not look like two
            // lines, or do things to a terminal.
            let shown = if character.is_control() { '?' } else { character };
            // There stays room for the ellipsis and the end of the line.
            if self.length + shown.len_utf8() + CUT.len() < BYTES_MAX {
                self.length += shown.encode_utf8(&mut self.bytes[self.length..]).len();
            } else {
                self.cut = true;
                self.bytes[self.length..self.length + CUT.len()].copy_from_slice(CUT);
                self.length += CUT.len();
            }
        }
        Ok(())
    }
}

/// The message first, as `tracing` records it, then the fields as `name=value`.
impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let blank = if std::mem::replace(&mut self.begun, true) { " " } else { "" };
        match field.name() {
            "message" => self.push(format_args!("{blank}{value:?}")),
            name => self.push(format_args!("{blank}{name}={value:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        let mut line = Line::new("warning: ");
        line.push(format_args!("{text}"));
        String::from_utf8(line.finish().to_vec()).unwrap()
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("no \u{1b}[2J\nmore"), "longshore: warning: no ?[2J?more\n");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        for length in BYTES_MAX - 40..BYTES_MAX + 40 {
            let text = format!("{}\u{20ac}\u{20ac}", "x".repeat(length));
            let shown = line(&text);
            let shown =
                shown.strip_prefix("longshore: warning: ").and_then(|rest| rest.strip_suffix('\n')).unwrap();
            let whole = shown.strip_suffix("...").unwrap_or(shown);
            assert!(text.starts_with(whole) && (shown == text || shown.ends_with("...")), "{shown}");
            assert_eq!(shown == text, text.len() + 21 + CUT.len() <= BYTES_MAX, "{length}");
        }
        let mut twice = Line::new("");
        twice.push(format_args!("{}", "x".repeat(BYTES_MAX)));
        twice.push(format_args!("more"));
        assert!(twice.finish().ends_with(b"x...\n") && twice.length < BYTES_MAX);
    }
}
