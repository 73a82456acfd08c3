//! The CRT's printf and scanf families, with Microsoft's formats, and its console functions.

pub(crate) mod arguments;
pub(crate) mod console;
pub(crate) mod cursor;
pub(crate) mod format;
pub(crate) mod scan;
pub(crate) mod units;
