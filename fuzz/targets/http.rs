//! Any bytes of a client: a request that was understood is there as a whole, its path leads nowhere outside,
//! and its range lies within the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_fuzz::http::path::{decode, encode, target_path};
use longshore_fuzz::http::range::{Selection, select};
use longshore_fuzz::http::request::{Parsed, parse};

fuzz_target!(|input: &[u8]| {
    if let Parsed::Complete(request, length) = parse(input) {
        assert!(length <= input.len());
        // What was enough is enough without what follows.
        assert!(matches!(parse(&input[..length]), Parsed::Complete(_, again) if again == length));
        for file_length in [0, 1, 1000, u64::MAX] {
            if let Selection::Part(range) =
                request.range.map_or(Selection::Whole, |range| select(range, file_length))
            {
                assert!(range.start < range.end && range.end <= file_length, "{range:?} of {file_length}");
            }
        }
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(place) = target_path(text).and_then(decode) else { return };
    for segment in place.path.split(|&byte| byte == b'/') {
        assert!(!matches!(segment, b"." | b"..") && !segment.contains(&0) && !segment.contains(&b'\\'));
    }
    assert!(!place.path.starts_with(b"/"));
    let link = format!("/{}", encode(&place.path));
    assert_eq!(decode(&link).expect("a link of ours leads somewhere").path, place.path);
});
