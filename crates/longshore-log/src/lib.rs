//! Where Longshore's warnings go: one line each on standard error.
//!
//! The libraries say what they have to say through `tracing`. Programs that have a subscriber hear it
//! there; the `longshore` program and the C library, whose users have none, install this one. It is made for
//! places where nothing may go wrong: it allocates nothing, it never waits for whoever reads standard error,
//! and it survives a standard error that is closed, full or broken, in a thread that is about to end too.
//!
//! `LONGSHORE_LOG` says what is wanted, as `RUST_LOG` does elsewhere: a level (`off`, `error`, `warn`,
//! `info`, `debug`, `trace`), or parts of the software with a level each, such as
//! `warn,longshore_engine=debug`. Without it, warnings and errors are shown.

mod line;
mod stderr;

use std::str::FromStr;

use line::Line;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Event, Level, Metadata};
use tracing_subscriber::filter::Targets;

/// The environment variable that says what is shown.
pub const VARIABLE: &str = "LONGSHORE_LOG";

/// Sends what the libraries say to standard error from now on, unless the process has a subscriber already.
///
/// May be called from any thread and any number of times; the first call counts.
pub fn install() {
    let asked = std::env::var_os(VARIABLE);
    let (filter, mistake) = match &asked {
        None => (warnings(), None),
        Some(text) => match text.to_str().and_then(|text| Targets::from_str(text).ok()) {
            Some(filter) => (filter, None),
            None => (warnings(), Some(text)),
        },
    };
    let reporter = Reporter { max: max_level(&filter), filter, shows_target: asked.is_some() };
    if tracing::subscriber::set_global_default(reporter).is_ok()
        && let Some(text) = mistake
    {
        tracing::warn!("{VARIABLE}={} means nothing; a level such as debug does", text.display());
    }
}

fn warnings() -> Targets {
    Targets::new().with_default(LevelFilter::WARN)
}

fn max_level(filter: &Targets) -> LevelFilter {
    let parts = filter.iter().map(|(_, level)| level);
    parts.chain(filter.default_level()).max().unwrap_or(LevelFilter::OFF)
}

struct Reporter {
    filter: Targets,
    max: LevelFilter,
    /// A user who set the variable wants to know where a line comes from.
    shows_target: bool,
}

impl Subscriber for Reporter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.filter.would_enable(metadata.target(), metadata.level())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.max)
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line::new(level_word(*metadata.level()));
        if self.shows_target {
            line.push(format_args!("[{}] ", metadata.target()));
        }
        event.record(&mut line);
        stderr::write(line.finish());
    }

    // Spans are not shown, and nobody asks for one.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error: ",
        Level::WARN => "warning: ",
        Level::INFO => "info: ",
        Level::DEBUG => "debug: ",
        _ => "trace: ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_level_of_any_part_decides_what_is_looked_at_at_all() {
        for (text, level) in [
            ("off", LevelFilter::OFF),
            ("warn", LevelFilter::WARN),
            ("error,longshore_engine=debug", LevelFilter::DEBUG),
            ("longshore_engine=trace", LevelFilter::TRACE),
        ] {
            assert_eq!(max_level(&text.parse().unwrap()), level, "{text}");
        }
        assert_eq!(max_level(&warnings()), LevelFilter::WARN);
    }
}
