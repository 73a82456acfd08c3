//! The statements that leave a `__try` block early, for a compiler without nested functions: clang, for C.
//!
//! There the `__finally` block stays where it is, and a copy of it goes ahead of every `return`, `break`,
//! `continue` and `goto` that leaves the block. A statement that a macro hides is not seen.

use std::ops::Range;

use super::Source;
use super::structured::Finally;
use crate::compile::sources::lexer::Kind;

pub struct Exit {
    /// From the keyword to the semicolon, in bytes.
    pub statement: Range<usize>,
    /// What `return` returns, unless it can be evaluated after the blocks as well as before them.
    pub value: Option<Range<usize>>,
    /// Which blocks are left, as indices, the innermost first.
    pub blocks: Vec<usize>,
}

/// A loop or a switch, from its keyword to its end.
struct Loop {
    extent: Range<usize>,
    switch: bool,
}

pub fn find(source: &Source<'_>, closing: &[usize], blocks: &[Finally]) -> Vec<Exit> {
    let loops: Vec<Loop> =
        (0..source.tokens.len()).filter_map(|index| loop_at(source, closing, index)).collect();
    let mut exits = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        if token.kind != Kind::Word || token.in_directive {
            continue;
        }
        let inside = |block: &Finally| block.body.contains(&token.start);
        // What stays around after the statement: it leaves the blocks that do not contain it.
        let around: Option<Range<usize>> = match token.bytes(source.text) {
            b"return" => Some(0..0),
            keyword @ (b"break" | b"continue") => loops
                .iter()
                .filter(|l| l.extent.contains(&token.start) && !(l.switch && keyword == b"continue"))
                .map(|l| l.extent.clone())
                .min_by_key(ExactSizeIterator::len),
            b"goto" => label(source, source.bytes(index + 1)).map(|offset| offset..offset + 1),
            _ => None,
        };
        let Some(around) = around else { continue };
        let left = |block: &Finally| {
            around.is_empty() || !(block.body.start <= around.start && around.end <= block.body.end)
        };
        let mut found: Vec<usize> =
            (0..blocks.len()).filter(|&at| inside(&blocks[at]) && left(&blocks[at])).collect();
        found.sort_by_key(|&at| blocks[at].body.len());
        let end = (index..source.tokens.len()).find(|&at| source.is_sign(at, b';'));
        if let (false, Some(end)) = (found.is_empty(), end) {
            let value = source.tokens[index].bytes(source.text) == b"return"
                && end > index + 1 + usize::from(is_constant(source, index + 1, end));
            exits.push(Exit {
                statement: token.start..source.tokens[end].end,
                value: value.then(|| source.tokens[index + 1].start..source.tokens[end - 1].end),
                blocks: found,
            });
        }
    }
    exits
}

/// One token that is the same before and after: it keeps its type, which a null pointer depends on.
fn is_constant(source: &Source<'_>, start: usize, end: usize) -> bool {
    end == start + 1
        && (source.tokens[start].kind == Kind::Number
            || matches!(source.bytes(start), b"NULL" | b"TRUE" | b"FALSE"))
}

fn loop_at(source: &Source<'_>, closing: &[usize], index: usize) -> Option<Loop> {
    let keyword = source.bytes(index);
    let closes = |at: usize| closing.get(at).copied().filter(|&close| close > at);
    let start = match keyword {
        b"do" => index + 1,
        b"for" | b"while" | b"switch" if source.is_sign(index + 1, b'(') => closes(index + 1)? + 1,
        _ => return None,
    };
    let end = if source.is_sign(start, b'{') {
        closes(start)?
    } else {
        (start..source.tokens.len()).find(|&at| source.is_sign(at, b';'))?
    };
    Some(Loop { extent: source.tokens[index].start..source.tokens[end].end, switch: keyword == b"switch" })
}

/// Where `name:` is.
fn label(source: &Source<'_>, name: &[u8]) -> Option<usize> {
    let at = (1..source.tokens.len()).find(|&at| {
        source.is_word(at, name)
            && source.is_sign(at + 1, b':')
            && matches!(
                source.tokens[at - 1].kind,
                Kind::Sign(b';' | b'{' | b'}' | b':') | Kind::DirectiveEnd
            )
    })?;
    Some(source.tokens[at].start)
}

#[cfg(test)]
mod tests {
    use super::super::tests::rewritten_in_place;

    #[test]
    fn the_block_goes_ahead_of_what_leaves_it() {
        let text = "int f(void) { __try { if (a) return g(1i64); return 0; } __finally { h(); } }";
        let output = rewritten_in_place(text).unwrap().replace("\n#line 1 \"a.cpp\"\n", "").replace("  ", "");
        assert!(
            output
                .contains("{ __auto_type longshore_value_ = (g(1LL )); { h(); } return longshore_value_; }"),
            "{output}"
        );
        assert!(output.contains("{{ h(); } return 0; }"), "{output}");
        assert!(output.contains("LONGSHORE_LEFT_ { h(); } }"), "{output}");
    }

    #[test]
    fn a_jump_that_stays_inside_is_left_alone() {
        let text = "void f(void) { __try { while (a) { if (b) break; continue; } goto end; end: ; } __finally { h(); } }";
        assert_eq!(rewritten_in_place(text).unwrap().matches("h();").count(), 1);
    }

    #[test]
    fn a_jump_out_of_two_blocks_runs_both_inner_first() {
        let text =
            "void f(void) { for (;;) { __try { __try { break; } __finally { i(); } } __finally { o(); } } }";
        let output = rewritten_in_place(text).unwrap();
        let exit = &output
            [output.find("{ { i(); }").or(output.find("i();")).unwrap()..output.find("break;").unwrap()];
        assert!(exit.find("i();").unwrap() < exit.find("o();").unwrap(), "{output}");
    }
}
