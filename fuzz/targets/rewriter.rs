//! Any source: its edits do not overlap, lie within the text, and can be carried out;
//! whatever asks nothing of it stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_fuzz::compile::rewrite::{plan, render};
use longshore_fuzz::compile::sources::lexer::{Source, tokens};

const FIRST_LINE: &[u8] = b"#line 1 \"a.cpp\"\n";

fuzz_target!(|text: &[u8]| {
    let tokens = tokens(text);
    let source = Source { text, tokens: &tokens };
    let mut plan = plan(&source);
    if plan.is_empty() {
        let output = render(&source, &plan, "a.cpp");
        let rest = output.strip_prefix(FIRST_LINE).expect("the first line names the file");
        assert_eq!(rest, text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text));
    }
    plan.oblige(plan.wishes());
    let mut end = 0;
    for edit in &plan.edits {
        assert!(
            end <= edit.start && edit.start <= edit.end && edit.end <= text.len(),
            "{edit:?} after {end}"
        );
        end = edit.end;
    }
    render(&source, &plan, "a.cpp");
});
