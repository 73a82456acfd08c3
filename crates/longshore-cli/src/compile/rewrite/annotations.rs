//! The annotations of old headers: `__in`, `__out_ecount(n)`.
//!
//! They mean nothing to a compiler, but as macros they would break libstdc++, which
//! has parameters of these names.

use super::{Edit, Source};
use crate::compile::sources::lexer::Kind;

pub fn is_annotation(word: &[u8]) -> bool {
    let Some(rest) = word.strip_prefix(b"__") else { return false };
    matches!(
        rest,
        b"in"
            | b"in_opt"
            | b"in_z"
            | b"in_z_opt"
            | b"inout"
            | b"inout_opt"
            | b"inout_z"
            | b"out"
            | b"out_opt"
            | b"out_z"
            | b"deref_out"
            | b"deref_out_opt"
            | b"deref_opt_out"
            | b"deref_inout"
            | b"reserved"
            | b"nullterminated"
            | b"checkReturn"
            | b"callback"
    ) || takes_size(rest)
}

fn takes_size(rest: &[u8]) -> bool {
    let unit = |suffix: &[u8]| rest.windows(suffix.len()).any(|window| window == suffix);
    let direction: [&[u8]; 6] = [b"in_", b"out_", b"inout_", b"deref_out_", b"deref_opt_out_", b"field_"];
    direction.iter().any(|start| rest.starts_with(start)) && (unit(b"_ecount") || unit(b"_bcount"))
}

pub fn add(source: &Source<'_>, index: usize, edits: &mut Vec<Edit>) {
    // An annotation comes before a type. Elsewhere in a declaration or an expression the word is a name.
    let next = source.token(index + 1).map(|token| token.kind);
    let sized = takes_size(&source.bytes(index)[2..]);
    if sized && next == Some(Kind::Sign(b'(')) {
        let mut depth = 0;
        for at in index + 1..source.tokens.len() {
            match source.tokens[at].kind {
                Kind::Sign(b'(') => depth += 1,
                Kind::Sign(b')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                blank(source, index, at, edits);
                return;
            }
        }
    } else if !sized && next == Some(Kind::Word) && !source.tokens[index].in_directive {
        blank(source, index, index, edits);
    }
}

fn blank(source: &Source<'_>, first: usize, last: usize, edits: &mut Vec<Edit>) {
    for token in &source.tokens[first..=last] {
        edits.push(Edit::token(token, ""));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rewritten;

    #[test]
    fn annotations_become_blanks() {
        let text = "void f(__in int a, __out_ecount(n) char* b, __inout_opt LPVOID c);";
        let expected = "void f(     int a,                 char* b,             LPVOID c);";
        assert_eq!(rewritten(text).unwrap(), expected);
    }

    #[test]
    fn names_that_look_alike_are_left() {
        for text in ["int __in = 1; f(__in, __out);", "#define __in\n", "__input x; __inline int f();"] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }
}
