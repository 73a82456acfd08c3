//! Conditional requests (RFC 9110 section 13) against a file's validators.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

/// The conditional fields of a request, as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions<'a> {
    pub if_match: Option<Cow<'a, [u8]>>,
    pub if_none_match: Option<Cow<'a, [u8]>>,
    pub if_modified_since: Option<&'a [u8]>,
    pub if_unmodified_since: Option<&'a [u8]>,
    pub if_range: Option<&'a [u8]>,
}

impl Conditions<'_> {
    pub fn is_empty(&self) -> bool {
        *self == Conditions::default()
    }
}

/// What a representation says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// A strong entity tag, quotes included.
    pub etag: &'a str,
    /// Seconds since 1970 of the last change; `None` when an HTTP date cannot express it.
    pub modified_second: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Proceed,
    NotModified,
    PreconditionFailed,
}

/// Evaluates all but `If-Range`, in the order of 13.2.2, for GET and HEAD of something that exists.
pub fn evaluate(conditions: &Conditions, validators: Validators) -> Verdict {
    if let Some(field) = &conditions.if_match {
        if !matches(field, validators.etag, Comparison::Strong) {
            return Verdict::PreconditionFailed;
        }
    } else if let (Some(limit), Some(modified)) =
        (second(conditions.if_unmodified_since), validators.modified_second)
        && modified > limit
    {
        return Verdict::PreconditionFailed;
    }
    if let Some(field) = &conditions.if_none_match {
        if matches(field, validators.etag, Comparison::Weak) {
            return Verdict::NotModified;
        }
    } else if let (Some(limit), Some(modified)) =
        (second(conditions.if_modified_since), validators.modified_second)
        && modified <= limit
    {
        return Verdict::NotModified;
    }
    Verdict::Proceed
}

/// Whether `Range` may be honoured (13.1.5): there is no `If-Range`, or it names exactly this
/// representation by something strong.
pub fn range_applies(if_range: Option<&[u8]>, validators: Validators, now_second: u64) -> bool {
    match if_range {
        None => true,
        Some(field) if field.starts_with(b"\"") => field == validators.etag.as_bytes(),
        Some(field) => match (second(Some(field)), validators.modified_second) {
            // A date is strong only when a second change within its second would have been seen (8.8.2.2).
            (Some(date), Some(modified)) => date == modified && modified < now_second,
            _ => false,
        },
    }
}

fn second(field: Option<&[u8]>) -> Option<u64> {
    let date = httpdate::parse_http_date(std::str::from_utf8(field?).ok()?).ok()?;
    date.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// The HTTP date of a second since 1970.
pub fn http_date(second: u64) -> httpdate::HttpDate {
    (UNIX_EPOCH + Duration::from_secs(second)).into()
}

#[derive(Clone, Copy, PartialEq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether a list of entity tags, or `*`, includes `etag` (which is strong).
fn matches(field: &[u8], etag: &str, comparison: Comparison) -> bool {
    let mut rest = field.trim_ascii();
    if rest == b"*" {
        return true;
    }
    // A tag may contain commas, so the list cannot simply be split at them.
    loop {
        rest = rest.trim_ascii_start();
        while let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
        }
        let (weak, tag) = match rest.strip_prefix(b"W/") {
            Some(tag) => (true, tag),
            None => (false, rest),
        };
        let Some(length) = quoted_length(tag) else {
            return false;
        };
        if &tag[..length] == etag.as_bytes() && (comparison == Comparison::Weak || !weak) {
            return true;
        }
        rest = &tag[length..];
    }
}

