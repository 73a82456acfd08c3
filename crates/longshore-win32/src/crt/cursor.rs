//! Reading a format, of printf or of scanf: its units, numbers and sizes.

use crate::crt::units::Unit;
use std::ffi::c_int;

/// The size that precedes a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Size {
    #[default]
    Plain,
    /// `hh`.
    Byte,
    /// `h`.
    Short,
    /// `l`: wide for characters, 32 bits for integers; scanf gives 64 to what the
    /// headers know to be a `long`.
    Long,
    /// `w`: wide characters.
    Wide,
    /// `ll`, `I64`, `j`, `z`, `t`, `I`.
    Bits64,
    /// `I32`.
    Bits32,
    /// `L`.
    LongDouble,
}

/// Reads a format unit by unit; past its end there are zeros.
pub(crate) struct Format<'f, U> {
    pub(crate) units: &'f [U],
    pub(crate) at: usize,
}

impl<'f, U: Unit> Format<'f, U> {
    /// From the beginning.
    pub(crate) fn new(units: &'f [U]) -> Self {
        Format { units, at: 0 }
    }

    /// The unit so far ahead, as ASCII.
    pub(crate) fn peek(&self, ahead: usize) -> u8 {
        self.units.get(self.at + ahead).map_or(0, |unit| unit.ascii())
    }

    /// Skips the text if it comes next.
    pub(crate) fn accept(&mut self, text: &[u8]) -> bool {
        let found = text.iter().enumerate().all(|(ahead, &byte)| self.peek(ahead) == byte);
        if found {
            self.at += text.len();
        }
        found
    }

    /// The number that comes next, if one does.
    pub(crate) fn number(&mut self) -> Option<usize> {
        let start = self.at;
        let mut number = 0usize;
        while self.peek(0).is_ascii_digit() {
            number = number.saturating_mul(10).saturating_add(usize::from(self.peek(0) - b'0'));
            self.at += 1;
        }
        // A width beyond any int is as good as the largest.
        (self.at > start).then_some(number.min(c_int::MAX as usize))
    }

    /// The size that comes next.
    pub(crate) fn size(&mut self) -> Size {
        const SIZES: [(&[u8], Size); 12] = [
            (b"I64", Size::Bits64),
            (b"I32", Size::Bits32),
            (b"I", Size::Bits64),
            (b"ll", Size::Bits64),
            (b"l", Size::Long),
            (b"hh", Size::Byte),
            (b"h", Size::Short),
            (b"w", Size::Wide),
            (b"j", Size::Bits64),
            (b"z", Size::Bits64),
            (b"t", Size::Bits64),
            (b"L", Size::LongDouble),
        ];
        SIZES.iter().find(|(text, _)| self.accept(text)).map_or(Size::Plain, |&(_, size)| size)
    }
}
