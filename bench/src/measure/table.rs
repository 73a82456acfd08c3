//! Markdown tables that also read well in a terminal.

use std::fmt;

use crate::measure::rounds::Ratio;

pub struct Table {
    title: String,
    header: Vec<String>,
    lines: Vec<Vec<String>>,
    notes: Vec<String>,
    failed: bool,
}

impl Table {
    pub fn new(title: impl Into<String>, header: &[&str]) -> Self {
        Self {
            title: title.into(),
            header: header.iter().map(|cell| cell.to_string()).collect(),
            lines: Vec::new(),
            notes: Vec::new(),
            failed: false,
        }
    }

    pub fn line(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.header.len(), "a line has as many cells as the header");
        self.lines.push(cells);
    }

    pub fn notes(&mut self, notes: impl Iterator<Item = String>) {
        self.notes.extend(notes);
    }

    /// Notes that something is not as it should be.
    pub fn fail(&mut self, reason: String) {
        self.notes.push(reason);
        self.failed = true;
    }

    pub fn has_failed(&self) -> bool {
        self.failed
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                self.lines
                    .iter()
                    .chain([&self.header])
                    .map(|line| line[column].chars().count())
                    .max()
                    .unwrap_or(0)
                    .max(3)
            })
            .collect();
        let write_line = |f: &mut fmt::Formatter<'_>, cells: &[String]| {
            for (column, cell) in cells.iter().enumerate() {
                let width = widths[column];
                // Names to the left, numbers to the right.
                if column == 0 {
                    write!(f, "| {cell:<width$} ")?;
                } else {
                    write!(f, "| {cell:>width$} ")?;
                }
            }
            writeln!(f, "|")
        };

        writeln!(f, "\n### {}\n", self.title)?;
        write_line(f, &self.header)?;
        for (column, width) in widths.iter().enumerate() {
            if column == 0 {
                write!(f, "|{}", "-".repeat(width + 2))?;
            } else {
                write!(f, "|{}:", "-".repeat(width + 1))?;
            }
        }
        writeln!(f, "|")?;
        for line in &self.lines {
            write_line(f, line)?;
        }
        if !self.notes.is_empty() {
            writeln!(f)?;
        }
        for note in &self.notes {
            writeln!(f, "- {note}")?;
        }
        Ok(())
    }
}

/// `1.06`
pub fn ratio(ratio: Ratio) -> String {
    plain(ratio.median)
}

/// `1.02-1.11`: half of the rounds lay between these.
pub fn spread(ratio: Ratio) -> String {
    format!("{}-{}", plain(ratio.low), plain(ratio.high))
}

/// A number with as many digits as mean something.
pub fn plain(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "-".into(),
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