fn quoted_length(tag: &[u8]) -> Option<usize> {
    let inner = tag.strip_prefix(b"\"")?;
    Some(inner.iter().position(|&byte| byte == b'"')? + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MODIFIED: &[u8] = b"Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &[u8] = b"Sun, 06 Nov 1994 08:49:36 GMT";
    const AFTER: &[u8] = b"Sun, 06 Nov 1994 08:49:38 GMT";
    const FILE: Validators = Validators { etag: "\"a,b\"", modified_second: Some(784_111_777) };

    fn tags(field: &'static str) -> Option<Cow<'static, [u8]>> {
        Some(Cow::Borrowed(field.as_bytes()))
    }

    fn if_none_match(field: &'static str) -> Verdict {
        evaluate(&Conditions { if_none_match: tags(field), ..Default::default() }, FILE)
    }

    fn if_match(field: &'static str) -> Verdict {
        evaluate(&Conditions { if_match: tags(field), ..Default::default() }, FILE)
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for field in ["\"a,b\"", "W/\"a,b\"", "*", "\"x\", \"a,b\"", ", ,\"x\" ,W/\"a,b\",\"y\""] {
            assert_eq!(if_none_match(field), Verdict::NotModified, "{field}");
        }
        for field in ["\"x\"", "", "a,b", "\"a\", \"b\"", "\"a,b", "W/a,b", "w/\"a,b\""] {
            assert_eq!(if_none_match(field), Verdict::Proceed, "{field}");
        }
    }

    #[test]
    fn if_match_compares_strongly() {
        for field in ["\"a,b\"", "*", "W/\"a,b\", \"a,b\""] {
            assert_eq!(if_match(field), Verdict::Proceed, "{field}");
        }
        for field in ["W/\"a,b\"", "\"x\"", ""] {
            assert_eq!(if_match(field), Verdict::PreconditionFailed, "{field}");
        }
    }

    #[test]
    fn dates_compare_by_the_second() {
        let since =
            |field| evaluate(&Conditions { if_modified_since: Some(field), ..Default::default() }, FILE);
        assert_eq!(since(MODIFIED), Verdict::NotModified);
        assert_eq!(since(AFTER), Verdict::NotModified);
        assert_eq!(since(BEFORE), Verdict::Proceed);
        assert_eq!(since(b"yesterday"), Verdict::Proceed);
        assert_eq!(since(b"Sunday, 06-Nov-94 08:49:37 GMT"), Verdict::NotModified);
        let unmodified =
            |field| evaluate(&Conditions { if_unmodified_since: Some(field), ..Default::default() }, FILE);
        assert_eq!(unmodified(MODIFIED), Verdict::Proceed);
        assert_eq!(unmodified(BEFORE), Verdict::PreconditionFailed);
        assert_eq!(unmodified(b"\xff"), Verdict::Proceed);
    }

    #[test]
    fn entity_tags_outrank_dates() {
        let both =
            Conditions { if_none_match: tags("\"x\""), if_modified_since: Some(AFTER), ..Default::default() };
        assert_eq!(evaluate(&both, FILE), Verdict::Proceed);
        let both =
            Conditions { if_match: tags("\"a,b\""), if_unmodified_since: Some(BEFORE), ..Default::default() };
        assert_eq!(evaluate(&both, FILE), Verdict::Proceed);
        let order = Conditions { if_match: tags("\"x\""), if_none_match: tags("*"), ..Default::default() };
        assert_eq!(evaluate(&order, FILE), Verdict::PreconditionFailed);
    }

    #[test]
    fn if_range_needs_an_exact_strong_match() {
        let now = 784_111_800;
        assert!(range_applies(None, FILE, now));
        assert!(range_applies(Some(b"\"a,b\""), FILE, now));
        assert!(range_applies(Some(MODIFIED), FILE, now));
        for field in [&b"W/\"a,b\""[..], b"\"x\"", b"*", b"", BEFORE, AFTER] {
            assert!(!range_applies(Some(field), FILE, now), "{field:?}");
        }
        assert!(
            !range_applies(Some(MODIFIED), FILE, 784_111_777),
            "the file may still change within this second"
        );
    }

    #[test]
    fn dates_are_written_as_http_wants_them() {
        assert_eq!(http_date(784_111_777).to_string().as_bytes(), MODIFIED);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_panic(field: Vec<u8>) {
            matches(&field, FILE.etag, Comparison::Weak);
            range_applies(Some(&field), FILE, 0);
            second(Some(&field));
        }
    }
}
