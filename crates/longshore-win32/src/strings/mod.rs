//! Text: comparing, letter case, code pages, conversions between the widths, wsprintf and FormatMessage.

pub(crate) mod code_page;
pub(crate) mod compare;
pub(crate) mod conversion;
pub(crate) mod format_message;
pub(crate) mod letter_case;
pub(crate) mod lstr;
pub(crate) mod text_conversion;
pub(crate) mod wsprintf;
pub(crate) mod wsprintf_variadic;
