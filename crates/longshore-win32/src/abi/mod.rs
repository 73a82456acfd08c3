//! How C and this library speak: error codes, status values, text in both widths, variadic arguments, exported names.

pub(crate) mod character;
pub(crate) mod exports;
pub(crate) mod last_error;
pub(crate) mod messages;
pub(crate) mod out;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod text;
pub(crate) mod va_list;
