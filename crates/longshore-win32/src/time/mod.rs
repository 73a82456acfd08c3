//! Clocks, the forms Windows writes a time in, time zones and dates as text.

pub(crate) mod clock;
pub(crate) mod date_format;
pub(crate) mod system_time;
pub(crate) mod time_zone;
