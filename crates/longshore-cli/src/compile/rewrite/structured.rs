//! `__try` with `__finally` or `__except`.
//!
//! Neither can be a macro: libstdc++ defines and uses a `__try` of its own, and gcc has no way to run a block
//! on every way out of another one that follows the same order. So the statement is taken apart:
//!
//! - `__try B __finally F` becomes `{ LONGSHORE_FINALLY_ F LONGSHORE_BODY_ B LONGSHORE_LEFT_ }`. F comes
//!   first, as the body of a guard (a lambda in C++, a nested function with the cleanup attribute in C) that
//!   runs when B is left: at its end, by `__leave`, `return`, `break`, `goto` or an exception.
//! - `__try B __except (filter) H` becomes `{ LONGSHORE_TRY_ B LONGSHORE_LEFT_ if (0 ? (filter) : 0) H }`:
//!   there are no structured exceptions on Linux, so H is compiled and never reached.
//!
//! For C, clang has neither lambda nor nested function; there F stays behind B, and `exits` does the rest.
//!
//! `__leave` is a macro for a jump to the label that `LONGSHORE_LEFT_` sets; the label is local to the
//! innermost block. The macros are in `longshore/abi/msvc.h`.

use std::ops::Range;

use super::{Edit, Plan, Source, exits};
use crate::compile::sources::lexer::Kind;

/// Byte ranges of one statement; the blocks include their braces.
pub struct Finally {
    pub statement: Range<usize>,
    pub body: Range<usize>,
    pub handler: Range<usize>,
}

pub fn add(source: &Source<'_>, plan: &mut Plan) {
    let closing = closing_brackets(source);
    for index in 0..source.tokens.len() {
        if source.is_word(index, b"__try") && take_apart(source, &closing, index, plan).is_none() {
            plan.unstructured_line.get_or_insert_with(|| source.line(source.tokens[index].start));
        }
    }
    plan.blocks.sort_by_key(|block| block.statement.start);
    plan.exits = exits::find(source, &closing, &plan.blocks);
}

/// The block that opens at `index`, as token indices.
fn block(source: &Source<'_>, closing: &[usize], index: usize, sign: u8) -> Option<(usize, usize)> {
    (source.is_sign(index, sign) && closing[index] > index).then(|| (index, closing[index]))
}

fn take_apart(source: &Source<'_>, closing: &[usize], index: usize, plan: &mut Plan) -> Option<()> {
    let token = |at: usize| &source.tokens[at];
    let (body_open, body_close) = block(source, closing, index + 1, b'{')?;
    let clause = body_close + 1;
    if source.is_word(clause, b"__finally") {
        let (open, close) = block(source, closing, clause + 1, b'{')?;
        plan.blocks.push(Finally {
            statement: token(index).start..token(close).end,
            body: token(body_open).start..token(body_close).end,
            handler: token(open).start..token(close).end,
        });
    } else if source.is_word(clause, b"__except") {
        let (_, filter_close) = block(source, closing, clause + 1, b'(')?;
        let (_, close) = block(source, closing, filter_close + 1, b'{')?;
        plan.edits.push(Edit::token(token(index), "{ LONGSHORE_TRY_ "));
        plan.edits.push(Edit::token(token(clause), "LONGSHORE_LEFT_ if (0 ? "));
        plan.edits.push(Edit::insertion(token(filter_close).end, " : 0)"));
        plan.edits.push(Edit::insertion(token(close).end, " }"));
    } else {
        return None;
    }
    Some(())
}

/// For every opening bracket outside of directives the index of the one that closes
/// it, 0 for all other tokens.
///
/// Of an `#if` with several branches each is matched from the state before it, so that branches which open
/// the same block twice do not count twice.
fn closing_brackets(source: &Source<'_>) -> Vec<usize> {
    let mut closing = vec![0; source.tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut conditions: Vec<Vec<usize>> = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        match token.kind {
            Kind::Directive => match source.bytes(index + 1) {
                b"if" | b"ifdef" | b"ifndef" => conditions.push(open.clone()),
                b"else" | b"elif" => {
                    if let Some(before) = conditions.last() {
                        open.clone_from(before);
                    }
                }
                b"endif" => {
                    conditions.pop();
                }
                _ => {}
            },
            _ if token.in_directive => {}
            Kind::Sign(b'{' | b'(') => open.push(index),
            Kind::Sign(sign @ (b'}' | b')')) => {
                let opening = if sign == b'}' { b'{' } else { b'(' };
                if open.last().is_some_and(|&last| source.tokens[last].is_sign(opening)) {
                    closing[open.pop().unwrap_or_default()] = index;
                }
            }
            _ => {}
        }
    }
    closing
}

#[cfg(test)]
mod tests {
    use super::super::tests::rewritten;

    #[test]
    fn a_finally_block_comes_first_and_keeps_its_lines() {
        let text =
            "int f()\n{\n  __try {\n    return 1;\n  }\n  __finally {\n    g();\n  }\n  return 0;\n}\n";
        let expected = "int f()\n{\n  { LONGSHORE_FINALLY_\n#line 6 \"a.cpp\"\n            {\n    g();\n  } LONGSHORE_BODY_\n\
                        #line 3 \"a.cpp\"\n        {\n    return 1;\n  } LONGSHORE_LEFT_ }\n#line 8 \"a.cpp\"\n   \n  return 0;\n}\n";
        assert_eq!(rewritten(text).unwrap(), expected);
    }

    #[test]
    fn an_except_block_stays_in_place() {
        let text = "__try {\n a();\n} __except (EXCEPTION_EXECUTE_HANDLER) {\n b();\n}\n";
        let expected = "{ LONGSHORE_TRY_  {\n a();\n} LONGSHORE_LEFT_ if (0 ?  (EXCEPTION_EXECUTE_HANDLER) : 0) {\n b();\n} }\n";
        assert_eq!(rewritten(text).unwrap(), expected);
    }

    #[test]
    fn nested_statements_are_taken_apart_inside_out() {
        let text = "__try { __try { a(1i64); } __except(1) { b(); } } __finally { __try { c(); } __finally { d(); } }\n";
        let output = rewritten(text).unwrap();
        assert!(
            !output.contains("__try") && !output.contains("__finally") && !output.contains("__except"),
            "{output}"
        );
        assert_eq!(output.matches("LONGSHORE_FINALLY_").count(), 2);
        assert!(output.contains("a(1LL )"));
        assert!(output.find("d();").unwrap() < output.find("c();").unwrap());
        assert!(output.find("c();").unwrap() < output.find("a(1LL").unwrap());
    }

    #[test]
    fn branches_that_open_the_same_block_are_one() {
        let text = "__try {\n#if A\nif (a) {\n#else\nif (b) {\n#endif\n}\n} __finally { c(); }\n";
        assert!(rewritten(text).unwrap().contains("LONGSHORE_FINALLY_"));
    }

    #[test]
    fn a_try_that_is_not_microsofts_is_left_alone() {
        assert_eq!(rewritten("__try { a(); } __catch(...) { }\n"), None);
        assert_eq!(rewritten("#define TRY __try\n"), None);
    }
}
