//! Any bytes: the tokens lie within the text, one behind the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_fuzz::compile::sources::lexer::tokens;

fuzz_target!(|text: &[u8]| {
    let mut end = 0;
    for token in tokens(text) {
        assert!(
            end <= token.start && token.start <= token.end && token.end <= text.len(),
            "{token:?} after {end}"
        );
        end = token.end;
    }
});
